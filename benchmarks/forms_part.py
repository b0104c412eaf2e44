"""The daily file of everything in other forms: compressed, as Parquet, only rendered.

Against copying the plain file, and against the peers' COPY of it (`csv_part`).
"""

import json
import os
import subprocess
import time
from collections import defaultdict
from pathlib import Path

from benchmarks.costs import Cost, Spread, daybook, module
from benchmarks.csv_part import EXPORT
from benchmarks.results import MEBIBYTE, Results

PROCESSES = "2"
FORMS = {
    "one process": ("plain.csv", "--processes", "1"),
    "two processes": ("plain.csv", "--processes", PROCESSES),
    "gzip": ("made.csv.gz", "--processes", PROCESSES),
    "zstd": ("made.csv.zst", "--processes", PROCESSES),
    "Beancount": ("made.beancount", "--processes", PROCESSES),
    "Parquet": ("made.parquet",),
}
"""How each is exported: its file and its options."""


def measure_forms(results: Results, folder: Path, data: Path, tables: Path) -> None:
    """Take turns and measure; a plain file of two processes has the bytes of one."""
    costs: dict[str, list[Cost]] = defaultdict(list)
    copies, peers = [], []
    sizes: dict[str, int] = {}
    for number in range(1, results.runs + 1):
        results.say(f"Other forms, run {number} of {results.runs}")
        for form, (name, *options) in FORMS.items():
            made = folder / name
            made.unlink(missing_ok=True)
            costs[form].append(daybook(data, *EXPORT, str(made), *options))
            sizes[form] = made.stat().st_size
            if form == "two processes":
                copies.append(_copied(made))
            made.unlink()
        costs["block hashes"].append(
            module("block_hashes", PROCESSES, data=data, folder=folder)
        )
        theirs = folder / "duckdb.parquet"
        peers.append(_duckdb(folder, tables, theirs))
        sizes["DuckDB's Parquet"] = theirs.stat().st_size
        theirs.unlink()
    _same(costs["block hashes"], sizes)
    _report(results, costs, sizes)
    _compare(results, costs, copies, peers)


def _copied(file: Path) -> float:
    """How long `cp` takes; what isn't on the disk yet belongs to nobody."""
    os.sync()
    start = time.perf_counter()
    copy = file.with_suffix(".copy")
    subprocess.run(["cp", file, copy], check=True)  # noqa: S603, S607  (to measure it)
    seconds = time.perf_counter() - start
    copy.unlink()
    return seconds


def _duckdb(folder: Path, tables: Path, file: Path) -> float:
    cost = module("duckdb_peer", "parquet", tables, file, folder=folder)
    return float(json.loads(cost.output)["seconds"])


def _same(rendered: list[Cost], sizes: dict[str, int]) -> None:
    """All rendered the same; the file has a header besides."""
    (answer,) = {cost.output for cost in rendered}
    assert sizes["one process"] == sizes["two processes"] > json.loads(answer)["bytes"]


def _report(
    results: Results, costs: dict[str, list[Cost]], sizes: dict[str, int]
) -> None:
    for form, its in costs.items():
        name = f"Daily file, {form}"
        results.add(f"{name}: whole process", "s", (cost.seconds for cost in its))
        results.add(f"{name}: user + system", "s", (cost.cpu_seconds for cost in its))
        results.add(
            f"{name}: peak resident of a process",
            "MiB",
            (cost.peak_bytes / MEBIBYTE for cost in its),
            0,
        )
    for form, size in sizes.items():
        results.add(f"Daily file, {form}: size", "MB", [size / 1e6])


def _compare(
    results: Results,
    costs: dict[str, list[Cost]],
    copies: list[float],
    peers: list[float],
) -> None:
    copy = results.add("Daily file: cp of it", "s", copies).median
    peer = results.add("Daily file: DuckDB's COPY as Parquet", "s", peers).median
    seconds = {
        form: Spread.of(cost.seconds for cost in its).median
        for form, its in costs.items()
    }
    plain = seconds["two processes"]
    results.aim("Daily file: times the time of cp", plain / copy, 3, is_most=True)
    for form in ("gzip", "zstd"):
        results.aim(
            f"Daily file: rate of {form} by the plain", plain / seconds[form], 1
        )
    results.aim("Parquet: times faster than DuckDB", peer / seconds["Parquet"], 1)
    theirs = {figure.name: figure.spread.median for figure in results.figures}
    for peer_name, whole, hashed in (("PostgreSQL", 6, 8), ("DuckDB", 3, 4)):
        copied = theirs.get(f"Daily CSV: {peer_name}, COPY alone")
        if copied is not None:
            results.aim(f"Two processes: times {peer_name}", copied / plain, whole)
            results.aim(
                f"Block hashes: times {peer_name}",
                copied / seconds["block hashes"],
                hashed,
            )
