"""Recurrences of manual journals, with full defaults."""

# A factory's arguments are the fields, by their own names.

from dataclasses import replace
from datetime import datetime
from typing import Any

from daybook.access.rules import MemberRole
from daybook.adjustments.recurring.commands import (
    RecurrenceState,
    end_recurrence,
    save_recurrence,
    submit_recurrence,
)
from daybook.adjustments.recurring.deciding import (
    approve_recurrence,
    reject_recurrence,
)
from daybook.adjustments.recurring.instances import Made
from daybook.adjustments.recurring.rules import EnteredRecurrence, Schedule
from daybook.adjustments.recurring.running import run_recurrences
from daybook.adjustments.rules import AdjustmentKind, EnteredLine
from daybook.calendar import day_text, parse_month
from daybook.db.engine import Database
from daybook.ledger.rules import Role
from daybook_adjusting import ADA, credit, debit, four_eyes, moment
from daybook_factories import ORGANISATION
from daybook_people import member


def monthly(
    day_of_month: int = 31,
    first: str = "2025-01",
    until: str | None = None,
    *,
    reverses: bool = False,
) -> Schedule:
    """A schedule; months are `YYYY-MM`."""
    last = None if until is None else parse_month(until)
    return Schedule(day_of_month, parse_month(first), last, reverses)


def recurring(
    *lines: EnteredLine,
    schedule: Schedule | None = None,
    narrative: str = "Support that isn't invoiced yet",
    customer: str | None = None,
    product: str | None = None,
    currency: str = "USD",
) -> EnteredRecurrence:
    """A recurrence; without lines 50.00 go from Recognized to Deferred."""
    lines = lines or (debit(Role.DEFERRED, "50.00"), credit(Role.RECOGNIZED, "50.00"))
    return EnteredRecurrence(
        currency,
        AdjustmentKind.MANUAL_RECOGNITION,
        narrative,
        schedule or monthly(),
        lines,
        customer,
        product,
    )


async def saved(
    database: Database,
    recurrence: EnteredRecurrence,
    *,
    by: str | None = ADA,
    on: str = "2025-01-10",
    **options: Any,
) -> RecurrenceState:
    """Save a recurrence."""
    where = (database, ORGANISATION, recurrence)
    return await save_recurrence(*where, now=moment(on), made_by=by, **options)


async def submitted(
    database: Database,
    recurrence: EnteredRecurrence,
    *,
    by: str | None = ADA,
    on: str = "2025-01-10",
    **options: Any,
) -> RecurrenceState:
    """Save and submit a recurrence, which is active then while four eyes is off."""
    draft = await saved(database, recurrence, by=by, on=on, **options)
    return await sent(database, draft, by=by, on=on)


async def sent(
    database: Database,
    draft: RecurrenceState,
    *,
    by: str | None = ADA,
    on: str = "2025-01-10",
) -> RecurrenceState:
    """Submit a saved recurrence."""
    return await submit_recurrence(
        *(database, ORGANISATION, draft.number),
        version=draft.version,
        now=moment(on),
        made_by=by,
    )


async def approved(
    database: Database,
    recurrence: EnteredRecurrence,
    approver: int,
    *,
    by: str = ADA,
    on: str = "2025-01-10",
    **options: Any,
) -> RecurrenceState:
    """Save, submit and approve a recurrence."""
    state = await submitted(database, recurrence, by=by, on=on, **options)
    return await agreed(database, state, approver, on=on)


async def agreed(
    database: Database,
    state: RecurrenceState,
    approver: int | None,
    *,
    on: str = "2025-01-10",
) -> RecurrenceState:
    """Approve a submitted recurrence."""
    return await approve_recurrence(
        *(database, ORGANISATION, state.number),
        version=state.version,
        user_id=approver,
        now=moment(on),
    )


async def ended(
    database: Database, state: RecurrenceState, *, by: str = ADA, on: str = "2025-03-10"
) -> RecurrenceState:
    """End a recurrence."""
    return await end_recurrence(
        *(database, ORGANISATION, state.number),
        version=state.version,
        reason="The contract ended",
        now=moment(on),
        made_by=by,
    )


async def run(database: Database, on: str | datetime) -> list[Made]:
    """Make what is due at noon of a day, or at a moment."""
    now = moment(on) if isinstance(on, str) else on
    return [made async for made in run_recurrences(database, ORGANISATION, now=now)]


def days(made: list[Made]) -> list[str]:
    """The dates of journals that were made."""
    return [day_text(journal.day) for journal in made]


async def repeat_with_four_eyes(database: Database) -> None:
    """Recurrences of the EUR ledger in several states, and what they made.

    The first was active without approval; four eyes is on in the end.
    """
    carol, frank = "carol@example.com", "frank@example.com"
    on = "2025-11-03"
    approver = await member(
        database,
        email=frank,
        role=MemberRole.CONTROLLER,
        password=None,
        now=moment(on),
    )
    lines = (
        debit(Role.UNBILLED, "7.00", currency="EUR", product="p2", customer="cus_1"),
        credit(Role.RECOGNIZED, "7.00", currency="EUR", description="Each month"),
    )
    fields: dict[str, Any] = {"currency": "EUR", "product": "prod_1"}
    fields["customer"] = "cus_1"
    once = monthly(1, "2025-09", "2025-09")
    first = recurring(*lines, **fields, schedule=once)
    await submitted(database, first, by=carol, on=on)
    await run(database, on)
    await four_eyes(database, by=carol, on=on)
    twice = monthly(28, "2025-09", "2025-10", reverses=True)
    second = recurring(*lines, **fields, schedule=twice, narrative="Twice")
    state = await approved(database, second, approver, by=carol, on=on)
    await run(database, on)
    await ended(database, state, by=carol, on=on)
    third = recurring(*lines, **fields, narrative="Each month")
    state = await submitted(database, third, by=carol, on=on)
    await reject_recurrence(
        *(database, ORGANISATION, state.number),
        version=state.version,
        reason="Until when?",
        user_id=approver,
        now=moment(on),
    )
    state = await saved(
        *(database, replace(third, schedule=monthly(31, "2025-12", "2026-12"))),
        by=carol,
        on=on,
        number=state.number,
        version=state.version,
    )
    await sent(database, state, by=carol, on=on)
