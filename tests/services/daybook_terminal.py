"""The `daybook` command as a person in a terminal runs it."""

import atexit
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from daybook_forking import Forking

INVOICE: dict[str, Any] = {
    "type": "invoice",
    "id": "inv_1",
    "number": "INV-1",
    "status": "FINAL",
    "currency": "USD",
    "customer": {"id": "cus_1", "name": "Acme"},
    "issued_on": "2025-01-01",
    "lines": [
        {
            "id": "1",
            "product": {"id": "prod_1", "name": "Platform"},
            "amount": "1200.00",
            "service_from": "2025-01-01",
            "service_to": "2025-12-31",
        }
    ],
}
"""A year of one product, as a sender writes it."""
CREDIT_OF_NOTHING: dict[str, Any] = {
    "type": "credit_note",
    "id": "cn_9",
    "status": "FINAL",
    "currency": "USD",
    "customer": {"id": "cus_1", "name": "Acme"},
    "issued_on": "2025-06-01",
    "invoice_id": "inv_9",
    "lines": [{"id": "1", "invoice_line_id": "1", "amount": "60.00"}],
}
"""A credit note whose invoice isn't there: an import of it fails."""


FORKING = Forking()


WAITING = "Waiting for another program that writes into the database …\n"


class Terminal:
    """Runs `daybook` in a folder of its own, at a fixed present.

    Its database is empty and migrated, a copy of one that was made once; a command
    makes it itself where `is_first_run` says so.
    """

    def __init__(
        self, folder: Path, *, is_first_run: bool = False, forking: Forking = FORKING
    ) -> None:
        self.folder = folder
        self._forking = forking
        self._data = None if is_first_run else folder / "data"

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        ours = {"DAYBOOK_NOW": "2025-06-15T12:00:00Z", **settings}
        return self._run(arguments, ours)

    def run_now(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command by the machine's own clock."""
        return self._run(arguments, {})

    def _run(
        self, arguments: Sequence[str], settings: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        if "DAYBOOK_DATA" not in settings and self._data and not self._data.exists():
            shutil.copytree(_migrated(), self._data)
        environment = {**os.environ, "DAYBOOK_DATA": "data", **settings}
        with tempfile.TemporaryDirectory() as outputs:
            out, err = (Path(outputs) / name for name in ("out", "err"))
            status = self._forking.run(arguments, self.folder, environment, (out, err))
            return subprocess.CompletedProcess(
                arguments, status, out.read_text(), err.read_text()
            )

    def says(self, *arguments: str) -> str:
        """What a command that works says."""
        ended = self.run(*arguments)
        # On a busy machine, beginning to write takes so long that it is told.
        errors = ended.stderr.replace(WAITING, "")
        assert (ended.returncode, errors) == (0, ""), ended.stderr
        return ended.stdout

    def write(self, name: str, *documents: dict[str, Any]) -> str:
        """Write documents as JSON Lines."""
        lines = "".join(f"{json.dumps(document)}\n" for document in documents)
        (self.folder / name).write_text(lines)
        return name


def prepared(folder: Path, prepare: Callable[[Terminal], object]) -> Terminal:
    """A terminal in whose folder `prepare` ran; it runs once, for all such folders."""
    shutil.copytree(_prepared(prepare), folder, dirs_exist_ok=True)
    return Terminal(folder)


def import_an_invoice(terminal: Terminal) -> None:
    """Record a year's invoice."""
    terminal.says("import", terminal.write("invoices.jsonl", INVOICE))


@cache
def _prepared(prepare: Callable[[Terminal], object]) -> Path:
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    prepare(Terminal(folder))
    return folder


@cache
def _migrated() -> Path:
    """A data folder with an empty, migrated database."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Terminal(folder, is_first_run=True).run("db", "upgrade")
    return folder / "data"
