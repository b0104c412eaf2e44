"""Suggestions while somebody types, and the pages of errors."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.settings import Settings
from daybook_markup import parse
from daybook_pages import HTMX, get
from daybook_people import client_of

pytestmark = pytest.mark.either_database


def options(client: TestClient, query: str) -> dict[str, str]:
    answer = client.get(f"/suggestions/{query}", headers=HTMX)
    assert answer.status_code == 200
    found = parse(answer.text).all("option")
    return {one.attributes["value"]: one.text for one in found}


def test_suggestions_are_ids_with_names(client: TestClient) -> None:
    assert options(client, "customer?customer=pany 7") == {"cus_7": "Company 7"}
    assert options(client, "customer?customer=CUS_33") == {"cus_33": "Company 33"}
    assert options(client, "product?product=supp") == {"support": "Premium support"}
    assert options(client, "product?product=zzz") == {}


def test_suggestions_are_few_also_of_everything(client: TestClient) -> None:
    assert len(options(client, "customer")) == 12


def test_documents_of_a_kind_and_a_ledger_are_suggested(client: TestClient) -> None:
    def found(name: str, text: str, currency: str = "USD") -> dict[str, str]:
        return options(client, f"{name}?currency={currency}&{name}={text}")

    assert found("invoice", "INV_17") == {"inv_17": "INV_17, Company 18"}
    assert found("credit_note", "INV_17") == {}
    assert len(found("invoice", "")) == 12


@pytest.mark.parametrize("text", ["%00", "x" * 201])
@pytest.mark.parametrize("name", ["customer", "invoice"])
def test_what_cant_be_looked_for_has_no_suggestions(
    client: TestClient, name: str, text: str
) -> None:
    assert options(client, f"{name}?currency=USD&{name}={text}") == {}


@pytest.mark.parametrize("currency", ["", "EUR", "no"])
def test_no_ledger_has_no_documents_to_suggest(
    client: TestClient, currency: str
) -> None:
    assert options(client, f"invoice?currency={currency}&invoice=inv") == {}


@pytest.mark.parametrize("path", ["/nowhere", "/journals/USD", "/journals/USD/1/more"])
def test_an_unknown_address_has_a_page(client: TestClient, path: str) -> None:
    page = get(client, path, status=404)

    assert page.one("h1").text == "Page not found"
    assert page.links()["Go to the journal report"] == "/journals"


def test_a_method_that_a_page_doesnt_have_is_refused(client: TestClient) -> None:
    answer = client.post("/journals")

    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
    assert parse(answer.text).one("h1").text == "Method Not Allowed"


def test_an_error_replaces_the_page_where_htmx_asked_for_a_part(
    client: TestClient,
) -> None:
    answer = client.get("/journals?currency=EUR", headers=HTMX)

    assert answer.status_code == 404
    assert answer.headers["hx-retarget"] == "body"
    assert parse(answer.text).one("h1").text == "Ledger not found"


def _damaged(copy: Path) -> None:
    copy.write_bytes(b"not a database " * 1_000)


def _without_a_table(copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("DROP VIEW journal_entries")
        connection.execute("ALTER TABLE month_totals RENAME TO gone")


@pytest.mark.parametrize(
    ("spoil", "status", "title"),
    [
        (_without_a_table, 500, "Something went wrong"),
        (_damaged, 503, "Not available now"),
    ],
)
def test_neither_a_mistake_nor_an_outage_shows_what_is_inside(
    filled_sqlite: URL,
    tmp_path: Path,
    spoil: Callable[[Path], None],
    status: int,
    title: str,
) -> None:
    copy = tmp_path / "copy.db"
    copy.write_bytes(Path(str(filled_sqlite.database)).read_bytes())
    made = client_of(Settings(data=tmp_path, database_url=f"sqlite:///{copy}"))
    client = TestClient(
        made.app,
        base_url=str(made.base_url),
        headers=dict(made.headers),
        raise_server_exceptions=False,
    )
    with client:
        spoil(copy)
        answer = client.get("/journals")

    assert answer.status_code == status
    page = parse(answer.text)
    assert page.one("h1").text == title
    for internal in ("sqlite", "Traceback", "daybook_web", str(tmp_path)):
        assert internal not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
