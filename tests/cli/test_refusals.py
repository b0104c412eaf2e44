"""What an operator gets wrong is told in one line: settings, files, places to write."""

import os
import re
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import make_url

from daybook_terminal import INVOICE, Terminal

URL_FORMS = "use sqlite:///FILE or postgresql://USER@HOST/NAME"


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal in a folder with a file `afile` and a folder `afolder`."""
    (tmp_path / "afile").write_text("{}")
    (tmp_path / "afolder").mkdir()
    return Terminal(tmp_path)


def refusal(ended: subprocess.CompletedProcess[str]) -> str:
    """The one line that says what is wrong."""
    assert ended.returncode in {1, 2}, ended.stderr
    (line,) = ended.stderr.splitlines()
    assert line.startswith("daybook: ")
    return line.removeprefix("daybook: ")


@pytest.mark.parametrize(
    "command",
    [
        ("journals",),
        ("families",),
        ("settings",),
        ("audit", "verify"),
        ("clock", "show"),
        ("key", "list"),
        ("user", "add", "ada@example.com"),
    ],
)
def test_an_organisation_that_there_is_not_is_named_with_those_there_are(
    terminal: Terminal, command: tuple[str, ...]
) -> None:
    terminal.says("organisation", "add", "Daughter [Ltd]")

    ended = terminal.run(*command, DAYBOOK_ORGANISATION="7")

    assert ended.returncode == 2
    assert refusal(ended) == (
        "DAYBOOK_ORGANISATION is 7, and there is no such organisation: there are"
        " 1 (My company), 2 (Daughter [Ltd])"
    )


def test_organisations_are_listed_and_added_without_one(terminal: Terminal) -> None:
    none = {"DAYBOOK_ORGANISATION": "7"}

    added = terminal.run("organisation", "add", "Daughter Ltd", **none)
    listed = terminal.run("organisation", "list", **none)

    assert added.returncode == listed.returncode == 0
    assert "Daughter Ltd" in listed.stdout


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("DATA", "afile", "DAYBOOK_DATA: afile is not a folder"),
        (
            "DATABASE_URL",
            "sqlite:///afile/daybook.db",
            "afile is not a folder, but the database should be there: see",
        ),
        pytest.param(
            "DATABASE_URL",
            "sqlite:////proc/none/daybook.db",
            "the database's folder /proc/none can't be made: No such file or directory;"
            " see DAYBOOK_DATA and DAYBOOK_DATABASE_URL",
            marks=pytest.mark.skipif(not Path("/proc").is_dir(), reason="no /proc"),
        ),
        ("DATABASE_URL", "sqlite:///afolder", "is a folder: name a file in it"),
        (
            "DATABASE_URL",
            "sqlite://",
            f"DAYBOOK_DATABASE_URL names no file: {URL_FORMS}",
        ),
        ("DATABASE_URL", "x", f"DAYBOOK_DATABASE_URL is no such URL: {URL_FORMS}"),
        ("DATABASE_URL", "postgresql://host:port/x", "DAYBOOK_DATABASE_URL is no such"),
        ("DATABASE_URL", "foo://x/y", f"DAYBOOK_DATABASE_URL names 'foo': {URL_FORMS}"),
        (
            "DATABASE_URL",
            "postgresql://x@127.0.0.1:1/x?sslmode=require&colour=red",
            "DAYBOOK_DATABASE_URL has colour after its question mark: Daybook knows",
        ),
        ("NOW", "9999-12-31T23:59:59-12:00", "DAYBOOK_NOW must be in 2001-01-02 … 2"),
        ("ORGANISATION", "9" * 20, "DAYBOOK_ORGANISATION must be less than 92"),
        ("EXPORT_DAYS", "9" * 11, "DAYBOOK_EXPORT_DAYS must be less than or e"),
        ("ALLOWED_HOSTS", "https://x.com", "DAYBOOK_ALLOWED_HOSTS must be host names"),
        ("PUBLIC_URL", "x.com", "such as https://books.example.com, not 'x.com'"),
    ],
)
def test_a_setting_that_cant_be_used_is_told(
    terminal: Terminal, name: str, value: str, message: str
) -> None:
    told = refusal(terminal.run("journals", **{f"DAYBOOK_{name}": value}))

    assert message in told


def test_the_demo_too_says_that_its_folder_is_none(terminal: Terminal) -> None:
    told = refusal(terminal.run("demo", "--no-serve", DAYBOOK_DATA="afile"))

    assert told == "DAYBOOK_DATA: afile is not a folder"


@pytest.mark.parametrize("command", [("journals",), ("db", "upgrade")])
def test_what_a_server_refuses_is_told(
    terminal: Terminal, postgresql_empty: str, command: tuple[str, ...]
) -> None:
    url = make_url(postgresql_empty).set(database="nowhere")
    text = url.render_as_string(hide_password=False)

    told = refusal(terminal.run(*command, DAYBOOK_DATABASE_URL=text))

    assert told == (
        'the database can\'t be used: database "nowhere" does not exist: create it,'
        " then run `daybook db upgrade`"
    )


def test_a_storage_is_named_without_its_credentials(terminal: Terminal) -> None:
    url = "s3://AKID:geheim@books"
    told = refusal(terminal.run("journals", DAYBOOK_STORAGE_URL=url))

    assert told.startswith("DAYBOOK_STORAGE_URL must have no credentials: they belong")
    assert "geheim" not in told


@pytest.mark.parametrize("name", ["EXPORTS", "EVIDENCE"])
def test_files_are_in_one_place(terminal: Terminal, name: str) -> None:
    settings = {f"DAYBOOK_{name}": "afolder", "DAYBOOK_STORAGE_URL": "s3://books"}
    told = refusal(terminal.run("journals", **settings))

    assert told.startswith(f"DAYBOOK_{name} and DAYBOOK_STORAGE_URL name two places")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("TRUSTED_DOCUMENTS", "DAYBOOK_TRUSTED_DOCUMENTS: there is no folder afile"),
        ("EXPORTS", "DAYBOOK_EXPORTS: afile is not a folder"),
    ],
)
def test_a_server_needs_its_folders(
    terminal: Terminal, name: str, message: str
) -> None:
    assert refusal(terminal.run("serve", **{f"DAYBOOK_{name}": "afile"})) == message


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            "serve --workers 0",
            "--workers: must be greater than or equal to 1 (daybook serve --help)",
        ),
        (
            "serve --port 99999",
            "--port: must be less than or equal to 65535 (daybook serve --help)",
        ),
        (
            "journals --limit x",
            "--limit: must be a valid integer (daybook journals --help)",
        ),
        (
            "journals --custmer x",
            (
                "no such option: --custmer; did you mean --customer?"
                " (daybook journals --help)"
            ),
        ),
        (
            "user ad a@example.com",
            "no such command 'ad'. Did you mean 'add'? (daybook user --help)",
        ),
        ("import", "missing argument 'FILE' (daybook import --help)"),
        (
            "lock 2025-01-31 2",
            "got unexpected extra argument(s) (2) (daybook lock --help)",
        ),
        (
            "journals --customer",
            "option '--customer' requires an argument (daybook journals --help)",
        ),
    ],
)
def test_words_that_a_command_doesnt_have_take_one_line(
    terminal: Terminal, command: str, message: str
) -> None:
    ended = terminal.run(*command.split())

    assert (ended.returncode, refusal(ended)) == (2, message)


def test_a_group_without_a_command_shows_its_help(terminal: Terminal) -> None:
    ended = terminal.run("user")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("Usage: daybook user ")


MISTYPED = (
    "DAYBOOK_ORGANIZATION is no setting: rename it to DAYBOOK_ORGANISATION if you meant"
    " that, or remove it"
)


def test_several_mistyped_settings_are_told_in_a_line(terminal: Terminal) -> None:
    (terminal.folder / ".env").write_text("DAYBOOK_EXPORT_DAY=3\n")
    other = (
        "DAYBOOK_EXPORT_DAY is no setting: rename it to DAYBOOK_EXPORT_DAYS if you"
        " meant that, or remove it"
    )

    told = refusal(terminal.run("lock", "2025-01-31", DAYBOOK_ORGANIZATION="2"))

    assert told == f"{other}; {MISTYPED}"


def test_variables_that_are_like_no_setting_are_named(terminal: Terminal) -> None:
    for command in ("organisation list", "user list", "clock show", "audit list"):
        ended = terminal.run(
            *command.split(), DAYBOOK_PORT="9000", DAYBOOK_TEST_X="x", DAYBOOK_KEY="x"
        )
        assert ended.returncode == 0 and ended.stdout
        assert ended.stderr == (
            "daybook: DAYBOOK_PORT is no setting, and was ignored\n"
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.jsonl",), "none.jsonl: there is no such file"),
        (("afolder",), "afolder: is a folder or a device: name a file"),
        (("afile", "--map", "none.toml"), "none.toml: there is no such file"),
        (("afile", "--map", "afolder"), "afolder: is a folder or a device: name a fi"),
    ],
)
def test_an_import_names_files_that_cant_be_read(
    terminal: Terminal, arguments: tuple[str, ...], message: str
) -> None:
    assert refusal(terminal.run("import", *arguments)).startswith(message)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("afolder", "--problems afolder can't be written: Is a directory"),
        ("none/p.csv", "--problems none/p.csv: there is no folder none"),
        ("invoices.jsonl", "--problems invoices.jsonl is read, too: name another file"),
        ("./link", "--problems link is read, too: name another file"),
        ("m.toml", "--problems m.toml is read, too: name another file"),
        ("afile", "--problems afile exists, and isn't a file of problems: it stays"),
    ],
)
def test_problems_are_written_over_nothing_but_problems(
    terminal: Terminal, path: str, why: str
) -> None:
    name = terminal.write("invoices.jsonl", INVOICE)
    (terminal.folder / "link").symlink_to(name)
    (terminal.folder / "m.toml").write_text("[columns]\n")
    target = terminal.folder / path
    before = target.read_bytes() if target.is_file() else None
    mapping = ("--map", path) if path == "m.toml" else ()

    ended = terminal.run("import", name, *mapping, "--problems", path)

    assert refusal(ended).startswith(why)
    assert (target.read_bytes() if target.is_file() else None) == before
    assert "no ledger yet" in refusal(terminal.run("journals"))


def test_problems_replace_problems_and_empty_files(terminal: Terminal) -> None:
    name = terminal.write("invoices.jsonl", INVOICE)
    (terminal.folder / "p.csv").write_text("")

    terminal.run("import", "afile", "--problems", "p.csv")
    rejected = (terminal.folder / "p.csv").read_text()
    terminal.says("import", name, "--problems", "p.csv")

    assert rejected.startswith("line,path,code,message,kind,file\n")
    assert rejected.count("\n") == 2
    assert (terminal.folder / "p.csv").read_text().count("\n") == 1


def test_a_disk_that_is_full_ends_with_a_status(terminal: Terminal) -> None:
    name = terminal.write("invoices.jsonl", INVOICE)

    ended = terminal.run("import", name, "--problems", "/dev/full")

    assert ended.returncode == 1
    assert "daybook: --problems /dev/full can't be written: " in ended.stderr
    assert "1 invoice recorded" in ended.stdout


def test_an_export_below_a_file_is_refused(terminal: Terminal) -> None:
    terminal.says("import", terminal.write("invoices.jsonl", INVOICE))

    told = refusal(terminal.run("export", "-o", "afile/x.csv"))

    assert told == "afile/x.csv can't be written: Not a directory"


def test_an_export_leaves_pipes_and_links_what_they_are(terminal: Terminal) -> None:
    terminal.says("import", terminal.write("invoices.jsonl", INVOICE))
    pipe, link = terminal.folder / "pipe", terminal.folder / "link.csv"
    os.mkfifo(pipe)
    link.symlink_to("afile")
    read: list[bytes] = []
    reading = Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reading.start()

    assert terminal.run("export", "-o", "pipe").returncode == 0
    reading.join(30)
    assert terminal.run("export", "-o", "link.csv").returncode == 0

    written = (terminal.folder / "afile").read_bytes()
    assert read == [written] and written.count(b"\n") > 300
    assert pipe.is_fifo() and link.is_symlink()


@pytest.mark.parametrize(
    ("shell", "status", "message"),
    [
        ("journals > /dev/full", 1, "the output can't be written: No space left on"),
        ("--help > /dev/full", 1, "the output can't be written: No space left on de"),
        ("organisation list >&-", 0, ""),
        ("organisation list > /dev/null 2>&-", 0, ""),
        ("organisation list <&- > /dev/null", 0, ""),
        ("export -o - | true; exit ${PIPESTATUS[0]}", 1, ""),
    ],
)
def test_an_output_that_takes_nothing(
    terminal: Terminal, shell: str, status: int, message: str
) -> None:
    terminal.says("import", terminal.write("invoices.jsonl", INVOICE))

    ended = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m daybook {shell}"],  # noqa: S607
        cwd=terminal.folder,
        env={
            **os.environ,
            "DAYBOOK_DATA": "data",
            "DAYBOOK_NOW": "2025-06-15T12:00:00Z",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode in {status, 0 if "|" in shell else status}
    assert "Traceback" not in ended.stderr
    assert ended.stderr.startswith(f"daybook: {message}") if message else True


@pytest.mark.parametrize("group", [(), ("user",), ("key",), ("audit",)])
def test_help_is_whole_in_a_narrow_terminal(
    terminal: Terminal, group: tuple[str, ...]
) -> None:
    text = terminal.run(*group, "--help", COLUMNS="80").stdout
    names = re.findall(r"^  ([a-z]+)  ", text.partition("Commands:")[2], re.MULTILINE)

    assert names
    for one in (group, *((*group, name) for name in names)):
        shown = terminal.run(*one, "--help", COLUMNS="80").stdout
        assert "…" not in shown
        assert not re.search(r"\.\.\.$", shown.partition("Options:")[2], re.MULTILINE)
        assert max(map(len, shown.splitlines())) <= 80
