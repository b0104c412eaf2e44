"""The active filters of the report, each with the report without it."""

from dataclasses import dataclass

from daybook.calendar import day_words, parse_day
from daybook.reports.journals.filter_kinds import AnyDay, OneOf, OwnId, Unfit, YesOrNo
from daybook.reports.journals.filters import FILTERS, Filter
from daybook.reports.journals.group_keys import GroupsOf
from daybook_web.journals.query import DAYS, ReportQuery
from daybook_web.journals.results import GroupListing, JournalListing


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is active, and the report without it."""

    label: str
    text: str
    url: str


def chips(
    query: ReportQuery, words: str, listing: JournalListing | GroupListing | None
) -> list[Chip]:
    """The active filters, each with the report without it."""
    found = []
    if query.is_range and words:
        unlimited = query.restarted(**dict.fromkeys(DAYS, ""))
        found.append(Chip("Days", words, unlimited.url()))
    for declared in FILTERS:
        texts = () if declared.name in DAYS else query.values(declared)
        for text in texts:
            rest = [other for other in texts if other != text]
            chip_text = _chip_text(declared, text, listing)
            url = query.restarted(**{declared.name: rest}).url()
            found.append(Chip(declared.chip or declared.label, chip_text, url))
    if query["group_by"]:
        by = "day" if query["granularity"] == GroupsOf.DAILY else "month"
        names = " and ".join(query.groupings or ())
        text = f"{names}, by {by}" if names else by
        if query["granularity"] == GroupsOf.TOTAL:
            text = f"{names}, all days" if names else "all days"
        ungrouped = query.restarted(group_by="", granularity="")
        found.append(Chip("Grouped by", text, ungrouped.url()))
    return found


def _chip_text(
    declared: Filter, text: str, listing: JournalListing | GroupListing | None
) -> str:
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
        case OwnId(document=None):
            return _name_of(declared.name, text, listing)
    return text


def _name_of(
    kind: str, external_id: str, listing: JournalListing | GroupListing | None
) -> str:
    """The name of a customer or a product if a listed journal has it, else the id."""
    for edge in listing.edges if listing else ():
        party = edge.node.customer if kind == "customer" else edge.node.product
        if party and party.external_id == external_id:
            return party.name
    return external_id
