"""Reading attributes directly answers as graphql-core's regular way does."""

import asyncio
from collections.abc import Callable, Generator
from datetime import date
from enum import Enum
from typing import Any, Generic, TypeVar, cast

import strawberry
from hypothesis import given
from hypothesis import strategies as st

from daybook.settings import is_fast
from daybook_graphql.execution.fast.direct import DirectExecutor
from daybook_graphql.schema import schema as our_schema

Item = TypeVar("Item")


@strawberry.enum
class Color(Enum):
    """Two colours."""

    RED = "red"
    BLUE = "blue"


@strawberry.interface
class Named:
    """What has a name."""

    name: str


@strawberry.type
class Leaf(Named):
    """Leaves only."""

    id: strawberry.ID
    maybe: str | None
    number: int
    flag: bool
    color: Color
    day: date | None
    words: list[str]


@strawberry.type
class Box(Generic[Item]):
    """Something generic, as connections and edges are."""

    name: str
    content: Item


@strawberry.type
class Tree:
    """Objects, lists and resolvers."""

    name: str
    leaf: Leaf
    maybe_leaf: Leaf | None
    leaves: list[Leaf]
    holes: list[Leaf | None]
    any_leaf: Named
    any_leaves: list[Named]
    boxes: list[Box[Leaf]]

    @strawberry.field
    def whisper(self) -> str | None:
        return self.name.lower() or None

    @strawberry.field
    def first_color(self) -> Color:
        return self.leaves[0].color

    @strawberry.field
    def shout(self, times: int = 1) -> str:
        return self.name.upper() * times

    @strawberry.field
    async def later(self) -> Leaf | None:
        return self.maybe_leaf


class Later:
    """Something to await that complains of nothing if it isn't."""

    def __await__(self) -> Generator[None, None, str]:
        yield
        return "awaited"


Value = Callable[[], Any]
"""Makes a value: an awaitable is good for one execution only."""

ODD: list[Value] = [
    lambda: None,
    lambda: ValueError("odd"),
    Later,
    lambda: 2**40,
    lambda: "text",
    object,
    lambda: Color.BLUE,
    list,
    lambda: True,
]
LEAF: dict[str, Value] = {
    "name": lambda: "leaf",
    "id": lambda: "1",
    "maybe": lambda: None,
    "number": lambda: 7,
    "flag": lambda: False,
    "color": lambda: Color.RED,
    "day": lambda: date(2026, 1, 31),
    "words": lambda: ["a", "b"],
}


@st.composite
def leaves(draw: st.DrawFn) -> Value:
    """Makes a leaf, now and then with an odd value."""
    given_ = dict(LEAF)
    if draw(st.integers(0, 3)) == 0:
        given_[draw(st.sampled_from(sorted(LEAF)))] = draw(st.sampled_from(ODD))
    return lambda: Leaf(**{name: cast("Any", make()) for name, make in given_.items()})


@st.composite
def trees(draw: st.DrawFn) -> Value:
    """Makes a tree of leaves."""
    leaf, maybe, *more = draw(st.lists(leaves(), min_size=2, max_size=4))
    odd = draw(st.sampled_from([None, None, *ODD]))
    hole = draw(st.sampled_from([more, [lambda: None, *more]]))

    def make() -> Tree:
        tree = Tree(
            name="tree",
            leaf=leaf(),
            maybe_leaf=maybe(),
            leaves=[one() for one in more],
            holes=[one() for one in hole],
            any_leaf=leaf(),
            any_leaves=[one() for one in more],
            boxes=[Box(name="box", content=one()) for one in more],
        )
        if odd is not None:
            tree.maybe_leaf = odd()
        return tree

    return make


LEAF_FIELDS = [*LEAF, "__typename"]


@st.composite
def leaf_selections(draw: st.DrawFn) -> str:
    """Fields of a leaf, some of them by another name, in fragments or left out."""
    chosen = draw(st.lists(st.sampled_from(LEAF_FIELDS), min_size=1, max_size=5))
    written = []
    for at, name in enumerate(chosen):
        forms = [
            name,
            f"a{at}: {name}",
            f"... on Leaf {{ b{at}: {name} }}",
            f"c{at}: {name} @skip(if: true)",
            f"d{at}: {name} @skip(if: false)",
        ]
        written.append(draw(st.sampled_from(forms)))
    return " ".join([*written, "id"])


@st.composite
def queries(draw: st.DrawFn) -> str:
    """Fields of a tree in any order, with leaves below them."""
    plain = st.sampled_from(
        [
            *("name", "whisper", "firstColor", "shout"),
            *("shout2: shout(times: 2)", "__typename"),
        ]
    )
    below = st.builds(
        "{} {{ {} }}".format,
        st.sampled_from(["leaf", "maybeLeaf", "leaves", "holes", "later"]),
        leaf_selections(),
    )
    abstract = st.builds(
        "{} {{ name __typename ... on Leaf {{ {} }} }}".format,
        st.sampled_from(["anyLeaf", "anyLeaves"]),
        leaf_selections(),
    )
    boxed = st.builds(
        "boxes {{ __typename name content {{ {} }} }}".format, leaf_selections()
    )
    kinds = st.one_of(plain, below, abstract, boxed)
    fields = draw(st.lists(kinds, min_size=1, max_size=5))
    spelled = [f"{field}" for field in fields]
    return "{ tree { " + " ".join(spelled) + " } }"


def schema_for(make: Value, executor: type | None) -> strawberry.Schema:
    @strawberry.type
    class Query:
        @strawberry.field
        def tree(self) -> Tree | None:
            return cast("Tree", make())

    return strawberry.Schema(
        query=Query, types=[Leaf], execution_context_class=cast("Any", executor)
    )


def answer(query: str, make: Value, executor: type | None) -> tuple[Any, list[Any]]:
    result = asyncio.run(schema_for(make, executor).execute(query))
    errors = [error.formatted for error in result.errors or ()]
    return result.data, sorted(errors, key=str)


# Each example makes two schemas, which takes as long as it takes.
@given(queries(), trees())
def test_any_query_is_answered_as_in_the_regular_way(query: str, make: Value) -> None:
    assert answer(query, make, DirectExecutor) == answer(query, make, None)


def test_fields_stand_in_the_order_in_which_they_are_asked_for() -> None:
    make: Value = lambda: Tree(  # noqa: E731
        name="tree",
        leaf=Leaf(**{name: cast("Any", make()) for name, make in LEAF.items()}),
        maybe_leaf=None,
        leaves=[],
        holes=[],
        any_leaf=Leaf(**{name: cast("Any", make()) for name, make in LEAF.items()}),
        any_leaves=[],
        boxes=[],
    )
    query = "{ tree { later { id } name shout leaf { flag id } maybeLeaf { id } } }"

    data, errors = answer(query, make, DirectExecutor)

    assert not errors
    assert list(data["tree"]) == ["later", "name", "shout", "leaf", "maybeLeaf"]
    assert list(data["tree"]["leaf"]) == ["flag", "id"]


def test_our_schema_reads_attributes_directly_unless_that_is_switched_off() -> None:
    its = our_schema.execution_context_class
    assert issubclass(its, DirectExecutor) == is_fast()
