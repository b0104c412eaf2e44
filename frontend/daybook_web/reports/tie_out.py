"""What the page of the tie-out shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from daybook.calendar import day_of, parse_day
from daybook_web.kit.formats import day, sentence
from daybook_web.kit.formats import month as month_words
from daybook_web.kit.rendering import View
from daybook_web.kit.results import Money
from daybook_web.reports.address import Address
from daybook_web.reports.frame import Figure, Frame, document_words
from daybook_web.reports.journal_links import Journals, end_of_month, journal_url
from daybook_web.reports.results import (
    Finding,
    TieOut,
    TieOutAccount,
    TieOutBalance,
    TieOutMonth,
)

TARGETS: Mapping[str, str] = {
    "FILES": "files of no system",
    "XERO": "Xero",
    "QUICKBOOKS": "QuickBooks Online",
    "NETSUITE": "NetSuite",
}
"""Where files are posted, in words."""
KINDS: Mapping[str, str] = {
    "NOT_EXPORTED": "Not yet exported",
    "CHANGED": "Changed since",
    "DOUBLED": "Doubled",
    "MISSING": "Missing",
    "BALANCE": "Balance differs",
    "ROLLUP": "Changed by hand",
}
NORMAL = "NOT_EXPORTED"
"""What is no difference: it is simply to be exported yet."""
ROLES: Mapping[str, str] = {
    "BILLED": "Billed",
    "UNBILLED": "Unbilled",
    "DEFERRED": "Deferred",
    "RECOGNIZED": "Recognized",
}


@dataclass(frozen=True, slots=True)
class TieOutLine:
    """An account, or one of its months."""

    name: str
    ledger: Figure
    posted: Money
    not_exported: Money
    difference: Money


@dataclass(frozen=True, slots=True)
class BalanceLine:
    """A balance of the general ledger, beside what was posted by its day."""

    account: str
    on: str
    balance: Money
    posted: Money
    difference: Money
    words: str


@dataclass(frozen=True, slots=True)
class AccountLines:
    """An account with its months, newest first."""

    sums: TieOutLine
    months: Sequence[TieOutLine]


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A difference, and where it is."""

    kind: str
    is_normal: bool
    message: str
    account: str
    month: str
    customer: str
    document: str
    journal: str
    journal_url: str
    amount: Money | None
    file: str


@dataclass(frozen=True, slots=True)
class TieOutBody:
    """The accounts, the balances that were entered, and the findings."""

    totals_url: str

    accounts: Sequence[AccountLines]
    balances: Sequence[BalanceLine]
    findings: Sequence[FindingLine]
    differing: int
    more_findings: int
    is_posted: bool
    balances_url: str


@dataclass(frozen=True, slots=True)
class TieOutView(View):
    """The tie-out with posted files and with the general ledger."""

    page: ClassVar[str] = "reports/tie_out.html"
    fragment: ClassVar[str] = "reports/_tie_out.html"

    title: str
    frame: Frame
    body: TieOutBody | None = None


def tie_out_body(address: Address, found: TieOut, sums: TieOut | None) -> TieOutBody:
    """The ledger beside the posted files, and these beside the balances.

    With `sums`, all movements were summed again.
    """
    targets = {account.target for account in found.accounts}
    several = len(targets) > 1
    return TieOutBody(
        totals_url="" if sums is not None else address.totals_url(),
        accounts=[
            _account_lines(address, account, _name(account, several=several))
            for account in found.accounts
        ],
        balances=[
            _balance_line(_name(account, several=several), balance)
            for account in found.accounts
            for balance in account.balances
        ],
        findings=[_finding_line(address, finding) for finding in found.findings],
        differing=sum(each.kind != NORMAL for each in found.findings),
        more_findings=found.finding_count - len(found.findings),
        is_posted=any(account.target for account in found.accounts),
        balances_url=(
            f"/close/balances?currency={address['currency']}&on={address['on']}"
        ),
    )


def _name(account: TieOutAccount, *, several: bool) -> str:
    """An account, with the target of its files if there are several."""
    where = TARGETS.get(account.target, account.target)
    return f"{account.account.name}, {where}" if several else account.account.name


def _account_lines(address: Address, account: TieOutAccount, name: str) -> AccountLines:
    role = account.account.role
    months = sorted(account.months, key=lambda each: each.month, reverse=True)
    return AccountLines(
        TieOutLine(
            name,
            Figure(account.ledger, Journals.of(address).until(role)),
            account.posted,
            account.not_exported,
            account.difference,
        ),
        [_month_line(address, role, month) for month in months],
    )


def _month_line(address: Address, role: str, month: TieOutMonth) -> TieOutLine:
    end = min(end_of_month(month.month), parse_day(address["on"]))
    url = Journals.of(address).url(role, first=day_of(month.month), last=end)
    return TieOutLine(
        month_words(month.month),
        Figure(month.ledger, url),
        month.posted,
        month.not_exported,
        month.difference,
    )


def _balance_line(name: str, balance: TieOutBalance) -> BalanceLine:
    words = "Agrees"
    if balance.difference.minor:
        words = "Differs"
        if balance.since is not None:
            words = f"Differs since {month_words(balance.since)}"
    labels = [each.label for each in balance.entered if each.label]
    return BalanceLine(
        account=f"{name} ({', '.join(labels)})" if labels else name,
        on=day(balance.on),
        balance=balance.balance,
        posted=balance.posted,
        difference=balance.difference,
        words=words,
    )


def _finding_line(address: Address, finding: Finding) -> FindingLine:
    number = finding.journal.number if finding.journal else ""
    return FindingLine(
        kind=KINDS.get(finding.kind, finding.kind),
        is_normal=finding.kind == NORMAL,
        message=sentence(finding.message),
        account=ROLES.get(finding.account or "", ""),
        month=month_words(finding.month) if finding.month else "",
        customer=finding.customer.name if finding.customer else "",
        document=document_words(finding.document) if finding.document else "",
        journal=number,
        journal_url=journal_url(address, number) if number else "",
        amount=finding.amount,
        file=f"File {finding.file.number}" if finding.file else "",
    )
