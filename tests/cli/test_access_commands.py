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
        (("organisation", "rename", "1", " "), "a name is needed"),
        (
            ("organisation", "rename", "7", "X"),
            "there is no organisation 7: ",
        ),
        (("organisation", "rename", "9" * 30, "X"), "there is no organisation 999"),
        (("organisation", "rename", "Acme", "X"), "no organisation is called 'Acme'"),
        (("user", "add", EMAIL, "--organisation", "3"), "there is no organisation 3"),
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
    ours, listed = terminal.run("user", "list"), terminal.run("user", "list", **theirs)
    assert EMAIL not in ours.stdout and EMAIL in listed.stdout
    # Of several organisations, a command says which one it acts on.
    assert ours.stderr == "My company (organisation 1)\n"
    assert listed.stderr == "Daughter Ltd (organisation 2)\n"
    assert "INVITE_USER" in terminal.run("audit", "list", **theirs).stdout
    missing = terminal.run("user", "list", DAYBOOK_ORGANISATION="0")
    assert "DAYBOOK_ORGANISATION" in missing.stderr


def test_an_organisation_is_renamed_by_its_number_or_name(terminal: Terminal) -> None:
    terminal.says("organisation", "add", "Beta")

    renamed = terminal.says("organisation", "rename", "1", "Acme Ltd")
    by_name = terminal.says("organisation", "rename", "beta", "Beta & Sons")
    again = terminal.says("organisation", "rename", "1", "Acme Ltd")

    assert renamed == "Organisation 1 is now Acme Ltd (was My company).\n"
    assert by_name == "Organisation 2 is now Beta & Sons (was Beta).\n"
    assert again == "Organisation 1 is Acme Ltd, as before.\n"
    listed = terminal.says("organisation", "list")
    assert "1     Acme Ltd" in listed and "2     Beta & Sons" in listed
    trail = terminal.run("audit", "list").stdout
    assert "Renamed the organisation; Name: My company → Acme Ltd" in trail
    # A name that two have is none to go by.
    terminal.says("organisation", "rename", "2", "Acme Ltd")
    unclear = terminal.run("organisation", "rename", "Acme Ltd", "X")
    assert unclear.returncode == 2
    assert unclear.stderr == (
        "daybook: 'Acme Ltd' is the name of organisations 1, 2: give the number\n"
    )


def test_a_link_of_the_operator_accepts_several_invitations(terminal: Terminal) -> None:
    terminal.says("organisation", "add", "Beta Ltd")
    terminal.says("organisation", "add", "Gamma Ltd")

    added = terminal.run(
        *("user", "add", EMAIL, "--role", "accountant"),
        *("--organisation", "1", "--organisation", "gamma ltd"),
    )

    assert added.returncode == 0
    assert added.stdout.count("/sign-in/link/") == 1
    assert added.stderr == (
        "The link accepts the invitations of My company (accountant), Gamma Ltd"
        " (accountant).\n"
    )
    listed = terminal.says("user", "list", "--all-organisations")
    assert re.search(rf"1 My company +{EMAIL} .*not yet +20\d\d-\d\d-\d\d", listed)
    assert re.search(rf"3 Gamma Ltd +{EMAIL} ", listed)
    assert "Beta" not in listed
    # Who is wrong about one of them invites nobody to the other.
    wrong = terminal.run(
        *("user", "add", "bob@example.com"),
        *("--organisation", "1", "--organisation", "9"),
    )
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("daybook: there is no organisation 9: there are 1")
    assert "bob@" not in terminal.says("user", "list", "--all-organisations")
    # Who is something else in one of them already: which one is said.
    other = terminal.run(
        *("user", "add", EMAIL, "--organisation", "2", "--organisation", "3")
    )
    assert other.stderr == (
        f"daybook: Gamma Ltd: {EMAIL} is ACCOUNTANT already: set the role\n"
    )


def test_the_list_tells_who_has_not_accepted_and_until_when_they_can(
    terminal: Terminal,
) -> None:
    terminal.says("user", "add", EMAIL)

    row = next(
        line for line in terminal.says("user", "list").splitlines() if EMAIL in line
    )

    columns = re.split(r"  +", row.strip())
    assert columns[:4] == [EMAIL, "ada", "viewer", "not yet"]
    invited, accepted, until = columns[4:]
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", invited) and accepted == "not yet"
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d", until) and until > invited


def test_a_name_is_no_number_of_an_organisation(terminal: Terminal) -> None:
    ended = terminal.run("user", "list", DAYBOOK_ORGANISATION="Beta Ltd")

    assert ended.returncode == 2
    assert ended.stderr == (
        "daybook: DAYBOOK_ORGANISATION must be an organisation's number, as `daybook"
        " organisation list` shows it, not 'Beta Ltd'\n"
    )


def test_every_command_has_help_with_an_example(terminal: Terminal) -> None:
    for command in (
        *(("user", action) for action in ("add", "link", "role", "remove", "list")),
        *(("key", action) for action in ("create", "list", "revoke")),
        *(("organisation", action) for action in ("add", "rename", "list")),
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


def test_a_link_that_would_be_mailed_needs_a_secret(terminal: Terminal) -> None:
    given = {
        "DAYBOOK_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "DAYBOOK_SMTP_URL": "smtp://127.0.0.1:1?starttls=never",
        "DAYBOOK_MAIL_FROM": "books@example.com",
    }
    for command in ("add", "link"):
        mailed = terminal.run("user", command, EMAIL, **given)
        shown = terminal.run("user", command, EMAIL, "--show-link", **given)

        assert mailed.returncode == 2 and mailed.stderr.count("\n") == 1
        assert mailed.stderr.startswith("daybook: DAYBOOK_SECRET is not set, and the")
        assert mailed.stderr.endswith("; or print the link with --show-link\n")
        assert "nothing answers at 127.0.0.1" in shown.stderr


def test_other_commands_need_no_secret(terminal: Terminal) -> None:
    terminal.says("user", "add", EMAIL)

    assert not (terminal.folder / "data" / "secret").exists()
