"""A page loads what it shows by one operation."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook_graphql.documents.ids import InvoiceId
from daybook_graphql.execution.operations import Operations
from daybook_graphql.kit.ids import encode
from daybook_people import client_of
from daybook_site import settings_for


@pytest.fixture(scope="module")
def client(filled_sqlite: URL) -> Iterator[TestClient]:
    """The application; which database it reads makes no difference here."""
    with client_of(settings_for(filled_sqlite)) as made:
        yield made


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the operations that run during a test."""
    names: list[str] = []
    run = Operations.run

    async def noted(self: Operations, name: str, *arguments: Any) -> dict[str, Any]:
        names.append(name)
        return await run(self, name, *arguments)

    monkeypatch.setattr(Operations, "run", noted)
    # What is kept from another test would not run again.
    monkeypatch.setattr(Operations, "run_kept", noted)
    return names


@pytest.mark.parametrize(
    ("path", "operations"),
    [
        ("/journals?currency=USD&month=2025-10", ["ReportPage"]),
        ("/journals?currency=USD&from=2025-10-01&group_by=product", ["ReportPage"]),
        # The ledger and the month are chosen from the ledgers, which are loaded first.
        ("/journals", ["ReportPage", "ReportPage"]),
        ("/journals?currency=USD&month=never", ["ReportPage", "ReportPage"]),
        ("/journals?currency=USD&month=2025-10&from=soon", ["ReportPage"]),
        ("/journals/body?currency=USD&month=2025-10", ["ReportPage"]),
        ("/journals/sums?currency=USD&month=2025-10", ["ReportSums"]),
        ("/journals/counts?currency=USD&month=2025-10", ["ReportCounts"]),
        ("/journals/USD/1", ["JournalDetail"]),
        ("/exports", ["ExportsPage"]),
        ("/exports?ledger=USD&posted=yes", ["ExportsPage"]),
        ("/exports?state=GONE", ["ExportsPage"]),
        ("/exports/1", ["ExportPage"]),
        ("/exports/files/1", ["ExportFilePage"]),
        ("/documents?currency=USD&month=2025-01", ["DocumentsPage"]),
        # The ledger is chosen from the ledgers, which are loaded first.
        ("/documents", ["DocumentsPage", "DocumentsPage"]),
        ("/documents?currency=USD&month=soon", ["DocumentsPage"]),
        (f"/documents/{encode(InvoiceId('inv_2'))}", ["DocumentPage"]),
        # Without a format, the last posted file's is asked for first.
        (
            "/exports/new?currency=USD&month=2025-10",
            ["NewExportPage", "NewExportPage"],
        ),
        ("/exports/new?currency=USD&month=2025-10&format=XLSX", ["NewExportPage"]),
        ("/exports/new?currency=USD&month=2025-10&max_rows=x", ["NewExportPage"]),
        # Refused by the preflight: the page is loaded again without it.
        (
            "/exports/new?currency=USD&month=2025-10&format=XLSX&customer=nobody",
            ["NewExportPage", "NewExportPage"],
        ),
        ("/settings", ["RecognitionPage"]),
        ("/settings?currency=JPY", ["RecognitionPage"]),
        ("/settings/locks", ["LocksPage"]),
        ("/settings/accounts?currency=USD", ["AccountsPage"]),
        ("/settings/approval", ["ApprovalPage"]),
        ("/settings/organisation", ["OrganisationPage"]),
        ("/settings/storage", ["StoragePage"]),
        ("/settings/integrations?currency=USD", ["IntegrationsPage"]),
        ("/access", ["Access"]),
        # A report that fits on a page has its totals at once, by the same operation.
        (
            "/reports/deferred-revenue?currency=USD&customer=cus_3",
            ["DeferredRevenuePage", "DeferredRevenuePage"],
        ),
        ("/reports/deferred-revenue?currency=USD", ["DeferredRevenuePage"]),
        ("/reports/waterfall?currency=USD&totals=yes", ["WaterfallPage"]),
        ("/reports/cohorts?currency=USD", ["CohortsPage"]),
        # The ledger is chosen from the ledgers, which are loaded first.
        ("/reports/roll-forward", ["RollForwardPage", "RollForwardPage"]),
        ("/reports/tie-out?currency=USD", ["TieOutPage"]),
        ("/reports/population?currency=USD", ["PopulationPage"]),
        ("/reports/waterfall?currency=USD&on=soon", ["WaterfallPage"]),
        ("/reports/waterfall/news?currency=USD&seen=1", []),
        ("/reports/documents?currency=USD&document=inv", ["FindDocuments"]),
        ("/suggestions/invoice?currency=USD&invoice=inv", ["FindDocuments"]),
        # The month is chosen from the ledgers, which are loaded first.
        ("/close?currency=USD", ["ClosePage", "ClosePage"]),
        ("/close?currency=USD&month=2025-09", ["ClosePage"]),
        ("/close?currency=EUR&month=2025-09", ["ClosePage"]),
        ("/close/waterfall?currency=USD&month=2025-09", ["CloseWaterfall"]),
        ("/close/waterfall?currency=EUR&month=2025-09", []),
        ("/close/balances?currency=USD", ["BalancesPage"]),
        # The ledger's lock says which days change, so it is loaded first.
        ("/close/lock?currency=USD", ["LockPage", "LockPage"]),
        ("/documents/import", ["ImportPage"]),
        ("/documents/import/upl_x", ["UploadPage"]),
        ("/general-ledger/rates", ["GlRatesPage"]),
        ("/general-ledger/address", ["GlAddressPage"]),
        ("/general-ledger/connections", ["GlConnectionsPage"]),
        ("/general-ledger/connections/1", ["GlConnectionPage"]),
        ("/general-ledger/connections/1/refreshes", ["GlConnectionRefreshes"]),
        ("/general-ledger/import", ["GlImportPage"]),
        ("/audit", ["AuditPage"]),
        ("/audit?action=SET_LOCK&after_close=yes", ["AuditPage"]),
        ("/audit?action=LOK", ["AuditPage"]),
        ("/audit?currency=GBP", ["AuditPage", "AuditPage"]),
        ("/activity", ["ActivityPage"]),
        ("/manual-journals", ["ManualJournalsPage"]),
        ("/manual-journals?status=POSTED", ["ManualJournalsPage"]),
        ("/manual-journals/1", ["ManualJournalPage"]),
        ("/manual-journals/recurring", ["RecurringManualJournalsPage"]),
        ("/manual-journals/recurring/1", ["RecurringManualJournalPage"]),
        ("/manual-journals/recurring/new", ["RecurringManualJournalForm"]),
        # What is typed is previewed, once it is known what the form begins with.
        ("/manual-journals/new", ["ManualJournalForm", "PreviewManualJournal"]),
        ("/manual-journals/1/news", ["ManualJournalNews"]),
    ],
)
def test_a_page_runs_its_operation(
    client: TestClient, ran: list[str], path: str, operations: list[str]
) -> None:
    client.get(path)

    assert ran == operations
