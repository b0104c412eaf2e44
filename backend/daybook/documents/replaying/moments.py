"""What a recording depended on besides documents: its day, rules and settings."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.audit.models import AuditedRecording, AuditRecord
from daybook.audit.rules import Action
from daybook.calendar import Day
from daybook.clock import day_at
from daybook.db.lists import rows_in_lists
from daybook.documents.replaying.family_states import SettingsHistory
from daybook.documents.replaying.reading_histories import Pinned
from daybook.ledger.models import FormerTimeZone, Organisation, Recording
from daybook.ledger.models import StoredLedgerSettings as StoredSettings
from daybook.ledger.rules import (
    RULES_VERSION,
    LedgerSettings,
    LockMethod,
    UndatedLines,
)


class Moment(NamedTuple):
    """The day of a recording, and the version of the rules that it was made by."""

    recorded_on: Day
    rules: int | None

    @property
    def is_by_these_rules(self) -> bool:
        """Whether it was made by the rules of this program."""
        return self.rules == RULES_VERSION


async def settings_history(session: AsyncSession, pinned: Pinned) -> SettingsHistory:
    """All settings that a ledger has had."""
    rows = await session.execute(
        select(
            *(
                StoredSettings.recorded_in,
                StoredSettings.lock_method,
                StoredSettings.locked_through,
                StoredSettings.method,
            ),
            *(
                StoredSettings.strategy,
                StoredSettings.breakage,
                StoredSettings.undated_lines,
            ),
        )
        .where(
            StoredSettings.ledger_id == pinned.ledger_id,
            StoredSettings.recorded_in <= pinned.recording,
        )
        .order_by(StoredSettings.recorded_in)
    )
    recordings: list[int] = []
    settings: list[LedgerSettings] = []
    for row in rows:
        recordings.append(row.recorded_in)
        settings.append(
            LedgerSettings(
                LockMethod(row.lock_method),
                row.locked_through,
                row.method,
                row.strategy,
                breakage=row.breakage,
                undated_lines=UndatedLines(row.undated_lines),
            )
        )
    return SettingsHistory(recordings, settings)


@dataclass(slots=True)
class Calendar:
    """The time zones in which an organisation's days ended, over time."""

    organisation_id: int
    time_zone: str
    former: Sequence[tuple[datetime, str]]
    """Former time zones, each with the moment until which it held, in order."""

    @classmethod
    async def of(cls, session: AsyncSession, organisation_id: int) -> "Calendar":
        """All time zones that an organisation has had."""
        organisation = await session.get_one(Organisation, organisation_id)
        rows = await session.execute(
            select(FormerTimeZone.until, FormerTimeZone.time_zone)
            .where(FormerTimeZone.organisation_id == organisation_id)
            .order_by(FormerTimeZone.until)
        )
        former = [(until, time_zone) for until, time_zone in rows]
        return cls(organisation_id, organisation.time_zone, former)

    async def moments(
        self, session: AsyncSession, ledger_id: int, numbers: Iterable[int]
    ) -> dict[int, Moment]:
        """The moments of the given recordings of a ledger, as far as they exist."""
        found: dict[int, Moment] = {}
        statement = select(
            Recording.number, Recording.recorded_at, Recording.rules
        ).where(Recording.ledger_id == ledger_id)
        rows = await rows_in_lists(session, statement, Recording.number.in_, numbers)
        for number, recorded_at, rules in rows:
            place = (ledger_id, number)
            time_zone = await self._zone_at(session, place, recorded_at)
            found[number] = Moment(day_at(recorded_at, time_zone), rules)
        return found

    async def _zone_at(
        self, session: AsyncSession, place: tuple[int, int], moment: datetime
    ) -> str:
        for until, time_zone in self.former:
            if moment == until:
                return await self._zone_beside(session, place, moment)
            if moment < until:
                return time_zone
        return self.time_zone

    async def _zone_beside(
        self, session: AsyncSession, place: tuple[int, int], moment: datetime
    ) -> str:
        """The time zone of a recording at the very moment of a change.

        The audit trail has the order of the two.
        """
        ledger_id, number = place
        audited_in = await session.scalar(
            select(AuditedRecording.record).where(
                AuditedRecording.ledger_id == ledger_id,
                AuditedRecording.recording == number,
            )
        )
        rows = await session.execute(
            select(AuditRecord.number, AuditRecord.details)
            .where(
                AuditRecord.organisation_id == self.organisation_id,
                AuditRecord.action == Action.SET_TIME_ZONE.value,
                AuditRecord.recorded_at
                == moment.astimezone(UTC).isoformat(timespec="microseconds"),
            )
            .order_by(AuditRecord.number)
        )
        time_zone = self.time_zone
        for record, details in rows:
            change = json.loads(details)
            if record > (audited_in or 0):
                return str(change["before"])
            time_zone = str(change["after"])
        return time_zone
