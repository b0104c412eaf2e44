"""`/general-ledger/address`: the dataset's address, and keys that open nothing else."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from daybook.access.rules import MemberRole
from daybook.db.engine import open_database
from daybook.settings import Settings
from daybook_datasets import CSV, HERE, LOCAL, basic, make_datasets
from daybook_graphql.transport.callers import COOKIE
from daybook_markup import parse
from daybook_pages import get
from daybook_people import answering, begin_session, client_of, member

PAGE = "/general-ledger/address"


@pytest.fixture
def settings(sqlite_template: Path, tmp_path: Path) -> Settings:
    """A server with a dataset of UK and Inc."""
    return make_datasets(sqlite_template, tmp_path).settings


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """A browser of an admin on the server's machine."""
    with client_of(settings, only_answers=True, peer=HERE) as made:
        yield made


def addresses_of(client: TestClient, query: str = "") -> dict[str, str]:
    """The addresses that a page shows, by their forms."""
    page = get(client, f"{PAGE}{query}")
    labels = {its.attributes["for"]: its.text for its in page.all("label")}
    return {
        labels[field.attributes["id"]]: field.attributes["value"] or ""
        for field in page.all("input", class_="secret")
    }


def test_the_address_is_shown_in_its_forms(client: TestClient) -> None:
    forms = (("CSV", "csv"), ("Parquet", "parquet"), ("XLSX", "xlsx"))
    assert addresses_of(client) == {
        name: f"{LOCAL}/datasets/journals.{suffix}" for name, suffix in forms
    }
    text = get(client, PAGE).one("main").text
    for words in ("From Web", "Power BI", "pandas", "DuckDB", "docs/datasets.md"):
        assert words in text
    assert "without HTTPS" not in text


def test_filtered_lines_have_an_address_of_their_own(client: TestClient) -> None:
    lines = get(client, "/general-ledger/lines?connection=1&class=REVENUE")
    (link,) = [its for its in lines.all("a") if its.text == "Load in Excel"]
    url = link.attributes["href"] or ""
    assert url == f"{PAGE}?connection=1&class=REVENUE"
    csv = addresses_of(client, url.removeprefix(PAGE))["CSV"]
    assert csv == f"{LOCAL}{CSV}?connection=UK&class=REVENUE"
    file = client.get(csv.removeprefix(LOCAL))
    assert file.status_code == 200 and file.text.count("\r\n") == 1 + 3


def test_a_key_is_made_that_opens_the_address_alone(client: TestClient) -> None:
    last = get(client, PAGE).one("input", id="expires_on").attributes["value"] or ""
    typed = {"key_name": "Board report", "expires_on": last, "once": "a"}
    answer = client.post(PAGE, data=typed)

    assert answer.headers["cache-control"] == "no-store, no-transform"
    shown = parse(answer.text).one(class_="secret-once")
    assert shown.one("p").text.startswith("The key Board report. Copy it now")
    key = shown.one("input").attributes["value"] or ""
    page = get(client, PAGE)
    row = page.one("table", id="keys").one("tbody").all("tr")[0]
    assert row.one("th").text == "Board report"
    assert (row.one("a").attributes["href"] or "").startswith("/access?ask=revoke&key=")
    assert key not in page.text
    again = parse(client.post(PAGE, data=typed).text)
    assert not again.all(class_="secret-once")
    assert "was made; it is shown once" in again.one(class_="news").text
    with TestClient(client.app, base_url=LOCAL, client=HERE) as stranger:
        assert stranger.get(CSV, headers=basic("x", key)).status_code == 200
        read = stranger.get("/journals.csv", headers={"Authorization": f"Bearer {key}"})
        assert read.status_code == 401


def test_what_is_wrong_with_a_key_is_said_at_its_field(client: TestClient) -> None:
    answer = client.post(PAGE, data={"key_name": "", "expires_on": "soon"})
    assert answer.status_code == 422
    page = parse(answer.text)
    assert page.one(class_="problems").one("h2").text == "No key was made"
    assert not page.all(class_="secret-once")


def test_who_makes_no_keys_is_told_who_does(settings: Settings) -> None:
    async def session() -> str:
        database = open_database(settings)
        viewer = await member(
            database,
            email="vic@example.com",
            role=MemberRole.VIEWER,
            password=None,
        )
        signed_in = await begin_session(database, viewer)
        await database.close()
        assert signed_in is not None
        return signed_in.token

    cookie = {"Cookie": f"{COOKIE}={asyncio.run(session())}"}
    with TestClient(answering(settings), base_url=LOCAL, headers=cookie) as viewer:
        text = get(viewer, PAGE).one("main").text
        assert "An admin makes a key" in text
        # This one comes from another machine, without HTTPS.
        assert "This server is open without HTTPS" in text
