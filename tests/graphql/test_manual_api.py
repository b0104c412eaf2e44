"""Manual journals by the API: what is saved, shown, posted and listened to."""

import asyncio
from typing import Any

import pytest

from daybook.adjustments.commands import submit
from daybook.adjustments.rules import AdjustmentMode
from daybook.db.engine import Database
from daybook.ledger.rules import Role
from daybook.settings import Settings
from daybook_adjusting import (
    ADA,
    credit,
    debit,
    drafted,
    entered,
    moment,
    reversed_journal,
    submitted,
)
from daybook_counted import counted
from daybook_factories import ORGANISATION, invoice, lock, record
from daybook_graphql.adjustments.ids import ManualJournalId
from daybook_graphql.context import Context
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.schema import schema
from daybook_people import caller

pytestmark = pytest.mark.anyio

Ask = Any  # a fixture's type, see conftest

USD = encode(LedgerId("USD"))
MONEY = "{ amount }"
EFFECT = f"""effect {{
  date firstOpenDay month
  recognizedBefore {MONEY} recognizedChange {MONEY} recognizedAfter {MONEY}
  balances {{ account {{ role }} before {MONEY} change {MONEY} after {MONEY} }}
  changes {{ name product {{ externalId }} change {MONEY} }}
}}"""
WHOLE = f"""
  number status version kind date reversesOn narrative mode updatedAt makers reason
  actions refusal debits {MONEY} credits {MONEY} ledger {{ currency }}
  customer {{ legalName }} product {{ name }} adjusts {{ number narrative }}
  lines {{ accountName direction isDerived amount {MONEY} customer {{ name }} }}
  steps {{ kind at by version reason }} journals {{ number total {MONEY} }}
  reversalRequest {{ number }}
"""


def role(name: str, **amounts: str) -> dict[str, Any]:
    """An account's balance as the API shows it."""
    shown = {key: {"amount": amount} for key, amount in amounts.items()}
    return {"account": {"role": name}, **shown}


@pytest.mark.either_database
async def test_a_page_of_any_size_costs_the_same_statements(
    database: Database, ask: Ask
) -> None:
    await record(database, invoice())
    journal = entered(customer="cus_1", product="prod_1")
    for at in range(1, 9):
        day = f"2025-03-{at:02}"
        await submitted(database, journal, on=day)
    await drafted(database, entered(adjusts=1, mode=AdjustmentMode.REVERSE))
    await reversed_journal(database, 2)
    await database.close()  # connections that were not watched from their start
    document = f"{{ manualJournals(first: SIZE) {{ totalCount nodes {{ {WHOLE} }} }} }}"
    costs = []

    with counted(database) as seen:
        await ask(document.replace("SIZE", "1"))
        for size in (3, 9):
            seen.clear()
            answer = await ask(document.replace("SIZE", str(size)))
            assert "errors" not in answer
            costs.append(len(seen))

    assert answer["data"]["manualJournals"]["totalCount"] == 9
    assert costs[0] == costs[1] <= 30


async def test_a_posted_journal_leads_to_its_journals_and_back(
    database: Database, ask: Ask
) -> None:
    await record(database, invoice())
    adjusting = entered(
        *(debit(Role.DEFERRED, "5.00"), credit(Role.RECOGNIZED, "5.00")),
        adjusts=1,
        mode=AdjustmentMode.DIFFERENCE,
    )
    await submitted(database, adjusting)

    answer = await ask(
        """{
          manualJournal(number: 1) {
            status adjusts { number adjustedBy { number } }
            journals { number manualJournal { number } adjustedBy { number } }
          }
        }"""
    )

    assert answer == {
        "data": {
            "manualJournal": {
                "status": "POSTED",
                "adjusts": {"number": "1", "adjustedBy": [{"number": 1}]},
                "journals": [
                    {"number": "13", "manualJournal": {"number": 1}, "adjustedBy": []}
                ],
            }
        }
    }


async def test_it_tells_when_it_was_written_and_when_its_last_step_was_made(
    database: Database, ask: Ask
) -> None:
    await record(database, invoice())
    draft = await drafted(database, entered(customer="cus_1"), on="2025-03-20")
    await submit(
        *(database, ORGANISATION, draft.number),
        version=draft.version,
        now=moment("2025-03-21"),
        made_by=ADA,
    )

    answer = await ask("{ manualJournal(number: 1) { createdAt updatedAt } }")

    found = answer["data"]["manualJournal"]
    assert found["createdAt"].startswith("2025-03-20")
    assert found["updatedAt"].startswith("2025-03-21")


@pytest.mark.either_database
async def test_effects_are_those_of_drafts_and_of_what_is_posted(
    database: Database, ask: Ask
) -> None:
    await record(database, invoice())
    document = f"{{ manualJournal(number: 1) {{ {EFFECT} }} }}"
    draft = await drafted(database, entered(customer="cus_1", product="prod_1"))
    before = await ask(document)
    posting = f"""mutation {{ submitManualJournal(input: {{
      id: "{encode_manual(draft.number)}", version: 1
    }}) {{ manualJournal {{ {EFFECT} }} userErrors {{ message }} }} }}"""

    posted = (await ask(posting))["data"]["submitManualJournal"]
    await reversed_journal(database, draft.number, on="2025-06-16")
    reversed_ = await ask(document)

    effect = before["data"]["manualJournal"]["effect"]
    assert effect["recognizedBefore"] == {"amount": "100.00"}
    assert effect["recognizedChange"] == {"amount": "50.00"}
    assert effect["recognizedAfter"] == {"amount": "150.00"}
    assert effect["balances"] == [
        role("DEFERRED", before="951.55", change="-50.00", after="901.55"),
        role("RECOGNIZED", before="248.45", change="50.00", after="298.45"),
    ]
    assert posted["userErrors"] == []
    assert posted["manualJournal"]["effect"] == effect
    # What took it back since is not in it.
    assert reversed_["data"]["manualJournal"]["effect"] == effect


def encode_manual(number: int) -> str:
    """The id of a manual journal."""
    return encode(ManualJournalId(number))


@pytest.mark.either_database
async def test_a_preview_shows_what_is_missing_and_derived(
    database: Database, ask: Ask
) -> None:
    await record(database, invoice())
    await lock(database, "2025-02-28", on="2025-03-01")
    journal = "Sm91cm5hbDpVU0Q6MQ"  # Journal:USD:1

    answer = await ask(
        f"""{{
          manualJournalPreview(input: {{
            ledgerId: "{USD}", kind: CORRECTION, date: "2025-02-15", narrative: ""
            adjustsId: "{journal}", mode: REVERSE
          }}) {{
            debits {MONEY} credits {MONEY} userErrors {{ code path }}
            lines {{ account {{ role }} direction isDerived amount {MONEY} }}
            effect {{ recognizedChange {MONEY} firstOpenDay }}
          }}
          manualJournals {{ totalCount }}
        }}"""
    )

    preview = answer["data"]["manualJournalPreview"]
    assert [error["code"] for error in preview["userErrors"]] == ["MISSING", "LOCKED"]
    assert [error["path"] for error in preview["userErrors"]] == [
        ["narrative"],
        ["date"],
    ]
    assert all(line["isDerived"] for line in preview["lines"])
    assert preview["debits"] == preview["credits"] != {"amount": "0.00"}
    assert preview["effect"]["firstOpenDay"] == "2025-03-01"
    assert answer["data"]["manualJournals"] == {"totalCount": 0}


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        ("{}", [3, 2, 1]),
        ("{ status: [DRAFT] }", [3]),
        ("{ status: [] }", []),
        ("{ kind: CORRECTION }", [3, 2, 1]),
        ('{ date: { from: "2025-03-16" } }', [2]),
        ('{ search: "mj-2" }', [2]),
        ('{ search: "accru" }', [2]),
        ('{ madeBy: "eve@example.com" }', [3]),
        ('{ adjustsId: "Sm91cm5hbDpVU0Q6MQ" }', [3]),
        ("{ waitsForMe: true }", []),
    ],
)
async def test_lists_are_filtered(
    database: Database, ask: Ask, given: str, numbers: list[int]
) -> None:
    await record(database, invoice())
    await submitted(database, entered())
    await submitted(database, entered(narrative="Accrued", day="2025-03-20"))
    reverse = entered(adjusts=1, mode=AdjustmentMode.REVERSE)
    await drafted(database, reverse, by="eve@example.com")

    answer = await ask(
        f"{{ manualJournals(filter: {given}) {{ totalCount nodes {{ number }} }}"
        " manualJournalCounts { drafts posted submitted waitingForMe } }"
    )

    shown = answer["data"]["manualJournals"]
    assert [node["number"] for node in shown["nodes"]] == numbers
    assert shown["totalCount"] == len(numbers)
    assert answer["data"]["manualJournalCounts"] == {
        "drafts": 1,
        "posted": 2,
        "submitted": 0,
        "waitingForMe": 0,
    }


async def test_changes_are_told(database: Database, settings: Settings) -> None:
    await record(database, invoice())
    results: Any = await schema.stream(
        "subscription { manualJournalsChanged { lastStep isFourEyesOn } }",
        variable_values={},
        context_value=Context(database, settings, caller()),
        root_value=None,
        operation_name=None,
    )

    async with asyncio.timeout(60):
        first = await anext(results)
        await drafted(database, entered())
        second = await anext(results)
    await results.aclose()

    assert first.data == {
        "manualJournalsChanged": {"lastStep": "0", "isFourEyesOn": False}
    }
    assert second.data == {
        "manualJournalsChanged": {"lastStep": "1", "isFourEyesOn": False}
    }
