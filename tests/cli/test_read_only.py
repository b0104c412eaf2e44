"""A copy that may only be read: an auditor's file, a backup, a mounted snapshot."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from daybook_commands import ARGUMENTS, write_files
from daybook_disks import bound, small_disk
from daybook_terminal import Terminal, import_an_invoice, prepared

READING = [
    "journals",
    "export -o -",
    "export -o ../out.csv",
    "activity",
    "exports",
    "audit list",
    "audit verify",
    "families",
    "settings",
    "mapping show",
    "mapping export --integration XERO",
    "clock show",
    "user list",
    "key list",
    "organisation list",
    "webhook list",
    "gl connection list",
    "gl dataset",
    "gl status",
    "fx manual list",
]
WRITING = [
    "import ../invoices.jsonl",
    "lock 2025-01-31",
    "settings --method USAGE",
    "product prod_1 --method USAGE",
    "mapping enable --integration XERO",
    "families --put-right --reason x",
    "user add a@example.com --role admin",
    "key create k --may READ",
    "webhook create https://hooks.example.com/",
    "gl connection add UK --currency GBP",
    "gl dataset --currency GBP",
    "gl sync",
    "gl refresh",
    "fx manual add KES 2025-01-31 151.2 --reason x",
    "organisation add Other",
    "db upgrade",
    "db compact",
]


def run(folder: Path, command: str) -> CompletedProcess[str]:
    """Run a command in a folder that it may not write into."""
    terminal = Terminal(folder, forking=bound())
    return terminal.run(*command.split(), DAYBOOK_DATA=".")


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Path]:
    """The folder of a copy of a ledger, without its runtime store."""
    prepared(tmp_path, import_an_invoice)
    folder = tmp_path / "copy"
    folder.mkdir()
    shutil.copyfile(tmp_path / "data" / "daybook.db", folder / "daybook.db")
    yield folder
    folder.chmod(0o755)  # pytest removes it


def seal(folder: Path) -> None:
    """Let nobody write into a folder any more."""
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)


def test_every_reading_command_reads_a_sealed_copy(copy: Path) -> None:
    seal(copy)

    for command in READING:
        ended = run(copy, command)
        assert ended.returncode == 0, (command, ended.stderr)
        assert ended.stdout or (copy.parent / "out.csv").stat().st_size

    assert [path.name for path in copy.iterdir()] == ["daybook.db"]


def test_every_writing_command_refuses_a_sealed_copy_in_a_line(copy: Path) -> None:
    seal(copy)

    for command in WRITING:
        ended = run(copy, command)
        assert ended.returncode == 1, (command, ended.stderr)
        assert ended.stderr == (
            "daybook: daybook.db is read-only: nothing can be recorded in it\n"
        ), command


def test_any_command_reads_a_sealed_copy_or_says_why_not_in_a_line(copy: Path) -> None:
    write_files(copy)
    seal(copy)

    for name in ARGUMENTS.keys() - {"serve", "demo"}:
        ended = run(copy, f"{name} {ARGUMENTS[name]}")
        lines = ended.stderr.splitlines()
        assert ended.returncode in {0, 1, 2}, (name, ended)
        assert ended.returncode == 0 or len(lines) == 1, (name, ended)
        assert "Traceback" not in ended.stderr, (name, ended)


def test_any_command_says_in_a_line_that_the_disk_is_full(copy: Path) -> None:
    disk = copy.parent / "disk"
    disk.mkdir()
    with small_disk(disk):
        shutil.copyfile(copy / "daybook.db", disk / "daybook.db")
        write_files(disk)
        with (disk / "rest").open("wb", buffering=0) as rest, suppress(OSError):
            while True:
                rest.write(bytes(4_096))

        told = set()
        for name in ARGUMENTS.keys() - {"serve", "demo"}:
            ended = run(disk, f"{name} {ARGUMENTS[name]}")
            assert ended.returncode in {0, 1, 2}, (name, ended)
            assert ended.returncode == 0 or ended.stderr.count("\n") == 1, (name, ended)
            assert "Traceback" not in ended.stderr, (name, ended)
            told.add((ended.returncode, ended.stderr))

    assert any(status == 1 and "the disk is full" in text for status, text in told)


def test_a_sealed_copy_of_an_earlier_version_is_refused_by_name(copy: Path) -> None:
    change(copy, "UPDATE alembic_version SET version_num = '0001'")
    seal(copy)

    for command in ("journals", "audit verify"):
        ended = run(copy, command)
        assert ended.returncode == 2
        assert ended.stderr == (
            "daybook: daybook.db was made by an earlier version of Daybook and is"
            " read-only: run `daybook db upgrade` on a copy that can be written\n"
        )


def test_changes_that_only_the_log_holds_are_read_or_missed_aloud(copy: Path) -> None:
    """A copy that was taken while somebody wrote."""
    whole = copy.parent / "whole"
    whole.mkdir()
    path = copy / "daybook.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE organisations SET name = 'In the log'")
        connection.commit()
        for suffix in ("", "-wal", "-shm"):
            shutil.copyfile(f"{path}{suffix}", whole / f"daybook.db{suffix}")
    torn = copy.parent / "torn"
    torn.mkdir()
    for suffix in ("", "-wal"):
        shutil.copyfile(whole / f"daybook.db{suffix}", torn / f"daybook.db{suffix}")
    seal(whole)
    seal(torn)

    found, missed = run(whole, "organisation list"), run(torn, "organisation list")

    whole.chmod(0o755)
    torn.chmod(0o755)
    assert "In the log" in found.stdout
    assert missed.returncode == 1
    assert "daybook.db-wal has changes that are not in daybook.db" in missed.stderr


def change(folder: Path, statement: str) -> None:
    """Change a database by hand, all in its one file."""
    with closing(sqlite3.connect(folder / "daybook.db")) as connection:
        connection.execute(statement)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
