"""`daybook export` leaves a record of its file, or says that there is none."""

import csv
import hashlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from daybook_terminal import Terminal, import_an_invoice, prepared

JUNE = ("--from", "2025-06-01", "--to", "2025-06-30", "--include-scheduled")


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return prepared(tmp_path, import_an_invoice)


def recorded(terminal: Terminal) -> list[dict[str, Any]]:
    """The records that the database holds."""
    (path,) = [path for path in terminal.folder.rglob("daybook.db") if path.is_file()]
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        rows = connection.execute("SELECT * FROM export_records ORDER BY number")
        return [dict(row) for row in rows]


@pytest.mark.parametrize(
    "how", [(), ("--granularity", "monthly"), ("--group-by", "customer")]
)
def test_a_record_tells_what_the_file_holds(
    terminal: Terminal, how: tuple[str, ...]
) -> None:
    to_file = terminal.run("export", *JUNE, *how, "-o", "june.csv")
    to_pipe = terminal.run("export", *JUNE, *how, "-o", "-")

    assert "export record: 1" in to_file.stderr
    assert "export record: 2" in to_pipe.stderr
    content = (terminal.folder / "june.csv").read_bytes()
    rows = content.decode().splitlines()[1:]
    debits = sum(line.count(",DEBIT,") for line in rows)
    first, second = recorded(terminal)
    assert debits
    for one in (first, second):
        assert one["file_sha256"] == hashlib.sha256(content).digest()
        assert (one["file_bytes"], one["row_count"]) == (len(content), len(rows))
        assert one["debit_total"] == one["credit_total"] == 100_00
        assert (one["made_by"], one["job_number"]) == ("command line", None)
    assert first["file_name"] == "june.csv"
    assert second["file_name"].startswith("journals-USD-2025-06-")
    assert second["audit_record"] == first["audit_record"] + 1


def test_records_are_listed(terminal: Terminal) -> None:
    for _ in range(2):
        terminal.run("export", *JUNE, "-o", "june.csv")

    listed = terminal.run("exports", "--limit", "1")
    as_csv = terminal.run("exports", "--csv").stdout.splitlines()

    digest = hashlib.sha256((terminal.folder / "june.csv").read_bytes()).hexdigest()
    assert "june.csv" in listed.stdout
    assert f" {digest[:12]} " in listed.stdout
    assert listed.stdout.endswith("1 of 2 files; --limit shows more.\n")
    rows = list(csv.DictReader(as_csv))
    assert [row["number"] for row in rows] == ["2", "1"]
    assert {row["sha256"] for row in rows} == {digest}
    assert {row["filters"] for row in rows} == {
        "from=2025-06-01&include_scheduled=yes&to=2025-06-30"
    }
    assert {(row["granularity"], row["group_by"], row["format"]) for row in rows} == {
        ("daily", "", "SEQUENCE")
    }
    assert [row["audit_record"] for row in rows] == ["2", "1"]
    assert "from=2025-06-01" in listed.stdout


@pytest.mark.faults
def test_while_another_writes_the_file_is_made_and_has_no_record(
    terminal: Terminal,
) -> None:
    (path,) = terminal.folder.rglob("daybook.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = terminal.run("export", *JUNE, "-o", "june.csv")

    assert done.returncode == 0
    assert (terminal.folder / "june.csv").is_file()
    assert "the ledger has no record of this file: another program," in done.stderr
    assert recorded(terminal) == []


def test_a_file_that_is_not_made_has_no_record(terminal: Terminal) -> None:
    done = terminal.run("export", *JUNE, "-o", "nowhere/june.csv")

    assert done.returncode == 1
    assert recorded(terminal) == []


def test_a_name_of_any_bytes_is_recorded_and_shown(terminal: Terminal) -> None:
    name = os.fsdecode(b"\xff\x1b[31m:100:[bold].csv")

    done = terminal.run("export", *JUNE, "-o", name)

    assert done.returncode == 0, done.stderr
    assert (terminal.folder / name).stat().st_size
    (one,) = recorded(terminal)
    assert one["file_name"] == "\ufffd\ufffd[31m:100:[bold].csv"
    listed = terminal.run("exports").stdout
    assert "\x1b" not in listed and one["file_name"] in listed
