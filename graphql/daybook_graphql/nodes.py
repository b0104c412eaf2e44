"""`node` and `nodes`: any objects by their ids, read together by type."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any, NamedTuple, TypeAlias

import strawberry

from daybook.access.queries import keys_by_number, users_by_email
from daybook.access.rules import Permission
from daybook.db.engine import ReadSession
from daybook.exports.models import ExportJob
from daybook.exports.queries import records_by_number
from daybook.jobs.queries import jobs_by_number
from daybook.ledger.models import Customer, Product
from daybook.ledger.pins import Pin
from daybook.ledger.rules import SourceKind, amount_between
from daybook.reports.documents import documents_by_id
from daybook.reports.journals.entries import Entry
from daybook.reports.journals.queries import (
    JournalMovementDetails,
    journals_by_number,
    movements_of,
    recorded_movements,
)
from daybook.reports.parties import parties_by_id
from daybook_graphql.access.ids import ApiKeyId, UserId
from daybook_graphql.access.types import key_of, user_of
from daybook_graphql.context import Context, Info
from daybook_graphql.documents.ids import (
    BillingScheduleId,
    CreditNoteId,
    InvoiceId,
    document_id,
)
from daybook_graphql.documents.loading import (
    customer_of_row,
    documents_of,
    product_of_row,
)
from daybook_graphql.execution.selected import Selected
from daybook_graphql.exports.ids import ExportJobId, ExportRecordId
from daybook_graphql.exports.records import export_record_of
from daybook_graphql.exports.types import export_job_of
from daybook_graphql.journals.ids import EntryId, JournalId, MovementId
from daybook_graphql.journals.loading import (
    entry_of,
    journals_of,
    movements_shown,
)
from daybook_graphql.kit.errors import ErrorCode, failure
from daybook_graphql.kit.ids import NodeId, decode
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.paging import SIZE_MAX
from daybook_graphql.ledgers.accounts import accounts_of
from daybook_graphql.ledgers.ids import AccountId, LedgerId
from daybook_graphql.ledgers.types import ledger_of
from daybook_graphql.parties.ids import CustomerId, ProductId
from daybook_graphql.permissions import NODES, check

Found: TypeAlias = dict[NodeId, Node]


class Reader(NamedTuple):
    """With what the nodes of one operation's field are read.

    Each type opens a session of its own, and holds none while it awaits a loader, which
    opens another: all could wait for the last connection.
    """

    context: Context
    organisation_id: int
    pins: Mapping[str, Pin]
    selected: Selected

    def reads(self) -> AbstractAsyncContextManager[ReadSession]:
        """A session that reads by pins."""
        return self.context.database.pinned_reads()


@strawberry.type
class NodeQueries:
    @strawberry.field(description="Any object by its id; null if there is none.")
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],
    ) -> Node | None:
        return (await _load(info, [decode(id)]))[0]

    @strawberry.field(
        description="Objects by their ids, in their order; null where there is none."
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID],
            strawberry.argument(description=f"Their ids, at most {SIZE_MAX}."),
        ],
    ) -> list[Node | None]:
        if len(ids) > SIZE_MAX:
            message = f"ids: at most {SIZE_MAX} at once, not {len(ids)}"
            raise failure(ErrorCode.TOO_LARGE, message, "ids")
        wanted = [decode(one, f"ids.{index}") for index, one in enumerate(ids)]
        return await _load(info, wanted)


async def _load(info: Info, wanted: Sequence[NodeId]) -> list[Node | None]:
    by_type: dict[type[NodeId], list[Any]] = defaultdict(list)
    for one in wanted:
        needed = NODES.get(type(one), Permission.READ)
        check(info.context.caller.permissions, needed, "id")
        by_type[type(one)].append(one)
    # By type, since ids of different types are equal where they hold the same.
    found: dict[type[NodeId], Found] = {}
    pins = await info.context.pins()
    reader = Reader(info.context, info.context.organisation_id, pins, Selected.of(info))
    for kind, ids in by_type.items():
        found[kind] = await _LOADERS[kind](reader, ids)
    return [found[type(one)].get(one) for one in wanted]


async def _ledgers(reader: Reader, ids: Sequence[LedgerId]) -> Found:
    return {
        one: ledger_of(reader.pins[one.currency])
        for one in ids
        if one.currency in reader.pins
    }


async def _accounts(reader: Reader, ids: Sequence[AccountId]) -> Found:
    found: Found = {}
    for pin, some in _by_ledger(reader, ids):
        names = await reader.context.account_names.load(pin)
        accounts = accounts_of(pin, names)
        found |= {one: accounts[one.role] for one in some}
    return found


async def _customers(reader: Reader, ids: Sequence[CustomerId]) -> Found:
    own_ids = [one[0] for one in ids]
    async with reader.reads() as session:
        rows = await parties_by_id(session, Customer, reader.organisation_id, own_ids)
    return {CustomerId(row.external_id): customer_of_row(row) for row in rows.values()}


async def _products(reader: Reader, ids: Sequence[ProductId]) -> Found:
    own_ids = [one[0] for one in ids]
    async with reader.reads() as session:
        rows = await parties_by_id(session, Product, reader.organisation_id, own_ids)
    return {ProductId(row.external_id): product_of_row(row) for row in rows.values()}


async def _invoices(reader: Reader, ids: Sequence[InvoiceId]) -> Found:
    return await _documents(reader, SourceKind.INVOICE, [one[0] for one in ids])


async def _credit_notes(reader: Reader, ids: Sequence[CreditNoteId]) -> Found:
    return await _documents(reader, SourceKind.CREDIT_NOTE, [one[0] for one in ids])


async def _billing_schedules(reader: Reader, ids: Sequence[BillingScheduleId]) -> Found:
    own_ids = [one[0] for one in ids]
    return await _documents(reader, SourceKind.BILLING_SCHEDULE, own_ids)


async def _documents(
    reader: Reader, kind: SourceKind, external_ids: Sequence[str]
) -> Found:
    """Documents of one kind, in whichever of the organisation's ledgers."""
    found: Found = {}
    for pin in reader.pins.values():
        async with reader.reads() as session:
            rows = await documents_by_id(session, pin, kind, external_ids)
            made = await documents_of(session, pin, rows, reader.selected)
        for row, one in zip(rows, made, strict=True):
            if one is not None:
                found[document_id(row.kind, row.external_id)] = one
    return found


async def _journals(reader: Reader, ids: Sequence[JournalId]) -> Found:
    found: Found = {}
    for pin, some in _by_ledger(reader, ids):
        numbers = {one.number for one in some}
        async with reader.reads() as session:
            rows = await journals_by_number(session, pin, numbers)
            made = await journals_of(
                reader.context, session, pin, rows, reader.selected
            )
        for row, journal in zip(rows, made, strict=True):
            found[JournalId(pin.currency, row.number)] = journal
    return found


async def _movements(reader: Reader, ids: Sequence[MovementId]) -> Found:
    found: Found = {}
    for pin, some in _by_ledger(reader, ids):
        numbers = {one.number for one in some}
        async with reader.reads() as session:
            recorded = await recorded_movements(session, pin, numbers)
        its = {(one.journal, one.seq): one for one in recorded}
        wanted = [(one, its[one[1:3]]) for one in some if one[1:3] in its]
        made = await movements_shown(reader.context, pin, [one for _, one in wanted])
        found |= {
            one: movement for (one, _), movement in zip(wanted, made, strict=True)
        }
    return found


async def _entries(reader: Reader, ids: Sequence[EntryId]) -> Found:
    found: Found = {}
    for pin, some in _by_ledger(reader, ids):
        details = await _details(reader, pin, some)
        accounts = accounts_of(pin, await reader.context.account_names.load(pin))
        for one in some:
            its = details.get(one[1:3])
            amount = amount_between(its.movement, one.day, one.day) if its else 0
            if its is not None and amount:
                entry = Entry(
                    journal=one.number,
                    seq=one.seq,
                    day=one.day,
                    debit=its.movement.debit,
                    credit=its.movement.credit,
                    amount=amount,
                    narrative=its.narrative,
                    is_posted=one.day <= pin.today,
                )
                found[one] = entry_of(accounts, pin.currency, entry)
    return found


async def _details(
    reader: Reader, pin: Pin, ids: Iterable[EntryId]
) -> dict[tuple[int, int], JournalMovementDetails]:
    """Movements by journal and place."""
    numbers = {one.number for one in ids}
    async with reader.reads() as session:
        movements = await movements_of(session, pin, numbers)
    return {(one.journal, one.seq): one for some in movements.values() for one in some}


async def _export_jobs(reader: Reader, ids: Sequence[ExportJobId]) -> Found:
    numbers = [one.number for one in ids]
    async with reader.context.database.runtime.reads() as session:
        its = reader.organisation_id
        jobs = await jobs_by_number(session, ExportJob, its, numbers)
    return {ExportJobId(job.number): export_job_of(job) for job in jobs}


async def _export_records(reader: Reader, ids: Sequence[ExportRecordId]) -> Found:
    numbers = [one.number for one in ids]
    async with reader.reads() as session:
        found = await records_by_number(session, reader.organisation_id, numbers)
    return {ExportRecordId(one.record.number): export_record_of(one) for one in found}


def _by_ledger(reader: Reader, ids: Sequence[Any]) -> Iterator[tuple[Pin, list[Any]]]:
    """Ids whose first part is a currency, by the ledgers that there are."""
    for currency, pin in reader.pins.items():
        some = [one for one in ids if one.currency == currency]
        if some:
            yield pin, some


async def _users(reader: Reader, ids: Sequence[UserId]) -> Found:
    emails = {one.email for one in ids}
    async with reader.reads() as session:
        rows = await users_by_email(session, reader.organisation_id, emails)
    return {UserId(row.email): user_of(row) for row in rows}


async def _keys(reader: Reader, ids: Sequence[ApiKeyId]) -> Found:
    numbers = {one.number for one in ids}
    async with reader.reads() as session:
        rows = await keys_by_number(session, reader.organisation_id, numbers)
    return {ApiKeyId(row.number): key_of(row) for row in rows}


_LOADERS: Mapping[type[NodeId], Callable[[Reader, Any], Awaitable[Found]]] = {
    LedgerId: _ledgers,
    AccountId: _accounts,
    CustomerId: _customers,
    ProductId: _products,
    InvoiceId: _invoices,
    CreditNoteId: _credit_notes,
    BillingScheduleId: _billing_schedules,
    JournalId: _journals,
    MovementId: _movements,
    EntryId: _entries,
    UserId: _users,
    ApiKeyId: _keys,
    ExportJobId: _export_jobs,
    ExportRecordId: _export_records,
}
