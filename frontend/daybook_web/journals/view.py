"""What the page of the journal report shows, made from its query and its results."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import ClassVar

from daybook.calendar import (
    Day,
    Month,
    date_of,
    day_of,
    day_words,
    month_of,
    parse_day,
)
from daybook_web.journals.chart import Chart, chart, window
from daybook_web.journals.chips import Chip, chips, names_of
from daybook_web.journals.columns import (
    Choosable,
    Column,
    Shown,
    choices_of,
    columns_of,
    shown_in,
    width_of,
)
from daybook_web.journals.download_links import Download, downloads_of
from daybook_web.journals.file_addresses import export_url
from daybook_web.journals.filter_menu import ROWS, Part, Rows, parts_of
from daybook_web.journals.heads import Head, heads_of
from daybook_web.journals.journal_addresses import group_url, row_urls
from daybook_web.journals.locks import Lock, lock_of
from daybook_web.journals.months import Months
from daybook_web.journals.parameters import YES
from daybook_web.journals.periods import Period
from daybook_web.journals.places import Place, pager
from daybook_web.journals.printing import Printing, printing_of
from daybook_web.journals.query import ReportQuery
from daybook_web.journals.quick import (
    Quick,
    has_uncounted,
    mark_of,
    quick_filters,
    set_by,
)
from daybook_web.journals.results import (
    GroupListing,
    JournalGroup,
    JournalListing,
    JournalSums,
    ReportLedger,
    ReportPage,
)
from daybook_web.journals.stats import Stat, scheduled_days, stats_of
from daybook_web.kit.formats import count, day_of_year
from daybook_web.kit.forms import Problem
from daybook_web.kit.links import Link, Pager
from daybook_web.kit.rendering import View
from daybook_web.kit.saved import SavedFilters

LIVE = "journals/_live.html"
"""The part of the page that changes with its ledger."""


@dataclass(frozen=True, slots=True)
class JournalsView(View):
    """The report: journals, or groups of them; neither where there is no ledger yet.

    `typed` is the query with what is wrong in it, which `problems` are about.
    """

    page: ClassVar[str] = "journals/journals.html"
    fragment: ClassVar[str] = "journals/_swap.html"
    fragments: ClassVar[tuple[str, ...]] = (LIVE,)

    title: str
    status: str
    query: ReportQuery
    typed: ReportQuery
    ledgers: Sequence[Link] = ()
    months: Months | None = None
    lock: Lock | None = None
    problems: Sequence[Problem] = ()
    is_kept: bool = False
    chips: Sequence[Chip] = ()
    quick: Sequence[Quick] = ()
    counts_url: str = ""
    """Where the counts are loaded from that take long, if any do."""
    count_all_url: str = ""
    chart: Chart | None = None
    stats: Sequence[Stat] = ()
    sums_url: str = ""
    """Where the sums are loaded from that take long, if any do."""
    events_url: str = ""
    """Where the page listens to its ledger, unless it shows a past day."""
    body_url: str = ""
    """Where it loads what a change of the ledger replaces."""
    journals: JournalListing | None = None
    groups: GroupListing | None = None
    row_url: Callable[[str, int | None], str] | None = None
    group_url: Callable[[JournalGroup], str] | None = None
    downloads: Sequence[Download] = ()
    export_url: str = ""
    shown: Shown = field(default_factory=Shown)
    column_choices: Sequence[Choosable] = ()
    columns: Sequence[Column] = ()
    heads: Mapping[str, Head] = field(default_factory=dict)
    width: str = ""
    listing: JournalListing | GroupListing | None = None
    place: Place | None = None
    pager: Pager | None = None
    through: str = ""
    later: str = ""
    """What is dated after the day up to which entries count as posted."""
    is_further_page: bool = False
    parts: Sequence[Part] = ()
    filters_set: int = 0
    rows: Sequence[Rows] = ROWS
    printing: Printing | None = None
    saved: SavedFilters | None = None


@dataclass(frozen=True, slots=True)
class ProblemView(View):
    """What is wrong with what was asked for, where the last report stays."""

    page: ClassVar[str] = "journals/_problem.html"

    problems: Sequence[Problem]
    is_kept: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, and what is wrong with it.

    `query` is what is left of what was `typed` without what `problems` are about.
    Entries up to the day `divide` are posted.
    """

    query: ReportQuery
    typed: ReportQuery
    period: Period
    divide: Day
    problems: Sequence[Problem] = ()
    events_url: str = ""
    """Where its ledger's changes are told; empty for a past day."""


def report_view(
    asked: Asked, ledger: ReportLedger, found: ReportPage, at: datetime
) -> JournalsView:
    """The report of a ledger, as it is `at` a moment."""
    query, period, divide = asked.query, asked.period, asked.divide
    listing, figures = found.listing, found.journal_figures
    assert listing is not None, "a report lists journals or groups"
    assert found.ledger is not None, "it is loaded with the list"
    assert figures is not None, "so are figures"
    info, total = listing.page_info, listing.total_count
    place = Place.of(info, len(listing.edges), total, query["n"])
    shown = shown_in(query, listing)
    counts = figures.counts
    marked = mark_of(query)
    names = names_of(query, found.named)
    has_scheduled = period.end is None or period.end > divide
    active = chips(
        query,
        period.words,
        names,
        quick=set_by(query, marked) if marked else (),
        has_scheduled=has_scheduled,
    )
    filters = chips(query, period.words, names, has_scheduled=has_scheduled)
    through = day_of_year(date_of(divide))
    is_late = has_uncounted(counts)
    dated = query if query.has_period else query.in_month(period.near_month)
    first_page = dated.restarted()
    return JournalsView(
        title=f"Journals, {period.words}, {ledger.currency}",
        status=status_line(listing, period.words, query),
        query=query,
        typed=asked.typed,
        ledgers=[
            Link(other.currency, query.restarted(currency=other.currency).url())
            for other in found.ledgers
        ],
        months=Months.around(query, period, known_months(ledger)),
        lock=lock_of(found.ledger, period),
        problems=asked.problems,
        chips=active,
        quick=quick_filters(query, counts),
        counts_url=first_page.url("counts") if is_late else "",
        count_all_url=query.with_values(figures=YES).url() if is_late else "",
        chart=chart_of(figures, ledger, query, period),
        stats=stats_of(
            ledger.accounts,
            listing,
            figures,
            query,
            scheduled_days(query, period, divide),
        ),
        sums_url="" if figures.are_whole else first_page.url("sums"),
        events_url=asked.events_url,
        body_url=dated.url("body"),
        journals=found.journals,
        groups=found.journal_groups,
        row_url=row_urls(query),
        group_url=partial(group_url, query),
        downloads=downloads_of(query, period, divide),
        export_url=export_url(query, period),
        shown=shown,
        column_choices=choices_of(shown, is_grouped=query.groupings is not None),
        columns=columns_of(shown, is_chosen=query.columns is not None),
        heads=heads_of(query, total),
        width=width_of(listing),
        listing=listing,
        place=place,
        pager=pager(query, info, place),
        through=through,
        later=f"After {through}" if query["on"] else "Scheduled",
        is_further_page=bool(query["after"] or query["before"]),
        parts=parts_of(asked.typed, names),
        filters_set=sum(bool(chip.label) for chip in active),
        printing=printing_of(query, place, filters, period.words, at),
        saved=SavedFilters.of(found.saved_filters, query.kept),
    )


def known_months(ledger: ReportLedger) -> tuple[Month, Month] | None:
    """A ledger's first and last month with journals; None if it has none."""
    if ledger.first_month is None or ledger.last_month is None:
        return None
    return month_of(day_of(ledger.first_month)), month_of(day_of(ledger.last_month))


def chart_of(
    sums: JournalSums, ledger: ReportLedger, query: ReportQuery, period: Period
) -> Chart | None:
    """Recognized revenue of the months around the period; None without any."""
    known = known_months(ledger)
    if known is None or sums.months is None:
        return None
    start, end = window(period.near_month, *known, period.last_month)
    months = [its for its in sums.months if start <= month_of(day_of(its.month)) <= end]
    shown = [month for month in range(start, end + 1) if period.holds(month)]
    return chart(months, query, shown)


def status_line(
    listing: JournalListing | GroupListing, words: str, query: ReportQuery
) -> str:
    """How many there are, and of when: `342 journals, October 2025`."""
    names = ("group", "groups") if query["group_by"] else ("journal", "journals")
    as_of = query["as_of"] and f", as of {day_words(parse_day(query['as_of']))}"
    return f"{count(listing.total_count, *names)}, {words}{as_of}"
