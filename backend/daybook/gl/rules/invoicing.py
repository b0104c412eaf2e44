"""The journal that an invoice, bill or credit note makes once it is approved."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from daybook.calendar import Day
from daybook.connections.rules import AccountRole
from daybook.gl.rules.basis import Basis
from daybook.gl.rules.documents import INCLUSIVE, Document, DocumentLine
from daybook.gl.rules.journal_types import JournalType
from daybook.gl.rules.lines import SyntheticLine


class Invoiced(NamedTuple):
    """A document that makes a journal of a type on a day, at a rate of base for one."""

    document: Document
    type: JournalType
    day: Day
    rate: Fraction


def journal_of(invoiced: Invoiced, basis: Basis) -> Iterator[SyntheticLine]:
    """The receivable or payable, each line's account, and the tax, summing to 0.

    What is owed is exactly the total; the largest of the other lines, the first of
    equals, takes what rounding left. A document without lines or a total makes no
    journal, nor does one without the accounts that it needs.
    """
    document = invoiced.document
    role = AccountRole.RECEIVABLE if document.is_of_sales else AccountRole.PAYABLE
    control = basis.chart.of_role(role)
    tax_account = basis.chart.of_role(AccountRole.TAX)
    has_tax_account = tax_account is not None or not document.total_tax
    if control is None or not has_tax_account or not document.lines:
        return

    def value(amount: int) -> int:
        return document.sign * basis.value(amount, document.currency, invoiced.rate)

    owed = value(document.total)
    if not owed:
        return
    nets = [value(_net(line, document)) for line in document.lines]
    nets, tax = _balanced(nets, value(document.total_tax), owed)
    yield _line(invoiced, control.id, control.code, -owed)
    for line, net in zip(document.lines, nets, strict=True):
        account = basis.chart.by_code.get(line.account_code)
        of_account = _line(
            invoiced, account.id if account else "", line.account_code, net
        )
        of_tax = value(line.tax)
        yield of_account._replace(
            gross=net + of_tax,
            tax=of_tax,
            tax_type=line.tax_type,
            description=line.description,
            tracking=line.tracking,
        )
    if tax and tax_account is not None:
        yield _line(invoiced, tax_account.id, tax_account.code, tax)


def _line(
    invoiced: Invoiced, account_id: str, account_code: str, net: int
) -> SyntheticLine:
    """A line without tax, as of the receivable."""
    document = invoiced.document
    return SyntheticLine(
        type=invoiced.type,
        day=invoiced.day,
        group=document.id,
        account_id=account_id,
        account_code=account_code,
        net=net,
        gross=net,
        rate_day=invoiced.day,
        currency=document.currency,
        reference=document.number or document.reference,
        source_id=document.id,
        source_type=document.type,
        contact_id=document.contact_id,
        contact_name=document.contact_name,
    )


def _net(line: DocumentLine, document: Document) -> int:
    """A line's amount without its tax, in the document's currency."""
    is_inclusive = document.line_amounts.upper() == INCLUSIVE
    return line.amount - line.tax if is_inclusive else line.amount


def _balanced(nets: Sequence[int], tax: int, owed: int) -> tuple[list[int], int]:
    """The same nets and tax, of which the largest takes what they lack of the sum."""
    amounts = [*nets, tax]
    largest = max(range(len(amounts)), key=lambda at: abs(amounts[at]))
    amounts[largest] += owed - sum(amounts)
    return amounts[:-1], amounts[-1]
