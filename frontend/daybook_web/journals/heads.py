"""The heads of the list's columns: how it is sorted, and links to sort it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from daybook.reports.journals.sorting import SORTED_MAX
from daybook_web.journals.parameters import BY_NUMBER, SORTS
from daybook_web.journals.query import ReportQuery

NAMES = {BY_NUMBER, "customer", "document"}
"""What begins with the smallest; amounts begin with the largest."""


@dataclass(frozen=True, slots=True)
class Head:
    """A column that the list can be sorted by; `direction` if it is, for `aria-sort`.

    Without a `url` there are too many journals to sort.
    """

    name: str
    direction: str
    url: str


def heads_of(query: ReportQuery, total: int) -> Mapping[str, Head]:
    """The heads by their names in `sort`, of a list of so many journals."""
    by, is_descending = query["sort"].removeprefix("-"), query["sort"].startswith("-")
    found = {}
    for name in (text for text in SORTS if not text.startswith("-")):
        is_by = name == (by or BY_NUMBER)
        turned = not is_descending if is_by else name not in NAMES
        can_be = name == BY_NUMBER or total <= SORTED_MAX
        sort = f"-{name}" if turned else "" if name == BY_NUMBER else name
        found[name] = Head(
            name=name,
            direction=("descending" if is_descending else "ascending") if is_by else "",
            url=query.restarted(sort=sort).url() if can_be else "",
        )
    return found
