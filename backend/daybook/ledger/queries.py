"""Reading a ledger: its journals with their movements, pinned to a recording."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daybook.calendar import Day, Month
from daybook.clock import day_at, end_of
from daybook.db.engine import Store
from daybook.db.fast.compiled import CompiledSelect, fetch_rows
from daybook.db.lists import in_lists, rows_in_lists
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.closed_days import HeldLock, closed_through
from daybook.ledger.models import (
    FormerTimeZone,
    Journal,
    JournalMovement,
    Ledger,
    Organisation,
    Recording,
    StoredCatchUp,
    StoredCatchUpPart,
)
from daybook.ledger.models import StoredAccountName as StoredName
from daybook.ledger.models import StoredLedgerSettings as StoredSettings
from daybook.ledger.pins import AuditHead, Pin
from daybook.ledger.rules import (
    AccountName,
    AccountNames,
    CatchUp,
    Cause,
    LedgerSettings,
    LockMethod,
    Movement,
    Role,
    UndatedLines,
    signed_movement,
)


class StoredMovement(NamedTuple):
    """A movement in force, and the schedule that it belongs to.

    `catch_up` has its service days, if a lock moved it.
    """

    schedule_id: int | None
    movement: Movement
    catch_up: CatchUp | None = None
    cause: Cause | None = None


@dataclass(slots=True)
class StoredJournal:
    """An existing journal, with its movements in force by `seq`."""

    number: int
    month: Month
    document_id: int
    product_id: int | None
    source: int
    last_seq: int = 0
    movements: dict[int, StoredMovement] = field(default_factory=dict)

    @property
    def key(self) -> tuple[int, int | None, Month]:
        """What identifies the journal within its ledger, besides its number."""
        return self.document_id, self.product_id, self.month


class MovementKey(NamedTuple):
    """A stored movement: its journal, and its `seq` there."""

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
    """The request names no ledger; `currencies` are those to choose from."""

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
    chosen = [ledger for ledger in ledgers if currency in {None, ledger.currency}]
    if len(chosen) == 1:
        return chosen[0]
    raise _not_chosen(currency, [ledger.currency for ledger in ledgers])


def _not_chosen(currency: str | None, there_are: Sequence[str]) -> Rejected:
    """Why a currency, or none, doesn't tell one of an organisation's ledgers."""
    if currency is None or not there_are:
        return LedgerNotChosen(there_are)
    message = f"there is no ledger in {currency!r}: there are {', '.join(there_are)}"
    return Rejected([Problem(ProblemCode.NOT_FOUND, message, ("currency",))])


async def pin_ledger(
    session: AsyncSession,
    organisation_id: int,
    ledger_id: int,
    today: Day,
    as_of: Day | None = None,
) -> Pin | None:
    """Pin one ledger as `pin_ledgers` does; None if the organisation has no such."""
    pins = await pin_ledgers(session, organisation_id, today, as_of)
    return next((pin for pin in pins if pin.ledger_id == ledger_id), None)


async def pin_chosen(
    session: AsyncSession,
    organisation_id: int,
    currency: str | None,
    today: Day,
    as_of: Day | None = None,
) -> list[Pin]:
    """Pin the ledger of a currency as `pin_ledgers` does; without one, all of them.

    Raises Rejected where there is no such ledger, or none at all.
    """
    pins = await pin_ledgers(session, organisation_id, today, as_of)
    chosen = [pin for pin in pins if currency in {None, pin.currency}]
    if not chosen:
        raise _not_chosen(currency, [pin.currency for pin in pins])
    return chosen


class PresentLedgers(NamedTuple):
    """An organisation's ledgers by currency at a moment, before they are pinned."""

    organisation_id: int
    rows: Sequence[Sequence[Any]]
    """The columns of `PIN_COLUMNS`."""

    def pins(self, today_in: Callable[[str], Day]) -> list[Pin]:
        """Their pins; `today_in` gives the present day in a time zone."""
        return [
            _pin(self.organisation_id, today_in(time_zone), *columns)
            for time_zone, *columns in self.rows
        ]


async def pin_present(
    store: Store, organisation_id: int, today_in: Callable[[str], Day]
) -> list[Pin]:
    """An organisation's ledgers by currency, each pinned to its last recording.

    One statement; `today_in` gives the present day in a time zone.
    """
    rows = await fetch_rows(store, _PRESENT, {"organisation_id": organisation_id})
    return PresentLedgers(organisation_id, rows).pins(today_in)


async def pin_ledgers(
    session: AsyncSession, organisation_id: int, today: Day, as_of: Day | None = None
) -> list[Pin]:
    """An organisation's ledgers by currency, pinned to the end of an as-of day.

    That is the last recording made before the day ended in the organisation's time zone
    of that time. Before the first recording it is 0, when nothing exists. Without an
    as-of day, or before it is over, ledgers are pinned to their last recording.
    """
    day, number, is_past = today, Ledger.recordings, False
    if as_of is not None and as_of < today:
        day, is_past = as_of, True
        number = _last_before(await _end_of(session, organisation_id, as_of))
    rows = await session.execute(_pinned(number), {"organisation_id": organisation_id})
    pins = [_pin(organisation_id, day, *columns) for _, *columns in rows]
    return [pin._replace(is_past=is_past) for pin in pins]


async def end_of_pin(session: AsyncSession, pin: Pin) -> datetime | None:
    """The moment from which nothing is known to a pin of a past day; else None.

    The present day has no end: once the time zone was moved to the west, the day that
    was over by the former one goes on.
    """
    if not pin.is_past:
        return None
    return await _end_of(session, pin.organisation_id, pin.today)


async def pin_at_recording(session: AsyncSession, pin: Pin, number: int) -> Pin:
    """The same ledger pinned to an earlier recording of it; 0 is before the first.

    Its names are those of that recording, and `today` stays the pin's.
    """
    if number == pin.recording:
        return pin
    renamings = select(Recording.renamings).where(
        Recording.ledger_id == pin.ledger_id, Recording.number == number
    )
    at = pin._replace(recording=number, renamings=await session.scalar(renamings) or 0)
    return at._replace(is_renamed=await is_renamed_by_now(session, at))


PIN_COLUMNS = (
    *(Organisation.time_zone, Ledger.id, Ledger.currency, Ledger.decimals),
    *(Recording.number, Recording.renamings, Organisation.renamings),
    *(Organisation.audit_records, Organisation.audit_hash),
)
"""What pins a ledger to a recording."""
IS_LAST_RECORDING = and_(
    Recording.ledger_id == Ledger.id, Recording.number == Ledger.recordings
)


def _pinned(number: Any) -> Select[*tuple[Any, ...]]:
    """The columns of ledgers' pins at recordings, for an `organisation_id`."""
    organisation_id: BindParameter[int] = bindparam(
        "organisation_id", type_=Integer, required=False
    )
    return (
        select(*PIN_COLUMNS)
        .join(Organisation, Organisation.id == Ledger.organisation_id)
        .outerjoin(
            Recording,
            and_(Recording.ledger_id == Ledger.id, Recording.number == number),
        )
        .where(Ledger.organisation_id == organisation_id)
        .order_by(Ledger.currency)
    )


_PRESENT = CompiledSelect(_pinned(Ledger.recordings), is_short=True)
"""Compiled once, since every request begins with it."""


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
    pinned = renamings or 0
    return Pin(
        organisation_id=organisation_id,
        ledger_id=ledger_id,
        currency=currency,
        decimals=decimals,
        recording=recording or 0,
        today=today,
        renamings=pinned,
        is_renamed=newest > pinned,
        audit_head=None if audit_hash is None else AuditHead(audit_records, audit_hash),
    )


async def _end_of(session: AsyncSession, organisation_id: int, day: Day) -> datetime:
    return (await ends_of_days(session, organisation_id))(day)


async def ends_of_days(
    session: AsyncSession, organisation_id: int
) -> Callable[[Day], datetime]:
    """When each day ended or will: a change of the time zone reopens none.

    It is the one rule of what belongs to a day: what happened from the end of the day
    before until its own end, as these were told at that time.
    """
    rows = await session.scalars(
        select(FormerTimeZone)
        .where(FormerTimeZone.organisation_id == organisation_id)
        .order_by(FormerTimeZone.until)
    )
    former = rows.all()
    present = await time_zone_of(session, organisation_id)

    def ended(day: Day) -> datetime:
        for zone in former:
            if (end := end_of(day, zone.time_zone)) <= zone.until:
                return end
        return end_of(day, present)

    return ended


def day_told(moment: datetime, ended: Callable[[Day], datetime]) -> Day:
    """The day that a moment belongs to, by the ends of days."""
    day = day_at(moment, "UTC") - 1  # no zone is more than a day away
    while ended(day) <= moment:
        day += 1
    return day


def _last_before(moment: datetime) -> Any:
    """The number of the last recording before a moment, of the ledger in question."""
    # Times never decrease, so the newest time is also the highest number.
    earlier = aliased(Recording)
    return (
        select(earlier.number)
        .where(earlier.ledger_id == Ledger.id, earlier.recorded_at < moment)
        .order_by(earlier.recorded_at.desc(), earlier.number.desc())
        .limit(1)
        .correlate(Ledger)
        .scalar_subquery()
    )


async def is_renamed_by_now(session: AsyncSession, pin: Pin) -> bool:
    """Whether customers or products were renamed after the pin's recording."""
    return await renamings_by_now(session, pin.organisation_id) > pin.renamings


async def renamings_by_now(session: AsyncSession, organisation_id: int) -> int:
    """How often the organisation's customers and products were renamed."""
    newest = await session.scalar(
        select(Organisation.renamings).where(Organisation.id == organisation_id)
    )
    return newest or 0


async def had_several_ledgers(session: AsyncSession, pin: Pin) -> bool:
    """Whether the organisation had another ledger with recordings at the pin's time."""
    other = aliased(Recording)
    statement = select(
        exists()
        .where(Recording.ledger_id == pin.ledger_id)
        .where(Recording.number == pin.recording)
        .where(Ledger.organisation_id == pin.organisation_id)
        .where(Ledger.id != pin.ledger_id, other.ledger_id == Ledger.id)
        .where(other.recorded_at <= Recording.recorded_at)
    )
    return bool(await session.scalar(statement))


async def time_zone_of(session: AsyncSession, organisation_id: int) -> str:
    """The time zone in which the organisation's days end."""
    organisation = await session.get_one(Organisation, organisation_id)
    return organisation.time_zone


class OrganisationMark(NamedTuple):
    """What an organisation's last change was.

    Whatever changes what its ledgers show appends an audit record or a line of the
    activity log, in its transaction. `journals` counts those of all its ledgers, and
    `filters` the changes of saved filters, which pages show, too. Its days end in
    `time_zone`.
    """

    audit_records: int
    audit_hash: bytes | None
    activities: int
    filters: int
    journals: int
    time_zone: str


async def mark_of(store: Store, organisation_id: int) -> OrganisationMark:
    """The organisation's last change, which is committed; one short statement."""
    rows = await fetch_rows(store, _MARK, {"organisation": organisation_id})
    return OrganisationMark(*rows[0]) if rows else NO_MARK


NO_MARK = OrganisationMark(0, None, 0, 0, 0, "UTC")
"""That of an organisation that doesn't exist."""
_MARK = CompiledSelect(
    select(
        *(Organisation.audit_records, Organisation.audit_hash),
        *(Organisation.activities, Organisation.filters),
        select(func.coalesce(func.sum(Ledger.journals), 0))
        .where(Ledger.organisation_id == Organisation.id)
        .scalar_subquery(),
        Organisation.time_zone,
    ).where(Organisation.id == bindparam("organisation", required=False)),
    is_short=True,
)


async def latest_recordings(
    session: AsyncSession, ledger_id: int, most: int
) -> Sequence[Recording]:
    """A ledger's last recordings, the newest first."""
    found = await session.scalars(
        select(Recording)
        .where(Recording.ledger_id == ledger_id)
        .order_by(Recording.number.desc())
        .limit(most)
    )
    return found.all()


async def closed_by(
    session: AsyncSession, ledger_id: int, recording: int
) -> Day | None:
    """The last day of a ledger that had been closed at the time of a recording."""
    settings = StoredSettings
    rows = await session.execute(
        select(settings.locked_through, Recording.recorded_at)
        .join(
            Recording,
            and_(
                Recording.ledger_id == settings.ledger_id,
                Recording.number == settings.recorded_in,
            ),
        )
        .where(settings.ledger_id == ledger_id, settings.recorded_in < recording)
        .order_by(settings.recorded_in)
    )
    locks = rows.all()
    if all(through is None for through, _ in locks):
        return None
    present = await session.execute(
        select(Organisation.time_zone, Recording.recorded_at)
        .join(Ledger, Ledger.organisation_id == Organisation.id)
        .join(Recording, Recording.ledger_id == Ledger.id)
        .where(Ledger.id == ledger_id, Recording.number == recording)
    )
    zone, moment = present.one()
    held = [HeldLock(through, day_at(since, zone)) for through, since in locks]
    return closed_through(held, day_at(moment, zone))


async def next_audit_record(session: AsyncSession, ledger_id: int) -> int:
    """The number of the audit record that the present transaction will append."""
    statement = (
        select(Organisation.audit_records)
        .join(Ledger, Ledger.organisation_id == Organisation.id)
        .where(Ledger.id == ledger_id)
    )
    return 1 + (await session.scalar(statement) or 0)


async def settings_at(session: AsyncSession, pin: Pin) -> LedgerSettings:
    """The pinned ledger's lock and settings at its recording."""
    found = await session.execute(
        select(
            *(StoredSettings.lock_method, StoredSettings.locked_through),
            *(StoredSettings.method, StoredSettings.strategy),
            *(StoredSettings.breakage, StoredSettings.undated_lines),
        )
        .where(
            StoredSettings.ledger_id == pin.ledger_id,
            StoredSettings.recorded_in <= pin.recording,
        )
        .order_by(StoredSettings.recorded_in.desc())
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
    # The last row of a scope counts; an empty name ends the earlier one.
    named = {(row[0], row[1]): AccountName(row[2], row[3]) for row in rows}
    return AccountNames(
        {(Role(role), scope): name for (role, scope), name in named.items() if name[0]}
    )


async def journals_of_documents(
    session: AsyncSession, ledger_id: int, document_ids: Iterable[int]
) -> list[StoredJournal]:
    """All journals of the given documents, with their movements in force now."""
    statement = select(
        *(Journal.number, Journal.month, Journal.document_id),
        *(Journal.product_id, Journal.source),
    ).where(Journal.ledger_id == ledger_id)
    rows = await rows_in_lists(
        session, statement, Journal.document_id.in_, document_ids
    )
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
    # Columns, since entities would take several times as long.
    rows = await session.execute(
        select(*JournalMovement.__table__.columns)
        .where(
            JournalMovement.ledger_id == ledger_id, JournalMovement.journal.in_(numbers)
        )
        .order_by(JournalMovement.journal, JournalMovement.seq)
    )
    for row in rows:
        journal = journals[row.journal]
        journal.last_seq = max(journal.last_seq, row.seq)
        if row.superseded_in is None:
            journal.movements[row.seq] = StoredMovement(
                row.schedule_id, value_of(row), cause=cause_of(row.cause)
            )


async def _add_catch_ups(
    session: AsyncSession,
    ledger_id: int,
    journals: dict[int, StoredJournal],
    numbers: list[int],
) -> None:
    caught_up, part = StoredCatchUp, StoredCatchUpPart
    rows = await session.execute(
        select(
            *(caught_up.journal, caught_up.seq, caught_up.locked_through),
            *(part.amount, part.daily, part.first_day, part.last_day),
        )
        .join(
            part,
            (part.ledger_id == caught_up.ledger_id)
            & (part.journal == caught_up.journal)
            & (part.seq == caught_up.seq),
        )
        .where(caught_up.ledger_id == ledger_id, caught_up.journal.in_(numbers))
        .order_by(caught_up.journal, caught_up.seq, part.position)
    )
    for number, seq, locked_through, *days in rows:
        stored = journals[number].movements.get(seq)
        if stored is not None:
            moved = stored.movement
            service = signed_movement(moved.debit, moved.credit, *days)
            assert service is not None, "a part of a catch-up has an amount"
            before = stored.catch_up.parts if stored.catch_up else ()
            catch_up = CatchUp(moved, (*before, service), locked_through)
            journals[number].movements[seq] = stored._replace(catch_up=catch_up)


def value_of(row: JournalMovement | Row[*tuple[Any, ...]]) -> Movement:
    """The value that the rules work with, of a stored row."""
    return Movement(
        Role(row.debit_role),
        Role(row.credit_role),
        row.amount,
        row.daily,
        row.first_day,
        row.last_day,
    )


def cause_of(number: int | None) -> Cause | None:
    """The cause of a stored row, if it has one."""
    return None if number is None else Cause(number)
