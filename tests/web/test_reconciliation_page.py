"""The page of the reconciliation: states, journals, and what is missing for one."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest
from starlette.testclient import TestClient

from daybook.db.engine import Database, open_database
from daybook.settings import Settings
from daybook_gl_exported import connect, exported
from daybook_gl_states import bring_back
from daybook_markup import Element
from daybook_pages import get
from daybook_people import client_of
from daybook_services.database import NewDatabase
from daybook_site import settings_for

pytestmark = pytest.mark.either_database

PAGE = "/general-ledger/reconciliation"
Work = Callable[[Database], Awaitable[object]]


@pytest.fixture
def settings(new_database: NewDatabase) -> Settings:
    """Settings of a new database."""
    return settings_for(new_database())


@pytest.fixture
def browser(settings: Settings) -> Iterator[TestClient]:
    """An admin's browser."""
    with client_of(settings) as made:
        yield made


def do(settings: Settings, work: Work) -> None:
    """Do some work in the server's database."""

    async def run() -> None:
        database = open_database(settings)
        try:
            await work(database)
        finally:
            await database.close()

    asyncio.run(run())


def rows_of(page: Element, id_: str) -> list[list[str]]:
    """The cells of a table's rows."""
    body = page.one("table", id=id_).one("tbody")
    return [
        [cell.text for cell in (*row.all("th"), *row.all("td"))]
        for row in body.all("tr")
    ]


def test_each_state_is_counted_and_leads_to_its_journals(
    browser: TestClient, settings: Settings
) -> None:
    async def fill(database: Database) -> None:
        await exported(database)
        number = await connect(database, "USD")
        await bring_back(database, settings, number, "USD")

    do(settings, fill)

    page = get(browser, PAGE)

    assert page.one("h1").text == "Reconciliation, USD"
    assert "3 of 7 journals to look at" in page.text
    assert "s journals came in to no. 7, written 28 Oct 2026" in page.text
    assert [row[:2] for row in rows_of(page, "states")] == [
        ["Missing", "1"],
        ["Changed", "1"],
        ["Doubled", "1"],
        ["Matched", "4"],
    ]
    missing, changed, doubled, *matched = rows_of(page, "matches")
    assert missing[1:] == [
        *("Missing", "3 Jan 2025", "File 1", "820 Dr 3.23 200 Cr 3.23", "–"),
        "It isn't among the journals that came in.",
    ]
    assert changed[4:] == [
        *("820 Dr 3.23 200 Cr 3.23", f"820 Dr 6.46 200 Cr 6.46 Lines of {changed[0]}"),
        "Differs by 820 Dr 3.23, 200 Cr 3.23.",
    ]
    assert doubled[6] == "Booked 2 times, by journals 5 and 6."
    assert {row[6] for row in matched} == {"–"}
    (first, *_) = page.one("table", id="matches").one("tbody").all("tr")
    assert [link.attributes["href"] for link in first.all("a")] == [
        "/journals/USD/1",
        "/exports/files/1",
    ]
    lines = page.one("table", id="matches").one("tbody").all("tr")[1].all("a")[-1]
    assert lines.attributes["href"] == (
        "/general-ledger/lines?connection=1&type=ACTUAL&account=200&account=820"
        "&from=2025-01-05&to=2025-01-05"
    )
    assert browser.get(lines.attributes["href"]).status_code == 200
    states = page.one("table", id="states").all("a")
    address = states[1].attributes["href"] or ""
    assert address == f"{PAGE}?currency=USD&state=changed"

    page = get(browser, address)

    assert [row[1] for row in rows_of(page, "matches")] == ["Changed"]
    assert page.one("h2", id="matches-heading").text == "Changed"


def test_what_is_missing_for_it_is_told_with_the_way_there(
    browser: TestClient, settings: Settings
) -> None:
    assert "There is no ledger yet" in get(browser, PAGE).text
    do(settings, exported)
    page = get(browser, PAGE)
    assert "No connection takes the exports of the USD ledger" in page.text
    assert page.one("main").all("a", href="/general-ledger/connections")

    do(settings, lambda database: connect(database, "USD"))
    page = get(browser, PAGE)
    assert "No journals of Northwind Inc came in yet" in page.text
    assert rows_of(page, "states")[0][:2] == ["Missing", "7"]
    connection = get(browser, "/general-ledger/connections/1")
    assert connection.one("main").all("a", href=f"{PAGE}?currency=USD")


def test_an_address_of_nothing_is_not_found(
    browser: TestClient, settings: Settings
) -> None:
    do(settings, exported)

    for query in ("currency=EUR", "currency=x", "state=lost", "after=x"):
        answer = browser.get(f"{PAGE}?{query}")
        assert (query, answer.status_code) == (query, 404)
        assert "Nothing to reconcile" in answer.text
