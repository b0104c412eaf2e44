"""Which days have been closed, and which recordings changed them afterwards."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from daybook.calendar import Day, parse_day
from daybook.db.engine import Database
from daybook.documents.rules import Document
from daybook.ledger.after_close import first_closed_change
from daybook.ledger.closed_days import HeldLock, closed_through
from daybook.ledger.models import ChangeAfterClose
from daybook.ledger.posting import Posting, PostingStart, plan_journals
from daybook.ledger.queries import MovementKey, StoredJournal, StoredMovement
from daybook.ledger.rules import Movement, Role
from daybook.reports.audit import verify
from daybook_factories import (
    ORGANISATION,
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    record,
    revise,
    terms,
    voided,
)

pytestmark = pytest.mark.anyio

START = PostingStart(1, 2, 1)
FIRST = parse_day("2026-10-01")
LAST = FIRST + 30


def held(*locks: tuple[str | None, str]) -> list[HeldLock]:
    return [
        HeldLock(through and parse_day(through), parse_day(since))  # type: ignore[arg-type]  # None stays
        for through, since in locks
    ]


@pytest.mark.parametrize(
    ("locks", "today", "closed"),
    [
        ([], "2026-11-10", None),
        ([(None, "2026-11-02")], "2026-11-10", None),
        ([("2026-10-31", "2026-11-02")], "2026-11-10", "2026-10-31"),
        # The lock moved back: what was closed stays so.
        (
            [("2026-10-31", "2026-11-02"), ("2026-09-30", "2026-11-03")],
            *("2026-11-10", "2026-10-31"),
        ),
        (
            [("2026-10-31", "2026-11-02"), (None, "2026-11-03")],
            "2027-01-01",
            "2026-10-31",
        ),
        # A month that isn't over is not closed, however far a lock reaches.
        ([("2062-12-31", "2026-11-02")], "2026-11-10", "2026-10-31"),
        (
            [("2062-12-31", "2026-11-02"), ("2026-10-31", "2026-11-02")],
            *("2027-03-10", "2026-10-31"),
        ),
        ([("2062-12-31", "2026-11-02")], "2026-12-01", "2026-11-30"),
        # A lock within the month that was set and taken back before its end.
        (
            [("2026-10-15", "2026-10-20"), (None, "2026-10-25")],
            "2026-11-10",
            "2026-09-30",
        ),
        ([("2026-10-15", "2026-10-20")], "2026-11-10", "2026-10-15"),
    ],
)
def test_a_day_is_closed_once_its_month_was_over_while_it_was_locked(
    locks: Sequence[tuple[str | None, str]], today: str, closed: str | None
) -> None:
    found = closed_through(held(*locks), parse_day(today))

    assert found == (None if closed is None else parse_day(closed))


def october(first: Day, last: Day, amount: int, daily: int) -> Movement:
    return Movement(Role.DEFERRED, Role.RECOGNIZED, amount, daily, first, last)


def changed_by(
    before: Sequence[Movement], after: Sequence[Movement], closed: Day
) -> Day | None:
    """What replacing a journal's movements changes up to a closed day."""
    journal = StoredJournal(1, 681, 1, 1, 1, len(before))
    for seq, movement in enumerate(before, 1):
        journal.movements[seq] = StoredMovement(1, movement)
    posting = Posting(1, 1, 1, 1, 1, 1, ("c", "p", "d", 1), after)
    superseded = [MovementKey(journal, seq) for seq in journal.movements]
    planned = plan_journals(START, [posting], existing=[journal], superseded=superseded)
    return first_closed_change(planned, closed)


def test_days_that_are_cut_off_and_kept_are_not_changed() -> None:
    whole = october(FIRST, LAST, 3_100, 100)
    kept = october(FIRST, FIRST + 19, 2_000, 100)
    less = october(FIRST + 20, LAST, 550, 50)

    assert changed_by([whole], [kept, less], FIRST + 19) is None
    assert changed_by([whole], [kept, less], FIRST + 20) == FIRST + 20
    assert changed_by([whole], [kept, less], FIRST - 1) is None


@st.composite
def movements(draw: st.DrawFn) -> list[Movement]:
    found = []
    for _ in range(draw(st.integers(0, 3))):
        first = draw(st.integers(FIRST, LAST))
        last = draw(st.integers(first, LAST))
        daily = draw(st.integers(0, 3))
        amount = daily * (last - first) + draw(st.integers(1, 5))
        sides = draw(st.sampled_from([(Role.DEFERRED, Role.RECOGNIZED)] * 2))
        if draw(st.booleans()):
            sides = sides[::-1]
        found.append(Movement(*sides, amount, daily, first, last))
    return found


def net_by_day(movements: Sequence[Movement], sign: int, days: dict[Day, int]) -> None:
    for movement in movements:
        direction = sign if movement.debit is Role.DEFERRED else -sign
        for day in range(movement.first_day, movement.last_day + 1):
            is_last = day == movement.last_day
            share = movement.last_share if is_last else movement.daily
            days[day] = days.get(day, 0) + direction * share


@given(movements(), movements(), st.integers(FIRST - 1, LAST + 1))
def test_the_first_changed_day_is_that_of_a_sum_for_each_day(
    before: list[Movement], after: list[Movement], closed: Day
) -> None:
    days: dict[Day, int] = {}
    net_by_day(after, 1, days)
    net_by_day(before, -1, days)
    changed = [day for day, net in days.items() if net and day <= closed]

    assert changed_by(before, after, closed) == min(changed, default=None)


async def noted(database: Database) -> list[tuple[int, int, Day]]:
    change = ChangeAfterClose
    async with database.reads() as session:
        rows = await session.execute(
            select(change.recorded_in, change.record, change.first_day).order_by(
                change.recorded_in
            )
        )
        return [(row[0], row[1], row[2]) for row in rows]


QUARTER = ("2025-01-16", "2025-04-15")


def sold(number: int, amount: str = "90.00") -> Document:
    return invoice(f"inv_{number}", line(its_terms=terms(amount, QUARTER)))


async def test_what_comes_late_for_a_closed_month_is_noted(database: Database) -> None:
    await record(database, sold(1), on="2025-01-20")  # 1
    await lock(database, "2025-01-31", on="2025-02-05")  # 2: closes
    its_line = line(its_terms=terms("60.00", ("2025-02-01", "2025-03-31")))
    on_time = invoice("inv_2", its_line, accounting_date="2025-02-06")
    await record(database, on_time, on="2025-02-06")  # 3
    await record(database, sold(3), on="2025-02-07")  # 4: a catch-up
    await lock(database, "2024-12-31", on="2025-02-08")  # 5: opens
    await record(database, sold(4), on="2025-02-09")  # 6: posts in January
    await record(database, voided(sold(4)), on="2025-02-10")  # 7
    await lock(database, "2025-01-31", on="2025-02-11")  # 8: closes again

    assert await noted(database) == [
        (4, 4, parse_day("2025-01-01")),
        (5, 5, parse_day("2025-01-01")),
        (6, 6, parse_day("2025-01-01")),
        (7, 7, parse_day("2025-01-01")),
    ]
    assert (await verify(database, ORGANISATION)).mismatch is None


async def test_without_a_lock_nothing_is_late(database: Database) -> None:
    await record(database, sold(1), on="2025-06-01")
    await record(
        database,
        credit_note("cn_1", credited_line("30.00"), invoice_id="inv_1"),
        on="2025-06-02",
    )
    its_line = line(its_terms=terms("60.00", QUARTER))
    changed = revise(invoice("inv_1", its_line), accounting_date="2025-01-02")
    await record(database, changed, on="2025-06-03")

    assert await noted(database) == []


async def test_a_lock_of_a_month_that_goes_on_closes_nothing_yet(
    database: Database,
) -> None:
    await record(database, sold(1), on="2025-01-10")
    await lock(database, "2025-03-31", on="2025-01-20")  # a mistake
    await lock(database, "2024-12-31", on="2025-01-21")
    await record(database, sold(2), on="2025-02-20")

    assert await noted(database) == []
