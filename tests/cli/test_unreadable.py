"""Files and folders that a command's user may not use: one line with the way out."""

from pathlib import Path
from pwd import getpwuid

import pytest

from daybook_commands import ARGUMENTS, FILES, write_files
from daybook_disks import bound, seal, small_disk
from daybook_evidence import pdf
from daybook_terminal import INVOICE, Terminal, import_an_invoice, prepared

NAMING = [name for name in ARGUMENTS if any(file in ARGUMENTS[name] for file in FILES)]


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal over an invoice, of a user whom the files' modes bind."""
    prepared(tmp_path, import_an_invoice)
    write_files(tmp_path)
    return Terminal(tmp_path, forking=bound())


def refusal(terminal: Terminal, *arguments: str, **settings: str) -> str:
    """The one line that says what is wrong."""
    ended = terminal.run(*arguments, **settings)
    assert ended.returncode in {1, 2} and ended.stdout == "", ended
    (line,) = ended.stderr.splitlines()
    assert line.startswith("daybook: ")
    return line.removeprefix("daybook: ")


def let_read(folder: Path) -> str:
    name = getpwuid(folder.stat().st_uid).pw_name
    return f"let the user {name} read it, who runs this command"


@pytest.mark.parametrize("name", NAMING)
def test_a_file_that_the_user_may_not_read(
    terminal: Terminal, tmp_path: Path, name: str
) -> None:
    words = [*name.split(), *ARGUMENTS[name].split()]
    (file,) = set(FILES).intersection(words)
    (tmp_path / file).chmod(0)

    told = refusal(terminal, *words)

    assert told == f"{file} can't be read: Permission denied; {let_read(tmp_path)}"


@pytest.mark.parametrize(
    "words",
    [
        ("import", "invoices.jsonl", "--map", "m.toml"),
        ("manual", "create", "--file", "m.toml"),
        ("export", "--verify", "m.toml"),
    ],
)
def test_a_file_of_an_option_that_the_user_may_not_read(
    terminal: Terminal, tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "m.toml").touch(0)

    told = refusal(terminal, *words)

    assert "m.toml can't be " in told
    assert told.replace(" use it", " read it").endswith(
        f": Permission denied; {let_read(tmp_path)}"
    )


@pytest.mark.parametrize("command", [("import",), ("attach", "--invoice", "inv_1")])
def test_a_file_in_a_folder_that_the_user_may_not_enter(
    terminal: Terminal, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "private").mkdir(0o600)

    told = refusal(terminal, *command, "private/contract.pdf")

    assert "private/contract.pdf can't be " in told
    assert "; let the user " in told and "it, who runs this command" in told


def test_a_database_in_a_folder_that_the_user_may_not_enter(
    terminal: Terminal, tmp_path: Path
) -> None:
    (tmp_path / "data").chmod(0o600)

    told = refusal(terminal, "user", "list")

    (tmp_path / "data").chmod(0o700)
    assert "data/daybook.db" in told or "data can't be used" in told
    assert told.endswith("(of a server, `sudo daybook …`)")


@pytest.mark.parametrize("name", ["daybook.db", "daybook.runtime.db"])
def test_a_database_that_the_user_may_not_read(
    terminal: Terminal, tmp_path: Path, name: str
) -> None:
    (tmp_path / "data" / name).chmod(0)

    told = refusal(terminal, "user", "list")

    assert told == (
        f"{tmp_path / 'data' / name} can't be used: Permission denied; run this as the"
        " user who owns it (of a server, `sudo daybook …`)"
    )


def test_a_home_that_the_user_may_not_enter(terminal: Terminal, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(0o600)
    url = "postgresql://daybook@127.0.0.1:1/daybook"

    told = refusal(terminal, "user", "list", HOME=str(home), DAYBOOK_DATABASE_URL=url)

    assert f"the folder that HOME names, {home}, isn't accessible to this user" in told
    assert told.endswith(
        "let this user own it (a server's is its data folder), or set another HOME"
    )


def test_a_file_of_settings_that_the_user_may_not_read(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "daybook.env"
    file.touch(0)
    words = f"DAYBOOK_ENV_FILE: {file} can't be read"

    told = refusal(terminal, "user", "list", DAYBOOK_ENV_FILE=str(file))
    file.unlink()
    gone = refusal(terminal, "user", "list", DAYBOOK_ENV_FILE=str(file))

    assert told == (
        f"{words}: Permission denied; run this as a user who may read it (of a server,"
        " `sudo daybook …`)"
    )
    assert gone == (
        f"{words}: No such file or directory; name another, or leave the variable out"
    )


def test_a_folder_of_evidence_that_is_read_only(tmp_path: Path) -> None:
    terminal = prepared(tmp_path, import_an_invoice)
    (tmp_path / "contract.pdf").write_bytes(pdf())
    disk = tmp_path / "evidence"
    disk.mkdir()
    attach = ("attach", "contract.pdf", "--invoice", "inv_1")
    with small_disk(disk):
        (disk / "1").mkdir()
        seal(disk)

        told = refusal(terminal, *attach, DAYBOOK_EVIDENCE="evidence")

    assert told == (
        f"the folder of evidence, {disk}, can't be written into (Read-only file"
        " system): let this user write there, or name another folder in"
        " DAYBOOK_EVIDENCE"
    )
    done = terminal.run(*attach, DAYBOOK_EVIDENCE="evidence")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("export", "-o", "sealed/"), "sealed/journals-USD-all-daily.csv can't be wri"),
        (("export", "-o", "sealed/more/"), "sealed/more/ can't be made"),
        (("deferred-revenue", "-o", "sealed/x.csv"), "sealed/x.csv can't be written"),
        (("import", "a.csv", "--make-map", "sealed/m.toml"), "sealed/m.toml can't be"),
        (
            ("import", "a.jsonl", "--changes", "sealed/c.csv"),
            "--changes sealed/c.csv can't be written",
        ),
        (
            ("import", "a.jsonl", "--problems", "sealed/p.csv"),
            "--problems sealed/p.csv can't be written",
        ),
    ],
)
def test_a_folder_that_the_user_may_not_write_into(
    terminal: Terminal, tmp_path: Path, command: tuple[str, ...], told: str
) -> None:
    """It is told before anything is recorded, with the way out."""
    terminal.write("a.jsonl", INVOICE | {"id": "inv_9", "number": "INV-9"})
    (tmp_path / "a.csv").write_text("Invoice,Net\nR-1,1.00\n")
    (tmp_path / "sealed").mkdir(0o500)
    before = terminal.says("audit", "head")

    words = refusal(terminal, *command)

    assert words.startswith(told)
    way_out = let_read(tmp_path).replace("read", "write")
    assert words.endswith(f": Permission denied; name another place, or {way_out}")
    assert terminal.says("audit", "head") == before
