"""What is entered of a manual journal, and from input to the domain's values."""

from collections.abc import Mapping, Sequence

import strawberry

from daybook.adjustments.rules import (
    AdjustmentKind,
    EnteredJournal,
    EnteredLine,
)
from daybook.adjustments.rules import AdjustmentMode as StoredMode
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.rules import Role
from daybook.money import InvalidAmount, parse_amount
from daybook_graphql.adjustments.enums import AdjustmentMode, ManualJournalKind
from daybook_graphql.journals.ids import JournalId
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.scalars import Date
from daybook_graphql.ledgers.enums import AccountRole, Direction
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import CustomerId, ProductId

field = strawberry.field

FIELDS: Mapping[str, str] = {
    "currency": "ledgerId",
    "day": "date",
    "customer": "customerId",
    "product": "productId",
    "adjusts": "adjustsId",
    "number": "id",
}
"""Input fields, by the domain's names for them."""


@strawberry.input(
    description="A line: an amount on one side of an account. Without a customer or a"
    " product it has the journal's."
)
class ManualJournalLineInput:
    account: AccountRole = field(description="Which account.")
    direction: Direction = field(description="On which side.")
    amount: str = field(
        description="A decimal string above zero, with no more decimals than the"
        " currency has."
    )
    description: str | None = field(default=None, description="What it is for.")
    customer_id: strawberry.ID | None = field(
        default=None, description="The customer, if it isn't the journal's."
    )
    product_id: strawberry.ID | None = field(
        default=None,
        description="The product, if it isn't the journal's; it decides which"
        " sub-account it is.",
    )


@strawberry.input(
    description="What a manual journal holds. A draft may be incomplete: without lines,"
    " or not balanced yet. Wrong ids, dates and amounts are refused."
)
class ManualJournalInput:
    ledger_id: strawberry.ID = field(description="In which ledger.")
    kind: ManualJournalKind = field(description="Why it is written.")
    date: Date = field(description="The day on which it posts.")
    reverses_on: Date | None = field(
        default=None,
        description="The later day on which it takes itself back: an accrual.",
    )
    narrative: str = field(description="What it is for, in one line.")
    customer_id: strawberry.ID | None = field(
        default=None,
        description="The customer of lines that have none of their own; that of the"
        " adjusted journal where it is absent.",
    )
    product_id: strawberry.ID | None = field(
        default=None,
        description="The product of lines that have none of their own; that of the"
        " adjusted journal where it is absent.",
    )
    adjusts_id: strawberry.ID | None = field(
        default=None, description="The journal of the same ledger that it adjusts."
    )
    mode: AdjustmentMode | None = field(
        default=None, description="What becomes of that journal; needed with it only."
    )
    lines: list[ManualJournalLineInput] = field(
        default_factory=list,
        description="Debits and credits, which balance for each customer before it is"
        " submitted. `REVERSE` has none.",
    )


def entered_journal(given: ManualJournalInput, argument: str) -> EnteredJournal:
    """The input as the domain takes it; raises INVALID_ID, or Rejected for amounts.

    `argument` is the input's place, for errors of ids.
    """
    currency = expect(given.ledger_id, LedgerId, f"{argument}.ledgerId").currency
    return EnteredJournal(
        currency,
        given.date,
        AdjustmentKind[given.kind.name],
        given.narrative,
        entered_lines(given.lines, currency, argument),
        entered_customer(given.customer_id, f"{argument}.customerId"),
        entered_product(given.product_id, f"{argument}.productId"),
        _adjusted(given.adjusts_id, currency, argument),
        None if given.mode is None else StoredMode[given.mode.name],
        given.reverses_on,
    )


def entered_lines(
    given: Sequence[ManualJournalLineInput], currency: str, argument: str
) -> tuple[EnteredLine, ...]:
    """Lines as the domain takes them; raises INVALID_ID, or Rejected for amounts."""
    lines: list[EnteredLine] = []
    problems: list[Problem] = []
    for index, line in enumerate(given):
        place = f"{argument}.lines.{index}"
        amount = 0
        try:
            amount = parse_amount(line.amount.strip(), currency)
        except InvalidAmount as invalid:
            path = ("lines", str(index), "amount")
            problems.append(Problem(ProblemCode.INVALID_AMOUNT, str(invalid), path))
        lines.append(
            EnteredLine(
                Role[line.account.name],
                line.direction is Direction.DEBIT,
                amount,
                line.description or "",
                entered_customer(line.customer_id, f"{place}.customerId"),
                entered_product(line.product_id, f"{place}.productId"),
            )
        )
    if problems:
        raise Rejected(problems)
    return tuple(lines)


def entered_customer(id_: str | None, argument: str) -> str | None:
    """The own id of a customer's id."""
    return None if id_ is None else expect(id_, CustomerId, argument).external_id


def entered_product(id_: str | None, argument: str) -> str | None:
    """The own id of a product's id."""
    return None if id_ is None else expect(id_, ProductId, argument).external_id


def _adjusted(id_: str | None, currency: str, argument: str) -> int | None:
    if id_ is None:
        return None
    journal = expect(id_, JournalId, f"{argument}.adjustsId")
    if journal.currency != currency:
        message = (
            f"the journal is in the {journal.currency} ledger: adjust it there, not in"
            f" the {currency} ledger"
        )
        raise Rejected([Problem(ProblemCode.MISMATCH, message, ("adjusts",))])
    return journal.number
