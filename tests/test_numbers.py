"""Numbers that callers write: those that a row can have, and no others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.numbers import NUMBER_MAX, counted, is_number, read_number


@given(st.integers(1, NUMBER_MAX))
def test_each_number_is_read_as_it_is_written(number: int) -> None:
    assert read_number(str(number)) == number
    assert is_number(number)


OTHERS = ["", "0", "-1", "+1", "01", "1.0", "1e3", "1_000", " 1", "1\n", "9" * 19]


@pytest.mark.parametrize("text", [*OTHERS, "\N{ARABIC-INDIC DIGIT ONE}"])
def test_other_texts_are_nobodys_number(text: str) -> None:
    with pytest.raises(ValueError, match="is not the number of anything"):
        read_number(text)


@pytest.mark.parametrize("value", [0, -1, True, 1.0, "1", None, NUMBER_MAX + 1])
def test_other_values_are_nobodys_number(value: object) -> None:
    assert not is_number(value)


def test_a_number_of_things_agrees_with_its_noun() -> None:
    assert counted(1, "row") == "1 row"
    assert counted(0, "row") == "0 rows"
    assert counted(1204, "entry", "entries") == "1,204 entries"
