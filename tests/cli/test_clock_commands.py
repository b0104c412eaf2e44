"""A clock that went wrong, at the command line: refusals, and the ways out."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from daybook_terminal import INVOICE, Terminal

RIGHT, WRONG = "2026-01-31T12:00:00Z", "2036-01-31T12:00:00Z"
LATER = "2026-02-01T12:00:00Z"


def document(id_: str) -> dict[str, Any]:
    return {**INVOICE, "id": id_, "number": id_.upper()}


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal over an import in time, and another at 2036 by mistake."""
    made = Terminal(tmp_path)
    at(made, RIGHT, "import", made.write("first.jsonl", document("inv_1")))
    at(made, WRONG, "import", made.write("wrong.jsonl", document("inv_2")))
    made.write("next.jsonl", document("inv_3"))
    return made


def run(
    terminal: Terminal, now: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    return terminal.run(*arguments, DAYBOOK_NOW=now)


def at(terminal: Terminal, now: str, *arguments: str) -> str:
    """What a command that works says, at a present of its own."""
    ended = run(terminal, now, *arguments)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    return ended.stdout


def test_who_writes_is_refused_until_the_clock_is_accepted(
    terminal: Terminal,
) -> None:
    refused = run(terminal, LATER, "import", "next.jsonl")
    same = at(terminal, LATER, "account", "BILLED", "--name", "Billed Revenue")
    locked = run(terminal, LATER, "lock", "2025-12-31", "--confirm-clock")
    accepted = at(terminal, LATER, "clock", "accept", "--reason", "it was at 2036")
    again = at(terminal, LATER, "clock", "accept", "--reason", "it was at 2036")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert same == "USD BILLED: Billed Revenue, as before.\n"
    for ended in (refused, locked):
        assert "the clock says 2026-02-01 12:00:00 UTC, before the last" in ended.stderr
        assert "recording at 2036-01-31 12:00:00 UTC: set the clock" in ended.stderr
        assert "`daybook clock accept --reason …`" in ended.stderr
    assert accepted == (
        "Accepted: until 2036-01-31 12:00:00 UTC everything is recorded at that time."
        " As-of days from 2026-02-01 12:00:00 UTC to 2036-01-31 12:00:00 UTC are not"
        " reliable.\n"
    )
    assert again.startswith("There is nothing to accept: the clock says 2026-02-01")
    assert "1 invoice recorded" in at(terminal, LATER, "import", "next.jsonl")
    assert "clock accepted: it was at 2036" in at(terminal, LATER, "activity")
    assert "ACCEPT_CLOCK" in at(terminal, LATER, "audit", "list")
    assert "holds: 4 records" in at(terminal, LATER, "audit", "verify")


def test_what_changes_nothing_is_not_refused(terminal: Terminal) -> None:
    assert "1 unchanged" in at(terminal, LATER, "import", "first.jsonl")
    assert "Method" in at(terminal, LATER, "settings")


def test_the_clock_is_shown_and_status_1_says_that_it_is_refused(
    terminal: Terminal,
) -> None:
    fine = at(terminal, WRONG, "clock", "show")
    behind = run(terminal, LATER, "clock", "show")

    assert fine == (
        "The clock says 2036-01-31 12:00:00 UTC, which fits what was recorded.\n"
    )
    assert (behind.returncode, behind.stdout) == (1, "")
    assert "before the last recording at 2036-01-31 12:00:00 UTC" in behind.stderr


def test_a_real_clock_far_ahead_needs_a_confirmation(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    long_ago = "2001-01-31T12:00:00Z"
    at(terminal, long_ago, "import", terminal.write("a.jsonl", document("inv_1")))
    name = terminal.write("b.jsonl", document("inv_2"))

    for arguments in (
        ("import", name),
        ("lock", "2000-12-31"),
        ("settings", "--method", "USAGE"),
        ("account", "BILLED", "--name", "Billed"),
        ("product", "prod_1", "--method", "USAGE"),
        ("user", "add", "ada@example.com"),
        ("key", "create", "billing", "--may", "READ"),
    ):
        refused = terminal.run_now(*arguments)
        assert refused.returncode == 2, arguments
        assert "more than 400 days after the last recording" in refused.stderr
        assert "--confirm-clock" in refused.stderr

    confirmed = terminal.run_now("import", name, "--confirm-clock")
    after = terminal.run_now("lock", "2000-12-31")
    assert (confirmed.returncode, after.returncode) == (0, 0), confirmed.stderr


def test_a_clock_far_ahead_can_be_accepted_for_the_server(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    long_ago = "2001-01-31T12:00:00Z"
    at(terminal, long_ago, "import", terminal.write("a.jsonl", document("inv_1")))

    accepted = terminal.run_now("clock", "accept", "--reason", "idle for years")

    assert accepted.stdout.startswith("Accepted: the present is 2"), accepted.stderr
    assert terminal.run_now("lock", "2000-12-31").returncode == 0
