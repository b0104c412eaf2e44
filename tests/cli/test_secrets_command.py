"""`daybook secrets`: whether a former secret can be removed, as an operator sees it."""

from pathlib import Path

import pytest

from daybook_terminal import Terminal

OLD = "an-old-secret-0123456789-abcdefghijklmnopqrs"
NEW = "a-newer-secret-9876543210-zyxwvutsrqponmlkji"
BOTH = f"{NEW},{OLD}"
URL = "https://hooks.example.com/daybook"


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal with a webhook, whose secret the old one encrypted."""
    terminal = Terminal(tmp_path)
    made = terminal.run("webhook", "create", URL, DAYBOOK_SECRET=OLD)
    assert made.returncode == 0
    return terminal


def test_a_secret_that_was_never_changed(terminal: Terminal) -> None:
    ended = terminal.run("secrets", DAYBOOK_SECRET=OLD)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "1 secret, 1 encrypted value.\n"


def test_a_former_secret_is_needed_until_everything_is_encrypted_again(
    terminal: Terminal,
) -> None:
    needed = terminal.run("secrets", DAYBOOK_SECRET=BOTH)
    rotated = terminal.run("webhook", "rotate", "1", DAYBOOK_SECRET=BOTH)
    assert rotated.returncode == 0

    assert needed.stdout == (
        "2 secrets, 1 encrypted value: 1 with a former secret, which is needed until a"
        " running server has encrypted everything again.\n"
    )
    # Rotating has encrypted the webhook's former secret, too.
    after = terminal.run("secrets", DAYBOOK_SECRET=BOTH)
    assert "2 encrypted values, all with the first secret" in after.stdout


def test_a_former_secret_that_can_be_removed(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.run("webhook", "create", URL, DAYBOOK_SECRET=BOTH)

    ended = terminal.run("secrets", DAYBOOK_SECRET=BOTH)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == (
        "2 secrets, 1 encrypted value, all with the first secret: remove the former one"
        " 7 days after the change, when the links to files that it signed have ended.\n"
    )


def test_a_secret_that_was_removed_too_early(terminal: Terminal) -> None:
    ended = terminal.run("secrets", DAYBOOK_SECRET=NEW)

    assert ended.returncode == 1
    assert ended.stdout == "1 secret, 0 encrypted values.\n"
    assert ended.stderr == (
        "daybook: the secret of webhook 1 of organisation 1 can't be decrypted: put the"
        " former secret back into DAYBOOK_SECRET, or give each webhook another by"
        " `daybook webhook rotate NUMBER`\n"
    )
