"""Every page in the states that a reader meets, on the demo company.

The matrix of `make audit` checks them, and `make pictures` has a picture of each.
"""

import asyncio
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL

from daybook.db.engine import open_database
from daybook.db.migrate import make_ready
from daybook.demo.commands import fill
from daybook.demo.connections import connect
from daybook.settings import Settings
from daybook_gl_company import connect_the_demo
from daybook_gl_states import UK
from daybook_graphql.documents.ids import CreditNoteId, InvoiceId
from daybook_graphql.kit.ids import encode
from daybook_half_done import FAULTY, SENT, leave_half_done
from daybook_services.database import sqlite_url
from daybook_site import Site, serving, settings_for

NOW = datetime(2026, 10, 29, 12, tzinfo=UTC)
"""The present of the demo: two days before the month's end, so some is scheduled."""
OCTOBER = "/journals?currency=USD&month=2026-10"
NEW_EXPORT = "/exports/new?currency=USD&month=2026-10"
STATES: Mapping[str, str] = {
    "report": OCTOBER,
    "report-filtered": f"{OCTOBER}&customer=cus_late&include_scheduled=no",
    "report-moved": "/journals?currency=USD&month=2026-05&shifted=yes",
    "report-credit-notes": f"{OCTOBER}&source=CREDIT_NOTE",
    "report-second-page": "/journals?currency=USD&from=2026-08-01&to=2026-10-31",
    "report-sorted": f"{OCTOBER}&sort=-recognized&columns=none",
    "report-groups": f"{OCTOBER}&group_by=customer,product",
    "report-as-of": f"{OCTOBER}&as_of=2026-10-05",
    "report-empty": f"{OCTOBER}&search=zzz",
    "report-problem": f"{OCTOBER}&customer=nobody&from=soon",
    "journal": "/journals/USD/2568",
    "journal-revised": "/journals/USD/2569",
    "journal-voided": "/journals/USD/2515",
    "journal-as-of": "/journals/USD/2569?as_of=2026-07-15",
    "deferred-revenue": "/reports/deferred-revenue?currency=USD",
    "waterfall": "/reports/waterfall?currency=USD",
    "cohorts": "/reports/cohorts?currency=USD",
    "roll-forward": "/reports/roll-forward?currency=USD",
    "tie-out": "/reports/tie-out?currency=USD",
    "population": "/reports/population?currency=USD",
    "close": "/close?currency=USD",
    "close-before": "/close?currency=GBP&month=2026-07",
    "balances": "/close/balances?currency=USD",
    "lock": "/close/lock?currency=USD&month=2026-10",
    "lock-moved-back": "/close/lock?currency=USD&through=2026-06-30",
    "exports": "/exports",
    "exported-file": "/exports/files/1",
    "export": "/exports/1",
    "import": "/documents/import",
    "upload": f"/documents/import/{SENT}?name=october.csv",
    "upload-faulty": f"/documents/import/{FAULTY}?name=october.csv",
    "new-export": f"{NEW_EXPORT}&format=XERO",
    "new-export-workbook": f"{NEW_EXPORT}&format=XLSX",
    "documents": "/documents?currency=USD&month=2026-10",
    "documents-voided": "/documents?currency=USD&status=VOIDED",
    "document": f"/documents/{encode(InvoiceId('inv_project_usd'))}",
    "document-revised": f"/documents/{encode(InvoiceId('inv_revised_usd'))}",
    "document-void": f"/documents/{encode(InvoiceId('inv_late_usd'))}?ask=void",
    "credit-note": f"/documents/{encode(CreditNoteId('cn_goodwill_usd'))}",
    "evidence": f"/evidence/{encode(InvoiceId('inv_late_usd'))}",
    "manual-journals": "/manual-journals",
    "manual-journal": "/manual-journals/7",
    "manual-journal-waits": "/manual-journals/8",
    "manual-journal-rejected": "/manual-journals/9",
    "edited-manual-journal": "/manual-journals/10/edit",
    "new-manual-journal": "/manual-journals/new?ledger=USD",
    "recurring": "/manual-journals/recurring",
    "recurrence": "/manual-journals/recurring/1",
    "new-recurrence": "/manual-journals/recurring/new",
    "recognition": "/settings?currency=USD",
    "locks": "/settings/locks?currency=USD",
    "accounts": "/settings/accounts?currency=USD",
    "approval": "/settings/approval",
    "organisation": "/settings/organisation",
    "storage": "/settings/storage",
    "mapping": "/settings/integrations?currency=USD&system=XERO",
    "profit-and-loss": "/general-ledger",
    "profit-and-loss-actual": "/general-ledger?type=ACTUAL&connection=1",
    "exposure": "/general-ledger/exposure",
    "ledger-lines": "/general-ledger/lines",
    "ledger-lines-filtered": "/general-ledger/lines?type=ACTUAL&connection=1&search=EV",
    "ledger-lines-nothing": "/general-ledger/lines?account=none",
    "connections": "/general-ledger/connections",
    "connection": "/general-ledger/connections/1",
    "gl-import": "/general-ledger/import",
    "gl-import-faulty": f"/general-ledger/import/files?connection={UK}&upload={SENT}",
    "reconciliation": "/general-ledger/reconciliation?currency=USD",
    "reconciliation-missing": (
        "/general-ledger/reconciliation?currency=USD&state=missing"
    ),
    "saved-filters": "/saved-filters",
    "audit-trail": "/audit",
    "activity": "/activity",
    "people": "/access",
    "account": "/account",
    "outbox": "/settings/outbox",
    "webhooks": "/settings/webhooks",
    "webhook": "/settings/webhooks/1",
    "not-found": "/nowhere",
    "not-found-at-xero": "/general-ledger/connections/1/connect",
    "not-found-from-xero": "/general-ledger/xero/callback?state=none&code=none",
}
"""The address of each state, for somebody who is signed in. A state whose name begins
with that of another and a hyphen is of the same page."""
SIGNED_OUT: Mapping[str, str] = {
    "sign-in": "/sign-in",
    "sign-in-link-over": "/sign-in/link/none",
    "sign-in-provider": "/sign-in/provider",
    "sign-in-provider-back": "/sign-in/provider/back",
    "file-link-over": "/files/none",
}


def first_states() -> dict[str, str]:
    """One state of each page."""
    return {
        name: address
        for name, address in STATES.items()
        if not any(name.startswith(f"{page}-") for page in STATES)
    }


@contextmanager
def demo_site(folder: Path) -> Iterator[Site]:
    """A server of the demo company, whose database is made in a folder."""
    demo_settings(folder)
    with serving(_url(folder), now=NOW, data=folder) as site:
        yield site


def demo_settings(folder: Path) -> Settings:
    """Settings of the demo company, whose database is made in a folder."""
    settings = settings_for(_url(folder), now=NOW, data=folder)
    with ThreadPoolExecutor(1) as thread:  # a browser may hold this one's loop
        thread.submit(asyncio.run, _fill(settings)).result()
    return settings


def _url(folder: Path) -> URL:
    return sqlite_url(folder / "demo.db")


async def _fill(settings: Settings) -> None:
    database = open_database(settings, confirms_clock=True)
    try:
        await make_ready(database)
        filled = await fill(database, settings)
        await connect(database, settings)
        await leave_half_done(database, settings)
        await connect_the_demo(database, settings, filled)
    finally:
        await database.close()
