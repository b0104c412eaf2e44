"""Importing invoices: recorded once, in one piece, into numbered journals."""

from collections import Counter

import pytest
from sqlalchemy import select

from daybook.calendar import month_of, month_text, parse_day
from daybook.db.engine import Database
from daybook.documents.results import ImportResult
from daybook.errors import Rejected
from daybook.ledger.models import Customer, Ledger, Product
from daybook.ledger.rules import Role, SourceKind
from daybook_factories import credit_note, invoice, line, record, terms, usd
from daybook_history import make_history
from daybook_services.database import AT_ANY_TIME, NewDatabase
from daybook_stored import dump_without_salts, entries, journals, posted

pytestmark = pytest.mark.anyio

Q1 = ("2025-01-01", "2025-03-31")


async def test_an_annual_invoice_makes_a_journal_a_month(database: Database) -> None:
    result = await record(database, invoice())

    assert result == ImportResult(
        Counter({SourceKind.INVOICE: 1, SourceKind.CREDIT_NOTE: 0}),
        unchanged=0,
        journals=12,
        movements=13,
    )
    found = await journals(database)
    assert [one.number for one in found] == list(range(1, 13))
    assert [month_text(one.month) for one in found] == [
        f"2025-{month:02}" for month in range(1, 13)
    ]
    assert len(await entries(database)) == 365 + 1


async def test_amounts_are_those_of_the_rules(database: Database) -> None:
    twelve = line(its_terms=terms("12,000.00", accounting_date="2025-02-10"))
    await record(database, invoice("inv_1", twelve, accounting_date="2025-02-10"))

    net = await posted(database)

    by_pair: dict[tuple[Role, Role], int] = {}
    for (*_, debit, credit), amount in net.items():
        by_pair[debit, credit] = by_pair.get((debit, credit), 0) + amount
    assert by_pair == {
        (Role.BILLED, Role.UNBILLED): usd("1,321.39"),
        (Role.BILLED, Role.DEFERRED): usd("10,678.61"),
        (Role.UNBILLED, Role.RECOGNIZED): usd("1,321.39"),
        (Role.DEFERRED, Role.RECOGNIZED): usd("10,678.61"),
    }


async def test_journals_are_numbered_by_month_customer_product_document(
    database: Database,
) -> None:
    quarter = terms("300.00", Q1)
    await record(
        database,
        invoice("b", line(product="p2", its_terms=quarter), customer="c1"),
        invoice(
            "a",
            line("1", product="p2", its_terms=quarter),
            line("2", product="p1", its_terms=quarter),
            line("3", product="p2", its_terms=quarter),
            customer="c1",
        ),
        invoice("c", line(product="p1", its_terms=quarter), customer="C2"),
    )

    async with database.reads() as session:
        rows = await session.execute(
            select(Customer.id, Customer.external_id).union_all(
                select(Product.id + 100, Product.external_id)
            )
        )
        names = {row[0]: row[1] for row in rows}
    documents = {1: "b", 2: "a", 3: "c"}
    order = [
        (
            month_text(journal.month),
            names[100 + journal.product_id],
            documents[journal.document_id],
        )
        for journal in await journals(database)
    ]
    assert order == [
        (month, product, document)
        for month in ("2025-01", "2025-02", "2025-03")
        for product, document in [("p1", "c"), ("p1", "a"), ("p2", "a"), ("p2", "b")]
    ]


async def test_lines_of_one_product_share_their_documents_journals(
    database: Database,
) -> None:
    month = terms("31.00", ("2025-01-01", "2025-01-31"))
    await record(
        database,
        invoice("inv_1", line("1", its_terms=month), line("2", its_terms=month)),
    )

    assert len(await journals(database)) == 1
    net = await posted(database)
    key = ("inv_1", "prod_1", parse_day("2025-01-05"), Role.DEFERRED, Role.RECOGNIZED)
    assert net[key] == usd("2.00")


async def test_numbers_go_on_without_a_gap(database: Database) -> None:
    await record(database, invoice("inv_1"), invoice("inv_2", customer="cus_2"))
    with pytest.raises(Rejected):
        await record(database, invoice("inv_3"), credit_note(invoice_id="none"))
    await record(database, invoice("inv_3"), is_dry_run=True)
    await record(database, invoice("inv_3", accounting_date="2025-02-01"))

    assert [journal.number for journal in await journals(database)] == list(
        range(1, 37)
    )


async def test_the_last_document_settles_the_names(database: Database) -> None:
    first = invoice("inv_1", line(product_name="Old"), customer_name="Old")
    await record(database, first, invoice("inv_2", line(product_name="Mid")))
    await record(
        database,
        invoice("inv_3", line(product_name="Between"), customer_name="Between"),
        invoice("inv_4", line(product_name="Last"), customer_name="Last"),
    )
    await record(database, first)

    async with database.reads() as session:
        customers = (await session.scalars(select(Customer))).all()
        products = (await session.scalars(select(Product))).all()
    assert [(customer.name, customer.legal_name) for customer in customers] == [
        ("Last", "Last Ltd")
    ]
    assert [product.name for product in products] == ["Last"]


async def test_each_currency_has_its_ledger(database: Database) -> None:
    yen = line(its_terms=terms("1200", currency="JPY"))
    await record(
        database, invoice("usd"), invoice("jpy", yen, currency="JPY"), invoice("usd_2")
    )

    async with database.reads() as session:
        ledgers = await session.scalars(select(Ledger).order_by(Ledger.currency))
        found = [
            (ledger.currency, ledger.decimals, ledger.journals) for ledger in ledgers
        ]
    assert found == [("JPY", 0, 12), ("USD", 2, 24)]
    assert {row[0] for row in await entries(database, "JPY")} == set(range(1, 13))


async def test_a_line_of_nothing_is_kept_and_makes_no_journal(
    database: Database,
) -> None:
    result = await record(database, invoice("inv_1", line(its_terms=terms("0.00"))))

    assert result.recorded[SourceKind.INVOICE] == 1
    assert await journals(database) == []


async def test_a_month_without_a_share_has_no_journal(database: Database) -> None:
    # 0.02 over three months: the last month takes the rest of one each.
    await record(database, invoice("inv_1", line(its_terms=terms("0.01", Q1))))

    found = [journal.month for journal in await journals(database)]
    assert found == [month_of(parse_day(one)) for one in ("2025-01-01", "2025-03-31")]


async def test_texts_of_all_kinds_come_back_and_sort_alike(database: Database) -> None:
    ids = [
        "Z",
        "a",
        "ä",
        "É",
        "z",
        "🦊",
        "\N{CJK UNIFIED IDEOGRAPH-4E2D}",
        "A b",
        "a'b",
        "%_",
    ]
    month = terms("1.00", ("2025-01-01", "2025-01-31"))
    await record(
        database,
        *(
            invoice(
                one, line(product=one, product_name=one, its_terms=month), customer=one
            )
            for one in ids
        ),
    )

    async with database.reads() as session:
        stored = await session.scalars(
            select(Customer.external_id).order_by(Customer.external_id)
        )
        assert list(stored) == sorted(ids)
    numbered = [row[6] for row in await entries(database)]
    assert list(dict.fromkeys(numbered)) == sorted(ids)


async def test_both_databases_hold_the_same(
    new_sqlite: NewDatabase, new_postgresql: NewDatabase
) -> None:
    databases = [
        Database(new_sqlite(), AT_ANY_TIME),
        Database(new_postgresql(), AT_ANY_TIME),
    ]

    for database in databases:
        await make_history(database)

    one, other = [await dump_without_salts(database) for database in databases]
    assert one == other
    assert len(one["movements"]) > 50
    for database in databases:
        await database.close()


async def test_a_last_day_may_be_less_than_the_days_before_it(
    database: Database,
) -> None:
    # 30 x 0.52 + 0.40, of which the last day stands alone behind the billing.
    january = terms("16.00", ("2025-01-01", "2025-01-31"))
    await record(
        database,
        invoice("inv_1", line(its_terms=january), accounting_date="2025-01-31"),
    )

    last = parse_day("2025-01-31")
    net = await posted(database)
    assert net["inv_1", "prod_1", last, Role.DEFERRED, Role.RECOGNIZED] == usd("0.40")
    assert net["inv_1", "prod_1", last, Role.BILLED, Role.UNBILLED] == usd("15.60")


async def test_a_large_import_is_recorded_like_any_other(database: Database) -> None:
    # So large that the database's planner is told of it.
    invoices = [invoice(f"inv_{at}", customer=f"cus_{at % 7}") for at in range(520)]

    result = await record(database, *invoices)

    assert result.movements == 520 * 13
    assert [journal.number for journal in await journals(database)] == list(
        range(1, 6241)
    )
