"""How posted exports came back, by the API."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from daybook.db.engine import Database
from daybook.settings import Settings
from daybook_gl_exported import connect, exported
from daybook_gl_states import CHANGED, DOUBLED, MISSING, bring_back
from daybook_graphql.execution.operations import operation_texts
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_people import NOON

Ask = Callable[..., Awaitable[dict[str, Any]]]

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

PAGE = operation_texts()["GlReconciliationPage"]
USD = {"ledgerId": encode(LedgerId("USD")), "withMatches": True}


async def come_back(database: Database, settings: Settings, connection: int) -> None:
    """Book what was exported, after it was."""
    later = settings.model_copy(update={"now": NOON})
    await bring_back(database, later, connection, "USD")


async def found(ask: Ask, **more: Any) -> dict[str, Any]:
    answer = await ask(PAGE, {**USD, **more})
    assert "errors" not in answer, answer
    reconciliation: dict[str, Any] = answer["data"]["glReconciliation"]
    return reconciliation


async def test_states_and_what_differs_are_told(
    database: Database, settings: Settings, ask: Ask
) -> None:
    await exported(database)
    number = await connect(database, "USD")
    await come_back(database, settings, number)

    its = await found(ask)

    assert its["connection"] == {"number": number, "name": "Northwind Inc"}
    assert (its["currency"], its["fileNumbers"]) == ("USD", ["1"])
    assert [(total["state"], total["journals"]) for total in its["totals"]] == [
        ("MISSING", 1),
        ("CHANGED", 1),
        ("DOUBLED", 1),
        ("MATCHED", 4),
    ]
    missing, changed, doubled, *matched = its["matches"]["nodes"]
    assert [match["day"] for match in (missing, changed, doubled)] == [
        f"2025-01-0{place + 2}" for place in (MISSING, CHANGED, DOUBLED)
    ]
    assert (missing["booked"], missing["journalNumber"]) == ([], "1")
    # A twelfth of 1,200.00 in 31 days.
    assert changed["exported"] == [
        {"accountCode": "820", "amount": {"amount": "-3.23"}},
        {"accountCode": "200", "amount": {"amount": "3.23"}},
    ]
    (booked,) = changed["booked"]
    assert [amount["amount"]["amount"] for amount in booked["amounts"]] == [
        *("-6.46", "6.46")
    ]
    assert changed["words"] == "differs by 820 Dr 3.23, 200 Cr 3.23"
    assert doubled["words"] == "booked 2 times, by journals 5 and 6"
    assert {match["words"] for match in matched} == {""}


async def test_a_state_is_read_page_by_page(
    database: Database, settings: Settings, ask: Ask
) -> None:
    await exported(database)
    number = await connect(database, "USD")
    await come_back(database, settings, number)

    first = (await found(ask, state="MATCHED", first=3))["matches"]
    rest = (
        await found(ask, state="MATCHED", first=3, after=first["pageInfo"]["endCursor"])
    )["matches"]

    assert (len(first["nodes"]), len(rest["nodes"])) == (3, 1)
    assert first["pageInfo"]["hasNextPage"] and not rest["pageInfo"]["hasNextPage"]
    days_ = [match["day"] for match in (*first["nodes"], *rest["nodes"])]
    assert days_ == sorted(set(days_))


async def test_without_a_connection_nothing_is_compared(
    database: Database, ask: Ask
) -> None:
    await exported(database)
    await connect(database)

    its = await found(ask)

    assert (its["connection"], its["fileNumbers"]) == (None, [])
    assert its["matches"]["nodes"] == []


async def test_what_changes_is_seen_at_once(
    database: Database, settings: Settings, ask: Ask
) -> None:
    await exported(database)
    number = await connect(database, "USD")
    before = await found(ask)
    await come_back(database, settings, number)
    after = await found(ask)

    assert (before["lastJournal"], after["lastJournal"]) == (None, "7")
    assert before["totals"][0]["journals"] == 7
    assert after["totals"][0]["journals"] == 1
