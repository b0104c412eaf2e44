"""A balance leads to the journals on Deferred where these add up to it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from starlette.testclient import TestClient

from daybook.db.engine import Database
from daybook_factories import invoice, line, lock, record, terms
from daybook_pages import get
from daybook_people import client_of
from daybook_report_pages import links_of, rows_of
from daybook_services.database import NewDatabase
from daybook_site import settings_for

pytestmark = pytest.mark.either_database


async def fill(database: Database) -> None:
    """300.00 for January to March, which a lock moved to 1 February."""
    await record(database, invoice("inv_0"), on="2025-01-01")
    await lock(database, "2025-01-31", on="2025-02-01")
    its_terms = terms("300.00", ("2025-01-01", "2025-03-31"))
    late = invoice("inv_1", line(its_terms=its_terms), customer="cus_2")
    await record(database, late, on="2025-02-10")


@pytest.fixture
def client(new_database: NewDatabase) -> Iterator[TestClient]:
    """The application over this ledger."""
    url = new_database()

    async def filled() -> None:
        database = Database(url)
        await fill(database)
        await database.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, filled).result()
    with client_of(settings_for(url)) as made:
        yield made


@pytest.mark.parametrize(
    ("day", "figures", "is_linked"),
    [("2025-01-31", ["200.00", "–"], False), ("2025-02-28", ["100.00"] * 2, True)],
    ids=["moved", "posted"],
)
def test_a_balance_that_no_journals_add_up_to_has_no_link(
    client: TestClient, day: str, figures: list[str], *, is_linked: bool
) -> None:
    page = get(
        client, f"/reports/deferred-revenue?currency=USD&on={day}&customer=cus_2"
    )

    ((name, row),) = [
        (name, row) for name, row in rows_of(page).items() if "inv_1" in row[0].lower()
    ]
    assert row[-2:] == figures
    assert (figures[0] in links_of(page, name)) is is_linked
