"""What a saved filter may hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.errors import ProblemCode, Rejected
from daybook.saved_filters.rules import (
    KEPT,
    NAME_MAX,
    QUERY_MAX,
    FilteredPage,
    checked_filter,
    owner_of,
    pairs_of,
    query_of,
)

JOURNALS = FilteredPage.JOURNALS


def query_in(text: str, page: FilteredPage = JOURNALS) -> str:
    return checked_filter(page, "Late", text)[1]


def test_equal_filters_have_equal_queries() -> None:
    assert query_in("voided=yes&source=CREDIT_NOTE") == "source=CREDIT_NOTE&voided=yes"
    assert (
        query_in(" source=CREDIT_NOTE&voided= yes &search=")
        == "source=CREDIT_NOTE&voided=yes"
    )
    assert query_in("source=CREDIT_NOTE&source=INVOICE&source=CREDIT_NOTE") == (
        "source=CREDIT_NOTE&source=INVOICE"
    )
    assert query_in("search=a%26b+c") == "search=a%26b+c"


@pytest.mark.parametrize(
    ("query", "code", "why"),
    [
        ("", ProblemCode.MISSING, "nothing is filtered"),
        ("search=", ProblemCode.MISSING, "nothing is filtered"),
        ("https://elsewhere.example/", ProblemCode.INVALID_VALUE, "query of an addr"),
        ("//elsewhere.example?source=CREDIT_NOTE", ProblemCode.INVALID_VALUE, "keep"),
        ("source", ProblemCode.INVALID_VALUE, "must be the query of an address"),
        ("search=%ff", ProblemCode.INVALID_VALUE, "must be the query of an address"),
        ("search=a%00b", ProblemCode.INVALID_VALUE, "can't be printed"),
        ("after=abc", ProblemCode.INVALID_VALUE, "doesn't keep 'after'"),
        ("month=2025-10", ProblemCode.INVALID_VALUE, "doesn't keep 'month'"),
        ("currency=USD", ProblemCode.INVALID_VALUE, "doesn't keep 'currency'"),
        (f"search={'x' * QUERY_MAX}", ProblemCode.TOO_LARGE, "longer than 2,000"),
        ("&".join(["source=A"] * 101), ProblemCode.INVALID_VALUE, "query of an addr"),
    ],
)
def test_what_is_no_filter_is_refused(query: str, code: ProblemCode, why: str) -> None:
    with pytest.raises(Rejected, match=why) as refused:
        query_in(query)

    assert [(each.code, each.path) for each in refused.value.problems] == [
        (code, ("query",))
    ]


def test_the_longest_query_is_saved() -> None:
    longest = f"search={'x' * (QUERY_MAX - len('search='))}"

    assert query_in(longest) == longest


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * (NAME_MAX + 1)])
def test_a_name_is_one_line(name: str) -> None:
    with pytest.raises(Rejected) as refused:
        checked_filter(JOURNALS, name, "after=1")

    assert [each.path for each in refused.value.problems] == [("name",), ("query",)]


def test_a_key_has_none_of_its_own() -> None:
    assert owner_of(7, is_shared=False) == 7
    assert owner_of(7, is_shared=True) == owner_of(None, is_shared=True) == 0
    with pytest.raises(Rejected, match="an API key has no filters of its own"):
        owner_of(None, is_shared=False)


@given(st.sampled_from(FilteredPage), st.text(max_size=300))
def test_whatever_is_saved_is_a_filter_of_its_page(
    page: FilteredPage, text: str
) -> None:
    try:
        query = query_in(text, page)
    except Rejected:
        return
    assert {name for name, _ in pairs_of(query)} <= KEPT[page]


@given(st.sampled_from(FilteredPage), st.data())
def test_what_was_saved_is_saved_as_it_is(
    page: FilteredPage, data: st.DataObject
) -> None:
    names = st.sampled_from(sorted(KEPT[page]))
    values = st.text("aé&=+%?#/ :", min_size=1, max_size=9)
    pairs = data.draw(st.lists(st.tuples(names, values), max_size=5))
    kept = [(name, value.strip()) for name, value in pairs if value.strip()]
    if not kept:
        return

    query = query_in(query_of(kept), page)

    assert query_in(query, page) == query
    assert sorted(pairs_of(query)) == sorted(set(kept))
