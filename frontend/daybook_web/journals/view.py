"""What the page of the journal report shows, made from the data of its operations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from daybook.calendar import (
    Day,
    Month,
    date_of,
    day_words,
    first_day_of,
    month_text,
)
from daybook.money import decimal_text
from daybook.reports.journals.filter_kinds import (
    AnyDay,
    OneOf,
    OwnId,
    Text,
    Unfit,
    YesOrNo,
)
from daybook.reports.journals.filters import FILTERS, Filter, Place, Purpose
from daybook_web.journals.chart import Chart
from daybook_web.journals.query import DAYS, Period, ReportQuery
from daybook_web.kit.formats import count, day, decimals_in


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger that one can change to."""

    currency: str
    url: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Somebody who may have been meant."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a field of the form."""

    field: str
    message: str
    similar: Sequence[Suggestion] = ()


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is active, and the report without it."""

    label: str
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Step:
    """A link to another month or page."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Download:
    """What a file holds, and where it is, with lines of days or of months."""

    holds: str
    files: Sequence[Step]


@dataclass(frozen=True, slots=True)
class Months:
    """The period and its neighbours; `value` is the month field's.

    Days have no neighbours, but a month of which they are a part.
    """

    words: str
    value: str
    previous: Step | None
    next: Step | None
    whole: Step | None
    first: Step | None
    last: Step | None

    @classmethod
    def around(
        cls, query: ReportQuery, period: Period, known: tuple[Month, Month] | None
    ) -> "Months":
        """The steps to months that may have journals."""
        near = period.near_month
        first, last = known or (near, near)

        def step(month: Month) -> Step:
            text = f"{date_of(first_day_of(month)):%B %Y}"
            return Step(text, query.in_month(month).url())

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


@dataclass(frozen=True, slots=True)
class Pager:
    """The pages before and after."""

    previous: str | None
    next: str | None


_IN_THE_FORM = (OwnId, Text, AnyDay, OneOf, YesOrNo)


def form_fields(query: ReportQuery, *places: Place) -> list[Filter]:
    """The filters at some places of the form: those that are typed come first."""
    shown = [
        one
        for one in FILTERS
        if one.place in places and (one.place is not Place.GIVEN or query.values(one))
    ]
    return sorted(shown, key=lambda one: _IN_THE_FORM.index(type(one.kind)))


@dataclass(frozen=True, slots=True)
class JournalsView:
    """The report: journals, or groups of them.

    Both are None where the query has problems or there are none.
    """

    page: ClassVar[str] = "journals/journals.html"
    fragment: ClassVar[str] = "journals/_swap.html"

    title: str
    status: str
    ledgers: Sequence[Ledger]
    query: ReportQuery
    months: Months | None
    problems: Sequence[Problem]
    chips: Sequence[Chip]
    chart: Chart | None
    totals: Sequence[Mapping[str, Any]]
    journals: Mapping[str, Any] | None
    groups: Mapping[str, Any] | None
    downloads: Sequence[Download]
    pager: Pager | None
    is_further_page: bool
    fields: Sequence[Filter]
    more_fields: Sequence[Filter]


def status_line(found: Mapping[str, Any] | None, words: str, query: ReportQuery) -> str:
    """How many there are, and of when: `342 journals, October 2025`."""
    if found is None:
        return "The filters need a correction"
    names = ("group", "groups") if query["group_by"] else ("journal", "journals")
    as_of = f", as of {day(query['as_of'])}" if query["as_of"] else ""
    return f"{count(found['totalCount'], *names)}, {words}{as_of}"


def chips(
    query: ReportQuery, words: str, journals: Mapping[str, Any] | None
) -> list[Chip]:
    """The active filters, each with the report without it."""
    found = []
    if query.is_range and words:
        days = query.but(**dict.fromkeys(DAYS, ""))
        found.append(Chip("Days", words, days.url()))
    for one in FILTERS:
        given = () if one.name in DAYS else query.values(one)
        for text in given:
            rest = [other for other in given if other != text]
            its_words = _chip_text(one, text, journals)
            url = query.but(**{one.name: rest}).url()
            found.append(Chip(one.chip or one.label, its_words, url))
    if query["group_by"]:
        by = "day" if query["granularity"] == "daily" else "month"
        names = " and ".join(query.groupings or ())
        text = f"{names}, by {by}" if names else by
        found.append(
            Chip("Grouped by", text, query.but(group_by="", granularity="").url())
        )
    return found


def _chip_text(one: Filter, text: str, journals: Mapping[str, Any] | None) -> str:
    """A filter's value for people; what is none is shown as it was typed."""
    try:
        value = one.kind.read(text)
    except Unfit:
        return text
    match one.kind:
        case AnyDay():
            return day(text)
        case OneOf(words=words):
            return words.get(text, text)
        case YesOrNo(yes=yes, no=no):
            return yes if value else no
        case OwnId(document=None):
            return _name_of(one.name, text, journals)
    return text


def _name_of(name: str, external_id: str, found: Mapping[str, Any] | None) -> str:
    """Somebody's name where the journals tell it, else the id."""
    for edge in (found or {"edges": []})["edges"]:
        party = edge["node"][name]
        if party and party["externalId"] == external_id:
            return str(party["name"])
    return external_id


def totals_of(
    ledger: Mapping[str, Any], journals: Mapping[str, Any] | None
) -> list[Mapping[str, Any]]:
    """What each account received and gave, also those that did neither."""
    if journals is None:
        return []
    by_role = {one["account"]["role"]: one for one in journals["totals"]}
    nothing = next((_zero(one["debit"]) for one in by_role.values()), None)
    if nothing is None:
        return []
    return [
        by_role.get(
            account["role"], {"account": account, "debit": nothing, "credit": nothing}
        )
        for account in ledger["accounts"]
    ]


def _zero(money: Mapping[str, str]) -> dict[str, str]:
    """No money, with as many decimals."""
    return {**money, "amount": decimal_text(0, decimals_in(money["amount"]))}


def downloads_of(query: ReportQuery, period: Period, divide: Day) -> list[Download]:
    """Files of the journals that are shown, all pages of them: posted only, or not.

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
                Step(one, query.csv_url(period, one, with_scheduled=with_scheduled))
                for one in ("daily", "monthly")
            ],
        )
        for holds, with_scheduled in holdings
    ]


def pager(query: ReportQuery, journals: Mapping[str, Any] | None) -> Pager | None:
    """Links to the pages on either side; None if this is the only one."""
    if journals is None:
        return None
    info = journals["pageInfo"]
    if not (info["hasPreviousPage"] or info["hasNextPage"]):
        return None
    return Pager(
        query.but(before=info["startCursor"] or "").url()
        if info["hasPreviousPage"]
        else None,
        query.but(after=info["endCursor"] or "").url() if info["hasNextPage"] else None,
    )
