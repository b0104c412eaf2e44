"""What the posted files of a ledger have, by target; amounts as the files have them.

Each file is read at its own recording and by its own filter. A file that holds the
difference to another one has its own selection less that of the file before it.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, first_day_of, month_of
from daybook.exports.differences.since import chain_of
from daybook.exports.posting.overlapping import target_of
from daybook.exports.posting.recorded_files import (
    RecordedFile,
    Selected,
    journals_selected,
    recorded_files,
)
from daybook.exports.queries import ListedRecord, posted_records
from daybook.exports.stored_spec import filter_of, options_of, pin_of_record
from daybook.ledger.models import SpanTotal
from daybook.ledger.pins import Pin
from daybook.ledger.queries import end_of_pin, renamings_by_now
from daybook.ledger.rules import Role
from daybook.ledger.span_sums import counts_once, span_part_within, spans_at
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.totals import TotalsByMonth, totals_by_month
from daybook.reports.kept_totals import keep_figures


class Term(NamedTuple):
    """A selection that a file adds, or that a difference takes away."""

    sign: int
    selected: Selected

    @property
    def days(self) -> tuple[Day, Day]:
        """The first and the last day of the selection."""
        return self.selected.days


@dataclass(frozen=True, slots=True)
class PostedFile:
    """A posted file, what it has, and the first file of its chain of differences."""

    listed: ListedRecord
    terms: tuple[Term, ...]
    root: int

    @property
    def number(self) -> int:
        """The number of the file's record."""
        return self.listed.record.number

    @property
    def recording(self) -> int:
        """The recording at which the file was made."""
        return self.listed.record.recording

    @property
    def days(self) -> tuple[Day, Day]:
        """The first and the last day of the file."""
        return self.terms[0].days

    @property
    def is_whole(self) -> bool:
        """Whether the file has every journal of its days."""
        journal_filter = self.terms[0].selected.journal_filter
        return (
            len(self.terms) == 1
            and not journal_filter.narrows_journals()
            and journal_filter.sources is None
        )

    def has_day_of(self, first: Day, last: Day) -> bool:
        """Whether a selection of the file has one of the days."""
        return any(
            term.days[0] <= last and term.days[1] >= first for term in self.terms
        )


@dataclass(frozen=True, slots=True)
class TargetFiles:
    """The posted files for one target, by number."""

    target: str
    files: tuple[PostedFile, ...]

    @property
    def end(self) -> Day:
        """The last day that a posted file has."""
        return max(file.days[1] for file in self.files)


async def posted_by_target(session: AsyncSession, pin: Pin) -> Sequence[TargetFiles]:
    """The files that were made by the pin and posted by the end of its day, by target.

    A posting or an undoing of a later day changes nothing as of an earlier one. Kept
    until the organisation's next audit record: each posting adds one.
    """
    read = partial(_read_posted, session, pin)
    return await keep_figures(session, ("posted by target", pin), read)


async def _read_posted(session: AsyncSession, pin: Pin) -> Sequence[TargetFiles]:
    posted = await posted_records(
        session,
        pin.organisation_id,
        pin.ledger_id,
        until=await end_of_pin(session, pin),
    )
    records = [listed for listed in posted if listed.record.recording <= pin.recording]
    if not records:
        return ()
    renamings = await keep_figures(
        session,
        ("renamings", pin.organisation_id, pin.audit_head),
        partial(renamings_by_now, session, pin.organisation_id),
    )
    by_target: dict[str, list[PostedFile]] = defaultdict(list)
    for file in await recorded_files(session, records):
        target = target_of(file.listed.record.format).upper()
        by_target[target].append(await _posted_file(session, file, renamings))
    return tuple(
        TargetFiles(target, tuple(files)) for target, files in sorted(by_target.items())
    )


async def _posted_file(
    session: AsyncSession, file: RecordedFile, renamings: int
) -> PostedFile:
    listed, selected = file
    # Unchanged journals cancel out, so that the difference needs no condition for them.
    terms = [Term(1, _named(selected._replace(base=None), renamings))]
    since = options_of(listed.record.options).since
    if since is not None:
        chain = await chain_of(session, selected.pin.organisation_id, since)
        before = chain[-1]
        at = pin_of_record(before, listed.currency)
        earlier = Selected(at, filter_of(before.selection))
        terms.append(Term(-1, _named(earlier, renamings)))
    root = min({*selected.chain, listed.record.number})
    return PostedFile(listed, tuple(terms), root)


def _named(selected: Selected, renamings: int) -> Selected:
    """The selection, by the names of its own time."""
    is_renamed = renamings > selected.pin.renamings
    return selected._replace(pin=selected.pin._replace(is_renamed=is_renamed))


async def posted_totals(
    session: AsyncSession, files: TargetFiles, first: Day, last: Day
) -> TotalsByMonth:
    """The amounts that files have on some days, by month and pair of accounts."""
    totals: TotalsByMonth = defaultdict(lambda: defaultdict(int))
    for file in files.files:
        for sign, selected in file.terms:
            start, end = selected.days
            start, end = max(start, first), min(end, last)
            if start > end:
                continue
            within = replace(
                selected.journal_filter,
                posted_from=start,
                posted_to=end,
                include_scheduled=True,
            )
            found = await kept_ledger_totals(session, selected.pin, within)
            for month, pairs in found.items():
                for pair, amount in pairs.items():
                    totals[month][pair] += sign * amount
    return totals


async def selects(session: AsyncSession, term: Term) -> ColumnElement[bool]:
    """Whether a term has a journal, as a condition on `Journal`."""
    return and_(*await journals_selected(session, term.selected))


async def kept_ledger_totals(
    session: AsyncSession, pin: Pin, journal_filter: JournalFilter
) -> TotalsByMonth:
    """The same as `ledger_totals`, kept: nobody may change them.

    Those of a file, which is of an earlier recording, outlive the next ones.
    """
    read = partial(ledger_totals, session, pin, journal_filter)
    return await keep_figures(session, ("ledger totals", pin, journal_filter), read)


async def ledger_totals(
    session: AsyncSession, pin: Pin, journal_filter: JournalFilter
) -> TotalsByMonth:
    """The amounts between each pair of accounts, by month.

    As `totals_by_month`, but where no journal is left out, parts of months are summed
    from the totals that recordings keep by days, so that no journal is read.
    """
    if journal_filter.narrows_journals() or journal_filter.is_whole_months(pin):
        return await totals_by_month(session, pin, journal_filter)
    first, last = journal_filter.first_day(), journal_filter.last_day(pin)
    key = (SpanTotal.first_day, SpanTotal.debit_role, SpanTotal.credit_role)
    statement = select(*key, func.sum(span_part_within(first, last))).where(
        *spans_at(pin, until=last),
        # A span lies within a month.
        SpanTotal.first_day >= first_day_of(month_of(first)),
        counts_once(),
    )
    if journal_filter.sources is not None:
        sources = [int(source) for source in journal_filter.sources]
        statement = statement.where(SpanTotal.source.in_(sources))
    totals: TotalsByMonth = defaultdict(lambda: defaultdict(int))
    for day, debit, credit, amount in await session.execute(statement.group_by(*key)):
        if amount:
            totals[month_of(day)][Role(debit), Role(credit)] += int(amount)
    return totals
