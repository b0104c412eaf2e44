"""`make bench`: measures Daybook and its peers, and prints what came out.

Ends with 1 where something fails or the peers' lines differ; a missed target is printed
and changes nothing.
"""

import argparse
import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.comparing import Different
from benchmarks.costs import CommandFailed, daybook
from benchmarks.csv_part import measure_csv
from benchmarks.formats_part import measure_formats
from benchmarks.forms_part import measure_forms
from benchmarks.gl_part import DATABASES, measure_gl
from benchmarks.graphql_part import measure_graphql
from benchmarks.import_part import measure_import
from benchmarks.invoices import write_invoices
from benchmarks.page_part import measure_page
from benchmarks.peer_tables import write_tables
from benchmarks.postgresql import postgresql
from benchmarks.readers_part import measure_readers
from benchmarks.report_part import measure_report
from benchmarks.results import Results, machine
from benchmarks.revenue_part import measure_revenue
from benchmarks.storage_part import measure_storage
from benchmarks.subscribers_part import measure_subscribers
from benchmarks.trail_part import measure_trail
from benchmarks.workers_part import measure_workers

PARTS = (
    *("csv", "storage", "import", "report", "graphql", "subscribers", "readers"),
    *("formats", "trail", "forms", "revenue", "workers", "page", "gl"),
)
RESULTS = Path(__file__).with_name("results.json")

DISK_BYTES = 10**9
DISK_BYTES_PER_INVOICE = 500_000
"""Two CSV files at a time, the peers' tables, and what sorting sets aside."""


def main() -> int:  # noqa: C901  (a line for each part)
    """Run the parts that are asked for; give the exit status."""
    options = _options()
    with _folder(options.keep) as folder:
        needed = DISK_BYTES + DISK_BYTES_PER_INVOICE * options.invoices
        free = shutil.disk_usage(folder).free
        if free < needed:
            print(f"{needed:,} bytes of disk are needed, {free:,} are free: {folder}")
            return 1
        results = Results(options.invoices, options.runs, machine())
        try:
            _measure(
                results, folder, options.only, options.imported, options.subscribers
            )
            if "readers" in options.only:
                measure_readers(results, folder, options.imported)
            if "report" in options.only:
                measure_report(results, folder, options.journals)
            if "trail" in options.only:
                measure_trail(results, folder, options.records)
            if "revenue" in options.only:
                measure_revenue(results, folder, options.schedules)
            if "formats" in options.only:
                measure_formats(results, folder, tuple(options.lines))
            if "graphql" in options.only:
                measure_graphql(results, folder, options.listed, options.seconds)
            if "page" in options.only:
                measure_page(
                    results,
                    folder,
                    options.journals,
                    options.seconds,
                    options.before,
                )
            if "gl" in options.only:
                measure_gl(results, folder, options.gl_lines, options.gl_databases)
            if "workers" in options.only:
                queue = tuple(options.queue)
                measure_workers(results, folder, options.exported, queue)
        except (CommandFailed, Different) as failure:
            print(failure, file=sys.stderr)
            return 1
    results.print_all()
    results.write(options.results)
    return 0


def _measure(
    results: Results, folder: Path, only: list[str], imported: int, subscribers: int
) -> None:
    if not {"csv", "forms", "storage", "import", "subscribers"} & set(only):
        return
    invoices, data, template = (
        folder / "invoices.jsonl",
        folder / "data",
        folder / "empty.db",
    )
    size = write_invoices(invoices, results.invoices)
    results.note(f"{results.invoices:,} invoices in {size:,} bytes of JSON Lines.")
    daybook(data, "db", "upgrade")
    shutil.copyfile(data / "daybook.db", template)
    daybook(data, "import", str(invoices))
    if "import" in only:
        measure_import(results, folder, template, imported)
    if "storage" in only or "csv" in only:
        tables = folder / "tables"
        write_tables(data / "daybook.db", tables)
        with postgresql(folder) as peer:
            results.machine["postgresql"] = peer.version
            entries = peer.load(tables)
            results.note(f"One row per entry is {entries:,} rows.")
            if "storage" in only:
                measure_storage(results, folder, data, peer)
            if "csv" in only:
                measure_csv(results, folder, data, tables, peer)
        if "forms" in only and "csv" in only:
            measure_forms(results, folder, data, tables)
    if "subscribers" in only:
        measure_subscribers(results, folder, data, subscribers)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--invoices", type=int, default=20_000, metavar="N")
    parser.add_argument("--imported", type=int, default=100_000, metavar="N")
    parser.add_argument(
        "--journals",
        type=int,
        default=1_000_000,
        metavar="N",
        help="journals of the larger ledger; the smaller has a hundredth",
    )
    parser.add_argument(
        "--records",
        type=int,
        default=200_000,
        metavar="N",
        help="records of the audit trail that is filtered",
    )
    parser.add_argument(
        "--schedules",
        type=int,
        default=1_000_000,
        metavar="N",
        help="schedules of the larger ledger of deferred revenue",
    )
    parser.add_argument(
        "--listed",
        type=int,
        default=100_000,
        metavar="N",
        help="journals of the ledger that GraphQL servers list",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=5,
        metavar="S",
        help="how long a server is asked for lists or pages at a time",
    )
    parser.add_argument(
        "--lines",
        type=int,
        nargs=2,
        default=(1_000_000, 20_000_000),
        metavar="N",
        help="lines of the smaller and of the larger file of each format",
    )
    parser.add_argument(
        "--exported",
        type=int,
        default=30_000,
        metavar="N",
        help="invoices of the export that several workers make",
    )
    parser.add_argument(
        "--queue",
        type=int,
        nargs=2,
        default=(20, 10),
        metavar="N",
        help="organisations with queued exports, and how many exports each has",
    )
    parser.add_argument(
        "--gl-lines",
        type=int,
        default=10_000_000,
        metavar="N",
        help="lines of the general ledger that comes back",
    )
    parser.add_argument(
        "--gl-databases",
        nargs="+",
        choices=DATABASES,
        default=list(DATABASES),
        help="the databases that the general ledger is imported into",
    )
    parser.add_argument(
        "--before",
        type=Path,
        metavar="CHECKOUT",
        help="another checkout, whose page is measured in turns with this one's",
    )
    parser.add_argument("--subscribers", type=int, default=1_000, metavar="N")
    parser.add_argument("--runs", type=int, default=3, metavar="N")
    parser.add_argument(
        "--only",
        type=lambda text: text.split(","),
        default=list(PARTS),
        metavar=",".join(PARTS),
    )
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="work here and leave the files"
    )
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE")
    options = parser.parse_args()
    unknown = set(options.only) - set(PARTS)
    if "forms" in options.only and "csv" not in options.only:
        parser.error("forms are compared with what csv measures")
    if unknown or options.invoices < 1 or options.runs < 1:
        parser.error(f"parts are {', '.join(PARTS)}; numbers are positive")
    return options


@contextlib.contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    """The folder to work in: removed in the end, unless it is to be kept."""
    if kept is not None:
        kept.mkdir(parents=True)
        yield kept.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="daybook-bench-") as folder:
        yield Path(folder).resolve()


if __name__ == "__main__":
    sys.exit(main())
