"""Summing movements by the days that they span (`SpanTotal`). Pure."""

from collections import defaultdict
from collections.abc import Iterator, MutableMapping, Sequence
from typing import NamedTuple, TypeAlias

from daybook.calendar import Day, Month, month_of
from daybook.ledger.rules import Cause, Movement, Sides, SpanSide

Span: TypeAlias = tuple[Day, Day, int, int, int, int, int, int]
"""A total's key: first and last day, product, debit and credit account, source, cause,
side; 0 for no product or cause."""

Sums: TypeAlias = MutableMapping[Span, list[int]]
"""The amount and the daily amount of each span; both change in place, since that is
what a loop that runs for each movement of an import does fastest."""


def no_sums() -> Sums:
    """Sums without any movement."""
    return defaultdict(lambda: [0, 0])


class SpanTotals(NamedTuple):
    """The sum of the movements of a span: of their amounts and daily amounts."""

    span: Span
    amount: int
    daily: int


class SpanParty(NamedTuple):
    """What a movement's totals depend on besides accounts and days."""

    product_id: int | None
    source: int
    cause: Cause | None = None
    sides: Sides | None = None

    def products(self) -> list[tuple[int, SpanSide]]:
        """The products in whose totals a movement counts."""
        journal = self.product_id or 0
        debited, credited = (own or journal for own in self.sides or (None, None))
        if debited == credited:
            return [(debited, SpanSide.BOTH)]
        return [(debited, SpanSide.DEBITED), (credited, SpanSide.CREDITED)]


def add_movement(
    sums: Sums, movement: Movement, party: SpanParty, *, sign: int = 1
) -> None:
    """Add a movement to the sums of its span, or subtract it."""
    debit, credit, amount, daily, first_day, last_day = movement
    what = +debit, +credit, party.source, +(party.cause or 0)
    for product, side in party.products():
        span = sums[first_day, last_day, product, *what, +side]
        span[0] += sign * amount
        span[1] += sign * daily


def nonzero(sums: Sums) -> list[SpanTotals]:
    """The sums that aren't zero, in the order of their keys."""
    return [
        SpanTotals(span, amount, daily)
        for span, (amount, daily) in sorted(sums.items())
        if amount or daily
    ]


def month_totals(
    totals: Sequence[SpanTotals],
) -> dict[tuple[Month, int, int, int], int]:
    """Sums by month, debit account, credit account and source."""
    found: dict[tuple[Month, int, int, int], int] = defaultdict(int)
    for (first_day, _, _, debit, credit, source, _, side), amount, _ in totals:
        if side != SpanSide.CREDITED:
            found[month_of(first_day), debit, credit, source] += amount
    return found


def span_rows(
    ledger_id: int, recording: int, totals: Sequence[SpanTotals]
) -> Iterator[tuple[int, ...]]:
    """Rows of `span_totals`."""
    for span, amount, daily in totals:
        yield (ledger_id, *span, recording, amount, daily)
