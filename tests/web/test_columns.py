"""How wide the report's columns are."""

from hypothesis import given
from hypothesis import strategies as st

from daybook_web.journals.columns import by_length
from daybook_web.kit.formats import money
from daybook_web.kit.results import Money

digits = st.integers(0, 15).flatmap(lambda many: st.integers(-(10**many), 10**many))


@given(st.lists(digits, min_size=1), st.sampled_from([0, 2, 3]))
def test_the_longest_amount_is_found_without_writing_all(
    minors: list[int], decimals: int
) -> None:
    amounts = [Money.of(minor, decimals) for minor in minors]

    longest = max(amounts, key=by_length)

    assert len(money(longest)) == max(len(money(amount)) for amount in amounts)
