"""The daily CSV of everything, against PostgreSQL's and DuckDB's COPY of it."""

import json
from pathlib import Path

from benchmarks.comparing import same_lines
from benchmarks.costs import Cost, daybook, module
from benchmarks.postgresql import Copied, PostgreSQL
from benchmarks.results import MEBIBYTE, Results

POSTED = ("--on", "2099-12-31")
"""When all entries are posted: files have no column that says which are."""
EXPORT = ("export", *POSTED, "--granularity", "daily", "--max-rows", "0", "-o")


def measure_csv(
    results: Results, folder: Path, data: Path, tables: Path, peer: PostgreSQL
) -> None:
    """Prove that all three write the same lines, then take turns and measure."""
    loaded = json.loads(module("duckdb_peer", "load", tables, folder=folder).output)
    results.machine["duckdb"] = loaded["version"]
    ours = folder / "daybook.csv"
    theirs = folder / "duckdb.csv"
    daybook(data, *EXPORT, str(ours))
    size = ours.stat().st_size
    copied = peer.copy().file
    lines = same_lines(ours, copied)
    copied.unlink()
    _duckdb(folder, tables, theirs)
    assert same_lines(ours, theirs) == lines, "both were compared with the same file"
    ours.unlink()
    theirs.unlink()
    results.note(
        f"The three files hold the same {lines:,} lines, byte for byte but for"
        f" CRLF and LF; Daybook's has {size:,} bytes."
    )

    exports: list[Cost] = []
    copies: list[Copied] = []
    duckdb: list[tuple[float, Cost]] = []
    for number in range(1, results.runs + 1):
        results.say(f"Daily CSV, run {number} of {results.runs}")
        exports.append(daybook(data, *EXPORT, str(ours)))
        assert ours.stat().st_size == size, "the same export has the same size"
        ours.unlink()
        copies.append(peer.copy())
        copies[-1].file.unlink()
        duckdb.append(_duckdb(folder, tables, theirs))
        theirs.unlink()
    _report(results, exports, copies, duckdb)


def _duckdb(folder: Path, tables: Path, file: Path) -> tuple[float, Cost]:
    cost = module("duckdb_peer", "copy", tables, file, folder=folder)
    return float(json.loads(cost.output)["seconds"]), cost


def _report(
    results: Results,
    exports: list[Cost],
    copies: list[Copied],
    duckdb: list[tuple[float, Cost]],
) -> None:
    export = results.add(
        "Daily CSV: daybook export, whole process",
        "s",
        (export.seconds for export in exports),
    )
    results.add(
        "Daily CSV: daybook export, user + system",
        "s",
        (export.cpu_seconds for export in exports),
    )
    peak = results.add(
        "Daily CSV: daybook export, peak resident",
        "MiB",
        (export.peak_bytes / MEBIBYTE for export in exports),
        0,
    )
    copy = results.add(
        "Daily CSV: PostgreSQL, COPY alone", "s", (copy.seconds for copy in copies)
    )
    results.add(
        "Daily CSV: PostgreSQL, user + system",
        "s",
        (copy.cpu_seconds for copy in copies),
    )
    duck = results.add(
        "Daily CSV: DuckDB, COPY alone", "s", (seconds for seconds, _ in duckdb)
    )
    results.add(
        "Daily CSV: DuckDB, user + system",
        "s",
        (cost.cpu_seconds for _, cost in duckdb),
    )
    results.add(
        "Daily CSV: DuckDB, peak resident",
        "MiB",
        (cost.peak_bytes / MEBIBYTE for _, cost in duckdb),
        0,
    )
    results.aim(
        "Daily CSV: times faster than PostgreSQL", copy.median / export.median, 4
    )
    results.aim("Daily CSV: times faster than DuckDB", duck.median / export.median, 1.5)
    # A megabyte of a million bytes, the stricter reading.
    results.aim(
        "Daily CSV: peak resident, MB", peak.most * MEBIBYTE / 1e6, 150, is_most=True
    )
