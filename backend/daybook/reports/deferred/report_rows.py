"""Rows and families of the deferred revenue report. Pure."""

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from daybook.calendar import Day
from daybook.reports.documents import ListedDocument
from daybook.reports.revenue import Figures

FamilyKey: TypeAlias = tuple[int, int]
"""`(0, family)`, or `(1, document)` of a manual journal: the report's order."""


class DeferredRow(NamedTuple):
    """A line through all its revisions, or a manual journal's sides of one product.

    `line` is the line's first schedule, `schedule_id` the newest, and `journal` one of
    its journals. A manual journal has no schedule, no method and no period.
    """

    line: int | None
    schedule_id: int | None
    journal: int | None
    family: int | None
    is_credit: bool
    source: int
    document: ListedDocument
    customer_id: int | None
    product_id: int | None
    method: int | None
    service_from: Day | None
    service_to: Day | None
    figures: Figures


class DeferredFamily(NamedTuple):
    """A sold line with its credits, or a manual journal; `key` orders the report."""

    key: FamilyKey
    rows: tuple[DeferredRow, ...]
    total: Figures

    @classmethod
    def of(cls, key: FamilyKey, rows: Iterable[DeferredRow]) -> "DeferredFamily":
        """A family of its rows, with their sum."""
        every = tuple(rows)
        return cls(key, every, sum((row.figures for row in every), Figures()))


def figures_of(billed: int, unbilled: int, deferred: int, recognized: int) -> Figures:
    """Figures of debits less credits, in the order of the accounts' numbers."""
    return Figures(billed, unbilled, -recognized, -deferred, -deferred)
