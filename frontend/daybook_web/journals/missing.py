"""What filters ask for that isn't there: an id is put in the place of a name."""

from collections.abc import Sequence
from dataclasses import dataclass

from daybook.reports.journals.filter_kinds import OwnId
from daybook.reports.journals.filters import FILTERS, Filter
from daybook.reports.journals.sorting import SORTED_MAX
from daybook_graphql.execution.operations import OperationFailed
from daybook_graphql.journals.filters import path_of
from daybook_web.journals.documents import DOCUMENT_KINDS, documents_numbered
from daybook_web.journals.query import ReportQuery
from daybook_web.journals.suggestions import (
    KINDS,
    parties_named,
    suggest_parties,
)
from daybook_web.kit.forms import Problem
from daybook_web.kit.links import Link
from daybook_web.kit.results import Party
from daybook_web.kit.running import Running

SIMILAR_SIZE = 5
"""How many similar names are suggested for one that isn't there."""
TOO_MANY_TO_SORT = (
    f"More than {SORTED_MAX:,} journals can only be listed by their numbers: filter"
    " them first."
)


@dataclass(frozen=True, slots=True)
class Mended:
    """A query that can be run, and what was left out of it."""

    query: ReportQuery
    problems: Sequence[Problem]
    has_new_ids: bool
    """Whether names that were given are ids now."""


async def mend(running: Running, query: ReportQuery, failed: OperationFailed) -> Mended:
    """Leave out of a query what isn't there, or put ids in the place of names.

    Raises errors of anything else again.
    """
    missing = {
        tuple(problem["path"][1:]): problem["message"]
        for error in failed.errors
        for problem in error.problems
        if problem["code"] == "NOT_FOUND"
    }
    wrong = [declared for declared in FILTERS if path_of(declared) in missing]
    is_unsortable = "orderBy" in {error.argument for error in failed.errors}
    if not wrong and not is_unsortable:
        raise failed
    problems, ids = list[Problem](), dict[str, str]()
    for declared in wrong:
        parties = await _named(running, query, declared)
        if len(parties) == 1:
            ids[declared.name] = parties[0].external_id
            continue
        message = missing[path_of(declared)]
        problems.append(await _problem(running, query, declared, message, parties))
        query = query.without(declared.name)
    if is_unsortable:
        problems.append(Problem("sort", TOO_MANY_TO_SORT))
        query = query.without("sort")
    return Mended(query.restarted(**ids) if ids else query, problems, bool(ids))


async def _named(
    running: Running, query: ReportQuery, declared: Filter
) -> Sequence[Party]:
    """Those that the text of a filter is the name or the number of, if any are."""
    name = declared.name
    if name in KINDS:
        return await parties_named(running, name, query[name])
    if name not in DOCUMENT_KINDS:
        return ()
    return await documents_numbered(
        running, query["currency"], DOCUMENT_KINDS[name], query[name]
    )


async def _problem(
    running: Running,
    query: ReportQuery,
    declared: Filter,
    message: str,
    named: Sequence[Party],
) -> Problem:
    """What nothing has as its id, with those of that name or of a similar one."""
    name, text = declared.name, query[declared.name]
    if not isinstance(declared.kind, OwnId):
        return Problem(name, f"{message[:1].upper()}{message[1:]}.")
    words = name.replace("_", " ")
    if named:
        message = f"{len(named)} {words}s are called “{text}”: choose one."
        return Problem(name, message, _links_to(query, name, named))
    if name not in KINDS:
        return Problem(name, f"There is no {words} with the id or the number “{text}”.")
    similar = await suggest_parties(running, name, text, SIMILAR_SIZE)
    message = f"There is no {words} with the id or the name “{text}”."
    return Problem(name, message, _links_to(query, name, similar))


def _links_to(query: ReportQuery, name: str, parties: Sequence[Party]) -> list[Link]:
    return [
        Link(
            f"{party.name} ({party.external_id})",
            query.restarted(**{name: party.external_id}).url(),
        )
        for party in parties
    ]
