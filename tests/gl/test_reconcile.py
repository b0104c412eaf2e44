"""Exported journals against what the accounting system has booked."""

from hypothesis import given
from hypothesis import strategies as st

from daybook.gl.rules.matching import (
    BookedJournal,
    ExportedJournal,
    Match,
    MatchState,
    reconcile,
)

AMOUNTS = {"820": -100_00, "200": 100_00}
EXPORTED = ExportedJournal("DB-1", 10, AMOUNTS)
BOOKED = BookedJournal("s-1", "DB-1", 10, AMOUNTS)


def only(*booked: BookedJournal) -> Match:
    """What one exported journal comes to."""
    (match,) = reconcile([EXPORTED], booked)
    return match


def test_a_journal_that_came_back_as_it_was_is_matched() -> None:
    match = only(BOOKED)

    assert (match.state, match.booked) == (MatchState.MATCHED, [BOOKED])
    assert match.difference == {}


def test_a_journal_that_did_not_come_back_is_missing() -> None:
    match = only(BOOKED._replace(number="Rent October", amounts={"469": -1, "100": 1}))

    assert (match.state, match.booked) == (MatchState.MISSING, ())
    assert match.difference == {"820": 100_00, "200": -100_00}


def test_a_journal_that_was_reversed_is_missing() -> None:
    assert only(BOOKED._replace(amounts={})).state is MatchState.MISSING


def test_other_amounts_accounts_or_days_are_a_change() -> None:
    more = only(BOOKED._replace(amounts={"820": -120_00, "200": 120_00}))
    other = only(BOOKED._replace(amounts={"820": -100_00, "260": 100_00}))
    later = only(BOOKED._replace(day=11))

    assert {more.state, other.state, later.state} == {MatchState.CHANGED}
    assert more.difference == {"820": -20_00, "200": 20_00}
    assert other.difference == {"200": -100_00, "260": 100_00}
    assert later.difference == {}
    assert not more.is_backwards


def test_exchanged_sides_are_told() -> None:
    match = only(BOOKED._replace(amounts={"820": 100_00, "200": -100_00}))

    assert match.state is MatchState.CHANGED
    assert match.is_backwards


def test_two_sources_of_one_number_are_doubled() -> None:
    match = only(BOOKED, BOOKED._replace(source_id="s-2"))

    assert match.state is MatchState.DOUBLED
    assert match.difference == AMOUNTS


def test_without_its_number_the_only_one_like_it_is_the_same() -> None:
    unnamed = BOOKED._replace(number="Revenue")

    assert only(unnamed).state is MatchState.MATCHED
    assert only(unnamed, unnamed._replace(source_id="s-2")).state is MatchState.MISSING
    twins = reconcile([EXPORTED, EXPORTED._replace(number="DB-2")], [unnamed])
    assert [match.state for match in twins] == [MatchState.MISSING] * 2
    # Where one of the twins came back by its number, the other is unique.
    named = reconcile([EXPORTED, EXPORTED._replace(number="DB-2")], [BOOKED, unnamed])
    assert [match.state for match in named] == [MatchState.MATCHED] * 2


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 9)), max_size=8),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5), st.integers(0, 9))),
)
def test_nothing_booked_is_counted_for_two_journals(
    sent: list[tuple[int, int]], came: list[tuple[int, int, int]]
) -> None:
    exported = [
        ExportedJournal(f"DB-{number}", day, {"200": amount, "820": -amount})
        for number, (day, amount) in enumerate(sent)
    ]
    booked = [
        BookedJournal(
            f"s-{at}",
            f"DB-{number}",
            day,
            {"200": amount, "820": -amount} if amount else {},
        )
        for at, (number, day, amount) in enumerate(came)
    ]
    matches = [*reconcile(exported, booked)]
    counted = [journal.source_id for match in matches for journal in match.booked]

    assert [match.exported for match in matches] == exported
    assert len(counted) == len({*counted})
    for match in matches:
        has_none = match.state is MatchState.MISSING
        assert has_none == (not match.booked)
        if match.state is MatchState.MATCHED:
            assert match.difference == {}


def test_a_number_at_the_start_of_another_narration_is_none_of_a_journal() -> None:
    seven = EXPORTED._replace(number="7")
    rent = BookedJournal("s-9", "7", 10, {"469": -5, "090": 5})
    (match,) = reconcile([seven], [rent])
    assert match.state is MatchState.MISSING

    moved = rent._replace(amounts={"820": -100_00, "260": 100_00})
    (match,) = reconcile([seven], [rent, moved])
    assert (match.state, match.booked) == (MatchState.CHANGED, [moved])


def test_two_files_may_have_journals_of_one_number() -> None:
    earlier = EXPORTED._replace(day=5, amounts={"820": -50_00, "200": 50_00})
    first = BOOKED._replace(source_id="s-1", day=5, amounts=earlier.amounts)
    second = BOOKED._replace(source_id="s-2")

    matches = [*reconcile([earlier, EXPORTED], [second, first])]
    changed = second._replace(amounts={"820": -90_00, "200": 90_00})
    others = [*reconcile([earlier, EXPORTED], [changed, first])]

    assert [match.booked for match in matches] == [[first], [second]]
    assert {match.state for match in matches} == {MatchState.MATCHED}
    assert [match.booked for match in others] == [[first], [changed]]
    assert [match.state for match in others] == [MatchState.MATCHED, MatchState.CHANGED]


def test_what_was_taken_back_is_told_beside_what_is_missing() -> None:
    reversed_ = BOOKED._replace(amounts={})

    match = only(reversed_)

    assert (match.state, match.reversed) == (MatchState.MISSING, [reversed_])
