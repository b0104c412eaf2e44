"""Imports that are killed: everything or nothing is there, and the next one succeeds.

    python -m benchmarks.killed_imports --kills 50 --invoices 100000

Each round starts an import into an empty database in a process of its own, kills it
(SIGKILL) at a random moment, looks at what is there, and imports the file again.
"""

import argparse
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from random import Random

from benchmarks.invoices import write_invoices

WRITTEN = (
    "ledgers",
    "recordings",
    "customers",
    "products",
    "documents",
    "document_lines",
    "schedules",
    "journals",
    "movements",
    "month_totals",
    "span_totals",
    "audit_records",
    "activities",
)
"""The tables that an import writes."""


def main() -> None:
    """Kill so many imports, print what was found, and fail if anything was halved."""
    arguments = _arguments()
    random = Random(arguments.seed)  # noqa: S311  (any moments do)
    with tempfile.TemporaryDirectory(prefix="daybook-killed-") as name:
        folder = Path(name)
        invoices = folder / "invoices.jsonl"
        write_invoices(invoices, arguments.invoices)
        template = folder / "template"
        _run(template, "db", "upgrade")
        whole = folder / "whole"
        shutil.copytree(template, whole)
        start = time.perf_counter()
        _run(whole, "import", str(invoices))
        longest = time.perf_counter() - start
        expected = _rows(whole)
        print(f"A whole import takes {longest:.1f} s: {expected}", flush=True)
        found: Counter[str] = Counter()
        for number in range(1, arguments.kills + 1):
            data = folder / "killed"
            shutil.copytree(template, data)
            after = random.uniform(0, longest)
            outcome = _kill(data, invoices, after, expected)
            _run(data, "import", str(invoices))
            _check(data, expected)
            shutil.rmtree(data)
            found[outcome] += 1
            print(f"{number}: killed after {after:.2f} s: {outcome}", flush=True)
    print(json.dumps(found))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Imports that are killed.")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--invoices", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _kill(data: Path, invoices: Path, after: float, expected: dict[str, int]) -> str:
    """Start an import, kill it, and say what is there: nothing, or everything."""
    process = subprocess.Popen(  # noqa: S603  (ourselves)
        [sys.executable, "-m", "daybook", "import", str(invoices)],
        env=_environment(data),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
    rows = _rows(data)
    if not any(rows.values()):
        return "nothing"
    if rows == expected:
        return "everything"
    sys.exit(f"half of an import is there after {after:.2f} s: {rows}")


def _check(data: Path, expected: dict[str, int]) -> None:
    """The next attempt has made all there is to make, once."""
    rows = _rows(data)
    if rows != expected:
        sys.exit(f"the next attempt left {rows}, and not {expected}")
    with closing(sqlite3.connect(data / "daybook.db")) as connection:
        (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
        if verdict != "ok":
            sys.exit(f"the database is damaged: {verdict}")
    _run(data, "audit", "verify")


def _rows(data: Path) -> dict[str, int]:
    """How many rows there are of each table that an import writes."""
    with closing(sqlite3.connect(data / "daybook.db")) as connection:
        return {
            table: connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in WRITTEN
        }


def _run(data: Path, *command: str) -> None:
    subprocess.run(  # noqa: S603  (ourselves)
        [sys.executable, "-m", "daybook", *command],
        env=_environment(data),
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _environment(data: Path) -> dict[str, str]:
    return {**os.environ, "DAYBOOK_DATA": str(data), "DAYBOOK_NOW": "2026-06-30T12:00"}


if __name__ == "__main__":
    main()
