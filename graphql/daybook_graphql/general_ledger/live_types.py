"""The types of the live connection to Xero, and the inputs and payloads of it."""

from datetime import datetime
from enum import Enum

import strawberry

from daybook.gl.live.models import GlSync as StoredSync
from daybook.gl.live.queries import LiveState
from daybook.gl.live.rules import Amount, Course, SyncStatus
from daybook_graphql.general_ledger.enums import GlInputKind
from daybook_graphql.kit.scalars import BigInt, DateTime, moment_or_none

field = strawberry.field
value = strawberry.enum_value


@strawberry.enum(description="How far a sync is.")
class GlSyncStatus(Enum):
    WAITING = value(
        SyncStatus.WAITING,
        description="It waits for a server, or until Xero may be asked again.",
    )
    RUNNING = value(SyncStatus.RUNNING, description="Pages are fetched.")
    DONE = value(SyncStatus.DONE, description="Everything came in that Xero allows.")
    FAILED = value(
        SyncStatus.FAILED, description="It ended, and something didn't come in."
    )


@strawberry.type(description="Fetching what is new of a connection from Xero.")
class GlSync:
    status: GlSyncStatus = field(description="How far it is.")
    requested_at: DateTime = field(description="When somebody asked for it.")
    requested_by: str = field(
        description="Who did; `nightly sync` for that of a night."
    )
    changed_at: DateTime = field(description="When it last went on, or ended.")
    pages: BigInt = field(description="How many pages it has imported.")
    documents: BigInt = field(
        description="How many of their documents were new, or changed."
    )
    kind: GlInputKind | None = field(
        description="What is being fetched; null while nothing is."
    )
    page: BigInt = field(description="How many pages of that kind were fetched so far.")
    fetched: BigInt = field(description="How many documents these have, new or known.")
    message: str | None = field(
        description="What it waits for, why it failed, or what Xero didn't allow; null"
        " for nothing of that."
    )
    not_before: DateTime | None = field(
        description="When it goes on, if it waits until Xero may be asked again."
    )


@strawberry.type(
    description="Whether a connection is connected to Xero, and its last sync."
)
class GlLive:
    is_available: bool = field(
        description="Whether this server is registered at Xero, by its operator."
    )
    is_connected: bool = field(
        description="Whether what is new can be fetched: it was connected, and Xero"
        " knows it still."
    )
    organisation: str | None = field(
        description="The organisation's name in Xero; null if it wasn't connected."
    )
    connected_at: DateTime | None = field(description="When it was connected.")
    connected_by: str | None = field(description="Who connected it.")
    problem: str | None = field(
        description="Why it has to be connected again; null if it hasn't."
    )
    next_sync_at: DateTime | None = field(
        description="When it is synced next by itself; null if it isn't."
    )
    sync: GlSync | None = field(description="Its last sync; null before the first.")


def live_of(state: LiveState, *, is_available: bool, night: datetime | None) -> GlLive:
    """What is stored of a live connection as the schema shows it.

    `night` is when connections are synced next; None if they aren't by themselves.
    """
    tokens, sync = state
    is_connected = tokens is not None and tokens.lost is None
    return GlLive(
        is_available=is_available,
        is_connected=is_connected,
        organisation=None if tokens is None else tokens.tenant_name,
        connected_at=moment_or_none(None if tokens is None else tokens.connected_at),
        connected_by=None if tokens is None else tokens.requested_by,
        problem=None if tokens is None else tokens.lost,
        next_sync_at=moment_or_none(night if is_connected else None),
        sync=None if sync is None else sync_of(sync),
    )


def sync_of(sync: StoredSync) -> GlSync:
    """What is stored of a sync as the schema shows it."""
    course = Course.read(sync.course)
    kind = course.under_way if sync.status == SyncStatus.RUNNING else None
    amount = Amount()
    if kind is not None:
        ahead = sync.ahead_pages, sync.ahead_documents
        amount = course.amount_of(kind).plus(*ahead)
    return GlSync(
        status=GlSyncStatus[SyncStatus(sync.status).name],
        requested_at=DateTime(sync.requested_at),
        requested_by=sync.requested_by,
        changed_at=DateTime(sync.changed_at),
        pages=BigInt(sync.pages),
        documents=BigInt(sync.documents),
        kind=None if kind is None else GlInputKind[kind.name],
        page=BigInt(amount.pages),
        fetched=BigInt(amount.documents),
        message=sync.message,
        not_before=moment_or_none(sync.not_before),
    )
