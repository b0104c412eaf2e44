"""The tie-out, the checklist and the balances as tables for files."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, Month, month_text
from daybook.closing.checklist import close_checklist
from daybook.closing.checks import close_checks
from daybook.closing.findings import TieOutFinding
from daybook.closing.naming import Named, names_of
from daybook.closing.rules import (
    CloseCheckKind,
    CloseCheckRow,
    CloseStep,
    EnteredBalance,
    TieOutAccount,
    TieOutBalance,
    TieOutMonth,
)
from daybook.closing.tie_out import TieOut
from daybook.db.engine import ReadSession
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.reports.trail.names import person_name
from daybook.sheets.columns import (
    Column,
    Money,
    Sheet,
    date,
    integer,
    money,
    text,
    timestamp,
)


class TieOutLine(NamedTuple):
    """A row of the tie-out's file: a month or a balance of an account, or a finding."""

    row: str
    target: str
    role: Role | None = None
    month: Month | None = None
    day: Day | None = None
    ledger: int | None = None
    posted: int | None = None
    not_exported: int | None = None
    balance: int | None = None
    difference: int | None = None
    kind: str | None = None
    customer: str | None = None
    product: str | None = None
    document: str | None = None
    journal: int | None = None
    export: int | None = None
    message: str | None = None


async def tie_out_rows(
    session: AsyncSession, pin: Pin, found: TieOut
) -> list[TieOutLine]:
    """Each account's months and balances, then the findings."""
    named = await _names(session, pin, found)
    accounts = [row for account in found.accounts for row in _account(account)]
    return [*accounts, *(_finding(its, named) for its in found.findings)]


async def _names(session: AsyncSession, pin: Pin, found: TieOut) -> Named:
    return await names_of(
        session,
        pin,
        ((its.customer_id, its.product_id, its.document_id) for its in found.findings),
    )


def _account(account: TieOutAccount) -> Iterator[TieOutLine]:
    for month in account.months:
        yield _month(account, month)
    for balance in account.balances:
        yield _balance(account, balance)


def _month(account: TieOutAccount, its: TieOutMonth) -> TieOutLine:
    return TieOutLine(
        *("month", account.target, account.role, its.month),
        ledger=its.ledger,
        posted=its.posted,
        not_exported=its.not_exported,
        difference=its.difference,
    )


def _balance(account: TieOutAccount, its: TieOutBalance) -> TieOutLine:
    return TieOutLine(
        *("balance", account.target, account.role, its.since, its.on),
        posted=its.posted,
        balance=its.balance,
        difference=its.difference,
    )


def _finding(its: TieOutFinding, named: Named) -> TieOutLine:
    return TieOutLine(
        *("finding", its.target, its.role, its.month),
        difference=its.amount,
        kind=its.kind.name,
        customer=named.customer(its.customer_id),
        product=named.product(its.product_id),
        document=named.document(its.document_id),
        journal=its.journal,
        export=None if its.file is None else its.file.record.number,
        message=its.message,
    )


def tie_out_sheet(pin: Pin) -> Sheet[TieOutLine]:
    """The tie-out as a table."""

    def amount(name: str, title: str) -> Column[TieOutLine]:
        def value(line: TieOutLine) -> Money | None:
            minor: int | None = getattr(line, name)
            return None if minor is None else Money(minor, pin.currency)

        return money(name, title, value)

    columns: tuple[Column[TieOutLine], ...] = (
        text("row", "Row", lambda line: line.row),
        text("target", "Target", lambda line: line.target or None),
        text(
            "account",
            "Account",
            lambda line: None if line.role is None else line.role.name,
        ),
        text("month", "Month", lambda line: _month_text(line.month)),
        date("day", "Day", lambda line: line.day),
        amount("ledger", "Ledger"),
        amount("posted", "Posted files"),
        amount("not_exported", "Not exported yet"),
        amount("balance", "General ledger"),
        amount("difference", "Difference"),
        text("kind", "Finding", lambda line: line.kind),
        text("customer", "Customer", lambda line: line.customer),
        text("product", "Product", lambda line: line.product),
        text("document", "Document", lambda line: line.document),
        integer("journal", "Journal", lambda line: line.journal),
        integer("export", "Export", lambda line: line.export),
        text("message", "Message", lambda line: line.message),
    )
    return Sheet("tie_out", "Tie-out", columns)


def _month_text(month: Month | None) -> str | None:
    return None if month is None else month_text(month)


@dataclass(frozen=True, slots=True)
class CloseLine:
    """A row of the checklist's file: a step, or a row that a check names."""

    row: str
    kind: str
    message: str
    state: str | None = None
    count: int | None = None
    customer: str | None = None
    product: str | None = None
    document: str | None = None
    journal: int | None = None
    manual_journal: int | None = None
    amount: int | None = None


async def close_rows(session: ReadSession, pin: Pin, month: Month) -> list[CloseLine]:
    """The steps of closing a month, then the rows that its checks name."""
    steps = await close_checklist(session, pin, month)
    checks = await close_checks(session, pin, month)
    named = await names_of(
        session,
        pin,
        (
            (row.customer_id, row.product_id, row.document_id)
            for check in checks
            for row in check.rows
        ),
    )
    return [
        *map(_step, steps),
        *(_checked(check.kind, row, named) for check in checks for row in check.rows),
    ]


def _step(step: CloseStep) -> CloseLine:
    return CloseLine(
        "step", step.kind.name, step.words, state=step.state.name, count=step.count
    )


def _checked(kind: CloseCheckKind, row: CloseCheckRow, named: Named) -> CloseLine:
    return CloseLine(
        *("check", kind.name, row.message),
        customer=named.customer(row.customer_id),
        product=named.product(row.product_id),
        document=named.document(row.document_id),
        journal=row.journal,
        manual_journal=row.manual_journal,
        amount=row.amount,
    )


def close_sheet(pin: Pin) -> Sheet[CloseLine]:
    """The checklist and the checks as a table."""

    def amount(line: CloseLine) -> Money | None:
        return None if line.amount is None else Money(line.amount, pin.currency)

    columns: tuple[Column[CloseLine], ...] = (
        text("row", "Row", lambda line: line.row),
        text("kind", "Kind", lambda line: line.kind),
        text("state", "State", lambda line: line.state),
        integer("count", "Count", lambda line: line.count),
        text("customer", "Customer", lambda line: line.customer),
        text("product", "Product", lambda line: line.product),
        text("document", "Document", lambda line: line.document),
        integer("journal", "Journal", lambda line: line.journal),
        integer("manual_journal", "Manual journal", lambda line: line.manual_journal),
        money("amount", "Amount", amount),
        text("message", "Message", lambda line: line.message),
    )
    return Sheet("close_checklist", "Close checklist", columns)


BALANCES: Sheet[EnteredBalance] = Sheet(
    "gl_balances",
    "Balances of the general ledger",
    (
        integer("number", "No.", lambda its: its.number),
        text("account", "Account", lambda its: its.role.name),
        date("date", "Day", lambda its: its.on),
        money("balance", "Balance", lambda its: Money(its.balance, its.currency)),
        text("label", "Label", lambda its: its.label),
        text("note", "Note", lambda its: its.note),
        timestamp("entered_at", "Entered (UTC)", lambda its: its.made_at),
        text("entered_by", "By", lambda its: person_name(its.made_by)),
        text("currency", "Currency", lambda its: its.currency),
    ),
)
"""Balances of the general ledger, each as it was entered."""
