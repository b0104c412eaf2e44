"""Queries of ledgers and accounts, and the ledger that an argument names."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from daybook.calendar import Day
from daybook.configuration.lock_history import locks_in
from daybook.ledger.pins import Pin, not_recorded
from daybook.ledger.queries import pin_at_recording
from daybook_graphql.context import Context, Info
from daybook_graphql.execution.node_readers import Found, NodeKind, NodeReader
from daybook_graphql.kit.errors import ErrorCode, failure
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.kit.scalars import BigInt, CurrencyCode
from daybook_graphql.ledgers.accounts import AsOf, accounts_at
from daybook_graphql.ledgers.ids import AccountId, LedgerId, RecordedLockId
from daybook_graphql.ledgers.recorded_locks import recorded_lock_of
from daybook_graphql.ledgers.types import Ledger, ledger_of
from daybook_graphql.parties.queries import pin_of_ledger

LedgerIdArgument = Annotated[
    strawberry.ID, strawberry.argument(description="Which ledger.")
]

AsOfRecording = Annotated[
    BigInt | None,
    strawberry.argument(
        description="As the ledger was at this recording, so that all pages of all"
        " lists are of one moment: pass the first answer's `recording`. The last one"
        " if absent. Can't be combined with `asOf`."
    ),
]


@strawberry.type
class LedgerQueries:
    @strawberry.field(
        description="The organisation's ledgers, by currency.", metadata=needs(READ)
    )
    async def ledgers(self, info: Info, as_of: AsOf = None) -> list[Ledger]:
        return [ledger_of(pin) for pin in (await info.context.pins(as_of)).values()]

    @strawberry.field(
        description="One ledger, by its currency or its id; null if there is none.",
        metadata=needs(READ),
    )
    async def ledger(
        self,
        info: Info,
        currency: Annotated[
            CurrencyCode | None, strawberry.argument(description="Its currency.")
        ] = None,
        id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Its id.")
        ] = None,
        as_of: AsOf = None,
    ) -> Ledger | None:
        if (currency is None) == (id is None):
            message = "ledger is found by its currency or its id: give one of the two"
            raise failure(ErrorCode.INVALID_VALUE, message, "id")
        if id is not None:
            wanted_currency: str | None = expect(id, LedgerId, "id").currency
        else:
            wanted_currency = currency
        pin = (await info.context.pins(as_of)).get(wanted_currency or "")
        return None if pin is None else ledger_of(pin)


async def pin_of(
    context: Context,
    ledger_id: str,
    as_of: Day | None = None,
    as_of_recording: int | None = None,
    *,
    where: str = "ledgerId",
) -> Pin:
    """The pinned ledger that an argument names; raises INVALID_ID or NOT_FOUND.

    Pinned to the end of a day, or to a recording, if either is given. The argument is
    `where`.
    """
    if as_of is not None and as_of_recording is not None:
        message = "asOf and asOfRecording both say as of when: give one of the two"
        raise failure(ErrorCode.INVALID_VALUE, message, "asOfRecording")
    currency = expect(ledger_id, LedgerId, where).currency
    pin = (await context.pins(as_of)).get(currency)
    if pin is None:
        message = f"{where}: there is no {currency} ledger"
        raise failure(ErrorCode.NOT_FOUND, message, where)
    if as_of_recording is None:
        return pin
    if as_of_recording > pin.recording:
        message = f"asOfRecording: {not_recorded(pin, as_of_recording)}"
        raise failure(ErrorCode.NOT_FOUND, message, "asOfRecording")
    async with context.database.pinned_reads() as session:
        return await pin_at_recording(session, pin, as_of_recording)


def check_mark(mark: int, as_of_recording: int | None, where: str) -> None:
    """Refuse to list what changed after a recording up to an earlier one."""
    if as_of_recording is not None and mark > as_of_recording:
        message = f"{where} {mark} is after asOfRecording {as_of_recording}"
        raise failure(ErrorCode.INVALID_VALUE, message, where)


@pin_of_ledger.implemented
async def _pin_of_ledger(context: Context, ledger_id: str, where: str) -> Pin:
    return await pin_of(context, ledger_id, where=where)


async def _read_ledgers(reader: NodeReader, ids: Sequence[LedgerId]) -> Found:
    return {
        id_: ledger_of(reader.pins[id_.currency])
        for id_ in ids
        if id_.currency in reader.pins
    }


async def _read_accounts(reader: NodeReader, ids: Sequence[AccountId]) -> Found:
    found: Found = {}
    for pin, of_ledger in reader.by_ledger(ids):
        accounts = await accounts_at(reader.context, pin)
        found |= {id_: accounts[id_.role] for id_ in of_ledger}
    return found


async def _read_locks(reader: NodeReader, ids: Sequence[RecordedLockId]) -> Found:
    found: Found = {}
    for pin, of_ledger in reader.by_ledger(ids):
        numbers = [id_.recording for id_ in of_ledger]
        async with reader.reads() as session:
            locks = await locks_in(session, pin, numbers)
        for lock in locks:
            shown = recorded_lock_of(pin.currency, lock)
            found[RecordedLockId(pin.currency, lock.recording)] = shown
    return found


NODES = (
    NodeKind(LedgerId, _read_ledgers),
    NodeKind(AccountId, _read_accounts),
    NodeKind(RecordedLockId, _read_locks),
)
