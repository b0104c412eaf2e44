"""What the checks of a month found, as the overview shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from daybook.adjustments.recurring.rules import label as recurrence_label
from daybook.adjustments.rules import label
from daybook_web.closing.results import CloseCheck, CloseCheckRow
from daybook_web.journals.journal_addresses import journal_url
from daybook_web.journals.query import ReportQuery
from daybook_web.kit.formats import money, sentence
from daybook_web.kit.links import Link, document_url
from daybook_web.kit.where import Where
from daybook_web.reports.frame import document_words

ROWS_OPEN = 5
"""How many rows of a check are shown without being asked for."""
CHECKS: Mapping[str, str] = {
    "ENDED_WITH_DEFERRED": "Service ended, Deferred is not empty",
    "NO_ENTRY_THIS_MONTH": "Open, without an entry this month",
    "NO_PRODUCT_METHOD": "Documents without a product method",
    "OTHER_PRODUCT_METHOD": "Recorded by another method than the product's",
    "CHANGED_AFTER_POSTING": "Journals changed after they were in a posted file",
    "AFTER_CLOSE": "Recorded late, for closed days",
    "WAITING_DRAFTS": "Manual journals that wait",
}


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

    kind: str
    title: str
    count: str
    is_clear: bool
    is_due: bool
    is_open: bool
    rows: Sequence[CheckRow]
    more: int


def check_group(check: CloseCheck, where: Where) -> CheckGroup:
    """A check of a ledger's month, with the rows that it names."""
    return CheckGroup(
        kind=check.kind.lower(),
        title=CHECKS.get(check.kind, check.kind),
        count=_count(check),
        is_clear=not check.count,
        is_due=bool(check.due_count),
        is_open=bool(check.due_count) and check.count <= ROWS_OPEN,
        rows=[_row(row, where) for row in check.rows],
        more=check.count - len(check.rows),
    )


def _count(check: CloseCheck) -> str:
    """How many rows there are, and how many of them there is something to do about."""
    if not check.count:
        return "None"
    if not check.due_count:
        return f"{check.count:,}, nothing to do"
    if check.due_count < check.count:
        return f"{check.count:,}, {check.due_count:,} to do"
    return f"{check.count:,}"


def _row(row: CloseCheckRow, where: Where) -> CheckRow:
    return CheckRow(
        message=sentence(row.message),
        customer=row.customer.name if row.customer else "",
        product=row.product.name if row.product else "",
        link=_row_link(row, where),
        amount=money(row.amount) if row.amount else "",
    )


def _row_link(row: CloseCheckRow, where: Where) -> Link | None:
    """Where the row's journal or document is."""
    if row.manual_journal is not None:
        number = row.manual_journal.number
        url = where.carried_to(f"/manual-journals/{number}")
        return Link(label(number), url)
    if row.recurring_manual_journal is not None:
        number = row.recurring_manual_journal.number
        url = where.carried_to(f"/manual-journals/recurring/{number}")
        return Link(recurrence_label(number), url)
    query = ReportQuery().with_values(currency=where.currency)
    if row.journal is not None:
        journal = row.journal.number
        return Link(f"Journal {journal}", journal_url(query, journal))
    if row.document is not None:
        url = where.carried_to(document_url(row.document.id))
        return Link(document_words(row.document), url)
    return None
