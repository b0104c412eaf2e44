"""Domain rules 5 and 6: stored movements become planned ones; no posted day moves."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import Day, parse_day
from daybook.ledger.rules import CatchUp, Movement, Role, cut, shares
from daybook.recognition.replacing import (
    Replacement,
    StoredRow,
    replace_movements,
)
from daybook.recognition.rules import recognize
from daybook_factories import terms, usd
from daybook_oracle import net_of, without_zeros
from daybook_strategies import days, many, movements

BILLED, UNBILLED, DEFERRED, RECOGNIZED = Role


@dataclass
class Stored:
    """Rows as a database would hold them, through any number of replacements."""

    rows: dict[int, StoredRow[int]] = field(default_factory=dict)

    def replace(
        self, planned: list[Movement], recorded_on: Day, lock: Day | None
    ) -> Replacement[int]:
        """Turn what is stored into what is planned."""
        made = replace_movements(
            list(self.rows.values()),
            planned,
            recorded_on=recorded_on,
            locked_through=lock,
        )
        for key in made.superseded:
            del self.rows[key]
        for one in made.appended:
            self._append(one, None)
        for catch_up in made.catch_ups:
            self._append(catch_up.movement, catch_up)
        return made

    def _append(self, one: Movement, catch_up: CatchUp | None) -> None:
        key = max(self.rows, default=0) + 1000
        self.rows[key] = StoredRow(key, one, catch_up)

    @property
    def by_service_day(self) -> dict[tuple[Day, Role, Role], int]:
        """Nets by the days that entries are for."""
        return net_of(part for row in self.rows.values() for part in row.service)

    @property
    def by_posting_day(self) -> dict[tuple[Day, Role, Role], int]:
        """Nets by the days that entries are posted on."""
        return net_of(row.movement for row in self.rows.values())


def january(text: str) -> Day:
    return parse_day(f"2025-01-{text}")


def test_locked_days_are_one_catch_up_on_the_first_open_day() -> None:
    # Rule 4: 90.00 in January, locked through the 15th.
    planned = recognize(
        terms("90.00", ("2025-01-01", "2025-01-31")), parse_day("2025-01-01")
    )
    stored = Stored()

    made = stored.replace(planned, january("20"), january("15"))

    catch_ups = {
        (one.movement.debit, one.movement.credit): one for one in made.catch_ups
    }
    recognized = catch_ups[DEFERRED, RECOGNIZED]
    assert recognized.movement.amount == usd("43.50")
    assert recognized.movement.first_day == january("16")
    assert (recognized.first_day, recognized.last_day) == (january("01"), january("15"))
    assert catch_ups[BILLED, DEFERRED].movement.first_day == january("16")
    (open_days,) = made.appended
    assert dict(shares(open_days)) == {
        **dict.fromkeys(range(january("16"), january("31")), usd("2.90")),
        january("31"): usd("3.00"),
    }


def test_a_lock_over_months_makes_one_entry() -> None:
    # Rule 5: 12,000.00 for 1 Dec 2025 - 31 Mar 2026, locked through 31 December.
    planned = recognize(
        terms("12,000.00", ("2025-10-01", "2026-03-31")), parse_day("2025-10-01")
    )

    made = Stored().replace(planned, parse_day("2026-01-05"), parse_day("2025-12-31"))

    (recognized,) = [one for one in made.catch_ups if one.movement.debit is DEFERRED]
    assert recognized.movement.amount == usd("6,000.00")
    assert [part.amount for part in recognized.parts] == [usd("2,000.00")] * 3


def test_a_change_under_a_lock_is_one_difference() -> None:
    stored = Stored()
    lock = january("31")
    before = recognize(terms("1200.00"), january("01"))
    after = recognize(terms("2400.00"), january("01"))
    stored.replace(before, january("01"), None)

    made = stored.replace(after, parse_day("2025-02-10"), lock)

    moved = {(one.movement.debit, one.movement.credit): one for one in made.catch_ups}
    assert moved[DEFERRED, RECOGNIZED].movement.amount == usd("100.00")
    assert moved[BILLED, DEFERRED].movement.amount == usd("1200.00")
    assert all(one.movement.first_day == lock + 1 for one in made.catch_ups)


def test_taking_back_a_moved_day_posts_where_it_was_posted() -> None:
    # The lock has moved back meanwhile: what it moved stays where it is.
    stored = Stored()
    planned = recognize(
        terms("90.00", ("2025-01-01", "2025-01-31")), parse_day("2025-01-01")
    )
    stored.replace(planned, january("20"), january("15"))

    stored.replace([], january("25"), None)

    assert stored.by_posting_day == {}
    assert stored.by_service_day == {}


plans = st.lists(st.one_of(movements(), movements((UNBILLED, RECOGNIZED))), max_size=5)
locks = st.none() | days


@many
@given(st.lists(st.tuples(plans, locks, days), min_size=1, max_size=4))
def test_any_plans_one_after_the_other(
    steps: list[tuple[list[Movement], Day | None, Day]],
) -> None:
    stored = Stored()
    recorded_on = locked = 0
    for planned, lock, day in steps:
        recorded_on = max(recorded_on, day)
        before = dict(stored.rows)

        made = stored.replace(planned, recorded_on, lock)

        assert totals(stored.by_service_day) == totals(net_of(planned))
        assert totals(stored.by_posting_day) == totals(net_of(planned))
        # A locked change that comes to nothing makes no entry; no other day differs.
        locked = max(locked, lock or 0)
        assert after(stored.by_service_day, locked) == after(net_of(planned), locked)
        added = stored.rows.keys() - before.keys()
        if lock is not None:
            assert all(stored.rows[key].movement.first_day > lock for key in added)
        assert_posted_stays(before, made, recorded_on)
        nothing = stored.replace(planned, recorded_on, lock)
        assert nothing == Replacement()


def after(
    net: dict[tuple[Day, Role, Role], int], day: Day
) -> dict[tuple[Day, Role, Role], int]:
    """The days after one; all of them where that is 0."""
    return {key: amount for key, amount in net.items() if key[0] > day}


def totals(net: dict[tuple[Day, Role, Role], int]) -> dict[tuple[Role, Role], int]:
    """What pairs of accounts exchange over all days."""
    found: dict[tuple[Role, Role], int] = {}
    for (_, *pair), amount in net.items():
        key = (pair[0], pair[1])
        found[key] = found.get(key, 0) + amount
    return without_zeros(found)


def assert_posted_stays(
    before: dict[int, StoredRow[int]], made: Replacement[int], recorded_on: Day
) -> None:
    """What ends has days to come, and those that have passed are appended again."""
    for key in made.superseded:
        one = before[key].movement
        assert one.last_day > recorded_on
        posted = cut(one, one.first_day, recorded_on)
        assert posted is None or any(
            piece.first_day == one.first_day and cut(piece, 0, recorded_on) == posted
            for piece in made.appended
        )


def test_a_new_schedule_without_a_lock_is_appended_as_it_is() -> None:
    planned = recognize(terms("1200.00"), january("01"))

    made: Replacement[int] = replace_movements(
        [], planned, recorded_on=january("20"), locked_through=None
    )

    assert made == Replacement(appended=planned, causes=[None] * len(planned))
