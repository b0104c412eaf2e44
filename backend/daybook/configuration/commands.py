"""Setting locks, settings and names: each command one transaction.

Setting what is set already changes nothing: no recording, no audit record, no line in
the activity log. Each command raises Rejected for invalid values, which is logged; and,
with an `expected` audit record, for what somebody changed after that record.
"""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import available_timezones

from sqlalchemy import select

from daybook.activity.rules import ActivityKind
from daybook.audit.expecting import Setting, check_expected
from daybook.audit.rules import Action, Details, Subject, SubjectKind
from daybook.calendar import Day
from daybook.configuration.changing import SettingChange, setting_change
from daybook.configuration.locking import (
    Effect,
    Lock,
    LockChange,
    change_words,
    check_change,
    check_reason,
)
from daybook.configuration.queries import preview_lock
from daybook.configuration.rules import (
    PRODUCT,
    check_lock,
    checked_account_name,
    lock_words,
    not_found,
    scope_parts,
    unknown_time_zone,
)
from daybook.db.engine import Database
from daybook.errors import check_all
from daybook.four_eyes.rules import AskedChange, ChangeKind, Pending, unless_pending
from daybook.ledger.commands import note_after_close
from daybook.ledger.meant_ids import meant_ids
from daybook.ledger.models import FormerTimeZone, Ledger, Product, Recording
from daybook.ledger.models import StoredAccountName as StoredName
from daybook.ledger.queries import account_names, closed_by, pin_ledger
from daybook.ledger.rules import (
    ACCOUNT_NAMES,
    AccountName,
    LockMethod,
    Role,
    UndatedLines,
)
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Method


class Changed(NamedTuple):
    """The currency of a command's ledger, and the recording it made, if any.

    `is_made` says whether the command made the ledger.
    """

    currency: str
    recording: int | None
    is_made: bool = False


class Locked(NamedTuple):
    """The currency of a locked ledger, the recording, and what the lock changed.

    There is no recording if the lock is as before.
    """

    currency: str
    recording: int | None
    change: LockChange


async def set_lock(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    currency: str | None,
    *,
    method: LockMethod,
    locked_through: Day | None,
    reason: str | None = None,
    is_confirmed: bool = False,
    expected: int | None = None,
    now: datetime,
    made_by: str | None,
) -> Locked:
    """Move a ledger's lock forward or back, or unlock it (domain rule 5).

    The lock applies to later recordings and rewrites nothing. A change that opens a day
    needs a reason; a lock past the end of the present month, in the organisation's time
    zone, must be confirmed. Without a currency, it is the only ledger. While four eyes
    is on, a change that opens a day is only requested: raises ApprovalPending. With an
    expected audit record, it is refused if another one is the last.
    """
    changing = setting_change(
        database, organisation_id, ActivityKind.LOCK, now=now, made_by=made_by
    )
    async with changing as change:
        check_expected(expected, change.organisation.audit_records)
        asked = AskedLock(
            currency,
            Lock(method, locked_through),
            (reason or "").strip() or None,
            is_confirmed=is_confirmed,
        )
        done = await apply_lock(change, asked)
    return unless_pending(done)


class AskedLock(NamedTuple):
    """A lock that was asked for, and what was said with it."""

    currency: str | None
    lock: Lock
    reason: str | None
    is_confirmed: bool


async def apply_lock(change: SettingChange, asked: AskedLock) -> Locked | Pending:
    """Set a lock in a change under way, or request it if it needs an approval."""
    check_all(lambda: check_lock(*asked.lock), lambda: check_reason(asked.reason))
    ledger = await change.ledger(asked.currency)
    found = await preview_lock(
        change.session,
        change.organisation.id,
        ledger.currency,
        asked.lock,
        now=change.started.at,
    )
    if found.change.effect is Effect.NOTHING:
        return Locked(ledger.currency, None, found.change)
    check_change(
        found.change, asked.reason, ledger.currency, is_confirmed=asked.is_confirmed
    )
    opens_a_day = found.change.needs_reason
    if opens_a_day or change.approved is not None:
        wanted = _asked_change(ledger, asked, found.change)
        request = await change.asks_for(wanted)
        if request is not None:
            return Pending(request, wanted.summary)
    ledger.lock_method, ledger.locked_through = int(asked.lock[0]), asked.lock[1]
    recording = await _record_lock(change, ledger, found.change, asked.reason)
    return Locked(ledger.currency, recording.number, found.change)


def _asked_change(
    ledger: Ledger, asked: AskedLock, lock_change: LockChange
) -> AskedChange:
    return AskedChange(
        ChangeKind.LOCK,
        f"{ledger.currency} ledger {lock_words(*asked.lock)}",
        {
            "method": int(asked.lock.method),
            "lockedThrough": asked.lock.through,
            "reason": asked.reason,
            "isConfirmed": asked.is_confirmed,
        },
        {
            "before": lock_change.before.details(),
            "after": lock_change.after.details(),
        },
        ledger.currency,
        asked.reason,
    )


async def _record_lock(
    change: SettingChange, ledger: Ledger, lock_change: LockChange, reason: str | None
) -> Recording:
    """Record a ledger's new lock, and log what it opened or closed."""
    because = "" if reason is None else f": {reason}"
    words = lock_words(*lock_change.after)
    recording = await change.start_recording(ledger, f"{words}{because}")
    change.keep_settings(ledger, recording)
    await _note_opening(change, lock_change, recording)
    details = {
        "before": lock_change.before.details(),
        "after": lock_change.after.details(),
        **lock_change.details(ledger.currency),
    }
    if reason is not None:
        details["reason"] = reason
    effect = change_words(lock_change, ledger.currency, "closed", "opened")
    await change.log(
        Action.SET_LOCK,
        Subject(SubjectKind.LEDGER, ledger.currency),
        details,
        message=f"{ledger.currency} ledger {words}{because}; {effect}",
        recorded=[(ledger, recording)],
    )
    return recording


async def _note_opening(
    change: SettingChange, lock_change: LockChange, recording: Recording
) -> None:
    """Note the closed days that a lock moved back opens, as a change after close."""
    if lock_change.effect is not Effect.OPENS or lock_change.days is None:
        return
    first, last = lock_change.days
    number = recording.ledger_id, recording.number
    closed = await closed_by(change.session, *number)
    if closed is not None and first <= min(closed, last):
        await note_after_close(change.session, *number, first)


async def update_settings(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    currency: str | None,
    *,
    method: Method | None = None,
    strategy: Strategy | None = None,
    breakage: bool | None = None,
    undated_lines: UndatedLines | None = None,
    makes_ledger: bool = False,
    expected: int | None = None,
    now: datetime,
    made_by: str | None,
) -> Changed:
    """Set a ledger's defaults of recognition; None leaves a setting as it is.

    With `makes_ledger`, a currency's ledger is made if it doesn't exist yet.
    """
    changing = setting_change(
        database, organisation_id, ActivityKind.SETTINGS, now=now, made_by=made_by
    )
    async with changing as change:
        new_ledger = await change.make_ledger(currency) if makes_ledger else None
        ledger = new_ledger or await change.ledger(currency)
        before = _settings_details(ledger)
        if method is not None:
            ledger.method = int(method)
        if strategy is not None:
            ledger.strategy = int(strategy)
        if breakage is not None:
            ledger.breakage = breakage
        if undated_lines is not None:
            ledger.undated_lines = int(undated_lines)
        after = _settings_details(ledger)
        if after == before and new_ledger is None:
            return Changed(ledger.currency, None)
        different = [name for name in after if after[name] != before[name]]
        await change.check_unchanged(
            expected,
            Subject(SubjectKind.LEDGER, ledger.currency),
            Action.UPDATE_SETTINGS,
            [_setting(name, before[name]) for name in different],
        )
        words = ", ".join(
            f"{_WORDS.get(name, name)} {_spelled(after[name])}" for name in different
        )
        words = f"settings: {words or 'the defaults'}"
        return await _record_settings(
            change, ledger, before, words, is_made=bool(new_ledger)
        )


async def rename_account(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    currency: str | None,
    *,
    role: Role,
    scope: str = "",
    name: str,
    code: str | None,
    expected: int | None = None,
    now: datetime,
    made_by: str | None,
) -> Changed:
    """Name an account, or the sub-account of a product or category (domain rule 1).

    `scope` is empty, `product:<own id>` or `category:<name>`. An empty name ends a
    sub-account, or restores the account's built-in name.
    """
    changing = setting_change(
        database, organisation_id, ActivityKind.SETTINGS, now=now, made_by=made_by
    )
    async with changing as change:
        new = checked_account_name(name, code)
        ledger = await change.ledger(currency)
        if scope:
            await check_scope(change, scope)
        before = await _named(change, ledger, role, scope)
        is_built_in = not scope and new == AccountName(ACCOUNT_NAMES[role])
        if new == before or (is_built_in and not before.name):
            return Changed(ledger.currency, None)
        account = ":".join(filter(None, (ledger.currency, role.name, scope)))
        subject = Subject(SubjectKind.LEDGER_ACCOUNT, account)
        present = _account_words(before).removeprefix("named ")
        named = Setting("name", f"the name of {account}", present)
        await change.check_unchanged(expected, subject, Action.RENAME_ACCOUNT, [named])
        words = f"account {account} {_account_words(new)}"
        recording = await change.start_recording(ledger, words)
        change.session.add(
            StoredName(
                ledger_id=ledger.id,
                role=int(role),
                scope=scope,
                recorded_in=recording.number,
                name=new.name,
                code=new.code,
            )
        )
        await change.log(
            Action.RENAME_ACCOUNT,
            subject,
            {"before": before._asdict(), "after": new._asdict()},
            message=words,
            recorded=[(ledger, recording)],
        )
        return Changed(ledger.currency, recording.number)


async def set_product_method(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    product_id: str,
    *,
    method: Method | None,
    expected: int | None = None,
    now: datetime,
    made_by: str | None,
) -> bool:
    """Set a product's method, for lines that don't specify one; None removes it.

    `product_id` is the sender's id. Returns whether that changed anything.
    """
    changing = setting_change(
        database, organisation_id, ActivityKind.SETTINGS, now=now, made_by=made_by
    )
    async with changing as change:
        product = await _product(change, product_id)
        before = None if product.method is None else Method(product.method)
        if before is method:
            return False
        subject = Subject(SubjectKind.PRODUCT, product_id)
        present = _present(_method_name(before) or "the ledger's default")
        setting = Setting("method", f"the method of {product_id}", present)
        await change.check_unchanged(
            expected, subject, Action.SET_PRODUCT_METHOD, [setting]
        )
        product.method = None if method is None else int(method)
        await change.log(
            Action.SET_PRODUCT_METHOD,
            subject,
            {"before": _method_name(before), "after": _method_name(method)},
            message=f"the method of product {product_id} is {_method_words(method)}",
        )
        return True


async def set_time_zone(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    time_zone: str,
    *,
    expected: int | None = None,
    now: datetime,
    made_by: str | None,
) -> bool:
    """Set the organisation's time zone, which decides when its days end.

    Returns whether that changed anything.
    """
    changing = setting_change(
        database, organisation_id, ActivityKind.SETTINGS, now=now, made_by=made_by
    )
    async with changing as change:
        if time_zone not in available_timezones() - NO_PLACES:
            raise unknown_time_zone(time_zone)
        before = change.organisation.time_zone
        if before == time_zone:
            return False
        subject = Subject(SubjectKind.ORGANISATION, "")
        setting = Setting("timeZone", "the time zone", before)
        await change.check_unchanged(expected, subject, Action.SET_TIME_ZONE, [setting])
        await _keep_time_zone(change)
        change.organisation.time_zone = time_zone
        await change.log(
            Action.SET_TIME_ZONE,
            subject,
            {"before": before, "after": time_zone},
            message=f"time zone {time_zone}",
        )
        return True


async def _keep_time_zone(change: SettingChange) -> None:
    """Store the organisation's time zone as its former one, valid until now."""
    former = await change.session.scalars(
        select(FormerTimeZone)
        .where(FormerTimeZone.organisation_id == change.organisation.id)
        .order_by(FormerTimeZone.until.desc())
        .limit(1)
    )
    last, until = former.first(), await change.time()
    if last is None or last.until < until:
        # A time zone that was replaced at the same moment never ended a day.
        change.session.add(
            FormerTimeZone(
                organisation_id=change.organisation.id,
                until=until,
                time_zone=change.organisation.time_zone,
            )
        )


async def _record_settings(
    change: SettingChange,
    ledger: Ledger,
    before: dict[str, object],
    words: str,
    *,
    is_made: bool,
) -> Changed:
    """Record and log a ledger's new settings."""
    after = _settings_details(ledger)
    details: Details = {"before": before, "after": after}
    if is_made:
        words, details = f"made; {words}", {"made": True, **details}
    recording = await change.start_recording(ledger, words)
    change.keep_settings(ledger, recording)
    await change.log(
        Action.UPDATE_SETTINGS,
        Subject(SubjectKind.LEDGER, ledger.currency),
        details,
        message=f"{ledger.currency} ledger {words}",
        recorded=[(ledger, recording)],
    )
    return Changed(ledger.currency, recording.number, is_made)


def _settings_details(ledger: Ledger) -> dict[str, object]:
    return {
        "method": Method(ledger.method).name,
        "strategy": Strategy(ledger.strategy).name,
        "breakage": ledger.breakage,
        "undatedLines": UndatedLines(ledger.undated_lines).name,
    }


NO_PLACES = {"Factory", "localtime", "posixrules"}
"""Names of time zones that mean something else on each machine."""
_WORDS = {"undatedLines": "undated lines"}
"""Details' names in words."""


_NAMES = {
    "method": "the default method",
    "strategy": "how amounts go to months",
    "breakage": "what is left of credit grants",
    "undatedLines": "lines without a service period",
}
"""Settings of a ledger by their names in details, as a sentence says them."""


def _setting(name: str, present: object) -> Setting:
    return Setting(name, _NAMES[name], _present(_spelled(present)), key=name)


def _present(value: str) -> str:
    """A setting's value within a sentence: STRAIGHT_LINE is `straight line`."""
    return value.replace("_", " ").lower()


def _spelled(value: object) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _method_name(method: Method | None) -> str | None:
    return None if method is None else method.name


def _method_words(method: Method | None) -> str:
    return "no longer set" if method is None else method.name.replace("_", " ").lower()


def _account_words(named: AccountName) -> str:
    if not named.name:
        return "has no name of its own"
    code = "" if named.code is None else f" ({named.code})"
    return f"named {named.name}{code}"


async def _named(
    change: SettingChange, ledger: Ledger, role: Role, scope: str
) -> AccountName:
    """The account's or sub-account's own name now; empty if it has none."""
    pin = await pin_ledger(change.session, ledger.organisation_id, ledger.id, today=0)
    assert pin is not None, "the ledger was just found"
    names = await account_names(change.session, pin)
    return names.named.get((role, scope), AccountName(""))


async def check_scope(change: SettingChange, scope: str) -> None:
    """Raise Rejected for a product or category that doesn't exist."""
    kind, key = scope_parts(scope)
    if kind == PRODUCT:
        await _product(change, key)
        return
    found = await change.session.scalar(
        select(Product.id)
        .where(
            Product.organisation_id == change.organisation.id, Product.category == key
        )
        .limit(1)
    )
    if found is None:
        raise not_found(f"no product has the category {key!r}", "category")


async def _product(change: SettingChange, product_id: str) -> Product:
    if not product_id.isprintable():  # such as NUL, which no database accepts
        raise not_found("there is no product with that id", "productId")
    found = await change.session.scalars(
        select(Product).where(
            Product.organisation_id == change.organisation.id,
            Product.external_id == product_id,
        )
    )
    product = found.one_or_none()
    if product is None:
        is_ours = Product.organisation_id == change.organisation.id
        meant = await meant_ids(
            change.session, Product, Product.name, [is_ours], product_id
        )
        message = f"there is no product with the id {product_id!r}{meant}"
        raise not_found(message, "productId")
    return product
