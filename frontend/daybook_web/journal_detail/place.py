"""A journal's place in the list that its reader came from. Pure."""

from typing import NamedTuple

from daybook_web.journal_detail.results import Neighbour, Neighbours
from daybook_web.journals.journal_addresses import row_url
from daybook_web.journals.query import ReportQuery
from daybook_web.kit.links import Link


class Place(NamedTuple):
    """The journals before and after, and which of how many this one is."""

    previous: Link | None
    next: Link | None
    words: str
    """`3 of 210`; empty where the address doesn't say the row."""


def place_of(found: Neighbours | None, report: ReportQuery) -> Place | None:
    """The place; None where the reader came from no list."""
    if found is None:
        return None
    row = int(report["n"]) if report["n"] else None
    words = "" if row is None else f"{row:,} of {found.total_count:,}"
    return Place(
        _link(found.previous, report, None if row is None else row - 1),
        _link(found.next, report, None if row is None else row + 1),
        words,
    )


def _link(found: Neighbour | None, report: ReportQuery, row: int | None) -> Link | None:
    if found is None:
        return None
    # The row of an address that somebody made up may lead below the first.
    place = row if row is None or row > 0 else None
    return Link(f"Journal {found.number}", row_url(report, found.number, place))
