"""`daybook families` as an operator types it after an upgrade."""

import asyncio
from pathlib import Path

import pytest

from daybook.db.engine import Database
from daybook.db.migrate import upgrade
from daybook_faults import fill_with_faults
from daybook_services.database import sqlite_url
from daybook_terminal import Terminal

AFTER = {"DAYBOOK_NOW": "2036-01-02T12:00:00Z"}
"""The last recording was made by a clock that stood at 2036."""


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal over a database that an earlier version left with its faults."""
    (tmp_path / "data").mkdir()

    async def make() -> None:
        database = Database(sqlite_url(tmp_path / "data" / "daybook.db"))
        await upgrade(database)
        await fill_with_faults(database)
        await database.close()

    asyncio.run(make())
    return Terminal(tmp_path)


def test_documents_that_differ_are_listed_ledger_by_ledger(terminal: Terminal) -> None:
    listed = terminal.run("families")

    assert listed.returncode == 0
    assert "EUR ledger: every document follows the rules.\n" in listed.stdout
    assert "USD ledger: 6 documents differ from the rules.\n" in listed.stdout
    rows = [" ".join(row.split()) for row in listed.stdout.splitlines()]
    assert (
        "billing schedule bs_1 cus_1 prod_1 -600.00 0.00 0.00 0.00"
        " differs from the rules" in rows
    )
    assert (
        "invoice project cus_6 prod_1 0.00 0.00 0.00 0.00 posts before its invoice: on"
        " 2025-07-15, its invoice on 2025-08-01" in rows
    )
    assert "--put-right --reason" in listed.stderr


def test_they_are_put_right_with_a_reason(terminal: Terminal) -> None:
    lacking = terminal.run("families", "--put-right", **AFTER)
    done = terminal.run("families", "--put-right", "--reason", "an upgrade", **AFTER)
    again = terminal.run("families", **AFTER)

    assert lacking.returncode == 2
    assert lacking.stderr == 'daybook: give a reason: --reason "…"\n'
    assert (done.returncode, done.stderr) == (0, "")
    assert "USD ledger: 6 documents were put right.\n" in done.stdout
    assert again.stdout == (
        "EUR ledger: every document follows the rules.\n"
        "USD ledger: every document follows the rules.\n"
    )
    assert "PUT_FAMILIES_RIGHT" in terminal.run("audit", "list", **AFTER).stdout


def test_a_clock_that_is_behind_is_told_of(terminal: Terminal) -> None:
    refused = terminal.run("families", "--put-right", "--reason", "an upgrade")

    assert refused.returncode == 2
    assert "daybook clock accept" in refused.stderr


def test_a_reason_alone_is_refused(terminal: Terminal) -> None:
    assert terminal.run("families", "--reason", "x").stderr == (
        "daybook: --reason goes with --put-right\n"
    )
