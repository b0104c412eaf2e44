"""The audit trail and the activity log through the API."""

import json
from itertools import pairwise
from typing import Any

import pytest

from daybook.db.engine import Database
from daybook_factories import invoice, line, record, terms
from daybook_graphql.context import Context
from daybook_graphql.documents.ids import CreditNoteId, InvoiceId
from daybook_graphql.execution.operations import Operations
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import CustomerId, ProductId
from daybook_people import caller

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("locked")]

Ask = Any  # a fixture's type, see conftest

USD = encode(LedgerId("USD"))
TRAIL = """query($id: ID, $first: Int, $after: String, $last: Int, $before: String) {
  auditTrail(
    nodeId: $id, first: $first, after: $after, last: $last, before: $before
  ) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { number } }
    nodes { number action madeBy subject { kind id } details hash previousHash }
  }
}"""
LOG = TRAIL.replace("auditTrail(\n    nodeId: $id, ", "activity(").replace(
    "nodes { number action madeBy subject { kind id } details hash previousHash }",
    "nodes { number kind isFailed message madeBy ledger { currency } problemCount }",
)
LOG = LOG.replace("$id: ID, ", "")


@pytest.fixture
async def locked(database: Database, operations: Operations, settings: Any) -> None:
    """Two ledgers; in one of them five locks, then two refused."""
    await record(database, invoice())
    yen = line(its_terms=terms("1200000", currency="JPY"))
    await record(database, invoice("inv_yen", yen, currency="JPY"))
    for day in (*(f"2025-0{month}-28" for month in range(1, 6)), "bad", "bad"):
        lock = {"ledgerId": USD, "method": "CUSTOM_DATE", "lockedThrough": day}
        if day == "bad":
            lock = {"ledgerId": encode(LedgerId("EUR")), "method": "CUSTOM_DATE"}
        context = Context(database, settings, caller())
        await operations.run("SetLock", {"input": lock}, context)


async def nodes_of(ask: Ask, **variables: Any) -> list[dict[str, Any]]:
    answer = await ask(TRAIL, variables)
    found: list[dict[str, Any]] = answer["data"]["auditTrail"]["nodes"]
    return found


async def test_locks_are_listed_newest_first_and_linked(ask: Ask) -> None:
    nodes = [node for node in await nodes_of(ask) if node["action"] == "SET_LOCK"]

    assert [
        json.loads(node["details"])["after"]["lockedThrough"] for node in nodes
    ] == [f"2025-0{month}-28" for month in range(5, 0, -1)]
    assert {node["madeBy"] for node in nodes} == {"test"}
    assert nodes[0]["subject"] == {"kind": "LEDGER", "id": "USD"}
    for newer, older in pairwise(nodes):
        assert newer["previousHash"] == older["hash"]


async def test_records_of_a_ledger_are_also_those_of_its_imports(ask: Ask) -> None:
    every = await nodes_of(ask)
    of_usd = await nodes_of(ask, id=USD)
    of_yen = await nodes_of(ask, id=encode(LedgerId("JPY")))

    assert {one["number"] for one in of_yen}.isdisjoint(one["number"] for one in of_usd)
    assert len(of_usd) + len(of_yen) == len(every)
    assert {one["action"] for one in of_yen} <= {"IMPORT"}


async def test_records_of_a_document_are_those_that_recorded_it(ask: Ask) -> None:
    (record_of_it,) = await nodes_of(ask, id=encode(InvoiceId("inv_yen")))

    assert record_of_it["action"] == "IMPORT"
    assert list(json.loads(record_of_it["details"])["recordings"]) == ["JPY"]
    assert await nodes_of(ask, id=encode(CreditNoteId("inv_yen"))) == []
    assert await nodes_of(ask, id=encode(ProductId("prod_1"))) == []


@pytest.mark.either_database
async def test_nothing_is_done_to_a_customer(ask: Ask) -> None:
    answer = await ask(TRAIL, {"id": encode(CustomerId("cus_1"))})

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INVALID_ID"
    assert "no records about a Customer" in error["message"]


@pytest.mark.parametrize(
    ("document", "name"), [(TRAIL, "auditTrail"), (LOG, "activity")]
)
@pytest.mark.either_database
async def test_both_lists_are_paged_both_ways(
    ask: Ask, document: str, name: str
) -> None:
    whole = (await ask(document))["data"][name]
    numbers = [node["number"] for node in whole["nodes"]]
    assert numbers == [str(number) for number in range(len(numbers), 0, -1)]
    assert whole["totalCount"] == len(numbers) >= 5

    forward: list[str] = []
    after = None
    while len(forward) < len(numbers):
        page = (await ask(document, {"first": 2, "after": after}))["data"][name]
        forward += [edge["node"]["number"] for edge in page["edges"]]
        assert page["pageInfo"]["hasNextPage"] == (len(forward) < len(numbers))
        after = page["pageInfo"]["endCursor"]
    assert forward == numbers

    backward: list[str] = []
    before = None
    while len(backward) < len(numbers):
        page = (await ask(document, {"last": 2, "before": before}))["data"][name]
        backward = [edge["node"]["number"] for edge in page["edges"]] + backward
        assert page["pageInfo"]["hasPreviousPage"] == (len(backward) < len(numbers))
        before = page["pageInfo"]["startCursor"]
    assert backward == numbers


async def test_the_activity_log_tells_failures_too(ask: Ask) -> None:
    nodes = (await ask(LOG, {"first": 3}))["data"]["activity"]["nodes"]

    assert [
        (node["kind"], node["isFailed"], node["problemCount"]) for node in nodes
    ] == [
        ("LOCK", True, "1"),
        ("LOCK", True, "1"),
        ("LOCK", False, "0"),
    ]
    assert nodes[0]["message"] == (
        "refused: there is no ledger in 'EUR': there are JPY, USD"
    )
    assert nodes[0]["ledger"] is None
    assert nodes[2]["message"].startswith("USD ledger locked through 2025-05-28; clos")
    assert nodes[2]["ledger"] == {"currency": "USD"}
    assert nodes[2]["madeBy"] == "test"


@pytest.mark.either_database
async def test_a_lock_has_no_documents(
    operations: Operations, database: Database, settings: Any
) -> None:
    data = await operations.run(
        "Activity", {"first": 3}, Context(database, settings, caller())
    )

    for node in data["activity"]["nodes"]:
        assert node["documents"] == {"totalCount": 0, "nodes": []}
