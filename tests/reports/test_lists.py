"""Lists of documents, customers and products, and what a ledger spans."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol, TypeVar

import pytest

from daybook.calendar import day_text, month_text, parse_day
from daybook.documents.rules import DocumentStatus
from daybook.ledger.models import Customer, Product
from daybook.ledger.rules import SourceKind
from daybook.paging import Page, PageRequest
from daybook.recognition.rules import Method
from daybook.reports.document_details import lines_of, totals_of
from daybook.reports.documents import (
    DocumentFilter,
    count_documents,
    documents_by_id,
    documents_by_number,
    find_documents,
)
from daybook.reports.journals.queries import recordings_of
from daybook.reports.journals.totals import months_with_journals
from daybook.reports.parties import (
    PartyFilter,
    count_parties,
    find_parties,
    parties_by_id,
)
from daybook_factories import noon, usd
from daybook_history import RECORDINGS, History

pytestmark = pytest.mark.anyio


class Numbered(Protocol):
    """What is keyed by a number."""

    @property
    def id(self) -> int: ...


Item = TypeVar("Item", bound=Numbered)


async def both_ways(
    find: Callable[[PageRequest], Awaitable[Page[Item]]], size: int
) -> list[Item]:
    """The whole list, for which pages from its start and its end must agree."""
    page = await find(PageRequest(size))
    forwards = page.items
    while page.has_next:
        page = await find(PageRequest(size, (page.items[-1].id,)))
        forwards = forwards + page.items
    page = await find(PageRequest(size, None, is_backward=True))
    backwards = page.items
    while page.has_previous:
        page = await find(PageRequest(size, (page.items[0].id,), is_backward=True))
        backwards = page.items + backwards
    assert forwards == backwards
    return forwards


@pytest.mark.parametrize("size", [1, 2, 10])
async def test_documents_are_listed_in_the_order_of_recording(
    history: History, size: int
) -> None:
    before = await history.at(5)
    async with history.database.reads() as session:
        found = partial(find_documents, session, before)
        every = await both_ways(partial(found, DocumentFilter()), size)
        notes = await both_ways(
            partial(found, DocumentFilter([SourceKind.CREDIT_NOTE], " ")), size
        )
        zed = await both_ways(partial(found, DocumentFilter(search="zED")), size)
        early = await find_documents(
            session, before._replace(recording=1), DocumentFilter(), PageRequest(9)
        )
        count = await count_documents(session, before, DocumentFilter(search="cn_"))

    ids = [one.external_id for one in every]
    assert ids == ["inv_1", "inv_2", "inv_3", "cn_0", "cn_1", "cn_2"]
    assert [note.external_id for note in notes] == ids[3:]
    assert [one.external_id for one in zed] == ["inv_2"]
    assert [item.external_id for item in early.items] == ids[:2]
    assert count == 3


async def test_a_document_names_its_customer_and_its_parent(history: History) -> None:
    before = await history.at(5)
    async with history.database.reads() as session:
        by_number = await documents_by_number(session, before, [4, 4, 99])
        by_id = await documents_by_id(
            session, before, SourceKind.INVOICE, ["inv_3", "eur", "cn_0"]
        )

    (note,), (invoice,) = by_number.values(), by_id
    assert (note.external_id, note.parent_id) == ("cn_0", 1)
    assert day_text(note.accounting_date) == "2025-04-01"
    assert (invoice.customer_external_id, invoice.customer_name) == ("ÄB", "Große Acme")
    assert invoice.parent_id is None


async def test_a_document_is_what_it_was_at_the_pin(history: History) -> None:
    before, now = await history.at(5), history.pin
    wanted = (SourceKind.INVOICE, ["inv_2", "inv_late"])
    async with history.database.reads() as session:
        (then,) = (await documents_by_id(session, before, *wanted))[:1]
        (revised, late) = await documents_by_id(session, now, *wanted)
        lines = [await lines_of(session, at, [then.id]) for at in (before, now)]
        totals = [await totals_of(session, at, [then.id]) for at in (before, now)]

    assert (then.number, revised.number) == ("INV_2", "Renumbered")
    assert DocumentStatus(revised.status) is DocumentStatus.FINAL
    assert DocumentStatus(late.status) is DocumentStatus.VOIDED
    assert [[one.amount for one in some[then.id]] for some in lines] == [[31], [62]]
    assert totals == [{then.id: 31}, {then.id: 62}]


async def test_lines_come_with_their_terms_and_total(history: History) -> None:
    async with history.database.reads() as session:
        lines = await lines_of(session, history.pin, [3, 4])
        totals = await totals_of(session, history.pin, [3, 4])

    minus, point = lines[3]
    assert (minus.product_external_id, minus.amount) == ("50%_off", -usd("80.00"))
    assert point.method == Method.POINT_IN_TIME
    assert point.recognized_on == parse_day("2025-05-01")
    (credited,) = lines[4]
    assert (credited.amount, credited.credits_id) == (usd("300.00"), 1)
    assert totals == {3: usd("9.99") - usd("80.00"), 4: usd("300.00")}


@pytest.mark.parametrize("size", [1, 2, 10])
async def test_customers_and_products_are_listed_by_name(
    history: History, size: int
) -> None:
    async with history.database.reads() as session:
        customers = await both_ways(
            partial(find_parties, session, Customer, 1, PartyFilter()), size
        )
        products = await both_ways(
            partial(find_parties, session, Product, 1, PartyFilter("P")), size
        )
        found = await parties_by_id(session, Customer, 1, ["ÄB", "no"])
        others = await count_parties(session, Customer, 2, PartyFilter())
        count = await count_parties(session, Product, 1, PartyFilter("50%"))

    # Two have the same name, and stand in the order in which they came.
    assert [customer.external_id for customer in customers] == ["cus_1", "Zed", "ÄB"]
    assert [customer.name for customer in customers] == ["Acme", "Acme", "Kleine Acme"]
    assert [product.external_id for product in products] == ["prod_1", "50%_off", "p2"]
    assert found["ÄB"].more == "Kleine Acme Ltd"
    assert (others, count) == (0, 1)


async def test_a_ledger_spans_the_months_of_its_journals(history: History) -> None:
    async with history.database.reads() as session:
        months = await months_with_journals(session, history.pin)
        empty = history.pin._replace(recording=0)
        assert await months_with_journals(session, empty) is None
        found = await recordings_of(session, history.pin.ledger_id, range(99))

    assert months is not None
    assert list(map(month_text, months)) == ["2025-01", "2025-12"]
    assert sorted(found) == list(range(1, RECORDINGS + 1))
    assert found[3].recorded_at == noon(parse_day("2025-04-01"))
