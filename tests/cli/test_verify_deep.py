"""`daybook audit verify --deep` as an auditor types it."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from daybook.db.engine import Database
from daybook_faults import fill_with_faults
from daybook_replayed import Intruder, rows_of
from daybook_services.database import copy_sqlite, sqlite_url
from daybook_terminal import Terminal

INVOICE = {
    "type": "invoice",
    "id": "inv_1",
    "number": "INV-1",
    "status": "FINAL",
    "currency": "GBP",
    "issued_on": "2025-01-01",
    "customer": {"id": "cus_1", "name": "Acme"},
    "lines": [
        {
            "id": "1",
            "amount": "1200.00",
            "method": "STRAIGHT_LINE",
            "service_from": "2025-01-01",
            "service_to": "2025-12-31",
            "product": {"id": "prod_1", "name": "Platform"},
        }
    ],
}


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def stored(terminal: Terminal) -> Path:
    return terminal.folder / "data" / "daybook.db"


def test_all_that_was_recorded_is_planned_again(terminal: Terminal) -> None:
    again = {**INVOICE, "id": "inv_2", "currency": "EUR"}
    terminal.run("import", terminal.write("two.jsonl", INVOICE, again))

    trail, planned, named = terminal.says("audit", "verify", "--deep").splitlines()
    assert trail.startswith("The audit trail holds: 1 record, ")
    assert planned == "Planned again, everything follows the rules: 2 families."
    assert named == f"Database: {stored(terminal)}"


def test_where_nothing_is_nothing_is_verified(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, is_first_run=True)
    nowhere = terminal.run("audit", "verify", "--deep")
    assert not stored(terminal).exists()
    terminal.says("settings")
    empty = terminal.run("audit", "verify", "--deep")
    stored(terminal).write_bytes(b"")
    emptied = terminal.run("audit", "verify")

    assert (nowhere.returncode, empty.returncode, emptied.returncode) == (1, 1, 1)
    assert "there is no database at" in nowhere.stderr
    assert "there is no audit record yet: nothing was verified" in empty.stderr
    assert "there is no database at" in emptied.stderr


def test_an_anchor_is_asked_for_and_told_of(terminal: Terminal) -> None:
    terminal.run("import", terminal.write("one.jsonl", INVOICE))
    head = terminal.says("audit", "head")
    number, anchor = head.split()

    assert number == "1"
    held = terminal.says("audit", "verify", "--anchor", head.strip())
    assert f", and contains record 1, {anchor}.\nDatabase: " in held
    assert held == terminal.says("audit", "verify", "--anchor", f"1 1 {anchor}")
    for wrong in ("", " ", "zzz", anchor[:-1], f"x {anchor}", f"1 1 1 {anchor}"):
        refused = terminal.run("audit", "verify", "--anchor", wrong)
        assert refused.returncode == 2
        assert "is not a hash" in refused.stderr
    other = terminal.run("audit", "verify", "--anchor", "0" * 64)
    assert other.returncode == 1
    assert "no audit record up to 1, the last one, has the hash" in other.stderr
    assert other.stdout == f"Database: {stored(terminal)}\n"
    later = terminal.run("audit", "verify", "--anchor", f"2 {anchor[::-1]}")
    assert later.stderr == (
        "daybook: this copy ends at record 1, the anchor is record 2: it was taken"
        " later, or records are missing\n"
    )
    foreign = terminal.run("audit", "verify", "--anchor", f"2 1 {anchor}")
    assert foreign.returncode == 2
    assert foreign.stderr == (
        "daybook: --anchor: the line is of organisation 2, and this is 1: set"
        " DAYBOOK_ORGANISATION=2\n"
    )


def test_an_anchor_of_another_number_fails(terminal: Terminal) -> None:
    """The hash of record 1 under the number 2, where the chain has two records."""
    terminal.run("import", terminal.write("one.jsonl", INVOICE))
    _, first = terminal.says("audit", "head").split()
    terminal.run("import", terminal.write("two.jsonl", {**INVOICE, "id": "inv_2"}))
    number, second = terminal.says("audit", "head").split()

    held = terminal.says("audit", "verify", "--anchor", first)
    wrong = terminal.run("audit", "verify", "--anchor", f"2 {first}")

    assert number == "2"
    assert f", and contains record 1, {first}." in held
    assert wrong.returncode == 1
    assert (
        f"record 1 has the hash {first}, and the anchor says record 2: its line was"
        " changed, or put together from two" in wrong.stderr
    )
    right = terminal.says("audit", "verify", "--anchor", f"2 {second}")
    assert f", and contains record 2, {second}." in right


def test_what_was_changed_in_the_database_is_named(terminal: Terminal) -> None:
    terminal.run("import", terminal.write("one.jsonl", INVOICE))

    async def change() -> None:
        database = Database(sqlite_url(stored(terminal)))
        (row, *_) = await rows_of(database, "movements", "journal = 2")
        await Intruder(database).change("movements", row, amount=120_00)
        await database.close()

    asyncio.run(change())
    ended = terminal.run("audit", "verify", "--deep")

    assert ended.returncode == 1
    total, planned = ended.stderr.splitlines()
    assert total == (
        "daybook: GBP ledger: month total of 2025-02, Dr Deferred, Cr Recognized,"
        " INVOICE, recording 1: 10000, but its movements sum to 12000 minor units"
    )
    assert planned == (
        "daybook: movement 1 of journal 2 (GBP ledger, recording 1): amount 120.00,"
        " should be 100.00: Dr Deferred, Cr Recognized, 1–28 Feb 2025"
    )


def test_what_earlier_rules_recorded_is_listed_apart(
    terminal: Terminal, sqlite_template: Path
) -> None:
    stored(terminal).parent.mkdir()

    async def make() -> None:
        database = Database(copy_sqlite(sqlite_template, stored(terminal)))
        await fill_with_faults(database)
        await database.close()

    asyncio.run(make())
    ended = terminal.run("audit", "verify", "--deep")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert (
        "USD ledger: 6 documents were recorded by earlier rules, differently from"
        " today's:\n"
        "  invoice 'behind': schedule 4 of credit note 'cn_behind' (USD ledger,"
        " recording 6) takes effect on 10 Jul 2025, should be 1 Aug 2025\n"
    ) in ended.stdout
    assert "\nPlanned again, everything follows the rules: " in ended.stdout


def test_all_organisations_are_verified_and_one_that_fails_is_told(
    tmp_path: Path,
) -> None:
    terminal = Terminal(tmp_path)
    terminal.says("import", terminal.write("one.jsonl", INVOICE))
    terminal.says("organisation", "add", "Daughter Ltd")
    terminal.run(
        "import", terminal.write("two.jsonl", INVOICE), DAYBOOK_ORGANISATION="2"
    )

    verified = terminal.run("audit", "verify", "--deep", "--all-organisations")
    heads = terminal.says("audit", "head", "--all-organisations").splitlines()

    assert (verified.returncode, verified.stderr) == (0, "")
    *lines, named = verified.stdout.splitlines()
    assert named == f"Database: {tmp_path}/data/daybook.db"
    assert [line.partition(" (")[0] for line in lines] == [
        "Organisation 1",
        "Organisation 2",
    ]
    assert all("planned again: 1 family." in line for line in lines)
    assert [line.split()[0] for line in heads] == ["1", "2"]

    with closing(sqlite3.connect(tmp_path / "data" / "daybook.db")) as connection:
        triggers = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            " AND tbl_name = 'audit_records'"
        ).fetchall()
        for (name,) in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(
            "UPDATE audit_records SET action = 'x' WHERE organisation_id = 2"
        )
        connection.commit()
    failed = terminal.run("audit", "verify", "--all-organisations")

    assert failed.returncode == 1
    assert "Organisation 1 (My company): the audit trail holds" in failed.stdout
    assert "Organisation 2 (Daughter Ltd): " in failed.stderr
    assert "1 of 2 organisations failed: 2" in failed.stderr
    assert failed.stdout.endswith(f"\n{named}\n")
