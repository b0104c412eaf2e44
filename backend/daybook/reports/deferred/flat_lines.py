"""The deferred revenue report's lines as files have them, in slices of whole families.

A slice's values stay as they were read: a CSV file of what PostgreSQL copied is made of
the copied texts (`copied_lines`), all other files of lines.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, Self, overload

from daybook.calendar import Day
from daybook.ledger.rules import SourceKind
from daybook.reports.deferred.loading import ListedLine
from daybook.reports.revenue import Figures
from daybook.reports.revenue_sql import STANDALONE

_CREDIT_NOTE = int(SourceKind.CREDIT_NOTE)


class DeferredLine(NamedTuple):
    """A row of the report with all that it names, as a file has it.

    `source` and `method` are stored numbers. The row of the other manual journals has
    no document's id.
    """

    family: int | None
    schedule: int | None
    source: int
    customer_id: str | None
    customer: str | None
    product_id: str | None
    product: str | None
    document_id: str
    document: str
    method: int | None
    service_from: Day | None
    service_to: Day | None
    booked: int
    unbilled: int
    recognized: int
    balance: int
    remaining: int

    @property
    def is_credit(self) -> bool:
        """Whether it is a credit note's."""
        return self.source == _CREDIT_NOTE

    @property
    def is_manual(self) -> bool:
        """Whether it is a manual journal's."""
        return self.source == STANDALONE

    @property
    def is_other(self) -> bool:
        """Whether it is that of the manual journals that don't touch Deferred."""
        return not self.document_id

    @classmethod
    def of_others(cls, figures: Figures) -> Self:
        """The row of the manual journals that don't touch Deferred."""
        return cls(
            *(None, None, STANDALONE, None, None, None, None),
            *("", "Other manual journals", None, None, None),
            *(figures.booked, figures.unbilled, figures.recognized),
            *(figures.balance, figures.remaining),
        )


AT = {name: at for at, name in enumerate(DeferredLine._fields)}
"""The positions of a line's values in rows."""
_FAMILY, _SCHEDULE, _REMAINING = AT["family"], AT["schedule"], AT["remaining"]
_METHOD, _AFTER_TERMS = AT["method"], AT["service_to"] + 1
_PRODUCT = len(AT)
_REVISED_IN = _PRODUCT + 1
"""After a line's values, rows have its product's number, and the recording that revised
its document last, or 0."""


class FlatSlice(Sequence[DeferredLine]):
    """Lines of families, made of rows with Daybook's numbers and days as integers.

    They have the terms of their lines' first schedules, and a balance as if no lock had
    moved a day past the report's.
    """

    def __init__(self, rows: Sequence[Sequence[Any]]) -> None:
        self._rows = rows

    @cached_property
    def lines(self) -> Sequence[DeferredLine]:
        """All lines."""
        return [DeferredLine(*row[:_PRODUCT]) for row in self._rows]

    def __len__(self) -> int:
        """How many lines there are."""
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> DeferredLine: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[DeferredLine]: ...
    def __getitem__(self, at: int | slice) -> DeferredLine | Sequence[DeferredLine]:
        """A line, or some."""
        return self.lines[at]

    @property
    def revised_families(self) -> list[int]:
        """The families that have a line of a document that was revised."""
        families = {row[_FAMILY] for row in self._rows if int(row[_REVISED_IN])}
        return sorted(map(int, families))

    def with_terms(self, newest: Mapping[int, ListedLine]) -> Self:
        """The lines with the terms of those that are known by their first schedules."""
        rows: list[Sequence[Any]] = []
        for row in self._rows:
            its = newest.get(int(row[_SCHEDULE]))
            if its is None:
                rows.append(row)
            else:
                terms = (its.method, its.service_from, its.service_to)
                known = map(self._stored, terms)
                rows.append([*row[:_METHOD], *known, *row[_AFTER_TERMS:]])
        return type(self)(rows)

    def of_open_families(self, product_id: int | None) -> Self:
        """The lines of a product, or all, whose family has something on Deferred."""
        remaining: dict[Any, int] = defaultdict(int)
        for row in self._rows:
            remaining[row[_FAMILY]] += int(row[_REMAINING])
        return type(self)(
            [
                row
                for row in self._rows
                if remaining[row[_FAMILY]] and product_id in {None, int(row[_PRODUCT])}
            ]
        )

    @staticmethod
    def _stored(number: int | None) -> Any:
        """A number as rows have it."""
        return number
