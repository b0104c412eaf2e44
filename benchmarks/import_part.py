"""Import of all invoices, against bare sqlite3 with the same rows."""

import json
import shutil
from pathlib import Path

from benchmarks.costs import Cost, daybook, module
from benchmarks.results import MEBIBYTE, Results


def measure_import(
    results: Results, folder: Path, invoices: Path, template: Path, data: Path
) -> None:
    """Take turns and measure; `data` holds what an import made."""
    imports: list[Cost] = []
    steps: list[dict[str, float]] = []
    bare: list[dict[str, float]] = []
    for number in range(1, results.runs + 1):
        results.say(f"Import, run {number} of {results.runs}")
        imports.append(daybook(_empty(folder, template), "import", str(invoices)))
        timed = module(
            "import_steps", invoices, data=_empty(folder, template), folder=folder
        )
        steps.append(json.loads(timed.output.splitlines()[-1]))
        target = _empty(folder, template) / "bare.db"
        source = data / "daybook.db"
        inserted = module("bare_sqlite", template, source, target, folder=folder)
        bare.append(json.loads(inserted.output))
    shutil.rmtree(folder / "importing")
    _report(results, imports, steps, bare)


def _empty(folder: Path, template: Path) -> Path:
    """A data folder with an empty, migrated database."""
    data = folder / "importing"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir()
    shutil.copyfile(template, data / "daybook.db")
    return data


def _report(
    results: Results,
    imports: list[Cost],
    steps: list[dict[str, float]],
    bare: list[dict[str, float]],
) -> None:
    whole = results.add(
        "Import: daybook import, whole process", "s", (one.seconds for one in imports)
    )
    results.add(
        "Import: daybook import, user + system",
        "s",
        (one.cpu_seconds for one in imports),
    )
    results.add(
        "Import: daybook import, peak resident",
        "MiB",
        (one.peak_bytes / MEBIBYTE for one in imports),
        0,
    )
    total = results.add(
        "Import: without starting Python", "s", (one["total"] for one in steps)
    )
    results.add("Import: the same, user + system", "s", (one["cpu"] for one in steps))
    for step, name in (
        ("read", "reading and checking the file"),
        ("recognize", "recognition"),
        ("record", "rows and database"),
    ):
        share = (100 * one[step] / one["total"] for one in steps)
        results.add(f"Import: share of {name}", "%", share, 1)
    inserted = results.add(
        "Import: bare sqlite3, executemany", "s", (one["seconds"] for one in bare)
    )
    results.add(
        "Import: bare sqlite3, user + system", "s", (one["cpu_seconds"] for one in bare)
    )
    results.note(f"An import writes {int(bare[0]['rows']):,} rows.")
    results.aim(
        "Import: rate against bare sqlite3", inserted.median / total.median, 0.4
    )
    results.aim(
        "Import: the same, with the start of Python",
        inserted.median / whole.median,
        0.4,
    )
