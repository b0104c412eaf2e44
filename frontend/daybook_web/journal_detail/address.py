"""The address of a journal's page: the report's parameters and a few of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, NamedTuple, TypeVar

from starlette.datastructures import QueryParams

from daybook.numbers import read_number
from daybook_web.journals.journal_addresses import journal_url
from daybook_web.journals.query import ReportQuery
from daybook_web.journals.query_problems import problems_of
from daybook_web.kit.links import Pager

Row = TypeVar("Row")

PARTS = ("movements", "lines", "versions")
"""The lists of which a page shows a part; each parameter is its first row."""
OWN = ("recording", *PARTS)
"""Parameters beside the report's, in the order of addresses."""
ROWS_MAX = 50
"""How many rows of a list a page shows."""


class Part(NamedTuple, Generic[Row]):
    """The rows of a list that a page shows, and the way to the others."""

    rows: Sequence[Row]
    total: int
    words: str
    """`51–100 of 2,000`; empty where the rows are all of them."""
    pager: Pager | None


@dataclass(frozen=True, slots=True)
class Address:
    """A journal's address, with the report that leads back; own texts aren't empty."""

    number: str
    report: ReportQuery
    own: Mapping[str, str]

    @classmethod
    def of(cls, currency: str, number: str, given: QueryParams) -> "Address":
        """Read an address; the report's as-of day is left out where it is none."""
        others = [pair for pair in given.multi_items() if pair[0] not in OWN]
        report = ReportQuery.of(QueryParams(others)).with_values(currency=currency)
        if "as_of" in problems_of(report):
            report = report.with_values(as_of="")
        own = {name: text for name in OWN if (text := given.get(name, "").strip())}
        return cls(number, report, own)

    @property
    def recording(self) -> str:
        """The recording after which the journal is shown; empty for the present."""
        return self.own.get("recording", "")

    @property
    def is_of_the_past(self) -> bool:
        """Whether the journal isn't shown as it is now."""
        return bool(self.recording or self.report["as_of"])

    def url(self) -> str:
        """The address itself."""
        return journal_url(self.report, self.number, **self.own)

    def after(self, recording: str) -> "Address":
        """The journal as a recording left it, or as it is now if that is empty."""
        own = {"recording": recording} if recording else {}
        return replace(self, report=self.report.with_values(as_of=""), own=own)

    def part(self, name: str, rows: Sequence[Row]) -> Part[Row]:
        """The part of a list that the address asks for, else the first one."""
        total = len(rows)
        if total <= ROWS_MAX:
            return Part(rows, total, "", None)
        start = min(self._first(name), total - 1)
        start -= start % ROWS_MAX
        end = min(start + ROWS_MAX, total)
        pager = Pager(
            self._part_url(name, start - ROWS_MAX) if start else None,
            self._part_url(name, end) if end < total else None,
        )
        return Part(
            rows[start:end], total, f"{start + 1:,}–{end:,} of {total:,}", pager
        )

    def _first(self, name: str) -> int:
        """The index of a part's first row, as it was given."""
        try:
            return read_number(self.own.get(name, "1")) - 1
        except ValueError:
            return 0

    def _part_url(self, name: str, start: int) -> str:
        texts = {**self.own, name: str(start + 1) if start else ""}
        own = {its: texts[its] for its in OWN if texts.get(its)}
        return f"{replace(self, own=own).url()}#{name}-heading"
