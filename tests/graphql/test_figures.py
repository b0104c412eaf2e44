"""Figures beside the journal report: counts are lists' lengths, sums are the API's."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import first_day_of, last_day_of, month_of, parse_day
from daybook.db.engine import Database
from daybook.ledger.rules import Role, SourceKind, net_change
from daybook.reports.journals import figures
from daybook.reports.journals.figures import Figures, without_marks
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.totals import count_journals, pair_totals
from daybook.settings import Settings
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_history import RECORDINGS, History, filters, make_history, reads

pytestmark = pytest.mark.anyio

Ask = Any  # a fixture's type, see conftest

FIRST, LAST = (month_of(parse_day(day)) for day in ("2025-01-01", "2025-12-01"))
FIGURES = """
query($id: ID!, $filter: JournalFilter, $months: DateRangeInput!, $quick: Boolean!) {
  journalFigures(ledgerId: $id, filter: $filter, months: $months, onlyQuick: $quick) {
    counts { all moved creditNotes revised voided partlyScheduled manual }
    balances { billed { amount } unbilled { amount } deferred { amount }
      recognized { amount } }
    balancesOn
    months { month posted { amount } scheduled { amount } } } }
"""
YEAR = {"from": "2025-01-01", "to": "2025-12-31"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a present after the history."""
    return Settings.model_validate({"data": tmp_path, "now": "2025-10-15T12:00:00Z"})


@pytest.fixture(scope="module")
async def history(module_database: Database) -> History:
    """A ledger with a history, which no test changes."""
    return await make_history(module_database)


MARKS: dict[str, dict[str, Any]] = {
    "moved": {"shifted": True},
    "credit_notes": {"sources": (SourceKind.CREDIT_NOTE,)},
    "revised": {"revised": True},
    "voided": {"voided": True},
    "partly_scheduled": {"partly_scheduled": True},
    "manual": {"sources": (SourceKind.STANDALONE,)},
}


@reads
@given(wanted=filters(), recording=st.integers(0, RECORDINGS))
async def test_counts_are_the_lengths_of_their_lists(
    history: History, wanted: JournalFilter, recording: int
) -> None:
    at = await history.at(recording)
    async with history.database.reads() as session:
        its = Figures(session, at, wanted, only_quick=False)

        counts = (await its.counts())._asdict()

        base = without_marks(wanted)
        every = await count_journals(session, at, base)
        assert counts.pop("all") == every
        for name, narrowing in MARKS.items():
            sources = narrowing.get("sources")
            if sources and base.sources is not None and sources[0] not in base.sources:
                assert counts[name] == 0
                continue
            narrowed = JournalFilter(
                **{
                    **{name: getattr(base, name) for name in base.__dataclass_fields__},
                    **narrowing,
                }
            )
            assert counts[name] == await count_journals(session, at, narrowed), name


@reads
@given(wanted=filters(), recording=st.integers(0, RECORDINGS))
async def test_balances_and_months_are_sums_of_what_is_selected(
    history: History, wanted: JournalFilter, recording: int
) -> None:
    at = await history.at(recording)
    divide = wanted.divides_on(at)
    async with history.database.reads() as session:
        its = Figures(session, at, wanted, only_quick=False)

        balances, months = await its.balances(), await its.months(FIRST, LAST)

        async def summed(first: int | None, last: int) -> dict[Role, int]:
            fields = {
                name: getattr(wanted, name) for name in wanted.__dataclass_fields__
            }
            fields |= {"posted_from": first, "posted_to": last, "on": divide}
            pairs = await pair_totals(session, at, JournalFilter(**fields))
            return {role: net_change(pairs, role) for role in Role}

        end = divide if wanted.posted_to is None else min(wanted.posted_to, divide)
        assert its.balances_on == end
        assert balances == await summed(None, end)
        assert months is not None
        assert [month.month for month in months] == list(range(FIRST, LAST + 1))
        for month in months[::5]:
            first, last = first_day_of(month.month), last_day_of(month.month)
            total = (await summed(first, last))[Role.RECOGNIZED]
            posted = 0
            if first <= divide:
                posted = (await summed(first, min(last, divide)))[Role.RECOGNIZED]
            assert (month.posted, month.posted + month.scheduled) == (posted, total)


@reads
@given(wanted=filters(), recording=st.integers(0, RECORDINGS))
async def test_quick_figures_are_none_or_the_same_as_the_slow_ones(
    history: History, wanted: JournalFilter, recording: int
) -> None:
    at = await history.at(recording)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "QUICK_JOURNALS", 0)
        async with history.database.reads() as session:
            slow = Figures(session, at, wanted, only_quick=False)
            quick = Figures(session, at, wanted, only_quick=True)

            all_counts = await slow.counts()
            quick_counts = await quick.counts()
            both = [
                *zip(quick_counts, all_counts, strict=True),
                (await quick.balances(), await slow.balances()),
                (await quick.months(FIRST, LAST), await slow.months(FIRST, LAST)),
            ]

    assert None not in all_counts
    assert None not in {quick_counts.revised, quick_counts.voided}
    assert all(quick is None or quick == whole for quick, whole in both)


async def asked(ask: Ask, **variables: Any) -> Any:
    variables = {"months": YEAR, "quick": False, **variables}
    return await ask(FIGURES, {"id": encode(LedgerId("USD")), **variables})


async def test_figures_through_the_api(database: Database, ask: Ask) -> None:
    await make_history(database)
    wanted = {"posted": {"from": "2025-03-01", "to": "2025-03-31"}, "on": "2025-03-10"}

    answer = await asked(ask, filter=wanted)
    quick = await asked(ask, filter=wanted, quick=True)

    assert answer == quick  # the ledger is small
    found = answer["data"]["journalFigures"]
    counts = found["counts"]
    assert counts["all"] > counts["partlyScheduled"] > 0 == counts["manual"]
    assert (counts["moved"], counts["revised"], counts["creditNotes"]) == (3, 1, 0)
    assert found["balancesOn"] == "2025-03-10"
    billed, unbilled, deferred, recognized = (
        Decimal(its["amount"]) for its in found["balances"].values()
    )
    assert billed + unbilled == deferred + recognized != 0
    months = found["months"]
    assert [its["month"] for its in months] == [
        f"2025-{month:02}-01" for month in range(1, 13)
    ]
    has_posted = [Decimal(its["posted"]["amount"]) != 0 for its in months]
    has_scheduled = [Decimal(its["scheduled"]["amount"]) != 0 for its in months]
    assert has_posted == [True] * 3 + [False] * 9
    assert has_scheduled == [False] * 2 + [True] * 10


async def test_a_large_ledgers_slow_figures_are_null_at_first(
    database: Database, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_history(database)
    monkeypatch.setattr(figures, "QUICK_JOURNALS", 3)
    wanted = {"posted": {"from": "2025-03-01", "to": "2025-03-31"}, "on": "2025-03-10"}
    searched = {**wanted, "search": "acme"}

    quick = await asked(ask, filter=wanted, quick=True)
    of_search = await asked(ask, filter=searched, quick=True)
    late = await asked(ask, filter=searched)

    found = quick["data"]["journalFigures"]
    nulls = {name for name, its in found["counts"].items() if its is None}
    assert nulls == {"moved", "partlyScheduled"}
    assert found["balances"] and found["months"]
    found = of_search["data"]["journalFigures"]
    assert found["balances"] is found["months"] is None
    assert found["counts"]["all"] is None
    assert None not in late["data"]["journalFigures"]["counts"].values()


@pytest.mark.parametrize(
    "months",
    [
        {"from": "2025-01-01"},
        {},
        {"from": "2025-02-01", "to": "2025-01-01"},
        {"from": "2000-01-01", "to": "2010-01-01"},
    ],
    ids=str,
)
async def test_months_that_cannot_be_compared_are_refused(
    database: Database, ask: Ask, months: dict[str, str]
) -> None:
    await make_history(database)

    answer = await asked(ask, months=months)

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INVALID_PERIOD"
    assert error["message"].startswith("months: ")
