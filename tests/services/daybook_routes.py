"""Every route that a browser can ask for: what it answers by, and to whom.

A new route needs a line in `READING` or in another group of `LOADS`, by the permission
that its readers need; one that takes forms, a line in `SENDS`, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.routing import Route

from daybook.access.rules import Permission
from daybook_graphql.approvals.ids import ChangeRequestId
from daybook_graphql.documents.ids import InvoiceId
from daybook_graphql.evidence.ids import AttachmentId
from daybook_graphql.exports.ids import ExportJobId, ExportRecordId
from daybook_graphql.kit.ids import encode
from daybook_graphql.saved_filters.ids import SavedFilterId

MAY = "?currency=USD&month=2025-05"
ELSEWHERE = "?connection=99"
"""A part of the dataset without files: a copied ledger has none of them."""
USD_RECORDINGS = 13
INVOICE = encode(InvoiceId("inv_1"))
NOT_PAGES = frozenset(
    {
        *("/healthz", "/readyz", "/graphql", "/uploads", "/uploads/{key}"),
        "/datasets/{name}",
    }
)
"""Routes for programs alone, which other tests walk."""


class Load(NamedTuple):
    """What a GET answers.

    `operation` is the one by which it loads what it shows; empty if it shows nothing of
    the ledger. `address` is an example: empty for the path itself, or its query alone.
    """

    operation: str = ""
    address: str = ""
    status: int = 200


def _of_report(name: str, *, has_sums: bool = False) -> dict[str, Load]:
    """The page of a report, what it loads later, and its file."""
    path, page = f"/reports/{name}", f"{name.title().replace('-', '')}Page"
    sums = {f"{path}/sums": Load(page, f"?currency=USD&seen={USD_RECORDINGS}")}
    return {
        path: Load(page, "?currency=USD"),
        **(sums if has_sums else {}),
        f"{path}/news": Load("", "?currency=USD&seen=1"),
        f"{path}.{{suffix}}": Load("", f"{path}.csv?currency=USD"),
    }


OPEN: Mapping[str, Load] = {
    "/static/{hash:str}/{name:path}": Load("", "/static/0/none.css", 404),
    "/sign-in": Load(),
    "/sign-in/invitations": Load(status=303),
    "/sign-in/link/{token}": Load("", "/sign-in/link/none", 410),
    "/sign-in/provider": Load(status=404),
    "/sign-in/provider/back": Load(status=403),
    "/files/{token}": Load("", "/files/none", 404),
}
"""What strangers get, too."""

OWN: Mapping[str, Load] = {
    "/": Load(status=302),
    "/reports": Load(status=302),
    "/account": Load("AccountPage"),
    "/events": Load("", "?currency=JPY"),
}
"""What everybody gets who is signed in; a stream tells nothing to who may not read."""

READING: Mapping[str, Load] = {
    "/journals": Load("ReportPage", MAY),
    "/journals/body": Load("ReportPage", MAY),
    "/journals/counts": Load("ReportCounts", MAY),
    "/journals/sums": Load("ReportSums", MAY),
    "/journals.csv": Load("", "?currency=USD"),
    "/journals/list.{suffix}": Load("", f"/journals/list.csv{MAY}"),
    "/journals/{currency}/{number}": Load("JournalDetail", "/journals/USD/1"),
    "/journals/{currency}/{number}/news": Load(
        "JournalNews", "/journals/USD/1/news?seen=1", 204
    ),
    "/suggestions/customer": Load("FindCustomers", "?currency=USD&customer=a"),
    "/suggestions/product": Load("FindProducts", "?currency=USD&product=p"),
    **{
        f"/suggestions/{kind}": Load("FindDocuments", f"?currency=USD&{kind}=i")
        for kind in ("invoice", "credit_note", "billing_schedule")
    },
    "/reports/documents": Load("FindDocuments", "?currency=USD&document=inv"),
    **_of_report("deferred-revenue", has_sums=True),
    **_of_report("waterfall", has_sums=True),
    **_of_report("cohorts"),
    **_of_report("roll-forward"),
    **_of_report("tie-out"),
    **_of_report("population", has_sums=True),
    "/close": Load("ClosePage", MAY),
    "/close/waterfall": Load("CloseWaterfall", MAY),
    "/close/balances": Load("BalancesPage", "?currency=USD"),
    "/close/lock": Load("LockPage", MAY),
    "/close/lock/news": Load("", f"{MAY}&seen=1"),
    "/reports/close-checklist.{suffix}": Load("", f"/reports/close-checklist.csv{MAY}"),
    "/manual-journals": Load("ManualJournalsPage"),
    "/manual-journals/{number:int}": Load("ManualJournalPage", "/manual-journals/8"),
    "/manual-journals/{number:int}/news": Load(
        "ManualJournalNews", "/manual-journals/8/news?seen=1"
    ),
    "/manual-journals/recurring": Load("RecurringManualJournalsPage"),
    "/manual-journals/recurring/{number:int}": Load(
        "RecurringManualJournalPage", "/manual-journals/recurring/3"
    ),
    "/documents": Load("DocumentsPage", MAY),
    "/documents/{document_id}": Load("DocumentPage", f"/documents/{INVOICE}"),
    "/evidence/{subject_id}": Load("EvidencePage", f"/evidence/{INVOICE}"),
    "/attachments/{number}/{name}": Load("", "/attachments/9/none.pdf", 404),
    "/exports": Load("ExportsPage"),
    "/exports/new": Load("NewExportPage", f"{MAY}&format=XLSX"),
    "/exports/files/{number:int}": Load("ExportFilePage", "/exports/files/1"),
    "/exports/{number:int}": Load("ExportPage", "/exports/1"),
    "/exports/{number}/{name}": Load("", "/exports/9/none.csv", 404),
    "/settings": Load("RecognitionPage", "?currency=USD"),
    "/settings/locks": Load("LocksPage", "?currency=USD"),
    "/settings/accounts": Load("AccountsPage", "?currency=USD"),
    "/settings/approval": Load("ApprovalPage"),
    "/settings/organisation": Load("OrganisationPage"),
    "/settings/storage": Load("StoragePage"),
    "/settings/integrations": Load("IntegrationsPage", "?currency=USD"),
    "/general-ledger": Load("GeneralLedgerPage", ELSEWHERE),
    "/general-ledger/lines": Load("GlLinesPage", ELSEWHERE),
    "/general-ledger/exposure": Load("GlExposurePage", ELSEWHERE),
    "/general-ledger/rates": Load("GlRatesPage", ELSEWHERE),
    "/general-ledger/rates.csv": Load("GlRatesFile", ELSEWHERE),
    "/general-ledger/address": Load("GlAddressPage"),
    "/general-ledger/connections": Load("GlConnectionsPage"),
    "/general-ledger/connections/{number:int}": Load(
        "GlConnectionPage", "/general-ledger/connections/1"
    ),
    "/general-ledger/connections/{number:int}/refreshes": Load(
        "GlConnectionRefreshes", "/general-ledger/connections/1/refreshes"
    ),
    "/general-ledger/reconciliation": Load("GlReconciliationPage", "?currency=USD"),
    "/saved-filters": Load("SavedFiltersPage"),
    "/saved-filters/chips": Load("SavedFiltersPage", "?page=JOURNALS"),
    "/audit": Load("AuditPage"),
    "/audit/new": Load("AuditNews", "?seen=1"),
    "/audit.csv": Load(),
    "/activity": Load("ActivityPage"),
    "/activity/new": Load("ActivityNews", "?seen=1"),
    "/activity.csv": Load(),
}

RECORDING_AND_READING: Mapping[str, Load] = {
    "/documents/import": Load("ImportPage"),
    "/general-ledger/import": Load("GlImportPage"),
}
"""Beside the form stand the last imports."""

RECORDING: Mapping[str, Load] = {
    "/documents/import/{key}": Load("UploadPage", "/documents/import/upl_none", 404),
    "/general-ledger/import/files": Load(
        "PreviewGlImport", "/general-ledger/import/files", 404
    ),
}

ADJUSTING: Mapping[str, Load] = {
    "/manual-journals/new": Load("ManualJournalForm", "?ledger=USD"),
    "/manual-journals/{number:int}/edit": Load(
        "ManualJournalForm", "/manual-journals/8/edit"
    ),
    "/manual-journals/recurring/new": Load("RecurringManualJournalForm"),
    "/manual-journals/recurring/{number:int}/edit": Load(
        "RecurringManualJournalForm", "/manual-journals/recurring/3/edit", 303
    ),
}

ADMINISTERING: Mapping[str, Load] = {
    "/access": Load("Access"),
    "/settings/webhooks": Load("Webhooks"),
    "/settings/webhooks/{number:int}": Load("WebhookPage", "/settings/webhooks/1"),
    "/settings/outbox": Load("OutboxPage"),
    "/general-ledger/connections/{number:int}/connect": Load(
        "ConnectGl", "/general-ledger/connections/1/connect", 422
    ),
    "/general-ledger/xero/callback": Load(
        "FinishConnectGl", "/general-ledger/xero/callback?state=none&code=none", 422
    ),
    "/settings/outbox/{number:int}.eml": Load("", "/settings/outbox/9.eml", 404),
}

LOADS: Mapping[Permission | None, Mapping[str, Load]] = {
    Permission(0): OWN,
    Permission.READ: READING,
    Permission.READ | Permission.RECORD: RECORDING_AND_READING,
    Permission.RECORD: RECORDING,
    Permission.ADJUST: ADJUSTING,
    Permission.ADMINISTER: ADMINISTERING,
    None: OPEN,
}
"""The routes that GET asks for, by the permission that they need; None for nobody's."""

FURTHER_PAGES = (
    "/documents/" + encode(InvoiceId("inv_steps")),
    "/manual-journals/4",
    "/manual-journals/5",
    "/manual-journals/new?ledger=USD",
    "/manual-journals/recurring/1",
    "/exports/files/2",
    "/settings?currency=EUR",
    "/settings/accounts?currency=EUR",
    "/settings/integrations?currency=EUR&system=XERO",
    "/settings/webhooks/2",
    "/close/lock?currency=EUR&month=2025-10",
)
"""More states of pages, for what else they may show."""


class Send(NamedTuple):
    """What a POST answers to a form that changes nothing, sent by who may send it.

    A form that would, such as one that is right, is not in the table.
    """

    path: str
    form: Mapping[str, str]
    status: int = 422
    address: str = ""
    is_file: bool = False


NONE = "none"
JOB, RECORD = encode(ExportJobId(99)), encode(ExportRecordId(99))
ATTACHMENT = encode(AttachmentId(99))
CHANGE = encode(ChangeRequestId(99))
FILTER = encode(SavedFilterId(99))
MANUAL = "/manual-journals/{number:int}"
DRAFT = "/manual-journals/8"
RECURRENCE = "/manual-journals/recurring/{number:int}"
REPEATED = "/manual-journals/recurring/3"
WEBHOOK = "/settings/webhooks/{number:int}"
HOOK = "/settings/webhooks/1"
CONNECTION = "/general-ledger/connections/{number:int}"
RATE = {"currency": "USD", "day": "2025-09-30", "rate": "1.1", "reason": "A test"}
"""A rate that the ECB has: it is neither entered nor withdrawn."""
LIVE = f"{CONNECTION}/xero"
LIVE_ONE = "/general-ledger/connections/1/xero"
DOCUMENT = "/documents/{document_id}"
XERO = "?currency=USD&system=XERO"
BALANCE = {"on": "never", "balance_DEFERRED": "1.00"}

SENDS: Mapping[Permission | None, Sequence[Send]] = {
    None: (
        Send("/sign-in", {"email": "x@example.com", "password": "wrong"}),
        Send("/sign-in/invitations", {"form": "accept"}, 303),
        Send("/sign-in/link/{token}", {}, 410, "/sign-in/link/none"),
        Send("/sign-out", {}, 303),
    ),
    Permission(0): (
        Send("/account", {"form": "password", "password": "a", "again": "b"}),
        Send("/account/organisation", {"organisation": "99"}, 404),
    ),
    Permission.READ: (
        Send("/saved-filters", {"form": "save", "page": "JOURNALS", "name": "Late"}),
        Send("/saved-filters", {"form": "rename", "filter": FILTER}, 404),
        Send("/saved-filters", {"form": "delete", "filter": NONE}, 404),
    ),
    Permission.EXPORT: (
        Send("/exports", {"cancel": JOB}),
        Send("/exports", {"retried": JOB}),
        Send("/exports/new", {"cancel": JOB}, 422, f"/exports/new{MAY}"),
        Send("/exports/link", {"id": JOB}),
        Send("/exports/link", {"id": JOB, "form": "revoke"}),
        Send("/exports/{number:int}", {"cancel": JOB}, 422, "/exports/1"),
        Send("/exports/files/{number:int}", {"retried": JOB}, 422, "/exports/files/1"),
    ),
    Permission.RECORD: (
        Send(LIVE, {"form": "sync"}, 422, LIVE_ONE),
        Send("/activity", {"number": "1", "reason": "no failed import"}),
        Send("/documents/import", {}, 422, is_file=True),
        Send("/documents/import/{key}", {}, 404, "/documents/import/upl_none"),
        Send(
            "/documents/import/{key}/discard",
            {},
            404,
            "/documents/import/upl_none/discard",
        ),
        Send("/general-ledger/import", {}, 422, is_file=True),
        Send("/general-ledger/import/files", {}, 404),
        Send("/general-ledger/import/files/discard", {}, 303),
        *(
            Send(CONNECTION, {"form": form}, 404, "/general-ledger/connections/99")
            for form in ("refresh", "cancel")
        ),
        Send(
            DOCUMENT,
            {
                "do": "complete",
                "line": NONE,
                "milestone": NONE,
                "completed_on": "2025-05-01",
            },
            422,
            f"/documents/{INVOICE}",
        ),
        Send("/evidence/{subject_id}", {}, 422, f"/evidence/{INVOICE}", is_file=True),
        Send(
            "/evidence/{subject_id}/remove",
            {"attachment": ATTACHMENT, "reason": "none"},
            422,
            f"/evidence/{INVOICE}/remove",
        ),
    ),
    Permission.ADJUST: (
        Send("/manual-journals", {"do": "withdraw", "request": CHANGE}),
        Send("/manual-journals/new", {"do": "save", "ledger": "USD"}),
        Send(f"{MANUAL}/edit", {"do": "save", "ledger": "USD"}, 422, f"{DRAFT}/edit"),
        *(
            Send(MANUAL, {"do": do, "version": "99", "reason": "none"}, 422, DRAFT)
            for do in ("submit", "withdraw", "reverse", "discard")
        ),
        Send("/manual-journals/recurring/new", {"do": "save", "ledger": "USD"}),
        Send(f"{RECURRENCE}/edit", {"do": "save"}, 422, f"{REPEATED}/edit"),
        *(
            Send(RECURRENCE, {"do": do, "version": "99"}, 422, REPEATED)
            for do in ("submit", "withdraw", "end")
        ),
    ),
    Permission.APPROVE: (
        Send("/manual-journals", {"do": "approve", "request": CHANGE}),
        Send("/manual-journals", {"do": "reject", "request": CHANGE, "reason": "no"}),
        *(
            Send(MANUAL, {"do": do, "version": "99", "reason": "none"}, 422, DRAFT)
            for do in ("approve", "reject")
        ),
        *(
            Send(RECURRENCE, {"do": do, "version": "99", "reason": "no"}, 422, REPEATED)
            for do in ("approve", "reject")
        ),
    ),
    Permission.CLOSE: (
        Send(
            "/close/balances",
            {"form": "import", "csv": "x"},
            422,
            "/close/balances?currency=USD",
        ),
        Send("/close/lock", {"through": "2020-01-31"}, 422, f"/close/lock{MAY}"),
        Send(
            "/exports/{number:int}",
            {"do": "post", "record": RECORD, "reference": "x"},
            422,
            "/exports/1",
        ),
        Send(
            "/exports/files/{number:int}",
            {"do": "undo", "record": RECORD, "reason": "x"},
            422,
            "/exports/files/1",
        ),
        Send(
            "/settings",
            {"form": "defaults"},
            303,
            "/settings?currency=USD",
        ),
        Send(
            "/settings",
            {"form": "product", "sold": "none"},
            422,
            "/settings?currency=USD",
        ),
        Send(
            "/settings/accounts",
            {"form": "account", "role": "RECOGNIZED", "name": "x", "product": NONE},
            422,
            "/settings/accounts?currency=USD",
        ),
        Send("/settings/approval", {"form": "four-eyes", "four_eyes": "on"}, 303),
        Send(
            "/settings/integrations",
            {"form": "mapping", "role": "BILLED", "field_none": "1"},
            422,
            f"/settings/integrations{XERO}",
        ),
        Send(
            "/settings/integrations",
            {"form": "chart", "chart": "x"},
            422,
            f"/settings/integrations{XERO}",
        ),
        Send("/general-ledger/connections", {"form": "add", "base_currency": "USD"}),
        *(
            Send(
                "/general-ledger/rates",
                {"form": form, **RATE},
                422,
                f"/general-ledger/rates{ELSEWHERE}",
            )
            for form in ("enter", "withdraw")
        ),
        Send(
            "/general-ledger/connections", {"form": "dataset", "main_connection": NONE}
        ),
        *(
            Send(CONNECTION, {"form": form}, 404, "/general-ledger/connections/99")
            for form in ("update", "remove")
        ),
    ),
    Permission.ADMINISTER: (
        Send(LIVE, {"form": "disconnect"}, 422, LIVE_ONE),
        Send(
            "/access", {"form": "invite", "email": "x", "name": "x", "role": "VIEWER"}
        ),
        Send("/access", {"form": "role", "user": NONE, "role": "VIEWER"}),
        Send("/access", {"form": "revoke", "key": NONE}),
        Send("/access", {"form": "key", "key_name": ""}),
        Send("/general-ledger/address", {"key_name": "", "expires_on": "2030-01-01"}),
        Send("/settings/organisation", {"form": "rename", "organisation_name": ""}),
        Send("/settings/organisation", {"form": "time-zone", "time_zone": "x"}),
        Send("/settings/webhooks", {"url": "x"}),
        *(
            Send(WEBHOOK, {"form": form}, 404, "/settings/webhooks/99")
            for form in (
                "update",
                "enable",
                "since",
                "again",
                "rotate",
                "delete",
                "test",
            )
        ),
        Send("/settings/outbox", {"message": NONE}),
    ),
}
"""Forms by the permission that their senders need; None for nobody's."""


def routes_of(app: Starlette, method: str) -> Iterator[str]:
    """The paths of an application's routes that take a method."""
    for route in app.routes:
        if not isinstance(route, Route) or route.path in NOT_PAGES:
            continue
        if method in (route.methods or ()):
            yield route.path


def address_of(path: str, example: Load | Send) -> str:
    """The example's address."""
    is_whole = example.address.startswith("/")
    return example.address if is_whole else path + example.address
