"""What the list of manual journals shows, with what waits for its reader first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from daybook.adjustments.recurring.rules import label as recurrence_label
from daybook.adjustments.rules import label
from daybook_web.journals.chips import Chip
from daybook_web.kit.formats import (
    MANUAL_KINDS,
    MANUAL_STATUSES,
    count,
    day,
    day_or_month,
    money,
    sentence,
)
from daybook_web.kit.forms import Choice, Problem
from daybook_web.kit.links import Pager
from daybook_web.kit.rendering import View
from daybook_web.kit.saved import SavedFilters
from daybook_web.kit.times import moment
from daybook_web.manual_journals.query import PATH, WAITING, ListQuery
from daybook_web.manual_journals.results import (
    ChangeRequest,
    Counts,
    Listed,
    ManualJournalsPage,
    RequestedValue,
    Waiting,
    WaitingRecurrences,
)

LABELS = {
    "search": "Search",
    "status": "Status",
    "waiting": "Waits",
    "kind": "Kind",
    "ledger": "Ledger",
    "from": "From",
    "to": "To",
    "by": "Written by",
}
DONE = {
    "changed": "The change is approved and made.",
    "change-rejected": "The change is rejected.",
    "change-withdrawn": "The request is withdrawn.",
}
"""What the page says after a request was decided."""


@dataclass(frozen=True, slots=True)
class Row:
    """A manual journal of a list; `refusal` is why its reader can't approve it."""

    label: str
    url: str
    narrative: str
    details: str
    date: str
    currency: str
    amount: str
    status: str
    style: str
    by: str
    at: str
    refusal: str


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A change that waits for another person."""

    id: str
    number: int
    words: str
    values: Sequence[RequestedValue]
    reason: str
    by: str
    at: str
    may_decide: bool
    may_withdraw: bool
    refusal: str


@dataclass(frozen=True, slots=True)
class Tab:
    """A quick filter by status with its count."""

    text: str
    count: int
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class ManualJournalsView(View):
    """The list; `news` is where it is asked whether something changed."""

    page: ClassVar[str] = "manual_journals/manual_journals.html"
    fragment: ClassVar[str] = "manual_journals/_swap.html"

    title: str
    news: str
    status: str
    done: str
    mine: Sequence[Row]
    mine_more: int
    recurrences_more: int
    others: Sequence[Row]
    others_more: int
    requests: Sequence[RequestRow]
    requests_more: int
    shows_waiting: bool
    tabs: Sequence[Tab]
    chips: Sequence[Chip]
    saved: SavedFilters
    query: ListQuery
    kinds: Sequence[Choice]
    ledgers: Sequence[Choice]
    rows: Sequence[Row]
    pager: Pager | None
    problems: Sequence[Problem]
    typed_reason: str
    typed_request: str

    @classmethod
    def of(  # noqa: PLR0913  (keyword-only, each a part of the page)
        cls,
        found: ManualJournalsPage,
        query: ListQuery,
        *,
        reader: str,
        token: str,
        done: str = "",
        problems: Sequence[Problem] = (),
        typed_reason: str = "",
        typed_request: str = "",
    ) -> "ManualJournalsView":
        """A page of the list, and what waits where nothing is filtered."""
        listing, requests = found.manual_journals, found.change_requests
        shows_waiting = found.mine is not None
        total = count(listing.total_count, "manual journal", "manual journals")
        if not shows_waiting and found.recurrences and found.recurrences.total_count:
            recurring = found.recurrences.total_count
            words = count(recurring, "recurring journal", "recurring journals")
            total = f"{total}, {words}" if listing.total_count else words
        return cls(
            title="Manual journals",
            news=_news(query, token),
            status=total,
            done=DONE.get(done, ""),
            mine=[*_recurrences(found.recurrences), *_rows(found.mine)],
            mine_more=_more(found.mine),
            recurrences_more=_more(found.recurrences),
            others=_rows(found.others),
            others_more=_more(found.others),
            requests=[_request(request, reader) for request in requests.nodes]
            if requests
            else [],
            requests_more=requests.total_count - len(requests.nodes) if requests else 0,
            shows_waiting=shows_waiting,
            tabs=_tabs(found.manual_journal_counts, query),
            chips=chips_of(query),
            saved=SavedFilters.of(
                found.saved_filters, query.kept, is_valid=not problems
            ),
            query=query,
            kinds=[Choice(value, text) for value, text in MANUAL_KINDS.items()],
            ledgers=[
                Choice(ledger.currency, ledger.currency) for ledger in found.ledgers
            ],
            rows=[
                *(() if shows_waiting else _recurrences(found.recurrences)),
                *(_row(journal) for journal in listing.nodes),
            ],
            pager=Pager.of(listing.page_info, query.url),
            problems=problems,
            typed_reason=typed_reason,
            typed_request=typed_request,
        )


def _row(journal: Listed) -> Row:
    details = [MANUAL_KINDS[journal.kind]]
    if journal.adjusts:
        details.append(f"adjusts journal {journal.adjusts.number}")
    if journal.customer:
        details.append(journal.customer.name)
    return Row(
        label=label(journal.number),
        url=f"{PATH}/{journal.number}",
        narrative=journal.narrative or "No narrative yet",
        details=" · ".join(details),
        date=day(journal.date),
        currency=journal.ledger.currency,
        amount=money(journal.debits),
        status=MANUAL_STATUSES[journal.status],
        style=journal.status.lower(),
        by=", ".join(journal.makers),
        at=moment(journal.created_at),
        refusal=sentence(journal.refusal or ""),
    )


def _recurrences(waiting: WaitingRecurrences | None) -> list[Row]:
    """Recurring manual journals that wait, as rows."""
    return [
        Row(
            label=recurrence_label(recurrence.number),
            url=f"{PATH}/recurring/{recurrence.number}",
            narrative=recurrence.narrative or "No narrative yet",
            details=f"Recurring · {MANUAL_KINDS[recurrence.kind]}",
            date=f"Monthly, from {day(recurrence.next_dates[0])}"
            if recurrence.next_dates
            else "Monthly",
            currency=recurrence.ledger.currency,
            amount=money(recurrence.debits),
            status=MANUAL_STATUSES[recurrence.status],
            style=recurrence.status.lower(),
            by=", ".join(recurrence.makers),
            at=moment(recurrence.created_at),
            refusal="",
        )
        for recurrence in (waiting.nodes if waiting else ())
    ]


def _rows(waiting: Waiting | None) -> list[Row]:
    """What waits, but for what waits for the reader and is shown before."""
    journals = waiting.nodes if waiting else ()
    return [_row(journal) for journal in journals if not journal.waits_for_reader]


def _more(waiting: Waiting | WaitingRecurrences | None) -> int:
    return waiting.total_count - len(waiting.nodes) if waiting else 0


def _request(request: ChangeRequest, reader: str) -> RequestRow:
    return RequestRow(
        id=request.id,
        number=request.number,
        words=request.words,
        values=request.values,
        reason=request.reason or "",
        by=request.made_by,
        at=moment(request.made_at),
        may_decide=request.can_decide,
        may_withdraw=request.made_by == reader,
        refusal=sentence(request.refusal or ""),
    )


def _tabs(counts: Counts, query: ListQuery) -> list[Tab]:
    """Quick filters; one that leads nowhere isn't shown, and a second click leaves."""
    numbers = {
        "DRAFT": counts.drafts,
        "SUBMITTED": counts.submitted,
        "POSTED": counts.posted,
        "REJECTED": counts.rejected,
    }
    return [
        Tab(
            MANUAL_STATUSES[status],
            number,
            query.url(status="" if query["status"] == status else status),
            query["status"] == status,
        )
        for status, number in numbers.items()
        if number or query["status"] == status
    ]


def chips_of(query: ListQuery) -> list[Chip]:
    """The filters that are set, each with the list without it."""
    words = {"status": MANUAL_STATUSES, "kind": MANUAL_KINDS, "waiting": WAITING}
    return [
        Chip(
            LABELS[name],
            day_or_month(text)
            if name in {"from", "to"}
            else words.get(name, {}).get(text, text),
            query.url(**{name: ""}),
        )
        for name, text in query.filters()
    ]


def _news(query: ListQuery, token: str) -> str:
    place = {name: query[name] for name in ("after", "before") if query[name]}
    return query.url(**place, seen=token)
