"""Reads the units of an export, in the slices that formats render.

Daily lines come from movements, monthly lines from the sums of journals, grouped lines
from the sums of journal groups. A slice holds each of its journals or groups whole.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import groupby
from operator import attrgetter

from daybook.calendar import Day, last_day_of
from daybook.db.engine import Database
from daybook.exports.rows import stream_groups, stream_movements
from daybook.exports.rules import (
    ExportGroup,
    ExportMovement,
    Granularity,
    Groups,
    Movements,
    SideKey,
    Units,
    lines_of_sums,
)
from daybook.ledger.pins import Pin
from daybook.ledger.rules import AccountPair
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Grouping, in_order
from daybook.reports.journals.groups import GroupedBy
from daybook.reports.journals.narratives import JournalSubject, journal_narrative


def read_units(
    database: Database,
    pin: Pin,
    journal_filter: JournalFilter,
    granularity: Granularity,
    by: Sequence[Grouping] | None = None,
) -> AsyncIterator[Units]:
    """The units of a selection's file: journals, or groups if there is `by`."""
    if by is not None:
        grouped = GroupedBy(in_order(by), granularity)
        return _grouped(database, pin, journal_filter, grouped)
    return _of_journals(database, pin, journal_filter, granularity)


async def _of_journals(
    database: Database,
    pin: Pin,
    journal_filter: JournalFilter,
    granularity: Granularity,
) -> AsyncIterator[Units]:
    async for movements in stream_movements(database, pin, journal_filter):
        yield journal_units(movements, pin, journal_filter, granularity)


def journal_units(
    movements: Sequence[ExportMovement],
    pin: Pin,
    journal_filter: JournalFilter,
    granularity: Granularity,
) -> Units:
    """A slice's movements as units: as they are, or journals with monthly lines."""
    if granularity is Granularity.DAILY:
        return Movements(movements)
    last_day = journal_filter.last_day(pin)
    return Groups(journal_sums(movements, pin.currency, last_day))


async def _grouped(
    database: Database, pin: Pin, journal_filter: JournalFilter, grouped: GroupedBy
) -> AsyncIterator[Groups]:
    async for groups in stream_groups(database, pin, journal_filter, grouped):
        yield Groups(groups)


def journal_sums(
    movements: Iterable[ExportMovement], currency: str, last_day: Day
) -> list[ExportGroup]:
    """Each journal with one line for each account and direction, never netted.

    Each is dated its month's last day, or the export's `last_day` if that is earlier.
    `movements` come journal by journal.
    """
    return [
        _journal_sum(list(journal), currency, last_day)
        for _, journal in groupby(movements, attrgetter("journal"))
    ]


def _journal_sum(
    journal: Sequence[ExportMovement], currency: str, last_day: Day
) -> ExportGroup:
    first = journal[0]
    debited: dict[SideKey, int] = {}
    credited: dict[SideKey, int] = {}
    pairs: dict[AccountPair, int] = {}
    for movement in journal:
        pair, amount = (movement.debit, movement.credit), movement.amount
        debit = (movement.debit, movement.debit_account, movement.debit_code)
        credit = (movement.credit, movement.credit_account, movement.credit_code)
        debited[debit] = debited.get(debit, 0) + amount
        credited[credit] = credited.get(credit, 0) + amount
        pairs[pair] = pairs.get(pair, 0) + amount
    subject = JournalSubject(
        first.product_name, first.customer, first.month, first.document
    )
    return ExportGroup(
        str(first.journal),
        min(last_day_of(first.month), last_day),
        journal_narrative(subject, pairs, currency),
        lines_of_sums(debited, credited),
        product_name=first.product_name,
        customer_id=first.customer_id,
        customer_name=first.customer_name,
        invoice_id=first.invoice_id,
        invoice_number=first.invoice_number,
    )
