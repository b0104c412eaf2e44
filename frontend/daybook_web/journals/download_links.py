"""The files of the report that its page offers: what each holds, and where it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from daybook.calendar import Day, day_words
from daybook.reports.journals.filters import Purpose
from daybook.sheets.formats import FILE_FORMATS
from daybook_web.journals.file_addresses import csv_url, list_url
from daybook_web.journals.periods import Period
from daybook_web.journals.query import ReportQuery
from daybook_web.kit.links import Link

FORMAT_WORDS = {"csv": "CSV", "xlsx": "Excel", "parquet": "Parquet"}


@dataclass(frozen=True, slots=True)
class Download:
    """What files hold, and the addresses of its forms."""

    holds: str
    files: Sequence[Link]


def downloads_of(query: ReportQuery, period: Period, divide: Day) -> list[Download]:
    """Files of all pages of the list: its rows as they are, and their entries.

    Entries up to the day `divide` are posted. Where the list has scheduled ones, there
    are files with them and without.
    """
    is_over = period.end is not None and period.end <= divide
    is_shown = query.selection(period).includes_scheduled(Purpose.REPORT)
    has_scheduled = is_shown and not is_over
    posted = "Entries" if is_over else f"Entries posted up to {day_words(divide)}"
    holdings = [(posted, False)]
    if has_scheduled:
        holdings.append(("Entries with scheduled", True))
    return [_list(query, period, with_scheduled=has_scheduled)] + [
        Download(
            holds,
            [
                Link(
                    granularity,
                    csv_url(query, period, granularity, with_scheduled=with_scheduled),
                )
                for granularity in ("daily", "monthly")
            ],
        )
        for holds, with_scheduled in holdings
    ]


def _list(query: ReportQuery, period: Period, *, with_scheduled: bool) -> Download:
    """The list, in the formats that can be made here."""
    return Download(
        "This list",
        [
            Link(
                FORMAT_WORDS[name],
                list_url(query, period, name, with_scheduled=with_scheduled),
            )
            for name in _formats_here()
        ],
    )


# Looked up once: no package is installed while a program runs.
@cache
def _formats_here() -> Sequence[str]:
    """The names of the formats whose packages are installed."""
    return [
        known.name
        for known in FILE_FORMATS.values()
        if known.extra is None or known.extra.is_installed()
    ]
