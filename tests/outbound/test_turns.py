"""Every owner that waits gets its turn, whatever others have waiting or under way."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from daybook.outbound.turns import Turns

KEYS = range(5)
AT_ONCE, AT_ONCE_EACH = 4, 2
BEGIN = -1

histories = st.lists(st.just(BEGIN) | st.integers(0, AT_ONCE - 1), max_size=60)
"""What happens: the next begins, or the n-th of the attempts under way ends."""


@given(histories, st.sets(st.sampled_from(KEYS)))
def test_no_key_and_no_process_has_more_attempts_than_it_may(
    history: list[int], waiting: set[int]
) -> None:
    turns, under_way = Turns[int](AT_ONCE, AT_ONCE_EACH), list[int]()
    for happens in history:
        if happens != BEGIN:
            if happens < len(under_way):
                turns.end(under_way.pop(happens))
            continue
        key = turns.next(waiting)
        counts = Counter(under_way)
        is_free = any(counts[other] < AT_ONCE_EACH for other in waiting)
        assert (key is not None) == (is_free and len(under_way) < AT_ONCE)
        if key is not None:
            assert key in waiting
            assert counts[key] < AT_ONCE_EACH
            turns.begin(key)
            under_way.append(key)


@given(histories, st.sampled_from(KEYS))
def test_one_that_waits_with_nothing_under_way_begins_before_others_begin_twice(
    history: list[int], newcomer: int
) -> None:
    turns, under_way = Turns[int](AT_ONCE, AT_ONCE_EACH), list[int]()
    others = set(KEYS) - {newcomer}
    for happens in history:
        if happens == BEGIN:
            if (key := turns.next(others)) is not None:
                turns.begin(key)
                under_way.append(key)
        elif happens < len(under_way):
            turns.end(under_way.pop(happens))

    begun = Counter[int]()
    while (key := turns.next(KEYS)) != newcomer:
        if key is None:  # all that may be under way are: the next to end makes room
            turns.end(under_way.pop(0))
            continue
        turns.begin(key)
        under_way.append(key)
        begun[key] += 1
    assert all(times == 1 for times in begun.values())


@given(st.lists(st.sampled_from(KEYS), min_size=1, max_size=60))
def test_attempts_that_end_at_once_are_begun_as_often_for_each(
    others: list[int],
) -> None:
    turns, begun = Turns[int](AT_ONCE, AT_ONCE_EACH), Counter[int]()
    waiting = set(others)
    for _ in range(len(waiting) * 3):
        key = turns.next(waiting)
        assert key is not None
        turns.begin(key)
        turns.end(key)
        begun[key] += 1
    assert set(begun.values()) == {3}
