"""Answering with one connection: who waits for a second one holds none."""

import asyncio
from typing import Any

import pytest

from daybook.db.engine import Database
from daybook.settings import Settings
from daybook_factories import invoice, record
from daybook_graphql.context import Context
from daybook_graphql.documents.ids import InvoiceId
from daybook_graphql.exports.ids import ExportJobId
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import CustomerId, ProductId
from daybook_graphql.schema import schema
from daybook_jobs import ask
from daybook_people import caller

pytestmark = pytest.mark.anyio

SECONDS = 60
TOTALS = "journals(first: 1) { totals { account { name } } }"


async def answers(
    database: Database, settings: Settings, document: str, times: int, **given: Any
) -> list[Any]:
    """What so many who ask at the same time are answered."""
    async with asyncio.timeout(SECONDS):
        results = await asyncio.gather(
            *(
                schema.execute(
                    document,
                    variable_values=given,
                    context_value=Context(database, settings, caller()),
                )
                for _ in range(times)
            )
        )
    assert [result.errors for result in results] == [None] * times
    return [result.data for result in results]


async def test_many_ask_for_totals_at_once(
    scarce_database: Database, settings: Settings
) -> None:
    await record(scarce_database, invoice())
    ledger = encode(LedgerId("USD"))
    document = f'{{ {TOTALS.replace("first", f"""ledgerId: "{ledger}", first""")} }}'

    found = await answers(scarce_database, settings, document, 20)

    names = {"Deferred Revenue", "Recognized Revenue", "Billed Revenue"}
    names.add("Unbilled Revenue")
    for one in found:
        assert {its["account"]["name"] for its in one["journals"]["totals"]} <= names
        assert one["journals"]["totals"]


async def test_many_nodes_ask_for_totals_at_once(
    scarce_database: Database, settings: Settings
) -> None:
    await record(scarce_database, *(invoice(f"inv_{at}") for at in range(20)))
    ids = [encode(InvoiceId(f"inv_{at}")) for at in range(20)]
    document = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ...on Invoice {{ {TOTALS}"
    document += " } } }"

    (found,) = await answers(scarce_database, settings, document, 1, ids=ids)

    assert all(node["journals"]["totals"] for node in found["nodes"])


async def test_nodes_of_every_type_at_once(
    scarce_database: Database, settings: Settings
) -> None:
    await record(scarce_database, invoice())
    await ask(scarce_database)
    document = """{ journals(ledgerId: "%s", first: 1) { nodes {
      id movements { id } entries(first: 1) { nodes { id } } } } }"""
    ledger = encode(LedgerId("USD"))
    (found,) = await answers(scarce_database, settings, document % ledger, 1)
    (journal,) = found["journals"]["nodes"]
    ids = [
        ledger,
        journal["id"],
        journal["movements"][0]["id"],
        journal["entries"]["nodes"][0]["id"],
        encode(CustomerId("cus_1")),
        encode(ProductId("prod_1")),
        encode(InvoiceId("inv_1")),
        encode(ExportJobId(1)),
    ]
    document = """query($ids: [ID!]!) { nodes(ids: $ids) { id
      ... on Movement { narrative } ... on Entry { debit { name } } } }"""

    found = await answers(scarce_database, settings, document, 5, ids=ids)

    for one in found:
        assert [node and node["id"] for node in one["nodes"]] == ids
