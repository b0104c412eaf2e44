"""Journals in any order through the API: pages from both ends make one sorted list."""

import base64
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from daybook.db.engine import Database
from daybook.ledger.rules import Role
from daybook.reports.journals import sorting
from daybook.settings import Settings
from daybook_graphql.journals import orders
from daybook_graphql.journals.enums import JournalOrder
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_history import make_history
from daybook_manual import Moved, record_manual

pytestmark = pytest.mark.anyio

Ask = Any  # a fixture's type, see conftest

PAGE = """
query($id: ID!, $filter: JournalFilter, $order: JournalOrder!, $first: Int,
  $after: String, $last: Int, $before: String) {
  journals(ledgerId: $id, filter: $filter, orderBy: $order, first: $first,
      after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor total { amount } posted { amount } scheduled { amount }
      gains { billed { amount } unbilled { amount } deferred { amount }
        recognized { amount } }
      node { number customer { name }
        document { ... on Source { reference } } } } } }
"""
FILTERS: tuple[dict[str, Any], ...] = (
    {"on": "2025-03-10"},
    {"posted": {"from": "2025-02-05", "to": "2025-03-20"}, "account": "DEFERRED"},
    {"search": "acme", "asOf": "2025-09-04"},
    {"changedAfterRecording": "4"},
)
Row = dict[str, Any]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a present after the history."""
    return Settings.model_validate({"data": tmp_path, "now": "2025-10-15T12:00:00Z"})


@pytest.fixture(scope="module")
async def database(module_database: Database) -> Database:
    """The history, and a manual journal without a customer, which no test changes."""
    await make_history(module_database)
    moved = Moved(Role.BILLED, Role.RECOGNIZED, "5.00", "2025-03-15")
    await record_manual(module_database, "mj_1", moved, on="2025-09-10")
    return module_database


def ascii_lower(text: str) -> str:
    return "".join(one.lower() if one.isascii() else one for one in text)


def gain(name: str) -> Callable[[Row], Any]:
    return lambda row: Decimal(row["gains"][name]["amount"])


def _of(row: Row, name: str, otherwise: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = row["node"][name] or otherwise
    return found


NO_CUSTOMER, MANUAL = {"name": ""}, {"reference": "MJ_1"}
VALUES: dict[str, Callable[[Row], Any]] = {
    "NUMBER": lambda row: int(row["node"]["number"]),
    "CUSTOMER": lambda row: ascii_lower(_of(row, "customer", NO_CUSTOMER)["name"]),
    "DOCUMENT": lambda row: ascii_lower(_of(row, "document", MANUAL)["reference"]),
    **{role.name: gain(role.name.lower()) for role in Role},
}


async def asked(ask: Ask, **variables: Any) -> Any:
    variables = {"order": "NUMBER", **variables}
    return await ask(PAGE, {"id": encode(LedgerId("USD")), **variables})


async def pages(ask: Ask, size: int, *, backward: bool, **variables: Any) -> list[Row]:
    """All rows, page by page from one end."""
    found: list[Row] = []
    count, ahead, behind = (
        ("last", "hasPreviousPage", "hasNextPage")
        if backward
        else (
            "first",
            "hasNextPage",
            "hasPreviousPage",
        )
    )
    edge, cursor = ("before", "startCursor") if backward else ("after", "endCursor")
    at: str | None = None
    while True:
        its = {count: size, edge: at}
        answer = await asked(ask, **variables, **its)
        assert "errors" not in answer, answer
        page = answer["data"]["journals"]
        rows, info = page["edges"], page["pageInfo"]
        assert info[behind] == (at is not None)
        found = [*rows, *found] if backward else [*found, *rows]
        if not info[ahead]:
            assert len(found) == page["totalCount"]
            return found
        assert len(rows) == size
        at = info[cursor]


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
async def test_pages_of_every_order_make_one_sorted_list(
    ask: Ask, wanted: dict[str, Any]
) -> None:
    by_number = await pages(ask, 100, backward=False, filter=wanted)
    assert len(by_number) > 8
    # Few pages, whose last one is shorter: each order costs as little as it may.
    some = len(by_number) // 4 + 1

    for order in JournalOrder:
        name = order.name.removesuffix("_DESC")
        expected = sorted(by_number, key=VALUES[name])
        if order.is_descending:
            expected.reverse()
        for size, backward in ((100, False), (some, False), (some, True)):
            found = await pages(
                ask, size, backward=backward, filter=wanted, order=order.name
            )
            numbers = [row["node"]["number"] for row in found]
            assert numbers == [row["node"]["number"] for row in expected], order
            figures = [(row["gains"], row["total"], row["posted"]) for row in found]
            assert figures == [
                (row["gains"], row["total"], row["posted"]) for row in expected
            ]


async def test_a_cursor_is_of_its_order_alone(ask: Ask) -> None:
    names = [order.name for order in JournalOrder if not order.is_descending]
    for given in names:
        answer = await asked(ask, order=given, first=2)
        cursor = answer["data"]["journals"]["pageInfo"]["endCursor"]
        for name in names:
            again = await asked(ask, order=name, first=2, after=cursor)
            if name == given:
                assert "errors" not in again
            else:
                (error,) = again["errors"]
                assert error["message"] == "after: not a cursor of this list"


@pytest.mark.parametrize(
    "value",
    ["", "x", "-", "--1", "+1", "01", "-0", "1.5", "\u0663", "9" * 19, "1" * 90],
)
async def test_a_cursor_with_a_value_that_no_amount_has_is_refused(
    ask: Ask, value: str
) -> None:
    key = json.dumps([7, "BILLED", value], separators=(",", ":")).encode()
    cursor = base64.urlsafe_b64encode(key).decode().rstrip("=")

    answer = await asked(ask, order="BILLED_DESC", last=2, before=cursor)

    (error,) = answer["errors"]
    assert error["message"] == "before: not a cursor of this list"
    assert error["extensions"]["code"] == "INVALID_CURSOR"


async def test_too_many_journals_are_not_sorted(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = await pages(ask, 100, backward=False)
    monkeypatch.setattr(orders, "SORTED_MAX", len(every) - 1)

    answer = await asked(ask, order="CUSTOMER")
    narrowed = await asked(ask, order="CUSTOMER", filter={"type": "MANUAL"})
    by_number = await asked(ask, order="NUMBER_DESC")

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INVALID_VALUE"
    assert error["message"] == (
        f"orderBy: filter first: {len(every)} journals are selected, and up to"
        f" {len(every) - 1} can be sorted by anything but their numbers"
    )
    assert "errors" not in narrowed
    assert "errors" not in by_number
    assert sorting.SORTED_MAX == 50_000
