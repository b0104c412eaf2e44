"""The pages whose filters can be saved, and each one's reading of its address. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from starlette.datastructures import QueryParams

from daybook.errors import Rejected
from daybook.reports.trail.filters import read_activity_filter, read_trail_filter
from daybook_web.documents.query import DocumentsQuery
from daybook_web.exports.list_query import ExportsQuery
from daybook_web.journals.query import ReportQuery
from daybook_web.journals.query_problems import without_problems
from daybook_web.kit.saved import Kept
from daybook_web.manual_journals.query import ListQuery as ManualQuery
from daybook_web.reports.address import (
    COHORTS,
    DEFERRED,
    POPULATION,
    ROLL_FORWARD,
    TIE_OUT,
    WATERFALL,
    Address,
    Report,
)
from daybook_web.trail.query import ListQuery, activity_query, audit_query


@dataclass(frozen=True, slots=True)
class Read:
    """An address of a page as the page reads it, and what is wrong with it."""

    kept: Kept
    problems: Sequence[str]


@dataclass(frozen=True, slots=True)
class Filtered:
    """A page whose filters can be saved."""

    title: str
    read: Callable[[QueryParams], Read]


def _journals(given: QueryParams) -> Read:
    query = ReportQuery.of(given)
    return Read(query.kept, list(without_problems(query)[1].values()))


def _documents(given: QueryParams) -> Read:
    query = DocumentsQuery.of(given)
    return Read(query.kept, [problem.message for problem in query.problems()])


def _exports(given: QueryParams) -> Read:
    query = ExportsQuery.of(given)
    return Read(query.kept, [problem.message for problem in query.problems()])


def _manual_journals(given: QueryParams) -> Read:
    query = ManualQuery.of(given)
    return Read(query.kept, [problem.message for problem in query.problems()])


def _report(report: Report) -> Filtered:
    def read(given: QueryParams) -> Read:
        address = Address.of(report, given)
        return Read(address.kept, [problem.message for problem in address.problems()])

    return Filtered(report.title, read)


def _trail(
    of: Callable[[QueryParams], ListQuery],
    read_texts: Callable[[Mapping[str, str]], object],
) -> Callable[[QueryParams], Read]:
    def read(given: QueryParams) -> Read:
        query = of(given)
        try:
            read_texts(query.texts)
        except Rejected as rejected:
            return Read(query.kept, [each.message for each in rejected.problems])
        return Read(query.kept, [])

    return read


PAGES: Mapping[str, Filtered] = {
    "JOURNALS": Filtered("Journals", _journals),
    "DOCUMENTS": Filtered("Documents", _documents),
    "EXPORTS": Filtered("Exports", _exports),
    "MANUAL_JOURNALS": Filtered("Manual journals", _manual_journals),
    "DEFERRED_REVENUE": _report(DEFERRED),
    "WATERFALL": _report(WATERFALL),
    "COHORTS": _report(COHORTS),
    "ROLL_FORWARD": _report(ROLL_FORWARD),
    "TIE_OUT": _report(TIE_OUT),
    "POPULATION": _report(POPULATION),
    "AUDIT_TRAIL": Filtered("Audit trail", _trail(audit_query, read_trail_filter)),
    "ACTIVITY": Filtered("Activity log", _trail(activity_query, read_activity_filter)),
}
"""By their names in the API, in the order in which they are listed."""


def read_address(page: str, query: str) -> Read:
    """An address of a page; raises KeyError if the page has no filters to save."""
    return PAGES[page].read(QueryParams(query))
