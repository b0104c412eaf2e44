"""What the pages of both lists show."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from urllib.parse import urlencode

from daybook.activity.rules import ActivityKind
from daybook.adjustments.rules import labelled_number
from daybook.calendar import FIRST_DAY, day_of, day_words, parse_day
from daybook.reports.trail.names import ACTIVITIES, person_name
from daybook_web.journals.chips import Chip
from daybook_web.kit.formats import count, day, grouped
from daybook_web.kit.forms import Choice, Problem
from daybook_web.kit.links import Link, Pager
from daybook_web.kit.rendering import View
from daybook_web.kit.results import PageInfo
from daybook_web.kit.saved import SavedFilters
from daybook_web.trail.named import Told, told
from daybook_web.trail.query import ListQuery
from daybook_web.trail.results import (
    ActivityPage,
    AuditPage,
    AuditRecord,
    Change,
    Dismissal,
    Head,
    PageLedger,
    Recordings,
    Run,
    Subject,
)

NEWS_MAX = 100
"""How many new rows are counted."""
LABELS = {
    "who": "Who",
    "action": "What",
    "from": "From",
    "to": "To",
    "kind": "Subject",
    "id": "Its id",
    "currency": "Ledger",
    "after_close": "Only",
    "failed": "Result",
}
"""What chips of the audit trail call the filters."""
ACTIVITY_LABELS = {**LABELS, "kind": "Activity"}
RESULTS = {"yes": "Failed", "no": "Succeeded"}


@dataclass(frozen=True, slots=True)
class News:
    """Rows that came in after the page: how they are asked for, and how many.

    There is no address where the list can't have newer rows on another page.
    """

    url: str
    first_page: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class NewRowsView(View):
    """The link to new rows, alone."""

    page: ClassVar[str] = "trail/_news.html"

    news: News


@dataclass(frozen=True, slots=True)
class RecordRow:
    """An audit record; the links lead to its subject, and to what its person did."""

    number: str
    at: datetime
    who: Link
    action: str
    sentence: str
    changes: Sequence[Change]
    reason: str | None
    after_close: str
    subject: Link
    is_for_admins: bool
    """Whether the page of its subject is."""
    recordings: str
    details: str
    previous_hash: str
    hash: str

    @classmethod
    def of(cls, record: AuditRecord, query: ListQuery) -> "RecordRow":
        """A record as the page shows it."""
        return cls(
            number=record.number,
            at=record.recorded_at,
            who=_who(record.who, record.made_by, query),
            action=record.action_name,
            sentence=record.sentence,
            changes=record.changes,
            reason=record.reason,
            after_close=_closed_days(record.changed_after_close),
            subject=_subject(record.subject, record.recordings),
            is_for_admins=record.subject.kind in ADMINS,
            recordings=", ".join(map(_recordings, record.recordings)),
            details=record.details,
            previous_hash=record.previous_hash,
            hash=record.hash,
        )


@dataclass(frozen=True, slots=True)
class AuditView(View):
    """The audit trail."""

    page: ClassVar[str] = "trail/audit.html"

    title: str
    query: ListQuery
    problems: Sequence[Problem]
    chips: Sequence[Chip]
    saved: SavedFilters
    actions: Sequence[Choice]
    kinds: Sequence[Choice]
    persons: Sequence[str]
    currencies: Sequence[str]
    head: Head | None
    rows: Sequence[RecordRow]
    pager: Pager | None
    news: News | None
    csv_url: str

    @classmethod
    def of(
        cls, found: AuditPage, query: ListQuery, problems: Sequence[Problem]
    ) -> "AuditView":
        """The selected records, or the form with its problems."""
        choices, page = found.audit_choices, found.audit_trail
        actions = [Choice(each.value, each.name) for each in choices.actions]
        kinds = [Choice(each.value, each.name) for each in choices.subject_kinds]
        names = {choice.value: choice.text for choice in (*actions, *kinds)}
        return cls(
            title="Audit trail",
            query=query,
            problems=problems,
            chips=chips_of(query, names),
            saved=_saved(found, query, problems),
            actions=actions,
            kinds=kinds,
            persons=choices.persons,
            currencies=_currencies(found.ledgers),
            head=found.audit_head,
            rows=[RecordRow.of(record, query) for record in page.nodes] if page else [],
            pager=Pager.of(page.page_info, query.url) if page else None,
            news=_news(query, page.page_info) if page else None,
            csv_url=query.url("/audit.csv"),
        )


@dataclass(frozen=True, slots=True)
class DismissForm:
    """The form that dismisses a failed import, as it was sent, and what is wrong."""

    number: str
    reason: str
    problems: Sequence[Problem]

    def problems_beside(self, rows: Sequence["RunRow"]) -> list[Problem]:
        """The problems, if the page lacks the import's line to tell them in."""
        if any(row.number == self.number for row in rows):
            return []
        return [Problem("", problem.message) for problem in self.problems]


@dataclass(frozen=True, slots=True)
class RunRow:
    """A line of the activity log; `counts` says what it added.

    A failed import that `is_waiting` may be dismissed; `imported_since` is the number
    of the last import of its file, if that is a later one.
    """

    number: str
    at: datetime
    who: Link
    kind: str
    is_failed: bool
    is_waiting: bool
    imported_since: str | None
    dismissal: Dismissal | None
    told: Told
    ledger: str
    counts: str
    duration: str

    @classmethod
    def of(cls, run: Run, query: ListQuery) -> "RunRow":
        """A run as the page shows it."""
        counted = (
            (run.document_count, "document", "documents"),
            (run.journal_count, "journal", "journals"),
            (run.movement_count, "movement", "movements"),
            (run.problem_count, "problem", "problems"),
        )
        return cls(
            number=run.number,
            at=run.started_at,
            who=_who(run.who, run.made_by, query),
            kind=ACTIVITIES[ActivityKind[run.kind]],
            is_failed=run.is_failed,
            is_waiting=run.is_waiting,
            imported_since=run.imported_since,
            dismissal=run.dismissal,
            told=told(run.message),
            ledger="" if run.ledger is None else run.ledger.currency,
            counts=", ".join(
                count(int(number), *words) for number, *words in counted if int(number)
            ),
            duration=f"{grouped(run.duration_ms)} ms",
        )


@dataclass(frozen=True, slots=True)
class ActivityView(View):
    """The activity log; `dismissed` is the import that was dismissed just now."""

    page: ClassVar[str] = "trail/activity.html"

    title: str
    query: ListQuery
    problems: Sequence[Problem]
    chips: Sequence[Chip]
    saved: SavedFilters
    kinds: Sequence[Choice]
    results: Sequence[Choice]
    persons: Sequence[str]
    currencies: Sequence[str]
    rows: Sequence[RunRow]
    pager: Pager | None
    news: News | None
    csv_url: str
    address: str
    dismissed: str
    form: DismissForm | None

    @classmethod
    def of(
        cls,
        found: ActivityPage,
        query: ListQuery,
        problems: Sequence[Problem],
        dismissed: str = "",
        form: DismissForm | None = None,
    ) -> "ActivityView":
        """The selected runs, or the form with its problems."""
        page = found.activity
        kinds = [Choice(kind.name, name) for kind, name in ACTIVITIES.items()]
        names = {choice.value: choice.text for choice in kinds}
        return cls(
            title="Activity log",
            query=query,
            problems=problems,
            chips=chips_of(query, names, ACTIVITY_LABELS),
            saved=_saved(found, query, problems),
            kinds=kinds,
            results=[Choice(*each) for each in RESULTS.items()],
            persons=found.audit_choices.persons,
            currencies=_currencies(found.ledgers),
            rows=[RunRow.of(run, query) for run in page.nodes] if page else [],
            pager=Pager.of(page.page_info, query.url) if page else None,
            news=_news(query, page.page_info) if page else None,
            csv_url=query.url("/activity.csv"),
            address=query.url(**query.page),
            dismissed=dismissed,
            form=form,
        )


def news_words(number: int) -> str:
    """How many rows came in: `3 new records`."""
    if number == 0:
        return ""
    least = "" if number < NEWS_MAX else "at least "
    return f"{least}{count(number, 'new record', 'new records')}"


def chips_of(
    query: ListQuery, names: Mapping[str, str], labels: Mapping[str, str] = LABELS
) -> list[Chip]:
    """The active filters, each with the list without it."""
    return [
        Chip(labels[name], _chip_text(name, text, names), _without(query, name))
        for name, text in query.texts.items()
        if text
    ]


def _saved(
    found: AuditPage | ActivityPage, query: ListQuery, problems: Sequence[Problem]
) -> SavedFilters:
    return SavedFilters.of(found.saved_filters, query.kept, is_valid=not problems)


def _without(query: ListQuery, name: str) -> str:
    """The list without a filter; an id goes with its kind."""
    gone = {name: "", "id": ""} if name == "kind" else {name: ""}
    return query.url(**gone)


def _chip_text(name: str, text: str, names: Mapping[str, str]) -> str:
    if name == "after_close":
        return "after close"
    if name == "failed":
        return RESULTS.get(text, text)
    if name == "who":
        return person_name(text)
    if name in {"from", "to"}:
        try:
            return day_words(parse_day(text))
        except ValueError:
            return text
    return names.get(text, text)


def _currencies(ledgers: Sequence[PageLedger]) -> list[str]:
    return [ledger.currency for ledger in ledgers]


def _who(name: str, stored: str | None, query: ListQuery) -> Link:
    return Link(name, "" if stored is None else query.url(who=stored))


def _closed_days(first: date | None) -> str:
    """The closed days that a record changed or opened, from the first one on."""
    if first is None:
        return ""
    return "all days" if day_of(first) == FIRST_DAY else f"from {day(first)}"


def _recordings(runs: Recordings) -> str:
    last = "" if runs.first == runs.last else f"–{runs.last}"
    return f"{runs.currency} {runs.first}{last}"


def _subject(subject: Subject, runs: Sequence[Recordings]) -> Link:
    """What something was done to, and the page that shows it, if one does."""
    currency = runs[0].currency if runs else ""
    url = SUBJECT_URLS.get(subject.kind)
    return Link(subject.name, url(subject.id, currency) if url else "")


def _journals(name: str, id_: str, currency: str) -> str:
    """The report of everything that a document or a product posted."""
    pairs = {"currency": currency, "from": "2000-01-01", name: id_}
    return f"/journals?{urlencode({key: text for key, text in pairs.items() if text})}"


def _manual_journals(id_: str) -> str:
    """A manual journal's page; the list for an import, whose id is a range."""
    number = labelled_number(id_)
    return "/manual-journals" if number is None else f"/manual-journals/{number}"


def _news(query: ListQuery, info: PageInfo) -> News | None:
    """How the first page asks for rows that came in after it."""
    if query.page:
        return None
    before = info.start_cursor or ""
    return News(query.url(f"{query.path}/new", before=before), query.url())


def _page(path: str, name: str) -> Callable[[str, str], str]:
    return lambda id_, _currency: f"{path}?{urlencode({name: id_})}"


def _report(name: str) -> Callable[[str, str], str]:
    return lambda id_, currency: _journals(name, id_, currency)


SUBJECT_URLS: Mapping[str, Callable[[str, str], str]] = {
    "LEDGER": _page("/journals", "currency"),
    "LEDGER_ACCOUNT": lambda id_, _currency: (
        f"/settings/accounts?{urlencode({'currency': id_.partition(':')[0]})}"
    ),
    "PRODUCT": _report("product"),
    "INVOICE": _report("invoice"),
    "CREDIT_NOTE": _report("credit_note"),
    "BILLING_SCHEDULE": _report("billing_schedule"),
    "USER": lambda _id, _currency: "/access",
    "API_KEY": lambda _id, _currency: "/access",
    "WEBHOOK": lambda _id, _currency: "/settings/webhooks",
    "CONNECTION": lambda _id, _currency: "/general-ledger/connections",
    "GL_IMPORT": lambda _id, _currency: "/general-ledger/connections",
    "SAVED_FILTER": lambda _id, _currency: "/saved-filters",
    "IMPORT": lambda _id, _currency: "/activity?kind=IMPORT&failed=yes",
    "EXPORT": lambda id_, _currency: f"/exports/files/{id_}",
    "INTEGRATION": _page("/settings/integrations", "system"),
    "MANUAL_JOURNAL": lambda id_, _currency: _manual_journals(id_),
    "RECURRENCE": lambda id_, _currency: (
        f"/manual-journals/recurring/{id_.removeprefix('R-')}"
    ),
    "CHANGE_REQUEST": lambda id_, _currency: f"/manual-journals#request-{id_}",
}
"""The page of a subject, by its kind: from its id and the ledger of its record."""
ADMINS = {"USER", "API_KEY", "WEBHOOK"}
"""The subjects whose pages only admins see."""
