"""What a killed export left beside its file is removed by the next one of that name."""

import fcntl
import os
from pathlib import Path

import pytest

from daybook.cli.asides import aside_of, opened_aside
from daybook_terminal import Terminal, import_an_invoice, prepared

pytestmark = pytest.mark.either_database

NOBODY = 999_999_999
"""The number of no process: there are fewer."""


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return prepared(tmp_path, import_an_invoice)


def left(terminal: Terminal, name: str, number: int) -> Path:
    """A file that a process of this number has begun to write."""
    path = terminal.folder / f".{name}.{number}.part"
    path.write_text("half of it")
    return path


def exported(terminal: Terminal, name: str) -> None:
    ended = terminal.run("export", "-o", name)
    assert ended.returncode == 0, ended.stderr


def test_what_a_killed_export_left_is_removed(terminal: Terminal) -> None:
    names = ("[x]*.csv", "[x]*.csv.manifest.json")
    parts = [left(terminal, name, NOBODY) for name in names]

    exported(terminal, "[x]*.csv")

    assert not any(part.exists() for part in parts)


def test_what_a_process_may_be_writing_stays(terminal: Terminal) -> None:
    alive = left(terminal, "x.csv", os.getpid())
    another = left(terminal, "xx.csv", NOBODY)
    foreign = left(terminal, "x.csv.y", NOBODY)
    locked = left(terminal, "x.csv", NOBODY)

    with locked.open("r+b") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        exported(terminal, "x.csv")

        assert locked.exists()
    assert all(path.read_text() == "half of it" for path in (alive, another, foreign))


def test_a_file_is_never_written_through_a_link(tmp_path: Path) -> None:
    target, file = tmp_path / "target", tmp_path / "x.csv"
    target.write_text("mine")
    aside_of(file).symlink_to(target)

    with opened_aside(file) as stream:
        stream.write(b"an export")

    assert target.read_text() == "mine"
    assert not aside_of(file).is_symlink()
