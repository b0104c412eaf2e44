"""The journals in which a ledger differs from its posted files, month by month.

The days of a month are cut where a file begins or ends, so that a file has either all
days of a segment or none. Of each journal's segment, what the ledger has is compared
with what each file has.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, Month, first_day_of, last_day_of
from daybook.closing.posted_files import (
    PostedFile,
    TargetFiles,
    Term,
    selects,
)
from daybook.closing.rules import FindingKind
from daybook.ledger.amount_conditions import amount_within, in_force
from daybook.ledger.models import Journal, JournalMovement, SpanTotal
from daybook.ledger.pins import Pin
from daybook.ledger.rules import AccountPair, Role, net_change
from daybook.reports.revenue_sql import is_movement_of_journal

ROWS_AT_ONCE = 5_000
"""How many rows are held in memory at a time."""
MONTHS_AT_ONCE = 60
"""How many months a statement asks about."""


class LocatedJournal(NamedTuple):
    """A journal that differs from the posted files, and by how much, by account.

    What is doubled is in `file` and in `newest`, which counts.
    """

    kind: FindingKind
    journal: int
    month: Month
    customer_id: int | None
    product_id: int | None
    document_id: int
    file: PostedFile | None
    amounts: Mapping[Role, int]
    newest: PostedFile | None = None


class _Segment(NamedTuple):
    """Days of a month, and the files that have them."""

    first: Day
    last: Day
    files: tuple[PostedFile, ...]


Nets = dict[Role, int]


async def differing_journals(
    session: AsyncSession,
    pin: Pin,
    files: TargetFiles,
    months: Iterable[Month],
    last: Day,
) -> AsyncIterator[LocatedJournal]:
    """The journals of months that differ on days up to `last`, in their order.

    Nothing is read of a month that can't have any.
    """
    last = min(last, files.end)
    with_days = [month for month in months if _segments(files, month, last)]
    clean = await _clean_months(session, pin, files, with_days, last)
    for month in with_days:
        if month not in clean:
            async for its in _of_month(session, pin, files, month, last):
                yield its


async def _of_month(
    session: AsyncSession, pin: Pin, files: TargetFiles, month: Month, last: Day
) -> AsyncIterator[LocatedJournal]:
    """The journals of a month that differ on its days up to a day."""
    segments = _segments(files, month, last)
    columns, differs = await _columns(session, pin, segments)
    key = (
        *(Journal.number, Journal.customer_id, Journal.product_id),
        Journal.document_id,
    )
    pair = (JournalMovement.debit_role, JournalMovement.credit_role)
    labelled = [column.label(f"place_{index}") for index, column in enumerate(columns)]
    # Both queries of the rows read them once: databases keep a CTE that is used twice.
    rows_ = (
        select(*key, *pair, *labelled, differs.label("differs"))
        .join_from(Journal, JournalMovement, is_movement_of_journal())
        .where(Journal.ledger_id == pin.ledger_id, Journal.month == month)
        .group_by(*key, *pair)
        .cte("sums")
    )
    wrong = select(rows_.c.number).where(rows_.c.differs)
    statement = (
        select(*list(rows_.c)[:-1])
        .where(rows_.c.number.in_(wrong))
        .order_by(rows_.c.number)
    )
    found = await session.stream(
        statement, execution_options={"yield_per": ROWS_AT_ONCE}
    )
    rows: list[Any] = []
    async for row in found:
        if rows and rows[0][0] != row[0]:
            for its in _classified(rows, month, segments):
                yield its
            rows = []
        rows.append(row)
    if rows:
        for its in _classified(rows, month, segments):
            yield its


async def _clean_months(
    session: AsyncSession,
    pin: Pin,
    files: TargetFiles,
    months: Sequence[Month],
    last: Day,
) -> frozenset[Month]:
    """The months of which whole files have each day, and nothing changed since."""
    covered: dict[Month, ColumnElement[bool]] = {}
    for month in months:
        whole = _whole_files(files, month, last)
        if whole:
            covered[month] = _changed_since(pin, whole, month, last)
    clean: set[Month] = set()
    asked = sorted(covered)
    for start in range(0, len(asked), MONTHS_AT_ONCE):
        some = asked[start : start + MONTHS_AT_ONCE]
        found = await session.execute(select(*(covered[month] for month in some)))
        changed = zip(some, found.one(), strict=True)
        clean |= {month for month, is_changed in changed if not is_changed}
    return frozenset(clean)


def _whole_files(files: TargetFiles, month: Month, last: Day) -> list[PostedFile]:
    """The whole files that have each day of a month up to `last` once, if there are.

    Entries that are scheduled when a file is made may be replaced by equal ones of
    other journals, which no total shows.
    """
    first, last = first_day_of(month), min(last_day_of(month), last)
    its = [file for file in files.files if file.has_day_of(first, last)]
    next_day = first
    for file in sorted(its, key=lambda file: file.days):
        start, end = max(file.days[0], first), min(file.days[1], last)
        if not file.is_whole or start != next_day:
            return []
        if end > file.listed.record.divides_on:
            return []
        next_day = end + 1
    return its if next_day == last + 1 else []


def _changed_since(
    pin: Pin, files: Sequence[PostedFile], month: Month, last: Day
) -> ColumnElement[bool]:
    """Whether totals of a month's days changed after the files were made."""
    first, last = first_day_of(month), min(last_day_of(month), last)
    return or_(
        *(
            exists().where(
                SpanTotal.ledger_id == pin.ledger_id,
                SpanTotal.first_day.between(first, min(file.days[1], last)),
                SpanTotal.recorded_in > file.recording,
                SpanTotal.recorded_in <= pin.recording,
            )
            for file in files
        )
    )


def _segments(files: TargetFiles, month: Month, last: Day) -> list[_Segment]:
    """The month's days up to `last`, cut where files begin and end."""
    first, last = first_day_of(month), min(last_day_of(month), last)
    if first > last:
        return []
    starts = {first}
    for file in files.files:
        for term in file.terms:
            start, end = term.days
            starts |= {day for day in (start, end + 1) if first < day <= last}
    cuts = [*sorted(starts), last + 1]
    return [
        _Segment(
            start,
            end - 1,
            tuple(file for file in files.files if file.has_day_of(start, end - 1)),
        )
        for start, end in pairwise(cuts)
    ]


async def _columns(
    session: AsyncSession, pin: Pin, segments: Sequence[_Segment]
) -> tuple[list[ColumnElement[int]], ColumnElement[bool]]:
    """What the ledger and each file have of each segment, and whether they differ."""
    columns: list[ColumnElement[int]] = []
    differing: list[ColumnElement[bool]] = []
    for segment in segments:
        amount = amount_within(segment.first, segment.last)
        ledger = _summed(in_force(pin.recording), amount)
        posted = [
            await _of_file(session, file, segment, amount) for file in segment.files
        ]
        columns += [ledger, *posted]
        differing.append(
            ledger != sum(posted[1:], posted[0]) if posted else ledger != 0
        )
    return columns, or_(*differing)


async def _of_file(
    session: AsyncSession,
    file: PostedFile,
    segment: _Segment,
    amount: ColumnElement[int],
) -> ColumnElement[int]:
    """What a file has of a segment."""
    parts = []
    for term in file.terms:
        start, end = term.days
        if start <= segment.first and segment.last <= end:
            part = _summed(await _has(session, term), amount)
            parts.append(part if term.sign > 0 else -part)
    return sum(parts[1:], parts[0])


async def _has(session: AsyncSession, term: Term) -> ColumnElement[bool]:
    is_its = in_force(term.selected.pin.recording)
    return and_(is_its, await selects(session, term))


def _summed(
    condition: ColumnElement[bool], amount: ColumnElement[int]
) -> ColumnElement[int]:
    return func.sum(case((condition, amount), else_=0))


_Place = tuple[FindingKind, PostedFile | None, PostedFile | None]
"""How a journal differs, in which file, and in which other one if it is doubled."""


def _classified(
    rows: Sequence[Any], month: Month, segments: Sequence[_Segment]
) -> Iterator[LocatedJournal]:
    """How a journal differs, by kind and file; its rows are by pair of accounts."""
    number, customer_id, product_id, document_id = rows[0][:4]
    sums: dict[_Place, Nets] = defaultdict(lambda: defaultdict(int))
    ledger, posted = _nets(rows, segments)
    is_in_a_file = any(any(nets.values()) for _, nets in posted)
    for index, segment in enumerate(segments):
        by_chain = _by_chain(segment.files, posted, index)
        has_it = [chain for chain in by_chain if any(chain[1].values())]
        # The newest file counts; what others have of the same days is there twice.
        for doubled, nets in has_it[:-1]:
            place = FindingKind.DOUBLED, doubled, has_it[-1][0]
            _add(sums[place], nets, -1)
        file: PostedFile | None = None
        latest: Nets = {}
        if has_it:
            file, latest = has_it[-1]
        kind = FindingKind.CHANGED if has_it else FindingKind.MISSING
        if not has_it and segment.files:
            # It is missing in this file; with other days there, it was changed.
            file = segment.files[-1]
            kind = FindingKind.CHANGED if is_in_a_file else kind
        _add(sums[kind, file, None], ledger[index], 1)
        _add(sums[kind, file, None], latest, -1)
    for (kind, file, newest), nets in sums.items():
        amounts = {role: amount for role, amount in nets.items() if amount}
        if amounts:
            yield LocatedJournal(
                *(kind, number, month, customer_id, product_id, document_id),
                *(file, amounts, newest),
            )


def _add(total: Nets, nets: Mapping[Role, int], sign: int) -> None:
    for role, amount in nets.items():
        total[role] += sign * amount


_Posted = Sequence[tuple[tuple[int, int], Nets]]
"""What files have of a journal, by segment and number of the file."""


def _nets(
    rows: Sequence[Any], segments: Sequence[_Segment]
) -> tuple[list[Nets], list[tuple[tuple[int, int], Nets]]]:
    """What the ledger has of each segment, and what each file has, by account."""
    places: list[tuple[int, int]] = [
        (index, number)
        for index, segment in enumerate(segments)
        for number in (0, *(file.number for file in segment.files))
    ]
    nets: list[Nets] = []
    for position in range(len(places)):
        pairs: dict[AccountPair, int] = {
            (Role(row[4]), Role(row[5])): int(row[6 + position]) for row in rows
        }
        nets.append({role: net_change(pairs, role) for role in Role})
    placed = list(zip(places, nets, strict=True))
    ledger = [its for (_, number), its in placed if number == 0]
    return ledger, [(place, its) for place, its in placed if place[1] != 0]


def _by_chain(
    files: Iterable[PostedFile], posted: _Posted, index: int
) -> list[tuple[PostedFile, Nets]]:
    """What each chain of files has of a segment; named by its last file, in order."""
    of_segment = {number: nets for (its, number), nets in posted if its == index}
    chains: dict[int, tuple[PostedFile, Nets]] = {}
    for file in files:
        _, total = chains.get(file.root, (file, defaultdict(int)))
        _add(total, of_segment[file.number], 1)
        chains[file.root] = (file, total)
    return sorted(chains.values(), key=lambda chain: chain[0].number)
