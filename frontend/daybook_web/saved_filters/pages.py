"""The pages whose filters can be saved, and each one's reading of its address. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.datastructures import QueryParams

from daybook.errors import Rejected
from daybook.ledger.rules import name_in_words
from daybook.reports.trail.filters import read_activity_filter, read_trail_filter
from daybook_web.documents.query import DocumentsQuery
from daybook_web.documents.view import chips_of as document_chips
from daybook_web.exports.list_query import ExportsQuery
from daybook_web.exports.list_view import chips_of as export_chips
from daybook_web.journals.chips import Chip
from daybook_web.journals.chips import chips as journal_chips
from daybook_web.journals.query import ReportQuery
from daybook_web.journals.query_problems import without_problems
from daybook_web.kit.saved import Kept
from daybook_web.manual_journals.query import ListQuery as ManualQuery
from daybook_web.manual_journals.view import chips_of as manual_chips
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
from daybook_web.reports.frame import chips_of as report_chips
from daybook_web.trail.query import ListQuery, activity_query, audit_query
from daybook_web.trail.view import ACTIVITY_LABELS, LABELS
from daybook_web.trail.view import chips_of as trail_chips


@dataclass(frozen=True, slots=True)
class Read:
    """An address of a page as the page reads it, and what is wrong with it."""

    kept: Kept
    problems: Sequence[str]


@dataclass(frozen=True, slots=True)
class Filtered:
    """A page whose filters can be saved; `chips` says what an address filters by."""

    title: str
    read: Callable[[QueryParams], Read]
    chips: Callable[[QueryParams], Sequence[Chip]]


def _journals(given: QueryParams) -> Read:
    query = ReportQuery.of(given)
    return Read(query.kept, list(without_problems(query)[1].values()))


def _journal_chips(given: QueryParams) -> list[Chip]:
    query = ReportQuery.of(given)
    has_days = query.is_range and not without_problems(query)[1]
    return journal_chips(query, query.period().words if has_days else "", {})


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

    def chips(given: QueryParams) -> list[Chip]:
        return report_chips(Address.of(report, given), {})

    return Filtered(report.title, read, chips)


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


def _trail_chips(
    of: Callable[[QueryParams], ListQuery], labels: Mapping[str, str]
) -> Callable[[QueryParams], list[Chip]]:
    def chips(given: QueryParams) -> list[Chip]:
        query = of(given)
        chosen = [
            text for name in ("action", "kind") if (text := query.texts.get(name))
        ]
        names = {text: name_in_words(text) for text in chosen}
        return trail_chips(query, names, labels)

    return chips


PAGES: Mapping[str, Filtered] = {
    "JOURNALS": Filtered(
        "Journals",
        _journals,
        _journal_chips,
    ),
    "DOCUMENTS": Filtered(
        "Documents",
        _documents,
        lambda given: document_chips(DocumentsQuery.of(given), []),
    ),
    "EXPORTS": Filtered(
        "Exports", _exports, lambda given: export_chips(ExportsQuery.of(given))
    ),
    "MANUAL_JOURNALS": Filtered(
        "Manual journals",
        _manual_journals,
        lambda given: manual_chips(ManualQuery.of(given)),
    ),
    "DEFERRED_REVENUE": _report(DEFERRED),
    "WATERFALL": _report(WATERFALL),
    "COHORTS": _report(COHORTS),
    "ROLL_FORWARD": _report(ROLL_FORWARD),
    "TIE_OUT": _report(TIE_OUT),
    "POPULATION": _report(POPULATION),
    "AUDIT_TRAIL": Filtered(
        "Audit trail",
        _trail(audit_query, read_trail_filter),
        _trail_chips(audit_query, LABELS),
    ),
    "ACTIVITY": Filtered(
        "Activity log",
        _trail(activity_query, read_activity_filter),
        _trail_chips(activity_query, ACTIVITY_LABELS),
    ),
}
"""By their names in the API, in the order in which they are listed."""


def read_address(page: str, query: str) -> Read:
    """An address of a page; raises KeyError if the page has no filters to save."""
    return PAGES[page].read(QueryParams(query))


def words_of(page: str, query: str) -> str:
    """What a filter filters by, as its page says it: `Period lock: Moved by a lock`.

    A form of the page that no chip says, such as its columns, is named alone.
    """
    chips = PAGES[page].chips(QueryParams(query))
    said = [": ".join(filter(None, (chip.label, chip.text))) for chip in chips]
    names = dict.fromkeys(name for name, _ in parse_qsl(query))
    return "; ".join(said or map(name_in_words, names))
