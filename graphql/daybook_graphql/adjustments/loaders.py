"""Loaders of manual journals' details: many keys are read in one statement.

A key of what may change has the journal's last step, so that a mutation that changes
the journal makes another key of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

from daybook.adjustments.queries import (
    ListedManual,
    PostedDocument,
    Step,
    adjustments_of,
    authors_by_number,
    manual_by_number,
    manual_of_documents,
    posted_documents,
    steps_of,
    versions_by_step,
)
from daybook.adjustments.versions import Version
from daybook.exports.posting.posted import files_of_day
from daybook.exports.queries import ListedRecord
from daybook.four_eyes.queries import ChangeRequest, RequestFilter, all_requests
from daybook.four_eyes.rules import ChangeKind
from daybook.ledger.pins import Pin
from daybook_graphql.context import Context, loader


class StateKey(NamedTuple):
    """A manual journal as it was after a step."""

    number: int
    last_step: int


class LedgerKey(NamedTuple):
    """Something of a ledger, by its number there; or a day."""

    pin: Pin
    number: int


Numbered = TypeVar("Numbered", Step, PostedDocument)


@loader()
async def versions(context: Context, steps: list[int]) -> Sequence[Version]:
    """Versions with their lines, by the steps that saved them."""
    async with context.database.pinned_reads() as session:
        found = await versions_by_step(session, context.organisation_id, steps)
    return [found[step] for step in steps]


@loader()
async def steps_taken(
    context: Context, keys: list[StateKey]
) -> Sequence[Sequence[Step]]:
    """The steps of manual journals, oldest first."""
    numbers = [key.number for key in keys]
    async with context.database.pinned_reads() as session:
        steps = await steps_of(session, context.organisation_id, numbers)
    by_number = _by_number(steps)
    return [by_number.get(number, ()) for number in numbers]


@loader()
async def authors(context: Context, keys: list[StateKey]) -> Sequence[set[int]]:
    """The users who saved or submitted manual journals."""
    numbers = [key.number for key in keys]
    async with context.database.pinned_reads() as session:
        found = await authors_by_number(session, context.organisation_id, numbers)
    return [found.get(number, set()) for number in numbers]


@loader()
async def documents_posted(
    context: Context, keys: list[StateKey]
) -> Sequence[Sequence[PostedDocument]]:
    """What manual journals posted, reversals included, in order."""
    numbers = [key.number for key in keys]
    async with context.database.pinned_reads() as session:
        posted = await posted_documents(session, context.organisation_id, numbers)
    by_number = _by_number(posted)
    return [by_number.get(number, ()) for number in numbers]


# Without a cache: a mutation may ask for an undoing.
@loader(cache=False)
async def reversal_requests(
    context: Context, numbers: list[int]
) -> Sequence[ChangeRequest | None]:
    """The open requests to undo manual journals."""
    undoing = RequestFilter(is_open=True, kinds=[ChangeKind.REVERSE_JOURNAL])
    async with context.database.pinned_reads() as session:
        waiting = await all_requests(session, context.organisation_id, undoing)
    found = {request.arguments["number"]: request for request in waiting}
    return [found.get(number) for number in numbers]


@loader()
async def posted_exports(
    context: Context, keys: list[LedgerKey]
) -> Sequence[list[ListedRecord]]:
    """The posted files whose periods have days, by the ledger and the day."""
    async with context.database.pinned_reads() as session:
        found = {
            pin: await files_of_day(session, pin, set(days))
            for pin, days in _by_pin(keys).items()
        }
    return [found[pin][day] for pin, day in keys]


@loader()
async def adjusting(
    context: Context, keys: list[LedgerKey]
) -> Sequence[list[ListedManual]]:
    """The manual journals that adjust journals, by number."""
    numbers: dict[LedgerKey, list[int]] = {}
    async with context.database.pinned_reads() as session:
        for pin, journals in _by_pin(keys).items():
            found = await adjustments_of(session, pin.ledger_id, journals)
            for journal, adjustments in found.items():
                key = LedgerKey(pin, journal)
                numbers[key] = [number for number, _ in adjustments]
        every = {number for its in numbers.values() for number in its}
        listed = {
            row.number: row
            for row in await manual_by_number(session, context.organisation_id, every)
        }
    return [[listed[number] for number in numbers.get(key, ())] for key in keys]


@loader()
async def posting(
    context: Context, keys: list[LedgerKey]
) -> Sequence[ListedManual | None]:
    """The manual journals that posted documents, by Daybook's numbers of these."""
    numbers: dict[LedgerKey, int] = {}
    async with context.database.pinned_reads() as session:
        for pin, documents in _by_pin(keys).items():
            found = await manual_of_documents(session, pin.ledger_id, documents)
            for document, posted in found.items():
                numbers[LedgerKey(pin, document)] = posted.number
        every = set(numbers.values())
        listed = {
            row.number: row
            for row in await manual_by_number(session, context.organisation_id, every)
        }
    return [listed[numbers[key]] if key in numbers else None for key in keys]


def _by_number(rows: Iterable[Numbered]) -> dict[int, list[Numbered]]:
    found: dict[int, list[Numbered]] = defaultdict(list)
    for row in rows:
        found[row.number].append(row)
    return found


def _by_pin(keys: Iterable[LedgerKey]) -> dict[Pin, list[int]]:
    found: dict[Pin, list[int]] = defaultdict(list)
    for pin, number in keys:
        found[pin].append(number)
    return found
