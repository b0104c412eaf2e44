"""The file that `DAYBOOK_ENV_FILE` names, and settings that are refused."""

import os
from pathlib import Path

import pytest

from daybook.cli.env_file import EnvFileUnfit, take_env_file
from daybook_terminal import Terminal

FILE = """\
# settings of a server
; and another comment

DAYBOOK_A=postgresql://u:p$x&y z@h/n?a=1&b=2
DAYBOOK_B="two words \\"quoted\\" $HOME"
  DAYBOOK_C = no
"""
SECRET_MESSAGE = "a secret in DAYBOOK_SECRET has 5 characters"


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables that a test takes are gone after it."""
    monkeypatch.setattr(os, "environ", dict(os.environ))


def take(folder: Path, text: str) -> None:
    """Take the variables of a file."""
    path = folder / "daybook.env"
    path.write_text(text)
    os.environ["DAYBOOK_ENV_FILE"] = str(path)
    take_env_file()


def test_values_are_taken_as_they_are(tmp_path: Path) -> None:
    take(tmp_path, "\n".join(FILE.splitlines()[:-1]))

    assert os.environ["DAYBOOK_A"] == "postgresql://u:p$x&y z@h/n?a=1&b=2"
    assert os.environ["DAYBOOK_B"] == 'two words "quoted" $HOME'


def test_the_environment_wins_and_the_last_line_of_a_name(tmp_path: Path) -> None:
    os.environ["DAYBOOK_A"] = "mine"

    take(tmp_path, "DAYBOOK_A=its\nDAYBOOK_B=1\nDAYBOOK_B='2'\n")

    assert (os.environ["DAYBOOK_A"], os.environ["DAYBOOK_B"]) == ("mine", "2")


def test_a_line_of_another_form_is_refused_by_its_number(tmp_path: Path) -> None:
    with pytest.raises(EnvFileUnfit, match="line 6: write NAME=VALUE") as refused:
        take(tmp_path, FILE)

    assert "DAYBOOK_C" not in str(refused.value)


def test_a_command_reads_the_file_and_no_other(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    (tmp_path / ".env").write_text("DAYBOOK_ORGANISATION=77\n")
    named = tmp_path / "named.env"
    named.write_text(f"DAYBOOK_DATABASE_URL=sqlite:///{tmp_path}/a&b c.db\n")

    ended = terminal.run(
        "organisation", "rename", "1", "A", DAYBOOK_ENV_FILE=str(named)
    )

    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "a&b c.db").exists()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"DAYBOOK_ENV_FILE": "gone.env"}, "gone.env can't be read: No such file"),
        ({"DAYBOOK_DATABASE_URL": ""}, "DAYBOOK_DATABASE_URL is empty: name a"),
        ({"DAYBOOK_SECRET": "short"}, SECRET_MESSAGE),
        (
            {"DAYBOOK_DATABASE_URL": "postgresql://u:pa@ss@127.0.0.1/n"},
            "more than one @: percent-encode the password",
        ),
        ({"DAYBOOK_DATABASE_URL": "sqlite:////usr"}, "/usr is a folder: name a file"),
        (
            {"DAYBOOK_DATABASE_URL": "postgresql://u@h/n?sslmod=require"},
            "port, ssl, sslmode, target",
        ),
    ],
)
def test_settings_are_refused_in_a_line(
    tmp_path: Path, settings: dict[str, str], words: str
) -> None:
    ended = Terminal(tmp_path).run("user", "list", **settings)

    assert (ended.returncode, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    assert words in line and "ss@" not in line
