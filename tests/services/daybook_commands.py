"""Every command of `daybook`, and a way to call each in this process."""

import io
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from typer.main import get_command

from daybook.cli import app
from daybook_terminal import INVOICE

ARGUMENTS: Mapping[str, str] = {
    "demo": "--no-serve",
    "serve": "--port {port}",
    "worker": "",
    "import": "invoices.jsonl",
    "journals": "",
    "journal": "1",
    "export": "-o out.csv",
    "deferred-revenue": "",
    "waterfall": "",
    "roll-forward": "",
    "population": "",
    "tie-out": "",
    "close-checklist": "",
    "balance enter": "DEFERRED 2025-01-31 1.00",
    "balance import": "balances.csv",
    "balance list": "",
    "lock": "2025-01-31",
    "unlock": "--reason x",
    "settings": "",
    "product": "prod_1 --method USAGE",
    "account": "DEFERRED --name Later",
    "families": "",
    "activity": "",
    "dismiss": "1 --reason x",
    "exports retry": "1",
    "exports link": "1",
    "exports revoke-links": "1",
    "exports post": "1 --reference R",
    "exports undo-post": "1 --reason x",
    "manual create": "",
    "manual list": "",
    "manual show": "MJ-1",
    "manual submit": "MJ-1",
    "manual reverse": "MJ-1 --reason x",
    "manual discard": "MJ-1 --reason x",
    "manual import": "manual.csv",
    "manual recurring list": "",
    "manual recurring create": "--day 1 --from 2025-01",
    "manual recurring submit": "R-1",
    "manual recurring end": "R-1 --reason x",
    "manual recurring run": "",
    "attach": "invoices.jsonl --invoice inv_1",
    "attachments save": "1",
    "attachments remove": "1 --reason x",
    "mapping show": "",
    "mapping set": "DEFERRED code=1 --integration XERO",
    "mapping unset": "DEFERRED --integration XERO",
    "mapping import": "mapping.csv --integration XERO",
    "mapping export": "--integration XERO",
    "mapping chart": "chart.csv --integration XERO",
    "mapping enable": "--integration XERO",
    "mapping disable": "--integration XERO",
    "user add": "ada@example.com",
    "user link": "ada@example.com",
    "user role": "ada@example.com viewer",
    "user remove": "ada@example.com",
    "user erase": "ada@example.com",
    "user list": "",
    "key create": "nightly --may READ",
    "key list": "",
    "key revoke": "1",
    "mail list": "",
    "mail again": "1",
    "mail prefer": "ada@example.com --format text",
    "webhook create": "https://hooks.example.com/daybook",
    "webhook list": "",
    "webhook update": "1 --disable",
    "webhook delete": "1",
    "webhook rotate": "1",
    "webhook test": "1",
    "webhook replay": "1 --since 2025-01-01",
    "webhook deliveries": "1",
    "organisation add": "Daughter",
    "organisation rename": "1 Renamed",
    "organisation list": "",
    "audit verify": "",
    "audit head": "",
    "audit list": "",
    "clock show": "",
    "clock accept": "--reason x",
    "secrets": "",
    "fx rate": "USD GBP",
    "fx refresh": "rates.csv",
    "fx manual add": "KES 2025-01-31 151.2 --reason x",
    "fx manual list": "",
    "fx manual withdraw": "KES 2025-01-31 --reason x",
    "gl connection add": "UK --currency GBP",
    "gl connection list": "",
    "gl connection update": "UK --rename Ltd",
    "gl connection remove": "UK",
    "gl dataset": "--currency GBP",
    "gl import": "journals journals.json",
    "gl sync": "",
    "gl refresh": "",
    "gl lines": "",
    "gl export": "-o lines.csv",
    "gl status": "",
    "gl reconcile": "",
    "db upgrade": "",
    "db compact": "",
}
"""Each command with arguments that it takes, so that it comes to use the database."""

FILES: Mapping[str, str] = {
    "invoices.jsonl": f"{json.dumps(INVOICE)}\n",
    "balances.csv": "account,date,balance\nDEFERRED,2025-01-31,1.00\n",
    "manual.csv": (
        "journal,date,kind,narrative,account,debit,credit\n"
        "1,2025-01-31,ONE_OFF,A one-off,UNBILLED,1.00,\n1,,,,RECOGNIZED,,1.00\n"
    ),
    "mapping.csv": "role,code\nDEFERRED,1\n",
    "chart.csv": "*Code,*Name,*Type\n200,Sales,Revenue\n",
    "journals.json": '{"Journals": []}',
    "rates.csv": "Date,USD,\n2025-01-02,1.0321,\n",
}
"""The files that they name."""


NEEDED = {"DAYBOOK_REDIS_URL": "redis://127.0.0.1:1/0"}
"""What a worker has to know; nothing answers there."""


class Ended(NamedTuple):
    """How a command ended."""

    status: Any
    out: str
    err: str


def every_command() -> Iterator[str]:
    """The name of each command, with its groups' names before it."""
    return _walk(get_command(app.app))


def _walk(command: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    if not hasattr(command, "list_commands"):
        yield " ".join(path)
        return
    for name in command.list_commands(None):
        yield from _walk(command.get_command(None, name), (*path, name))


def call(name: str, settings: Mapping[str, str], port: int = 1) -> Ended:
    """Call a command in this process; what it doesn't catch is raised."""
    words = [*name.split(), *ARGUMENTS[name].format(port=port).split()]
    needed = NEEDED if name == "worker" else {}
    now = {"DAYBOOK_NOW": "2025-06-15T12:00:00Z"}
    return called(words, {**now, **needed, **settings})


def called(words: Sequence[str], settings: Mapping[str, str]) -> Ended:
    """Call `daybook` with these words in this process."""
    out, err = io.TextIOWrapper(io.BytesIO(), write_through=True), io.StringIO()
    status: Any = 0
    with (
        patch.dict(os.environ, settings),
        patch.object(sys, "argv", ["daybook", *words]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            app.main()
        except SystemExit as end:
            status = end.code or 0
    out.flush()
    said = out.detach().getvalue().decode(errors="replace")
    return Ended(status, said, err.getvalue())


def write_files(folder: Path) -> None:
    """Write the files that commands name."""
    for name, text in FILES.items():
        (folder / name).write_text(text)
