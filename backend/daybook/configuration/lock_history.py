"""The changes of a ledger's lock, each by the recording that made it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, Subquery, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.configuration.locking import Lock
from daybook.db.keyset import one_page
from daybook.ledger.models import Ledger, Recording
from daybook.ledger.models import StoredLedgerSettings as StoredSettings
from daybook.ledger.pins import Pin
from daybook.ledger.rules import LockMethod
from daybook.paging import Page, PageRequest


class RecordedLock(NamedTuple):
    """How a recording set its ledger's lock; `reason` says it in words."""

    recording: int
    lock: Lock
    recorded_at: datetime
    reason: str
    made_by: str | None


async def find_locks(
    session: AsyncSession, pin: Pin, request: PageRequest
) -> Page[RecordedLock]:
    """The changes of the pinned ledger's lock, newest first; keyed by recording."""
    changed = _changes(pin.ledger_id)
    statement = _locks(changed).where(changed.c.recorded_in <= pin.recording)
    rows = await session.execute(
        one_page(statement, changed.c.recorded_in, request, is_descending=True)
    )
    return Page.of([_recorded(*row) for row in rows], request)


async def count_locks(session: AsyncSession, pin: Pin) -> int:
    """How many changes `find_locks` lists in all."""
    changed = _changes(pin.ledger_id)
    statement = select(func.count()).where(changed.c.recorded_in <= pin.recording)
    return await session.scalar(statement.where(_is_change(changed))) or 0


async def locks_in(
    session: AsyncSession, pin: Pin, recordings: Iterable[int]
) -> list[RecordedLock]:
    """Those of the pinned ledger's recordings that changed its lock."""
    changed = _changes(pin.ledger_id)
    numbers = [number for number in recordings if number <= pin.recording]
    rows = await session.execute(
        _locks(changed).where(changed.c.recorded_in.in_(numbers))
    )
    return [_recorded(*row) for row in rows]


async def locks_between(
    session: AsyncSession, ledger_id: int, first: int, last: int
) -> list[RecordedLock]:
    """The changes of a ledger's lock by a range of its recordings, oldest first."""
    changed = _changes(ledger_id)
    rows = await session.execute(
        _locks(changed)
        .where(changed.c.recorded_in.between(first, last))
        .order_by(changed.c.recorded_in)
    )
    return [_recorded(*row) for row in rows]


async def find_lock(
    session: AsyncSession, organisation_id: int, currency: str, recording: int
) -> RecordedLock | None:
    """The change that a recording made to a ledger's lock, if it made one."""
    ledger_id = await session.scalar(
        select(Ledger.id).where(
            Ledger.organisation_id == organisation_id, Ledger.currency == currency
        )
    )
    if ledger_id is None:
        return None
    changed = _changes(ledger_id)
    found = await session.execute(
        _locks(changed).where(changed.c.recorded_in == recording)
    )
    row = found.one_or_none()
    return None if row is None else _recorded(*row)


async def last_lock(session: AsyncSession, ledger_id: int) -> RecordedLock | None:
    """The last change of a ledger's lock, if it was ever changed."""
    changed = _changes(ledger_id)
    found = await session.execute(
        _locks(changed).order_by(changed.c.recorded_in.desc()).limit(1)
    )
    row = found.one_or_none()
    return None if row is None else _recorded(*row)


def _changes(ledger_id: int) -> Subquery:
    """A ledger's settings by recording, each beside the lock before it."""
    order = StoredSettings.recorded_in
    return (
        select(
            *(StoredSettings.ledger_id, StoredSettings.recorded_in),
            *(StoredSettings.lock_method, StoredSettings.locked_through),
            func.lag(StoredSettings.lock_method)
            .over(order_by=order)
            .label("method_before"),
            func.lag(StoredSettings.locked_through)
            .over(order_by=order)
            .label("through_before"),
        )
        .where(StoredSettings.ledger_id == ledger_id)
        .subquery()
    )


def _is_change(changed: Subquery) -> Any:
    # Before the first settings, no day is locked.
    unlocked = int(LockMethod.CUSTOM_DATE)
    return or_(
        func.coalesce(changed.c.method_before, unlocked) != changed.c.lock_method,
        changed.c.through_before.is_distinct_from(changed.c.locked_through),
    )


def _locks(changed: Subquery) -> Select[*tuple[Any, ...]]:
    return (
        select(
            *(changed.c.recorded_in, changed.c.lock_method, changed.c.locked_through),
            *(Recording.recorded_at, Recording.reason, Recording.made_by),
        )
        .join(
            Recording,
            and_(
                Recording.ledger_id == changed.c.ledger_id,
                Recording.number == changed.c.recorded_in,
            ),
        )
        .where(_is_change(changed))
    )


def _recorded(  # noqa: PLR0913, PLR0917  (a row's columns)
    recording: int,
    method: int,
    through: int | None,
    recorded_at: datetime,
    reason: str,
    made_by: str | None,
) -> RecordedLock:
    lock = Lock(LockMethod(method), through)
    return RecordedLock(recording, lock, recorded_at, reason, made_by)
