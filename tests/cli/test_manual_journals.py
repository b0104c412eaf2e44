"""Manual journals on the command line: lists, files and verification."""

import asyncio
from pathlib import Path

import pytest

from daybook.db.engine import Database
from daybook_manual import a_ledger_with_manual_journals
from daybook_services.database import AT_ANY_TIME, copy_sqlite
from daybook_terminal import Terminal

MARCH = ("--from", "2025-03-01", "--to", "2025-03-31", "--type", "manual")


@pytest.fixture
def terminal(tmp_path: Path, sqlite_template: Path) -> Terminal:
    """Somebody in a folder with manual journals."""
    (tmp_path / "data").mkdir()
    url = copy_sqlite(sqlite_template, tmp_path / "data" / "daybook.db")

    async def fill() -> None:
        database = Database(url, AT_ANY_TIME)
        await a_ledger_with_manual_journals(database)
        await database.close()

    asyncio.run(fill())
    return Terminal(tmp_path)


def test_lists_leave_their_cells_empty(terminal: Terminal) -> None:
    said = terminal.says("journals", *MARCH)

    rows = [line.split() for line in said.splitlines() if "STANDALONE" in line]
    assert [row[2 : row.index("STANDALONE")] for row in rows] == [
        *(["MJ_1"], ["Acme", "MJ_2"], ["Acme", "MJ_3"]),
    ]
    assert "3 journals." in said


def test_groups_have_an_empty_part(terminal: Terminal) -> None:
    said = terminal.says("journals", *MARCH, "--group-by", "customer,product")

    rows = [line.split() for line in said.splitlines() if line.startswith(" 2025")]
    assert [(row[0], row[-1]) for row in rows] == [
        ("2025-03//", "50.00"),
        ("2025-03/cus_1/", "25.00"),  # and 100.00 from one product to the other
    ]


def test_a_file_holds_them_and_verification_finds_all_right(terminal: Terminal) -> None:
    exported = terminal.run("export", *MARCH, "-o", "-")

    assert exported.returncode == 0, exported.stderr
    assert len(exported.stdout.splitlines()) == 7
    trail, planned, _ = terminal.says("audit", "verify", "--deep").splitlines()
    assert trail.startswith("The audit trail holds: 5 records, ")  # the file's too
    assert planned == "Planned again, everything follows the rules: 2 families."
