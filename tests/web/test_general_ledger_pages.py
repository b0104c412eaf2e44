"""The pages of connections, by a controller's clicks."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from daybook.clock import now
from daybook.db.engine import open_database
from daybook.gl.kinds import Kind
from daybook.gl.refreshing import Asked, request_refresh
from daybook.gl.working import work_off
from daybook.settings import Settings
from daybook_factories import invoice, record
from daybook_gl_imports import account, journal
from daybook_gl_states import bring
from daybook_markup import Element, parse
from daybook_offices import office_of
from daybook_pages import HTMX, get
from daybook_people import client_of
from daybook_services.database import NewDatabase
from daybook_site import settings_for

pytestmark = pytest.mark.either_database

LIST = "/general-ledger/connections"
UK, INC = f"{LIST}/1", f"{LIST}/2"
Send = Callable[..., tuple[int, Element]]


@pytest.fixture
def settings(new_database: NewDatabase) -> Settings:
    """Settings of a new database."""
    return settings_for(new_database())


@pytest.fixture
def admin(settings: Settings) -> Iterator[TestClient]:
    """An admin's browser."""
    with client_of(settings) as made:
        yield made


@pytest.fixture
def send(admin: TestClient) -> Send:
    """Sends a form of a page, and gives the status and the page that it leads to."""

    def post(page: str, **fields: object) -> tuple[int, Element]:
        answer = admin.post(page, data=fields)
        first = answer.history[0] if answer.history else answer
        return first.status_code, parse(answer.text)

    return post


def open_ledgers(settings: Settings, *currencies: str) -> None:
    """Record a document in each currency."""

    async def run() -> None:
        database = open_database(settings)
        documents = [invoice(code, currency=code) for code in currencies]
        await record(database, *documents, on="2025-10-15")
        await database.close()

    asyncio.run(run())


def status_of(page: Element) -> str:
    return page.one("p", class_="page-status").text


def rows_of(page: Element, id_: str) -> list[list[str]]:
    """The cells of a table's rows."""
    body = page.one("table", id=id_).one("tbody")
    return [
        [cell.text for cell in (*row.all("th"), *row.all("td"))]
        for row in body.all("tr")
    ]


def problems_of(page: Element) -> list[str]:
    """The fields that problems lead to."""
    links = page.one(class_="problems").all("a")
    return [link.attributes["href"] or "" for link in links]


def add(send: Send, name: str, currency: str, **more: object) -> Element:
    """The page of a new connection."""
    fields = {"name": name, "base_currency": currency, "year_end": "12-31", **more}
    status, page = send(LIST, form="add", **fields)
    assert (status, status_of(page)) == (303, "The connection is added.")
    return page


def test_connections_are_added_changed_and_removed(
    settings: Settings, admin: TestClient, send: Send
) -> None:
    open_ledgers(settings, "EUR", "USD")
    page = get(admin, LIST)
    assert "No connections yet." in page.text
    assert not page.all("select", id="main_connection")
    once = page.one("input", name="once").attributes["value"]
    page = add(send, "Northwind UK", "GBP", once=once)
    assert page.one("h1").text == "Northwind UK"
    add(send, "Northwind UK", "GBP", once=once)  # the same form again adds none
    add(send, "Northwind Inc", "USD")
    assert [row[:2] for row in rows_of(get(admin, LIST), "connections")] == [
        ["Northwind UK Main", "GBP"],
        ["Northwind Inc", "USD"],
    ]

    change = {
        "name": "Inc",
        "year_end": "02-29",
        "period_lock": "2025-09-30",
        "year_lock": "",
        "takes": ["EUR", "USD"],
        "account_tax": "a-1",
        "budget_id": "b-1",
        "counts_forecasts": "on",
    }
    status, page = send(INC, form="update", **change)
    assert (status, status_of(page)) == (303, "The connection is saved.")
    for name in ("year_end", "period_lock", "account_tax", "budget_id"):
        assert page.one("input", id=name).attributes["value"] == change[name]
    boxes = {its.attributes["value"]: its for its in page.all("input", name="takes")}
    assert set(boxes) == {"EUR", "USD"}
    assert all("checked" in box.attributes for box in boxes.values())
    status, wrong = send(INC, form="update", **{**change, "takes": ["CAD"]})
    assert (status, problems_of(wrong)) == (422, ["#takes"])
    assert "no CAD ledger, only EUR, USD" in wrong.one("main").text, wrong.one(
        "main"
    ).text
    assert "checked" in page.one("input", id="counts_forecasts").attributes
    status, page = send(INC, form="update", name="Inc", year_end="02-29")
    assert page.one("input", id="period_lock").attributes["value"] == ""
    assert page.one("input", id="account_tax").attributes["value"] == ""
    assert not [
        box for box in page.all("input", name="takes") if "checked" in box.attributes
    ]
    assert "checked" not in page.one("input", id="counts_forecasts").attributes

    page = get(admin, LIST)
    assert "valued in GBP, the base currency of the main connection." in page.text
    main = {
        its.text: its.attributes["value"]
        for its in page.one(id="main_connection").all("option")
    }
    status, page = send(
        LIST, form="dataset", reporting="EUR", main_connection=main["Inc"]
    )
    assert (status, status_of(page)) == (303, "The dataset's settings are saved.")
    assert "valued in EUR." in page.text
    assert rows_of(page, "connections")[0][0] == "Inc Main"

    status, page = send(INC, form="remove")
    assert status == 422
    assert "Inc is the main connection" in page.one(class_="problems").text
    question = get(admin, f"{UK}?ask=remove").one("section", class_="question")
    assert question.one("h2").text == "Remove Northwind UK?"
    assert question.one("a").attributes["href"] == UK
    status, page = send(UK, form="remove")
    assert (status, status_of(page)) == (303, "The connection is removed.")
    assert [row[0] for row in rows_of(page, "connections")] == ["Inc Main"]
    assert admin.get(UK).status_code == 404
    assert send(UK, form="update", name="x", year_end="12-31")[0] == 404
    assert send(INC, form="none")[0] == 400
    assert send(LIST, form="none")[0] == 400


def test_what_is_wrong_is_told_and_what_was_typed_stays(
    admin: TestClient, send: Send
) -> None:
    add(send, "Northwind UK", "GBP")
    fields = {"name": "northwind uk", "base_currency": "USD", "year_end": "03-31"}

    status, page = send(LIST, form="add", **fields)

    assert (status, problems_of(page)) == (422, ["#name"])
    assert page.one("input", id="name").attributes["value"] == "northwind uk"
    chosen = [
        its
        for its in page.one(id="base_currency").all("option")
        if "selected" in its.attributes
    ]
    assert [its.attributes["value"] for its in chosen] == ["USD"]
    wrong = {"name": "", "year_end": "12-31", "account_tax": "x" * 101}
    status, page = send(UK, form="update", **wrong)
    assert (status, problems_of(page)) == (422, ["#name", "#account_tax"])
    assert "open" in page.one("main").one("details").attributes
    status, page = send(UK, form="update", name="UK", year_end="March")
    assert (status, problems_of(page)) == (422, ["#year_end"])
    assert page.one("input", id="year_end").attributes["value"] == "March"
    assert [row[0] for row in rows_of(get(admin, LIST), "connections")] == [
        "Northwind UK Main"
    ]


def test_what_came_in_is_shown_with_the_missing_numbers(
    admin: TestClient, send: Send, settings: Settings
) -> None:
    add(send, "Northwind UK", "GBP")
    assert "Nothing came in yet." in get(admin, UK).text

    async def run() -> None:
        database = open_database(settings)
        journals = [journal(at, "1.00", "-1.00") for at in (1, 2, 9, 11)]
        await bring(database, settings, 1, Kind.JOURNALS, *journals)
        await bring(database, settings, 1, Kind.ACCOUNTS, account(1))
        await database.close()

    asyncio.run(run())
    (row,) = rows_of(get(admin, LIST), "connections")
    assert row[3:5] == ["4 journals to no. 11", "7 journals"]
    assert row[6] == "– A refresh brings in what is new"
    page = get(admin, UK)
    assert [row[:3] for row in rows_of(page, "inputs")] == [
        ["Journals", "4 in 1 import", "1–11"],
        ["Accounts", "1 in 1 import", "–"],
    ]
    words = "7 journals are missing between the first and the last: no. 3–8, 10."
    assert words in page.text
    asks = HTMX | {"HX-Target": "as-set"}
    part = parse(admin.get(UK, headers=asks).text)
    assert part.one("table", id="inputs")
    assert not part.all("form")


def test_a_connection_is_refreshed_and_cancelled(
    admin: TestClient, send: Send, settings: Settings
) -> None:
    add(send, "Northwind UK", "GBP")
    page = get(admin, UK)
    assert "There is nothing to make it of" in page.one(id="refreshes").text
    assert send(UK, form="refresh")[0] == 422
    assert send(LIST, form="refresh")[0] == 422
    asyncio.run(brought(settings, Kind.JOURNALS, journal(1, "1.00", "-1.00")))
    assert "Nothing was made of it yet." in get(admin, UK).one(id="refreshes").text

    status, page = send(UK, form="refresh")
    assert (status, status_of(page)) == (303, "The refresh is asked for.")
    moving = page.one(id="refreshes")
    assert (
        moving.one("h3", id="refresh-1-heading").text == "Refresh 1 waits for its turn"
    )
    assert not [its for its in moving.all("button") if its.text == "Refresh"]
    listener = page.one(id="listener").attributes["hx-sse:connect"]
    assert listener == "/events?refreshes=1"
    cancelled = moving.one("input", name="refresh").attributes["value"]
    status, page = send(UK, form="cancel", refresh=cancelled)
    assert status_of(page) == ("The refresh is cancelled. What was made before stands.")
    assert rows_of(page, "history")[0][:3] == ["1", "Cancelled", "–"]

    status, page = send(LIST, form="refresh")
    assert (status, status_of(page)) == (303, "The refresh is asked for.")
    assert rows_of(page, "connections")[0][6] == "– Waits to be refreshed"
    asyncio.run(worked_off(settings))
    page = get(admin, UK)
    assert rows_of(page, "history")[0][:3] == ["2", "Ready", "2 lines"]
    facts = page.one(id="refreshes").one("dl")
    assert [its.text for its in facts.all("dt")] == [
        *("Data current as of", "Made", "By", "Valued in", "Lines", "Actual"),
    ]
    assert [its.text for its in facts.all("dd")][2:] == [
        *("API key test", "GBP", "2", "2"),
    ]
    part = parse(admin.get(f"{UK}/refreshes", headers=HTMX).text)
    assert rows_of(part, "history")[0][:3] == ["2", "Ready", "2 lines"]
    assert not part.all("table", id="inputs")
    assert admin.get(f"{LIST}/9/refreshes").status_code == 404
    asyncio.run(brought(settings, Kind.JOURNALS, journal(2, "2.00", "-2.00")))
    assert "came in or was changed since" in get(admin, UK).one(id="refreshes").text


def test_what_a_refresh_found_is_shown(
    admin: TestClient, send: Send, settings: Settings
) -> None:
    add(send, "Northwind UK", "GBP")
    add(send, "Northwind Inc", "USD")

    async def fill() -> None:
        uk = account(0, Code="310", Name="Cost of sales", Type="DIRECTCOSTS")
        inc = account(0, Code="310", Name="Deposits", Type="CURRENT")
        draft = {
            "InvoiceID": "i-1",
            "InvoiceNumber": "INV-1",
            "Type": "ACCREC",
            "Status": "DRAFT",
            "Date": "2025-06-01",
            "CurrencyCode": "USD",
            "Total": "120.00",
        }
        budget = {"BudgetID": "b-1", "Type": "OVERALL", "Description": "Plan"}
        lines = [
            {
                "AccountID": "a-0",
                "BudgetBalances": [{"Period": "2025-11", "Amount": "100"}],
            }
        ]
        await brought(settings, Kind.ACCOUNTS, uk)
        await brought(settings, Kind.ACCOUNTS, inc, connection=2)
        await brought(settings, Kind.INVOICES, draft, connection=2)
        plan = {**budget, "BudgetLines": lines}
        await brought(settings, Kind.BUDGETS, plan, connection=2)
        await worked_off(settings)

    asyncio.run(fill())
    page = get(admin, INC)
    assert rows_of(page, "clashes") == [
        ["310", "Deposits (asset)", "Cost of sales (expense)"]
    ]
    told = page.one(id="refreshes").one("ul").all("li")
    assert [its.text.partition(":")[0] for its in told] == [
        "No account is known for receivables",
        "Draft INV-1 has no lines, so it is not in the dataset.",
    ]
    choices = page.one("select", id="budget_id").all("option")
    assert [its.text for its in choices] == [
        "The overall one that was changed last: Plan, 2025-11 to 2025-11",
        "Plan, 2025-11 to 2025-11",
    ]
    fields = {"name": "Northwind Inc", "year_end": "12-31", "budget_id": "b-1"}
    _, page = send(INC, form="update", **fields)
    chosen = [
        its.attributes["value"]
        for its in page.one("select", id="budget_id").all("option")
        if "selected" in its.attributes
    ]
    assert chosen == ["b-1"]


async def brought(
    settings: Settings, kind: Kind, *documents: Any, connection: int = 1
) -> None:
    """Import a page into a connection."""
    database = open_database(settings)
    await bring(database, settings, connection, kind, *documents)
    await database.close()


async def worked_off(settings: Settings) -> None:
    """Make a refresh of each connection, or the one that waits."""
    database = open_database(settings)
    asked = Asked(settings.organisation, "test", now(settings))
    await work_off(database, settings, await request_refresh(database, asked))
    await database.close()


def test_a_viewer_reads_and_has_no_forms(new_database: NewDatabase) -> None:
    with office_of(new_database()) as office:
        fields = {"name": "Northwind UK", "base_currency": "GBP", "year_end": "12-31"}
        office.bob.post(LIST, 303, form="add", **fields)
        for address in (LIST, UK, f"{UK}?ask=remove"):
            for person in (office.ann, office.vic):
                page = person.get(address)
                assert "Northwind UK" in page.text
                assert "a controller or an admin changes them" in page.text
                forms = page.one("main").all("form")
                assert not [its for its in forms if its.attributes["method"] == "post"]
        assert office.ann.send(LIST, form="add", **fields).status_code == 403
        assert office.vic.send(UK, form="remove").status_code == 403
