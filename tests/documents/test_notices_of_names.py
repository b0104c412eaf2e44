"""A customer that gets a former name back: taken, with a notice."""

from dataclasses import replace

import pytest

from daybook.db.engine import Database
from daybook.documents.rules import Document
from daybook_factories import invoice, record

pytestmark = pytest.mark.anyio


def named(id_: str, name: str, at: int | None = None) -> Document:
    return invoice(id_, customer_name=name, line_in_file=at)


async def test_an_old_name_in_a_revision_is_told(database: Database) -> None:
    await record(database, named("inv_1", "Acme"), named("inv_2", "Acme"))
    renamed = await record(database, named("inv_1", "Acme Group"))
    same = await record(database, named("inv_1", "Acme Group"), named("inv_2", "Acme"))
    evening = [named("inv_1", "Acme", 1), named("inv_2", "Acme", 2)]
    dry = await record(database, *evening, is_dry_run=True)
    back = await record(database, *evening)
    again = await record(database, *evening)

    assert [result.notices for result in (renamed, same, again)] == [[], [], []]
    assert [str(notice) for notice in back.notices] == [
        (
            "line 1: customer.name: customer 'cus_1' is called 'Acme' again, and no"
            " longer 'Acme Group': the document that was recorded or revised last"
            " decides, so send all of a customer's documents with one name; the"
            " document was recorded [FORMER_NAME]"
        )
    ]
    assert dry.notices == back.notices


async def test_each_customer_is_told_once_and_a_new_name_not(
    database: Database,
) -> None:
    for name in ("A", "B", "A", "C", "B"):
        result = await record(database, named("inv_1", name))
    other = invoice("inv_2", customer="cus_2", customer_name="A")
    await record(database, other)
    new = await record(database, named("inv_1", "D"))

    (notice,) = result.notices
    assert notice.value == "'B' (for 'C')"
    assert new.notices == []


async def test_a_legal_name_counts_too(database: Database) -> None:
    first = named("inv_1", "Acme")
    details = replace(first.customer, legal_name="Acme Inc")
    second = replace(first, customer=details)
    for document in (first, second):
        assert (await record(database, document)).notices == []

    (notice,) = (await record(database, first)).notices

    assert notice.path == ("customer", "legal_name")
    assert notice.value == "'Acme Ltd' (for 'Acme Inc')"


async def test_two_ways_within_an_import_are_told(database: Database) -> None:
    """The later of two batches renames back what the earlier one renamed."""
    await record(database, named("inv_1", "Acme"))
    many = (
        invoice(f"inv_{number}", customer=f"cus_{number}") for number in range(2, 4_100)
    )

    result = await record(
        database,
        named("inv_0", "Acme Group"),
        *many,
        named("inv_1", "Acme"),
        named("inv_9999", "Acme"),
    )

    (notice,) = result.notices
    assert notice.value == "'Acme' (for 'Acme Group')"
