"""Every format's lines a second and memory, from a million lines to twenty million."""

from pathlib import Path
from typing import NamedTuple

from benchmarks.costs import Cost, daybook
from benchmarks.csv_part import POSTED
from benchmarks.invoices import write_invoices
from benchmarks.results import MEBIBYTE, Results

LINES_PER_INVOICE = 730
"""Two lines for each of the days of a year."""
SHEET_LINES = (100_000, 1_000_000)
"""A spreadsheet's sizes: it ends at about a million rows."""
ROLES = ("BILLED", "UNBILLED", "DEFERRED", "RECOGNIZED")
GROWTH_MOST = 1.25
"""How many times as long a line may take in the larger file."""
RESIDENT_MOST = 150
"""The most memory of a process, in megabytes of a million bytes."""


class Form(NamedTuple):
    """A kind of file: its options, and the end of its name."""

    name: str
    options: tuple[str, ...]
    suffix: str

    @property
    def command(self) -> tuple[str, ...]:
        """The export without its file."""
        return ("export", *POSTED, *self.options, "-o")


DAILY = ("--granularity", "daily")
FORMS = (
    Form("generic CSV", (*DAILY, "--max-rows", "0"), "csv"),
    Form("generic CSV, gzip", DAILY, "csv.gz"),
    Form("generic CSV, zstd", DAILY, "csv.zst"),
    Form("Beancount", DAILY, "beancount"),
    Form("Parquet", DAILY, "parquet"),
    Form("Xero", (*DAILY, "--format", "XERO", "--preset", "vendor"), "zip"),
    Form("QuickBooks", (*DAILY, "--format", "QUICKBOOKS"), "zip"),
    Form("NetSuite", (*DAILY, "--format", "NETSUITE"), "zip"),
)
SHEET = Form("XLSX", DAILY, "xlsx")


def measure_formats(results: Results, folder: Path, lines: tuple[int, int]) -> None:
    """Export two ledgers of these numbers of lines in every format, once each."""
    ledgers = [_ledger(results, folder, count) for count in lines]
    for form in FORMS:
        _compare(results, form, ledgers, lines)
    sheets = [_ledger(results, folder, count) for count in SHEET_LINES]
    _compare(results, SHEET, sheets, SHEET_LINES)


def _ledger(results: Results, folder: Path, lines: int) -> Path:
    """A ledger with so many lines, with all systems enabled and mapped."""
    data, invoices = folder / f"data-{lines}", folder / f"invoices-{lines}.jsonl"
    count = lines // LINES_PER_INVOICE
    results.say(f"Formats: a ledger of {count:,} invoices")
    write_invoices(invoices, count)
    daybook(data, "db", "upgrade")
    daybook(data, "import", str(invoices))
    for system, fields in (
        ("XERO", ("code=200", "type=Revenue", "tax_rate=Tax on Sales")),
        ("QUICKBOOKS", ("account=Revenue",)),
        ("NETSUITE", ("account=Revenue", "subsidiary=Main")),
    ):
        daybook(data, "mapping", "enable", "--integration", system)
        for role in ROLES:
            daybook(data, "mapping", "set", role, *fields, "--integration", system)
    return data


def _compare(
    results: Results, form: Form, ledgers: list[Path], lines: tuple[int, int]
) -> None:
    """One file of each ledger: lines a second, memory, and how both grow."""
    costs = []
    for data, count in zip(ledgers, lines, strict=True):
        results.say(f"Formats: {form.name}, {count:,} lines")
        costs.append(_export(form, data))
        name = f"{form.name}, {count / 1e6:g} M lines"
        results.add(f"{name}: lines a second", "", [count / costs[-1].seconds], 0)
        results.add(
            f"{name}: peak resident", "MiB", [costs[-1].peak_bytes / MEBIBYTE], 0
        )
    small, large = costs
    growth = (large.cpu_seconds / lines[1]) / (small.cpu_seconds / lines[0])
    results.aim(
        f"{form.name}: time of a line, larger to smaller file",
        growth,
        GROWTH_MOST,
        is_most=True,
    )
    results.aim(
        f"{form.name}: peak resident, MB",
        large.peak_bytes / 1e6,
        RESIDENT_MOST,
        is_most=True,
    )


def _export(form: Form, data: Path) -> Cost:
    file = data.parent / f"formats.{form.suffix}"
    cost = daybook(data, *form.command, str(file))
    for made in data.parent.glob("formats.*"):
        made.unlink()
    return cost
