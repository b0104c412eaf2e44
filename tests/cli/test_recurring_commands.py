"""`daybook manual recurring`."""

from pathlib import Path

import pytest

from daybook_terminal import Terminal, import_an_invoice, prepared

LINES = ("--line", "debit UNBILLED 50.00", "--line", "credit RECOGNIZED 50.00")
CREATE = (
    *("manual", "recurring", "create", "--day", "31", "--from", "2025-01"),
    *("--until", "2025-02", "--narrative", "Support", "--reverse-next-month"),
)

LATE_DAY = (
    "dayOfMonth: a day of the month is between 1 and 31; in a shorter month it is the"
    " last"
)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal over one invoice."""
    return prepared(tmp_path, import_an_invoice)


def recurring(terminal: Terminal, *words: str) -> str:
    """What a command says."""
    return terminal.says("manual", "recurring", *words)


def test_a_recurrence_is_written_submitted_run_and_ended(terminal: Terminal) -> None:
    created = terminal.says(*CREATE, *LINES, "--key", "once")
    again = terminal.says(*CREATE, *LINES, "--key", "once")
    assert created == "R-1, version 1, is a draft: submit it.\n"
    assert again == "R-1, version 1, is a draft: submit it, as before.\n"
    assert recurring(terminal, "run") == "0 journals made.\n"
    assert recurring(terminal, "submit", "R-1") == (
        "R-1, version 1, is active: its journals are made on their dates.\n"
    )
    terminal.says("lock", "2025-01-31")

    assert recurring(terminal, "run") == (
        "MJ-1 of R-1, 2025-01-31, waits as a draft: 2025-01-31 is locked: the first"
        " open day of the USD ledger is 2025-02-01.\n"
        "MJ-2 of R-1, 2025-02-28, posted.\n"
        "2 journals made.\n"
    )
    assert recurring(terminal, "run") == "0 journals made.\n"
    listed = recurring(terminal, "list", "--csv").splitlines()
    assert listed[1] == ("R-1,ACTIVE,1,USD,50.00,31,2025-01,2025-02,true,,Support")
    ended = recurring(terminal, "end", "r-1", "--reason", "the contract ended")
    assert ended == "R-1, version 1, is ended.\n"
    terminal.says("audit", "verify")


def test_a_new_version_stops_it(terminal: Terminal) -> None:
    terminal.says(*CREATE, *LINES)
    recurring(terminal, "submit", "1")

    changed = terminal.says(*CREATE, *LINES, "--kind", "ONE_OFF", "--change", "R-1")

    assert changed == "R-1, version 2, is a draft: submit it.\n"
    assert recurring(terminal, "run") == "0 journals made.\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            (*CREATE[:-3], "--narrative", "a", "--day", "32"),
            LATE_DAY,
        ),
        (
            ("manual", "recurring", "submit", "R-9"),
            "there is no recurrence R-9: `daybook manual recurring list` lists them",
        ),
        (
            ("manual", "recurring", "submit", "MJ-9"),
            "'MJ-9' is not a recurrence: `daybook manual recurring list` lists them",
        ),
        (
            (*CREATE[:3], "--day", "1", "--from", "January"),
            "'January' is not a month: write it as 2026-01, between 2000 and 2099",
        ),
    ],
)
def test_what_is_wrong_is_told(
    terminal: Terminal, words: tuple[str, ...], message: str
) -> None:
    ended = terminal.run(*words)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"daybook: {message}\n"


def test_an_incomplete_draft_is_not_submitted(terminal: Terminal) -> None:
    terminal.says(*CREATE, "--line", "debit UNBILLED 50.00")

    ended = terminal.run("manual", "recurring", "submit", "R-1")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "daybook: lines: a journal has two lines or more\n"
