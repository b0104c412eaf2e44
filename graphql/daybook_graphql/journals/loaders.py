"""Loaders of what belongs to journals: what many ask for is read in one statement."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession
from strawberry.dataloader import DataLoader

from daybook.calendar import Day
from daybook.db.engine import Database
from daybook.ledger.models import Recording
from daybook.ledger.pins import Pin
from daybook.reports.journals.explanation_facts import explanations_of
from daybook.reports.journals.queries import (
    JournalMovementDetails,
    Superseded,
    movements_of,
    open_journals,
    recorded_movements,
    recordings_of,
    superseded_of,
)

Place: TypeAlias = tuple[int, int]
"""A movement's journal and place in it."""
Found = TypeVar("Found")


class JournalLoaders:
    """One for each operation; keys begin with the pin that is read at."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.movements: DataLoader[tuple[Pin, int], list[JournalMovementDetails]]
        self.movements = DataLoader(self._load_movements)
        self.superseded: DataLoader[tuple[Pin, int], Superseded | None]
        self.superseded = DataLoader(self._load_superseded)
        self.recordings: DataLoader[tuple[Pin, int], Recording]
        self.recordings = DataLoader(self._load_recordings)
        self.recognized: DataLoader[tuple[Pin, Day, int], bool]
        self.recognized = DataLoader(self._load_recognized)
        self.explanations: DataLoader[tuple[Pin, Place], str]
        self.explanations = DataLoader(self._load_explanations)

    async def _load_movements(
        self, keys: list[tuple[Pin, int]]
    ) -> Sequence[list[JournalMovementDetails]]:
        found = await self._by_pin(keys, movements_of)
        return [found[pin].get(number, []) for pin, number in keys]

    async def _load_superseded(
        self, keys: list[tuple[Pin, int]]
    ) -> Sequence[Superseded | None]:
        found = await self._by_pin(keys, superseded_of)
        return [found[pin].get(number) for pin, number in keys]

    async def _load_recordings(self, keys: list[tuple[Pin, int]]) -> list[Recording]:
        async def read(
            session: AsyncSession, pin: Pin, numbers: list[int]
        ) -> dict[int, Recording]:
            return await recordings_of(session, pin.ledger_id, numbers)

        found = await self._by_pin(keys, read)
        return [found[pin][number] for pin, number in keys]

    async def _load_recognized(
        self, keys: list[tuple[Pin, Day, int]]
    ) -> Sequence[bool]:
        numbers: dict[tuple[Pin, Day], list[int]] = defaultdict(list)
        for pin, on, number in keys:
            numbers[pin, on].append(number)
        async with self.database.pinned_reads() as session:
            is_open = {
                (pin, on): await open_journals(session, pin, on, some)
                for (pin, on), some in numbers.items()
            }
        return [number not in is_open[pin, on] for pin, on, number in keys]

    async def _load_explanations(self, keys: list[tuple[Pin, Place]]) -> Sequence[str]:
        async def read(
            session: AsyncSession, pin: Pin, places: list[Place]
        ) -> dict[Place, str]:
            numbers = {number for number, _ in places}
            details = await recorded_movements(session, pin, numbers)
            wanted = set(places)
            some = [one for one in details if (one.journal, one.seq) in wanted]
            return await explanations_of(session, pin, some)

        found = await self._by_pin(keys, read)
        return [found[pin][place] for pin, place in keys]

    async def _by_pin(
        self,
        keys: Sequence[tuple[Pin, Any]],
        read: Callable[[AsyncSession, Pin, list[Any]], Awaitable[dict[Any, Found]]],
    ) -> dict[Pin, dict[Any, Found]]:
        wanted: dict[Pin, list[Any]] = defaultdict(list)
        for pin, key in keys:
            wanted[pin].append(key)
        async with self.database.pinned_reads() as session:
            return {pin: await read(session, pin, some) for pin, some in wanted.items()}
