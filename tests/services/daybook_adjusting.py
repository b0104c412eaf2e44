"""Manual journals and people who write and approve them, with full defaults."""

# A factory's arguments are the fields, by their own names.
# ruff: noqa: PLR0913

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from daybook.access.rules import MemberRole
from daybook.adjustments.commands import (
    JournalState,
    discard,
    save_draft,
    submit,
    withdraw,
)
from daybook.adjustments.deciding import approve, reject
from daybook.adjustments.reversing import reverse
from daybook.adjustments.rules import (
    AdjustmentKind,
    AdjustmentMode,
    EnteredJournal,
    EnteredLine,
)
from daybook.calendar import parse_day
from daybook.configuration.commands import set_lock
from daybook.db.engine import Database
from daybook.decisions.commands import (
    approve_change,
    reject_change,
    set_four_eyes,
    withdraw_change,
)
from daybook.four_eyes.rules import ApprovalPending
from daybook.ledger.rules import LockMethod, Role
from daybook_factories import ORGANISATION, minor_units, noon
from daybook_people import member

ADA, BOB, EVE = "ada@example.com", "bob@example.com", "eve@example.com"


def moment(day: str) -> datetime:
    """Noon of a day."""
    return noon(parse_day(day))


def debit(role: Role, amount: str, **fields: Any) -> EnteredLine:
    """A debit line; `customer` and `product` are own ids."""
    return _line(role, amount, is_debit=True, **fields)


def credit(role: Role, amount: str, **fields: Any) -> EnteredLine:
    """A credit line."""
    return _line(role, amount, is_debit=False, **fields)


def _line(
    role: Role,
    amount: str,
    *,
    is_debit: bool,
    description: str = "",
    customer: str | None = None,
    product: str | None = None,
    currency: str = "USD",
) -> EnteredLine:
    minor = minor_units(amount, currency)
    return EnteredLine(role, is_debit, minor, description, customer, product)


def entered(
    *lines: EnteredLine,
    day: str = "2025-03-15",
    kind: AdjustmentKind = AdjustmentKind.CORRECTION,
    narrative: str = "Usage that was billed twice",
    customer: str | None = None,
    product: str | None = None,
    adjusts: int | None = None,
    mode: AdjustmentMode | None = None,
    reverses_on: str | None = None,
    currency: str = "USD",
) -> EnteredJournal:
    """A journal; without lines 50.00 go from Recognized to Deferred."""
    if not lines and mode is not AdjustmentMode.REVERSE:
        lines = (debit(Role.DEFERRED, "50.00"), credit(Role.RECOGNIZED, "50.00"))
    return EnteredJournal(
        currency,
        parse_day(day),
        kind,
        narrative,
        lines,
        customer,
        product,
        adjusts,
        mode,
        None if reverses_on is None else parse_day(reverses_on),
    )


async def drafted(
    database: Database,
    journal: EnteredJournal,
    *,
    by: str = ADA,
    on: str = "2025-03-20",
    **options: Any,
) -> JournalState:
    """Save a journal."""
    where = (database, ORGANISATION, journal)
    return await save_draft(*where, now=moment(on), made_by=by, **options)


async def submitted(
    database: Database,
    journal: EnteredJournal,
    *,
    by: str = ADA,
    on: str = "2025-03-20",
) -> JournalState:
    """Save and submit a journal, which posts it while four eyes is off."""
    draft = await drafted(database, journal, by=by, on=on)
    return await submit(
        *(database, ORGANISATION, draft.number),
        version=draft.version,
        now=moment(on),
        made_by=by,
    )


async def approved(
    database: Database,
    journal: EnteredJournal,
    approver: int,
    *,
    by: str = ADA,
    on: str = "2025-03-20",
) -> JournalState:
    """Save, submit and approve a journal."""
    sent = await submitted(database, journal, by=by, on=on)
    return await approve(
        *(database, ORGANISATION, sent.number),
        version=sent.version,
        user_id=approver,
        now=moment(on),
    )


async def reversed_journal(
    database: Database,
    number: int,
    *,
    by: str = ADA,
    on: str = "2025-03-25",
    reason: str = "Entered twice",
) -> JournalState:
    """Undo a posted journal."""
    where = (database, ORGANISATION, number)
    return await reverse(*where, reason=reason, now=moment(on), made_by=by)


async def four_eyes(
    database: Database, *, by: str = ADA, on: str = "2025-03-01"
) -> None:
    """Turn four eyes on."""
    await set_four_eyes(database, ORGANISATION, is_on=True, now=moment(on), made_by=by)


async def two_people(
    database: Database,
    emails: tuple[str, str] = (ADA, BOB),
    on: str = "2025-01-01",
) -> tuple[int, int]:
    """Ada, an accountant, and Bob, a controller; the ids of both."""
    now = moment(on)
    roles = (MemberRole.ACCOUNTANT, MemberRole.CONTROLLER)
    ada, bob = [
        await member(database, email=email, role=role, password=None, now=now)
        for email, role in zip(emails, roles, strict=True)
    ]
    return ada, bob


async def adjust_with_four_eyes(database: Database) -> None:
    """Manual journals of the EUR ledger in every status, and decisions of every kind.

    Four eyes is turned on, and off again.
    """
    people = ("carol@example.com", "dan@example.com")
    _, bob = await two_people(database, people, on="2025-10-31")
    by: dict[str, Any] = {"by": "carol@example.com", "on": "2025-11-02"}
    at: dict[str, Any] = {"now": moment("2025-11-02")}
    who: dict[str, Any] = {**at, "made_by": "carol@example.com"}
    await four_eyes(database, by=by["by"], on=by["on"])
    euros: dict[str, Any] = {"currency": "EUR", "day": "2025-10-31"}
    lines = (
        debit(Role.UNBILLED, "7.00", currency="EUR", product="p2", customer="cus_1"),
        credit(Role.RECOGNIZED, "7.00", currency="EUR", description="October"),
    )
    accrual = entered(
        *lines, **euros, reverses_on="2025-11-30", customer="cus_1", product="prod_1"
    )
    mirror = entered(**euros, adjusts=1, mode=AdjustmentMode.REVERSE)
    where = (database, ORGANISATION)
    first = await approved(database, accrual, bob, **by)
    await approved(database, mirror, bob, **by)
    rejected = await submitted(database, accrual, **by)
    number = rejected.number
    await reject(*where, number, version=1, reason="Why?", user_id=bob, **at)
    await discard(*where, number, version=1, reason="A mistake", **who)
    waiting = await submitted(database, accrual, **by)
    await withdraw(*where, waiting.number, version=1, **who)
    changed = replace(accrual, narrative="Usage of October")
    await drafted(database, changed, number=waiting.number, version=1, **by)
    await submit(*where, waiting.number, version=2, **who)
    for ask in (
        reverse(*where, first.number, reason="Entered twice", **who),
        lock_back(database, who, "2024-12-31"),
        lock_back(database, who, "2024-11-30"),
        lock_back(database, who, "2024-10-31"),
        set_four_eyes(*where, is_on=False, **who),
    ):
        with pytest.raises(ApprovalPending):
            await ask
    await approve_change(*where, 1, user_id=bob, **at)
    await reject_change(*where, 2, reason="Too early", user_id=bob, **at)
    await withdraw_change(*where, 3, **who)
    await approve_change(*where, 5, user_id=bob, **at)


async def lock_back(database: Database, who: dict[str, Any], through: str) -> None:
    """Move the lock of the USD ledger back."""
    await set_lock(
        *(database, ORGANISATION, "USD"),
        method=LockMethod.CUSTOM_DATE,
        locked_through=parse_day(through),
        reason="Late invoices",
        **who,
    )
