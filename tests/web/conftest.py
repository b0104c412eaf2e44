"""The pages over a ledger that tests know: October 2025 has three pages of journals."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from playwright.sync_api import expect
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.db.engine import Database
from daybook.documents.rules import CustomerDetails, Document
from daybook_everybody import Everybody, everybody_in
from daybook_factories import credit_note, credited_line, invoice, line, record, terms
from daybook_filled import filled_at
from daybook_long_names import fill as fill_long_names
from daybook_people import client_of
from daybook_report_ledger import fill_report_ledger
from daybook_services.database import NewDatabase, copy_sqlite
from daybook_site import settings_for
from daybook_tabs import PATIENCE_MS

expect.set_options(timeout=PATIENCE_MS)

LOCAL = "http://127.0.0.1:8000"
INVOICES = 118
CUSTOMERS = 40
HOSTILE_NAME = '<script>alert("x")</script> & Söhne'


def documents() -> list[Document]:
    """Invoices for 2025, every third of support, one in yen, two credit notes."""
    yen = [
        line(str(number), its_terms=terms("1200000", currency="JPY"))
        for number in range(1, 4)
    ]
    return [
        *(_invoice(number) for number in range(1, INVOICES + 1)),
        _of(2, invoice("inv_yen", *yen, currency="JPY")),
        _of(3, credit_note("cn_1", invoice_id="inv_2")),
        _of(4, credit_note("cn_2", credited_line("50"), invoice_id="inv_3")),
    ]


def _invoice(number: int) -> Document:
    product = ("support", "Premium support") if number % 3 == 0 else None
    its_line = line(product=product[0], product_name=product[1]) if product else line()
    return _of(number % CUSTOMERS + 1, invoice(f"inv_{number}", its_line))


def _of(number: int, document: Document) -> Document:
    """The document as a customer's, of which the first has a dangerous name."""
    name = HOSTILE_NAME if number == 1 else f"Company {number}"
    return replace(document, customer=CustomerDetails(f"cus_{number}", name, name))


@pytest.fixture(scope="session")
def filled_sqlite(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> URL:
    """A SQLite file with the documents, which tests only read."""
    path = tmp_path_factory.mktemp("web") / "daybook.db"
    return _fill(copy_sqlite(sqlite_template, path), documents())


@pytest.fixture(scope="session")
def filled_postgresql(postgresql_copy: Callable[[str], URL]) -> URL:
    """A PostgreSQL database with the documents, which tests only read."""
    return _fill(postgresql_copy("web"), documents())


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def client(request: pytest.FixtureRequest) -> Iterator[TestClient]:
    """The application on 15 October 2025; the tests run once for each database."""
    url: URL = request.getfixturevalue(f"filled_{request.param}")
    with client_of(settings_for(url)) as made:
        yield made


@pytest.fixture
def client_with(new_database: NewDatabase) -> Iterator[Callable[..., TestClient]]:
    """Makes the application over a database with these documents only."""
    with ExitStack() as stack:

        def make(*some: Document) -> TestClient:
            url = _fill(new_database(), some)
            return stack.enter_context(client_of(settings_for(url)))

        yield make


@pytest.fixture(scope="session")
def report_ledger(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> URL:
    """A SQLite file with something on each report, which tests only read."""
    path = tmp_path_factory.mktemp("reports") / "daybook.db"
    return _filled(copy_sqlite(sqlite_template, path), fill_report_ledger)


@pytest.fixture(scope="module")
def reports(report_ledger: URL) -> Iterator[TestClient]:
    """The application over it; which database it reads makes no difference to pages."""
    with client_of(settings_for(report_ledger)) as made:
        yield made


@pytest.fixture(scope="session")
def everybody(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Everybody]:
    """The application over a company with everything in it, for tests that only read.

    Which database it is in makes no difference to who may do what.
    """
    with everybody_in(sqlite_template, tmp_path_factory.mktemp("everybody")) as made:
        yield made


@pytest.fixture(scope="session")
def long_names(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> URL:
    """A SQLite file that is hard to lay out, which tests only read."""
    path = tmp_path_factory.mktemp("long") / "daybook.db"
    return _filled(copy_sqlite(sqlite_template, path), fill_long_names)


def _fill(url: URL, some: Sequence[Document]) -> URL:
    def fill() -> URL:
        return _filled(url, lambda database: record(database, *some))

    filled_at(url, fill, "documents", repr(some))
    return url


def _filled(url: URL, fill_database: Callable[[Database], Awaitable[object]]) -> URL:
    async def fill() -> None:
        database = Database(url)
        await fill_database(database)
        await database.close()

    # In a thread of its own: a browser's test may hold this one's event loop.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, fill).result()
    return url
