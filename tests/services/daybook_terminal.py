"""The `daybook` command as a person in a terminal runs it."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
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


FORKING = Forking()


class Terminal:
    """Runs `daybook` in a folder of its own, at a fixed present."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

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
        environment = {**os.environ, "DAYBOOK_DATA": "data", **settings}
        with tempfile.TemporaryDirectory() as outputs:
            out, err = (Path(outputs) / name for name in ("out", "err"))
            status = FORKING.run(arguments, self.folder, environment, (out, err))
            return subprocess.CompletedProcess(
                arguments, status, out.read_text(), err.read_text()
            )

    def says(self, *arguments: str) -> str:
        """What a command that works says."""
        ended = self.run(*arguments)
        assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
        return ended.stdout

    def write(self, name: str, *documents: dict[str, Any]) -> str:
        """Write documents as JSON Lines."""
        lines = "".join(f"{json.dumps(one)}\n" for one in documents)
        (self.folder / name).write_text(lines)
        return name
