"""What the page of a month's close shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from daybook.adjustments.rules import label
from daybook.calendar import (
    FIRST_DAY,
    LAST_DAY,
    Day,
    Month,
    date_of,
    day_of,
    day_text,
    first_day_of,
    last_day_of,
    month_of,
    month_text,
)
from daybook_web.closing.results import (
    Checklist,
    CloseCheck,
    CloseCheckRow,
    CloseLedger,
    ClosePage,
    CloseStep,
    Totals,
)
from daybook_web.journals.journal_addresses import journal_url
from daybook_web.journals.query import ReportQuery
from daybook_web.kit.formats import day, money, month, sentence
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View
from daybook_web.kit.results import Money
from daybook_web.kit.tokens import SEEN
from daybook_web.reports.frame import FILES, document_words
from daybook_web.reports.journal_links import document_filter

PATH = "/close"
CHECKLIST = "close-checklist"
"""The name of the checklist's files."""
ROWS_OPEN = 5
"""How many rows of a check are shown without being asked for."""
TITLES: Mapping[str, str] = {
    "IMPORTS": "Documents",
    "PRODUCT_METHODS": "Methods of products",
    "MAPPING": "Mapping to accounting systems",
    "MANUAL_JOURNALS": "Manual journals",
    "TIE_OUT": "Tie-out",
    "LOCK": "Lock",
    "EXPORT": "Export and post",
}
CHECKS: Mapping[str, str] = {
    "ENDED_WITH_DEFERRED": "Service ended, Deferred is not empty",
    "NO_ENTRY_THIS_MONTH": "Open, without an entry this month",
    "NO_PRODUCT_METHOD": "Documents without a product method",
    "CHANGED_AFTER_POSTING": "Journals changed after they were in a posted file",
    "AFTER_CLOSE": "Entries after the close",
    "WAITING_DRAFTS": "Manual journals that wait",
}
STATES: Mapping[str, str] = {
    "DONE": "Done",
    "DUE": "To do",
    "NOT_NEEDED": "Not needed",
}


@dataclass(frozen=True, slots=True)
class LedgerCard:
    """A ledger of the month."""

    currency: str
    url: str
    words: str
    is_locked: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of the close, and the page where it is done."""

    number: int
    title: str
    state: str
    style: str
    words: str
    link: Link


@dataclass(frozen=True, slots=True)
class CheckRow:
    """Something to look at, and where."""

    message: str
    customer: str
    product: str
    link: Link | None
    amount: str


@dataclass(frozen=True, slots=True)
class CheckGroup:
    """A check with the rows that it names, and how many more there are."""

    title: str
    count: str
    is_clear: bool
    is_open: bool
    rows: Sequence[CheckRow]
    more: int


@dataclass(frozen=True, slots=True)
class MonthFigure:
    """A figure of the month, and the report that makes it."""

    name: str
    amount: Money
    url: str


@dataclass(frozen=True, slots=True)
class CloseView(View):
    """The checklist and the checks of a month."""

    page: ClassVar[str] = "closing/close.html"

    title: str
    month: str
    currency: str
    previous: Link | None
    next: Link | None
    cards: Sequence[LedgerCard]
    done: int
    steps: Sequence[StepRow]
    checks: Sequence[CheckGroup]
    figures: Sequence[MonthFigure]
    balances_url: str
    files: Sequence[Link]
    news_url: str

    @classmethod
    def of(
        cls, found: ClosePage, currency: str, month: Month, recording: int = 0
    ) -> "CloseView":
        """The close of a ledger's month; without a ledger there are no steps.

        The page asks for recordings after the given one.
        """
        words = _month_words(month)
        seen = {"currency": currency, "month": month_text(month), SEEN: recording}
        checklist = found.close_checklist
        steps = checklist.steps if checklist is not None else ()
        return cls(
            title=f"Close {words}",
            month=words,
            currency=currency,
            previous=_step(currency, month - 1),
            next=_step(currency, month + 1),
            cards=[
                _card(ledger, month, is_current=ledger.currency == currency)
                for ledger in found.ledgers
            ],
            done=sum(step.state != "DUE" for step in steps),
            steps=[
                _step_row(number, step, currency, month)
                for number, step in enumerate(steps, start=1)
            ],
            checks=_checks(checklist, currency),
            figures=_figures(found, currency, month),
            news_url=f"{PATH}/news?{urlencode(seen)}" if currency else "",
            balances_url=f"{PATH}/balances?{urlencode({'currency': currency})}",
            files=[
                Link(text, _file_url(suffix, currency, month)) for text, suffix in FILES
            ],
        )


def _file_url(suffix: str, currency: str, month: Month) -> str:
    query = urlencode({"currency": currency, "month": month_text(month)})
    return f"/reports/{CHECKLIST}.{suffix}?{query}"


def close_url(currency: str, month: Month) -> str:
    """The close of a ledger's month."""
    return f"{PATH}?{urlencode({'currency': currency, 'month': month_text(month)})}"


def _month_words(value: Month) -> str:
    return month(date_of(first_day_of(value)))


def _step(currency: str, to: Month) -> Link | None:
    if not month_of(FIRST_DAY) <= to <= month_of(LAST_DAY):
        return None
    return Link(_month_words(to), close_url(currency, to))


def _card(ledger: CloseLedger, month: Month, *, is_current: bool) -> LedgerCard:
    through = ledger.locked_through
    is_locked = through is not None and day_of(through) >= last_day_of(month)
    words = "No day is locked" if through is None else f"Locked through {day(through)}"
    return LedgerCard(
        currency=ledger.currency,
        url=close_url(ledger.currency, month),
        words=words,
        is_locked=is_locked,
        is_current=is_current,
    )


def _step_row(number: int, step: CloseStep, currency: str, month: Month) -> StepRow:
    return StepRow(
        number=number,
        title=TITLES.get(step.kind, step.kind),
        state=STATES.get(step.state, step.state),
        style=step.state.lower().replace("_", "-"),
        words=sentence(step.words),
        link=_step_link(step.kind, currency, month),
    )


def _step_link(kind: str, currency: str, month: Month) -> Link:
    """The page where a step is done."""
    ledger = urlencode({"currency": currency})
    end = urlencode({"currency": currency, "on": day_text(last_day_of(month))})
    of_month = urlencode({"currency": currency, "month": month_text(month)})
    return {
        "IMPORTS": Link("Imports", "/activity?kind=IMPORT"),
        "PRODUCT_METHODS": Link("Products", f"/settings?{ledger}"),
        "MAPPING": Link("Mapping", f"/settings/integrations?{ledger}"),
        "MANUAL_JOURNALS": Link("Manual journals", "/manual-journals"),
        "TIE_OUT": Link("Tie-out", f"/reports/tie-out?{end}"),
        "LOCK": Link("Lock", f"/settings?{ledger}#lock-heading"),
        "EXPORT": Link("Export", f"/exports/new?{of_month}"),
    }.get(kind, Link("Journals", f"/journals?{of_month}"))


def _checks(checklist: Checklist | None, currency: str) -> list[CheckGroup]:
    checks = checklist.checks if checklist is not None else ()
    return [_check(check, currency) for check in checks]


def _check(check: CloseCheck, currency: str) -> CheckGroup:
    return CheckGroup(
        title=CHECKS.get(check.kind, check.kind),
        count=f"{check.count:,}" if check.count else "None",
        is_clear=not check.count,
        is_open=check.count <= ROWS_OPEN,
        rows=[_row(row, currency) for row in check.rows],
        more=check.count - len(check.rows),
    )


def _row(row: CloseCheckRow, currency: str) -> CheckRow:
    return CheckRow(
        message=sentence(row.message),
        customer=row.customer.name if row.customer else "",
        product=row.product.name if row.product else "",
        link=_row_link(row, currency),
        amount=money(row.amount) if row.amount else "",
    )


def _row_link(row: CloseCheckRow, currency: str) -> Link | None:
    """Where the row's journal or document is."""
    if row.manual_journal is not None:
        number = row.manual_journal.number
        return Link(label(number), f"/manual-journals/{number}")
    query = ReportQuery().with_values(currency=currency)
    if row.journal is not None:
        journal = row.journal.number
        return Link(f"Journal {journal}", journal_url(query, journal))
    if row.document is not None:
        named = document_filter(row.document.kind, row.document.external_id)
        every_day = {"from": day_text(FIRST_DAY)}
        url = query.with_values(**every_day, **named).url()
        return Link(document_words(row.document), url)
    return None


def _figures(found: ClosePage, currency: str, month: Month) -> list[MonthFigure]:
    """What was recognized in the month, and what stands at its end."""
    if found.in_month is None or found.by_end is None:
        return []
    on = {"currency": currency, "on": day_text(last_day_of(month))}
    words, end = _month_words(month), day(date_of(last_day_of(month)))
    journals = ReportQuery().with_values(currency=currency).in_month(month).url()
    unbilled_url = f"/reports/roll-forward?{urlencode({**on, 'account': 'UNBILLED'})}"
    deferred_url = f"/reports/waterfall?{urlencode(on)}"
    shown = (
        (f"Recognized in {words}", _gain(found.in_month, "RECOGNIZED"), journals),
        (f"Deferred on {end}", _gain(found.by_end, "DEFERRED"), deferred_url),
        (f"Unbilled on {end}", _gain(found.by_end, "UNBILLED"), unbilled_url),
    )
    return [
        MonthFigure(name, amount, url)
        for name, amount, url in shown
        if amount is not None
    ]


def _gain(found: Totals, role: str) -> Money | None:
    for total in found.totals:
        if total.account.role == role:
            return total.gain
    return None


def default_month(ledger: CloseLedger, today: Day) -> Month:
    """The first month that isn't locked whole, up to the present one.

    A ledger without a lock begins with the month before the present one.
    """
    this_month = month_of(today)
    if ledger.first_open_day is None:
        return this_month - 1
    return min(month_of(day_of(ledger.first_open_day)), this_month)
