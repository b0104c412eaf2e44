"""A journal by days and by recordings, and its document's versions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import parse_day, range_words
from daybook.db.engine import Database
from daybook.documents.rules import DocumentStatus
from daybook.ledger.rules import AccountPair, Role, net_change, shares
from daybook.reports.document_details import versions_of
from daybook.reports.journals.days import Run, runs_of_days
from daybook.reports.journals.histories import left_by_recordings
from daybook.reports.journals.queries import (
    JournalMovementDetails,
    movements_of,
    recorded_movements,
)
from daybook_factories import invoice, line, lock, pin, record, terms, voided
from daybook_history import RECORDINGS, YEAR, History, reads

pytestmark = pytest.mark.anyio

NUMBERS = range(1, 100)


def pairs_of(details: Iterable[JournalMovementDetails]) -> dict[AccountPair, int]:
    pairs: dict[AccountPair, int] = defaultdict(int)
    for each in details:
        pairs[each.movement.debit, each.movement.credit] += each.movement.amount
    return pairs


def gains(pairs: Mapping[AccountPair, int]) -> tuple[int, ...]:
    found = tuple(net_change(pairs, role) for role in Role)
    billed, unbilled, deferred, recognized = found
    assert billed + unbilled == deferred + recognized
    return found


def summed(of_rows: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    total: tuple[int, ...] = (0, 0, 0, 0)
    for row in of_rows:
        total = tuple(a + b for a, b in zip(total, row, strict=True))
    return total


@reads
@given(st.integers(0, RECORDINGS), st.integers(*YEAR))
async def test_rows_of_days_are_the_entries(
    history: History, recording: int, on: int
) -> None:
    at = await history.at(recording)

    async with history.database.reads() as session:
        movements = await movements_of(session, at, NUMBERS)

    for details in movements.values():
        runs = runs_of_days([(each.movement, each.occasion) for each in details], on)
        assert summed(gains(run.pairs) for run in runs) == gains(pairs_of(details))
        assert runs == sorted(runs, key=lambda run: run.first)
        by_day: dict[int, list[tuple[int, ...]]] = defaultdict(list)
        for run in runs:
            assert run.is_posted == (run.last <= on) == (run.first <= on)
            assert gains(run.pairs) == tuple(
                amount * run.days for amount in gains(run.each)
            )
            for day in range(run.first, run.last + 1):
                by_day[day].append(gains(run.each))
        expected: dict[int, list[tuple[int, ...]]] = defaultdict(list)
        for each in details:
            pair = each.movement.debit, each.movement.credit
            for day, amount in shares(each.movement):
                expected[day].append(gains({pair: amount}))
        assert {day: summed(rows) for day, rows in by_day.items()} == {
            day: total
            for day, rows in expected.items()
            if any(total := summed(rows)) or day in by_day
        }


@reads
@given(st.integers(1, RECORDINGS))
async def test_each_recording_left_what_a_pin_to_it_shows(
    history: History, recording: int
) -> None:
    at = await history.at(recording)

    async with history.database.reads() as session:
        movements = await movements_of(session, at, NUMBERS)
        recorded = await recorded_movements(session, history.pin, NUMBERS)

    of_journals: dict[int, list[JournalMovementDetails]] = defaultdict(list)
    for each in recorded:
        of_journals[each.journal].append(each)
    for number, of_journal in of_journals.items():
        history_ = left_by_recordings(of_journal)
        assert [left.recording for left in history_] == sorted(
            {left.recording for left in history_}
        )
        known = [left for left in history_ if left.recording <= recording]
        shown = pairs_of(movements.get(number, []))
        assert (known[-1].pairs if known else {}) == shown


@reads
@given(st.integers(0, RECORDINGS))
async def test_versions_are_those_up_to_the_pin(
    history: History, recording: int
) -> None:
    at = await history.at(recording)

    async with history.database.reads() as session:
        versions = await versions_of(session, at, NUMBERS)
        all_versions = await versions_of(session, history.pin, NUMBERS)

    assert versions == {
        document: kept
        for document, found in all_versions.items()
        if (kept := [each for each in found if each.made_in <= recording])
    }
    for found in all_versions.values():
        assert [each.number for each in found] == [*range(len(found), 0, -1)]


async def test_a_revision_and_a_void_are_versions_with_their_totals(
    database: Database,
) -> None:
    sold = invoice("inv_1", line(its_terms=terms("7200.00")), discount="200.00")
    await record(database, sold)
    revised = replace(
        sold,
        lines=(line(its_terms=terms("6600.00")),),
        discount=0,
        accounting_date=parse_day("2025-02-01"),
    )
    await record(database, revised, on="2025-02-10")
    await record(database, voided(revised), on="2025-03-10")
    at = await pin(database)

    async with database.reads() as session:
        ((_, versions),) = (await versions_of(session, at, [1])).items()

    assert [
        (each.number, each.made_in, each.total, DocumentStatus(each.status).name)
        for each in versions
    ] == [
        (3, 3, 6600_00, "VOIDED"),
        (2, 2, 6600_00, "FINAL"),
        (1, 1, 7000_00, "FINAL"),
    ]
    days = [each.accounting_date for each in versions]
    assert days == [
        parse_day(day) for day in ("2025-02-01", "2025-02-01", "2025-01-01")
    ]
    assert [each.recorded_at.day for each in versions] == [10, 10, 1]


async def runs_in(database: Database, number: int, on: str) -> list[Run]:
    at = await pin(database)
    async with database.reads() as session:
        (details,) = (await movements_of(session, at, [number])).values()
    parts = [(each.movement, each.occasion) for each in details]
    return runs_of_days(parts, parse_day(on))


async def test_equal_days_are_one_row_cut_at_the_day_and_at_the_rest(
    database: Database,
) -> None:
    await record(database, invoice("inv_1", line(its_terms=terms("1200.00"))))

    runs = await runs_in(database, 1, "2025-01-10")

    assert [
        (range_words(run.first, run.last), run.what, run.is_posted, gains(run.each))
        for run in runs
    ] == [
        ("1 Jan 2025", "Billed", True, (1200_00, 0, 1200_00, 0)),
        ("1–10 Jan 2025", "The day's own", True, (0, 0, -3_23, 3_23)),
        ("11–30 Jan 2025", "The day's own", False, (0, 0, -3_23, 3_23)),
        ("31 Jan 2025", "The last day takes the rest", False, (0, 0, -3_10, 3_10)),
    ]


async def test_days_that_a_lock_moved_are_a_row_of_their_own(
    database: Database,
) -> None:
    await record(database, invoice("other"))
    await lock(database, "2025-02-28", on="2025-03-01")
    late = invoice(
        "inv_1", line(its_terms=terms("1240.00")), accounting_date="2025-01-01"
    )
    await record(database, late, on="2025-03-02")
    at = await pin(database)
    async with database.reads() as session:
        movements = await movements_of(session, at, NUMBERS)
    moved = {
        number: [
            run.what
            for run in runs_of_days(
                [(each.movement, each.occasion) for each in details],
                parse_day("2025-12-31"),
            )
        ]
        for number, details in movements.items()
        if any(each.moved for each in details)
    }

    ((_, whats),) = moved.items()
    assert whats[0] == "Moved by the lock"
    assert "The day's own" in whats
