"""Journals and entries through the API: whole answers, filters, paging, one moment."""

from typing import Any

import pytest
from sqlalchemy import event, select

from daybook.calendar import day_text, parse_day
from daybook.db.engine import Database
from daybook.ledger.models import JournalMovement
from daybook.ledger.queries import value_of
from daybook.ledger.rules import Role, shares
from daybook.money import amount_text
from daybook_factories import (
    credit_note,
    credited_line,
    invoice,
    line,
    pin,
    record,
    terms,
)
from daybook_graphql.access.ids import ApiKeyId, UserId
from daybook_graphql.adjustments.ids import ManualJournalId
from daybook_graphql.approvals.ids import ChangeRequestId
from daybook_graphql.context import Context
from daybook_graphql.documents.ids import InvoiceId
from daybook_graphql.evidence.ids import AttachmentId
from daybook_graphql.execution.operations import Operations
from daybook_graphql.exports.ids import ExportJobId, ExportRecordId
from daybook_graphql.general_ledger.ids import GlConnectionId, GlRefreshId
from daybook_graphql.journals.ids import EntryId
from daybook_graphql.kit.ids import encode
from daybook_graphql.mail.ids import MailMessageId
from daybook_graphql.parties.ids import ProductId
from daybook_graphql.recurring.ids import RecurrenceId
from daybook_graphql.saved_filters.ids import SavedFilterId
from daybook_graphql.webhooks.ids import WebhookDeliveryId, WebhookId
from daybook_people import caller

pytestmark = pytest.mark.anyio

Ask = Any  # a fixture's type, see conftest

SUBSCRIPTIONS = {"ExportProgress", "GlProgress"}
"""Run by their own tests: they have no one answer."""
ODD = ("2025-01-17", "2025-05-03")

LEDGER = "query($c: CurrencyCode!) { ledger(currency: $c) { id } }"

PAGE = """
query(
  $id: ID!, $filter: JournalFilter, $first: Int, $after: String, $last: Int,
  $before: String
) {
  journals(
    ledgerId: $id, filter: $filter, first: $first, after: $after, last: $last,
    before: $before
  ) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor total { amount } posted { amount } scheduled { amount }
      node { number } }
  }
}
"""

ENTRIES = """
query($id: ID!, $filter: JournalFilter, $first: Int, $after: String, $last: Int,
  $before: String) {
  entries(ledgerId: $id, filter: $filter, first: $first, after: $after, last: $last,
    before: $before) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes { id date status amount { amount currency } debit { role } credit { role } }
  }
}
"""


async def a_history(database: Database) -> None:
    """Two ledgers, three customers, a credit note."""
    await record(
        database,
        *(
            invoice(
                f"inv_{at}",
                line("1", its_terms=terms(f"{at + 1}00.07", ODD)),
                line("2", product="p2", its_terms=terms("9.00", ODD)),
                customer=f"cus_{at % 3}",
                customer_name=f"Customer {at % 3}",
            )
            for at in range(4)
        ),
        invoice(
            "inv_yen",
            line(its_terms=terms("1200", currency="JPY")),
            currency="JPY",
            customer="cus_yen",
        ),
    )
    await record(
        database,
        credit_note(
            "cn_1",
            credited_line("40.00"),
            invoice_id="inv_0",
            customer="cus_0",
            customer_name="Customer 0",
            accounting_date="2025-02-10",
        ),
        on="2025-03-20",
    )


async def ledger_id(ask: Ask, currency: str = "USD") -> str:
    answer = await ask(LEDGER, {"c": currency})
    found: str = answer["data"]["ledger"]["id"]
    return found


async def test_the_ledgers_with_their_accounts_and_months(
    database: Database, ask: Ask
) -> None:
    await a_history(database)

    answer = await ask(
        "{ ledgers { name currency firstMonth lastMonth"
        " accounts { role name normalBalance } } }"
    )

    accounts = [
        {"role": role, "name": f"{role.capitalize()} Revenue", "normalBalance": side}
        for role, side in (
            ("BILLED", "DEBIT"),
            ("UNBILLED", "DEBIT"),
            ("DEFERRED", "CREDIT"),
            ("RECOGNIZED", "CREDIT"),
        )
    ]
    assert answer == {
        "data": {
            "ledgers": [
                {
                    "name": f"{currency} ledger",
                    "currency": currency,
                    "firstMonth": "2025-01-01",
                    "lastMonth": last,
                    "accounts": accounts,
                }
                for currency, last in (("JPY", "2025-12-01"), ("USD", "2025-05-01"))
            ]
        }
    }


async def test_a_journals_amounts_are_those_of_the_filters_days(
    database: Database, ask: Ask
) -> None:
    await record(database, invoice())
    posted = {"from": "2025-06-10", "to": "2025-06-20"}

    answer = await ask(PAGE, {"id": await ledger_id(ask), "filter": {"posted": posted}})

    # 100.00 in June is 3.33 a day; the schema's present is 15 June.
    (edge,) = answer["data"]["journals"]["edges"]
    assert edge["node"] == {"number": "6"}
    assert [edge[name]["amount"] for name in ("total", "posted", "scheduled")] == [
        "36.63",
        "19.98",
        "16.65",
    ]


async def test_totals_are_of_all_journals_not_of_the_page(
    database: Database, ask: Ask
) -> None:
    await record(database, invoice("inv_1"), invoice("inv_2"))
    document = """query($id: ID!) {
      journals(ledgerId: $id, first: 1, filter: {
        posted: { from: "2025-01-01", to: "2025-01-31" } }) {
        totalCount totals {
          account { role } debit { amount } credit { amount } net { amount } } } }"""

    answer = await ask(document, {"id": await ledger_id(ask)})

    journals = answer["data"]["journals"]
    assert journals["totalCount"] == 2
    assert [
        (
            total["account"]["role"],
            *(total[side]["amount"] for side in ("debit", "credit", "net")),
        )
        for total in journals["totals"]
    ] == [
        ("BILLED", "2400.00", "0.00", "2400.00"),
        ("DEFERRED", "200.00", "2400.00", "2200.00"),
        ("RECOGNIZED", "0.00", "200.00", "200.00"),
    ]


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize("document", [PAGE, ENTRIES])
async def test_paging_either_way_gives_everything_once_and_in_order(
    database: Database, ask: Ask, document: str, size: int
) -> None:
    await a_history(database)
    wanted = {"id": await ledger_id(ask), "filter": {"customerId": None}}
    wanted["filter"] = {"posted": {"to": "2025-01-19"}}
    forwards: list[Any] = []
    backwards: list[Any] = []

    for found, count, cursor, to, has_more in (
        (forwards, "first", "after", "endCursor", "hasNextPage"),
        (backwards, "last", "before", "startCursor", "hasPreviousPage"),
    ):
        key, more = None, True
        while more:
            answer = await ask(document, {**wanted, count: size, cursor: key})
            (page,) = answer["data"].values()
            items = page.get("nodes") or [edge["node"] for edge in page["edges"]]
            assert 0 < len(items) <= size
            found[:] = found + items if count == "first" else items + found
            key, more = page["pageInfo"][to], page["pageInfo"][has_more]
            assert page["totalCount"] >= len(items)

    assert forwards == backwards
    assert len(forwards) == page["totalCount"]
    assert len({str(forward) for forward in forwards}) == len(forwards)


async def test_entries_are_the_shares_of_the_stored_movements(
    database: Database, ask: Ask
) -> None:
    await a_history(database)
    its_pin = await pin(database)
    stored = select(JournalMovement).where(
        JournalMovement.ledger_id == its_pin.ledger_id,
        JournalMovement.superseded_in.is_(None),
    )
    order = (JournalMovement.journal, JournalMovement.seq)
    async with database.reads() as session:
        rows = (await session.scalars(stored.order_by(*order))).all()
    identity, found, after = await ledger_id(ask), [], None

    while True:
        answer = await ask(ENTRIES, {"id": identity, "first": 100, "after": after})
        found += answer["data"]["entries"]["nodes"]
        info = answer["data"]["entries"]["pageInfo"]
        if not info["hasNextPage"]:
            break
        after = info["endCursor"]

    present = parse_day("2025-06-15")
    assert found == [
        {
            "id": encode(EntryId("USD", row.journal, row.seq, day)),
            "date": day_text(day),
            "status": "POSTED" if day <= present else "SCHEDULED",
            "amount": {"amount": amount_text(amount, "USD"), "currency": "USD"},
            "debit": {"role": Role(row.debit_role).name},
            "credit": {"role": Role(row.credit_role).name},
        }
        for row, day, amount in sorted(
            (
                (row, day, amount)
                for row in rows
                for day, amount in shares(value_of(row))
            ),
            key=lambda one: (one[0].journal, one[1], one[0].seq),
        )
    ]
    assert answer["data"]["entries"]["totalCount"] == len(found) > 200


async def numbers(ask: Ask, **wanted: Any) -> list[int]:
    """Numbers of the dollar ledger's journals that a filter lets pass."""
    variables = {"id": await ledger_id(ask), "filter": wanted, "first": 100}
    answer = await ask(PAGE, variables)
    return [int(edge["node"]["number"]) for edge in answer["data"]["journals"]["edges"]]


async def test_filters_narrow_and_apply_together(database: Database, ask: Ask) -> None:
    await a_history(database)
    customers = (await ask("{ customers { nodes { id externalId } } }"))["data"]
    customer = {
        node["externalId"]: node["id"] for node in customers["customers"]["nodes"]
    }
    products = (await ask("{ products { nodes { id externalId } } }"))["data"]
    product = {node["externalId"]: node["id"] for node in products["products"]["nodes"]}

    everything = await numbers(ask)
    of_customer = await numbers(ask, customerId=customer["cus_0"])
    of_product = await numbers(ask, productId=product["p2"])
    of_both = await numbers(ask, customerId=customer["cus_0"], productId=product["p2"])
    credits_ = await numbers(ask, source=["CREDIT_NOTE"])
    invoices = await numbers(ask, source=["INVOICE"])
    found = await numbers(ask, search="customer 1")
    in_march = await numbers(ask, posted={"from": "2025-03-01", "to": "2025-03-31"})

    assert set(of_both) == set(of_customer) & set(of_product)
    assert 0 < len(of_both) < len(of_customer) < len(everything)
    assert sorted(credits_ + invoices) == everything
    assert len(credits_) == 1
    assert found == await numbers(ask, customerId=customer["cus_1"])
    assert len(in_march) == 8
    assert await numbers(ask, search=str(everything[4])) == [everything[4]]


@pytest.mark.either_database
async def test_journals_cost_the_same_number_of_statements_whatever_the_page(
    database: Database, operations: Operations, settings: Any
) -> None:
    await a_history(database)
    counts = []

    for size in (20, 40):
        statements: list[str] = []

        def note(*arguments: Any, into: list[str] = statements) -> None:
            into.append(arguments[2])

        unused = Database(database.url)  # nothing is kept for it yet
        event.listen(unused.engine.sync_engine, "before_cursor_execute", note)
        context = Context(unused, settings, caller())
        ledgers = await operations.run("Ledgers", {}, context)
        wanted = {"ledgerId": ledgers["ledgers"][1]["id"], "first": size}
        await operations.run("JournalReport", wanted, context)
        await unused.close()
        counts.append(
            len(
                [
                    statement
                    for statement in statements
                    if statement.startswith("SELECT")
                ]
            )
        )

    assert counts[0] == counts[1] < 18


async def test_an_operation_reads_one_moment(
    database: Database, operations: Operations, settings: Any
) -> None:
    await record(database, invoice("inv_1"))
    context = Context(database, settings, caller())
    ledgers = await operations.run("Ledgers", {}, context)
    wanted = {"ledgerId": ledgers["ledgers"][0]["id"]}

    await record(database, invoice("inv_2"))
    same = await operations.run("JournalReport", wanted, context)
    later = await operations.run(
        "JournalReport", wanted, Context(database, settings, caller())
    )

    assert same["journals"]["totalCount"] == 12
    assert later["journals"]["totalCount"] == 24


@pytest.mark.either_database
async def test_every_named_operation_runs(
    scarce_database: Database, operations: Operations, settings: Any
) -> None:
    await a_history(scarce_database)
    context = Context(scarce_database, settings, caller())
    ledgers = await operations.run("Ledgers", {}, context)
    its_id = ledgers["ledgers"][1]["id"]
    report = await operations.run("JournalReport", {"ledgerId": its_id}, context)
    journal = report["journals"]["edges"][0]["node"]["id"]
    manual, change = encode(ManualJournalId(1)), encode(ChangeRequestId(1))
    recurring = encode(RecurrenceId(1))
    webhook, saved = encode(WebhookId(1)), encode(SavedFilterId(1))
    connection = encode(GlConnectionId(1))
    gl_import = {"connectionId": connection, "kind": "JOURNALS", "uploadIds": ["none"]}
    kes = {"currency": "KES", "day": "2025-01-31", "reason": "none"}
    shown = {"ledgerId": its_id, "withReport": True}
    of_2025 = {"from": "2025-01-01", "to": "2025-12-01"}
    journal_input = {
        "ledgerId": its_id,
        "kind": "ONE_OFF",
        "date": "2025-03-31",
        "narrative": "Accrued usage",
    }
    recurrence_input = {
        "ledgerId": its_id,
        "kind": "ONE_OFF",
        "narrative": "Support",
        "dayOfMonth": 31,
        "firstMonth": "2025-03-01",
    }
    seen: dict[str, Any] = {"id": manual, "version": 1}
    seen_recurring: dict[str, Any] = {"id": recurring, "version": 1}
    variables: dict[str, dict[str, Any]] = {
        "ActivityNews": {},
        "ActivityPage": {"first": 5, "withRows": True},
        "ApproveChange": {"input": {"id": change}},
        "ApproveManualJournal": {"input": seen},
        "ApproveRecurringManualJournal": {"input": seen_recurring},
        "AttachEvidence": {
            "input": {
                "subjectId": encode(InvoiceId("inv_0")),
                "uploadId": "none",
                "name": "contract.pdf",
            }
        },
        "Attachments": {"first": 5},
        "AuditNews": {},
        "AuditPage": {"first": 5, "withRows": True},
        "DiscardManualJournal": {"input": seen},
        "EndRecurringManualJournal": {"input": seen_recurring},
        "EvidencePage": {"id": encode(InvoiceId("inv_0")), "first": 5},
        "ManualJournalForm": {},
        "ManualJournalNews": {"number": 1},
        "ManualJournalPage": {"number": 1},
        "ManualJournals": {"first": 5},
        "ManualJournalsPage": {
            "filter": {},
            "first": 5,
            "withWaiting": True,
            "waiting": 5,
        },
        "PreviewManualJournal": {"input": journal_input},
        "RecurringManualJournalForm": {},
        "RecurringManualJournalPage": {"number": 1, "first": 5, "dates": 3},
        "RecurringManualJournalsPage": {"first": 5},
        "RejectChange": {"input": {"id": change, "reason": "none"}},
        "RejectManualJournal": {"input": {**seen, "reason": "none"}},
        "RejectRecurringManualJournal": {"input": {**seen_recurring, "reason": "none"}},
        "RemoveEvidence": {
            "input": {"attachmentId": encode(AttachmentId(1)), "reason": "none"}
        },
        "ReverseManualJournal": {"input": {**seen, "reason": "none"}},
        "SaveManualJournal": {"input": {"journal": journal_input}},
        "SaveRecurringManualJournal": {"input": {"recurrence": recurrence_input}},
        "SetFourEyes": {"input": {"isOn": True}},
        "SubmitManualJournal": {"input": seen},
        "SubmitRecurringManualJournal": {"input": seen_recurring},
        "WithdrawChange": {"input": {"id": change}},
        "WithdrawManualJournal": {"input": seen},
        "WithdrawRecurringManualJournal": {"input": seen_recurring},
        "Ledgers": {},
        "JournalReport": {"ledgerId": its_id},
        "RecognizedByMonth": {
            "ledgerId": its_id,
            "months": {"from": "2025-01-01", "to": "2025-03-31"},
        },
        "JournalDetail": {"id": journal},
        "FindCustomers": {"search": "customer"},
        "FindProducts": {"first": 5},
        "Entries": {"ledgerId": its_id},
        "ImportDocuments": {"input": {"documents": []}},
        "ImportPage": {"first": 5},
        "UploadPage": {"uploadId": "upl_x"},
        "PreviewImport": {"input": {"documents": [], "dryRun": True}},
        "LedgerSettings": {"ledgerId": its_id},
        "LockChange": {"ledgerId": its_id, "method": "ACCOUNTING_DATE"},
        "SetLock": {"input": {"ledgerId": its_id, "method": "ACCOUNTING_DATE"}},
        "UpdateSettings": {"input": {"ledgerId": its_id, "defaultMethod": "USAGE"}},
        "SetProductMethod": {
            "input": {"productId": encode(ProductId("prod_1")), "method": "USAGE"}
        },
        "ProductMethods": {"first": 5},
        "RenameAccount": {
            "input": {"ledgerId": its_id, "role": "DEFERRED", "name": "Deferred"}
        },
        "CompleteMilestone": {
            "input": {
                "invoiceId": encode(InvoiceId("inv_0")),
                "lineId": "1",
                "milestoneId": "none",
            }
        },
        "DocumentsPage": {"ledgerId": its_id, "withDocuments": True, "last": 5},
        "DocumentPage": {"id": encode(InvoiceId("inv_0")), "journals": 5, "void": True},
        "VoidDocument": {"input": {"documentId": encode(InvoiceId("none"))}},
        "JournalGroups": {"ledgerId": its_id, "by": [], "granularity": "DAILY"},
        "JournalNews": {"id": journal},
        "ReportCounts": {"ledgerId": its_id, "months": of_2025},
        "ReportSums": {"ledgerId": its_id, "months": of_2025},
        "ReportPage": {
            "ledgerId": its_id,
            "withJournals": True,
            "withLedger": True,
            "withFigures": True,
            "months": of_2025,
        },
        "RecognitionPage": {"products": 5, "lacking": 5, "lines": 5},
        "LocksPage": {"locks": 5},
        "AccountsPage": {"lines": 5},
        "ApprovalPage": {"lines": 5},
        "OrganisationPage": {"lines": 5},
        "StoragePage": {},
        "Activity": {"first": 5, "documents": 5},
        "AuditTrail": {"nodeId": its_id},
        "DeferredRevenue": {"ledgerId": its_id},
        "Waterfall": {"ledgerId": its_id},
        "RollForward": {"ledgerId": its_id},
        "Population": {"ledgerId": its_id},
        "TieOut": {"ledgerId": its_id},
        "CloseChecklist": {"ledgerId": its_id, "month": "2025-06-01"},
        "EnterBalances": {"input": {"ledgerId": its_id, "balances": []}},
        "ImportBalances": {"input": {"ledgerId": its_id, "csv": ""}},
        "DeferredRevenuePage": shown | {"withTotals": True},
        "WaterfallPage": shown | {"withTotals": True},
        "CohortsPage": shown,
        "RollForwardPage": shown,
        "PopulationPage": shown | {"withTotals": True},
        "TieOutPage": shown,
        "BalancesPage": {
            "ledgerId": its_id,
            "withBalances": True,
            "on": "2025-06-30",
            "withVerdict": True,
        },
        "ClosePage": shown
        | {
            "month": "2025-06-01",
            "last": "2025-06-30",
            "monthBefore": "2025-05-01",
            "lastBefore": "2025-05-31",
            "withBefore": True,
            "withSteps": True,
            "withLock": True,
        },
        "CloseWaterfall": {"ledgerId": its_id, "on": "2025-06-30"},
        "LockPage": {
            "ledgerId": its_id,
            "month": "2025-06-01",
            "method": "CUSTOM_DATE",
            "lockedThrough": "2025-06-30",
            "before": {},
            "after": {},
            "waiting": {"ledgerId": its_id},
            "recurring": {"ledgerId": its_id, "begunBy": "2025-06-30"},
            "withBefore": True,
            "withAfter": True,
            "withReport": True,
        },
        "FindDocuments": {"ledgerId": its_id, "search": "inv"},
        "AccountPage": {},
        "Forbidden": {},
        "Viewer": {},
        "SystemStatus": {},
        "Access": {"users": 5, "keys": 5},
        "InviteUser": {
            "input": {"email": "bob@example.com", "name": "Bob", "role": "VIEWER"}
        },
        "RenameOrganisation": {"input": {"name": "Acme"}},
        "SetTimeZone": {"input": {"timeZone": "Europe/Berlin"}},
        "SetRole": {
            "input": {"userId": encode(UserId("bob@example.com")), "role": "ADMIN"}
        },
        "CreateApiKey": {
            "input": {
                "name": "billing",
                "permissions": ["READ"],
                "expiresAt": "2030-01-31T09:30:00Z",
            }
        },
        "RevokeApiKey": {"input": {"apiKeyId": encode(ApiKeyId(1))}},
        "CreateExport": {"input": {"ledgerId": its_id, "granularity": "DAILY"}},
        "ExportPreflight": {"input": {"ledgerId": its_id}},
        "ExportsPage": {"first": 5, "files": 5, "withRows": True},
        "ExportPage": {"id": encode(ExportJobId(1))},
        "ExportFilePage": {"id": encode(ExportRecordId(1))},
        "NewExportPage": {
            "input": {"ledgerId": its_id},
            "withPreflight": True,
            "first": 5,
        },
        "CancelExport": {"input": {"id": encode(ExportJobId(1))}},
        "RetryExport": {"input": {"id": encode(ExportJobId(1))}},
        "CreateExportLink": {"input": {"id": encode(ExportJobId(1))}},
        "RevokeExportLinks": {"input": {"id": encode(ExportJobId(1))}},
        "ExportJobs": {"first": 5},
        "OutboxPage": {"first": 5},
        "SendMailAgain": {"input": {"messageId": encode(MailMessageId(1))}},
        "SetMailPreferences": {"input": {"format": "TEXT", "events": []}},
        "SavedFiltersPage": {"page": "JOURNALS"},
        "SaveFilter": {
            "input": {
                "page": "JOURNALS",
                "name": "Late",
                "query": "source=CREDIT_NOTE",
                "isShared": True,
            }
        },
        "RenameFilter": {"input": {"filterId": saved, "name": "Later"}},
        "DeleteFilter": {"input": {"filterId": saved}},
        "DismissImport": {"input": {"number": "1", "reason": "x"}},
        "Webhooks": {"first": 5},
        "WebhookPage": {"id": webhook, "first": 5},
        "CreateWebhook": {
            "input": {"url": "https://hooks.example.com/", "events": ["LOCK_CHANGED"]}
        },
        "UpdateWebhook": {"input": {"webhookId": webhook, "isEnabled": False}},
        "RotateWebhookSecret": {"input": {"webhookId": webhook, "secretVersion": 1}},
        "TestWebhook": {"input": {"webhookId": webhook}},
        "ReplayWebhookDelivery": {
            "input": {"deliveryId": encode(WebhookDeliveryId(1))}
        },
        "ReplayWebhookDeliveries": {
            "input": {"webhookId": webhook, "since": "2025-01-01T00:00:00Z"}
        },
        "DeleteWebhook": {"input": {"webhookId": webhook}},
        "GeneralLedgerPage": {"withReport": True},
        "GlLinesPage": {"filter": {"search": "rent"}, "withLines": True, "first": 5},
        "GlExposurePage": {"withReport": True},
        "GlConnectionsPage": {},
        "GlConnectionPage": {"id": connection, "refreshes": 5},
        "GlConnectionRefreshes": {"id": connection, "refreshes": 5},
        "RefreshGl": {"input": {}},
        "CancelGlRefresh": {"input": {"id": encode(GlRefreshId(1))}},
        "AddGlConnection": {"input": {"name": "UK", "baseCurrency": "GBP"}},
        "UpdateGlConnection": {"input": {"connectionId": connection, "name": "Inc"}},
        "ConnectGl": {"input": {"connectionId": connection}},
        "FinishConnectGl": {"input": {"state": "s", "code": "c"}},
        "SyncGl": {"input": {"connectionId": connection}},
        "DisconnectGl": {"input": {"connectionId": connection}},
        "RemoveGlConnection": {"input": {"connectionId": connection}},
        "UpdateGlDataset": {"input": {"reportingCurrency": "EUR"}},
        "GlReconciliationPage": {"ledgerId": its_id, "withMatches": True},
        "GlImportPage": {"first": 5},
        "PreviewGlImport": {"input": {**gl_import, "dryRun": True}},
        "ImportGl": {"input": gl_import},
        "GlRatesPage": {
            "of": "USD",
            "in": "GBP",
            "days": {"from": "2025-01-01", "to": "2025-01-31"},
            "withPair": True,
            "withRates": True,
            "first": 5,
        },
        "GlAddressPage": {"withKeys": True, "keys": 5},
        "GlRatesFile": {"filter": {"source": "ECB"}, "first": 5},
        "AddManualRate": {"input": {**kes, "rate": "130"}},
        "WithdrawManualRate": {"input": kes},
        "ExportRecords": {"first": 5},
        "MarkExportPosted": {
            "input": {"recordId": encode(ExportRecordId(1)), "reference": "MJ-0934"}
        },
        "UndoExportPosting": {
            "input": {"recordId": encode(ExportRecordId(1)), "reason": "none"}
        },
        "Integrations": {"ledgerId": its_id},
        "IntegrationsPage": {"ledgerId": its_id},
        "UpdateIntegration": {"input": {"integration": "XERO", "isEnabled": True}},
        "SetAccountMapping": {
            "input": {"integration": "XERO", "role": "BILLED", "fields": []}
        },
        "ImportAccountMappings": {
            "input": {"integration": "XERO", "text": "role,code\n"}
        },
        "ImportTargetAccounts": {
            "input": {"integration": "XERO", "text": "Code,Name,Type\n1,A,Sales\n"}
        },
    }

    answers = {
        name: await operations.run(name, variables[name], context)
        for name in operations.names
        if name not in SUBSCRIPTIONS
    }

    assert sorted({*variables, *SUBSCRIPTIONS}) == operations.names
    months = answers["RecognizedByMonth"]["ledger"]["recognizedByMonth"]
    assert [month["month"] for month in months] == [
        "2025-01-01",
        "2025-02-01",
        "2025-03-01",
    ]
    detail = answers["JournalDetail"]["journal"]
    assert sum(row["days"] for row in detail["days"]) == 15 + 1
    assert parse_day(detail["month"]) == parse_day("2025-01-01")
    assert len(answers["FindCustomers"]["customers"]["nodes"]) == 3


async def test_a_credit_notes_journal_leads_to_its_invoice(
    database: Database, ask: Ask
) -> None:
    await a_history(database)
    document = """query($id: ID!) {
      journals(ledgerId: $id, filter: { source: [CREDIT_NOTE] }) { nodes {
        document { reference total { amount } ... on CreditNote {
          invoice { externalId } lines { amount { amount } product { name } } } }
        movements { debit { role } credit { role } amount { amount } recordedAt } } } }
    """

    answer = await ask(document, {"id": await ledger_id(ask)})

    assert answer["data"]["journals"]["nodes"] == [
        {
            "document": {
                "reference": "CN_1",
                "total": {"amount": "40.00"},
                "invoice": {"externalId": "inv_0"},
                "lines": [
                    {"amount": {"amount": "40.00"}, "product": {"name": "Platform"}}
                ],
            },
            "movements": [
                {
                    "debit": {"role": "DEFERRED"},
                    "credit": {"role": "BILLED"},
                    "amount": {"amount": "40.00"},
                    "recordedAt": "2025-03-20T12:00:00Z",
                }
            ],
        }
    ]


@pytest.mark.either_database
async def test_any_object_is_found_again_by_its_id(
    database: Database, ask: Ask
) -> None:
    await a_history(database)
    document = """query($id: ID!) { journals(ledgerId: $id, first: 1) { nodes {
      id ledger { id accounts { id } } customer { id } product { id }
      document { id } movements { id } entries(first: 1) { nodes { id } } } } }"""
    answer = await ask(document, {"id": await ledger_id(ask)})
    (journal,) = answer["data"]["journals"]["nodes"]
    ids = [
        journal["id"],
        journal["ledger"]["id"],
        journal["ledger"]["accounts"][0]["id"],
        journal["customer"]["id"],
        journal["product"]["id"],
        journal["document"]["id"],
        journal["movements"][0]["id"],
        journal["entries"]["nodes"][0]["id"],
    ]

    nodes = await ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ids})

    assert [node["id"] for node in nodes["data"]["nodes"]] == ids


async def test_a_document_is_found_by_its_own_id_in_whatever_ledger(
    database: Database, ask: Ask
) -> None:
    await record(
        database,
        invoice("in-7", currency="EUR"),
        invoice("in-70"),
        on="2025-01-01",
    )
    asked = """query ($kind: SourceKind!, $its: String!) {
      document(kind: $kind, externalId: $its) { id externalId total { currency } } }"""
    found = [
        (await ask(asked, {"kind": kind, "its": its}))["data"]["document"]
        for kind, its in (
            ("INVOICE", "in-7"),
            ("INVOICE", "IN-7"),
            ("INVOICE", "in-"),
            ("INVOICE", ""),
            ("CREDIT_NOTE", "in-7"),
        )
    ]
    manual = await ask(asked, {"kind": "STANDALONE", "its": "in-7"})
    no_text = await ask(asked, {"kind": "INVOICE", "its": "\0"})

    assert found == [
        {
            "id": encode(InvoiceId("in-7")),
            "externalId": "in-7",
            "total": {"currency": "EUR"},
        },
        *[None] * 4,
    ]
    assert [told["errors"][0]["extensions"] for told in (manual, no_text)] == [
        {"code": "INVALID_VALUE", "argument": "kind"},
        {"code": "INVALID_VALUE", "argument": "externalId"},
    ]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"first": 0}, "INVALID_PAGE"),
        ({"first": 101}, "INVALID_PAGE"),
        ({"first": 1, "last": 1}, "INVALID_PAGE"),
        ({"after": "nonsense"}, "INVALID_CURSOR"),
        ({"filter": {"customerId": "bm9wZQ"}}, "INVALID_ID"),
        ({"filter": {"posted": {"from": "2025-02-30"}}}, "INVALID_VALUE"),
        (
            {"filter": {"posted": {"from": "2025-02-02", "to": "2025-02-01"}}},
            "INVALID_PERIOD",
        ),
        ({"id": "TGVkZ2VyOkVVUg"}, "NOT_FOUND"),
    ],
)
@pytest.mark.either_database
async def test_what_cant_be_asked_is_refused_with_a_code(
    database: Database, ask: Ask, wanted: dict[str, Any], code: str
) -> None:
    await a_history(database)

    answer = await ask(PAGE, {"id": await ledger_id(ask), **wanted})

    assert answer["data"] is None
    assert [error["extensions"]["code"] for error in answer["errors"]] == [code]


EDGE_TOTALS = """
query($id: ID!, $filter: JournalFilter) {
  journals(ledgerId: $id, filter: $filter) {
    edges { totals { account { role } debit { amount } credit { amount }
      net { amount } } }
  }
}
"""


async def test_each_journal_tells_what_its_accounts_gain_on_the_selected_days(
    database: Database, ask: Ask
) -> None:
    its = terms("310.00", ("2025-01-01", "2025-01-31"))
    await record(database, invoice("inv_1", line(its_terms=its)))
    ledger = await ledger_id(ask)
    days = {"from": "2025-01-11", "to": "2025-01-20"}

    answer = await ask(EDGE_TOTALS, {"id": ledger, "filter": {"posted": days}})

    (edge,) = answer["data"]["journals"]["edges"]
    gains = {
        total["account"]["role"]: (
            total["debit"]["amount"],
            total["credit"]["amount"],
            total["net"]["amount"],
        )
        for total in edge["totals"]
    }
    assert gains == {
        "DEFERRED": ("100.00", "0.00", "-100.00"),
        "RECOGNIZED": ("0.00", "100.00", "100.00"),
    }
