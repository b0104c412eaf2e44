"""`daybook webhook`: programs that receive events, from the terminal."""

import re
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from daybook_receiver import receiving
from daybook_terminal import Terminal

URL = "https://hooks.example.com/daybook"
COMMANDS = (
    *("create", "list", "update", "delete", "rotate", "test", "deliveries", "replay"),
)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal in an empty folder."""
    return Terminal(tmp_path)


def test_a_webhook_from_its_making_to_its_end(terminal: Terminal) -> None:
    allowed = {"DAYBOOK_WEBHOOKS_ALLOW": "127.0.0.1"}
    with receiving() as receiver:
        made = terminal.run(
            *("webhook", "create", receiver.url, "--event", "export.ready"),
            *("--description", "The warehouse"),
            **allowed,
        )
        tested = terminal.run("webhook", "test", "1", **allowed)
        receiver.status = 500
        failed = terminal.run("webhook", "test", "1", **allowed)
        refused = terminal.run("webhook", "test", "1")

    assert made.stderr.splitlines() == [
        "Webhook 1 is created.",
        "The secret, which is shown only now:",
    ]
    secret = made.stdout.strip()
    first, _ = receiver.requests
    assert Webhook(secret).verify(first.body, first.headers)["type"] == "webhook.test"
    assert tested.stdout == "Webhook 1 answered 204.\n"
    assert (failed.returncode, failed.stderr) == (
        1,
        "daybook: webhook 1 did not accept the test: it answered 500\n",
    )
    assert "an operator can allow it in DAYBOOK_WEBHOOKS_ALLOW" in refused.stderr
    listed = terminal.says("webhook", "list")
    assert re.search(r"1 +http://127\S+ +export\.ready +enabled +The warehouse", listed)
    sent = terminal.says("webhook", "deliveries", "1")
    assert re.search(r"1 +webhook\.test +20\S+ \S+ +delivered +1 +204", sent)
    assert re.search(r"2 +webhook\.test +20\S+ \S+ +failed +1 +it answered 500", sent)
    again = terminal.says("webhook", "replay", "1", "--delivery", "1")
    assert again == "1 delivery will be sent again by a running server.\n"
    since = terminal.says("webhook", "replay", "1", "--since", "2025-01-01")
    assert since == "0 deliveries will be sent again by a running server.\n"
    changed = terminal.run("webhook", "update", "1", "--disable", **allowed)
    assert changed.stdout == "Webhook 1 is changed.\n"
    same = terminal.run("webhook", "update", "1", "--disable", **allowed)
    assert same.stdout == "Webhook 1 is as before.\n"
    assert "disabled" in terminal.says("webhook", "list")
    rotated = terminal.run("webhook", "rotate", "1")
    assert rotated.stdout.startswith("whsec_") and rotated.stdout.strip() != secret
    assert terminal.says("webhook", "delete", "1") == "Webhook 1 is deleted.\n"
    assert "127.0.0.1" not in terminal.says("webhook", "list")
    trail = terminal.says("audit", "list")
    assert "CREATE_WEBHOOK" in trail and "DELETE_WEBHOOK" in trail
    assert "The audit trail holds" in terminal.says("audit", "verify")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("create", "http://hooks.example.com/"), "must begin with https://"),
        (("create", "https://127.0.0.1/"), "127.0.0.1 is not an address of the public"),
        (("create", URL, "--event", "export.done"), "'export.done' is not one of"),
        (("update", "9", "--enable"), "there is no such webhook"),
        (("delete", "x"), "there is no such webhook"),
        (("test", "9"), "there is no such webhook"),
        (("deliveries", "9"), "there is no such webhook"),
        (("rotate", "9"), "there is no such webhook"),
        (("replay", "1"), "give either --delivery NUMBER or --since MOMENT"),
        (("replay", "1", "--delivery", "7"), "there is no such delivery"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    terminal: Terminal, command: tuple[str, ...], words: str
) -> None:
    ended = terminal.run("webhook", *command)

    assert ended.returncode == 2
    assert ended.stderr.startswith("daybook: ") and ended.stderr.count("\n") == 1
    assert words in ended.stderr


def test_every_command_has_help_with_an_example(terminal: Terminal) -> None:
    for command in COMMANDS:
        assert "Example: " in terminal.says("webhook", command, "--help")
