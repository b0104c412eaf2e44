"""The month that the demo company is closing: what is in it, and what is left to do."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from daybook.calendar import Month, first_day_of, last_day_of, parse_month
from daybook.closing.checklist import close_checklist
from daybook.closing.rules import CloseStep, CloseStepKind, CloseStepState
from daybook.closing.tie_out import tie_out
from daybook.db.engine import Database
from daybook.demo.commands import fill
from daybook.demo.late_file import write_late_file
from daybook.documents.commands import import_documents
from daybook.documents.reading.files import read_file
from daybook.documents.results import ImportResult
from daybook.ledger.rules import SourceKind
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.totals import count_journals
from daybook.reports.waiting import count_waiting
from daybook.settings import Settings
from daybook_factories import ORGANISATION, pin
from daybook_filled import filled

pytestmark = pytest.mark.anyio

TODAY = "2026-03-17"
SETTINGS = Settings(now=datetime(2026, 3, 17, 9, tzinfo=UTC))
FEBRUARY: Month = parse_month("2026-02")
BOTH = pytest.mark.parametrize("currency", ["GBP", "USD"])
MARKED = {
    "moved": JournalFilter(shifted=True),
    "credit note": JournalFilter(sources=(SourceKind.CREDIT_NOTE,)),
    "revised": JournalFilter(revised=True),
    "voided": JournalFilter(voided=True),
    "manual": JournalFilter(sources=(SourceKind.STANDALONE,)),
    "accrued": JournalFilter(sources=(SourceKind.BILLING_SCHEDULE,)),
}
"""What journals of a month that is over may be marked by, and accruals."""


@pytest.fixture(scope="module")
async def demo(module_database: Database) -> Database:
    """The demo company's database, which tests only read."""
    await filled(module_database, fill, SETTINGS)
    return module_database


async def _steps(
    database: Database, currency: str, month: Month = FEBRUARY
) -> dict[CloseStepKind, CloseStep]:
    at = await pin(database, currency, on=TODAY)
    async with database.reads() as session:
        return {its.kind: its for its in await close_checklist(session, at, month)}


@BOTH
async def test_each_ledger_has_each_kind_of_exception_in_the_month(
    demo: Database, currency: str
) -> None:
    at = await pin(demo, currency, on=TODAY)
    first, last = first_day_of(FEBRUARY), last_day_of(FEBRUARY)

    async with demo.reads() as session:
        found = {
            name: await count_journals(
                session, at, replace(wanted, posted_from=first, posted_to=last)
            )
            for name, wanted in MARKED.items()
        }

    assert [name for name, count in found.items() if not count] == []


@BOTH
async def test_each_step_of_the_month_is_left_to_do(
    demo: Database, currency: str
) -> None:
    found = await _steps(demo, currency)

    assert {kind.name: its.state.name for kind, its in found.items()} == {
        kind.name: "DUE" for kind in CloseStepKind
    }
    counts = {kind: its.count for kind, its in found.items()}
    assert counts[CloseStepKind.IMPORTS] == 1
    assert counts[CloseStepKind.PRODUCT_METHODS] == 1
    assert counts[CloseStepKind.MAPPING] == 1
    # A submitted journal in both; in dollars a rejected one, in pounds a recurring one.
    assert counts[CloseStepKind.MANUAL_JOURNALS] == 2


@BOTH
async def test_the_month_before_is_closed_and_agrees(
    demo: Database, currency: str
) -> None:
    january = FEBRUARY - 1
    found = await _steps(demo, currency, january)
    at = await pin(demo, currency, on=TODAY)
    async with demo.reads() as session:
        tied = await tie_out(session, at, last_day_of(january))

    for kind in (CloseStepKind.TIE_OUT, CloseStepKind.LOCK, CloseStepKind.EXPORT):
        assert found[kind].state is CloseStepState.DONE, found[kind].words
    assert {account.target for account in tied.accounts} == {"XERO"}
    assert len(tied.accounts) == 4
    for account in tied.accounts:
        assert account.posted == account.ledger
        assert [balance.difference for balance in account.balances] == [0, 0]


async def test_what_waits_is_toms_and_others_may_decide(demo: Database) -> None:
    async with demo.reads() as session:
        rows = await session.execute(text("SELECT email, id FROM users"))
        users = {row.email: row.id for row in rows}

    waiting = {
        email: await count_waiting(demo, ORGANISATION, users[f"{email}@example.com"])
        for email in ("tom", "priya", "ines")
    }

    # Two journals and a recurrence.
    assert waiting == {"tom": 0, "priya": 3, "ines": 3}


async def test_the_late_file_is_taken_and_leaves_no_import_to_repeat(
    database: Database, tmp_path: Path
) -> None:
    await filled(database, fill, SETTINGS)
    settings = SETTINGS.model_copy(update={"data": tmp_path})
    before = {its: await _steps(database, its) for its in ("GBP", "USD")}

    taken = await _import(database, await write_late_file(database, settings))

    assert taken.recorded == {SourceKind.INVOICE: 2, SourceKind.CREDIT_NOTE: 2}
    for currency, steps in before.items():
        found = await _steps(database, currency)
        assert found.pop(CloseStepKind.IMPORTS).state is CloseStepState.DONE
        del steps[CloseStepKind.IMPORTS]
        assert found == steps


async def _import(database: Database, path: Path) -> ImportResult:
    reading = read_file(path, None, bytes_max=10_000)
    return await import_documents(
        database,
        ORGANISATION,
        reading.documents,
        now=datetime(2026, 3, 17, 10, tzinfo=UTC),
        reason=f"import of {path.name}",
        file=path.name,
    )
