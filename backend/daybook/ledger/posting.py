"""Plans what a recording appends to a ledger's journals; `commands` writes it."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias

from daybook.calendar import Month, month_of
from daybook.db.digests import CAUSED_MOVEMENTS, SIDED_MOVEMENTS
from daybook.db.fast.bulk import Rows, table_rows
from daybook.ledger.models import (
    Journal,
    JournalMovement,
    MonthCount,
    MonthTotal,
    SpanTotal,
    StoredCatchUp,
    StoredCatchUpPart,
)
from daybook.ledger.queries import MovementKey, StoredJournal
from daybook.ledger.rules import CatchUp, Cause, Movement, Sides
from daybook.ledger.spans import (
    SpanParty,
    Sums,
    add_movement,
    month_totals,
    no_sums,
    nonzero,
    span_rows,
)

OF_JOURNALS = 6
"""How many of a plan's tables have rows of journals, by ledger and journal; further
ones have totals."""


class Posting(NamedTuple):
    """Movements of one schedule, to be posted into its document's journals.

    Movements of manual journals have no schedule and no method, and may have no
    customer and no product. `sided` are movements whose sides have products of their
    own. `causes` are those of the movements and then of the catch-ups; it is empty
    where none has a cause. A recording numbers its journals of a month by `order`: the
    external ids of customer, product and document, then the document's kind.
    """

    document_id: int
    customer_id: int | None
    product_id: int | None
    source: int
    schedule_id: int | None
    method: int | None
    order: tuple[str, str, str, int]
    movements: Sequence[Movement]
    catch_ups: Sequence[CatchUp] = ()
    sided: Sequence[tuple[Movement, Sides]] = ()
    causes: Sequence[Cause | None] = ()


class PostingStart(NamedTuple):
    """Where a recording begins to post: its ledger, its number, the last journal."""

    ledger_id: int
    recording: int
    last_journal: int


class Posted(NamedTuple):
    """How many journals and movements a recording added."""

    journals: int
    movements: int


@dataclass(slots=True)
class PlannedJournals:
    """What a recording appends to its ledger's journals, and what it supersedes.

    `tables` are in an order that foreign keys allow. `spans` are derived from them and
    from what is superseded, so that no digest covers them.
    """

    start: PostingStart
    posted: Posted
    tables: list[Rows]
    spans: Rows
    superseded: Sequence[MovementKey]

    @property
    def last_journal(self) -> int:
        """The number of the ledger's last journal, once this is written."""
        return self.start.last_journal + self.posted.journals

    def without_journals_of(self, document_ids: Container[int]) -> "PlannedJournals":
        """The plan without new journals of some documents, for a dry run to write.

        Totals stay those of the whole.
        """
        journals, *of_journals = self.tables[:OF_JOURNALS]
        left_out = {
            number
            for _, number, _, document_id, *_ in journals
            if document_id in document_ids
        }
        tables = [
            replace(
                rows,
                values=list(
                    chain.from_iterable(row for row in rows if row[1] not in left_out)
                ),
            )
            for rows in (journals, *of_journals)
        ]
        return replace(self, tables=[*tables, *self.tables[OF_JOURNALS:]])


def plan_journals(
    start: PostingStart,
    postings: Iterable[Posting],
    *,
    existing: Sequence[StoredJournal] = (),
    superseded: Sequence[MovementKey] = (),
) -> PlannedJournals:
    """Assign movements to numbered journals, and change the totals. Pure.

    A posting's movements go into its `existing` journal of the month, or a new one. New
    journals get the ledger's next numbers, without a gap, ordered by month, customer,
    product and document.
    """
    rows = _Appended()
    _append(rows, start, _by_month(postings), existing)
    for journal, seq in superseded:
        ended, source = journal.movements[seq], journal.source
        party = SpanParty(journal.product_id, source, ended.cause)
        add_movement(rows.spans, ended.movement, party, sign=-1)
    _count_shown(rows, existing, superseded)
    spans = nonzero(rows.spans)
    tables = [
        rows.journals,
        rows.movements,
        rows.sided,
        rows.caused,
        rows.catch_ups,
        rows.parts,
        table_rows(MonthTotal, _nonzero(start, month_totals(spans))),
        table_rows(MonthCount, _nonzero(start, rows.journals_in_force)),
    ]
    movements = len(rows.movements) + len(rows.sided) + len(rows.caused)
    return PlannedJournals(
        start,
        Posted(len(rows.journals), movements),
        tables,
        table_rows(SpanTotal, span_rows(start.ledger_id, start.recording, spans)),
        superseded,
    )


_Numbers: TypeAlias = tuple[int, int | None, int | None, int, int | None, int | None]


class _Extra(NamedTuple):
    """What few movements have: a cause, a catch-up, products of their sides."""

    cause: Cause | None = None
    catch_up: CatchUp | None = None
    sides: Sides | None = None


_Dated: TypeAlias = tuple[_Numbers, Movement, _Extra | None]
"""A posting's numbers, one of its movements, and what else that has."""


def _by_month(postings: Iterable[Posting]) -> dict[Month, list[_Dated]]:
    """All movements by month, each month's in the order that numbers its journals."""
    months: dict[Month, list[_Dated]] = defaultdict(list)
    for posting in sorted(postings, key=attrgetter("order")):
        numbers = posting[:6]
        if not posting.causes:
            for movement in posting.movements:
                months[month_of(movement.first_day)].append((numbers, movement, None))
        if posting.causes or posting.catch_ups or posting.sided:
            for movement, extra in _extras(posting):
                months[month_of(movement.first_day)].append((numbers, movement, extra))
    return months


def _extras(posting: Posting) -> Iterator[tuple[Movement, _Extra | None]]:
    """A posting's movements with what they have: all, if one of them has a cause."""
    causes = iter(posting.causes)
    if posting.causes:
        for movement in posting.movements:
            cause = next(causes)
            yield movement, None if cause is None else _Extra(cause)
    for movement, sides in posting.sided:
        yield movement, _Extra(sides=sides)
    for catch_up in posting.catch_ups:
        yield catch_up.movement, _Extra(next(causes, None), catch_up)


@dataclass(slots=True)
class _Appended:
    """The rows to insert, by table, and the changes of months."""

    journals: Rows = field(default_factory=lambda: Rows(Journal))
    movements: Rows = field(default_factory=lambda: Rows(JournalMovement))
    sided: Rows = field(
        default_factory=lambda: Rows(JournalMovement, name=SIDED_MOVEMENTS)
    )
    caused: Rows = field(
        default_factory=lambda: Rows(
            JournalMovement, name=CAUSED_MOVEMENTS, generation=2
        )
    )
    catch_ups: Rows = field(default_factory=lambda: Rows(StoredCatchUp))
    parts: Rows = field(default_factory=lambda: Rows(StoredCatchUpPart))
    spans: Sums = field(default_factory=no_sums)
    journals_in_force: dict[tuple[Month, int], int] = field(
        default_factory=lambda: defaultdict(int)
    )
    """The change in the number of journals with movements in force.

    By month and source.
    """


def _append(
    rows: _Appended,
    start: PostingStart,
    months: Mapping[Month, Iterable[_Dated]],
    existing: Iterable[StoredJournal],
) -> None:
    """Number each movement within its journal; a journal's movements are adjacent.

    The loop runs for each movement of an import, so it unpacks tuples and calls little.
    """
    stored = {journal.key: journal for journal in existing}
    ledger_id, recording, last_number = start
    number, seq, product, journal = 0, 0, 0, None
    journals, movements = rows.journals.values, rows.movements.values
    spans = rows.spans
    for month in sorted(months):
        for numbers, movement, extra in months[month]:
            document_id, customer_id, product_id, source, schedule_id, method = numbers
            key = (document_id, product_id, month)
            if key != journal:
                journal, product = key, product_id or 0
                before = stored.get(key)
                if before is None:
                    last_number += 1
                    number, seq = last_number, 0
                    parties = (document_id, customer_id, product_id)
                    journals += (ledger_id, number, month, *parties, source)
                    rows.journals_in_force[month, source] += 1
                else:
                    number, seq = before.number, before.last_seq
            seq += 1
            debit, credit, amount, daily, first_day, last_day = movement
            # Plain integers: the driver looks for adapters of all other types.
            debit_role, credit_role = +debit, +credit
            # fmt: off
            row = (
                ledger_id, number, seq, schedule_id, debit_role, credit_role, amount,
                daily, first_day, last_day, method, recording, None,
            )
            # fmt: on
            if extra is None:
                movements += row
                # fmt: off
                span = spans[
                    first_day, last_day, product, debit_role, credit_role, source, 0, 0
                ]
                # fmt: on
                span[0] += amount
                span[1] += daily
            else:
                _append_with_extra(rows, row, extra)
                party = SpanParty(product_id, source, extra.cause, extra.sides)
                add_movement(spans, movement, party)


def _append_with_extra(rows: _Appended, row: tuple[Any, ...], extra: _Extra) -> None:
    """Append a movement that has more than most; a cause never comes with sides."""
    if extra.cause is not None:
        rows.caused.values += (*row, None, None, +extra.cause)
    elif extra.sides is not None and any(extra.sides):
        rows.sided.values += (*row, *extra.sides)
    else:
        rows.movements.values += row
    if extra.catch_up is not None:
        _append_catch_up(rows, row[:3], extra.catch_up)


def _append_catch_up(rows: _Appended, key: tuple[Any, ...], catch_up: CatchUp) -> None:
    """Append the service days of a movement that a lock moved."""
    rows.catch_ups.values += (
        *key,
        catch_up.first_day,
        catch_up.last_day,
        catch_up.locked_through,
    )
    for position, part in enumerate(catch_up.parts):
        sign = 1 if part.debit is catch_up.movement.debit else -1
        amounts = (sign * part.amount, sign * part.daily)
        days = (part.first_day, part.last_day)
        rows.parts.values += (*key, position, *amounts, *days)


def _count_shown(
    rows: _Appended,
    existing: Sequence[StoredJournal],
    superseded: Iterable[MovementKey],
) -> None:
    """Count the existing journals that get their first movement or lose their last."""
    if not existing:
        return
    in_force = {journal.number: len(journal.movements) for journal in existing}
    for _, number, *_ in chain(rows.movements, rows.sided, rows.caused):
        if number in in_force:
            in_force[number] += 1
    for journal, _ in superseded:
        in_force[journal.number] -= 1
    for journal in existing:
        is_shown, was_shown = in_force[journal.number] > 0, bool(journal.movements)
        rows.journals_in_force[journal.month, journal.source] += is_shown - was_shown


def _nonzero(
    start: PostingStart, changes: Mapping[Any, int]
) -> Iterator[tuple[int, ...]]:
    """Rows for the changes that aren't zero, in the order of their keys."""
    for key, change in sorted(changes.items()):
        if change:
            yield (start.ledger_id, *key, start.recording, change)
