"""Entering balances of the general ledger: each command one transaction.

What stands so already changes nothing: no recording, no audit record, no line in the
activity log. Each raises Rejected with all problems, which is logged, and then nothing
is changed.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from daybook.activity.rules import ActivityKind
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.calendar import Day, day_text
from daybook.closing.accounts import (
    AccountsByText,
    UnknownAccount,
    account_named,
    accounts_by_text,
)
from daybook.closing.balance_files import ROWS_MAX, read_balances
from daybook.closing.models import StoredBalance
from daybook.closing.queries import find_balances
from daybook.closing.rules import BalanceEntry, EnteredBalance, EnteredBalances
from daybook.configuration.changing import SettingChange, setting_change
from daybook.db.digests import written
from daybook.db.engine import Database
from daybook.db.keyset import next_number
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.mapping.queries import mappings_at
from daybook.ledger.models import Ledger, Recording
from daybook.ledger.pins import Pin
from daybook.ledger.queries import account_names, pin_ledger
from daybook.ledger.rules import Role
from daybook.money import AMOUNT_MAX, InvalidAmount, amount_text, parse_amount

LABEL_MAX = 150
NOTE_MAX = 2_000


class _Place(NamedTuple):
    """Where a balance stands in the input: its path, or its row of a file."""

    path: tuple[str, ...] = ()
    row: int | None = None

    def problem(self, code: ProblemCode, message: str, field: str) -> Problem:
        return Problem(code, message, (*self.path, field), self.row)


class _Key(NamedTuple):
    """What identifies a balance."""

    role: Role
    day: Day
    label: str


class _Balance(NamedTuple):
    """A balance that was read."""

    key: _Key
    balance: int


_Placed = tuple[_Place, BalanceEntry]


async def enter_balances(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    currency: str | None,
    entries: Sequence[BalanceEntry],
    *,
    note: str = "",
    now: datetime,
    made_by: str | None,
) -> EnteredBalances:
    """Enter balances; what stands so already changes nothing.

    A later balance of the same account, day and label replaces the earlier one. Paths
    of problems are `balances.0.account` and so on.
    """
    placed = [
        (_Place(("balances", str(index))), entry) for index, entry in enumerate(entries)
    ]
    async with setting_change(
        database, organisation_id, ActivityKind.SETTINGS, now=now, made_by=made_by
    ) as change:
        return await _enter(change, currency, placed, note)


async def import_balances(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    currency: str | None,
    text: str,
    *,
    note: str = "",
    now: datetime,
    made_by: str | None,
) -> EnteredBalances:
    """Enter the balances of a CSV file: account, date, balance and label.

    Problems are by row and column.
    """
    async with setting_change(
        database, organisation_id, ActivityKind.SETTINGS, now=now, made_by=made_by
    ) as change:
        rows, problems = read_balances(text)
        placed = [(_Place(row=row), entry) for row, entry in rows]
        return await _enter(change, currency, placed, note, problems)


async def _enter(
    change: SettingChange,
    currency: str | None,
    placed: Sequence[_Placed],
    note: str,
    problems: Sequence[Problem] = (),
) -> EnteredBalances:
    """Enter what was read, unless that or the rest of its file has problems."""
    ledger = await change.ledger(currency)
    pin = await pin_ledger(change.session, ledger.organisation_id, ledger.id, today=0)
    assert pin is not None, "the ledger was just found"
    names = await account_names(change.session, pin)
    known = accounts_by_text(names, await mappings_at(change.session, pin))
    balances = _read(known, ledger.currency, placed, note, problems)
    standing = await _standing(change, pin)
    new = [its for its in balances if _differs(its, note, standing.get(its.key))]
    unchanged = len(balances) - len(new)
    if not new:
        return EnteredBalances(0, unchanged, ledger.currency, None)
    reason = note or "balances of the general ledger"
    recording = await change.start_recording(ledger, reason)
    await _store(change, recording, new, note)
    await _log(change, ledger, recording, new, standing, note)
    return EnteredBalances(len(new), unchanged, ledger.currency, recording.number)


def _read(
    known: AccountsByText,
    currency: str,
    placed: Sequence[_Placed],
    note: str,
    found_before: Sequence[Problem],
) -> list[_Balance]:
    problems = list(found_before)
    if len(note) > NOTE_MAX:
        message = f"a note has at most {NOTE_MAX:,} characters"
        problems.append(Problem(ProblemCode.TOO_LARGE, message, ("note",)))
    if not placed and not problems:
        message = "there are no balances to enter"
        problems.append(Problem(ProblemCode.MISSING, message, ("balances",)))
    if len(placed) > ROWS_MAX:
        message = f"there are more than {ROWS_MAX:,} balances: enter them in parts"
        problems.append(Problem(ProblemCode.TOO_LARGE, message, ("balances",)))
    found: dict[_Key, _Balance] = {}
    for place, entry in placed[:ROWS_MAX]:
        try:
            balance = _balance(known, currency, place, entry)
        except Rejected as rejected:
            problems += rejected.problems
            continue
        if balance.key in found:
            message = (
                "the same account, day and label are there twice: give the lines"
                " labels of their own, and they sum up"
            )
            problems.append(place.problem(ProblemCode.DUPLICATE, message, "label"))
        found[balance.key] = balance
    if problems:
        raise Rejected(sorted(problems, key=lambda its: its.line or 0))
    return list(found.values())


def _balance(
    known: AccountsByText, currency: str, place: _Place, entry: BalanceEntry
) -> _Balance:
    problems = []
    role, label, amount = None, entry.label.strip(), None
    try:
        role, default = (
            account_named(known, entry.account)
            if not isinstance(entry.account, Role)
            else (entry.account, "")
        )
        label = label or default
    except UnknownAccount as unknown:
        code = ProblemCode.INVALID_VALUE
        problems.append(place.problem(code, str(unknown), "account"))
    try:
        amount = _amount(entry.balance, currency)
    except InvalidAmount as invalid:
        code = ProblemCode.INVALID_AMOUNT
        problems.append(place.problem(code, str(invalid), "balance"))
    if len(label) > LABEL_MAX or not (label.isprintable()):
        message = f"a label is one line of at most {LABEL_MAX} characters"
        problems.append(place.problem(ProblemCode.INVALID_VALUE, message, "label"))
    if problems or role is None or amount is None:
        raise Rejected(problems)
    return _Balance(_Key(role, entry.on, label), amount)


def _amount(balance: int | str, currency: str) -> int:
    if isinstance(balance, str):
        return parse_amount(balance.strip(), currency)
    if abs(balance) > AMOUNT_MAX:
        raise InvalidAmount(f"{amount_text(balance, currency)!r} is too large")
    return balance


async def _standing(change: SettingChange, pin: Pin) -> dict[_Key, EnteredBalance]:
    """The balances in force before the change."""
    found = await find_balances(change.session, pin)
    return {_Key(its.role, its.on, its.label): its for its in found}


def _differs(new: _Balance, note: str, standing: EnteredBalance | None) -> bool:
    return standing is None or (standing.balance, standing.note) != (new.balance, note)


async def _store(
    change: SettingChange, recording: Recording, new: Iterable[_Balance], note: str
) -> None:
    ledger_id = recording.ledger_id
    is_ours = StoredBalance.ledger_id == ledger_id
    first = await next_number(change.session, StoredBalance.number, is_ours)
    change.session.add_all(
        StoredBalance(
            ledger_id=ledger_id,
            number=number,
            recorded_in=recording.number,
            balance=its.balance,
            note=note,
            **its.key._asdict(),
        )
        for number, its in enumerate(new, first)
    )
    key = ledger_id, recording.number, StoredBalance.__tablename__
    written(change.session).changed.add(key)


async def _log(  # noqa: PLR0913, PLR0917  (what is logged)
    change: SettingChange,
    ledger: Ledger,
    recording: Recording,
    new: Sequence[_Balance],
    standing: dict[_Key, EnteredBalance],
    note: str,
) -> None:
    balances = [
        {
            "account": its.key.role.name,
            "on": day_text(its.key.day),
            "label": its.key.label,
            "before": _text_of(standing.get(its.key), ledger.currency),
            "after": amount_text(its.balance, ledger.currency),
        }
        for its in new
    ]
    noun = "balance" if len(new) == 1 else "balances"
    await change.log(
        Action.ENTER_BALANCES,
        Subject(SubjectKind.LEDGER, ledger.currency),
        {"balances": balances, "note": note},
        message=f"{len(new):,} {noun} of the general ledger ({ledger.currency})",
        recorded=[(ledger, recording)],
    )


def _text_of(standing: EnteredBalance | None, currency: str) -> str | None:
    return None if standing is None else amount_text(standing.balance, currency)
