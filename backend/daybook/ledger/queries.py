"""Reading a ledger: its journals with their movements, pinned to a recording."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Integer, Row, Select, and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daybook.calendar import Day, Month
from daybook.clock import end_of
from daybook.db.engine import Store
from daybook.db.fast.kept import Kept, rows_of
from daybook.db.lists import in_lists, rows_in_lists
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.models import AccountName as StoredName
from daybook.ledger.models import CatchUp as StoredCatchUp
from daybook.ledger.models import (
    CatchUpPart,
    FormerTimeZone,
    Journal,
    JournalMovement,
    Ledger,
    Organisation,
    Recording,
)
from daybook.ledger.models import LedgerSettings as StoredSettings
from daybook.ledger.pins import AuditHead, Pin
from daybook.ledger.rules import (
    AccountName,
    AccountNames,
    CatchUp,
    LedgerSettings,
    LockMethod,
    Movement,
    Role,
    UndatedLines,
    movement,
)


class StoredMovement(NamedTuple):
    """A movement that is in force, and the schedule that it belongs to.

    `catch_up` says which service days it stands for, where a lock moved it.
    """

    schedule_id: int | None
    movement: Movement
    catch_up: CatchUp | None = None


@dataclass(slots=True)
class StoredJournal:
    """A journal that exists, with its movements in force by their place in it."""

    number: int
    month: Month
    document_id: int
    product_id: int | None
    source: int
    last_seq: int = 0
    movements: dict[int, StoredMovement] = field(default_factory=dict)

    @property
    def key(self) -> tuple[int, int | None, Month]:
        """What makes it one journal within its ledger."""
        return self.document_id, self.product_id, self.month


class Superseded(NamedTuple):
    """A stored movement that ends with this recording."""

    journal: StoredJournal
    seq: int


async def find_ledgers(session: AsyncSession, organisation_id: int) -> Sequence[Ledger]:
    """An organisation's ledgers, by currency."""
    found = await session.scalars(
        select(Ledger)
        .where(Ledger.organisation_id == organisation_id)
        .order_by(Ledger.currency)
    )
    return found.all()


class LedgerNotChosen(Rejected):
    """Which ledger is meant, nobody said: `currencies` are those there are."""

    def __init__(self, currencies: Sequence[str]) -> None:
        self.currencies = tuple(currencies)
        message = "there is no ledger yet: import documents first"
        if currencies:
            message = f"choose a ledger by its currency: {', '.join(currencies)}"
        super().__init__([Problem(ProblemCode.NOT_FOUND, message, ("currency",))])


async def choose_ledger(
    session: AsyncSession, organisation_id: int, currency: str | None
) -> Ledger:
    """The ledger of a currency; without one, the organisation's only ledger.

    Raises Rejected where there is no such ledger, or several to choose from.
    """
    ledgers = await find_ledgers(session, organisation_id)
    chosen = [one for one in ledgers if currency in {None, one.currency}]
    if len(chosen) == 1:
        return chosen[0]
    there_are = [one.currency for one in ledgers]
    if currency is None or not ledgers:
        raise LedgerNotChosen(there_are)
    message = f"there is no ledger in {currency!r}: there are {', '.join(there_are)}"
    raise Rejected([Problem(ProblemCode.NOT_FOUND, message, ("currency",))])


async def pin_ledger(
    session: AsyncSession,
    organisation_id: int,
    ledger_id: int,
    today: Day,
    as_of: Day | None = None,
) -> Pin | None:
    """Pin a ledger as `pin_ledgers` does; None if the organisation has no such."""
    pins = await pin_ledgers(session, organisation_id, today, as_of)
    return next((one for one in pins if one.ledger_id == ledger_id), None)


async def pin_present(
    store: Store, organisation_id: int, today_in: Callable[[str], Day]
) -> list[Pin]:
    """An organisation's ledgers by currency, each pinned to its last recording.

    All at once; `today_in` tells what day it is in the organisation's time zone.
    """
    rows = await rows_of(store, _PRESENT, {"organisation_id": organisation_id})
    return [
        _pin(organisation_id, today_in(time_zone), *columns)
        for time_zone, *columns in rows
    ]


async def pin_ledgers(
    session: AsyncSession, organisation_id: int, today: Day, as_of: Day | None = None
) -> list[Pin]:
    """The same for an as-of day: pinned to the last recording made by the end of it.

    Days end in the time zone that the organisation had then. Nothing is at recording 0,
    where there was none. Without an as-of day, or if it isn't over yet, it is the last
    recording of all.
    """
    day, number = today, Ledger.recordings
    if as_of is not None and as_of < today:
        day = as_of
        number = _last_before(await _end_of(session, organisation_id, as_of))
    rows = await session.execute(_pinned(number), {"organisation_id": organisation_id})
    return [_pin(organisation_id, day, *columns) for _, *columns in rows]


def _pinned(number: Any) -> Select[*tuple[Any, ...]]:
    """The columns of ledgers' pins at recordings, for an `organisation_id`."""
    organisation_id: BindParameter[int] = bindparam(
        "organisation_id", type_=Integer, required=False
    )
    return (
        select(
            *(Organisation.time_zone, Ledger.id, Ledger.currency, Ledger.decimals),
            *(Recording.number, Recording.renamings, Organisation.renamings),
            *(Organisation.audit_records, Organisation.audit_hash),
        )
        .join(Organisation, Organisation.id == Ledger.organisation_id)
        .outerjoin(
            Recording,
            and_(Recording.ledger_id == Ledger.id, Recording.number == number),
        )
        .where(Ledger.organisation_id == organisation_id)
        .order_by(Ledger.currency)
    )


_PRESENT = Kept(_pinned(Ledger.recordings))
"""Made once, since every request begins with it."""


def _pin(  # noqa: PLR0913, PLR0917  (a row's columns)
    organisation_id: int,
    today: Day,
    ledger_id: int,
    currency: str,
    decimals: int,
    recording: int | None,
    renamings: int | None,
    newest: int,
    audit_records: int,
    audit_hash: bytes | None,
) -> Pin:
    its = renamings or 0
    head = None if audit_hash is None else AuditHead(audit_records, audit_hash)
    return Pin(
        *(organisation_id, ledger_id, currency, decimals, recording or 0, today),
        *(its, newest > its, head),
    )


async def _end_of(session: AsyncSession, organisation_id: int, day: Day) -> datetime:
    """When a day was over; no later change of the time zone opens it again."""
    former = await session.scalars(
        select(FormerTimeZone)
        .where(FormerTimeZone.organisation_id == organisation_id)
        .order_by(FormerTimeZone.until)
    )
    for one in former:
        if (end := end_of(day, one.time_zone)) <= one.until:
            return end
    return end_of(day, await time_zone_of(session, organisation_id))


def _last_before(moment: datetime) -> Any:
    """The number of the last recording before a moment, of the ledger in question."""
    # Times never decrease, so the newest time is also the highest number.
    one = aliased(Recording)
    return (
        select(one.number)
        .where(one.ledger_id == Ledger.id, one.recorded_at < moment)
        .order_by(one.recorded_at.desc(), one.number.desc())
        .limit(1)
        .correlate(Ledger)
        .scalar_subquery()
    )


async def is_renamed_by_now(session: AsyncSession, pin: Pin) -> bool:
    """Whether customers or products were renamed after the pin's recording."""
    newest = await session.scalar(
        select(Organisation.renamings).where(Organisation.id == pin.organisation_id)
    )
    return newest is not None and newest > pin.renamings


async def time_zone_of(session: AsyncSession, organisation_id: int) -> str:
    """The organisation's time zone: in it days end."""
    organisation = await session.get_one(Organisation, organisation_id)
    return organisation.time_zone


async def settings_at(session: AsyncSession, pin: Pin) -> LedgerSettings:
    """The pinned ledger's lock and settings at its recording."""
    one = StoredSettings
    found = await session.execute(
        select(
            *(one.lock_method, one.locked_through),
            *(one.method, one.strategy, one.breakage, one.undated_lines),
        )
        .where(one.ledger_id == pin.ledger_id, one.recorded_in <= pin.recording)
        .order_by(one.recorded_in.desc())
        .limit(1)
    )
    row = found.one_or_none()
    if row is None:
        return LedgerSettings()
    return LedgerSettings(
        LockMethod(row.lock_method),
        row.locked_through,
        row.method,
        row.strategy,
        breakage=row.breakage,
        undated_lines=UndatedLines(row.undated_lines),
    )


async def account_names(session: AsyncSession, pin: Pin) -> AccountNames:
    """What the pinned ledger's accounts were called at its recording."""
    rows = await session.execute(
        select(StoredName.role, StoredName.scope, StoredName.name, StoredName.code)
        .where(
            StoredName.ledger_id == pin.ledger_id,
            StoredName.recorded_in <= pin.recording,
        )
        .order_by(StoredName.recorded_in)
    )
    # The last one counts; an empty name ends what was named before.
    named = {(row[0], row[1]): AccountName(row[2], row[3]) for row in rows}
    return AccountNames(
        {(Role(role), scope): one for (role, scope), one in named.items() if one.name}
    )


async def journals_of_documents(
    session: AsyncSession, ledger_id: int, document_ids: Iterable[int]
) -> list[StoredJournal]:
    """All journals of some documents, with the movements that are in force now."""
    one = Journal
    statement = select(
        *(one.number, one.month, one.document_id, one.product_id, one.source)
    ).where(one.ledger_id == ledger_id)
    rows = await rows_in_lists(session, statement, one.document_id.in_, document_ids)
    journals = {row.number: StoredJournal(*row) for row in rows}
    for numbers in in_lists(sorted(journals)):
        await _add_movements(session, ledger_id, journals, numbers)
        await _add_catch_ups(session, ledger_id, journals, numbers)
    return list(journals.values())


async def _add_movements(
    session: AsyncSession,
    ledger_id: int,
    journals: dict[int, StoredJournal],
    numbers: list[int],
) -> None:
    # Columns and not entities, which would take several times as long.
    rows = await session.execute(
        select(*JournalMovement.__table__.columns)
        .where(
            JournalMovement.ledger_id == ledger_id, JournalMovement.journal.in_(numbers)
        )
        .order_by(JournalMovement.journal, JournalMovement.seq)
    )
    for one in rows:
        journal = journals[one.journal]
        journal.last_seq = max(journal.last_seq, one.seq)
        if one.superseded_in is None:
            journal.movements[one.seq] = StoredMovement(one.schedule_id, value_of(one))


async def _add_catch_ups(
    session: AsyncSession,
    ledger_id: int,
    journals: dict[int, StoredJournal],
    numbers: list[int],
) -> None:
    one, part = StoredCatchUp, CatchUpPart
    rows = await session.execute(
        select(
            *(one.journal, one.seq, one.locked_through),
            *(part.amount, part.daily, part.first_day, part.last_day),
        )
        .join(
            part,
            (part.ledger_id == one.ledger_id)
            & (part.journal == one.journal)
            & (part.seq == one.seq),
        )
        .where(one.ledger_id == ledger_id, one.journal.in_(numbers))
        .order_by(one.journal, one.seq, part.position)
    )
    for number, seq, locked_through, *days in rows:
        stored = journals[number].movements.get(seq)
        if stored is not None:
            moved = stored.movement
            service = movement(moved.debit, moved.credit, *days)
            assert service is not None, "a part of a catch-up has an amount"
            before = stored.catch_up.parts if stored.catch_up else ()
            catch_up = CatchUp(moved, (*before, service), locked_through)
            journals[number].movements[seq] = stored._replace(catch_up=catch_up)


def value_of(row: JournalMovement | Row[*tuple[Any, ...]]) -> Movement:
    """A stored row as the value that the rules work with."""
    return Movement(
        Role(row.debit_role),
        Role(row.credit_role),
        row.amount,
        row.daily,
        row.first_day,
        row.last_day,
    )
