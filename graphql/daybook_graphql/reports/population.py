"""The population of entries for auditors: its types, and pages of it."""

from collections.abc import Sequence

import strawberry

from daybook.ledger.pins import Pin
from daybook.reports.population.queries import (
    PopulationEntry as StoredEntry,
)
from daybook.reports.population.queries import (
    find_population,
    population_ties,
    population_totals,
)
from daybook.reports.population.rules import PopulationFilter as Conditions
from daybook.reports.population.rules import PopulationFlag as StoredFlag
from daybook.reports.revenue import Tie as StoredTie
from daybook_graphql.context import Context, Info, loader
from daybook_graphql.documents.enums import KINDS, SourceKind
from daybook_graphql.documents.types import Source
from daybook_graphql.execution.selected import Selected
from daybook_graphql.journals.types import Journal
from daybook_graphql.kit.connections import Edge, PageInfo, edges_of, listed, page_info
from daybook_graphql.kit.money import DateRangeInput, Money, checked, money
from daybook_graphql.kit.paging import PageArguments, page_request
from daybook_graphql.kit.scalars import BigInt, Date, DateTime
from daybook_graphql.kit.searching import search_text
from daybook_graphql.ledgers.accounts import Accounts, LedgerAccount, accounts_at
from daybook_graphql.parties.types import Customer, Product
from daybook_graphql.reports.enums import PopulationFlag
from daybook_graphql.reports.figures import CountTie, Tie, count_ties_of, ties_of
from daybook_graphql.reports.filters import conditions_of
from daybook_graphql.reports.references import Named, Names, read_named

field = strawberry.field


@strawberry.input(
    description="What to select. Absent fields do not narrow; present ones all apply."
)
class PopulationFilter:
    posted: DateRangeInput | None = field(
        default=None,
        description="Only entries with a posting date in this range; each is shown with"
        " all its days.",
    )
    recorded: DateRangeInput | None = field(
        default=None,
        description="Only entries recorded on these days of the organisation's time"
        " zone.",
    )
    flags: list[PopulationFlag] | None = field(
        default=None,
        description="Only entries with at least one of these flags; an empty list does"
        " not narrow.",
    )
    author: str | None = field(
        default=None,
        description="Only what this person or key recorded, by the name in the audit"
        " trail.",
    )
    customer_id: strawberry.ID | None = field(
        default=None, description="Only this customer's."
    )
    product_id: strawberry.ID | None = field(
        default=None, description="Only this product's."
    )
    document_id: strawberry.ID | None = field(
        default=None, description="Only what came from this document."
    )


@listed(
    "An entry",
    "entries",
    page="A page of the population, by journal and movement.",
    name="Population",
)
@strawberry.type(
    description="A movement of the ledger as an auditor tests it (AS 2401), also where"
    " a later recording took its place."
)
class PopulationEntry:
    journal: Journal | None = field(
        description="The journal that it stands in; null where nothing of that is in"
        " force."
    )
    number: BigInt = field(description="The journal's number.")
    movement: int = field(description="Its place in the journal, from 1.")
    debit: LedgerAccount = field(description="Where the amount goes.")
    credit: LedgerAccount = field(description="Where it comes from.")
    amount: Money = field(description="How much, more than zero.")
    first_day: Date = field(description="The first day that has a share.")
    last_day: Date = field(description="The last day that has a share.")
    source: SourceKind = field(description="What kind of document made it.")
    document: Source | None = field(
        description="The document; null for a manual journal."
    )
    customer: Customer | None = field(
        description="Who is invoiced; null in a manual journal without one."
    )
    product: Product | None = field(
        description="What is sold; null in a manual journal without one."
    )
    author: str | None = field(
        description="Who had it recorded, as the audit trail names them; null where the"
        " trail doesn't."
    )
    recorded_at: DateTime = field(description="When it was recorded.")
    reason: str = field(description="What it was recorded for.")
    flags: list[PopulationFlag] = field(
        description="Why it may be worth a look; empty for most."
    )


@strawberry.type(description="How many entries have a flag, and what they sum to.")
class PopulationCount:
    flag: PopulationFlag | None = field(
        description="Which flag; null for all entries of the selection."
    )
    entries: int = field(description="How many.")
    amount: Money = field(description="What their debits sum to.")


@strawberry.type
class PopulationConnection:
    edges: list[Edge[PopulationEntry]]
    nodes: list[PopulationEntry] = field(description="The same without cursors.")
    page_info: PageInfo = field(description="Whether there is more.")
    pin: strawberry.Private[Pin]
    conditions: strawberry.Private[Conditions]

    @field(
        description="All entries of the selection, then those with each flag; of more"
        " than one flag, an entry counts for each."
    )
    async def totals(self, info: Info) -> list[PopulationCount]:
        async with info.context.database.pinned_reads() as session:
            totals = await population_totals(session, self.pin, self.conditions)
        return [
            PopulationCount(
                flag=None if total.flag is None else PopulationFlag(total.flag),
                entries=total.entries,
                amount=money(total.amount, self.pin.currency),
            )
            for total in totals
        ]

    @field(
        description="What entries in force have to agree with: all of the filter's"
        " posting days, customer, product and document, since the journal report knows"
        " nothing of its other fields."
    )
    async def ties(self, info: Info) -> list[Tie]:
        ties = await _ties(info.context).load((self.pin, self.conditions))
        return ties_of(ties, self.pin.currency)

    @field(description="Numbers that have to agree likewise.")
    async def count_ties(self, info: Info) -> list[CountTie]:
        ties = await _ties(info.context).load((self.pin, self.conditions))
        return count_ties_of(ties)


@loader()
async def _ties(
    context: Context, keys: list[tuple[Pin, Conditions]]
) -> Sequence[list[StoredTie]]:
    """The ties of selections: amounts and counts are two fields, and one reading."""
    async with context.database.pinned_reads() as session:
        return [await population_ties(session, *key) for key in keys]


async def population_page(
    info: Info, pin: Pin, conditions: Conditions, page: PageArguments
) -> PopulationConnection:
    """A page of entries, with what is selected of them."""
    request = page_request(2, **page)
    selected = Selected.of(info)
    below = selected.below("nodes") | selected.below("edges").below("node")
    async with info.context.database.pinned_reads() as session:
        found = await find_population(session, pin, conditions, request)
        named = await read_named(
            *(info.context, session, pin, below),
            [
                Names(row.customer_id, row.product_id, row.document.id, row.journal)
                for row in found.items
            ],
            [row.document for row in found.items],
        )
    accounts = await accounts_at(info.context, pin)
    nodes = [_entry_of(row, named, accounts, pin.currency) for row in found.items]
    edges = edges_of(found, nodes, lambda row: row.key)
    return PopulationConnection(
        edges=edges,
        nodes=nodes,
        page_info=page_info(found, [edge.cursor for edge in edges]),
        pin=pin,
        conditions=conditions,
    )


async def population_conditions(
    context: Context, pin: Pin, given: PopulationFilter | None
) -> Conditions:
    """The domain's filter; raises errors that name the filter's fields."""
    if given is None:
        return Conditions()
    posted_from, posted_to = checked(given.posted or OPEN, "filter.posted")
    recorded_from, recorded_to = checked(given.recorded or OPEN, "filter.recorded")
    ids = given.customer_id, given.product_id, given.document_id
    return Conditions(
        posted_from,
        posted_to,
        recorded_from,
        recorded_to,
        flags=tuple(StoredFlag[flag.name] for flag in given.flags or ()),
        author=search_text(given.author, "filter.author"),
        revenue=await conditions_of(context, pin, *ids),
    )


OPEN = DateRangeInput()
"""A range without ends."""


def _entry_of(
    row: StoredEntry, named: Named, accounts: Accounts, currency: str
) -> PopulationEntry:
    movement = row.movement
    return PopulationEntry(
        journal=named.journals.get(row.journal),
        number=BigInt(row.journal),
        movement=row.seq,
        debit=accounts[movement.debit],
        credit=accounts[movement.credit],
        amount=money(movement.amount, currency),
        first_day=Date(movement.first_day),
        last_day=Date(movement.last_day),
        source=KINDS[row.source],
        document=named.documents.get(row.document.id),
        customer=named.customers.get(row.customer_id),
        product=named.products.get(row.product_id),
        author=row.author,
        recorded_at=DateTime(row.recorded_at),
        reason=row.reason,
        flags=[PopulationFlag(flag) for flag in StoredFlag if flag in row.flags],
    )
