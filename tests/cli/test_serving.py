"""What a server says as it starts, and where the links of commands lead."""

import re
import shlex
from pathlib import Path

import pytest

from daybook.server_address import PORT, address_of
from daybook.settings import Settings
from daybook_serving import daybook_serving
from daybook_terminal import Terminal

EMAIL = "ada@example.com"
NOBODY = "Nobody can sign in yet: `daybook user add EMAIL --role admin`\n"


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal in a folder of its own."""
    return Terminal(tmp_path)


def test_the_version_is_printed_whatever_the_settings_are(terminal: Terminal) -> None:
    ended = terminal.run("--version", DAYBOOK_FAST="perhaps", DAYBOOK_DATA="nowhere")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert re.fullmatch(r"daybook \d+\.\d+\.\d+ \(tables \d{4}/\d{4}\)\n", ended.stdout)


def test_links_lead_to_the_public_address(terminal: Terminal) -> None:
    public = {"DAYBOOK_PUBLIC_URL": "https://books.example.com/"}

    for command in ("add", "link"):
        said, link = terminal.run("user", command, EMAIL, **public).stdout.splitlines()

        assert said == f"{EMAIL} signs in here, once and within three days:"
        assert link.startswith("https://books.example.com/sign-in/link/")


def test_links_lead_to_the_server_that_runs(terminal: Terminal) -> None:
    terminal.says("user", "add", EMAIL)
    with daybook_serving(terminal.folder) as served:
        said, link = terminal.says("user", "link", EMAIL).splitlines()

        assert said == f"{EMAIL} signs in here, once and within three days:"
        assert link.startswith(f"{served.address}/sign-in/link/")
    said, link = terminal.says("user", "link", EMAIL).splitlines()

    assert said == (
        f"{EMAIL} signs in here, once and within three days,"
        " while `daybook serve` runs (with --port, put that for 8000):"
    )
    assert link.startswith("http://127.0.0.1:8000/sign-in/link/")


def test_who_is_let_in_gets_the_address_of_the_server_that_runs(
    terminal: Terminal, tmp_path: Path
) -> None:
    elsewhere = Terminal(tmp_path / "elsewhere")
    elsewhere.folder.mkdir()
    its = {"DAYBOOK_DATABASE_URL": f"sqlite:///{tmp_path}/data/daybook.db"}
    with daybook_serving(terminal.folder) as served:
        here = terminal.says("user", "add", EMAIL)
        there = elsewhere.run("user", "add", "bob@example.com", **its).stdout

    assert served.port != PORT
    for said in (here, there):
        assert said.splitlines()[1].startswith(f"{served.address}/sign-in/link/")


def test_the_demo_says_how_other_commands_reach_it(tmp_path: Path) -> None:
    folder = tmp_path / "my books"
    folder.mkdir()
    terminal = Terminal(folder, is_first_run=True)

    line = terminal.says("demo", "--no-serve").splitlines()[-1]

    words, export, pasted = line.partition("export ")
    assert (words, export) == ("Other commands reach it after: ", "export ")
    (setting,) = shlex.split(pasted)
    name, _, url = setting.partition("=")
    other = Terminal(tmp_path, is_first_run=True)
    said = other.run("journals", "--currency", "USD", **{name: url})
    assert (said.returncode, said.stderr) == (0, "")
    assert re.search(r"The first 50 of [\d,]+ journals;", said.stdout)


def test_a_killed_server_is_not_taken_for_one_that_runs(terminal: Terminal) -> None:
    terminal.says("user", "add", EMAIL)
    (terminal.folder / "data" / "daybook.address").write_text("http://127.0.0.1:9\n")

    link = terminal.says("user", "link", EMAIL).splitlines()[1]

    assert link.startswith("http://127.0.0.1:8000/")


def test_servers_of_several_databases_each_have_their_links(
    terminal: Terminal, tmp_path: Path
) -> None:
    other = {"DAYBOOK_DATABASE_URL": f"sqlite:///{tmp_path}/other/books.db"}
    terminal.says("user", "add", EMAIL)
    terminal.run("user", "add", EMAIL, **other)
    with (
        daybook_serving(terminal.folder) as served,
        daybook_serving(terminal.folder, **other) as its,
    ):
        links = [
            terminal.run("user", "link", EMAIL, **settings).stdout.splitlines()[1]
            for settings in ({}, other)
        ]

    assert links[0].startswith(served.address) and links[1].startswith(its.address)


@pytest.mark.parametrize(
    ("host", "settings", "address"),
    [
        ("127.0.0.1", {}, "http://127.0.0.1:81"),
        ("::1", {}, "http://[::1]:81"),
        ("0.0.0.0", {}, "http://127.0.0.1:81"),  # noqa: S104
        ("::", {"allowed_hosts": "localhost,books.lan"}, "http://books.lan:81"),
        ("10.0.0.1", {}, "http://10.0.0.1:81"),
        (
            "::",
            {"public_url": "https://books.example.com"},
            "https://books.example.com",
        ),
    ],
)
def test_the_address_of_a_server(
    host: str, settings: dict[str, str], address: str
) -> None:
    assert address_of(Settings.model_validate(settings), host, 81) == address


def test_a_server_says_that_nobody_can_sign_in(terminal: Terminal) -> None:
    terminal.says("organisation", "list")
    with daybook_serving(terminal.folder) as served:
        pass

    assert served.complained.read_text() == NOBODY


def test_a_server_names_variables_that_are_no_settings(terminal: Terminal) -> None:
    terminal.says("organisation", "list")
    with daybook_serving(
        terminal.folder, DAYBOOK_COLOUR="red", DAYBOOK_KEY="x"
    ) as served:
        pass
    mistyped = terminal.run("serve", DAYBOOK_ALLOWED_HOST="x")

    assert served.complained.read_text() == (
        f"daybook: DAYBOOK_COLOUR is no setting, and was ignored\n{NOBODY}"
    )
    assert (mistyped.returncode, mistyped.stdout) == (2, "")
    assert mistyped.stderr == (
        "daybook: DAYBOOK_ALLOWED_HOST is no setting: rename it to"
        " DAYBOOK_ALLOWED_HOSTS if you meant that, or remove it\n"
    )


def test_members_of_any_organisation_can_sign_in(terminal: Terminal) -> None:
    terminal.says("organisation", "add", "Daughter Ltd")
    terminal.run("user", "add", EMAIL, DAYBOOK_ORGANISATION="2")
    with daybook_serving(terminal.folder) as served:
        pass

    assert served.complained.read_text() == ""
    assert served.said.read_text() == (
        f"Daybook is at {served.address}/ (stop it with Ctrl+C)\n"
    )
