"""What the report and a journal's page show of posted files."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from starlette.testclient import TestClient

from daybook.db.engine import Database
from daybook_factories import invoice, record
from daybook_markup import Element
from daybook_pages import REPORT, get
from daybook_people import client_of
from daybook_posted import days, made, mark
from daybook_services.database import NewDatabase
from daybook_site import settings_for

pytestmark = pytest.mark.either_database

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def client(new_database: NewDatabase) -> Iterator[TestClient]:
    """A year's invoice: January is in four posted files, February in part in one."""
    url = new_database()

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


def badges(page: Element) -> list[str]:
    """The badges of the table's rows."""
    return [badge.text for badge in page.all("li", class_="badge")]


def test_a_row_shows_two_posted_files_and_how_many_more(client: TestClient) -> None:
    page = get(client, f"{REPORT}&month=2025-01")

    assert badges(page) == [f"✓ In export 1, {HOSTILE}", "✓ In export 2, MJ-2", "+2"]


def test_a_row_tells_what_is_posted_in_part(client: TestClient) -> None:
    assert badges(get(client, f"{REPORT}&month=2025-02")) == [
        "✓ Partly in export 4, MJ-4"
    ]
    assert badges(get(client, f"{REPORT}&month=2025-03")) == []


def test_a_journals_page_names_all_its_posted_files(client: TestClient) -> None:
    def facts(number: int) -> str:
        return get(client, f"/journals/USD/{number}").all("dl")[0].text

    files = [
        f"Export 1, {HOSTILE}, 15 Oct 2025",
        *(f"Export {number}, MJ-{number}, 15 Oct 2025" for number in (2, 3, 4)),
    ]
    assert facts(1).endswith(" ".join(["Posted files", *files]))
    assert facts(2).endswith("Posted file, in part Export 4, MJ-4, 15 Oct 2025")
    assert "Posted file" not in facts(3)
