"""`daybook export` by several processes: the same file, or nothing is left of it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import psutil
import pytest

from daybook_crowd import WAITS
from daybook_terminal import INVOICE, Terminal

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="crews are forked")

EVERYTHING = ("export", "--include-scheduled", "-o")
SECONDS = 60


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A folder with a ledger of a year's invoice."""
    terminal = Terminal(tmp_path_factory.mktemp("crew"))
    terminal.says("import", terminal.write("one.jsonl", INVOICE))
    return terminal


def crowd(terminal: Terminal, name: str, **settings: str) -> "subprocess.Popen[str]":
    """An export of everything into a file, by two processes."""
    return subprocess.Popen(
        [sys.executable, "-m", "daybook_crowd", *EVERYTHING, name, "--processes", "2"],
        cwd=terminal.folder,
        env={
            **os.environ,
            "DAYBOOK_DATA": "data",
            "DAYBOOK_NOW": "2025-06-15T12:00:00Z",
            "PYTHONPATH": str(Path(__file__).parents[1] / "services"),
            **settings,
        },
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def waiting(terminal: Terminal) -> Iterator["subprocess.Popen[str]"]:
    """An export whose processes wait, once something of it is written."""
    for left in parts_in(terminal):  # by a test that failed
        left.unlink()
    with crowd(terminal, "half.csv", **{WAITS: "yes"}) as export:
        try:
            until = time.monotonic() + SECONDS
            while not any(part.stat().st_size > 1_000 for part in parts_in(terminal)):
                assert time.monotonic() < until
                time.sleep(0.01)
            yield export
        finally:
            export.kill()


def parts_in(terminal: Terminal) -> list[Path]:
    return list(terminal.folder.glob(".half.csv.*.part"))


def assert_ended(members: list[psutil.Process]) -> None:
    """Wait until none of them is there: whoever took them over looks at them first."""
    _, alive = psutil.wait_procs(members, timeout=SECONDS)
    assert not alive


def test_two_forked_processes_make_the_file_of_one(terminal: Terminal) -> None:
    with crowd(terminal, "two.csv") as export:
        _, said = export.communicate(timeout=SECONDS)
    ended = terminal.run(*EVERYTHING, "one.csv", "--processes", "1")

    assert (export.returncode, ended.returncode) == (0, 0), said
    alone, crowded = (terminal.folder / f"{name}.csv" for name in ("one", "two"))
    assert crowded.read_bytes() == alone.read_bytes()
    assert alone.read_bytes().count(b"\r\n") == 1 + 2 * 366
    digest = sha256(alone.read_bytes()).hexdigest()
    assert terminal.says("exports", "--csv").count(digest) == 2


@pytest.mark.parametrize(
    ("number", "status", "words"),
    [
        (signal.SIGINT, 130, ""),
        (signal.SIGTERM, 143, "daybook: the file was not made: SIGTERM ended it"),
    ],
    ids=["SIGINT", "SIGTERM"],
)
def test_a_signal_ends_all_processes_and_leaves_nothing(
    terminal: Terminal,
    waiting: "subprocess.Popen[str]",
    number: signal.Signals,
    status: int,
    words: str,
) -> None:
    members = psutil.Process(waiting.pid).children()

    waiting.send_signal(number)
    _, said = waiting.communicate(timeout=SECONDS)

    assert (waiting.returncode, said.strip()) == (status, words)
    assert len(members) == 2
    assert_ended(members)
    assert not parts_in(terminal)
    assert not (terminal.folder / "half.csv").exists()


def test_a_killed_process_ends_the_export(
    terminal: Terminal, waiting: "subprocess.Popen[str]"
) -> None:
    members = psutil.Process(waiting.pid).children()

    members[1].kill()
    _, said = waiting.communicate(timeout=SECONDS)

    assert waiting.returncode == 1
    assert said == (
        "daybook: a process that rendered a part of the file was killed: the file was"
        " not made\n"
    )
    assert_ended(members)
    assert not parts_in(terminal)


def test_processes_end_with_the_export_that_is_killed(
    terminal: Terminal, waiting: "subprocess.Popen[str]"
) -> None:
    members = psutil.Process(waiting.pid).children()

    waiting.kill()

    assert_ended(members)
    waiting.wait(timeout=SECONDS)
    assert parts_in(terminal)  # nobody was left to remove it
    ended = terminal.run(*EVERYTHING, "half.csv", "--processes", "1")
    assert (ended.returncode, parts_in(terminal)) == (0, [])
