"""Loaders of recurrences' details: many keys are read in one statement.

A key of what may change has the recurrence's last step, so that a mutation that changes
the recurrence makes another key of it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from daybook.adjustments.recurring.made import (
    Instance,
    Maker,
    instances_by_journal,
    makers_of,
    months_made,
)
from daybook.adjustments.recurring.queries import (
    ListedRecurrence,
    RecurrenceMade,
    recurrence_authors,
    recurrence_steps,
    recurrence_versions,
    recurrences_by_number,
)
from daybook.adjustments.recurring.versions import RecurrenceVersion
from daybook.calendar import Month
from daybook_graphql.context import Context, loader


class RecurrenceKey(NamedTuple):
    """A recurrence as it was after a step."""

    number: int
    last_step: int


@loader()
async def saved_versions(
    context: Context, steps: list[int]
) -> Sequence[RecurrenceVersion]:
    """Versions with their lines, by the steps that saved them."""
    async with context.database.pinned_reads() as session:
        found = await recurrence_versions(session, context.organisation_id, steps)
    return [found[step] for step in steps]


@loader()
async def steps_taken(
    context: Context, keys: list[RecurrenceKey]
) -> Sequence[Sequence[RecurrenceMade]]:
    """The steps of recurrences, oldest first."""
    numbers = [key.number for key in keys]
    async with context.database.pinned_reads() as session:
        steps = await recurrence_steps(session, context.organisation_id, numbers)
    return [[step for step in steps if step.number == number] for number in numbers]


@loader()
async def authors(context: Context, keys: list[RecurrenceKey]) -> Sequence[set[int]]:
    """The users who saved or submitted recurrences."""
    numbers = [key.number for key in keys]
    async with context.database.pinned_reads() as session:
        found = await recurrence_authors(session, context.organisation_id, numbers)
    return [found[number] for number in numbers]


@loader()
async def made_months(
    context: Context, keys: list[RecurrenceKey]
) -> Sequence[set[Month]]:
    """The months that have a journal."""
    numbers = [key.number for key in keys]
    async with context.database.pinned_reads() as session:
        found = await months_made(session, context.organisation_id, numbers)
    return [found[number] for number in numbers]


@loader()
async def instances(context: Context, journals: list[int]) -> Sequence[Instance | None]:
    """What made manual journals, by the journals' numbers; None for persons."""
    async with context.database.pinned_reads() as session:
        found = await instances_by_journal(session, context.organisation_id, journals)
    return [found.get(journal) for journal in journals]


@loader()
async def makers(context: Context, versions: list[tuple[int, int]]) -> Sequence[Maker]:
    """The persons behind versions of recurrences, by their numbers."""
    async with context.database.pinned_reads() as session:
        found = await makers_of(session, context.organisation_id, versions)
    return [found[version] for version in versions]


# Without a cache: a mutation may change it.
@loader(cache=False)
async def recurrences(
    context: Context, numbers: list[int]
) -> Sequence[ListedRecurrence]:
    """Recurrences by their numbers."""
    async with context.database.pinned_reads() as session:
        where = (session, context.organisation_id, numbers)
        found = {row.number: row for row in await recurrences_by_number(*where)}
    return [found[number] for number in numbers]
