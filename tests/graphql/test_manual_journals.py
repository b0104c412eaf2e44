"""Manual journals through the API: every field of them, and of what they lack."""

from typing import Any

import pytest

from daybook.db.engine import Database
from daybook_adjusting import ADA, entered, submitted
from daybook_filled import filled_new
from daybook_manual import a_ledger_with_manual_journals

pytestmark = pytest.mark.anyio

Ask = Any  # a fixture's type, see conftest

LEDGER = '{ ledger(currency: "USD") { id } }'
JOURNALS = """
query($id: ID!, $filter: JournalFilter) {
  journals(ledgerId: $id, filter: $filter, first: 10) {
    totalCount
    totals { account { role } debit { amount } credit { amount } }
    edges {
      cursor total { amount } posted { amount } scheduled { amount }
      node {
        id number month type source method narrative fullyRecognized
        document { id }
        customer { externalId name legalName }
        product { externalId name category method }
        ledger { currency }
        total { amount }
        supersededCount supersededAt supersededAfter
        movements {
          id debit { role name } credit { role name } amount { amount }
          firstDay lastDay postedOn serviceFrom serviceTo lockedThrough
          method recordedAt supersededAt narrative explanation
        }
        entries(first: 5) {
          totalCount
          nodes { id date status debit { role } credit { role } amount { amount }
            narrative }
        }
      }
    }
  }
}
"""
MANUAL = {"type": "MANUAL", "posted": {"from": "2025-03-01", "to": "2025-03-31"}}


@pytest.fixture
async def ledger(database: Database, ask: Ask) -> str:
    """The id of a ledger with manual journals."""
    await filled_new(database, a_ledger_with_manual_journals)
    return str((await ask(LEDGER))["data"]["ledger"]["id"])


async def answered(ask: Ask, document: str, **variables: Any) -> Any:
    answer = await ask(document, variables)
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


async def test_every_field_of_a_manual_journal_has_an_answer(
    ask: Ask, ledger: str
) -> None:
    data = await answered(ask, JOURNALS, id=ledger, filter=MANUAL)

    journals = data["journals"]
    nodes = [edge["node"] for edge in journals["edges"]]
    assert journals["totalCount"] == 3
    assert [edge["posted"]["amount"] for edge in journals["edges"]] == [
        *("50.00", "100.00", "25.00")
    ]
    for node in nodes:
        assert (node["type"], node["source"]) == ("MANUAL", "STANDALONE")
        assert node["method"] is node["document"] is node["product"] is None
        assert node["fullyRecognized"] is False
        assert node["total"]["amount"] == node["movements"][0]["amount"]["amount"]
        assert node["entries"]["totalCount"] == 1
    assert [node["customer"] and node["customer"]["name"] for node in nodes] == [
        *(None, "Acme", "Acme")
    ]
    assert nodes[1]["narrative"] == (
        "Manual journal for Acme, Mar 2025: 100.00 USD moved between products (MJ_2)."
    )
    (movement,) = nodes[1]["movements"]
    assert movement["debit"] == movement["credit"]
    assert movement["method"] is movement["serviceFrom"] is None
    assert movement["explanation"].endswith("No schedule stands behind it.")


async def test_its_objects_are_found_by_their_ids(ask: Ask, ledger: str) -> None:
    data = await answered(ask, JOURNALS, id=ledger, filter=MANUAL)
    node = data["journals"]["edges"][0]["node"]
    ids = [
        node["id"],
        node["movements"][0]["id"],
        node["entries"]["nodes"][0]["id"],
    ]

    found = await answered(
        ask, "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", ids=ids
    )

    assert [node["id"] for node in found["nodes"]] == ids
    assert [node["__typename"] for node in found["nodes"]] == [
        *("Journal", "Movement", "Entry")
    ]


@pytest.mark.parametrize("granularity", ["DAILY", "MONTHLY"])
async def test_groups_name_what_they_have(
    ask: Ask, ledger: str, granularity: str
) -> None:
    document = """
    query($id: ID!, $by: [JournalGrouping!]!, $how: Granularity!, $f: JournalFilter) {
      journalGroups(ledgerId: $id, by: $by, granularity: $how, filter: $f, first: 9) {
        totalCount
        nodes { key narrative customer { name } product { name }
          document { id reference } total { amount } pairs { amount { amount } }
          totals { debit { amount } } }
      }
    }
    """
    by = ["CUSTOMER", "PRODUCT", "DOCUMENT"]

    data = await answered(ask, document, id=ledger, by=by, how=granularity, f=MANUAL)

    groups = data["journalGroups"]["nodes"]
    assert data["journalGroups"]["totalCount"] == len(groups) == 3
    assert [group["customer"] and group["customer"]["name"] for group in groups] == [
        *(None, "Acme", "Acme")
    ]
    assert all(group["product"] is group["document"] is None for group in groups)
    assert groups[0]["narrative"].startswith("MJ_1, ")


async def test_documents_are_listed_without_them(ask: Ask, ledger: str) -> None:
    document = """
    query($id: ID!, $kind: [SourceKind!]) {
      sources(ledgerId: $id, kind: $kind, first: 10) {
        totalCount nodes { reference customer { name } }
      }
    }
    """

    every = await answered(ask, document, id=ledger)
    manual = await answered(ask, document, id=ledger, kind=["STANDALONE"])

    assert [node["reference"] for node in every["sources"]["nodes"]] == [
        *("INV_1", "INV_2")
    ]
    assert every["sources"]["totalCount"] == 2
    assert manual["sources"] == {"totalCount": 0, "nodes": []}


async def test_entries_and_accounts_take_them_in(ask: Ask, ledger: str) -> None:
    document = """
    query($id: ID!, $filter: JournalFilter) {
      entries(ledgerId: $id, filter: $filter, first: 10) {
        totalCount nodes { date amount { amount } narrative }
      }
      ledger(id: $id) { accounts { role balance { amount } } }
    }
    """

    data = await answered(ask, document, id=ledger, filter=MANUAL)

    assert data["entries"]["totalCount"] == 3
    standing = {
        account["role"]: account["balance"]["amount"]
        for account in data["ledger"]["accounts"]
    }
    assert standing["BILLED"] == "2425.00"


TOLD = """
query($id: ID!, $filter: JournalFilter) {
  journals(ledgerId: $id, filter: $filter, first: 10) {
    nodes { narrative movements { narrative explanation } }
  }
  journalGroups(
    ledgerId: $id, filter: $filter, by: [DOCUMENT], granularity: MONTHLY, first: 10
  ) {
    nodes { narrative }
  }
}
"""


async def test_a_journal_is_told_in_the_words_of_who_entered_it(
    ask: Ask, database: Database, ledger: str
) -> None:
    await submitted(database, entered(narrative="Moved by hand"))
    wanted = {**MANUAL, "search": "MJ-1"}

    data = await answered(ask, TOLD, id=ledger, filter=wanted)

    (journal,) = data["journals"]["nodes"]
    (group,) = data["journalGroups"]["nodes"]
    (movement,) = journal["movements"]
    told = {journal["narrative"], group["narrative"], movement["narrative"]}
    assert told == {"Moved by hand"}
    assert movement["explanation"] == (
        f"Manual journal MJ-1 by {ADA}, posted on 20 Mar 2025: Moved by hand."
    )
