"""Users, keys and organisations on the command line, and what they open."""

import re
from pathlib import Path

import pytest

from daybook_terminal import Terminal

EMAIL = "ada@example.com"


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal in an empty folder."""
    return Terminal(tmp_path)


def test_people_are_let_in_and_out(terminal: Terminal) -> None:
    added = terminal.says("user", "add", EMAIL, "--role", "admin", "--name", "Ada L")
    linked = terminal.says("user", "link", EMAIL)
    terminal.says("user", "add", "bob@example.com")
    changed = terminal.says("user", "role", "bob@example.com", "controller")
    listed = terminal.says("user", "list")
    removed = terminal.says("user", "remove", "bob@example.com")

    links = [
        re.search(r"^http://127\S+/sign-in/link/\S{43}$", one, re.MULTILINE)
        for one in (added, linked)
    ]
    assert None not in links and added != linked
    assert changed == "bob@example.com is controller.\n"
    assert re.search(r"ada@example\.com +Ada L +admin +not yet", listed)
    assert re.search(r"bob@example\.com +bob +controller +not yet", listed)
    assert removed == "bob@example.com is not a member.\n"
    assert "bob" not in terminal.says("user", "list")
    trail = terminal.says("audit", "list")
    assert trail.count("INVITE_USER") == 2 and "REMOVE_USER" in trail
    assert "The audit trail holds" in terminal.says("audit", "verify")


def test_programs_are_let_in_and_out(terminal: Terminal) -> None:
    made = terminal.run("key", "create", "billing", "--may", "read", "--may", "RECORD")
    listed = terminal.says("key", "list")
    revoked = terminal.says("key", "revoke", "1")
    again = terminal.says("key", "revoke", "1")

    assert re.fullmatch(r"daybook_\S{43}\n", made.stdout)
    assert made.stderr == "The key, which is shown only now:\n"
    assert re.search(r"1 +billing +\S{4} +READ, RECORD +command line +20\d\d-", listed)
    assert (revoked, again) == ("Key 1 is revoked.\n", "Key 1 is revoked, as before.\n")
    assert "revoked" in terminal.says("key", "list")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("user", "add", "nobody"), "'nobody' is not an e-mail address"),
        (("user", "add", EMAIL, "--role", "king"), "'king' is not one of viewer,"),
        (("user", "link", EMAIL), f"{EMAIL} is not a member"),
        (("user", "role", EMAIL, "admin"), f"{EMAIL} is not a member"),
        (
            ("user", "add", EMAIL, "--role", "admn"),
            "'admn' is not one of viewer, accountant, controller, admin; did you mean",
        ),
        (("key", "create", "x", "--may", "fly"), "--may 'fly' is not one of READ,"),
        (("key", "create", " ", "--may", "read"), "a name is needed"),
        (
            ("key", "create", "x", "--may", "read", "--days", "9999"),
            "within 3,660 days",
        ),
        (("key", "revoke", "9"), "there is no such key"),
        (("organisation", "add", ""), "a name is needed"),
    ],
)
def test_what_is_wrong_is_one_line(
    terminal: Terminal, command: tuple[str, ...], words: str
) -> None:
    ended = terminal.run(*command)

    assert ended.returncode == 2
    assert words in ended.stderr and len(ended.stderr.splitlines()) == 1


def test_commands_act_on_one_organisation(terminal: Terminal) -> None:
    added = terminal.says("organisation", "add", "Daughter Ltd")
    theirs = {"DAYBOOK_ORGANISATION": "2"}
    terminal.run("user", "add", EMAIL, "--role", "admin", **theirs)

    assert "DAYBOOK_ORGANISATION=2" in added
    assert re.search(r"2 +Daughter Ltd", terminal.says("organisation", "list"))
    assert EMAIL not in terminal.says("user", "list")
    assert EMAIL in terminal.run("user", "list", **theirs).stdout
    assert "INVITE_USER" in terminal.run("audit", "list", **theirs).stdout
    missing = terminal.run("user", "list", DAYBOOK_ORGANISATION="0")
    assert "DAYBOOK_ORGANISATION" in missing.stderr


def test_every_command_has_help_with_an_example(terminal: Terminal) -> None:
    for command in (
        *(("user", one) for one in ("add", "link", "role", "remove", "list")),
        *(("key", one) for one in ("create", "list", "revoke")),
        *(("organisation", one) for one in ("add", "list")),
    ):
        assert "Example: " in terminal.says(*command, "--help")


def test_servers_of_a_shared_database_are_told_of_a_missing_secret(
    terminal: Terminal,
) -> None:
    url = "postgresql://nobody@127.0.0.1:1/nothing"
    given = {"DAYBOOK_DATABASE_URL": url}
    missing = terminal.run("serve", **given)
    short = terminal.run("serve", **given | {"DAYBOOK_SECRET": "x"})

    assert (missing.returncode, short.returncode) == (2, 2)
    assert missing.stderr.startswith("daybook: DAYBOOK_SECRET is not set, and the")
    assert "python -c" in missing.stderr and missing.stderr.count("\n") == 1
    assert "a secret in DAYBOOK_SECRET has 1 character," in short.stderr


def test_other_commands_need_no_secret(terminal: Terminal) -> None:
    terminal.says("user", "add", EMAIL)

    assert not (terminal.folder / "data" / "secret").exists()
