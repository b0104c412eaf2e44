"""The journals beside one in a list, and one journal at a recording."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from daybook.db.engine import Database
from daybook.settings import Settings
from daybook_graphql.journals import orders
from daybook_graphql.journals.enums import JournalOrder
from daybook_graphql.journals.ids import JournalId
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_history import RECORDINGS, make_history

pytestmark = pytest.mark.anyio

Ask = Any  # a fixture's type, see conftest

LIST = """
query($id: ID!, $filter: JournalFilter, $order: JournalOrder!) {
  journals(ledgerId: $id, filter: $filter, orderBy: $order, first: 100) {
    totalCount nodes { number } } }
"""
BESIDE = """
query($id: ID!, $filter: JournalFilter, $order: JournalOrder!, $asOf: Date) {
  journal(id: $id, asOf: $asOf) {
    neighbours(filter: $filter, orderBy: $order) {
      totalCount previous { number customer { name } } next { number } } } }
"""
AT = """
query($id: ID!, $recording: BigInt, $asOf: Date) {
  journal(id: $id, asOfRecording: $recording, asOf: $asOf) {
    number isSuperseded movements { amount { amount } } } }
"""
FILTERS: tuple[dict[str, Any], ...] = (
    {"on": "2025-03-10", "posted": {"from": "2025-02-01", "to": "2025-03-31"}},
    {"search": "acme", "asOf": "2025-05-18"},
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a present after the history."""
    return Settings.model_validate({"data": tmp_path, "now": "2025-10-15T12:00:00Z"})


@pytest.fixture(scope="module")
async def database(module_database: Database) -> Database:
    """The history, which no test changes."""
    await make_history(module_database)
    return module_database


async def beside(ask: Ask, number: int | str, **variables: Any) -> Any:
    its = {"order": "NUMBER", "id": encode(JournalId("USD", int(number)))}
    answer = await ask(BESIDE, {**its, **variables})
    assert "errors" not in answer, answer
    return answer["data"]["journal"]["neighbours"]


def number_of(journal: Any) -> str | None:
    return None if journal is None else journal["number"]


@pytest.mark.parametrize(
    "order",
    [
        JournalOrder.NUMBER,
        JournalOrder.NUMBER_DESC,
        JournalOrder.CUSTOMER,
        JournalOrder.RECOGNIZED_DESC,
    ],
)
@pytest.mark.parametrize("wanted", FILTERS, ids=str)
async def test_neighbours_are_those_of_the_list(
    ask: Ask, wanted: dict[str, Any], order: JournalOrder
) -> None:
    its = {"filter": wanted, "order": order.name}
    answer = await ask(LIST, {"id": encode(LedgerId("USD")), **its})
    found = answer["data"]["journals"]
    numbers = [row["number"] for row in found["nodes"]]
    assert len(numbers) > 8

    ends = [None, *numbers, None]
    for at in {0, 1, len(numbers) // 2, len(numbers) - 1}:
        its_own = await beside(ask, numbers[at], **its)

        assert its_own["totalCount"] == found["totalCount"]
        assert number_of(its_own["previous"]) == ends[at]
        assert number_of(its_own["next"]) == ends[at + 2]


async def test_a_journal_outside_the_list_has_neighbours_too(ask: Ask) -> None:
    wanted = {"source": ["CREDIT_NOTE"]}
    answer = await ask(
        LIST, {"id": encode(LedgerId("USD")), "filter": wanted, "order": "NUMBER"}
    )
    numbers = [int(row["number"]) for row in answer["data"]["journals"]["nodes"]]
    assert numbers[0] > 1

    its = await beside(ask, 1, filter=wanted)

    assert its["previous"] is None
    assert its["next"]["number"] == str(numbers[0])
    assert its["totalCount"] == len(numbers)


async def test_neighbours_in_a_list_that_is_not_sorted_are_refused(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "SORTED_MAX", 3)
    variables = {"id": encode(JournalId("USD", 1)), "order": "CUSTOMER"}

    answer = await ask(BESIDE, variables)

    (error,) = answer["errors"]
    assert error["message"].startswith("orderBy: filter first: ")
    assert error["path"] == ["journal", "neighbours"]


async def test_a_journal_as_of_a_recording(ask: Ask) -> None:
    gone, late = ({"id": encode(JournalId("USD", number))} for number in (23, 50))

    async def at(its: Mapping[str, str], recording: int) -> Any:
        answer = await ask(AT, {**its, "recording": str(recording)})
        return answer["data"]["journal"]

    first, last = await at(gone, 1), await at(gone, RECORDINGS)
    assert (first["isSuperseded"], last["isSuperseded"]) == (False, True)
    assert first["movements"]
    assert not last["movements"]
    assert (await ask(AT, gone))["data"]["journal"] == last
    assert await at(late, 1) is None
    assert (await at(late, RECORDINGS))["number"] == "50"
    both = await ask(AT, {**gone, "recording": "9", "asOf": "2025-09-05"})
    assert both["errors"][0]["extensions"]["code"] == "INVALID_VALUE"
    beyond = await ask(AT, {**gone, "recording": "99"})
    assert beyond["errors"][0]["extensions"]["code"] == "NOT_FOUND"
