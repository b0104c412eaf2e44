"""The journals in which movements don't sum to a total that recordings kept.

A difference is located by month and accounts, by recording, and by the journals in
question, of which those are named whose documents no longer add up.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, Month, month_in_words, range_words
from daybook.closing.adding_up import families_that_differ
from daybook.closing.findings import TieOutFinding
from daybook.closing.rules import ROWS_MAX, FindingKind
from daybook.ledger.models import Journal, JournalMovement, MonthTotal, SpanTotal
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role, SpanSide, stored_role
from daybook.money import grouped_text
from daybook.recognition.models import Schedule
from daybook.reports.revenue_sql import FAMILY, is_movement_of_journal


class Span(NamedTuple):
    """What span totals have besides: days, product, cause and side."""

    first_day: Day
    last_day: Day
    product_id: int
    cause: int
    side: int


class Total(NamedTuple):
    """A total that recordings keep, of a month or of a span of its days."""

    month: Month
    debit: int
    credit: int
    source: int
    span: Span | None = None


Sum: TypeAlias = tuple[int, int]
"""Amounts, and daily amounts."""
Sums: TypeAlias = Mapping[Total, Sum]

CAUSE = func.coalesce(JournalMovement.cause, 0)
PRODUCTS = tuple(
    func.coalesce(own, Journal.product_id, 0)
    for own in (JournalMovement.debit_product_id, JournalMovement.credit_product_id)
)


async def located(
    session: AsyncSession, pin: Pin, total: Total, sums: tuple[Sum, Sum]
) -> list[TieOutFinding]:
    """The recordings and journals in which a total differs."""
    recordings = await _recordings(session, pin, total)
    named = await _journals(session, pin, total, recordings)
    what = total_words(total, sums, recordings, pin.currency)
    difference = sums[0][0] - sums[1][0]
    if not named.rows:
        message = f"{what}; a row is gone, or was moved to another month or account"
        return [total_finding(total, message)]
    # Where nothing was recorded, a row alone is the one that was changed.
    is_alone = named.journals == 1 and not any(sums[1])
    if not named.is_certain and not is_alone:
        numbers = ", ".join(str(row.number) for row in named.rows[:10])
        more = f" and {named.journals - 10:,} more" if named.journals > 10 else ""
        message = (
            f"{what}; journals in question: {numbers}{more}, unless a row is gone, or"
            " was moved to another month or account"
        )
        return [total_finding(total, message)._replace(amount=difference)]
    why = "no recording made such a row"
    if named.is_certain:
        why = "its document's movements no longer add up"
    message = f"{what}; {why}"
    amount = difference if len(named.rows) == 1 else None
    return [
        total_finding(total, f"journal {row.number}: {message}")._replace(
            customer_id=row.customer_id,
            product_id=row.product_id,
            document_id=row.document_id,
            journal=row.number,
            amount=amount,
        )
        for row in named.rows
    ]


def total_finding(total: Total, message: str) -> TieOutFinding:
    """A finding about a total that movements don't sum to."""
    kind, role = FindingKind.ROLLUP, Role(total.debit)
    return TieOutFinding(kind, message, role=role, month=total.month)


def total_words(
    total: Total, sums: tuple[Sum, Sum], recordings: Sequence[int], currency: str
) -> str:
    """What a total should be, what it is, and in which recordings it differs."""
    debit, credit = stored_role(total.debit), stored_role(total.credit)
    movements, kept = (grouped_text(amount, currency) for amount, _ in sums)
    if movements == kept:  # the amounts agree, and what falls on each day doesn't
        movements, kept = (f"{grouped_text(its[1], currency)} a day" for its in sums)
    days = ""
    if total.span is not None:
        days = f" of {range_words(total.span.first_day, total.span.last_day)}"
    numbers = ", ".join(map(str, recordings))
    noun = "recording" if len(recordings) == 1 else "recordings"
    by = f" ({noun} {numbers})" if recordings else ""
    return (
        f"{month_in_words(total.month)}, Dr {debit}, Cr {credit}: movements{days}"
        f" sum to {movements}, but {kept} was recorded{by}: rows were changed behind"
        " the program's back, see `daybook audit verify`"
    )


def _of_total(pin: Pin, total: Total) -> list[ColumnElement[bool]]:
    """Movements of a total, also those that were superseded."""
    conditions = [
        Journal.ledger_id == pin.ledger_id,
        Journal.source == total.source,
        JournalMovement.debit_role == total.debit,
        JournalMovement.credit_role == total.credit,
        JournalMovement.recorded_in <= pin.recording,
    ]
    if total.span is None:
        return [*conditions, Journal.month == total.month]
    product = PRODUCTS[total.span.side == SpanSide.CREDITED.value]
    return [
        *conditions,
        JournalMovement.first_day == total.span.first_day,
        JournalMovement.last_day == total.span.last_day,
        product == total.span.product_id,
        CAUSE == total.span.cause,  # noqa: SIM300  (a column comes first)
    ]


async def _recordings(session: AsyncSession, pin: Pin, total: Total) -> list[int]:
    """The recordings whose kept total isn't what their movements sum to."""
    ends = JournalMovement.recorded_in, JournalMovement.superseded_in
    sums = func.sum(JournalMovement.amount), func.sum(JournalMovement.daily)
    movements = (
        select(*ends, *sums)
        .join_from(Journal, JournalMovement, is_movement_of_journal())
        .where(*_of_total(pin, total))
        .group_by(*ends)
    )
    changes: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for made, ended, *summed in await session.execute(movements):
        for recording, sign in ((made, 1), (ended, -1)):
            if recording is not None and recording <= pin.recording:
                for index, amount in enumerate(map(int, summed)):
                    changes[recording][index] += sign * amount
    for recording, *kept in await session.execute(_kept_of(pin, total)):
        for index, amount in enumerate(kept):
            changes[recording][index] -= amount
    # Of a month only amounts are kept.
    compared = 1 if total.span is None else 2
    return sorted(
        recording for recording, sums in changes.items() if any(sums[:compared])
    )


def _kept_of(pin: Pin, total: Total) -> Select[*tuple[Any, ...]]:
    """What recordings kept of a total: their numbers, amounts, and daily amounts."""
    table: type[MonthTotal | SpanTotal] = (
        MonthTotal if total.span is None else SpanTotal
    )
    conditions = [
        table.ledger_id == pin.ledger_id,
        table.debit_role == total.debit,
        table.credit_role == total.credit,
        table.source == total.source,
        table.recorded_in <= pin.recording,
    ]
    if total.span is None:
        conditions.append(MonthTotal.month == total.month)
        columns = (MonthTotal.change,)
        return select(MonthTotal.recorded_in, *columns).where(*conditions)
    conditions += [
        getattr(SpanTotal, name) == value
        for name, value in total.span._asdict().items()
    ]
    return select(SpanTotal.recorded_in, SpanTotal.amount, SpanTotal.daily).where(
        *conditions
    )


class _Named(NamedTuple):
    """Journals in question; `is_certain` if their documents don't add up."""

    journals: int
    rows: Sequence[Any]
    is_certain: bool


async def _journals(
    session: AsyncSession, pin: Pin, total: Total, recordings: Sequence[int]
) -> _Named:
    conditions = [
        *_of_total(pin, total),
        or_(
            JournalMovement.recorded_in.in_(recordings),
            JournalMovement.superseded_in.in_(recordings),
        ),
    ]
    schedules = (
        select(JournalMovement.schedule_id)
        .join_from(Journal, JournalMovement, is_movement_of_journal())
        .where(*conditions)
    )
    families = await families_that_differ(session, pin, schedules)
    if families:
        its_schedules = select(Schedule.id).where(
            Schedule.ledger_id == pin.ledger_id, FAMILY.in_(families)
        )
        is_theirs = JournalMovement.schedule_id.in_(its_schedules)
        rows = await _listed(session, [*conditions, is_theirs])
        if rows:
            return _Named(len(rows), rows, is_certain=True)
    rows = await _listed(session, conditions)
    counted = (
        select(func.count(Journal.number.distinct()))
        .join_from(Journal, JournalMovement, is_movement_of_journal())
        .where(*conditions)
    )
    count = await session.scalar(counted) or 0
    return _Named(count, rows, is_certain=False)


async def _listed(
    session: AsyncSession, conditions: Sequence[ColumnElement[bool]]
) -> Sequence[Any]:
    """The first journals with movements that meet conditions."""
    statement: Select[*tuple[Any, ...]] = (
        select(
            *(Journal.number, Journal.customer_id),
            *(Journal.product_id, Journal.document_id),
        )
        .join_from(Journal, JournalMovement, is_movement_of_journal())
        .where(*conditions)
        .distinct()
        .order_by(Journal.number)
        .limit(ROWS_MAX)
    )
    return (await session.execute(statement)).all()
