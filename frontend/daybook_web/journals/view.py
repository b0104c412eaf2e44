"""What the page of the journal report shows, made from its query and its results."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from daybook.calendar import (
    Day,
    Month,
    date_of,
    day_of,
    day_words,
    first_day_of,
    month_of,
    month_text,
    parse_day,
)
from daybook.reports.journals.filter_kinds import (
    AnyDay,
    OneOf,
    OwnId,
    RecordingNumber,
    Text,
    YesOrNo,
)
from daybook.reports.journals.filters import FILTERS, Filter, FormPlace, Purpose
from daybook_web.journals.chart import Chart, chart, window
from daybook_web.journals.chips import Chip, chips
from daybook_web.journals.query import Period, ReportQuery, export_url
from daybook_web.journals.results import (
    GroupListing,
    JournalListing,
    ReportLedger,
    ReportPage,
)
from daybook_web.kit.formats import count
from daybook_web.kit.formats import month as month_words
from daybook_web.kit.forms import Problem
from daybook_web.kit.links import Link, Pager
from daybook_web.kit.rendering import View
from daybook_web.kit.results import AccountTotal, Money


@dataclass(frozen=True, slots=True)
class Download:
    """What files hold, and where they are: one with days, one with months."""

    holds: str
    files: Sequence[Link]


@dataclass(frozen=True, slots=True)
class Months:
    """The period and its neighbours; `value` is the month field's.

    A range of days has no neighbours, but a month that it is a part of.
    """

    words: str
    value: str
    previous: Link | None
    next: Link | None
    whole: Link | None
    first: Link | None
    last: Link | None

    @classmethod
    def around(
        cls, query: ReportQuery, period: Period, known: tuple[Month, Month] | None
    ) -> "Months":
        """The steps to months that may have journals."""
        near = period.near_month
        first, last = known or (near, near)

        def step(to: Month) -> Link:
            text = month_words(date_of(first_day_of(to)))
            return Link(text, query.in_month(to).url())

        is_month = period.month is not None
        return cls(
            words=period.words,
            value=month_text(near) if is_month else "",
            previous=step(min(near - 1, last)) if is_month and near > first else None,
            next=step(max(near + 1, first)) if is_month and near < last else None,
            whole=None if is_month else step(near),
            first=step(first) if known else None,
            last=step(last) if known else None,
        )


_IN_THE_FORM = (OwnId, Text, AnyDay, RecordingNumber, OneOf, YesOrNo)


def form_fields(query: ReportQuery, *places: FormPlace) -> list[Filter]:
    """The filters at some places of the form: those that are typed come first."""
    shown = [
        declared
        for declared in FILTERS
        if declared.place in places
        and (declared.place is not FormPlace.GIVEN or query.values(declared))
    ]
    return sorted(shown, key=lambda shown: _IN_THE_FORM.index(type(shown.kind)))


@dataclass(frozen=True, slots=True)
class JournalsView(View):
    """The report: journals, or groups of them.

    Both are None where the query has problems, or where there is no ledger yet.
    """

    page: ClassVar[str] = "journals/journals.html"
    fragment: ClassVar[str] = "journals/_swap.html"

    title: str
    status: str
    query: ReportQuery
    ledgers: Sequence[Link] = ()
    months: Months | None = None
    problems: Sequence[Problem] = ()
    chips: Sequence[Chip] = ()
    chart: Chart | None = None
    totals: Sequence[AccountTotal] = ()
    journals: JournalListing | None = None
    groups: GroupListing | None = None
    downloads: Sequence[Download] = ()
    export_url: str = ""
    pager: Pager | None = None
    is_further_page: bool = False
    fields: Sequence[Filter] = ()
    more_fields: Sequence[Filter] = ()


def form_view(
    ledgers: Sequence[ReportLedger],
    ledger: ReportLedger,
    query: ReportQuery,
    period: Period,
    problems: Sequence[Problem] = (),
) -> JournalsView:
    """The form with its period and its problems, without journals."""
    words = period.words if not problems else ""
    return JournalsView(
        title=", ".join(filter(None, ("Journal report", words, ledger.currency))),
        status="The filters need a correction",
        ledgers=[
            Link(other.currency, query.restarted(currency=other.currency).url())
            for other in ledgers
        ],
        query=query,
        months=Months.around(query, period, known_months(ledger)),
        problems=problems,
        chips=chips(query, words, None),
        is_further_page=bool(query["after"] or query["before"]),
        fields=form_fields(query, FormPlace.FIRST),
        more_fields=form_fields(query, FormPlace.MORE, FormPlace.GIVEN),
    )


def report_view(
    form: JournalsView,
    ledger: ReportLedger,
    period: Period,
    found: ReportPage,
    *,
    divide: Day,
) -> JournalsView:
    """The form with a chart and a list; entries up to the day `divide` are posted."""
    query, listing = form.query, found.listing
    assert listing is not None, "a report lists journals or groups"
    return replace(
        form,
        status=status_line(listing, period.words, query),
        chips=chips(query, period.words, listing),
        chart=chart_of(found, ledger, query, period, divide),
        totals=totals_of(ledger, listing),
        journals=found.journals,
        groups=found.journal_groups,
        downloads=downloads_of(query, period, divide),
        export_url=export_url(query, period),
        pager=pager(query, listing),
    )


def known_months(ledger: ReportLedger) -> tuple[Month, Month] | None:
    """A ledger's first and last month with journals; None if it has none."""
    if ledger.first_month is None or ledger.last_month is None:
        return None
    return month_of(day_of(ledger.first_month)), month_of(day_of(ledger.last_month))


def chart_of(
    found: ReportPage,
    ledger: ReportLedger,
    query: ReportQuery,
    period: Period,
    divide: Day,
) -> Chart | None:
    """Recognized revenue of the months around the period; None without any."""
    known = known_months(ledger)
    if known is None or found.ledger is None:
        return None
    start, end = window(period.near_month, *known)
    figures = [
        figure
        for figure in found.ledger.recognized_by_month
        if start <= month_of(day_of(figure.month)) <= end
    ]
    shown = [month for month in range(start, end + 1) if period.holds(month)]
    return chart(figures, query, shown, divide)


def status_line(
    listing: JournalListing | GroupListing, words: str, query: ReportQuery
) -> str:
    """How many there are, and of when: `342 journals, October 2025`."""
    names = ("group", "groups") if query["group_by"] else ("journal", "journals")
    as_of = query["as_of"] and f", as of {day_words(parse_day(query['as_of']))}"
    return f"{count(listing.total_count, *names)}, {words}{as_of}"


def totals_of(
    ledger: ReportLedger, listing: JournalListing | GroupListing
) -> list[AccountTotal]:
    """What each account received and gave, also those that did neither."""
    if not listing.totals:
        return []
    by_role = {total.account.role: total for total in listing.totals}
    nothing = Money.of(0, listing.totals[0].debit.decimals)
    return [
        by_role.get(account.role, AccountTotal(account, nothing, nothing))
        for account in ledger.accounts
    ]


def downloads_of(query: ReportQuery, period: Period, divide: Day) -> list[Download]:
    """Files of the journals on all pages of the list: posted only, or with scheduled.

    Entries up to the day `divide` are posted.
    """
    is_over = period.end is not None and period.end <= divide
    posted = "Posted" if is_over else f"Posted up to {day_words(divide)}"
    holdings = [(posted, False)]
    if query.selection(period).includes_scheduled(Purpose.REPORT):
        holdings.append(("With scheduled", True))
    return [
        Download(
            holds,
            [
                Link(
                    granularity,
                    query.csv_url(period, granularity, with_scheduled=with_scheduled),
                )
                for granularity in ("daily", "monthly")
            ],
        )
        for holds, with_scheduled in holdings
    ]


def pager(query: ReportQuery, listing: JournalListing | GroupListing) -> Pager | None:
    """Links to the pages on either side; None if this is the only one."""
    return Pager.of(listing.page_info, lambda **page: query.restarted(**page).url())
