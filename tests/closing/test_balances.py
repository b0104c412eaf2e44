"""Balances of the general ledger: entering, importing, replacing, reading at a pin."""

import asyncio
import json
import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, select

from daybook.activity.models import Activity
from daybook.audit.models import AuditRecord
from daybook.calendar import day_text, parse_day
from daybook.closing.commands import enter_balances, import_balances
from daybook.closing.queries import count_balances, find_balances, list_balances
from daybook.closing.rules import BalanceEntry, EnteredBalances
from daybook.configuration.commands import rename_account
from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.ledger.models import Recording
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.paging import PageRequest
from daybook.reports.audit import verify
from daybook_factories import ORGANISATION, invoice, line, pin, record
from daybook_services.processes import forked

pytestmark = pytest.mark.anyio

NOW = datetime(2025, 11, 4, 9, tzinfo=UTC)
OCTOBER, SEPTEMBER = parse_day("2025-10-31"), parse_day("2025-09-30")


@pytest.fixture
async def ledger(database: Database) -> Database:
    """A ledger of one invoice."""
    await record(database, invoice("inv_1"))
    return database


async def enter(
    database: Database, *entries: BalanceEntry, note: str = "", now: datetime = NOW
) -> EnteredBalances:
    who: dict[str, Any] = {"note": note, "now": now, "made_by": "Ada"}
    return await enter_balances(database, ORGANISATION, None, entries, **who)


async def imported(database: Database, *rows: str) -> EnteredBalances:
    who: dict[str, Any] = {"now": NOW, "made_by": "Ada"}
    text = "\n".join(["account,date,balance,label", *rows])
    return await import_balances(database, ORGANISATION, "USD", text, **who)


async def standing(database: Database, at: Pin | None = None) -> list[Any]:
    """The balances in force: account, day, label and amount."""
    at = at or await pin(database)
    async with database.reads() as session:
        found = await find_balances(session, at)
    return [(its.role.name, day_text(its.on), its.label, its.balance) for its in found]


async def problems(doing: Any) -> list[tuple[Any, ...]]:
    with pytest.raises(Rejected) as rejected:
        await doing
    return [(its.code, its.path, its.line) for its in rejected.value.problems]


async def test_a_later_balance_replaces_the_earlier_and_both_are_kept(
    ledger: Database,
) -> None:
    first = await enter(ledger, BalanceEntry(Role.DEFERRED, OCTOBER, "120.00"))
    before = await pin(ledger)
    second = await enter(ledger, BalanceEntry(Role.DEFERRED, OCTOBER, "120.01"))

    assert (first.entered, second.entered) == (1, 1)
    assert await standing(ledger) == [("DEFERRED", "2025-10-31", "", 120_01)]
    assert await standing(ledger, before) == [("DEFERRED", "2025-10-31", "", 120_00)]
    async with ledger.reads() as session:
        at = await pin(ledger)
        listed = await list_balances(session, at, PageRequest(1))
        every = await list_balances(session, at, PageRequest(2))
        as_before = await list_balances(session, before, PageRequest(2))
        assert await count_balances(session, at) == 2
    (newest,) = listed.items
    assert [its.is_replaced for its in every.items] == [False, True]
    assert [its.is_replaced for its in as_before.items] == [False]
    assert listed.has_next
    assert (newest.number, newest.balance, newest.made_by) == (2, 120_01, "Ada")
    assert (await verify(ledger, ORGANISATION)).mismatch is None


async def test_lines_of_other_labels_stand_beside_each_other(ledger: Database) -> None:
    await enter(
        ledger,
        BalanceEntry(Role.DEFERRED, OCTOBER, "120.00", "2600"),
        BalanceEntry(Role.DEFERRED, OCTOBER, "-7.50", "2610"),
        BalanceEntry(Role.DEFERRED, SEPTEMBER, 100_00),
    )

    assert await standing(ledger) == [
        ("DEFERRED", "2025-09-30", "", 100_00),
        ("DEFERRED", "2025-10-31", "2600", 120_00),
        ("DEFERRED", "2025-10-31", "2610", -7_50),
    ]


async def test_what_stands_already_changes_nothing(ledger: Database) -> None:
    rows = ("Deferred Revenue,2025-10-31,120.00,", "BILLED,2025-10-31,5,")
    first = await imported(ledger, *rows)
    before = await counts(ledger)

    again = await imported(ledger, *rows)
    assert (first.entered, first.unchanged) == (2, 0)
    assert (again.entered, again.unchanged, again.recording) == (0, 2, None)
    assert await counts(ledger) == before

    other = await imported(ledger, rows[0], "BILLED,2025-10-31,6,")
    assert (other.entered, other.unchanged) == (1, 1)


async def counts(database: Database) -> list[int]:
    async with database.reads() as session:
        return [
            len((await session.scalars(select(table))).all())
            for table in (Recording, AuditRecord, Activity)
        ]


async def test_accounts_are_known_by_names_and_codes(ledger: Database) -> None:
    await record(ledger, invoice("inv_2", line("1", product="p2")))
    for scope, name, code in (
        ("", "Contract liabilities", "2600"),
        ("product:prod_1", "Contract liabilities, platform", "2610"),
        ("product:p2", "Contract liabilities, add-ons", None),
    ):
        await rename_account(
            ledger,
            ORGANISATION,
            "USD",
            role=Role.DEFERRED,
            scope=scope,
            name=name,
            code=code,
            now=NOW,
            made_by="Ada",
        )

    await imported(
        ledger,
        "2600,2025-10-31,1.00,",
        "2610,2025-10-31,2.00,",
        "contract LIABILITIES,2025-09-30,3.00,",
        '"Contract liabilities, add-ons",2025-09-30,4.00,',
        "deferred revenue,2025-08-31,5.00,bank",
    )

    assert await standing(ledger) == [
        ("DEFERRED", "2025-08-31", "bank", 5_00),
        ("DEFERRED", "2025-09-30", "", 3_00),
        ("DEFERRED", "2025-09-30", "Contract liabilities, add-ons", 4_00),
        ("DEFERRED", "2025-10-31", "", 1_00),
        ("DEFERRED", "2025-10-31", "2610", 2_00),
    ]


async def test_the_trail_has_the_values_before_and_after(ledger: Database) -> None:
    entry = BalanceEntry(Role.DEFERRED, OCTOBER, "120.00", "2600")
    await enter(ledger, entry)
    await enter(ledger, entry._replace(balance="120.01"), note="after the audit")

    async with ledger.reads() as session:
        last = await session.scalars(
            select(AuditRecord).order_by(AuditRecord.number.desc()).limit(1)
        )
        recorded = last.one()
        message = await session.scalar(
            select(Activity.message).order_by(Activity.id.desc()).limit(1)
        )
    details = json.loads(recorded.details)
    assert (recorded.action, recorded.subject_id) == ("ENTER_BALANCES", "USD")
    assert details["note"] == "after the audit"
    assert details["balances"] == [
        {
            "account": "DEFERRED",
            "on": "2025-10-31",
            "label": "2600",
            "before": "120.00",
            "after": "120.01",
        }
    ]
    assert message == "1 balance of the general ledger (USD)"


async def test_every_problem_is_named_by_row_and_column(ledger: Database) -> None:
    before = await counts(ledger)
    found = await problems(
        imported(
            ledger,
            "Defered,2025-10-31,1.00,",
            'BILLED,2025-10-31,"1,234.00",',
            "BILLED,2025-13-31,1.001,",
            ",2025-10-31,1.00,",
        )
    )
    assert found == [
        (ProblemCode.INVALID_VALUE, ("account",), 2),
        (ProblemCode.INVALID_AMOUNT, ("balance",), 3),
        (ProblemCode.INVALID_DATE, ("date",), 4),
        (ProblemCode.MISSING, ("account",), 5),
    ]
    found = await problems(
        imported(
            ledger,
            "Defered,2025-10-31,1.00,",
            'BILLED,2025-10-31,"1,234.00",',
            "BILLED,2025-10-31,1.001,",
            "BILLED,2025-09-30,1,a",
            "BILLED,2025-09-30,2,a",
        )
    )
    assert found == [
        (ProblemCode.INVALID_VALUE, ("account",), 2),
        (ProblemCode.INVALID_AMOUNT, ("balance",), 3),
        (ProblemCode.INVALID_AMOUNT, ("balance",), 4),
        (ProblemCode.DUPLICATE, ("label",), 6),
    ]
    async with ledger.reads() as session:
        assert await count_balances(session, await pin(ledger)) == 0
    # Only failed runs are logged.
    after = await counts(ledger)
    assert after[:2] == before[:2]


@pytest.mark.either_database
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", ProblemCode.MISSING),
        ("account,date,balance", ProblemCode.MISSING),
        ("account,date\nBILLED,2025-10-31", ProblemCode.MISSING),
        ("account,date,balance,lable\nBILLED,2025-10-31,1,", ProblemCode.UNKNOWN_FIELD),
        ("account,date,balance\nBILLED,2025-10-31,1,234.00", ProblemCode.UNREADABLE),
        ("x" * 5_000_001, ProblemCode.TOO_LARGE),
    ],
    ids=["empty", "no rows", "no column", "misspelt", "too wide", "too long"],
)
async def test_a_file_that_is_no_table_of_balances_is_refused(
    ledger: Database, text: str, code: ProblemCode
) -> None:
    who: dict[str, Any] = {"now": NOW, "made_by": "Ada"}
    found = await problems(import_balances(ledger, ORGANISATION, None, text, **who))
    assert found[0][0] is code


@pytest.mark.either_database
async def test_there_are_as_many_at_once_as_a_file_has(ledger: Database) -> None:
    entries = [BalanceEntry(Role.DEFERRED, OCTOBER, 1, str(n)) for n in range(10_001)]

    found = await problems(enter(ledger, *entries))

    assert found == [(ProblemCode.TOO_LARGE, ("balances",), None)]


@pytest.mark.either_database
async def test_what_cannot_be_entered_is_named_by_path(ledger: Database) -> None:
    found = await problems(
        enter(
            ledger,
            BalanceEntry("Cash", OCTOBER, "1.00"),
            BalanceEntry(Role.BILLED, OCTOBER, 10**15),
            BalanceEntry(Role.BILLED, OCTOBER, "x", "a\nb"),
            note="n" * 2_001,
        )
    )
    assert found == [
        (ProblemCode.TOO_LARGE, ("note",), None),
        (ProblemCode.INVALID_VALUE, ("balances", "0", "account"), None),
        (ProblemCode.INVALID_AMOUNT, ("balances", "1", "balance"), None),
        (ProblemCode.INVALID_AMOUNT, ("balances", "2", "balance"), None),
        (ProblemCode.INVALID_VALUE, ("balances", "2", "label"), None),
    ]
    nothing = await problems(enter(ledger))
    assert nothing == [(ProblemCode.MISSING, ("balances",), None)]


async def test_sent_twice_at_once_is_entered_once(ledger: Database) -> None:
    entry = BalanceEntry(Role.DEFERRED, OCTOBER, "120.00")

    done = await asyncio.gather(*(enter(ledger, entry) for _ in range(3)))

    assert sorted(its.entered for its in done) == [0, 0, 1]
    async with ledger.reads() as session:
        assert await count_balances(session, await pin(ledger)) == 1
    assert (await verify(ledger, ORGANISATION)).mismatch is None


ENTER_AND_DIE = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from sqlalchemy import make_url
from daybook.calendar import parse_day
from daybook.closing import commands
from daybook.closing.rules import BalanceEntry
from daybook.db.engine import Database
from daybook.ledger.rules import Role
from daybook_services.database import AT_ANY_TIME

async def main():
    log = commands._log
    async def log_and_die(*arguments):
        await log(*arguments)  # all is written, and nothing is committed
        os.kill(os.getpid(), signal.SIGKILL)
    commands._log = log_and_die
    database = Database(make_url(sys.argv[1]), AT_ANY_TIME)
    entry = BalanceEntry(Role.DEFERRED, parse_day("2025-10-31"), "120.00")
    now = datetime(2025, 11, 4, 9, tzinfo=UTC)
    await commands.enter_balances(database, 1, None, [entry], now=now, made_by=None)

asyncio.run(main())
"""


async def test_a_process_that_is_killed_enters_nothing(
    ledger: Database, database_url: URL, tmp_path: Path
) -> None:
    program = tmp_path / "enter_and_die.py"
    program.write_text(ENTER_AND_DIE, encoding="utf-8")
    url = database_url.render_as_string(hide_password=False)
    before = await counts(ledger)

    ended = subprocess.run(  # noqa: ASYNC221  (nothing else runs meanwhile)
        forked(str(program), url), timeout=60, check=False
    )

    assert ended.returncode == -signal.SIGKILL
    assert await counts(ledger) == before
    assert await standing(ledger) == []
    await enter(ledger, BalanceEntry(Role.DEFERRED, OCTOBER, "120.00"))
    assert await standing(ledger) == [("DEFERRED", "2025-10-31", "", 120_00)]
    assert (await verify(ledger, ORGANISATION)).mismatch is None
