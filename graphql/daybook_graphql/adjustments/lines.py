"""The lines and steps of manual journals."""

from collections.abc import Sequence

import strawberry

from daybook.adjustments.queries import Step
from daybook.adjustments.versions import Party, Version, VersionLine
from daybook.ledger.pins import Pin
from daybook.ledger.rules import AccountNames
from daybook_graphql.adjustments.enums import ManualJournalStepKind
from daybook_graphql.context import Context
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.scalars import DateTime
from daybook_graphql.ledgers.accounts import Accounts, LedgerAccount, accounts_of
from daybook_graphql.ledgers.enums import Direction
from daybook_graphql.ledgers.loaders import account_names
from daybook_graphql.parties.types import (
    Customer,
    Product,
    customers_by_id,
    product_of,
)

field = strawberry.field


@strawberry.type(
    description="A line of a manual journal: an amount on one side of an account."
)
class ManualJournalLine:
    account: LedgerAccount = field(description="Which account.")
    account_name: str = field(
        description="Its name, or that of its sub-account for the line's product."
    )
    direction: Direction = field(description="On which side.")
    amount: Money = field(description="How much, more than zero.")
    description: str = field(description="What it is for; empty if nobody said it.")
    customer: Customer | None = field(
        description="The customer: its own, or else the journal's."
    )
    product: Product | None = field(
        description="The product: its own, or else the journal's."
    )
    has_own_customer: bool = field(
        description="Whether a customer was entered in the line itself."
    )
    has_own_product: bool = field(
        description="Whether a product was entered in the line itself."
    )
    is_derived: bool = field(
        description="Whether it takes back the journal that is adjusted: such lines"
        " weren't entered, and come first."
    )


@strawberry.type(description="What somebody did with a manual journal.")
class ManualJournalStep:
    kind: ManualJournalStepKind = field(description="What.")
    at: DateTime = field(description="When.")
    by: str | None = field(description="Who, where that is known.")
    version: int = field(description="The version of the journal that it was about.")
    reason: str | None = field(description="Why, if that was said.")


async def lines_shown(
    context: Context, pin: Pin, version: Version
) -> list[ManualJournalLine]:
    """The lines of a version as the schema shows them."""
    names = await account_names(context).load(pin)
    accounts = accounts_of(pin, names)
    parties = [version.customer_of(line) for line in version.lines]
    customers = await customers_shown(context, parties)
    return [
        _line_of(version, line, customer, (names, accounts))
        for line, customer in zip(version.lines, customers, strict=True)
    ]


async def customers_shown(
    context: Context, parties: Sequence[Party | None]
) -> list[Customer | None]:
    """Customers as the schema shows them, in the parties' order."""
    ids = [party.id for party in parties if party is not None]
    loaded = await customers_by_id(context).load_many(ids)
    found = dict(zip(ids, loaded, strict=True))
    return [None if party is None else found[party.id] for party in parties]


def product_shown(party: Party | None) -> Product | None:
    """A product as the schema shows it."""
    return None if party is None else product_of(party.id, party.name, party.category)


def _line_of(
    version: Version,
    line: VersionLine,
    customer: Customer | None,
    named: tuple[AccountNames, Accounts],
) -> ManualJournalLine:
    names, accounts = named
    product = version.product_of(line)
    scope = () if product is None else (product.id, product.category)
    return ManualJournalLine(
        account=accounts[line.role],
        account_name=names.of(line.role, *scope).name,
        direction=Direction.DEBIT if line.is_debit else Direction.CREDIT,
        amount=money(line.amount, version.currency),
        description=line.description,
        customer=customer,
        product=product_shown(product),
        has_own_customer=line.customer is not None,
        has_own_product=line.product is not None,
        is_derived=line.is_mirror,
    )


def step_shown(step: Step) -> ManualJournalStep:
    """A stored step as the schema shows it."""
    return ManualJournalStep(
        kind=ManualJournalStepKind(step.kind),
        at=DateTime(step.made_at),
        by=step.made_by,
        version=step.version,
        reason=step.reason,
    )
