"""Domain rule 8 over any history: reports equal an oracle's, and tie to each other.

A ledger is asked at any of its recordings and up to any day, whole and narrowed.
"""

import asyncio

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from daybook.db.engine import Database
from daybook_choosing import Chooser, Drawn
from daybook_factories import pin
from daybook_revenue_compared import (
    Moment,
    check_deferred_rows,
    check_reports,
    same,
)
from daybook_revenue_history import RevenueHistory, interesting_days
from daybook_revenue_oracle import Narrow, Oracle
from daybook_services.database import AT_ANY_TIME, NewDatabase
from daybook_services.faults import examples

pytestmark = pytest.mark.hypothesis

STEPS = 8
MOMENTS = 2
"""How many times each history's reports are asked."""


async def play_and_check(new_database: NewDatabase, choose: Chooser) -> None:
    """Record a history, and compare causes and reports."""
    database = Database(new_database(), AT_ANY_TIME)
    try:
        history = RevenueHistory(database, choose)
        await history.play(STEPS)
        oracle = await history.oracle()
        check_causes(oracle)
        last = await pin(database)
        async with database.reads() as session:
            for _ in range(MOMENTS):
                recording = choose.one_of(
                    [last.recording, choose.integer(1, last.recording)]
                )
                days = interesting_days(oracle, recording)
                at = Moment(
                    last._replace(recording=recording),
                    choose.one_of([*days, history.on]),
                    draw_narrow(choose),
                )
                try:
                    await check_reports(session, oracle, at)
                    await check_deferred_rows(database, session, at)
                except AssertionError as difference:
                    difference.add_note(f"at {at}")
                    raise
    finally:
        await database.close()


def check_causes(oracle: Oracle) -> None:
    """Each movement's cause is what its recording did to its family."""
    found = {}
    expected = {}
    for row in oracle.stored.rows:
        place = (row.journal, row.seq)
        found[place] = (row.cause, row.recorded_in, row.movement)
        cause = oracle.causes.of(row)
        expected[place] = (cause and int(cause), row.recorded_in, row.movement)
    same("causes", found, expected)


def draw_narrow(choose: Chooser) -> Narrow:
    """A filter, or none."""
    numbers = [None, None, None, None, 1, 2]
    return Narrow(
        choose.one_of(numbers),
        choose.one_of(numbers),
        choose.one_of([*numbers, choose.integer(3, 12)]),
    )


def run(new_database: NewDatabase, number: int) -> None:
    @settings(
        max_examples=examples(number),
        suppress_health_check=list(HealthCheck),
        # Making such a history smaller takes longer than reading it.
        phases=(Phase.reuse, Phase.generate),
    )
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        asyncio.run(play_and_check(new_database, Drawn(data.draw)))

    check()


def test_reports_of_any_history_on_sqlite(new_sqlite: NewDatabase) -> None:
    run(new_sqlite, 8)


def test_reports_of_any_history_on_postgresql(new_postgresql: NewDatabase) -> None:
    run(new_postgresql, 3)
