"""`daybook gl sync`, against Xero on this machine."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from daybook.connections.commands import Author
from daybook.db.engine import open_database
from daybook.gl.live.connecting import begin_connecting, finish_connecting
from daybook_terminal import Terminal
from daybook_xero_server import Xero, came_back, limited, xero_running

BACK = "https://books.example.com/general-ledger/xero/callback"
NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)


@pytest.fixture
def xero() -> Iterator[Xero]:
    """Xero on this machine."""
    with xero_running(Xero()) as made:
        yield made


def variables(xero: Xero) -> dict[str, str]:
    """The environment of a command of a server that is registered there."""
    found = {}
    for name, value in xero.settings():
        if name.startswith("xero_") or name == "secret":
            secret = isinstance(value, SecretStr)
            text = value.get_secret_value() if secret else str(value or "off")
            found[f"DAYBOOK_{name.upper()}"] = text
    return found


def connect(terminal: Terminal, xero: Xero) -> None:
    """Connect the only connection, as an admin does it in a browser."""

    async def run() -> None:
        settings = xero.settings(data=terminal.folder / "data", now=NOW)
        database = open_database(settings)
        author = Author(1, "ann@example.com", NOW)
        address = await begin_connecting(database, settings, author, 1, BACK)
        back = came_back(address)
        await finish_connecting(database, settings, author, back["state"], back["code"])
        await database.close()

    asyncio.run(run())


def test_what_is_new_comes_in_and_into_the_dataset(tmp_path: Path, xero: Xero) -> None:
    terminal, environment = Terminal(tmp_path), variables(xero)
    terminal.says("gl", "connection", "add", "Kiwi", "--currency", "NZD")
    nothing = terminal.run("gl", "sync", **environment)
    assert nothing.returncode == 2
    assert "no connection is connected to Xero: an admin connects" in nothing.stderr
    connect(terminal, xero)

    synced = terminal.run("gl", "sync", **environment)

    assert synced.returncode == 0, synced.stderr
    first, second = synced.stdout.splitlines()
    assert first == "Kiwi: 29 documents new or changed, in 13 pages."
    assert second.startswith("Kiwi: ") and "(refresh 1)." in second
    assert "Kiwi synced with Xero: 29 documents new or changed" in terminal.says(
        "activity", "--csv"
    )
    assert "Connected connection 1, Kiwi, to Dev Evangelist in Xero" in terminal.says(
        "audit", "list"
    )

    xero.faults["Accounts"] = [limited(40_000, "day")]
    waits = terminal.run("gl", "sync", "--connection", "kiwi", **environment)
    assert (waits.returncode, waits.stdout) == (1, "")
    assert "Kiwi: Xero allows no more calls for now (day); a running" in waits.stderr
    assert "1 connection of 1 not synced" in waits.stderr


def test_a_command_that_is_not_registered_says_what_to_do(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.says("gl", "connection", "add", "Kiwi", "--currency", "NZD")

    refused = terminal.run("gl", "sync", "--connection", "Kiwi")

    assert refused.returncode == 2
    assert "DAYBOOK_XERO_CLIENT_ID" in refused.stderr
