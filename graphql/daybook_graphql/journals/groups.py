"""Journal groups: their types, and pages of them with customers and products."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import strawberry

from daybook.calendar import (
    FIRST_DAY,
    LAST_DAY,
    Day,
    day_words,
    month_of,
    range_words,
)
from daybook.ledger.pins import Pin
from daybook.ledger.rules import AccountPair, SourceKind
from daybook.reports.documents import ListedDocument, documents_by_number
from daybook.reports.journals.entered import entered_by_document
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Granularity as StoredGranularity
from daybook.reports.journals.group_keys import Grouping, GroupsOf, in_order
from daybook.reports.journals.groups import (
    GroupedBy,
    count_groups,
    customers_by_number,
    find_groups,
    products_by_number,
)
from daybook.reports.journals.groups import JournalGroup as StoredGroup
from daybook.reports.journals.journal_sums import PairSums
from daybook.reports.journals.narratives import group_narrative, month_words
from daybook.reports.journals.totals import kept_totals, scheduled_totals
from daybook_graphql.context import Info
from daybook_graphql.documents.document_pages import documents_of
from daybook_graphql.documents.types import Source
from daybook_graphql.execution.selected import Selected
from daybook_graphql.journals.enums import (
    Granularity,
    JournalGrouping,
    PostingState,
)
from daybook_graphql.journals.gains import AccountGains, account_gains
from daybook_graphql.kit.connections import Connection, edges_of, listed, page_info
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.paging import PageArguments, no_cursor, page_request
from daybook_graphql.kit.scalars import Date
from daybook_graphql.ledgers.accounts import (
    AccountTotal,
    LedgerAccount,
    account_totals,
    accounts_at,
)
from daybook_graphql.parties.types import (
    Customer,
    Product,
    customer_of_row,
    product_of_row,
)


@strawberry.type(description="What went from one account to another.")
class PairTotal:
    debit: LedgerAccount = strawberry.field(description="Where the amount goes.")
    credit: LedgerAccount = strawberry.field(description="Where it comes from.")
    amount: Money = strawberry.field(description="How much.")


@listed(
    "A journal group",
    "groups",
    page="A page of journal groups, by key.",
    node="The group.",
)
@strawberry.type(
    description="All journals of one month or day, or of all selected days, that share"
    " a customer, a product or a document, or nothing else. It has a key and no number."
)
class JournalGroup:
    key: str = strawberry.field(
        description="Stable text: `2025-10/cus_1`, by day `2025-10-03/cus_1/prod_2`, of"
        " all days `total/cus_1`, a document as `invoice:inv_1`. A slash in an id is"
        " written `%2F`."
    )
    period: Date = strawberry.field(
        description="The day, or the month's first day; of all days the first selected"
        " one, which is 2000-01-01 without a filter."
    )
    customer: Customer | None = strawberry.field(
        description="The customer, if it is grouped by."
    )
    product: Product | None = strawberry.field(
        description="The product, if it is grouped by."
    )
    document: Source | None = strawberry.field(
        description="The document, if it is grouped by."
    )
    reference: str | None = strawberry.field(
        description="The number that people know the document by, if it is grouped by;"
        " of a manual journal its own, such as MJ-1."
    )
    total: Money = strawberry.field(description="Posted and scheduled together.")
    posted: Money = strawberry.field(description="Dated up to the filter's `on`.")
    scheduled: Money = strawberry.field(description="Dated after the filter's `on`.")
    pairs: list[PairTotal] = strawberry.field(
        description="What moved, by the two accounts."
    )
    totals: list[AccountTotal] = strawberry.field(
        description="What the accounts receive and give."
    )
    gains: AccountGains = strawberry.field(description="What each account gains.")
    scheduled_gains: AccountGains = strawberry.field(
        description="What of these gains is dated after the filter's `on`."
    )
    state: PostingState = strawberry.field(
        description="Whether it is posted, by the filter's `on`."
    )
    narrative: str = strawberry.field(description="What it does, in one sentence.")


@strawberry.type
class JournalGroupConnection(Connection[JournalGroup]):
    totals: list[AccountTotal] = strawberry.field(
        description="What the accounts receive and give in all groups."
    )
    gains: AccountGains = strawberry.field(
        description="What each account gains in all groups."
    )
    scheduled_gains: AccountGains = strawberry.field(
        description="What of these gains is dated after the filter's `on`."
    )
    control_total: Money = strawberry.field(
        description="The debits of all selected movements, which equal the credits."
    )


async def group_page(
    info: Info,
    pin: Pin,
    journal_filter: JournalFilter,
    by: Sequence[JournalGrouping],
    granularity: Granularity,
    page: PageArguments,
) -> JournalGroupConnection:
    """A page of journal groups, their number and totals."""
    grouped = GroupedBy(
        in_order(Grouping[grouping.name] for grouping in by),
        GroupsOf[granularity.name].granularity,
    )
    request = page_request(_shape(grouped), **page)
    if request.key is not None and not FIRST_DAY <= request.key[0] <= LAST_DAY:
        raise no_cursor("before" if request.is_backward else "after")
    selected = Selected.of(info)
    below = selected.below("nodes") | selected.below("edges").below("node")
    count = 0
    totals: Mapping[AccountPair, int] = {}
    scheduled: Mapping[AccountPair, int] = {}
    async with info.context.database.pinned_reads() as session:
        found = await find_groups(session, pin, journal_filter, grouped, request)
        named = await _Named.of(session, pin, found.items, below)
        if "totalCount" in selected:
            count = await count_groups(session, pin, journal_filter, grouped)
        if selected.any_of("totals", "gains", "controlTotal"):
            totals = await kept_totals(session, pin, journal_filter)
        if "scheduledGains" in selected:
            scheduled = await scheduled_totals(session, pin, journal_filter)
    accounts = await accounts_at(info.context, pin)
    words = partial(_period_words, grouped, journal_filter)
    nodes = [
        _group_of(pin, grouped, group, named, accounts, words) for group in found.items
    ]
    edges = edges_of(
        found, nodes, lambda group: (group.key.first_day, *group.key.parts)
    )
    return JournalGroupConnection(
        edges=edges,
        nodes=nodes,
        page_info=page_info(found, [edge.cursor for edge in edges]),
        total_count=count,
        totals=account_totals(accounts, pin.currency, totals),
        gains=account_gains(totals, pin.currency),
        scheduled_gains=account_gains(scheduled, pin.currency),
        control_total=money(sum(totals.values()), pin.currency),
    )


def _shape(grouped: GroupedBy) -> tuple[type, ...]:
    """The types of a cursor's parts: the period, then those of the key."""
    parts: dict[Grouping, tuple[type, ...]] = {
        Grouping.CUSTOMER: (str,),
        Grouping.PRODUCT: (str,),
        Grouping.DOCUMENT: (int, str),
    }
    return (int, *(part for grouping in grouped.by for part in parts[grouping]))


class _Named:
    """The customers, products and documents of groups, by ids in Daybook."""

    def __init__(
        self, customers: Any, products: Any, documents: Any, entered: Any
    ) -> None:
        self.customers = customers
        self.products = products
        self.documents = documents
        self.entered = entered

    @classmethod
    async def of(
        cls, session: Any, pin: Pin, groups: Sequence[StoredGroup], selected: Selected
    ) -> "_Named":
        """Look all of them up at the pin."""
        customers = {group.customer_id for group in groups} - {None}
        products = {group.product_id for group in groups} - {None}
        numbers = [
            group.document_id for group in groups if group.document_id is not None
        ]
        found = list((await documents_by_number(session, pin, numbers)).values())
        shown = await documents_of(session, pin, found, selected.below("document"))
        return cls(
            await customers_by_number(
                session, pin, [number for number in customers if number]
            ),
            await products_by_number(
                session, pin, [number for number in products if number]
            ),
            {
                row.id: (row, document)
                for row, document in zip(found, shown, strict=True)
            },
            await entered_by_document(session, pin, _manual(found)),
        )


def _manual(documents: Sequence[ListedDocument]) -> list[int]:
    """The ids of those that are manual journals."""
    return [row.id for row in documents if row.kind == SourceKind.STANDALONE]


def _period_words(
    grouped: GroupedBy, journal_filter: JournalFilter, first_day: Day
) -> str:
    """When a group is of, for people: `Oct 2025`."""
    if grouped.granularity is StoredGranularity.DAILY:
        return day_words(first_day)
    if grouped.granularity is StoredGranularity.MONTHLY:
        return month_words(month_of(first_day))
    start, end = journal_filter.posted_from, journal_filter.posted_to
    if start is not None and end is not None:
        return range_words(start, end)
    if start is not None:
        return f"from {day_words(start)} on"
    return "in all" if end is None else f"through {day_words(end)}"


def _group_of(
    pin: Pin,
    grouped: GroupedBy,
    group: StoredGroup,
    named: _Named,
    accounts: Any,
    words_of: Callable[[Day], str],
) -> JournalGroup:
    customer = named.customers.get(group.customer_id)
    product = named.products.get(group.product_id)
    row, document = named.documents.get(group.document_id, (None, None))
    entered = named.entered.get(group.document_id)
    day, currency = group.key.first_day, pin.currency
    names = [party.name for party in (customer, product) if party]
    if row is not None:
        names.append(row.number)
    posted, sums = sum(group.posted.values()), PairSums(group.pairs, group.posted)
    return JournalGroup(
        key=group.key.text(grouped.by, grouped.granularity),
        period=Date(day),
        customer=customer and customer_of_row(customer),
        product=product and product_of_row(product),
        document=document,
        reference=row and row.number,
        total=money(group.total, currency),
        posted=money(posted, currency),
        scheduled=money(group.total - posted, currency),
        pairs=[
            PairTotal(
                debit=accounts[debit],
                credit=accounts[credit],
                amount=money(amount, currency),
            )
            for (debit, credit), amount in group.pairs.items()
        ],
        totals=account_totals(accounts, currency, group.pairs),
        gains=account_gains(sums.pairs, currency),
        scheduled_gains=account_gains(sums.scheduled, currency),
        state=PostingState(sums.state),
        narrative=group_narrative(
            names,
            words_of(day),
            group.pairs,
            currency,
        )
        if entered is None
        else entered.text,
    )
