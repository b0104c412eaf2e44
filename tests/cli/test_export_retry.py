"""`daybook exports retry`, and what it refuses."""

import asyncio
from pathlib import Path

import pytest

from daybook.db.engine import open_database
from daybook.settings import Settings
from daybook_jobs import ask, cancel
from daybook_terminal import INVOICE, Terminal, prepared


def prepare(made: Terminal) -> None:
    made.says("import", made.write("invoices.jsonl", INVOICE))


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """An invoice of a year; export 1 was cancelled, export 2 waits."""
    terminal = prepared(tmp_path, prepare)

    async def request() -> None:
        database = open_database(Settings(data=terminal.folder / "data"))
        await ask(database)
        await cancel(database)
        await ask(database)
        await database.close()

    asyncio.run(request())
    return terminal


def test_an_export_is_requested_again_once(terminal: Terminal) -> None:
    first, again = (
        terminal.says("exports", "retry", "1", "--key", "a") for _ in range(2)
    )
    other = terminal.says("exports", "retry", "1")

    assert first == again == "Export 1 is requested again, as export 3.\n"
    assert other == "Export 1 is requested again, as export 4.\n"


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("2", "export 2 hasn't ended: wait for it, or cancel it first"),
        ("9", "there is no such export"),
        ("99999999999999999999", "there is no export 99999999999999999999"),
        ("x", "'x' is not an export's number: `daybook activity` names them"),
    ],
)
def test_what_is_refused_is_one_line(
    terminal: Terminal, number: str, message: str
) -> None:
    refused = terminal.run("exports", "retry", number)

    assert refused.returncode == 2
    assert message in refused.stderr
    assert refused.stderr.count("\n") == 1
