"""Every field under a root, for every role and permission, own and foreign.

The fields come from the schema: a new one without a rule stops the start, and one
without an example here fails.
"""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import strawberry
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)
from sqlalchemy import func, select

from daybook.access.organisations import add_organisation
from daybook.access.rules import ROLES, Permission
from daybook.audit.models import AuditRecord
from daybook.calendar import parse_day
from daybook.connections.commands import Author, add_connection
from daybook.connections.rules import ConnectionSettings
from daybook.db.engine import Database
from daybook.fx.entering import RateDay, enter_rate
from daybook.gl.kinds import Kind
from daybook.settings import Settings
from daybook_adjusting import drafted as save
from daybook_adjusting import entered, moment
from daybook_factories import invoice, line, record
from daybook_filled import filled
from daybook_gl_imports import account, gl_settings, imported, journal, page
from daybook_gl_refreshes import refreshed
from daybook_graphql.access.ids import ApiKeyId, UserId
from daybook_graphql.adjustments.ids import ManualJournalId
from daybook_graphql.approvals.ids import ChangeRequestId
from daybook_graphql.context import Context
from daybook_graphql.documents.ids import InvoiceId
from daybook_graphql.evidence.ids import AttachmentId
from daybook_graphql.execution.schema import Schema
from daybook_graphql.exports.ids import ExportJobId, ExportRecordId
from daybook_graphql.general_ledger.ids import GlConnectionId, GlRefreshId
from daybook_graphql.journals.ids import JournalId
from daybook_graphql.kit.ids import encode
from daybook_graphql.kit.permissions import NoRule
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.mail.ids import MailMessageId
from daybook_graphql.parties.ids import ProductId
from daybook_graphql.recurring.ids import RecurrenceId
from daybook_graphql.saved_filters.ids import SavedFilterId
from daybook_graphql.schema import schema
from daybook_graphql.webhooks.ids import WebhookDeliveryId, WebhookId
from daybook_hooks import an_endpoint
from daybook_jobs import ask
from daybook_people import NOON, caller, key_of, member
from daybook_recurring import recurring
from daybook_recurring import saved as save_recurrence
from daybook_saved import saved as saved_filter
from daybook_site import SECRET

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

RULES = schema.rules
"""The permission of each field, by root."""

MARK = "Zebra"
"""Stands in the names of all that is ours, and in nothing that is asked."""
SILENT_SECONDS = 0.2
"""A subscription that is silent for so long has nothing to send."""
EMAIL = "ours@example.com"
LEDGER = {"ledgerId": encode(LedgerId("USD"))}
XERO = {"integration": "XERO"}
DOCUMENT = {
    "type": "invoice",
    "id": "inv_9",
    "status": "FINAL",
    "currency": "USD",
    "customer": {"id": "cus_9", "name": "Acme"},
    "issued_on": "2025-01-01",
    "lines": [
        {
            "id": "1",
            "product": {"id": "prod_9", "name": "Platform"},
            "amount": "1.00",
            "service_from": "2025-01-01",
            "service_to": "2025-01-31",
        }
    ],
}

JOURNAL = {
    **LEDGER,
    "kind": "CORRECTION",
    "date": "2025-03-15",
    "narrative": "Usage that was billed twice",
    "lines": [
        {"account": "DEFERRED", "direction": "DEBIT", "amount": "50.00"},
        {"account": "RECOGNIZED", "direction": "CREDIT", "amount": "50.00"},
    ],
}
RECURRENCE = {
    **{name: JOURNAL[name] for name in ("ledgerId", "kind", "narrative", "lines")},
    "dayOfMonth": 31,
    "firstMonth": "2025-03-01",
}
RECURRING = {"id": encode(RecurrenceId(1)), "version": 1}
GL = {"connectionId": encode(GlConnectionId(1))}
RATE = {"currency": "KES", "day": "2025-02-28", "reason": "Central bank"}
WEBHOOK = {"webhookId": encode(WebhookId(1))}
# Not the first one, which is shared: to change that takes more than to have one's own.
FILTER = {"filterId": encode(SavedFilterId(9))}
MANUAL = {"id": encode(ManualJournalId(1)), "version": 1}
EXAMPLES: dict[str, dict[str, Any]] = {
    "viewer": {},
    "systemStatus": {},
    "users": {},
    "apiKeys": {},
    "node": {"id": encode(InvoiceId("inv_1"))},
    "nodes": {"ids": [encode(InvoiceId("inv_1")), encode(LedgerId("USD"))]},
    "ledgers": {},
    "ledger": {"currency": "USD"},
    "journals": LEDGER,
    "journalFigures": {
        **LEDGER,
        "months": {"from": "2025-01-01", "to": "2025-12-31"},
    },
    "journalGroups": {**LEDGER, "by": ["CUSTOMER"], "granularity": "MONTHLY"},
    "journal": {"id": encode(JournalId("USD", 1))},
    "entries": LEDGER,
    "sources": LEDGER,
    "document": {"kind": "INVOICE", "externalId": "inv_1"},
    "customers": {},
    "products": {},
    "exportJob": {"id": encode(ExportJobId(1))},
    "exportJobs": {},
    "exportRecords": {},
    "exportPreflight": {"input": LEDGER},
    "integrations": LEDGER,
    "attachments": {"subjectId": encode(InvoiceId("inv_1"))},
    "auditTrail": {},
    "activity": {},
    "waitingUploads": {},
    "upload": {"uploadId": f"upl_{'x' * 24}"},
    "auditHead": {},
    "auditChoices": {},
    "importDocuments": {"input": {"documents": [DOCUMENT]}},
    "voidDocument": {"input": {"documentId": encode(InvoiceId("inv_1"))}},
    "voidPreview": {"documentId": encode(InvoiceId("inv_1"))},
    "completeMilestone": {
        "input": {
            "invoiceId": encode(InvoiceId("inv_1")),
            "lineId": "1",
            "milestoneId": "1",
        }
    },
    "createExport": {"input": {**LEDGER, "granularity": "DAILY"}},
    "cancelExport": {"input": {"id": encode(ExportJobId(1))}},
    "retryExport": {"input": {"id": encode(ExportJobId(1))}},
    "createExportLink": {"input": {"id": encode(ExportJobId(1))}},
    "revokeExportLinks": {"input": {"id": encode(ExportJobId(1))}},
    "markExportPosted": {
        "input": {"recordId": encode(ExportRecordId(1)), "reference": "MJ-0934"}
    },
    "undoExportPosting": {
        "input": {"recordId": encode(ExportRecordId(1)), "reason": "wrong month"}
    },
    "attachEvidence": {
        "input": {
            "subjectId": encode(InvoiceId("inv_1")),
            "uploadId": "upl_" + "x" * 24,
            "name": "contract.pdf",
        }
    },
    "removeEvidence": {
        "input": {"attachmentId": encode(AttachmentId(1)), "reason": "wrong file"}
    },
    "setLock": {"input": {**LEDGER, "method": "ACCOUNTING_DATE"}},
    "updateSettings": {"input": {**LEDGER, "recognizesBreakage": True}},
    "setProductMethod": {
        "input": {"productId": encode(ProductId("prod_1")), "method": "USAGE"}
    },
    "renameAccount": {"input": {**LEDGER, "role": "BILLED", "name": "Invoiced"}},
    "updateIntegration": {"input": {**LEDGER, **XERO, "isEnabled": True}},
    "setAccountMapping": {
        "input": {
            **LEDGER,
            **XERO,
            "role": "BILLED",
            "fields": [
                {"name": "code", "value": "200"},
                {"name": "type", "value": "Sales"},
            ],
        }
    },
    "importAccountMappings": {
        "input": {**XERO, "text": "role,code,type\nBILLED,200,Sales\n"}
    },
    "importTargetAccounts": {
        "input": {**LEDGER, **XERO, "text": "Code,Name,Type\n200,Sales,Sales\n"}
    },
    "inviteUser": {
        "input": {"email": "new@example.com", "name": "New", "role": "VIEWER"}
    },
    "setRole": {"input": {"userId": encode(UserId(EMAIL)), "role": "VIEWER"}},
    "renameOrganisation": {"input": {"name": "Renamed Ltd"}},
    "setTimeZone": {"input": {"timeZone": "Europe/Berlin"}},
    "createApiKey": {
        "input": {
            "name": "billing",
            "permissions": ["READ"],
            "expiresAt": "2030-01-01T00:00:00Z",
        }
    },
    "revokeApiKey": {"input": {"apiKeyId": encode(ApiKeyId(1))}},
    "webhooks": {},
    "createWebhook": {
        "input": {"url": "https://hooks.example.com/", "events": ["EXPORT_READY"]}
    },
    "updateWebhook": {"input": {**WEBHOOK, "isEnabled": False}},
    "deleteWebhook": {"input": WEBHOOK},
    "rotateWebhookSecret": {"input": {**WEBHOOK, "secretVersion": 1}},
    "testWebhook": {"input": WEBHOOK},
    "replayWebhookDelivery": {"input": {"deliveryId": encode(WebhookDeliveryId(1))}},
    "replayWebhookDeliveries": {"input": {**WEBHOOK, "since": "2025-01-01T00:00:00Z"}},
    "savedFilters": {},
    "saveFilter": {
        "input": {"page": "JOURNALS", "name": "Late", "query": "source=CREDIT_NOTE"}
    },
    "renameFilter": {"input": {**FILTER, "name": "Later"}},
    "deleteFilter": {"input": FILTER},
    "dismissImport": {"input": {"number": "1", "reason": "x"}},
    "mailMessages": {},
    "mailPreferences": {},
    "setMailPreferences": {"input": {"format": "TEXT", "events": []}},
    "sendMailAgain": {"input": {"messageId": encode(MailMessageId(1))}},
    "deferredRevenue": LEDGER,
    "waterfall": LEDGER,
    "cohorts": LEDGER,
    "rollForward": LEDGER,
    "population": LEDGER,
    "tieOut": LEDGER,
    "enteredBalances": LEDGER,
    "openMilestones": LEDGER,
    "closeChecklist": {**LEDGER, "month": "2025-06-01"},
    "enterBalances": {
        "input": {
            **LEDGER,
            "balances": [
                {"account": "DEFERRED", "on": "2025-05-31", "balance": "700.00"}
            ],
        }
    },
    "importBalances": {
        "input": {**LEDGER, "csv": "account,date,balance\nDEFERRED,2025-05-31,700.00\n"}
    },
    "manualJournals": {},
    "manualJournal": {"number": 1},
    "manualJournalCounts": {},
    "manualJournalPreview": {"input": JOURNAL},
    "saveManualJournal": {"input": {"journal": JOURNAL}},
    "submitManualJournal": {"input": MANUAL},
    "withdrawManualJournal": {"input": MANUAL},
    "approveManualJournal": {"input": MANUAL},
    "rejectManualJournal": {"input": {**MANUAL, "reason": "not ours"}},
    "discardManualJournal": {"input": MANUAL},
    "reverseManualJournal": {"input": {**MANUAL, "reason": "not ours"}},
    "recurringManualJournals": {},
    "recurringManualJournal": {"number": 1},
    "recurringManualJournalCounts": {},
    "saveRecurringManualJournal": {"input": {"recurrence": RECURRENCE}},
    "submitRecurringManualJournal": {"input": RECURRING},
    "withdrawRecurringManualJournal": {"input": RECURRING},
    "approveRecurringManualJournal": {"input": RECURRING},
    "rejectRecurringManualJournal": {"input": {**RECURRING, "reason": "not ours"}},
    "endRecurringManualJournal": {"input": RECURRING},
    "fourEyes": {},
    "changeRequests": {},
    "setFourEyes": {"input": {"isOn": True}},
    "approveChange": {"input": {"id": encode(ChangeRequestId(1))}},
    "rejectChange": {"input": {"id": encode(ChangeRequestId(1)), "reason": "not now"}},
    "withdrawChange": {"input": {"id": encode(ChangeRequestId(1))}},
    "glConnections": {},
    "glDataset": {},
    "glJournalLines": {},
    "glProfitAndLoss": {},
    "glExposure": {},
    "glRatesUsed": {},
    "glReconciliation": LEDGER,
    "addGlConnection": {"input": {"name": "Northwind", "baseCurrency": "GBP"}},
    "updateGlConnection": {"input": {**GL, "yearEnd": "03-31"}},
    "removeGlConnection": {"input": GL},
    "connectGl": {"input": GL},
    "finishConnectGl": {"input": {"state": "s", "code": "c"}},
    "disconnectGl": {"input": GL},
    "syncGl": {"input": GL},
    "updateGlDataset": {"input": {"reportingCurrency": "EUR"}},
    "importGl": {"input": {**GL, "kind": "JOURNALS", "uploadIds": [f"upl_{'x' * 24}"]}},
    "glRefreshes": {},
    "refreshGl": {"input": {"connectionIds": [GL["connectionId"]]}},
    "cancelGlRefresh": {"input": {"id": encode(GlRefreshId(1))}},
    "glProgress": {},
    "fxRates": {
        "from": "EUR",
        "to": "KES",
        "days": {"from": "2025-01-31", "to": "2025-02-07"},
    },
    "manualRates": {},
    "addManualRate": {"input": {**RATE, "rate": "151.2"}},
    "withdrawManualRate": {"input": RATE},
    "manualJournalsChanged": {},
    "ledgerChanged": LEDGER,
    "exportProgress": {"id": encode(ExportJobId(1))},
}
OF_EXAMPLES = {"attachEvidence": Permission.RECORD}
"""What an example needs beside the field: it attaches a file to an invoice."""
WHO: dict[str, Permission] = {
    **{role.name: its for role, its in ROLES.items()},
    **{f"key that may {one.name}": one for one in Permission},
    "key that may nothing": Permission(0),
}


@dataclass(frozen=True)
class Root:
    """A field under a root, and the document that asks for all of it."""

    kind: str
    name: str
    field: GraphQLField

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def document(self) -> str:
        """The field with variables for all that its example gives."""
        given = EXAMPLES[self.name]
        declared = ", ".join(f"${one}: {self.field.args[one].type}" for one in given)
        passed = ", ".join(f"{one}: ${one}" for one in given)
        head = f"{self.kind.lower()}{f'({declared})' if declared else ''}"
        arguments = f"({passed})" if passed else ""
        return f"{head} {{ {self.name}{arguments} {selection(self.field.type, 3)} }}"


def roots() -> list[Root]:
    kinds = [(kind, schema._schema.type_map[kind]) for kind in RULES]  # noqa: SLF001
    return [
        Root(kind, name, field)
        for kind, its in kinds
        if isinstance(its, GraphQLObjectType)
        for name, field in its.fields.items()
    ]


def selection(kind: Any, depth: int) -> str:
    """All that may be asked of a type without arguments, some levels deep."""
    named = get_named_type(kind)
    if is_leaf_type(named):
        return ""
    if isinstance(named, GraphQLInterfaceType):
        made_by = schema._schema.get_possible_types(named)  # noqa: SLF001
        each = (f"... on {one} {{ {fields(one, depth)} }}" for one in made_by)
        return f"{{ __typename {' '.join(each)} }}"
    assert isinstance(named, GraphQLObjectType), "there are no unions"
    return f"{{ __typename {fields(named, depth)} }}"


def fields(kind: GraphQLObjectType, depth: int) -> str:
    """A type's fields, each under a name that no other type has."""
    asked = []
    for name, field in kind.fields.items():
        if any(isinstance(arg.type, GraphQLNonNull) for arg in field.args.values()):
            continue
        if is_leaf_type(get_named_type(field.type)) or depth > 1:
            its = selection(field.type, depth - 1)
            asked.append(f"{kind.name}_{name}: {name} {its}")
    return " ".join(asked)


READING = [root for root in roots() if root.kind != "Mutation"]
CHANGING = [root for root in roots() if root.kind == "Mutation"]


class Filled(NamedTuple):
    """A database with marked things of ours, and a foreign organisation's number."""

    database: Database
    settings: Settings
    other: int


@pytest.fixture(scope="module")
async def shared(
    module_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Filled:
    """Filled once for all tests of this file that change nothing, in each database."""
    folder = tmp_path_factory.mktemp("general-ledger")
    settings = gl_settings(folder, moment("2025-06-15")).model_copy(
        update={"secret": SECRET}
    )
    other = await ours(module_database)
    await make_dataset(module_database, folder)
    return Filled(module_database, settings, other)


async def make_dataset(database: Database, folder: Path) -> None:
    """A journal that came back, in a dataset."""
    at_hand = {"JournalDate": "2025-01-31"}
    booked = page(folder, "Journals", journal(1, "10.00", "-10.00", **at_hand))
    await imported(database, folder, booked)
    chart = [
        account(0, Name=f"{MARK} bank"),
        account(1, Name=f"{MARK} sales", Type="REVENUE"),
    ]
    accounts = page(folder, "Accounts", *chart, name="accounts.json")
    await imported(database, folder, accounts, kind=Kind.ACCOUNTS)
    await refreshed(database, folder)


async def ours(database: Database) -> int:
    """Fill our organisation with marked things; return a foreign one's number."""
    marked = line(product_name=f"{MARK} suite")
    await record(database, invoice("inv_1", marked, customer_name=f"{MARK} Holdings"))
    draft = entered(narrative=f"{MARK} billed twice")
    await save(database, draft, by=MARK, on="2025-01-02")
    recurrence = recurring(narrative=f"{MARK} support")
    await save_recurrence(database, recurrence, by=MARK, on="2025-01-02")
    await member(database, email=EMAIL, password=None)
    await member(database, email=f"{MARK}@example.com", password=None)
    await key_of(database)
    await ask(database, requested_by=MARK)
    # Nobody has the name, so that a test of it fails at once.
    await an_endpoint(database, f"https://hooks.invalid/{MARK}", now=NOON)
    await saved_filter(database, f"{MARK} late", is_shared=True)
    by_us = Author(1, MARK, NOON)
    connection = ConnectionSettings(f"{MARK} UK")
    await add_connection(database, by_us, connection, base_currency="GBP")
    day = parse_day("2025-01-31")
    await enter_rate(
        *(database, 1, RateDay("KES", day), "130"),
        reason=f"Bank of {MARK}",
        today=day,
        now=NOON,
        made_by=MARK,
    )
    return await add_organisation(database, "Other", now=NOON, made_by="test")


async def answered(database: Database, settings: Settings, root: Root, who: Any) -> Any:
    """The first answer to a field's document; none where nothing is to be told."""
    # Ours, as far as limits go: it asks for all there is.
    context = Context(database, settings, who, is_trusted=True)
    if root.kind == "Subscription":
        results = await schema.stream(
            root.document,
            variable_values=EXAMPLES[root.name],
            context_value=context,
            root_value=None,
            operation_name=None,
        )
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                result: Any = await anext(results)
        except TimeoutError:
            return {"data": None, "errors": []}
        finally:
            await results.aclose()
    else:
        result = await schema.execute(
            root.document,
            variable_values=EXAMPLES[root.name],
            context_value=context,
        )
    errors = [error.formatted for error in result.errors or ()]
    return {"data": result.data, "errors": errors}


def codes(answer: Any) -> set[str]:
    return {error["extensions"]["code"] for error in answer["errors"]}


async def audit_records(database: Database) -> int:
    async with database.reads() as session:
        statement = select(func.count()).where(AuditRecord.organisation_id == 1)
        return await session.scalar(statement) or 0


def test_there_is_an_example_of_every_field() -> None:
    assert {root.name for root in roots()} == set(EXAMPLES)


@pytest.mark.parametrize("root", READING, ids=str)
async def test_callers_who_may_read_are_answered_and_others_refused(
    shared: Filled, root: Root
) -> None:
    await check_each_caller(shared.database, shared.settings, root)


@pytest.mark.parametrize("root", CHANGING, ids=str)
async def test_callers_who_may_change_are_answered_and_others_refused(
    database: Database, settings: Settings, root: Root
) -> None:
    await filled(database, ours)
    await check_each_caller(database, settings, root)


def may(its: Permission, root: Root) -> bool:
    """Whether a caller is answered: one of the field's permissions is enough."""
    alternatives = RULES[root.kind][root.name]
    is_one_held = any(needed in its for needed in alternatives)
    return is_one_held and OF_EXAMPLES.get(root.name, Permission(0)) in its


async def check_each_caller(database: Database, settings: Settings, root: Root) -> None:
    """Callers with the field's permission are answered, all others are refused."""
    # Callers who may are last: what they change is there for nobody else.
    for its in sorted(WHO.values(), key=lambda its: may(its, root)):
        before = await audit_records(database)
        answer = await answered(database, settings, root, caller(1, its))

        if may(its, root):
            assert codes(answer) <= {"NOT_FOUND"}, answer
        else:
            assert codes(answer) == {"FORBIDDEN"}
            assert not any((answer["data"] or {}).values())
            assert await audit_records(database) == before


@pytest.mark.parametrize("root", READING + CHANGING, ids=str)
async def test_another_organisation_sees_and_changes_nothing_of_ours(
    shared: Filled, root: Root
) -> None:
    before = await audit_records(shared.database)

    for its in sorted(WHO.values(), key=len):
        foreign = caller(shared.other, its)
        answer = await answered(shared.database, shared.settings, root, foreign)

        assert MARK.lower() not in json.dumps(answer).lower()
        assert codes(answer) <= {"NOT_FOUND", "FORBIDDEN"}
    assert await audit_records(shared.database) == before


@pytest.mark.parametrize(
    "name",
    [
        "journals",
        "entries",
        "sources",
        "customers",
        "products",
        "users",
        "webhooks",
        "savedFilters",
        "glConnections",
        "glJournalLines",
        "glProfitAndLoss",
        "glDataset",
        "manualRates",
        "node",
        "exportJob",
        "manualJournals",
        "manualJournal",
        "recurringManualJournals",
        "recurringManualJournal",
    ],
)
async def test_we_do_see_what_is_ours(shared: Filled, name: str) -> None:
    (root,) = [root for root in READING if root.name == name]

    answer = await answered(shared.database, shared.settings, root, caller())

    assert MARK.lower() in json.dumps(answer).lower()


@pytest.mark.parametrize("its", WHO.values(), ids=WHO)
async def test_a_node_needs_what_its_list_needs(
    shared: Filled, its: Permission
) -> None:
    document = "query($id: ID!) { node(id: $id) { id } }"
    for id_ in (UserId(EMAIL), ApiKeyId(1), WebhookId(1)):
        result = await schema.execute(
            document,
            variable_values={"id": encode(id_)},
            context_value=Context(shared.database, shared.settings, caller(1, its)),
        )

        may = Permission.READ | Permission.ADMINISTER in its
        assert (result.errors is None) is may
        assert (result.data == {"node": {"id": encode(id_)}}) is may


def test_a_field_without_a_rule_stops_the_start() -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        def ledgers(self) -> str:
            return ""

    with pytest.raises(NoRule, match="Query: ledgers"):
        Schema(roots=[Query], query=Query)
