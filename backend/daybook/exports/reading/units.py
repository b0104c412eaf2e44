"""Reads the units of a file, in the slices that formats render.

Daily lines come from movements, monthly lines from the sums of journals, grouped lines
from the sums of journal groups. Accounting systems take entries of one date: a journal
on a day, or summed over its month, or a group. A slice holds each of its units whole.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import TypeAlias

from daybook.calendar import Day, day_text, last_day_of
from daybook.db.engine import Database
from daybook.exports.differences.since import read_difference
from daybook.exports.file_spec import FileSpec
from daybook.exports.reading.converting import conversion_of
from daybook.exports.reading.rows import stream_groups, stream_movements
from daybook.exports.rules import (
    ExportGroup,
    ExportLine,
    ExportMovement,
    Granularity,
    Groups,
    JournalSlice,
    Movements,
    SideKey,
    Units,
    divided,
    lines_of_sums,
)
from daybook.ledger.queries import had_several_ledgers
from daybook.ledger.rules import AccountPair
from daybook.reports.journals.group_keys import in_order
from daybook.reports.journals.groups import GroupedBy
from daybook.reports.journals.narratives import JournalSubject, journal_narrative

_Shares: TypeAlias = tuple[tuple[int, int], ...]
"""Amounts of a day, each after the position of its movement in the journal."""


async def read_units(database: Database, spec: FileSpec) -> AsyncIterator[Units]:
    """The units of a file: journals, groups, or the entries of an accounting system.

    If the file holds a difference, they are those that changed.
    """
    prefix = await _prefix(database, spec) if spec.integration is not None else ""
    if spec.options.since is None:
        units = read_selected(database, spec, prefix)
    else:
        units = read_difference(database, spec, read_selected, prefix)
    async for slice_ in units:
        yield slice_


async def read_selected(
    database: Database, spec: FileSpec, prefix: str = ""
) -> AsyncIterator[Units]:
    """The units of what a spec selects, with keys that begin with a prefix."""
    if spec.by is not None:
        grouped = GroupedBy(in_order(spec.by), spec.granularity)
        for part in spec.by_status():
            async for groups in stream_groups(database, part, grouped):
                yield Groups(with_prefix(groups, prefix))
        return
    async with database.reads() as session:
        conversion = await conversion_of(session, spec)
    currency = spec.pin.currency if conversion is None else conversion.currency
    converting = None if conversion is None else conversion.movements
    async for journals in stream_movements(database, spec, converting):
        for units in journal_units(journals, spec, currency, prefix):
            yield units


def journal_units(
    journals: JournalSlice, spec: FileSpec, currency: str, prefix: str = ""
) -> list[Units]:
    """A slice of journals as units of the file, those of a kind together.

    Movements as they are, and manual journals by their lines; or all by month, or in
    entries of a day, with keys that begin with a prefix. Their amounts are in
    `currency`. Where lines have a status, no unit has both posted and scheduled days.
    """
    on = spec.divides_on
    if on is not None:
        journals = journals._replace(movements=list(divided(journals.movements, on)))
    if spec.granularity is Granularity.MONTHLY:
        last_day = spec.journal_filter.last_day(spec.pin)
        sums = journal_sums(journals, currency, last_day, on)
        return [Groups(with_prefix(sums, prefix))]
    if spec.integration is not None or spec.is_compared:
        return [Groups(list(daily_entries(journals, prefix)))]
    if not journals.entered:
        return [Movements(journals.movements)]
    return list(_apart(journals))


def _apart(journals: JournalSlice) -> Iterator[Units]:
    """Movements and manual journals in turns, in the order of their numbers."""
    entered = journals.entered
    for is_entered, movements in groupby(
        journals.movements, lambda movement: movement.journal in entered
    ):
        if is_entered:
            firsts = [next(its) for _, its in groupby(movements, attrgetter("journal"))]
            yield Groups(
                [
                    _entered_entry(first, str(first.journal), entered[first.journal])
                    for first in firsts
                ]
            )
        else:
            yield Movements(list(movements))


async def _prefix(database: Database, spec: FileSpec) -> str:
    """What keys begin with, where several ledgers of an organisation have journals."""
    async with database.reads() as session:
        is_needed = await had_several_ledgers(session, spec.pin)
    return f"{spec.pin.currency}-" if is_needed else ""


def with_prefix(groups: list[ExportGroup], prefix: str) -> list[ExportGroup]:
    """The groups with keys that begin with a prefix."""
    if not prefix:
        return groups
    return [group._replace(key=f"{prefix}{group.key}") for group in groups]


def journal_sums(
    journals: JournalSlice, currency: str, last_day: Day, on: Day | None = None
) -> list[ExportGroup]:
    """Each journal with one line for each account and direction, never netted.

    Each is dated its month's last day, or the export's `last_day` if that is earlier.
    What is posted up to the day `on` is summed and dated as if that were the export's
    last day, and then comes the rest; without it, both are one sum.
    """
    return [
        _journal_sum(part, currency, last, is_entered=number in journals.entered)
        for number, journal in groupby(journals.movements, attrgetter("journal"))
        for part, last in _by_status(list(journal), last_day, on)
    ]


def _by_status(
    journal: list[ExportMovement], last_day: Day, on: Day | None
) -> Iterator[tuple[list[ExportMovement], Day]]:
    """A journal's posted and its scheduled movements, each with their last day."""
    if on is None:
        yield journal, last_day
        return
    if posted := [movement for movement in journal if movement.last_day <= on]:
        yield posted, min(last_day, on)
    if scheduled := [movement for movement in journal if movement.last_day > on]:
        yield scheduled, last_day


def _journal_sum(
    journal: Sequence[ExportMovement],
    currency: str,
    last_day: Day,
    *,
    is_entered: bool,
) -> ExportGroup:
    first = journal[0]
    debited: dict[SideKey, int] = {}
    credited: dict[SideKey, int] = {}
    pairs: dict[AccountPair, int] = {}
    for movement in journal:
        pair, amount = (movement.debit, movement.credit), movement.amount
        debit = (movement.debit, movement.debit_account, movement.debit_target)
        credit = (movement.credit, movement.credit_account, movement.credit_target)
        debited[debit] = debited.get(debit, 0) + amount
        credited[credit] = credited.get(credit, 0) + amount
        pairs[pair] = pairs.get(pair, 0) + amount
    subject = JournalSubject(
        *(first.product_name, first.customer, first.month, first.document),
        first.narrative if is_entered else "",
        [movement.occasion for movement in journal],
    )
    return _group(
        first,
        str(first.journal),
        min(last_day_of(first.month), last_day),
        journal_narrative(subject, pairs, currency),
        lines_of_sums(debited, credited),
    )._replace(place=(first.journal,), is_entered=is_entered)


def daily_entries(journals: JournalSlice, prefix: str) -> Iterator[ExportGroup]:
    """Each journal on each of its days: `7-20251031`, in the order of journal and day.

    Lines are in the order of movements, the debit first, and those of manual journals
    as they were entered. Days whose lines are equal share the list of lines.
    """
    for number, journal in groupby(journals.movements, attrgetter("journal")):
        held = list(journal)
        entered = journals.entered.get(number)
        if entered is not None:
            key = _daily_key(prefix, number, held[0].first_day)
            place = (number, held[0].first_day)
            yield _entered_entry(held[0], key, entered)._replace(place=place)
            continue
        lines_of: dict[_Shares, list[ExportLine]] = {}
        for day, shares in sorted(_shares(held).items()):
            lines = lines_of.get(shares)
            if lines is None:
                lines = lines_of[shares] = list(_entry_lines(held, shares))
            key = _daily_key(prefix, number, day)
            narrative = held[shares[0][0]].narrative
            place = (number, day)
            yield _group(held[0], key, day, narrative, lines)._replace(place=place)


def _daily_key(prefix: str, number: int, day: Day) -> str:
    return f"{prefix}{number}-{day_text(day).replace('-', '')}"


def _entered_entry(
    first: ExportMovement, key: str, lines: list[ExportLine]
) -> ExportGroup:
    """A manual journal, all of whose movements are of one day."""
    group = _group(first, key, first.first_day, first.narrative, lines)
    return group._replace(place=(first.journal,), is_entered=True)


def _shares(journal: Sequence[ExportMovement]) -> dict[Day, _Shares]:
    """The amounts of each day."""
    days: dict[Day, _Shares] = {}
    for position, movement in enumerate(journal):
        first, last = movement.first_day, movement.last_day
        if movement.daily and first < last:
            share = (position, movement.daily)
            for day in range(first, last):
                days[day] = (*days.get(day, ()), share)
        if movement.last_share:
            days[last] = (*days.get(last, ()), (position, movement.last_share))
    return days


def _entry_lines(
    journal: Sequence[ExportMovement], shares: _Shares
) -> Iterator[ExportLine]:
    """A debit and a credit for each share."""
    for position, amount in shares:
        movement = journal[position]
        yield ExportLine(
            True,  # noqa: FBT003  (a tuple's first value)
            movement.debit,
            movement.debit_account,
            amount,
            movement.debit_target,
            movement.narrative,
        )
        yield ExportLine(
            False,  # noqa: FBT003  (as above)
            movement.credit,
            movement.credit_account,
            amount,
            movement.credit_target,
            movement.narrative,
        )


def _group(
    first: ExportMovement, key: str, day: Day, narrative: str, lines: list[ExportLine]
) -> ExportGroup:
    """A unit of the journal of a movement."""
    return ExportGroup(
        key,
        day,
        narrative,
        lines,
        product_name=first.product_name,
        customer_id=first.customer_id,
        customer_name=first.customer_name,
        invoice_id=first.invoice_id,
        invoice_number=first.invoice_number,
        document=first.document,
    )
