"""The types of four eyes and of requested changes."""

from collections.abc import Sequence

import strawberry

from daybook.access.rules import Permission
from daybook.errors import Rejected
from daybook.four_eyes.queries import ChangeRequest as StoredRequest
from daybook.four_eyes.queries import requesters_of_requests
from daybook.four_eyes.rules import check_decider
from daybook.reports.trail.of_requests import requested_changes
from daybook_graphql.approvals.enums import WAITING, ChangeKind, ChangeStatus
from daybook_graphql.approvals.ids import ChangeRequestId
from daybook_graphql.context import Context, Info, loader
from daybook_graphql.kit.connections import listed
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.scalars import DateTime, moment_or_none
from daybook_graphql.ledgers.types import Ledger, ledger_of

field = strawberry.field
REQUEST = (
    "The request for the change while four eyes is on and another person has to approve"
    " it: then nothing is changed, and there is the user error `APPROVAL_PENDING`."
    " Otherwise null."
)


@strawberry.type(description="A value that a requested change changes, in words.")
class RequestedValue:
    name: str = field(description="What is changed: `Locked through`.")
    before: str = field(description="What it is before: `30 Sep 2026`.")
    after: str = field(description="What it is after: `31 Aug 2026`.")


@listed("A requested change", "changes", page="A page of requested changes.")
@strawberry.type(
    description="A change that one person requested and another decides about. Nothing"
    " is changed before it is approved."
)
class ChangeRequest(Node):
    row: strawberry.Private[StoredRequest]

    number: int = field(description="Its number: requests are numbered without gaps.")
    kind: ChangeKind = field(description="What is requested.")
    status: ChangeStatus = field(description="What became of it.")
    words: str = field(description="What it changes, for people.")
    values: list[RequestedValue] = field(
        description="Everything that it changes, before and after: whoever approves it"
        " approves exactly that."
    )
    reason: str | None = field(description="Why it was requested, if that was said.")
    made_by: str = field(description="Who requested it.")
    made_at: DateTime = field(description="When.")
    decided_by: str | None = field(
        description="Who approved, rejected or withdrew it; null while it waits."
    )
    decided_at: DateTime | None = field(description="When; null while it waits.")
    decision_reason: str | None = field(description="Why, if that was said.")

    @field(description="The ledger that it would change; null if it isn't one's.")
    async def ledger(self, info: Info) -> Ledger | None:
        pin = (await info.context.pins()).get(self.row.currency or "")
        return None if pin is None else ledger_of(pin)

    @field(description="Whether you may approve or reject it now.")
    async def can_decide(self, info: Info) -> bool:
        return _is_decider(info.context, self.row) and not await self.refusal(info)

    @field(
        description="Why you can't decide about it although you have `APPROVE`: it is"
        " your own. Null if you can, and for others."
    )
    async def refusal(self, info: Info) -> str | None:
        if not _is_decider(info.context, self.row):
            return None
        caller = info.context.caller
        people = await requesters(info.context).load(self.number)
        what = f"change request {self.number}"
        try:
            check_decider(caller.user_id, caller.role, people, what)
        except Rejected as rejected:
            return rejected.problems[0].message
        return None


def _is_decider(context: Context, request: StoredRequest) -> bool:
    """Whether it waits, and for somebody with the caller's permissions."""
    return request.is_open and context.caller.may(Permission.APPROVE)


@loader()
async def requesters(context: Context, numbers: list[int]) -> Sequence[set[int]]:
    """The users whose requests these are."""
    async with context.database.pinned_reads() as session:
        found = await requesters_of_requests(session, context.organisation_id, numbers)
    return [found.get(number, set()) for number in numbers]


def change_request_of(row: StoredRequest) -> ChangeRequest:
    """A stored request as the schema shows it."""
    return ChangeRequest(
        node_id=ChangeRequestId(row.number),
        row=row,
        number=row.number,
        kind=ChangeKind(row.kind),
        status=ChangeStatus(WAITING if row.outcome is None else row.outcome),
        words=row.summary,
        values=[
            RequestedValue(**value._asdict())
            for value in requested_changes(row.kind.name, row.effect)
        ],
        reason=row.reason,
        made_by=row.requested_by or "",
        made_at=DateTime(row.requested_at),
        decided_by=row.decided_by,
        decided_at=moment_or_none(row.decided_at),
        decision_reason=row.decision_reason,
    )


@strawberry.type(
    description="Whether another person approves manual journals, whatever opens locked"
    " days, and changes of mappings."
)
class FourEyes:
    is_on: bool = field(description="Whether it is on.")
    since: DateTime | None = field(
        description="When it was turned on or off last; null if it never was."
    )
    set_by: str | None = field(description="By whom, where that is known.")
    request: ChangeRequest | None = field(
        description="The request to turn it off that waits; null if there is none."
    )
