"""What journals gain, whether they are posted, and their marks, through the API."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from daybook.db.engine import Database
from daybook.ledger.rules import Role
from daybook.settings import Settings
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_history import make_history
from daybook_manual import Moved, record_manual

pytestmark = pytest.mark.anyio

Ask = Any  # a fixture's type, see conftest

ROLES = ("billed", "unbilled", "deferred", "recognized")
FIGURES = """
fragment G on AccountGains {
  billed { amount } unbilled { amount } deferred { amount } recognized { amount } }
fragment T on AccountTotal { account { role } debit { amount } net { amount } }
"""
JOURNALS = """
query($id: ID!, $filter: JournalFilter) {
  journals(ledgerId: $id, filter: $filter, first: 100) {
    totalCount gains { ...G } scheduledGains { ...G } controlTotal { amount }
    totals { ...T }
    edges { gains { ...G } scheduledGains { ...G } state marks
      totals { ...T } total { amount } posted { amount } node { number } } } }
"""
GROUPS = """
query($id: ID!, $filter: JournalFilter) {
  journalGroups(ledgerId: $id, by: [CUSTOMER], granularity: MONTHLY,
      filter: $filter, first: 100) {
    totalCount gains { ...G } scheduledGains { ...G } controlTotal { amount }
    totals { ...T }
    edges { node { gains { ...G } scheduledGains { ...G } state
      totals { ...T } total { amount } posted { amount } } } } }
"""
MARKED: dict[str, dict[str, Any]] = {
    "MOVED": {"shifted": True},
    "CREDIT_NOTE": {"source": ["CREDIT_NOTE"]},
    "REVISED": {"revised": True},
    "VOIDED": {"voided": True},
    "PARTLY_SCHEDULED": {"partlyScheduled": True},
    "MANUAL": {"type": "MANUAL"},
}
"""The filter that selects the journals of each mark."""
FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"posted": {"from": "2025-02-05", "to": "2025-02-20"}, "on": "2025-02-11"},
    {"on": "2025-03-20"},
    {"on": "2025-03-20", "includeScheduled": False},
    {"on": "2025-03-20", "account": "DEFERRED"},
    {"on": "2024-01-01"},
    {"voided": False, "revised": False},
    {"search": "nobody at all"},
)


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


async def asked(ask: Ask, document: str, wanted: dict[str, Any]) -> Any:
    answer = await ask(
        document + FIGURES, {"id": encode(LedgerId("USD")), "filter": wanted}
    )
    assert "errors" not in answer, answer
    (found,) = answer["data"].values()
    return found


def amounts(gains: Any) -> list[Decimal]:
    return [Decimal(gains[role]["amount"]) for role in ROLES]


def by_totals(totals: Any) -> list[Decimal]:
    nets = {its["account"]["role"].lower(): its["net"]["amount"] for its in totals}
    return [Decimal(nets.get(role, 0)) for role in ROLES]


def summed(rows: list[list[Decimal]]) -> list[Decimal]:
    return [sum(column, Decimal()) for column in zip(*rows, strict=True)] or [
        Decimal()
    ] * len(ROLES)


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
@pytest.mark.parametrize("document", [JOURNALS, GROUPS], ids=["journals", "groups"])
async def test_rows_and_sums_foot(
    ask: Ask, document: str, wanted: dict[str, Any]
) -> None:
    found = await asked(ask, document, wanted)

    rows = [edge if "gains" in edge else edge["node"] for edge in found["edges"]]
    assert len(rows) == found["totalCount"]
    for row in (*rows, found):
        gains, scheduled = amounts(row["gains"]), amounts(row["scheduledGains"])
        assert gains == by_totals(row["totals"])
        for billed, unbilled, deferred, recognized in (gains, scheduled):
            assert billed + unbilled == deferred + recognized
    assert amounts(found["gains"]) == summed([amounts(row["gains"]) for row in rows])
    assert amounts(found["scheduledGains"]) == summed(
        [amounts(row["scheduledGains"]) for row in rows]
    )
    control = Decimal(found["controlTotal"]["amount"])
    assert control == sum(Decimal(its["debit"]["amount"]) for its in found["totals"])
    assert control == sum(Decimal(row["total"]["amount"]) for row in rows)
    for row in rows:
        total, posted = (Decimal(row[name]["amount"]) for name in ("total", "posted"))
        state = "SCHEDULED" if not posted else "POSTED" if posted == total else "PARTLY"
        assert row["state"] == state
        if state == "POSTED":
            assert not any(amounts(row["scheduledGains"]))
        if state == "SCHEDULED":
            assert row["scheduledGains"] == row["gains"]


@pytest.mark.parametrize("on", ["2025-03-31", "2025-03-10", "2025-10-15"])
@pytest.mark.parametrize("as_of", ["2025-09-03", "2025-09-04", None])
async def test_a_filter_selects_the_journals_of_each_mark(
    ask: Ask, on: str, as_of: str | None
) -> None:
    at = {"on": on, "asOf": as_of}

    every = (await asked(ask, JOURNALS, at))["edges"]

    marked = {
        mark: [row["node"]["number"] for row in every if mark in row["marks"]]
        for mark in MARKED
    }
    for mark, narrowing in MARKED.items():
        found = await asked(ask, JOURNALS, {**at, **narrowing})
        numbers = [row["node"]["number"] for row in found["edges"]]
        assert numbers == marked[mark], mark
        assert found["totalCount"] == len(numbers)
    assert bool(marked["PARTLY_SCHEDULED"]) == (on != "2025-03-31")
    assert bool(marked["REVISED"]) == (as_of != "2025-09-03")
    assert bool(marked["VOIDED"]) == (as_of is None)
    assert bool(marked["MANUAL"]) == (as_of is None)
    assert marked["CREDIT_NOTE"]
    order = list(MARKED)
    assert all(row["marks"] == sorted(row["marks"], key=order.index) for row in every)


async def test_a_void_that_was_revised_before_is_voided_alone(ask: Ask) -> None:
    revised = await asked(ask, JOURNALS, {"revised": True})
    voided = await asked(ask, JOURNALS, {"voided": True})
    neither = await asked(ask, JOURNALS, {"revised": False, "voided": False})
    both = await asked(ask, JOURNALS, {"revised": True, "voided": True})
    every = await asked(ask, JOURNALS, {})

    assert both["totalCount"] == 0
    parts = (revised, voided, neither)
    assert every["totalCount"] == sum(part["totalCount"] for part in parts)
