"""Journal groups: their keys, their sums, and pages of them."""

from collections import Counter
from functools import partial
from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import first_day_of, month_of, parse_day
from daybook.db.engine import Database
from daybook.ledger.rules import Role, SourceKind
from daybook.paging import Page, PageRequest
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import (
    Granularity,
    Grouping,
    GroupKey,
    in_order,
)
from daybook.reports.journals.groups import (
    GroupedBy,
    JournalGroup,
    count_groups,
    customers_by_number,
    find_groups,
    products_by_number,
)
from daybook.reports.journals.totals import pair_totals
from daybook_factories import invoice, pin, record
from daybook_history import RECORDINGS, History, Known, filters, lets_pass, reads

pytestmark = pytest.mark.anyio

SUBSETS = [
    in_order(some)
    for some in chain.from_iterable(combinations(Grouping, n) for n in range(4))
]
groupings = st.builds(
    GroupedBy, st.sampled_from(SUBSETS), st.sampled_from([*Granularity, None])
)
CUSTOMER, PRODUCT, DOCUMENT = Grouping


def key_of(known: Known, grouped: GroupedBy, wanted: JournalFilter) -> GroupKey:
    """The key of an entry's group, by its texts."""
    _, customer, _, product, _, document = known.texts
    parts: dict[Grouping, tuple[str | int, ...]] = {
        CUSTOMER: (customer,),
        PRODUCT: (product,),
        DOCUMENT: (known.source, document),
    }
    day = known.entry[2]
    if grouped.granularity is Granularity.MONTHLY:
        day = first_day_of(month_of(day))
    if grouped.granularity is None:
        day = wanted.first_day()
    return GroupKey(day, tuple(part for one in grouped.by for part in parts[one]))


@reads
@given(filters(), groupings, st.integers(0, RECORDINGS))
async def test_groups_sum_the_entries_that_pass(
    history: History, wanted: JournalFilter, grouped: GroupedBy, recording: int
) -> None:
    at = await history.at(recording)
    divide = at.today if wanted.on is None else wanted.on
    totals: Counter[tuple[GroupKey, Role, Role]] = Counter()
    posted: Counter[GroupKey] = Counter()
    for one in await history.known(recording):
        if lets_pass(wanted, at, one):
            key, (_, _, day, debit, credit, amount) = (
                key_of(one, grouped, wanted),
                one.entry,
            )
            totals[key, debit, credit] += amount
            posted[key] += amount if day <= divide else 0

    async with history.database.reads() as session:
        page = await find_groups(session, at, wanted, grouped, PageRequest(10_000))
        count = await count_groups(session, at, wanted, grouped)
        whole = await pair_totals(session, at, wanted)

    found = {
        (group.key, *pair): amount
        for group in page.items
        for pair, amount in group.pairs.items()
    }
    assert found == dict(totals)
    assert {item.key: sum(item.posted.values()) for item in page.items} == {
        key: posted[key] for key, *_ in totals
    }
    keys = [item.key for item in page.items]
    assert keys == sorted(set(keys))
    assert count == len(keys)
    summed: Counter[tuple[object, ...]] = Counter()
    for group in page.items:
        summed.update(group.pairs)
    assert dict(summed) == whole


@reads
@given(filters(), groupings, st.integers(1, 30), st.booleans())
async def test_pages_of_groups_put_together_are_the_whole_list(
    history: History,
    wanted: JournalFilter,
    grouped: GroupedBy,
    size: int,
    is_backward: bool,  # noqa: FBT001  (drawn, and named in the failing example)
) -> None:
    async with history.database.reads() as session:
        find = partial(find_groups, session, history.pin, wanted, grouped)
        whole = await find(PageRequest(10_000))
        size = size if len(whole.items) < 60 else 10 * size
        items: list[JournalGroup] = []
        key: tuple[object, ...] | None = None
        while True:
            page: Page[JournalGroup] = await find(PageRequest(size, key, is_backward))
            items = page.items + items if is_backward else items + page.items
            if not (page.has_previous if is_backward else page.has_next):
                break
            last = page.items[0 if is_backward else -1].key
            key = (last.first_day, *last.parts)

    assert items == whole.items


async def test_products_within_a_group_sum_to_it(history: History) -> None:
    grouped = GroupedBy((CUSTOMER,), Granularity.MONTHLY)
    async with history.database.reads() as session:
        page = await find_groups(
            session,
            history.pin,
            JournalFilter(),
            grouped,
            PageRequest(3),
            has_products=True,
        )

    for group in page.items:
        summed: Counter[object] = Counter()
        for at, amount in group.by_product.items():
            summed[at.pair] += amount
        assert dict(summed) == group.pairs


async def test_ids_sort_by_their_bytes_on_every_database(database: Database) -> None:
    ids = ["a", "B", "ä", "Z", "a/b", "a b", "10", "9"]
    await record(
        database, *(invoice(f"inv_{at}", customer=one) for at, one in enumerate(ids))
    )
    at = await pin(database)
    grouped = GroupedBy((CUSTOMER,), Granularity.MONTHLY)

    async with database.reads() as session:
        wanted = JournalFilter(posted_to=parse_day("2025-01-31"))
        page = await find_groups(session, at, wanted, grouped, PageRequest(100))

    found = [item.key.parts[0] for item in page.items]
    assert found == sorted(ids, key=lambda one: str(one).encode())


async def test_names_are_those_of_the_pin(history: History) -> None:
    before = await history.at(5)
    async with history.database.reads() as session:
        names = [
            {
                one.external_id: one.name
                for find in (customers_by_number, products_by_number)
                for one in (await find(session, at, range(9))).values()
            }
            for at in (before, history.pin)
        ]

    assert [name["ÄB"] for name in names] == ["Große Acme", "Kleine Acme"]
    assert [name["p2"] for name in names] == ["Platform", "Renamed"]


DAY = parse_day("2025-10-03")


@pytest.mark.parametrize(
    ("by", "granularity", "parts", "text"),
    [
        ((), Granularity.MONTHLY, (), "2025-10"),
        ((), Granularity.DAILY, (), "2025-10-03"),
        ((CUSTOMER,), Granularity.MONTHLY, ("cus_1",), "2025-10/cus_1"),
        (
            *((CUSTOMER, PRODUCT), Granularity.DAILY, ("cus_1", "prod_2")),
            "2025-10-03/cus_1/prod_2",
        ),
        (
            *((DOCUMENT,), Granularity.MONTHLY),
            *((int(SourceKind.CREDIT_NOTE), "a/b%"), "2025-10/credit_note:a%2Fb%25"),
        ),
        ((CUSTOMER,), Granularity.MONTHLY, ("Ä b\n",), "2025-10/Ä b%0A"),
        ((), None, (), "total"),
        ((CUSTOMER, PRODUCT), None, ("cus_1", "prod_2"), "total/cus_1/prod_2"),
    ],
)
def test_keys_are_stable_text(
    by: tuple[Grouping, ...],
    granularity: Granularity | None,
    parts: tuple[str | int, ...],
    text: str,
) -> None:
    assert GroupKey(DAY, parts).text(by, granularity) == text


own_ids = st.text(alphabet="a/%2F:", max_size=4)


@given(st.tuples(own_ids, own_ids), st.tuples(own_ids, own_ids))
def test_no_two_keys_are_the_same_text(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    by = (CUSTOMER, PRODUCT)
    texts = {GroupKey(DAY, some).text(by, Granularity.DAILY) for some in (one, other)}

    assert len(texts) == len({one, other})


def test_groupings_have_one_order() -> None:
    assert in_order([PRODUCT, CUSTOMER, PRODUCT]) == (CUSTOMER, PRODUCT)
