"""A number that nothing can have is told like one that nothing has: in one line."""

from pathlib import Path

import pytest

from daybook_terminal import INVOICE, Terminal

NOT_A_NUMBER = "is not a record's number: `daybook exports` lists them"


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A terminal whose ledger has one exported file."""
    terminal = Terminal(Path(tmp_path_factory.mktemp("numbers")))
    terminal.run("import", terminal.write("invoices.jsonl", INVOICE))
    terminal.run("export", "-o", "year.csv")
    return terminal


@pytest.mark.parametrize("number", ["0", "9" * 20])
@pytest.mark.parametrize(
    "command",
    [
        ("exports", "post", "{}", "--reference", "MJ-1"),
        ("exports", "undo-post", "{}", "--reason", "wrong"),
        ("export", "--verify", "year.csv", "--record", "{}"),
        ("export", "--since", "{}", "-o", "since.csv"),
        ("key", "revoke", "{}"),
    ],
    ids=["post", "undo", "verify", "since", "key"],
)
def test_a_number_that_nothing_has_is_told_in_one_line(
    terminal: Terminal, command: tuple[str, ...], number: str
) -> None:
    ended = terminal.run(*(part.format(number) for part in command))

    what = f"export record {number}" if command[0] != "key" else "such key"
    assert ended.returncode == 2
    assert ended.stderr.startswith("daybook: ")
    assert ended.stderr.endswith(f"there is no {what}\n")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("text", ["x", "\N{ARABIC-INDIC DIGIT ONE}"])
@pytest.mark.parametrize(
    "command",
    [
        ("exports", "post", "{}", "--reference", "MJ-1"),
        ("export", "--verify", "year.csv", "--record", "{}"),
    ],
    ids=["post", "verify"],
)
def test_a_text_is_no_number(
    terminal: Terminal, command: tuple[str, ...], text: str
) -> None:
    ended = terminal.run(*(part.format(text) for part in command))

    assert ended.returncode == 2
    assert ended.stderr == f"daybook: {text!r} {NOT_A_NUMBER}\n"
