"""Saved filters: the pages that have them, and what one may hold. Pure."""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from urllib.parse import parse_qsl, urlencode

from daybook.access.rules import refused
from daybook.errors import ProblemCode, check_all
from daybook.reports.journals.filters import FILTERS
from daybook.reports.trail.filters import ACTIVITY_NAMES, TRAIL_NAMES

FILTERS_MAX = 50
"""How many filters a person has of a page at most, and an organisation shares."""
NAME_MAX = 60
QUERY_MAX = 2_000
"""How many bytes the query of an address has at most."""
PAIRS_MAX = 100
SHARED = 0
"""The owner of what an organisation shares; no user has the id."""
PERSONS = frozenset({"author", "by", "who"})
"""The parameters whose values name somebody."""


class FilteredPage(IntEnum):
    """A page whose filters can be saved; the number is stored."""

    JOURNALS = 1
    DOCUMENTS = 2
    EXPORTS = 3
    MANUAL_JOURNALS = 4
    DEFERRED_REVENUE = 5
    WATERFALL = 6
    COHORTS = 7
    ROLL_FORWARD = 8
    TIE_OUT = 9
    POPULATION = 10
    AUDIT_TRAIL = 11
    ACTIVITY = 12


_PARTIES = frozenset({"as_of", "customer", "product", "document"})
KEPT: Mapping[FilteredPage, frozenset[str]] = {
    FilteredPage.JOURNALS: frozenset(
        {
            *(declared.name for declared in FILTERS),
            *("group_by", "granularity", "sort", "columns"),
        }
    ),
    FilteredPage.DOCUMENTS: frozenset({"kind", "status", "customer", "search"}),
    FilteredPage.EXPORTS: frozenset({"ledger", "state", "format", "by", "posted"}),
    FilteredPage.MANUAL_JOURNALS: frozenset(
        {"search", "status", "waiting", "kind", "ledger", "from", "to", "by"}
    ),
    FilteredPage.DEFERRED_REVENUE: _PARTIES | {"open_only"},
    FilteredPage.WATERFALL: _PARTIES | {"apart"},
    FilteredPage.COHORTS: _PARTIES,
    FilteredPage.ROLL_FORWARD: _PARTIES | {"account", "from"},
    FilteredPage.TIE_OUT: frozenset({"as_of"}),
    FilteredPage.POPULATION: _PARTIES
    | {"from", "to", "recorded_from", "recorded_to", "author", "flags"},
    FilteredPage.AUDIT_TRAIL: frozenset(TRAIL_NAMES),
    FilteredPage.ACTIVITY: frozenset(ACTIVITY_NAMES),
}
"""The parameters of a page's address that a filter keeps.

The others are of the moment: a ledger, a month or a last day that is stepped through,
and a place in the list."""


def owner_of(user_id: int | None, *, is_shared: bool) -> int:
    """Whose a filter is; raises Rejected for a key, which has none of its own."""
    if is_shared:
        return SHARED
    if user_id is None:
        message = "an API key has no filters of its own: share it, or sign in"
        raise refused(message, "isShared")
    return user_id


def checked_filter(page: FilteredPage, name: str, query: str) -> tuple[str, str]:
    """A filter's name and query as they are stored; raises Rejected with all problems.

    Equal filters have equal queries: parameters stand in the order of their names.
    """
    check_all(lambda: checked_name(name), lambda: _checked_query(page, query))
    return checked_name(name), _checked_query(page, query)


def checked_name(text: str) -> str:
    """A filter's name as it is stored; raises Rejected."""
    name = text.strip()
    if not name:
        raise refused("a name is needed", "name", ProblemCode.MISSING)
    if len(name) > NAME_MAX or not name.isprintable():
        message = f"a name is one line of up to {NAME_MAX} printable characters"
        raise refused(message, "name")
    return name


def pairs_of(query: str) -> list[tuple[str, str]]:
    """The parameters of a stored query."""
    return parse_qsl(query)


def query_of(pairs: Iterable[tuple[str, str]]) -> str:
    """Parameters as they are stored."""
    return urlencode(sorted(set(pairs)))


def names_in(query: str) -> list[str]:
    """The names of a stored query's parameters: values may name a person."""
    return sorted({name for name, _ in pairs_of(query)})


def _checked_query(page: FilteredPage, text: str) -> str:
    try:
        pairs = parse_qsl(
            text.strip(),
            keep_blank_values=True,
            strict_parsing=bool(text.strip()),
            errors="strict",
            max_num_fields=PAIRS_MAX,
        )
    except ValueError:
        message = (
            "must be the query of an address, such as source=CREDIT_NOTE&voided=yes"
        )
        raise refused(message, "query") from None
    for name, value in pairs:
        if name not in KEPT[page]:
            kept = ", ".join(sorted(KEPT[page]))
            message = f"a filter of this page doesn't keep {name[:80]!r}, only {kept}"
            raise refused(message, "query")
        if not value.isprintable():
            message = f"{name} has a character that can't be printed"
            raise refused(message, "query")
    query = query_of((name, value.strip()) for name, value in pairs if value.strip())
    if not query:
        message = "nothing is filtered, so that there is nothing to save"
        raise refused(message, "query", ProblemCode.MISSING)
    if len(query) > QUERY_MAX:
        message = f"is longer than {QUERY_MAX:,} bytes: filter by less"
        raise refused(message, "query", ProblemCode.TOO_LARGE)
    return query
