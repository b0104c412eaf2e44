"""The changes of a ledger's lock, each by the recording that made it."""

from typing import Annotated, Any

import strawberry
from strawberry.types.lazy_type import LazyType

from daybook.configuration.lock_history import RecordedLock as StoredLock
from daybook.configuration.lock_history import count_locks, find_locks
from daybook.ledger.pins import Pin
from daybook_graphql.context import Info
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.connections import Connection, connection_of, listed
from daybook_graphql.kit.late import LateFunction
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.paging import (
    After,
    Before,
    First,
    Last,
    PageArguments,
    page_request,
)
from daybook_graphql.kit.scalars import BigInt, Date, DateTime, date_or_none
from daybook_graphql.ledgers.enums import LockMethod
from daybook_graphql.ledgers.ids import RecordedLockId

attachments_of_lock: LateFunction[..., Any] = LateFunction()
"""A page of evidence of a change of a lock, implemented in `evidence/queries.py`."""

ATTACHMENT_CONNECTION: LazyType[str, str] = LazyType(
    "AttachmentConnection", "daybook_graphql.evidence.types"
)
WithRemoved = Annotated[
    bool,
    strawberry.argument(description="Whether attachments that were removed are shown."),
]

field = strawberry.field


@listed("A change of a lock", "changes", page="A page of changes of a ledger's lock.")
@strawberry.type(
    description="A change of a ledger's lock, by the recording that made it."
)
class RecordedLock(Node):
    recording: BigInt = field(description="The ledger's recording that made it.")
    method: LockMethod = field(description="What the lock then goes by.")
    locked_through: Date | None = field(
        description="The last locked day then; null if no day is locked, or if each"
        " document has its own."
    )
    recorded_at: DateTime = field(description="When it was changed.")
    made_by: str | None = field(description="By whom, if that is known.")
    reason: str = field(description="What was set and why, in words.")
    currency: strawberry.Private[str]

    @field(
        description="Files that are kept as evidence of it, newest first, as they are"
        " now.",
        graphql_type=ATTACHMENT_CONNECTION,
    )
    async def attachments(
        self,
        info: Info,
        with_removed: WithRemoved = False,  # noqa: FBT002  (callers name it)
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        page = PageArguments(first=first, after=after, last=last, before=before)
        where = self.currency, int(self.recording)
        return await attachments_of_lock(info, *where, page, with_removed=with_removed)


def recorded_lock_of(currency: str, lock: StoredLock) -> RecordedLock:
    """A stored change of a lock as the schema shows it."""
    return RecordedLock(
        node_id=RecordedLockId(currency, lock.recording),
        recording=BigInt(lock.recording),
        method=LockMethod(lock.lock.method),
        locked_through=date_or_none(lock.lock.through),
        recorded_at=DateTime(lock.recorded_at),
        made_by=lock.made_by,
        reason=lock.reason,
        currency=currency,
    )


async def lock_page(
    info: Info, pin: Pin, page: PageArguments
) -> Connection[RecordedLock]:
    """A page of the changes of the pinned ledger's lock, newest first."""
    request = page_request(1, **page)
    async with info.context.database.pinned_reads() as session:
        found = await find_locks(session, pin, request)
        total = 0
        if "totalCount" in Selected.of(info):
            total = await count_locks(session, pin)
    nodes = [recorded_lock_of(pin.currency, lock) for lock in found.items]
    return connection_of(found, nodes, lambda lock: (lock.recording,), total)
