"""Queries of the audit trail and the activity log."""

from collections.abc import Mapping
from typing import Annotated

import strawberry

from daybook.audit.rules import Subject, SubjectKind
from daybook.reports.activity import count_activities, find_activities
from daybook.reports.audit import count_audit_records, find_audit_records
from daybook_graphql.audit.types import (
    Activity,
    AuditRecord,
    activity_of,
    audit_record_of,
)
from daybook_graphql.context import Info
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.connections import Connection, connection_of
from daybook_graphql.kit.errors import ErrorCode, failure
from daybook_graphql.kit.ids import decode
from daybook_graphql.kit.paging import (
    After,
    Before,
    First,
    Last,
    page_request,
)
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.ledgers.types import ledger_of

SUBJECTS: Mapping[str, SubjectKind] = {
    "Ledger": SubjectKind.LEDGER,
    "LedgerAccount": SubjectKind.LEDGER_ACCOUNT,
    "Product": SubjectKind.PRODUCT,
    "Invoice": SubjectKind.INVOICE,
    "BillingSchedule": SubjectKind.BILLING_SCHEDULE,
    "CreditNote": SubjectKind.CREDIT_NOTE,
    "ExportRecord": SubjectKind.EXPORT,
}
"""The subjects of audit records, by the types of global ids."""


@strawberry.type
class AuditQueries:
    @strawberry.field(
        description="What was done, by whom and when, newest first: imports, locks,"
        " settings.",
        metadata=needs(READ),
    )
    async def audit_trail(
        self,
        info: Info,
        node_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="Only what was done to this ledger, account, product,"
                " document or record of an export."
            ),
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[AuditRecord]:
        request = page_request(1, first=first, after=after, last=last, before=before)
        about = None if node_id is None else _subject(node_id)
        organisation_id = info.context.organisation_id
        async with info.context.database.reads() as session:
            page = await find_audit_records(session, organisation_id, about, request)
            total = 0
            if "totalCount" in Selected.of(info):
                total = await count_audit_records(session, organisation_id, about)
        nodes = [audit_record_of(row) for row in page.items]
        return connection_of(page, nodes, lambda row: (row.number,), total)

    @strawberry.field(
        description="What ran, newest first: imports, locks, settings, also those that"
        " failed.",
        metadata=needs(READ),
    )
    async def activity(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Activity]:
        request = page_request(1, first=first, after=after, last=last, before=before)
        organisation_id = info.context.organisation_id
        async with info.context.database.reads() as session:
            page = await find_activities(session, organisation_id, request)
            total = 0
            if "totalCount" in Selected.of(info):
                total = await count_activities(session, organisation_id)
        ledgers = {
            pin.ledger_id: ledger_of(pin)
            for pin in (await info.context.pins()).values()
        }
        nodes = [
            activity_of(row, ledgers.get(row.ledger_id or 0)) for row in page.items
        ]
        return connection_of(page, nodes, lambda row: (row.id,), total)


def _subject(node_id: str) -> Subject:
    """The subject that an id names; raises INVALID_ID for types without records."""
    name, _, key = str(decode(node_id, "nodeId")).partition(":")
    if name not in SUBJECTS:
        message = f"nodeId: the audit trail has no records about a {name}"
        raise failure(ErrorCode.INVALID_ID, message, "nodeId")
    return Subject(SUBJECTS[name], key)
