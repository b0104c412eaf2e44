"""The active filters of the report, each with the report without it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from daybook.calendar import day_words, parse_day
from daybook.reports.journals.filter_kinds import AnyDay, OneOf, OwnId, Unfit, YesOrNo
from daybook.reports.journals.filters import FILTERS, Filter
from daybook.reports.journals.group_keys import GroupsOf
from daybook_web.journals.parameters import DAYS, NO
from daybook_web.journals.query import ReportQuery
from daybook_web.journals.results import Named

Names: TypeAlias = Mapping[tuple[str, str], str]
"""Names of what own ids select, by the filter and the id."""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is active, and the report without it."""

    label: str
    text: str
    url: str


def chips(
    query: ReportQuery,
    words: str,
    names: Names,
    *,
    quick: Collection[str] = (),
    has_scheduled: bool = False,
) -> list[Chip]:
    """The active filters, each with the report without it.

    Those of `quick`, parameters of a quick filter, are left out. A report that has
    scheduled entries since nobody left them out says so, too.
    """
    found = []
    if query.is_range and words and not query.period().is_all_days:
        unlimited = query.restarted(**dict.fromkeys(DAYS, ""))
        found.append(Chip("Days", words, unlimited.url()))
    if has_scheduled and not query["include_scheduled"]:
        posted = query.restarted(include_scheduled=NO)
        found.append(Chip("", "With scheduled", posted.url()))
    for declared in FILTERS:
        is_elsewhere = declared.name in {*DAYS, *quick}
        texts = () if is_elsewhere else query.values(declared)
        for text in texts:
            rest = [other for other in texts if other != text]
            chip_text = value_words(declared, text, names)
            url = query.restarted(**{declared.name: rest}).url()
            found.append(Chip(declared.chip or declared.label, chip_text, url))
    if query["group_by"]:
        by = "day" if query["granularity"] == GroupsOf.DAILY else "month"
        groupings = " and ".join(query.groupings or ())
        text = f"{groupings}, by {by}" if groupings else by
        if query["granularity"] == GroupsOf.TOTAL:
            text = f"{groupings}, all days" if groupings else "all days"
        ungrouped = query.restarted(group_by="", granularity="")
        found.append(Chip("Grouped by", text, ungrouped.url()))
    return found


def value_words(declared: Filter, text: str, names: Names) -> str:
    """A filter's value for people; an invalid one is shown as it was typed."""
    try:
        value = declared.kind.read(text)
    except Unfit:
        return text
    match declared.kind:
        case AnyDay():
            return day_words(parse_day(text))
        case OneOf(words=words):
            return words.get(text, text)
        case YesOrNo(yes=yes, no=no):
            return yes if value else no
    return names.get((declared.name, text), text)


def own_ids(query: ReportQuery) -> list[tuple[str, str]]:
    """The filters that are own ids, of those that are set, each with its id."""
    return [
        (declared.name, text)
        for declared in FILTERS
        if isinstance(declared.kind, OwnId)
        for text in query.values(declared)
    ]


def names_of(query: ReportQuery, named: Sequence[Named | None]) -> Names:
    """The names of what own ids select, as the operation found them for `own_ids`."""
    pairs = zip(own_ids(query), named, strict=True)
    return {own_id: its.name for own_id, its in pairs if its is not None}
