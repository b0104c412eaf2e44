"""Refreshes of the dataset by the API: asked for, cancelled, listened to, and found."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from daybook.access.organisations import add_organisation
from daybook.connections.commands import Author, add_connection, update_connection
from daybook.connections.rules import ConnectionPatch, ConnectionSettings
from daybook.db.engine import Database
from daybook.gl.kinds import Kind
from daybook.gl.refreshing import Asked, request_refresh
from daybook.gl.working import work_off
from daybook.reports.audit import verify
from daybook.settings import Settings
from daybook.worker import running_jobs
from daybook_factories import ORGANISATION
from daybook_gl_imports import account, journal
from daybook_gl_states import bring
from daybook_graphql.context import Context
from daybook_graphql.execution.operations import operation_texts
from daybook_graphql.general_ledger.ids import GlConnectionId, GlRefreshId
from daybook_graphql.kit.ids import encode
from daybook_graphql.schema import schema
from daybook_jobs import until
from daybook_people import caller

Ask = Callable[..., Awaitable[dict[str, Any]]]

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

UK, INC = encode(GlConnectionId(1)), encode(GlConnectionId(2))
FIRST, SECOND = encode(GlRefreshId(1)), encode(GlRefreshId(2))
SECONDS = 60
NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
ONE, TWO = journal(1, "10.00", "-10.00"), journal(4, "2.50", "-2.50")
FOUND = """{
  glConnections {
    name isBehind
    segment {
      refresh reportingCurrency lines linesByType { type lines } today madeBy
      dataCurrentAsOf contentSha256
    }
    refresh { number status }
    clashes { code name accountClass mainName mainClass }
    notices { kind subject message }
    budgets { budgetId name isOverall firstMonth lastMonth counts }
  }
}"""
LISTED = "{ glRefreshes { totalCount nodes { id number status connection { name } } } }"


async def run(ask: Ask, operation: str, **values: Any) -> dict[str, Any]:
    """The payload of a named mutation."""
    answer = await ask(operation_texts()[operation], {"input": values})
    assert "errors" not in answer, answer
    (payload,) = answer["data"].values()
    assert isinstance(payload, dict)
    return payload


async def connections(ask: Ask) -> list[dict[str, Any]]:
    """What the schema tells of each connection."""
    answer = await ask(FOUND)
    assert "errors" not in answer, answer
    found: list[dict[str, Any]] = answer["data"]["glConnections"]
    return found


async def is_up_to_date(ask: Ask) -> bool:
    """Whether no connection is behind."""
    return not any(its["isBehind"] for its in await connections(ask))


async def connected(database: Database, name: str, currency: str) -> None:
    author = Author(ORGANISATION, "a test", NOW)
    await add_connection(
        database, author, ConnectionSettings(name), base_currency=currency
    )


async def worked_off(database: Database, settings: Settings) -> None:
    """Make what waits."""
    jobs = await request_refresh(database, Asked(ORGANISATION, "test", NOW))
    await work_off(database, settings, jobs)


async def test_a_refresh_is_asked_for_told_until_it_is_ready_and_found(
    ask: Ask, database: Database, settings: Settings
) -> None:
    await connected(database, "UK", "GBP")
    payload = await run(ask, "RefreshGl")
    (error,) = payload["userErrors"]
    assert (error["code"], error["path"]) == ("MISSING", ["connectionIds"])
    await bring(database, settings, 1, Kind.JOURNALS, ONE, TWO)
    (uk,) = await connections(ask)
    assert (uk["isBehind"], uk["segment"], uk["refresh"]) == (True, None, None)

    payload = await run(ask, "RefreshGl", connectionIds=[UK])
    again = await run(ask, "RefreshGl")
    assert payload["userErrors"] == []
    assert payload["refreshes"] == [
        {
            "id": FIRST,
            "number": 1,
            "status": "QUEUED",
            "connectionName": "UK",
            "againOf": None,
            "requestedBy": "test",
            "createdAt": "2025-06-15T12:00:00Z",
        }
    ]
    assert again == payload  # it waits, and would be of just the same
    results: Any = await schema.stream(
        operation_texts()["GlProgress"],
        variable_values={},
        context_value=Context(database, settings, caller()),
    )
    told = []
    async with running_jobs(database, settings), asyncio.timeout(SECONDS):
        async for result in results:
            assert result.errors is None
            told.append(result.data["glProgress"]["refresh"])
            if told[-1]["status"] == "READY":
                break
        # Its part is recorded soon after that.
        await until(lambda: is_up_to_date(ask))
    await results.aclose()
    assert told[0]["status"] == "QUEUED"
    assert told[-1]["progress"] == {"done": "4", "total": "4", "percent": 100.0}

    (uk,) = await connections(ask)
    segment = uk["segment"]
    assert (uk["isBehind"], uk["refresh"]) == (False, {"number": 1, "status": "READY"})
    assert (segment["refresh"], segment["lines"]) == (1, "4")
    assert segment["linesByType"] == [{"type": "ACTUAL", "lines": "4"}]
    assert (segment["today"], segment["madeBy"]) == ("2025-06-15", "test")
    assert segment["dataCurrentAsOf"] == "2026-10-28T08:30:00Z"
    assert len(segment["contentSha256"]) == 64
    assert uk["notices"] == [
        {
            "kind": "GAP",
            "subject": "2 to 3",
            "message": "2 journals are missing: 2 to 3",
        }
    ]
    answer = await ask(LISTED)
    assert answer["data"]["glRefreshes"] == {
        "totalCount": 1,
        "nodes": [
            {"id": FIRST, "number": 1, "status": "READY", "connection": {"name": "UK"}}
        ],
    }
    made = await run(ask, "RefreshGl", again=1)
    assert [its["againOf"] for its in made["refreshes"]] == [1]
    assert (await verify(database, ORGANISATION)).mismatch is None


async def test_what_can_t_be_refreshed_is_told(
    ask: Ask, database: Database, settings: Settings
) -> None:
    await connected(database, "UK", "GBP")
    await bring(database, settings, 1, Kind.JOURNALS, ONE)

    for values, code, path in (
        ({"connectionIds": [INC]}, "NOT_FOUND", "connectionIds"),
        ({"connectionIds": []}, "MISSING", "connectionIds"),
        ({"again": 7}, "NOT_FOUND", "again"),
        ({"again": 1, "connectionIds": [UK]}, "UNSUPPORTED", "connectionIds"),
    ):
        payload = await run(ask, "RefreshGl", **values)
        found = [(its["code"], its["path"]) for its in payload["userErrors"]]
        assert (payload["refreshes"], found) == ([], [(code, [path])])
    assert (await ask(LISTED))["data"]["glRefreshes"]["totalCount"] == 0


async def test_a_cancelled_refresh_leaves_what_was_made_before(
    ask: Ask, database: Database, settings: Settings
) -> None:
    await connected(database, "UK", "GBP")
    await bring(database, settings, 1, Kind.JOURNALS, ONE)
    await worked_off(database, settings)
    await bring(database, settings, 1, Kind.JOURNALS, TWO)
    await run(ask, "RefreshGl")

    payload = await run(ask, "CancelGlRefresh", id=SECOND)
    again = await run(ask, "CancelGlRefresh", id=SECOND)
    none = await run(ask, "CancelGlRefresh", id=encode(GlRefreshId(9)))

    assert payload["refresh"] == {"id": SECOND, "number": 2, "status": "CANCELLED"}
    assert again == payload
    assert [its["code"] for its in none["userErrors"]] == ["NOT_FOUND"]
    (uk,) = await connections(ask)
    assert (uk["segment"]["refresh"], uk["refresh"]["status"]) == (1, "CANCELLED")
    assert uk["isBehind"]
    new = await run(ask, "RefreshGl")
    assert [its["number"] for its in new["refreshes"]] == [3]


async def test_what_changes_the_dataset_puts_a_connection_behind(
    ask: Ask, database: Database, settings: Settings
) -> None:
    for name, currency in (("UK", "GBP"), ("Inc", "USD")):
        await connected(database, name, currency)
    for number in (1, 2):
        await bring(database, settings, number, Kind.JOURNALS, ONE)

    async def behind() -> list[str]:
        return [its["name"] for its in await connections(ask) if its["isBehind"]]

    assert await behind() == ["UK", "Inc"]
    await worked_off(database, settings)
    assert await behind() == []
    await bring(database, settings, 2, Kind.CONTACTS, {"ContactID": "c", "Name": "C"})
    assert await behind() == ["Inc"]
    await worked_off(database, settings)
    await bring(database, settings, 1, Kind.ACCOUNTS, account(0))  # the main one's
    assert await behind() == ["UK", "Inc"]
    await worked_off(database, settings)
    patch = ConnectionPatch(name="Northwind Inc")
    await update_connection(database, Author(ORGANISATION, "a", NOW), 2, patch)
    assert await behind() == ["Northwind Inc"]
    await worked_off(database, settings)
    await run(ask, "UpdateGlDataset", reportingCurrency="EUR")
    assert await behind() == ["UK", "Northwind Inc"]


async def test_clashes_budgets_and_notices_are_told(
    ask: Ask, database: Database, settings: Settings
) -> None:
    for name, currency in (("UK", "GBP"), ("Inc", "USD")):
        await connected(database, name, currency)
    for number, (code_name, type_) in enumerate(
        (("Cost of sales", "DIRECTCOSTS"), ("Deposits", "CURRENT")), 1
    ):
        chart = account(0, Code="310", Name=code_name, Type=type_)
        await bring(database, settings, number, Kind.ACCOUNTS, chart)
    draft = {
        "InvoiceID": "i-1",
        "InvoiceNumber": "INV-1",
        "Type": "ACCREC",
        "Status": "DRAFT",
        "Date": "2025-06-01",
        "CurrencyCode": "USD",
        "Total": "120.00",
        "TotalTax": "20.00",
    }
    await bring(database, settings, 2, Kind.INVOICES, draft)
    categories = [
        {"TrackingCategoryID": f"t-{at}", "Name": name, "Status": status}
        for at, (name, status) in enumerate(
            (("Region", "ACTIVE"), ("Old", "ARCHIVED"), ("Team", "ACTIVE"))
        )
    ]
    await bring(database, settings, 2, Kind.TRACKING_CATEGORIES, *categories)
    budgets = [
        {
            "BudgetID": id_,
            "Type": type_,
            "Description": name,
            "UpdatedDateUTC": updated,
            "BudgetLines": [
                {
                    "AccountID": "a-0",
                    "BudgetBalances": [
                        {"Period": month, "Amount": "100"}
                        for month in ("2025-06", "2025-09")
                    ],
                }
            ],
        }
        for id_, type_, name, updated in (
            ("b-1", "TRACKING", "North", "2025-03-01T00:00:00"),
            ("b-2", "OVERALL", "First draft", "2025-01-01T00:00:00"),
            ("b-3", "OVERALL", "Plan", "2025-02-01T00:00:00"),
        )
    ]
    await bring(database, settings, 2, Kind.BUDGETS, *budgets)
    await worked_off(database, settings)

    uk, inc = await connections(ask)

    assert (uk["clashes"], uk["budgets"], uk["notices"]) == ([], [], [])
    assert inc["clashes"] == [
        {
            "code": "310",
            "name": "Deposits",
            "accountClass": "ASSET",
            "mainName": "Cost of sales",
            "mainClass": "EXPENSE",
        }
    ]
    months = {"firstMonth": "2025-06", "lastMonth": "2025-09"}
    assert [
        (its["name"], its["isOverall"], its["counts"]) for its in inc["budgets"]
    ] == [("First draft", True, False), ("Plan", True, True), ("North", False, False)]
    assert all(its | months == its for its in inc["budgets"])
    assert [(its["kind"], its["subject"]) for its in inc["notices"]] == [
        ("CLASH", "310"),
        ("NO_ACCOUNT", "receivable"),
        ("NO_ACCOUNT", "tax"),
        ("NO_LINES", "INV-1"),
        ("OTHER_TRACKING", "Old"),
    ]
    words = [its["message"] for its in inc["notices"]]
    assert words[1] == (
        "no account is known for receivables: drafts, forecasts and currency gains of"
        " invoices are left out until the connection's settings name one"
    )
    assert words[3:] == [
        "draft INV-1 has no lines, so it is not in the dataset",
        (
            "tracking category Old is not in the dataset, which has columns for two:"
            " Region and Team"
        ),
    ]
    patch = ConnectionPatch(budget_id="b-1")
    await update_connection(database, Author(ORGANISATION, "a", NOW), 2, patch)
    _, inc = await connections(ask)
    assert [its["name"] for its in inc["budgets"] if its["counts"]] == ["North"]


async def test_refreshes_are_of_one_organisation(
    ask: Ask, database: Database, settings: Settings
) -> None:
    await connected(database, "UK", "GBP")
    await bring(database, settings, 1, Kind.JOURNALS, ONE)
    await run(ask, "RefreshGl")
    other = await add_organisation(database, "Other", now=NOW, made_by="test")
    theirs = Context(database, settings, caller(other))
    document = "query($id: ID!) { node(id: $id) { id } glRefreshes { totalCount } }"

    seen = await schema.execute(
        document, variable_values={"id": FIRST}, context_value=theirs
    )
    cancelled = await schema.execute(
        operation_texts()["CancelGlRefresh"],
        variable_values={"input": {"id": FIRST}},
        context_value=theirs.unloaded(),
    )

    assert seen.data == {"node": None, "glRefreshes": {"totalCount": 0}}
    assert cancelled.data is not None
    assert cancelled.data["cancelGlRefresh"]["refresh"] is None
    answer = await ask(LISTED)
    assert answer["data"]["glRefreshes"]["nodes"][0]["status"] == "QUEUED"
