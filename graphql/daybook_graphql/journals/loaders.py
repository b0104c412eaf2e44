"""Loaders of journals' details: many keys are read in one statement.

Keys begin with the pin that is read at.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.ledger.models import Recording
from daybook.ledger.pins import Pin
from daybook.reports.journals.explanation_facts import explanations_of, told_sums_of
from daybook.reports.journals.histories import Left, left_by_recordings
from daybook.reports.journals.queries import (
    JournalMovementDetails,
    Superseded,
    journals_in_force,
    movements_of,
    open_journals,
    recorded_movements,
    recordings_of,
    superseded_of,
)
from daybook.reports.journals.told_sums import ToldSum, told_sum
from daybook_graphql.context import Context, loader

NumberKey: TypeAlias = tuple[Pin, int]
"""A journal's number in a ledger, or a recording's."""
Place: TypeAlias = tuple[int, int]
"""A movement's journal and place in it."""
Found = TypeVar("Found")


@loader()
async def journal_movements(
    context: Context, keys: list[NumberKey]
) -> Sequence[list[JournalMovementDetails]]:
    """The movements in force of journals."""
    found = await _by_pin(context, keys, movements_of)
    return [found[pin].get(number, []) for pin, number in keys]


@loader()
async def superseded_movements(
    context: Context, keys: list[NumberKey]
) -> Sequence[Superseded | None]:
    """How many movements of journals were superseded, and when last."""
    found = await _by_pin(context, keys, superseded_of)
    return [found[pin].get(number) for pin, number in keys]


@loader()
async def has_movements(context: Context, keys: list[NumberKey]) -> Sequence[bool]:
    """Whether journals have a movement in force."""

    async def read(
        session: AsyncSession, pin: Pin, numbers: list[int]
    ) -> dict[int, bool]:
        return dict.fromkeys(await journals_in_force(session, pin, numbers), True)

    found = await _by_pin(context, keys, read)
    return [number in found[pin] for pin, number in keys]


@loader()
async def recordings(context: Context, keys: list[NumberKey]) -> Sequence[Recording]:
    """Recordings by their numbers."""

    async def read(
        session: AsyncSession, pin: Pin, numbers: list[int]
    ) -> dict[int, Recording]:
        return await recordings_of(session, pin.ledger_id, numbers)

    found = await _by_pin(context, keys, read)
    return [found[pin][number] for pin, number in keys]


@loader()
async def fully_recognized(
    context: Context, keys: list[tuple[Pin, Day, int]]
) -> Sequence[bool]:
    """Whether journals are fully recognized on a day."""
    numbers: dict[tuple[Pin, Day], list[int]] = defaultdict(list)
    for pin, on, number in keys:
        numbers[pin, on].append(number)
    async with context.database.pinned_reads() as session:
        is_open = {
            (pin, on): await open_journals(session, pin, on, of_day)
            for (pin, on), of_day in numbers.items()
        }
    return [number not in is_open[pin, on] for pin, on, number in keys]


@loader()
async def explanations(
    context: Context, keys: list[tuple[Pin, Place]]
) -> Sequence[str]:
    """How the amounts of movements came about."""

    async def read(
        session: AsyncSession, pin: Pin, places: list[Place]
    ) -> dict[Place, str]:
        numbers = {number for number, _ in places}
        movements = await recorded_movements(session, pin, numbers)
        keys = set(places)
        explained = [
            movement
            for movement in movements
            if (movement.journal, movement.seq) in keys
        ]
        return await explanations_of(session, pin, explained)

    found = await _by_pin(context, keys, read)
    return [found[pin][place] for pin, place in keys]


@loader()
async def told_sums(context: Context, keys: list[NumberKey]) -> Sequence[ToldSum]:
    """The sums of journals' movements in force, with the figures of each line."""

    async def read(
        session: AsyncSession, pin: Pin, numbers: list[int]
    ) -> dict[int, ToldSum]:
        movements = await movements_of(session, pin, numbers)
        return await told_sums_of(session, pin, movements)

    found = await _by_pin(context, keys, read)
    return [found[pin].get(number, told_sum([])) for pin, number in keys]


@loader()
async def histories(context: Context, keys: list[NumberKey]) -> Sequence[list[Left]]:
    """How each recording left journals, the first one first."""

    async def read(
        session: AsyncSession, pin: Pin, numbers: list[int]
    ) -> dict[int, list[Left]]:
        of_journals: dict[int, list[JournalMovementDetails]] = defaultdict(list)
        for details in await recorded_movements(session, pin, numbers):
            of_journals[details.journal].append(details)
        return {
            number: left_by_recordings(movements)
            for number, movements in of_journals.items()
        }

    found = await _by_pin(context, keys, read)
    return [found[pin].get(number, []) for pin, number in keys]


async def _by_pin(
    context: Context,
    keys: Sequence[tuple[Pin, Any]],
    read: Callable[[AsyncSession, Pin, list[Any]], Awaitable[dict[Any, Found]]],
) -> dict[Pin, dict[Any, Found]]:
    """Read the keys of each pin together."""
    by_pin: dict[Pin, list[Any]] = defaultdict(list)
    for pin, key in keys:
        by_pin[pin].append(key)
    async with context.database.pinned_reads() as session:
        return {pin: await read(session, pin, of_pin) for pin, of_pin in by_pin.items()}
