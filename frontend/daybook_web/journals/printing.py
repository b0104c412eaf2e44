"""The report on paper: all rows on one page, and the line that says what is printed."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from daybook_web.journals.chips import Chip
from daybook_web.journals.parameters import PRINT_ALL
from daybook_web.journals.places import PAGE_SIZE, Place
from daybook_web.journals.query import ReportQuery
from daybook_web.journals.results import ReportPage
from daybook_web.kit.formats import count
from daybook_web.kit.links import Link
from daybook_web.kit.running import Running

PRINTED_MAX = 1_000
"""How many rows a page has at most that is loaded to be printed."""
LOADED = 100
"""How many of them are loaded at a time, which is as many as the API gives."""


@dataclass(frozen=True, slots=True)
class Printing:
    """What a print says of its list, and where there is more of it."""

    facts: Sequence[str]
    """The ledger, the period, and the filters."""
    rows: str
    """Which rows of the list are on the print, and how many aren't."""
    at: dt.datetime
    more: Link | None
    """The page with more rows of the list, to be printed."""
    back: Link | None
    """The list in pages, from the page that is loaded to be printed."""


async def with_rest(
    running: Running, variables: Mapping[str, Any], found: ReportPage
) -> ReportPage:
    """The page with the rows that follow it, up to `PRINTED_MAX` in all.

    One request reads one moment, so the rows and the sums fit.
    """
    listing = found.listing
    assert listing is not None, "a page that is printed lists something"
    edges, info = [*listing.edges], listing.page_info
    while info.has_next_page and len(edges) < PRINTED_MAX:
        following = {
            **dict.fromkeys(("withLedger", "withFigures", "withNamed"), False),
            "first": LOADED,
            "after": info.end_cursor,
        }
        more = await running.run(ReportPage, {**variables, **following})
        assert more.listing is not None, "the same variables list the same"
        edges += more.listing.edges
        info = more.listing.page_info
    info = replace(
        listing.page_info, has_next_page=info.has_next_page, end_cursor=info.end_cursor
    )
    name = "journals" if found.journals is not None else "journal_groups"
    rest: Any = {"edges": tuple(edges), "page_info": info}
    whole: Any = replace(listing, **rest)
    return replace(found, **{name: whole})


def printing_of(
    query: ReportQuery,
    place: Place,
    chips: Sequence[Chip],
    period: str,
    at: dt.datetime,
) -> Printing:
    """What a print of a page says; `period` is in words."""
    nouns = ("group", "groups") if query["group_by"] else ("journal", "journals")
    days = [] if query.is_range else [period]
    return Printing(
        facts=[
            f"{query['currency']} ledger",
            *days,
            *(f"{chip.label} {chip.text}".strip() for chip in chips),
        ],
        rows=_rows(place, nouns),
        at=at,
        more=_more(query, place, nouns),
        back=Link(f"In pages of {PAGE_SIZE}", query.restarted().url())
        if query["print"]
        else None,
    )


def _rows(place: Place, nouns: tuple[str, str]) -> str:
    """`Journals 1–50 of 210: 160 are not on this print`."""
    if place.first is None or place.last is None:
        return f"A part of {count(place.total, *nouns)}"
    missing = place.total - (place.last - place.first + 1)
    if not missing:
        return place.all_words(*nouns)
    are = "is" if missing == 1 else "are"
    noun = nouns[place.first != place.last].capitalize()
    return f"{noun} {place.words}: {missing:,} {are} not on this print"


def _more(query: ReportQuery, place: Place, nouns: tuple[str, str]) -> Link | None:
    """All rows to be printed, or as many as a page has; None if they are there."""
    if query["print"] or place.total <= PAGE_SIZE:
        return None
    words = place.all_words(*nouns)
    if place.total > PRINTED_MAX:
        words = f"The first {PRINTED_MAX:,} of {count(place.total, *nouns)}"
    return Link(words, query.restarted(print=PRINT_ALL).url())
