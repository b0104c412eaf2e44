"""A page takes as many statements for ten times the data, and stays light.

Both don't depend on the machine: a page that reads row by row fails here.
"""

import gzip
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import anyio
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook_counted import counted
from daybook_factories import credit_note, credited_line, invoice, line, record, terms
from daybook_people import answering, let_in_at
from daybook_services.database import NewDatabase
from daybook_site import settings_for

FEW, MANY = 3, 30
HTML_BYTES_MAX = 12_500
"""What a page has, compressed, whatever it lists."""
USD = "currency=USD"
PAGES = {
    f"/close?{USD}&month=2025-09": 50,
    f"/close/lock?{USD}&month=2025-09": 45,
    f"/close/balances?{USD}": 10,
    f"/journals?{USD}&month=2025-09": 20,
    f"/journals?{USD}&month=2025-09&group_by=customer": 15,
    "/journals/USD/1": 35,
    f"/documents?{USD}&month=2025-01": 10,
    "/documents/import": 8,
    "/exports": 10,
    f"/exports/new?{USD}&month=2025-09": 30,
    f"/reports/deferred-revenue?{USD}": 30,
    f"/reports/waterfall?{USD}": 25,
    f"/reports/cohorts?{USD}": 12,
    f"/reports/roll-forward?{USD}": 12,
    f"/reports/tie-out?{USD}": 25,
    f"/reports/population?{USD}": 20,
    "/manual-journals": 20,
    "/manual-journals/new?ledger=USD": 10,
    f"/settings?{USD}": 25,
    f"/settings/integrations?{USD}&system=XERO": 15,
    "/general-ledger": 8,
    "/general-ledger/lines": 8,
    "/general-ledger/exposure": 8,
    "/general-ledger/rates": 10,
    "/general-ledger/address": 8,
    "/general-ledger/connections": 8,
    "/general-ledger/import": 8,
    f"/general-ledger/reconciliation?{USD}": 8,
    "/saved-filters": 6,
    "/audit": 15,
    "/activity": 11,
    "/access": 12,
    "/settings/webhooks": 8,
}
"""The most statements of each page."""


SECOND_LEDGER = 20
"""The most statements that one more ledger adds to the overview: its own steps."""


@contextmanager
def application(
    url: URL, documents: int, currencies: Sequence[str] = ("USD",)
) -> Iterator[tuple[TestClient, list[str]]]:
    """The application over so many invoices with credit notes, and its statements.

    A file failed. Of each further currency there is one invoice.
    """

    async def fill() -> None:
        database = Database(url)
        sold = [
            invoice(
                f"inv_{number}",
                line(its_terms=terms("1200.00"), product=f"prod_{number}"),
                customer=f"cus_{number}",
            )
            for number in range(documents)
        ]
        await record(database, *sold, on="2025-01-15")
        back = [
            credit_note(
                f"cn_{number}",
                credited_line("60.00"),
                invoice_id=f"inv_{number}",
                customer=f"cus_{number}",
            )
            for number in range(documents)
        ]
        await record(database, *back, on="2025-09-10")
        for currency in currencies[1:]:
            its_invoice = invoice(f"inv_{currency}", currency=currency)
            await record(database, its_invoice, on="2025-09-11")
        too_much = credit_note("cn_all", credited_line("99999.00"), invoice_id="inv_0")
        with suppress(Rejected):
            await record(database, too_much, on="2025-09-12")
        await database.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, fill).result()
    settings = settings_for(url)
    headers = let_in_at(settings).headers
    app = answering(settings)
    with (
        TestClient(app, base_url="http://127.0.0.1:8000", headers=headers) as client,
        counted(app.state.site.database) as seen,
    ):
        yield client, seen


def test_ten_times_the_data_take_as_many_statements(new_database: NewDatabase) -> None:
    numbers: dict[str, list[int]] = {}
    for documents in (FEW, MANY):
        with application(new_database(), documents) as (client, seen):
            for page in PAGES:
                seen.clear()
                answer = client.get(page, headers={"Accept": "text/html"})
                numbers.setdefault(page, []).append(len(seen))
                assert answer.status_code == 200, page
                size = len(gzip.compress(answer.content))
                assert size <= HTML_BYTES_MAX, f"{page} has {size:,} bytes"
    more = {page: both for page, both in numbers.items() if both[1] > both[0]}
    beyond = {page: both for page, both in numbers.items() if both[0] > PAGES[page]}
    assert (more, beyond) == ({}, {}), "they read row by row, or more than they may"


def test_a_second_ledger_adds_its_own_steps_alone(new_database: NewDatabase) -> None:
    """Imports, requests and what a recording settles are read once for both."""
    numbers = []
    for currencies in (["USD"], ["USD", "EUR"]):
        with application(new_database(), FEW, currencies) as (client, seen):
            answer = client.get(f"/close?{USD}&month=2025-09")
            assert answer.text.count("ledger-card-name") == len(currencies)
            numbers.append(len(seen))
    assert 0 < numbers[1] - numbers[0] <= SECOND_LEDGER, numbers
