"""The address of a journal's page: the report's parameters and a few of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from starlette.datastructures import QueryParams

from daybook_web.journals.journal_addresses import journal_url
from daybook_web.journals.query import ReportQuery
from daybook_web.journals.query_problems import problems_of
from daybook_web.kit.parts import Part, part_of

Row = TypeVar("Row")

PARTS = ("movements", "lines", "versions")
"""The lists of which a page shows a part; each parameter is its first row."""
OWN = ("recording", *PARTS)
"""Parameters beside the report's, in the order of addresses."""


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
        return part_of(rows, self.own.get(name, ""), partial(self._part_url, name))

    def _part_url(self, name: str, first: str) -> str:
        texts = {**self.own, name: first}
        own = {its: texts[its] for its in OWN if texts.get(its)}
        return f"{replace(self, own=own).url()}#{name}-heading"
