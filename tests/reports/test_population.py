"""The population: every recorded movement once, its flags, and what it sums to."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from daybook.calendar import Day, date_of, parse_day
from daybook.configuration.commands import set_time_zone
from daybook.db.engine import Database
from daybook.documents.commands import import_documents
from daybook.ledger.models import (
    ChangeAfterClose,
    Journal,
    JournalMovement,
    Recording,
    StoredCatchUp,
)
from daybook.ledger.pins import Pin
from daybook.ledger.queries import closed_by
from daybook.ledger.rules import Role, SourceKind
from daybook.paging import PageRequest
from daybook.reports.population.queries import (
    PopulationEntry,
    find_population,
    population_ties,
    population_totals,
)
from daybook.reports.population.rules import (
    ALL_ENTRIES,
    PopulationFilter,
    PopulationFlag,
    often,
    weekends,
)
from daybook.reports.population.sheets import population_rows, population_sheet
from daybook.reports.revenue import RevenueFilter
from daybook.sheets.csv_lines import csv_lines
from daybook_edits import by_hand
from daybook_factories import (
    ORGANISATION,
    invoice,
    line,
    lock,
    noon,
    pin,
    record,
    terms,
    usd,
)
from daybook_history import RECORDINGS, YEAR, History, reads
from daybook_manual import Moved, a_ledger_with_manual_journals, record_manual

pytestmark = pytest.mark.anyio

MANUAL, AFTER_CLOSE, WEEKEND = (
    *(PopulationFlag.MANUAL, PopulationFlag.AFTER_CLOSE),
    PopulationFlag.WEEKEND,
)
ROUND, SELDOM, SUPERSEDED = (
    *(PopulationFlag.ROUND, PopulationFlag.SELDOM_PAIR),
    PopulationFlag.SUPERSEDED,
)


async def entries(
    database: Database, at: Pin, population_filter: PopulationFilter = ALL_ENTRIES
) -> list[PopulationEntry]:
    """All selected entries."""
    async with database.reads() as session:
        page = await find_population(
            session, at, population_filter, PageRequest(10_000)
        )
    return page.items


def flagged(
    found: Sequence[PopulationEntry], flag: PopulationFlag
) -> list[tuple[int, int]]:
    """The places of entries with a flag."""
    return [entry.key for entry in found if flag in entry.flags]


async def worked_out(history: History, at: Pin) -> dict[tuple[int, int], Any]:
    """Each entry's row with its recording and its flags, worked out one by one."""
    async with history.database.reads() as session:

        async def rows(table: Any) -> list[Any]:
            its = select(table).where(table.ledger_id == at.ledger_id)
            return [*(await session.scalars(its))]

        recordings = {row.number: row for row in await rows(Recording)}
        journals = {row.number: row for row in await rows(Journal)}
        moved = {(row.journal, row.seq): row for row in await rows(StoredCatchUp)}
        late = {row.recorded_in for row in await rows(ChangeAfterClose)}
        movements = [
            row
            for row in await rows(JournalMovement)
            if row.recorded_in <= at.recording
        ]
        closed = {
            number: await closed_by(session, at.ledger_id, number) for number in late
        }
    uses = [(movement.debit_role, movement.credit_role) for movement in movements]
    found = {}
    for use, movement in zip(uses, movements, strict=True):
        key = (movement.journal, movement.seq)
        recording = recordings[movement.recorded_in]
        first = moved[key].first_day if key in moved else movement.first_day
        is_late = movement.recorded_in in late and first <= (
            closed[movement.recorded_in] or 0
        )
        claims = {
            MANUAL: journals[movement.journal].source == SourceKind.STANDALONE,
            AFTER_CLOSE: is_late,
            WEEKEND: recording.recorded_at.weekday() >= 5,
            ROUND: movement.amount % 100_000 == 0,
            SELDOM: uses.count(use) * 100 < len(uses),
            SUPERSEDED: 0 < (movement.superseded_in or 0) <= at.recording,
        }
        flags = frozenset(flag for flag, is_so in claims.items() if is_so)
        found[key] = (movement, journals[movement.journal], recording, flags)
    return dict(sorted(found.items()))


@reads
@given(st.integers(0, RECORDINGS))
async def test_every_recorded_movement_is_an_entry_with_its_flags(
    history: History, recording: int
) -> None:
    at = await history.at(recording)
    expected = await worked_out(history, at)

    found = await entries(history.database, at)

    assert [entry.key for entry in found] == [*expected]
    for entry in found:
        row, journal, made, flags = expected[entry.key]
        movement = entry.movement
        assert movement == (
            *(row.debit_role, row.credit_role, row.amount, row.daily),
            *(row.first_day, row.last_day),
        )
        assert entry.flags == flags
        assert (entry.source, entry.customer_id, entry.product_id) == (
            *(journal.source, journal.customer_id, journal.product_id),
        )
        assert (entry.author, entry.recorded_at, entry.reason) == (
            *(made.made_by, made.recorded_at, made.reason),
        )
        assert (entry.superseded_in is None) == (SUPERSEDED not in flags)
        assert entry.document.id == journal.document_id


days = st.none() | st.integers(*YEAR)


@st.composite
def population_filters(draw: st.DrawFn) -> PopulationFilter:
    """Any filter of entries."""
    numbers = st.none() | st.none() | st.integers(1, 5)
    return PopulationFilter(
        *(draw(days), draw(days), draw(days), draw(days)),
        flags=tuple(draw(st.sets(st.sampled_from(PopulationFlag), max_size=2))),
        author=draw(st.none() | st.none() | st.just("test")),
        revenue=RevenueFilter(draw(numbers), draw(numbers), draw(numbers)),
    )


def passes(
    wanted: PopulationFilter, row: Any, journal: Any, made: Any, flags: Any
) -> bool:
    """What each field of a filter says, one after the other."""
    recorded = day_in_utc(made.recorded_at)
    narrowed = wanted.revenue
    return all(
        [
            wanted.posted_from is None or row.last_day >= wanted.posted_from,
            wanted.posted_to is None or row.first_day <= wanted.posted_to,
            wanted.recorded_from is None or recorded >= wanted.recorded_from,
            wanted.recorded_to is None or recorded <= wanted.recorded_to,
            not wanted.flags or not flags.isdisjoint(wanted.flags),
            wanted.author in {None, made.made_by},
            narrowed.customer_id in {None, journal.customer_id},
            narrowed.product_id in {None, journal.product_id},
            narrowed.document_id in {None, journal.document_id},
        ]
    )


def day_in_utc(moment: datetime) -> Day:
    """The day of a moment in UTC."""
    return parse_day(moment.date().isoformat())


@reads
@given(population_filters(), st.integers(0, RECORDINGS), st.integers(1, 7))
async def test_filters_pages_and_totals_are_of_the_entries_that_pass(
    history: History, wanted: PopulationFilter, recording: int, size: int
) -> None:
    at = await history.at(recording)
    expected = {
        key: told
        for key, told in (await worked_out(history, at)).items()
        if passes(wanted, *told)
    }

    async with history.database.reads() as session:
        first = await find_population(session, at, wanted, PageRequest(size))
        last = await find_population(
            session, at, wanted, PageRequest(size, is_backward=True)
        )
        totals = await population_totals(session, at, wanted)
        ties = await population_ties(session, at, wanted)
        if first.has_next:
            key = first.items[-1].key
            second = await find_population(session, at, wanted, PageRequest(size, key))
            back = PageRequest(size, second.items[0].key, is_backward=True)
            again = await find_population(session, at, wanted, back)
            assert again.items == first.items
            assert [entry.key for entry in second.items] == [*expected][size : 2 * size]

    assert [entry.key for entry in first.items] == [*expected][:size]
    assert [entry.key for entry in last.items] == [*expected][-size:]
    assert totals == [
        (flag, len(amounts), sum(amounts))
        for flag in (None, *PopulationFlag)
        for amounts in [
            [row.amount for row, *_, has in expected.values() if flag in {None, *has}]
        ]
    ]
    assert all(tie.difference == 0 for tie in ties)


async def test_a_file_has_every_entry_once(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daybook.reports.population.sheets.SLICE", 7)

    rows = [
        entry
        async for part in population_rows(history.database, history.pin, ALL_ENTRIES)
        for entry in part
    ]

    assert rows == await entries(history.database, history.pin)
    assert len([*csv_lines(population_sheet(history.pin), rows)]) == len(rows)


async def test_entries_recorded_for_a_closed_day(database: Database) -> None:
    january = terms("310.00", ("2025-01-01", "2025-01-31"))
    await record(database, invoice("inv_1", line(its_terms=january)))
    await lock(database, "2025-01-31", on="2025-02-03")
    after = terms("590.00", ("2025-01-01", "2025-02-28"))
    late = invoice("inv_2", line(its_terms=after), accounting_date="2025-01-01")
    await record(database, late, on="2025-02-05")
    await lock(database, None, on="2025-02-06")
    backdated = invoice("inv_3", line(its_terms=january))
    await record(database, backdated, on="2025-02-07")
    fresh = terms("280.00", ("2025-02-01", "2025-02-28"))
    on_time = invoice("inv_4", line(its_terms=fresh), accounting_date="2025-02-01")
    await record(database, on_time, on="2025-02-07")

    found = await entries(database, await pin(database, on="2025-02-08"))

    told = [
        (entry.document.external_id, entry.movement[:3], day_of_month(entry))
        for entry in found
        if AFTER_CLOSE in entry.flags
    ]
    billed, earned = (Role.BILLED, Role.DEFERRED), (Role.DEFERRED, Role.RECOGNIZED)
    # inv_2's days of January, which the lock moved, and inv_3's on their own days.
    assert sorted(told) == [
        ("inv_2", (*billed, usd("590.00")), "02-01"),
        ("inv_2", (*earned, usd("295.00")), "02-01"),
        ("inv_3", (*billed, usd("310.00")), "01-01"),
        ("inv_3", (*earned, usd("310.00")), "01-01"),
    ]


def day_of_month(entry: PopulationEntry) -> str:
    return date_of(entry.movement.first_day).isoformat()[5:]


async def record_at(database: Database, id_: str, moment: str) -> None:
    """Record an invoice at a moment."""
    now = datetime.fromisoformat(moment)
    await import_documents(
        database, ORGANISATION, [invoice(id_)], now=now, reason="test"
    )


async def test_weekends_are_those_of_the_organisations_time_zone(
    database: Database,
) -> None:
    for number, moment in enumerate(
        ["2025-01-03T20:00", "2025-01-05T15:00", "2025-01-05T16:00"]
    ):
        await record_at(database, f"inv_{number}", f"{moment}:00+00:00")
    at = await pin(database, on="2025-01-06")
    # 20:00 on Friday and 16:00 on Sunday in UTC are Saturday and Monday in Tokyo.

    in_utc = flagged(await entries(database, at), WEEKEND)
    tuesday = noon(parse_day("2025-01-07"))
    await set_time_zone(
        database, ORGANISATION, "Asia/Tokyo", now=tuesday, made_by="test"
    )
    await record_at(database, "inv_3", "2025-01-10T20:00:00+00:00")
    await record_at(database, "inv_4", "2025-01-12T16:00:00+00:00")
    later = await entries(database, await pin(database, on="2025-01-13"))

    assert len({journal for journal, _ in in_utc}) == 24
    weekend = {entry.document.external_id for entry in later if WEEKEND in entry.flags}
    # A weekend that was over stays what it was.
    assert weekend == {"inv_1", "inv_2", "inv_3"}


async def test_manual_entries_without_customer_and_with_products_of_their_own(
    database: Database,
) -> None:
    await a_ledger_with_manual_journals(database)
    at = await pin(database, on="2025-06-30")

    found = [entry for entry in await entries(database, at) if MANUAL in entry.flags]

    assert found
    assert {entry.source for entry in found} == {SourceKind.STANDALONE}
    assert any(entry.customer_id is None for entry in found)
    assert any(entry.sides != (None, None) for entry in found)
    assert {entry.author for entry in found} == {"a test"}


async def test_accounts_that_are_seldom_used_together(database: Database) -> None:
    for number in range(8):
        await record(database, invoice(f"inv_{number}"))
    at = await pin(database)
    moved = Moved(Role.BILLED, Role.RECOGNIZED, "5000.00", "2025-03-15")
    await record_manual(database, "mj_1", moved)

    before = await entries(database, at)
    found = await entries(database, await pin(database, on="2025-03-21"))

    # One of 105 entries; as of earlier there is none.
    assert flagged(before, SELDOM) == []
    (entry,) = [entry for entry in found if SELDOM in entry.flags]
    assert (entry.document.external_id, entry.movement.amount) == (
        *("mj_1", usd("5000.00")),
    )
    assert entry.flags == {MANUAL, SELDOM, ROUND}


def test_a_use_of_one_entry_in_a_hundred_is_not_seldom() -> None:
    assert often({(1, 3): 99, (1, 4): 1}) == {(1, 3), (1, 4)}
    assert often({(1, 3): 100, (1, 4): 1}) == {(1, 3)}
    assert often({}) == frozenset()


def test_weekends_follow_each_other() -> None:
    def ended(day: Day) -> datetime:
        return datetime.combine(date_of(day + 1), datetime.min.time(), UTC)

    first = parse_day("2025-01-01")
    until = datetime(2025, 3, 1, tzinfo=UTC)

    found = [*weekends(first, until, ended)]

    assert found[0][0].date().isoformat() == "2024-12-28"
    assert all(begins.weekday() == 5 for begins, _ in found)
    assert all((end - begins).days == 2 for begins, end in found)
    assert all((this - that).days == 7 for (that, _), (this, _) in pairwise(found))
    assert found[-1][0] <= until < found[-1][1]


async def test_the_ties_of_an_invoice(database: Database) -> None:
    await record(database, invoice("inv_1"))
    at = await pin(database)

    async with database.reads() as session:
        ties = await population_ties(session, at, ALL_ENTRIES)

    assert {tie.name: (tie.left, tie.right) for tie in ties} == {
        "journals_are_listed": (12, 12),
        "debits_are_reported": (usd("2400.00"), usd("2400.00")),
        "billed_is_reported": (usd("1200.00"), usd("1200.00")),
        "unbilled_is_reported": (0, 0),
        "deferred_is_reported": (0, 0),
        "recognized_is_reported": (usd("1200.00"), usd("1200.00")),
    }
    assert [tie.is_count for tie in ties] == [True, *[False] * 5]


async def test_a_movement_changed_by_hand_shows_in_the_ties(database: Database) -> None:
    await record(database, invoice("inv_1"))
    at = await pin(database)
    movement = JournalMovement
    change = update(movement).where(movement.journal == 2).values(amount=10_001)
    async with by_hand(database) as hand:
        await hand.do([change])

    async with database.reads() as session:
        ties = await population_ties(session, at, ALL_ENTRIES)

    assert {tie.name: tie.difference for tie in ties if tie.difference} == {
        "debits_are_reported": 1,
        "deferred_is_reported": -1,
        "recognized_is_reported": 1,
    }
