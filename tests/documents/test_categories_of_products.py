"""A product's category, and what an import says of the names that it changes."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from daybook.db.engine import Database
from daybook.documents import commands
from daybook.documents.results import ImportResult
from daybook.documents.rules import Document, ProductDetails
from daybook.ledger.models import Product, ProductName
from daybook_factories import invoice, line, record, voided

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]


def sale(
    id_: str,
    name: str = "Platform",
    category: str | None = None,
    *,
    product: str = "p1",
    customer: str = "Acme",
) -> Document:
    """An invoice of a product."""
    its_line = replace(line(), product=ProductDetails(product, name, category))
    return invoice(id_, its_line, customer_name=customer)


async def product(database: Database) -> tuple[str, str | None]:
    """The name and the category of the one product."""
    async with database.reads() as session:
        found = await session.execute(select(Product.name, Product.category))
    name, category = found.one()
    return name, category


def changes(result: ImportResult) -> list[str]:
    return [renaming.words() for renaming in result.renamings.all()]


async def test_a_category_that_is_left_out_stays(database: Database) -> None:
    await record(database, sale("inv_1", category="SaaS"))

    result = await record(database, sale("inv_2"))

    assert await product(database) == ("Platform", "SaaS")
    assert changes(result) == []
    async with database.reads() as session:
        assert not (await session.scalars(select(ProductName))).all()


async def test_a_name_changes_without_the_category(database: Database) -> None:
    await record(database, sale("inv_1", category="SaaS"))
    renamed = sale("inv_2", "Platfrom")

    dry = await record(database, renamed, is_dry_run=True)
    assert await product(database) == ("Platform", "SaaS")
    result = await record(database, renamed)

    assert await product(database) == ("Platfrom", "SaaS")
    told = ["product p1: Platform is renamed Platfrom"]
    assert (changes(dry), changes(result)) == (told, told)


async def test_a_category_that_is_given_changes(database: Database) -> None:
    first = await record(database, sale("inv_1"))
    given = await record(database, sale("inv_2", category="SaaS"))
    other = await record(database, sale("inv_3", category="Plans"))

    assert await product(database) == ("Platform", "Plans")
    assert changes(first) == []
    assert changes(given) == ["product p1: Platform has the category SaaS"]
    assert changes(other) == [
        "product p1: Platform has the category Plans, no longer SaaS"
    ]


@pytest.mark.parametrize("batch", [1, 4])
async def test_lines_of_an_import_give_a_category_together(
    database: Database, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """Whichever line has it, and however many batches there are."""
    monkeypatch.setattr(commands, "BATCH", batch)
    await record(database, sale("inv_1", category="SaaS"), sale("inv_2"))

    assert await product(database) == ("Platform", "SaaS")


async def test_a_spelling_is_corrected_without_the_category(database: Database) -> None:
    """The id is the name: only when no document spells it so any more."""
    before, after = "platform", "Platform"
    first = sale("inv_1", before, "SaaS", product=before)
    await record(database, first, sale("inv_2", before, product=before))

    revised = sale("inv_1", after, product=before)
    await record(database, revised, sale("inv_2", before, product=before))
    assert await product(database) == (before, "SaaS")

    other = sale("inv_2", after, product=before)
    await record(database, revised, other)
    assert await product(database) == (after, "SaaS")


async def test_a_void_neither_names_nor_is_told(database: Database) -> None:
    await record(database, sale("inv_1", category="SaaS"))

    result = await record(database, voided(sale("inv_1", "Other", "Plans")))

    assert await product(database) == ("Platform", "SaaS")
    assert changes(result) == []


async def test_names_of_customers_are_told(database: Database) -> None:
    """The legal name apart, where it is another one."""
    await record(database, sale("inv_1"))
    other = sale("inv_2", customer="Acme Group")
    same = replace(other, customer=replace(other.customer, legal_name="Acme Ltd"))

    both = await record(database, other, is_dry_run=True)
    result = await record(database, same)

    assert changes(result) == ["customer cus_1: Acme is renamed Acme Group"]
    assert changes(both) == [
        "customer cus_1: Acme is renamed Acme Group",
        "customer cus_1: Acme has the legal name Acme Group Ltd, no longer Acme Ltd",
    ]


async def test_what_is_renamed_and_back_in_one_import_is_not_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await record(database, sale("inv_1"))
    monkeypatch.setattr(commands, "BATCH", 1)

    result = await record(database, sale("inv_2", "Other"), sale("inv_3"))

    assert await product(database) == ("Platform", None)
    assert changes(result) == []
