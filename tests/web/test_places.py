"""Where a page says that it is in the list, also once rows came or went."""

import pytest

from daybook_web.journals.places import Place
from daybook_web.kit.results import PageInfo


def place(row: str, *, before: bool, after: bool) -> str:
    info = PageInfo(
        has_next_page=after, has_previous_page=before, start_cursor="a", end_cursor="b"
    )
    return Place.of(info, 50, 210, row).words


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("51", "51–100 of 210"),
        ("73", "51–100 of 210"),
        ("151", "151–200 of 210"),
        # A row came before the first of the page that the address was of.
        ("1", "210 in all"),
        ("201", "210 in all"),
        ("", "210 in all"),
    ],
)
def test_a_page_in_the_middle_is_where_its_address_says_if_that_can_be(
    row: str, words: str
) -> None:
    assert place(row, before=True, after=True) == words


def test_the_ends_of_the_list_need_no_address() -> None:
    assert place("", before=False, after=True) == "1–50 of 210"
    assert place("51", before=False, after=True) == "1–50 of 210"
    assert place("", before=True, after=False) == "161–210 of 210"
