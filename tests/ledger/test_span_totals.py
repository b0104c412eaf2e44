"""Sums of movements by the days that they span say what the movements say."""

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from daybook.audit.consistency import first_inconsistency
from daybook.calendar import FIRST_DAY, LAST_DAY, Day, parse_day
from daybook.db.engine import Database
from daybook.db.migrate import upgrade
from daybook.ledger.models import SpanTotal
from daybook.ledger.pins import Pin
from daybook.ledger.queries import find_ledgers
from daybook.ledger.rules import Role, SpanSide
from daybook.ledger.span_sums import (
    change_on,
    counts_once,
    span_part_until,
    span_part_within,
    spans_at,
)
from daybook_factories import ORGANISATION, invoice, pin, record, voided
from daybook_history import (
    RECORDINGS,
    YEAR,
    History,
    Known,
    history,
    make_history,
    reads,
)
from daybook_manual import Moved, a_ledger_with_manual_journals, record_manual
from daybook_migrated import downgrade

pytestmark = pytest.mark.anyio

__all__ = ["history"]

DAYS = st.integers(*YEAR)


async def sum_of(database: Database, at: Pin, *columns: Any, **which: Any) -> Any:
    """The sum of an expression over the rows of a pin."""
    *conditions, part = columns
    statement = select(func.sum(part)).where(*spans_at(at, **which), *conditions)
    async with database.reads() as session:
        return int(await session.scalar(statement) or 0)


def changed(entries: list[Known], role: Role) -> int:
    """What entries changed on an account, on its normal side."""
    debits = sum(row.entry[5] for row in entries if row.entry[3] is role)
    credits_ = sum(row.entry[5] for row in entries if row.entry[4] is role)
    return debits - credits_ if role.is_debit_normal else credits_ - debits


@reads
@given(
    recording=st.integers(0, RECORDINGS),
    on=DAYS,
    role=st.sampled_from(Role),
    product=st.none() | st.integers(1, 4),
)
async def test_an_account_on_any_day_is_the_sum_of_its_entries(
    history: History, recording: int, on: Day, role: Role, product: int | None
) -> None:
    at = await history.at(recording)
    entries = [
        row
        for row in await history.known(recording)
        if row.entry[2] <= on and product in {None, row.product_id}
    ]

    change = change_on(role, span_part_until(on))
    its = {"product_id": product}

    assert await sum_of(history.database, at, change, **its) == changed(entries, role)
    assert await sum_of(history.database, at, change, **its, until=on) == (
        changed(entries, role)
    )


@reads
@given(recording=st.integers(0, RECORDINGS), days=st.tuples(DAYS, DAYS))
async def test_pairs_of_accounts_on_any_days_are_the_sums_of_their_entries(
    history: History, recording: int, days: tuple[Day, Day]
) -> None:
    first, last = sorted(days)
    at = await history.at(recording)
    expected: dict[tuple[int, int, int, int], int] = defaultdict(int)
    for known in await history.known(recording):
        _, _, day, debit, credit, amount = known.entry
        if first <= day <= last:
            key = (debit.value, credit.value, known.source, known.cause or 0)
            expected[key] += amount
    columns: tuple[Any, ...] = (
        *(SpanTotal.debit_role, SpanTotal.credit_role),
        *(SpanTotal.source, SpanTotal.cause),
    )

    async with history.database.reads() as session:
        rows = await session.execute(
            select(*columns, func.sum(span_part_within(first, last)))
            .where(*spans_at(at), counts_once())
            .group_by(*columns)
        )
        found = {tuple(which): int(amount) for *which, amount in rows if amount}

    assert found == dict(expected)


async def test_a_side_counts_for_its_own_product(database: Database) -> None:
    await a_ledger_with_manual_journals(database)
    platform = ("10.00", "2025-03-20", "prod_1", "prod_1")
    await record_manual(
        database, "mj_4", Moved(Role.DEFERRED, Role.RECOGNIZED, *platform)
    )
    at = await pin(database, on="2025-06-30")
    march = span_part_within(parse_day("2025-03-01"), parse_day("2025-03-31"))
    manual = SpanTotal.source == 4

    found = {}
    for product in (0, 1, 2, None):
        found[product] = [
            await sum_of(
                database, at, manual, change_on(role, march), product_id=product
            )
            for role in (Role.DEFERRED, Role.RECOGNIZED, Role.BILLED)
        ]

    # 100.00 of revenue go from product 1 to product 2; 10.00 are product 1's alone.
    assert found == {
        0: [-5000, 7500, 2500],
        1: [-1000, -9000, 0],
        2: [0, 10000, 0],
        None: [-6000, 8500, 2500],
    }
    once = await sum_of(database, at, manual, counts_once(), march)
    assert once == 5000 + 10000 + 2500 + 1000


async def test_what_is_superseded_is_subtracted(database: Database) -> None:
    await record(database, invoice())
    before = await stored(database)
    await record(database, voided(invoice()), on="2025-01-01")
    after = await stored(database)

    everything = span_part_within(FIRST_DAY, LAST_DAY)
    at = await pin(database, on="2025-12-31")
    sums = {
        role: await sum_of(database, at, change_on(role, everything)) for role in Role
    }
    later = [row for row in after if row.recorded_in == 2]

    assert set(sums.values()) == {0}
    assert len(before) == 13
    # Eleven months end, and what is left of January.
    ended = [row for row in later if row.amount < 0]
    assert [row.amount for row in ended] == [-10000] * 12
    assert all(row.cause == 0 for row in ended)
    assert {(row.amount, row.cause) for row in later if row.amount > 0} == {
        (120000, 1),
        (323, 0),
        (323, 1),
    }


async def stored(database: Database) -> list[SpanTotal]:
    """All rows, in the order of their keys."""
    async with database.reads() as session:
        rows = await session.scalars(
            select(SpanTotal).order_by(*SpanTotal.__table__.primary_key)
        )
        return list(rows)


async def test_a_migration_fills_in_what_recordings_would_have_kept(
    database: Database,
) -> None:
    await make_history(database)
    await record(database, invoice("inv_s"), on="2025-11-01")
    moved = ("100.00", "2025-11-15", "prod_1", "p2")
    await record_manual(
        database,
        "mj_1",
        Moved(Role.RECOGNIZED, Role.RECOGNIZED, *moved),
        Moved(Role.DEFERRED, Role.RECOGNIZED, "3.00", "2025-11-15"),
        on="2025-11-20",
    )
    before = without_causes(await stored(database))

    async with database.engine.begin() as connection:
        await connection.run_sync(downgrade, "0026")
    await upgrade(database)

    # Causes weren't recorded before they had a column.
    filled = await stored(database)
    assert without_causes(filled) == before
    assert {row.cause for row in filled} == {0}
    assert {row.side for row in filled} == set(SpanSide)
    async with database.reads() as session:
        for ledger in await find_ledgers(session, ORGANISATION):
            found = await first_inconsistency(session, ledger.id, ledger.currency)
            assert found is None


def without_causes(rows: list[SpanTotal]) -> dict[tuple[int, ...], tuple[int, int]]:
    """Sums by their keys, whatever the cause."""
    found: dict[tuple[int, ...], tuple[int, int]] = {}
    for row in rows:
        key = tuple(
            getattr(row, column.name)
            for column in SpanTotal.__table__.primary_key
            if column.name != "cause"
        )
        amount, daily = found.get(key, (0, 0))
        found[key] = (amount + row.amount, daily + row.daily)
    return {key: sums for key, sums in found.items() if any(sums)}
