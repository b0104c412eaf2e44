"""Pages of journal groups, with the customers, products and documents they name."""

from collections.abc import Sequence
from typing import Any

from daybook.calendar import FIRST_DAY, LAST_DAY, day_words, month_of
from daybook.ledger.pins import Pin
from daybook.reports.documents import documents_by_number
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Granularity as StoredGranularity
from daybook.reports.journals.group_keys import Grouping, in_order
from daybook.reports.journals.groups import (
    GroupedBy,
    count_groups,
    customers_by_number,
    find_groups,
    products_by_number,
)
from daybook.reports.journals.groups import JournalGroup as StoredGroup
from daybook.reports.journals.narratives import group_narrative, month_words
from daybook.reports.journals.totals import pair_totals
from daybook_graphql.context import Info
from daybook_graphql.documents.loading import documents_of
from daybook_graphql.documents.types import customer_of, product_of
from daybook_graphql.execution.selected import Selected
from daybook_graphql.journals.enums import Granularity, JournalGrouping
from daybook_graphql.journals.loading import accounts_at
from daybook_graphql.journals.types import (
    JournalGroup,
    JournalGroupConnection,
    JournalGroupEdge,
    PairTotal,
)
from daybook_graphql.kit.money import money
from daybook_graphql.kit.paging import (
    PageArguments,
    connection_of,
    no_cursor,
    page_request,
)
from daybook_graphql.kit.scalars import Date
from daybook_graphql.ledgers.accounts import account_totals


async def group_page(
    info: Info,
    pin: Pin,
    conditions: JournalFilter,
    by: Sequence[JournalGrouping],
    granularity: Granularity,
    page: PageArguments,
) -> JournalGroupConnection:
    """A page of journal groups, their number and totals."""
    grouped = GroupedBy(
        in_order(Grouping[one.name] for one in by),
        StoredGranularity[granularity.name],
    )
    request = page_request(_shape(grouped), **page)
    if request.key is not None and not FIRST_DAY <= request.key[0] <= LAST_DAY:
        raise no_cursor("before" if request.is_backward else "after")
    wanted = Selected.of(info)
    below = wanted.below("nodes") | wanted.below("edges").below("node")
    count, totals = 0, {}
    async with info.context.database.pinned_reads() as session:
        found = await find_groups(session, pin, conditions, grouped, request)
        named = await _Named.of(session, pin, found.items, below)
        if "totalCount" in wanted:
            count = await count_groups(session, pin, conditions, grouped)
        if "totals" in wanted:
            totals = await pair_totals(session, pin, conditions)
    accounts = await accounts_at(info.context, pin)
    nodes = [_group_of(pin, grouped, one, named, accounts) for one in found.items]
    return connection_of(
        (JournalGroupConnection, JournalGroupEdge),
        found,
        nodes,
        lambda one: (one.key.first_day, *one.key.parts),
        total_count=count,
        totals=account_totals(accounts, pin.currency, totals),
    )


def _shape(grouped: GroupedBy) -> tuple[type, ...]:
    """The types of a cursor's parts: the period, then those of the key."""
    parts: dict[Grouping, tuple[type, ...]] = {
        Grouping.CUSTOMER: (str,),
        Grouping.PRODUCT: (str,),
        Grouping.DOCUMENT: (int, str),
    }
    return (int, *(part for one in grouped.by for part in parts[one]))


class _Named:
    """Who and what a page's groups name, by Daybook's own numbers."""

    def __init__(self, customers: Any, products: Any, documents: Any) -> None:
        self.customers = customers
        self.products = products
        self.documents = documents

    @classmethod
    async def of(
        cls, session: Any, pin: Pin, groups: Sequence[StoredGroup], wanted: Selected
    ) -> "_Named":
        """Look up all that is named, at the pin."""
        customers = {one.customer_id for one in groups} - {None}
        products = {one.product_id for one in groups} - {None}
        numbers = [one.document_id for one in groups if one.document_id is not None]
        found = list((await documents_by_number(session, pin, numbers)).values())
        made = await documents_of(session, pin, found, wanted.below("document"))
        return cls(
            await customers_by_number(session, pin, [one for one in customers if one]),
            await products_by_number(session, pin, [one for one in products if one]),
            {row.id: (row, one) for row, one in zip(found, made, strict=True)},
        )


def _group_of(
    pin: Pin, grouped: GroupedBy, group: StoredGroup, named: _Named, accounts: Any
) -> JournalGroup:
    customer = named.customers.get(group.customer_id)
    product = named.products.get(group.product_id)
    row, document = named.documents.get(group.document_id, (None, None))
    day, currency = group.key.first_day, pin.currency
    is_daily = grouped.granularity is StoredGranularity.DAILY
    names = [one.name for one in (customer, product) if one]
    if row is not None:
        names.append(row.number)
    posted = sum(group.posted.values())
    return JournalGroup(
        key=group.key.text(grouped.by, grouped.granularity),
        period=Date(day),
        customer=customer
        and customer_of(
            customer.external_id, customer.name, customer.more or customer.name
        ),
        product=product and product_of(product.external_id, product.name, product.more),
        document=document,
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
        narrative=group_narrative(
            names,
            day_words(day) if is_daily else month_words(month_of(day)),
            group.pairs,
            currency,
        ),
    )
