"""Which documents decide what customers and products are called."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from daybook.db.engine import Database
from daybook.documents.rules import Document, DocumentStatus
from daybook.folding import folded
from daybook.ledger.models import Customer
from daybook_factories import invoice, record

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]


def sale(number: str, name: str, customer: str | None = None) -> Document:
    """An invoice to a customer whose name is the id, unless one is stated."""
    return invoice(number, customer=customer or folded(name), customer_name=name)


def voided(document: Document) -> Document:
    return replace(document, status=DocumentStatus.VOIDED)


async def names(database: Database) -> list[str]:
    async with database.reads() as session:
        return [*await session.scalars(select(Customer.name).order_by(Customer.id))]


async def test_a_void_renames_nobody(database: Database) -> None:
    kept = sale("R-005", "Bright Inc")
    await record(database, sale("R-004", "BRIGHT INC"), kept)
    assert await names(database) == ["Bright Inc"]

    result = await record(database, voided(sale("R-004", "BRIGHT INC")), kept)

    assert result.voided.total() == 1
    assert await names(database) == ["Bright Inc"]
    again = sale("R-006", "Other", customer="bright inc")
    await record(database, voided(replace(kept, customer=again.customer)))
    assert await names(database) == ["Bright Inc"]


async def test_another_spelling_of_a_new_document_renames_nobody(
    database: Database,
) -> None:
    await record(database, sale("R-001", "Bright Inc"))

    await record(database, sale("R-002", "BRIGHT  INC"))

    assert await names(database) == ["Bright Inc"]


async def test_a_spelling_is_corrected_in_all_rows(database: Database) -> None:
    first, second = sale("R-001", "bright inc"), sale("R-002", "bright inc")
    await record(database, first, second)

    await record(database, sale("R-001", "Bright Inc"), second)
    assert await names(database) == ["bright inc"]

    await record(database, sale("R-001", "Bright Inc"), sale("R-002", "Bright Inc"))
    assert await names(database) == ["Bright Inc"]


async def test_where_ids_are_no_names_the_last_spelling_counts(
    database: Database,
) -> None:
    await record(database, sale("R-001", "bright inc", customer="cus_1"))

    await record(database, sale("R-002", "Bright Inc", customer="cus_1"))

    assert await names(database) == ["Bright Inc"]


async def test_another_name_renames(database: Database) -> None:
    await record(database, sale("R-001", "Bright Inc"))

    await record(database, sale("R-002", "Bright & Co", customer="bright inc"))

    assert await names(database) == ["Bright & Co"]
