"""Whether a ledger's movements sum to the totals that its recordings kept.

They always do, unless somebody changed rows behind the program's back.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import month_of
from daybook.closing.findings import TieOutFinding
from daybook.closing.rollup_journals import (
    CAUSE,
    PRODUCTS,
    Span,
    Sum,
    Sums,
    Total,
    located,
    total_finding,
    total_words,
)
from daybook.ledger.amount_conditions import in_force
from daybook.ledger.models import Journal, JournalMovement, MonthTotal, SpanTotal
from daybook.ledger.pins import Pin
from daybook.ledger.rules import SpanSide
from daybook.ledger.span_sums import spans_at
from daybook.reports.revenue import Tie
from daybook.reports.revenue_sql import is_movement_of_journal

LOCATED_MAX = 20
"""How many findings are located; of the others only the totals are given."""


class CheckedRollups(NamedTuple):
    """The totals that differ, and what the sums come to."""

    findings: tuple[TieOutFinding, ...]
    ties: tuple[Tie, ...]


async def check_rollups(session: AsyncSession, pin: Pin) -> CheckedRollups:
    """Sum all movements at a pin, and compare the sums with the kept totals.

    Each tie sums each movement once, so that all of them show the same amount.
    """
    months, spans = await _summed(session, pin)
    kept_months = await _kept_months(session, pin)
    kept_spans = await _kept_spans(session, pin)
    left = _amount(months)
    ties = (
        Tie(
            "movements_are_month_totals",
            *(left, _amount(kept_months), "Movements = totals by month"),
        ),
        *(
            Tie(
                name,
                _amount_of_side(spans, side),
                _amount_of_side(kept_spans, side),
                f"Movements = totals by first and last day, by {words} product",
            )
            for side, name, words in (
                (SpanSide.DEBITED, "movements_are_span_totals", "debited"),
                (SpanSide.CREDITED, "movements_are_credited_totals", "credited"),
            )
        ),
    )
    findings: list[TieOutFinding] = []
    named = set[Total]()
    for total, sums in _differing(months, kept_months):
        named.add(total)
        findings += await _found(session, pin, total, sums, findings)
    for total, sums in _differing(spans, kept_spans):
        if total._replace(span=None) not in named:
            findings += await _found(session, pin, total, sums, findings)
    return CheckedRollups(tuple(findings), ties)


async def _found(
    session: AsyncSession,
    pin: Pin,
    total: Total,
    sums: tuple[Sum, Sum],
    before: Sequence[TieOutFinding],
) -> list[TieOutFinding]:
    """What is found of a total; only the first are located, which takes queries."""
    if len(before) < LOCATED_MAX:
        return await located(session, pin, total, sums)
    return [total_finding(total, total_words(total, sums, (), pin.currency))]


def _amount(sums: Sums) -> int:
    return sum(amount for amount, _ in sums.values())


def _amount_of_side(spans: Sums, side: SpanSide) -> int:
    """What each movement has once: by the product of one of its sides.

    One that moves an amount from a product to another has a total for each side.
    """
    sides = {SpanSide.BOTH, side}
    return sum(
        amount
        for total, (amount, _) in spans.items()
        if total.span is not None and total.span.side in sides
    )


def _differing(summed: Sums, kept: Sums) -> Iterator[tuple[Total, tuple[Sum, Sum]]]:
    for total in sorted({*summed, *kept}):
        sums = summed.get(total, (0, 0)), kept.get(total, (0, 0))
        if sums[0] != sums[1]:
            yield total, sums


async def _summed(session: AsyncSession, pin: Pin) -> tuple[Sums, Sums]:
    """What movements sum to, by month and by span; reads the ledger once."""
    key = (
        *(Journal.month, JournalMovement.debit_role, JournalMovement.credit_role),
        *(Journal.source, JournalMovement.first_day, JournalMovement.last_day),
        *(CAUSE, *PRODUCTS),
    )
    sums = func.sum(JournalMovement.amount), func.sum(JournalMovement.daily)
    statement = (
        select(*key, *sums)
        .join_from(Journal, JournalMovement, is_movement_of_journal())
        .where(Journal.ledger_id == pin.ledger_id, in_force(pin.recording))
        .group_by(*key)
    )
    months: dict[Total, Sum] = {}
    spans: dict[Total, Sum] = {}
    for (
        *its,
        first,
        last,
        cause,
        debited,
        credited,
        amount,
        daily,
    ) in await session.execute(statement):
        month, debit, credit, source = its
        total = Total(month, debit, credit, source)
        new = int(amount), int(daily)
        _add(months, total, (new[0], 0))
        sides = [(debited, SpanSide.DEBITED), (credited, SpanSide.CREDITED)]
        if debited == credited:
            sides = [(debited, SpanSide.BOTH)]
        # Spans are by their own days, whatever month the journal has.
        of_span = total._replace(month=month_of(first))
        for product, side in sides:
            span = Span(first, last, product, cause, side.value)
            _add(spans, of_span._replace(span=span), new)
    return months, spans


def _add(sums: dict[Total, Sum], total: Total, new: Sum) -> None:
    amount, daily = sums.get(total, (0, 0))
    sums[total] = amount + new[0], daily + new[1]


async def _kept_months(session: AsyncSession, pin: Pin) -> Sums:
    key = (
        *(MonthTotal.month, MonthTotal.debit_role),
        *(MonthTotal.credit_role, MonthTotal.source),
    )
    statement = (
        select(*key, func.sum(MonthTotal.change))
        .where(
            MonthTotal.ledger_id == pin.ledger_id,
            MonthTotal.recorded_in <= pin.recording,
        )
        .group_by(*key)
    )
    rows = await session.execute(statement)
    return {
        Total(month, debit, credit, source): (int(total), 0)
        for month, debit, credit, source, total in rows
        if total
    }


async def _kept_spans(session: AsyncSession, pin: Pin) -> Sums:
    key = (
        *(SpanTotal.debit_role, SpanTotal.credit_role, SpanTotal.source),
        *(SpanTotal.first_day, SpanTotal.last_day, SpanTotal.product_id),
        *(SpanTotal.cause, SpanTotal.side),
    )
    sums = func.sum(SpanTotal.amount), func.sum(SpanTotal.daily)
    statement = select(*key, *sums).where(*spans_at(pin)).group_by(*key)
    return {
        Total(month_of(span[0]), debit, credit, source, Span(*span)): (
            *(int(amount), int(daily)),
        )
        for debit, credit, source, *span, amount, daily in (
            await session.execute(statement)
        )
        if amount or daily
    }
