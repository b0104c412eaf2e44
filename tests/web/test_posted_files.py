"""What the report and a journal's page show of posted files."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import anyio
import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.db.engine import Database
from daybook.documents.rules import DocumentStatus
from daybook_factories import invoice, lock, record
from daybook_markup import Element
from daybook_pages import REPORT, get
from daybook_people import client_of
from daybook_posted import days, made, mark
from daybook_services.database import NewDatabase
from daybook_site import settings_for

pytestmark = pytest.mark.either_database

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture(scope="module")
def client(module_database_url: URL) -> Iterator[TestClient]:
    """A year's invoice: January is in four posted files, February in part in one."""
    url = module_database_url

    async def fill() -> None:
        database = Database(url)
        await record(database, invoice())
        for last, reference in (
            *(("2025-01-31", HOSTILE), ("2025-01-31", "MJ-2"), ("2025-01-31", "MJ-3")),
            ("2025-02-14", "MJ-4"),
        ):
            file = await made(database, days("2025-01-01", last))
            await mark(database, file, reference, confirm=True)
        await database.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, fill).result()
    with client_of(settings_for(url)) as its_client:
        yield its_client


@pytest.fixture
def voided(new_database: NewDatabase) -> Iterator[TestClient]:
    """A year's invoice that was voided after January was closed."""
    url = new_database()

    async def fill() -> None:
        database = Database(url)
        await record(database, invoice())
        await lock(database, "2025-01-31", on="2025-02-01")
        void = replace(invoice(), status=DocumentStatus.VOIDED)
        await record(database, void, on="2025-02-10")
        await database.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, fill).result()
    with client_of(settings_for(url)) as its_client:
        yield its_client


def badges(page: Element) -> list[str]:
    """The badges of the table's rows."""
    return [badge.text for badge in page.all("li", class_="badge")]


def test_a_row_shows_two_posted_files_and_how_many_more(client: TestClient) -> None:
    page = get(client, f"{REPORT}&month=2025-01")

    assert badges(page) == [f"✓ In file 1 as {HOSTILE}", "✓ In file 2 as MJ-2", "+2"]


def test_a_row_tells_what_is_posted_in_part(client: TestClient) -> None:
    assert badges(get(client, f"{REPORT}&month=2025-02")) == [
        "✓ Partly in file 4 as MJ-4"
    ]
    assert badges(get(client, f"{REPORT}&month=2025-03")) == []


def test_a_journals_page_names_all_its_posted_files(client: TestClient) -> None:
    def facts(number: int) -> str:
        page = get(client, f"/journals/USD/{number}")
        return page.one("dl", class_="journal-facts").text

    files = [
        f"File 1, {HOSTILE}, 15 Oct 2025",
        *(f"File {number}, MJ-{number}, 15 Oct 2025" for number in (2, 3, 4)),
    ]
    assert facts(1).endswith(" ".join(["Posted files", *files]))
    assert facts(2).endswith("Posted file, in part File 4, MJ-4, 15 Oct 2025")
    assert "Posted file" not in facts(3)


def test_the_page_of_exports_says_which_files_are_posted(client: TestClient) -> None:
    rows = get(client, "/exports").one(id="files").one("tbody").all("tr")

    posted = {row.links()["journals.csv"]: row.all("td")[-2].text for row in rows}
    assert posted == {
        "/exports/files/1": f"Posted 15 Oct 2025, {HOSTILE}",
        **{
            f"/exports/files/{number}": f"Posted 15 Oct 2025, MJ-{number}"
            for number in (2, 3, 4)
        },
    }


@pytest.mark.parametrize("listed", ["", "&group_by=document"])
def test_what_comes_from_a_voided_document_says_so(
    voided: TestClient, listed: str
) -> None:
    url = f"{REPORT}&from=2025-01-01&to=2025-12-31{listed}"

    assert not get(voided, f"{url}&as_of=2025-01-20").all(class_="badge-voided")
    badges = get(voided, url).all(class_="badge-voided")
    assert {badge.text for badge in badges} == {"Voided"}
