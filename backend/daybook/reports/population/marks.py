"""The flags of entries as SQL conditions, at a pin.

What they depend on beyond an entry's own row is read once: weekends, closed days, and
how often accounts are used.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    column,
    false,
    func,
    or_,
    select,
    true,
    values,
)
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.clock import day_at
from daybook.db.base import UtcDateTime
from daybook.ledger.closed_days import HeldLock, closed_through
from daybook.ledger.column_conditions import is_manual
from daybook.ledger.models import (
    ChangeAfterClose,
    JournalMovement,
    Recording,
    StoredCatchUp,
    StoredLedgerSettings,
)
from daybook.ledger.pins import Pin
from daybook.ledger.queries import ends_of_days, time_zone_of
from daybook.reports.kept_totals import keep_totals
from daybook.reports.population.rules import (
    ROUND_UNITS,
    PopulationFlag,
    Use,
    often,
    weekends,
)


class ClosedBy(NamedTuple):
    """The last closed day for recordings up to a number, and after the one before."""

    recording: int
    day: Day


class Marks:
    """What an entry's flags depend on, and each flag as a condition.

    The conditions are on `JournalMovement` and its `Journal`.
    """

    def __init__(
        self,
        pin: Pin,
        weekends: list[tuple[datetime, datetime]],
        closed: Sequence[ClosedBy],
        often: frozenset[Use],
    ) -> None:
        self._pin = pin
        self._weekends, self._closed, self._often = weekends, closed, often

    @cached_property
    def conditions(self) -> Mapping[PopulationFlag, ColumnElement[bool]]:
        """Whether an entry has each of the flags."""
        pin, movement = self._pin, JournalMovement
        return {
            PopulationFlag.MANUAL: is_manual(),
            PopulationFlag.AFTER_CLOSE: self._is_after_close(),
            PopulationFlag.WEEKEND: self._is_of_weekend(),
            PopulationFlag.ROUND: movement.amount % (ROUND_UNITS * 10**pin.decimals)
            == 0,
            PopulationFlag.SELDOM_PAIR: ~or_(
                false(),
                *(
                    and_(
                        movement.debit_role == debit,
                        movement.credit_role == credit,
                    )
                    for debit, credit in sorted(self._often)
                ),
            ),
            PopulationFlag.SUPERSEDED: func.coalesce(
                movement.superseded_in <= pin.recording, false()
            ),
        }

    @property
    def columns(self) -> list[ColumnElement[bool]]:
        """The conditions in the order of flags, each by its flag's name."""
        return [self.conditions[flag].label(flag.name) for flag in PopulationFlag]

    def _is_after_close(self) -> ColumnElement[bool]:
        """Whether it is of a day that was closed, or a lock moved it from there."""
        if not self._closed:
            return false()
        movement, changed, moved = JournalMovement, ChangeAfterClose, StoredCatchUp
        closed = last_closed_day(self._closed)
        service_day = (
            select(moved.first_day)
            .where(
                moved.ledger_id == movement.ledger_id,
                moved.journal == movement.journal,
                moved.seq == movement.seq,
            )
            .correlate(movement)
            .scalar_subquery()
        )
        recordings = select(changed.recorded_in).where(
            changed.ledger_id == self._pin.ledger_id,
            changed.recorded_in <= self._pin.recording,
        )
        return and_(
            _is_among(recordings),
            or_(
                movement.first_day <= closed,
                func.coalesce(service_day <= closed, false()),
            ),
        )

    def _is_of_weekend(self) -> ColumnElement[bool]:
        if not self._weekends:
            return false()
        of_weekends = (
            values(
                column("begins", UtcDateTime),
                column("ends", UtcDateTime),
                name="weekends",
            )
            .data(self._weekends)
            .cte("weekends")
        )
        numbers = (
            select(Recording.number)
            .join(
                of_weekends,
                and_(
                    Recording.recorded_at >= of_weekends.c.begins,
                    Recording.recorded_at < of_weekends.c.ends,
                ),
            )
            .where(Recording.ledger_id == self._pin.ledger_id)
        )
        return _is_among(numbers)


def last_closed_day(closed: Sequence[ClosedBy]) -> ColumnElement[int]:
    """The last day that was closed when a movement was recorded; there are some."""
    recorded_in = JournalMovement.recorded_in
    return case(*((recorded_in <= number, day) for number, day in closed))


def _is_among(recordings: Select[int]) -> ColumnElement[bool]:
    """Whether an entry's recording is one of these, which are read once."""
    # As a condition by itself, PostgreSQL would join them, entry by entry.
    return JournalMovement.recorded_in.in_(recordings).is_(true())


async def load_marks(session: AsyncSession, pin: Pin) -> Marks:
    """What the flags of a ledger's entries depend on."""
    return Marks(
        pin,
        await _weekends(session, pin),
        await closed_by_recordings(session, pin),
        await _often(session, pin),
    )


async def _weekends(session: AsyncSession, pin: Pin) -> list[tuple[datetime, datetime]]:
    """The weekends from the ledger's first recording to the pinned one."""
    moment = select(Recording.recorded_at).where(
        Recording.ledger_id == pin.ledger_id, Recording.number <= pin.recording
    )
    first = await session.scalar(moment.order_by(Recording.number).limit(1))
    last = await session.scalar(moment.order_by(Recording.number.desc()).limit(1))
    if first is None or last is None:
        return []
    ended = await ends_of_days(session, pin.organisation_id)
    # A day earlier, since the time zone may have been another.
    start = day_at(first, await time_zone_of(session, pin.organisation_id)) - 1
    return [*weekends(start, last, ended)]


async def closed_by_recordings(session: AsyncSession, pin: Pin) -> Sequence[ClosedBy]:
    """The last closed day of each recording that changed one, by the last of them."""
    settings, changed = StoredLedgerSettings, ChangeAfterClose
    changes = await session.execute(
        select(changed.recorded_in, Recording.recorded_at)
        .join(Recording, _is_recording(changed))
        .where(changed.ledger_id == pin.ledger_id, changed.recorded_in <= pin.recording)
        .order_by(changed.recorded_in)
    )
    late = changes.all()
    if not late:
        return []
    rows = await session.execute(
        select(settings.recorded_in, settings.locked_through, Recording.recorded_at)
        .join(Recording, _is_recording(settings))
        .where(settings.ledger_id == pin.ledger_id)
        .order_by(settings.recorded_in)
    )
    zone = await time_zone_of(session, pin.organisation_id)
    locks = [(number, HeldLock(day, day_at(at, zone))) for number, day, at in rows]
    found: dict[Day, ClosedBy] = {}
    for number, moment in late:
        held = [lock for set_in, lock in locks if set_in < number]
        day = closed_through(held, day_at(moment, zone))
        if day is not None:  # it never moves back, so each day has one range
            found[day] = ClosedBy(number, day)
    return [*found.values()]


def _is_recording(table: Any) -> ColumnElement[bool]:
    return and_(
        Recording.ledger_id == table.ledger_id, Recording.number == table.recorded_in
    )


async def _often(session: AsyncSession, pin: Pin) -> frozenset[Use]:
    """The pairs of accounts that are often among the entries of a ledger.

    All entries are counted, so that an auditor can count them again.
    """
    movement = JournalMovement

    async def read() -> frozenset[Use]:
        pair = movement.debit_role, movement.credit_role
        counts = await session.execute(
            select(*pair, func.count())
            .where(
                movement.ledger_id == pin.ledger_id,
                movement.recorded_in <= pin.recording,
            )
            .group_by(*pair)
        )
        return often({(debit, credit): count for debit, credit, count in counts})

    key = "pairs of accounts", pin.ledger_id, pin.recording
    return await keep_totals(session, key, read)
