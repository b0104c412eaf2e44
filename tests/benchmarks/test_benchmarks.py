"""The benchmarks' own code, on a few invoices: that it runs, and that lines agree.

Nothing is asserted about time: figures of so few invoices say nothing.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from daybook_services.left_out import leave_out

ROOT = Path(__file__).parents[2]
INVOICES = 50
ENTRIES = INVOICES * (1 + 365)
"""Each invoice is billed on one day, and recognized on each day of a year."""
PARTS = (
    *("csv", "storage", "import", "report", "graphql", "subscribers", "readers"),
    *("formats", "trail", "forms", "revenue", "page", "gl"),
)


@pytest.fixture(scope="module", autouse=True)
def packages() -> None:
    """Leave all out where only `make test` has been run: duckdb is large."""
    for package in ("duckdb", "psycopg"):
        if importlib.util.find_spec(package) is None:
            leave_out("the benchmarks' packages are not installed: run make bench")
    if not (ROOT / "benchmarks" / "postgraphile" / "node_modules").is_dir():
        leave_out("PostGraphile is not installed: run make bench")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one small run of all parts but that of workers measured."""
    file = tmp_path_factory.mktemp("benchmarks") / "results.json"
    completed = benchmarks(
        *("--only", ",".join(PARTS)),
        *("--invoices", str(INVOICES), "--imported", str(INVOICES)),
        *("--journals", "60000", "--runs", "1", "--results", file),
        *("--listed", "1200", "--seconds", "0.5", "--subscribers", "20"),
        *("--records", "2000", "--schedules", "6000", "--gl-lines", "20000"),
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr
    content: dict[str, Any] = json.loads(file.read_text())
    return content


def benchmarks(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the benchmarks as `make bench` does."""
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "tests/services"},
        capture_output=True,
        text=True,
        timeout=1_800,
        check=False,
    )


def test_daybook_and_both_peers_write_the_same_lines(results: dict[str, Any]) -> None:
    lines = 1 + 2 * ENTRIES

    assert any(
        note.startswith(f"The three files hold the same {lines:,} lines")
        for note in results["notes"]
    )
    assert f"One row per entry is {ENTRIES:,} rows." in results["notes"]


def test_all_graphql_servers_list_the_same_journals(results: dict[str, Any]) -> None:
    for database in ("SQLite", "PostgreSQL"):
        note = f"On {database} all servers answer the same 100 journals."
        assert note in results["notes"]


def test_every_part_measures_something(results: dict[str, Any]) -> None:
    medians = {
        figure["name"]: figure["spread"]["median"] for figure in results["figures"]
    }

    for part in (
        "Import into SQLite: ",
        "Import into PostgreSQL: ",
        "Stored: ",
        "Report: ",
        "Manual journals: ",
        "Trail: ",
        "Revenue: ",
        "GraphQL: SQLite, Daybook, 16, ",
        "GraphQL: PostgreSQL, PostGraphile, 2 processes, 1, ",
        "Subscribers: ",
        "Page: the demo, served: first byte",
        "Page: 50 readers, 2 processes, PostgreSQL: p95",
        "Page: 60,000 journals on PostgreSQL, served: first byte",
        "General ledger: import into PostgreSQL: ",
        "General ledger: csv, DuckDB",
        "General ledger: first page, a search",
    ):
        assert [name for name in medians if name.startswith(part)]
    assert all(median >= 0 for median in medians.values())
    assert len(results["targets"]) == 34
    assert all(target["reached"] > 0 for target in results["targets"])


def test_workers_and_a_server_alone_make_the_same_bytes(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    completed = benchmarks(
        *("--only", "workers", "--exported", str(INVOICES), "--queue", "3", "2"),
        *("--runs", "1", "--results", file),
    )

    assert completed.returncode == 0, completed.stdout + completed.stderr
    results = json.loads(file.read_text())
    for form in ("plain", "gzip"):
        name = f"Workers: {form}: all made the same {2 * ENTRIES:,} rows, "
        assert any(note.startswith(name) for note in results["notes"])
    reached = {target["name"]: target["reached"] for target in results["targets"]}
    assert reached["Queue: starts until each organisation had one"] == 3
    assert reached["Queue: starts by which one is ahead of another"] == 1
    assert len(reached) == 6


def test_a_part_that_there_is_not_is_refused() -> None:
    completed = benchmarks("--only", "csv,tables")

    assert completed.returncode == 2
    assert (
        "parts are csv, storage, import, report, graphql, subscribers, readers"
        in completed.stderr
    )
