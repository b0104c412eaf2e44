"""Queries of the audit trail and the activity log."""

from typing import Annotated

import strawberry

from daybook.audit.queries import head_of
from daybook.reports.activity import count_activities, find_activities
from daybook.reports.trail.queries import count_records, find_records
from daybook_graphql.audit.choices import AuditChoices
from daybook_graphql.audit.filters import (
    ActivityFilter,
    AuditFilter,
    runs_wanted,
    trail_filter,
)
from daybook_graphql.audit.types import (
    Activity,
    AuditRecord,
    activity_of,
    audit_record_of,
)
from daybook_graphql.context import Info
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.connections import Connection, connection_of
from daybook_graphql.kit.paging import (
    After,
    Before,
    First,
    Last,
    page_request,
)
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.ledgers.audit_heads import AuditHead, audit_head_of
from daybook_graphql.ledgers.types import ledger_of


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
        filter: Annotated[
            AuditFilter | None,
            strawberry.argument(description="Which to select; all by default."),
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[AuditRecord]:
        request = page_request(1, first=first, after=after, last=last, before=before)
        wanted = trail_filter(filter, node_id)
        organisation_id = info.context.organisation_id
        async with info.context.database.reads() as session:
            page = await find_records(session, organisation_id, request, wanted)
            total = 0
            if "totalCount" in Selected.of(info):
                total = await count_records(session, organisation_id, wanted)
        nodes = [audit_record_of(row) for row in page.items]
        return connection_of(page, nodes, lambda row: (row.record.number,), total)

    @strawberry.field(
        description="What ran, newest first: imports, locks, settings, also those that"
        " failed.",
        metadata=needs(READ),
    )
    async def activity(
        self,
        info: Info,
        filter: Annotated[
            ActivityFilter | None,
            strawberry.argument(description="Which to select; all by default."),
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Activity]:
        request = page_request(1, first=first, after=after, last=last, before=before)
        wanted = runs_wanted(filter)
        organisation_id = info.context.organisation_id
        async with info.context.database.reads() as session:
            page = await find_activities(session, organisation_id, request, wanted)
            total = 0
            if "totalCount" in Selected.of(info):
                total = await count_activities(session, organisation_id, wanted)
        ledgers = {
            pin.ledger_id: ledger_of(pin)
            for pin in (await info.context.pins()).values()
        }
        nodes = [
            activity_of(row, ledgers.get(row.ledger_id or 0)) for row in page.items
        ]
        return connection_of(page, nodes, lambda row: (row.id,), total)

    @strawberry.field(
        description="The last record of the audit trail; null before the first. Keep"
        " its hash where nobody who can write into the database can change it:"
        " `daybook audit verify --anchor` finds it again in a trail that is still the"
        " same.",
        metadata=needs(READ),
    )
    async def audit_head(self, info: Info) -> AuditHead | None:
        async with info.context.database.reads() as session:
            head = await head_of(session, info.context.organisation_id)
        return None if head is None else audit_head_of(*head)

    @strawberry.field(
        description="What records of the audit trail and lines of the activity log can"
        " be filtered by.",
        metadata=needs(READ),
    )
    async def audit_choices(self, info: Info) -> AuditChoices:
        return AuditChoices(organisation_id=info.context.organisation_id)
