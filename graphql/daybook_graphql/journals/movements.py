"""The type of movements, and from stored movements to it."""

from collections.abc import Mapping, Sequence

import strawberry

from daybook.ledger.pins import Pin
from daybook.reports.journals.queries import JournalMovementDetails
from daybook_graphql.context import Context, Info
from daybook_graphql.documents.versions import document_versions
from daybook_graphql.journals.ids import MovementId
from daybook_graphql.journals.loaders import explanations, recordings
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.scalars import Date, DateTime, date_or_none
from daybook_graphql.ledgers.accounts import Accounts, LedgerAccount, accounts_at
from daybook_graphql.parties.enums import RecognitionMethod, method_or_none


@strawberry.type(
    description="What is stored: within one month, an amount goes from one account to"
    " another, spread over days."
)
class Movement(Node):
    debit: LedgerAccount = strawberry.field(description="Where the amount goes.")
    credit: LedgerAccount = strawberry.field(description="Where it comes from.")
    amount: Money = strawberry.field(description="The whole of it, more than zero.")
    first_day: Date = strawberry.field(description="The first day that has a share.")
    last_day: Date = strawberry.field(
        description="The last day, which takes what rounding leaves."
    )
    posted_on: Date | None = strawberry.field(
        description="Where a lock moved it, the first open day then, on which it is"
        " posted."
    )
    service_from: Date | None = strawberry.field(
        description="First service day that it is for, where a lock moved it; else the"
        " first day of the service that the whole line is for."
    )
    service_to: Date | None = strawberry.field(
        description="Last service day that it is for, where a lock moved it; else the"
        " last day of the service that the whole line is for."
    )
    locked_through: Date | None = strawberry.field(
        description="The lock that moved it, if one did."
    )
    method: RecognitionMethod | None = strawberry.field(
        description="When it is earned; null in manual journals."
    )
    recorded_at: DateTime = strawberry.field(description="When it was recorded.")
    superseded_at: DateTime | None = strawberry.field(
        description="When a later recording took its place, if that is known by then."
    )
    narrative: str = strawberry.field(description="Why it moves, in one line.")
    pin: strawberry.Private[Pin]
    place: strawberry.Private[tuple[int, int]]
    document_id: strawberry.Private[int]
    recorded_in: strawberry.Private[int]

    @strawberry.field(
        description="The version of its own document that made it; null where something"
        " else did: a credit note, an invoice of a billing schedule, a person."
    )
    async def version(self, info: Info) -> int | None:
        key = (self.pin, self.document_id)
        for version in await document_versions(info.context).load(key):
            if version.made_in == self.recorded_in:
                return version.number
        return None

    @strawberry.field(
        description="How the amount came about: total, strategy, days, the month's"
        " share, credit notes, locks."
    )
    async def explanation(self, info: Info) -> str:
        return await explanations(info.context).load((self.pin, self.place))


async def movements_shown(
    context: Context, pin: Pin, details: Sequence[JournalMovementDetails]
) -> list[Movement]:
    """Stored movements as the schema shows them."""
    if not details:
        return []
    numbers = {movement.recorded_in for movement in details}
    numbers |= {
        movement.superseded_in
        for movement in details
        if movement.superseded_in is not None
    }
    keys = [(pin, number) for number in sorted(numbers)]
    moments = {
        recording.number: DateTime(recording.recorded_at)
        for recording in await recordings(context).load_many(keys)
    }
    accounts = await accounts_at(context, pin)
    return [_movement_of(accounts, pin, movement, moments) for movement in details]


def _movement_of(
    accounts: Accounts,
    pin: Pin,
    details: JournalMovementDetails,
    moments: Mapping[int, DateTime],
) -> Movement:
    stored, moved = details.movement, details.moved
    return Movement(
        node_id=MovementId(pin.currency, details.journal, details.seq),
        debit=accounts[stored.debit],
        credit=accounts[stored.credit],
        amount=money(stored.amount, pin.currency),
        first_day=Date(stored.first_day),
        last_day=Date(stored.last_day),
        posted_on=None if moved is None else Date(moved.posted_on),
        service_from=date_or_none(details.service_from),
        service_to=date_or_none(details.service_to),
        locked_through=None if moved is None else Date(moved.locked_through),
        method=method_or_none(details.method),
        recorded_at=moments[details.recorded_in],
        superseded_at=(
            None if details.superseded_in is None else moments[details.superseded_in]
        ),
        narrative=details.narrative,
        pin=pin,
        place=(details.journal, details.seq),
        document_id=details.row.document_id,
        recorded_in=details.recorded_in,
    )
