"""Limits on documents, measured as if every fragment were written out."""

import time
from typing import Any

import pytest
from graphql import get_operation_ast, parse
from hypothesis import given
from hypothesis import strategies as st

from daybook_graphql.execution.checked_documents import (
    CACHED_CHARACTERS_MAX,
    CACHED_MAX,
    KnownDocument,
    document_cache,
)
from daybook_graphql.execution.limits import (
    ALIASES_MAX,
    CHARACTERS_MAX,
    DEPTH_MAX,
    DIRECTIVES_MAX,
    FIELDS_MAX,
    cost_of,
    excess_of,
)


def nested(levels: int) -> str:
    """A document so many levels deep."""
    return "{ a " * levels + "}" * levels


def aliased(aliases: int) -> str:
    """A document with so many aliases, half of them in a fragment used twice."""
    fragment = " ".join(f"x{at}: f" for at in range(aliases // 2))
    return f"{{ a {{ ...F }} b {{ ...F }} }} fragment F on T {{ {fragment} }}"


def doubled(times: int) -> str:
    """A document of 2 to the power of so many fields."""
    spreads = " ".join(
        f"fragment F{at} on T {{ ...F{at + 1} ...F{at + 1} }}" for at in range(times)
    )
    return f"{{ ...F0 }} {spreads} fragment F{times} on T {{ f }}"


@pytest.mark.parametrize(
    ("within", "beyond", "words"),
    [
        (nested(DEPTH_MAX), nested(DEPTH_MAX + 1), f"{DEPTH_MAX} levels deep"),
        (aliased(14), aliased(16), f"{ALIASES_MAX} aliases"),
        (doubled(10), doubled(11), f"{FIELDS_MAX} fields"),
    ],
)
def test_a_limit_is_passed_where_fragments_are_counted_as_used(
    within: str, beyond: str, words: str
) -> None:
    assert excess_of(parse(within)) is None
    error = excess_of(parse(beyond))
    assert error is not None
    assert words in error.message
    assert error.extensions == {"code": "TOO_COMPLEX"}


def test_each_operation_is_measured() -> None:
    document = f"query A {{ f }} query B {nested(DEPTH_MAX + 1)}"

    assert excess_of(parse(document)) is not None


def test_measuring_is_linear_and_ends_for_fragments_that_reach_themselves() -> None:
    started = time.thread_time()

    excess = excess_of(parse(doubled(100)))
    circle = excess_of(
        parse("{ ...A } fragment A on T { f ...B } fragment B on T {...A}")
    )
    missing = excess_of(parse("{ ...Nowhere }"))

    assert time.thread_time() - started < 1
    assert excess is not None
    assert circle is None
    assert missing is None


def test_the_least_used_documents_are_forgotten() -> None:
    cache = document_cache()
    document = parse("{ f }")
    for at in range(CACHED_MAX):
        cache[str(at)] = KnownDocument(str(at), document)

    cache.get("0")
    cache["one more"] = KnownDocument("one more", document)

    assert len(cache) == CACHED_MAX
    assert {"0", "one more"} < set(cache)
    assert "1" not in cache


def test_large_documents_are_forgotten_sooner() -> None:
    cache = document_cache()
    document = parse("{ f }")
    texts = [f"{at}".ljust(CHARACTERS_MAX) for at in range(CACHED_MAX)]
    for text in texts:
        cache[text] = KnownDocument(text, document)
        cache[text] = KnownDocument(text, document)

    known = [text for text in texts if text in cache]

    assert known == texts[-(CACHED_CHARACTERS_MAX // CHARACTERS_MAX) :]


PAGED = frozenset({"journals", "entries"})


def cost(document: str, **variables: object) -> int:
    parsed = parse(document)
    operation = get_operation_ast(parsed)
    assert operation is not None
    return cost_of(parsed, operation, variables, PAGED)


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        ("{ a b }", 2),
        ("{ a { b c } }", 3),
        ("{ journals(first: 3) { b c } }", 1 + 3 * 2),
        ("{ journals(last: 3) { b c } }", 1 + 3 * 2),
        ("{ journals { b } }", 1 + 20),
        ("{ journals(first: 5000) { b } }", 1 + 100),
        ("{ journals(first: -5) { b } }", 1),
        ('{ journals(first: "x") { b } }', 1 + 100),
        ("{ journals(first: null, last: 3) { b } }", 1 + 3),
        ('{ nodes(ids: ["a", "b", "c"]) { b c } }', 1 + 3 * 2),
        ('{ nodes(ids: "a") { b c } }', 1 + 2),
        ("{ journals(first: 3) { nodes { b } } }", 1 + 3 * 2),
        (
            "{ journals(first: 10) { nodes { entries(first: 31) { a b } } } }",
            1 + 10 * (1 + (1 + 31 * 2)),
        ),
        ("{ journals(first: 9) { ...F } } fragment F on T { a ... on U { b } }", 19),
        ("{ a { first: b } }", 2),
    ],
)
def test_each_item_of_a_page_costs_what_is_asked_of_it(
    document: str, wanted: int
) -> None:
    assert cost(document) == wanted


def test_variables_say_how_large_a_page_is() -> None:
    document = "query($n: Int) { journals(first: $n) { b } }"

    assert cost(document, n=7) == cost(document, n=7.0) == 8
    assert cost(document) == cost(document, n=None) == 21
    assert cost(document, n=0.5) == cost(document, n="7") == 101


def test_a_variables_default_says_how_large_a_page_is() -> None:
    document = (
        "query($n: Int = 90) { ...F } fragment F on T { journals(first: $n) {b} }"
    )

    assert cost(document) == 91
    assert cost(document, n=7) == 8
    assert cost(document, n=None) == 21


def test_each_id_costs_what_is_asked_of_it() -> None:
    document = "query($i: [ID!]!) { nodes(ids: $i) { b } }"

    assert cost(document, i=["a"] * 9) == 1 + 9
    assert cost(document, i="a") == 1 + 1
    assert cost(document, i=["a"] * 900) == 1 + 100
    assert cost("query($i: ID!) { nodes(ids: [$i, $i]) { b } }", i="a") == 1 + 2


def test_a_fragment_that_is_spread_often_is_added_up_once() -> None:
    start = time.thread_time()

    assert cost(doubled(200)) >= 2**200
    assert time.thread_time() - start < 1


def test_directives_are_counted_through_fragments() -> None:
    bomb = " ".join(
        f"fragment F{at} on Query {{ ...F{at + 1} @a ...F{at + 1} @a }}"
        for at in range(40)
    )
    document = parse(f"{{ ...F0 }} {bomb} fragment F40 on Query {{ ledgers {{ id }} }}")
    few = parse("{ " + "ledgers @a { id } " * DIRECTIVES_MAX + "}")
    many = parse("{ " + "ledgers @a { id } " * (DIRECTIVES_MAX + 1) + "}")

    assert excess_of(document) is not None
    assert excess_of(few) is None
    excess = excess_of(many)
    assert excess is not None
    assert "directives" in excess.message


SIZED = """query($id: ID!, $n: Int = 7, $ids: [ID!]!) {
  nodes(ids: $ids) { id }
  journals(ledgerId: $id, first: $n) { nodes { entries(last: 3) { nodes { id } } } }
}"""


@given(
    several=st.lists(
        st.fixed_dictionaries(
            {"id": st.text(max_size=2)},
            optional={
                "n": st.none() | st.integers(-5, 200) | st.floats() | st.text(),
                "ids": st.lists(st.text(max_size=1), max_size=120) | st.none(),
            },
        ),
        max_size=20,
    )
)
def test_a_cost_that_is_remembered_is_the_cost(several: list[dict[str, Any]]) -> None:
    document = parse(SIZED)
    operation = get_operation_ast(document)
    assert operation is not None
    known = KnownDocument("", document)
    paged = {"journals", "entries"}

    for variables in several:
        found = known.cost(operation, variables, paged)
        assert found == cost_of(document, operation, variables, paged)
