"""Commands without a currency where there are several ledgers."""

import csv
import io
from pathlib import Path

import pytest

from daybook.ledger.rules import Role
from daybook_terminal import INVOICE, Terminal, prepared

YEN = {
    **INVOICE,
    "id": "inv_2",
    "number": "INV-2",
    "currency": "JPY",
    "customer": {"id": "cus_2", "name": "Brio"},
    "lines": [
        {
            **INVOICE["lines"][0],
            "amount": "2400",
            "service_from": "2025-01-01",
            "service_to": "2026-12-31",
        }
    ],
}
FEBRUARY = ("--month", "2025-02")


def bill(terminal: Terminal) -> None:
    """Record a year in dollars, and two years in yen."""
    terminal.says("import", terminal.write("invoices.jsonl", INVOICE, YEN))


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal over a ledger in yen and one in dollars."""
    return prepared(tmp_path, bill)


def lines_of(said: str) -> list[str]:
    """The lines that say anything, with single spaces."""
    return [" ".join(line.split()) for line in said.splitlines() if line.strip()]


def rows_of(said: str) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(said)))


def test_journals_of_each_ledger_have_a_heading_and_sums(terminal: Terminal) -> None:
    said = lines_of(terminal.says("journals", *FEBRUARY))
    grouped = lines_of(
        terminal.says("journals", *FEBRUARY, "--group-by", "customer,document")
    )

    assert [line for line in said if line.endswith("ledger")] == [
        *("JPY ledger", "USD ledger")
    ]
    row = "2 2025-02 Brio Platform INV-2 INVOICE Posted -100 100"
    assert said[said.index("JPY ledger") + 3] == row
    row = "2 2025-02 Acme Platform INV-1 INVOICE Posted -100.00 100.00"
    assert said[said.index("USD ledger") + 3] == row
    assert [line for line in said if line.startswith("Total")] == [
        *("Total -100 100", "Total -100.00 100.00")
    ]
    assert "2025-02/cus_1/invoice:inv_1 Acme INV-1 Posted -100.00 100.00" in grouped
    assert "2025-02/cus_2/invoice:inv_2 Brio INV-2 Posted -100 100" in grouped


def test_csv_has_the_rows_of_all_ledgers_under_one_header(terminal: Terminal) -> None:
    journals = rows_of(terminal.says("journals", *FEBRUARY, "--csv"))
    by_group = ("--group-by", "customer", "--csv")
    groups = rows_of(terminal.says("journals", *FEBRUARY, *by_group))
    months = rows_of(terminal.says("journals", *FEBRUARY, "--by-month", "--csv"))

    amounts = ("billed", "unbilled", "deferred", "recognized", "currency")
    for rows in (journals, groups, months):
        assert [[row[name] for name in amounts] for row in rows] == [
            ["0", "0", "-100", "100", "JPY"],
            ["0.00", "0.00", "-100.00", "100.00", "USD"],
        ]
    assert [row["customer"] for row in journals] == ["Brio", "Acme"]
    assert [row["group"] for row in groups] == ["2025-02/cus_2", "2025-02/cus_1"]


def test_groups_of_all_days_have_a_row_for_each_customer(terminal: Terminal) -> None:
    quarter = ("journals", "--from", "2025-01-01", "--to", "2025-03-31")
    total = ("--group-by", "customer", "--granularity", "total")
    rows = rows_of(terminal.says(*quarter, *total, "--csv"))
    shown = lines_of(terminal.says(*quarter, *total))
    whole = rows_of(terminal.says("journals", *total, "--csv"))

    # Three months of 100.00 of a year, and of two years in yen.
    assert rows == [
        {
            "group": f"total/{customer}",
            "state": "POSTED",
            "customer_id": customer,
            "customer": name,
            "billed": billed,
            "unbilled": nothing,
            "deferred": deferred,
            "recognized": recognized,
            "currency": currency,
        }
        for customer, name, billed, nothing, deferred, recognized, currency in [
            ("cus_2", "Brio", "2400", "0", "2100", "300", "JPY"),
            ("cus_1", "Acme", "1200.00", "0.00", "900.00", "300.00", "USD"),
        ]
    ]
    assert "total/cus_1 Acme Posted 1,200.00 900.00 300.00" in shown
    assert [(row["deferred"], row["recognized"]) for row in whole] == [
        *(("0", "2400"), ("0.00", "1200.00"))
    ]
    assert {row["state"] for row in whole} == {"PARTLY"}


def test_a_ledger_without_the_document_is_left_out(terminal: Terminal) -> None:
    alone = terminal.says("journals", *FEBRUARY, "--invoice", "inv_2")
    report = terminal.says("deferred-revenue", "--document", "inv_2")
    nowhere = terminal.run("journals", "--invoice", "inv_3")

    assert "ledger" not in alone
    assert "Brio" in alone
    assert "Acme" not in alone
    assert "Acme" not in report
    assert nowhere.returncode == 2
    assert "'inv_3' in the JPY ledger" in nowhere.stderr
    assert "'inv_3' in the USD ledger" in nowhere.stderr


@pytest.mark.parametrize(
    "report",
    [
        ("deferred-revenue",),
        ("waterfall",),
        ("waterfall", "--cohorts"),
        ("roll-forward",),
        ("population",),
        ("tie-out",),
        ("close-checklist",),
    ],
    ids=" ".join,
)
def test_a_report_shows_each_ledger_and_files_have_all(
    terminal: Terminal, report: tuple[str, ...]
) -> None:
    shown = lines_of(terminal.says(*report))
    table = terminal.run(*report, "--format", "csv")
    file = terminal.run(*report, "-o", "all.csv")
    folder = terminal.run(*report, "-o", "files/")
    again = terminal.run(*report, "-o", "files/")
    alone = terminal.run(*report, "-o", "one.parquet")

    assert [line for line in shown if line.endswith(" ledger")] == [
        *("JPY ledger", "USD ledger")
    ]
    rows = rows_of(table.stdout)
    assert [row["currency"] for row in rows] == sorted(row["currency"] for row in rows)
    assert {row["currency"] for row in rows} == {"JPY", "USD"}
    assert (terminal.folder / "all.csv").read_text() == table.stdout
    assert file.stderr == table.stderr
    names = sorted(path.name for path in (terminal.folder / "files").iterdir())
    assert ["JPY" in names[0], "USD" in names[1], len(names)] == [True, True, 2]
    parts = [(terminal.folder / "files" / name).read_text() for name in names]
    if report != ("waterfall",):  # each of its files has its own months
        heads, bodies = zip(*(part.split("\n", 1) for part in parts), strict=True)
        assert f"{heads[0]}\n{''.join(bodies)}" == table.stdout
    assert folder.returncode == 0
    assert again.returncode == 2
    assert "exists already" in again.stderr
    assert alone.returncode == 2
    assert alone.stderr == (
        "daybook: -o one.parquet: a file of parquet holds one ledger, and there are"
        " JPY, USD: choose one with --currency JPY, or name a folder, such as -o"
        " exports/, for a file of each\n"
    )


def test_a_waterfall_of_all_has_the_months_of_the_longest(terminal: Terminal) -> None:
    rows = rows_of(terminal.run("waterfall", "--format", "csv").stdout)

    yen, dollars = rows
    assert (yen["2026-12"], dollars["2026-12"]) == ("100", "0.00")
    assert (yen["2025-12"], dollars["2025-12"]) == ("100", "100.00")


def test_sums_that_agree_are_told_by_ledger(terminal: Terminal) -> None:
    ended = terminal.run("deferred-revenue", "--format", "csv")

    told = ended.stderr.splitlines()
    assert [line[:3] for line in told] == ["JPY"] * 5 + ["USD"] * 5
    assert told[0] == "JPY: Remaining 1,855 = Deferred in the journal report"
    assert told[4] == "JPY: Booked + unbilled = recognized + remaining: 2,400"
    assert told[5] == "USD: Remaining 650.05 = Deferred in the journal report"


def test_one_ledger_that_differs_is_told_by_the_status(terminal: Terminal) -> None:
    balance = ("balance", "enter", "DEFERRED", "2025-01-31", "1")
    terminal.says(*balance, "--currency", "JPY")

    shown = terminal.run("tie-out", "--on", "2025-01-31")
    written = terminal.run("tie-out", "--on", "2025-01-31", "--format", "csv")
    dollars = terminal.run("tie-out", "--on", "2025-01-31", "--currency", "USD")

    assert (shown.returncode, written.returncode, dollars.returncode) == (1, 1, 0)
    assert "JPY: DIFFERENCE" in written.stderr


def test_an_export_makes_a_file_of_each_or_of_one(terminal: Terminal) -> None:
    january = ("export", "--from", "2025-01-01", "--to", "2025-01-31")
    both = terminal.run(*january, "-o", "files/")
    again = terminal.run(*january, "-o", "files/")
    file = terminal.run(*january, "-o", "january.csv")
    stream = terminal.run(*january, "-o", "-")
    in_usd = terminal.run(*january, "--currency", "USD", "-o", "january.csv")
    checked = terminal.says(*january, "--check")

    assert both.returncode == 0
    names = sorted(path.name for path in (terminal.folder / "files").iterdir())
    assert names == [
        "journals-JPY-2025-01-daily.csv",
        "journals-JPY-2025-01-daily.csv.manifest.json",
        "journals-USD-2025-01-daily.csv",
        "journals-USD-2025-01-daily.csv.manifest.json",
    ]
    assert "export record: 1\n" in both.stderr
    assert "export record: 2\n" in both.stderr
    assert "JPY-2025-01-daily.csv exists already" in again.stderr
    assert (file.returncode, stream.returncode, in_usd.returncode) == (2, 2, 0)
    assert "choose one with --currency JPY, or name a folder" in file.stderr
    assert "choose one with --currency JPY, or name a folder" in stream.stderr
    assert checked.count("Nothing blocks the file.") == 2
    assert len(terminal.says("exports", "--csv").splitlines()) == 4


def test_a_name_that_is_taken_stops_its_ledger_alone(terminal: Terminal) -> None:
    january = ("export", "--from", "2025-01-01", "--to", "2025-01-31")
    terminal.run(*january, "--currency", "USD", "-o", "files/")
    dollars = terminal.folder / "files" / "journals-USD-2025-01-daily.csv"
    before = dollars.stat().st_mtime_ns

    ended = terminal.run(*january, "-o", "files/")

    assert ended.returncode == 2
    assert ended.stderr.endswith(
        "\ndaybook: no file of the USD ledger: files/journals-USD-2025-01-daily.csv"
        " exists already: remove it, or name a file with -o FILE\n"
    )
    assert "\nexport record: 2\n" in ended.stderr
    assert len([*(terminal.folder / "files").iterdir()]) == 4
    assert dollars.stat().st_mtime_ns == before


def map_in_xero(terminal: Terminal) -> None:
    """Map each ledger's accounts, for a Xero that keeps its books in dollars."""
    for role, code in zip(Role, ("200", "620", "840", "210"), strict=True):
        fields = (f"code={code}", "type=Current Asset", "tax_rate=No VAT")
        terminal.says("mapping", "set", role.name, *fields, "--integration", "XERO")
    settings = ("--preset", "vendor", "--base-currency", "USD")
    terminal.says("mapping", "enable", "--integration", "XERO", *settings)


REFUSED = (
    "Xero takes journals in USD only, its base currency, and this ledger is in JPY:"
    " load the ledger elsewhere, or have the file converted (--convert)\n"
)


def test_a_ledger_that_a_system_refuses_does_not_stop_the_others(
    terminal: Terminal,
) -> None:
    map_in_xero(terminal)
    xero = ("export", "--format", "XERO", "--from", "2025-01-01", "--to", "2025-01-31")

    both = terminal.run(*xero, "-o", "files/")
    yen = terminal.run(*xero, "--currency", "JPY", "-o", "files/")
    made = sorted(path.name for path in (terminal.folder / "files").glob("*.csv"))
    again = terminal.run(*xero, "-o", "files/")

    assert made == ["journals-USD-2025-01-monthly-xero.csv"]
    assert (both.returncode, yen.returncode, again.returncode) == (2, 2, 2)
    assert both.stderr.endswith(f"daybook: no file of the JPY ledger: {REFUSED}")
    assert yen.stderr == f"daybook: {REFUSED}"
    assert again.stderr == (
        f"daybook: no file of the JPY ledger: {REFUSED[:-1]}; no file of the USD"
        " ledger: files/journals-USD-2025-01-monthly-xero.csv exists already: remove"
        " it, or name a file with -o FILE\n"
    )


def test_a_ledger_in_the_base_currency_is_not_converted(terminal: Terminal) -> None:
    map_in_xero(terminal)
    xero = ("export", "--format", "XERO", "--from", "2025-01-01", "--to", "2025-01-31")
    terminal.run(*xero, "--currency", "USD", "-o", "plain.csv")

    ended = terminal.run(*xero, "--convert", "-o", "files/")

    folder = terminal.folder / "files"
    assert ended.returncode == 0
    assert sorted(path.name for path in folder.glob("*.csv")) == [
        "journals-JPY-2025-01-monthly-xero-converted.csv",
        "journals-USD-2025-01-monthly-xero.csv",
    ]
    made = (folder / "journals-USD-2025-01-monthly-xero.csv").read_bytes()
    assert made == (terminal.folder / "plain.csv").read_bytes()
    options = {
        row["file"]: row["options"]
        for row in rows_of(terminal.says("exports", "--csv"))
    }
    assert options["journals-USD-2025-01-monthly-xero.csv"] == options["plain.csv"]


def test_balances_of_each_ledger_are_listed(terminal: Terminal) -> None:
    for currency in ("JPY", "USD"):
        balance = ("balance", "enter", "DEFERRED", "2025-01-31", "7")
        terminal.says(*balance, "--currency", currency)

    listed = lines_of(terminal.says("balance", "list"))
    table = rows_of(terminal.says("balance", "list", "--csv"))

    assert [line for line in listed if line.endswith("ledger")] == [
        *("JPY ledger", "USD ledger")
    ]
    assert [(row["balance"], row["currency"]) for row in table] == [
        *(("7", "JPY"), ("7.00", "USD"))
    ]


@pytest.mark.parametrize(
    "command",
    [
        ("lock", "2025-01-31"),
        ("unlock", "--reason", "x"),
        ("balance", "enter", "DEFERRED", "2025-01-31", "1"),
        ("settings", "--method", "USAGE"),
        ("account", "DEFERRED", "--name", "Later"),
        (
            *("manual", "create", "--date", "2025-06-01", "--kind", "ONE_OFF"),
            *("--narrative", "x", "--line", "debit BILLED 1"),
            *("--line", "credit RECOGNIZED 1"),
        ),
        (
            *("manual", "recurring", "create", "--day", "1", "--from", "2025-07"),
            *("--narrative", "x", "--line", "debit BILLED 1"),
            *("--line", "credit RECOGNIZED 1"),
        ),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_what_writes_names_the_ledgers_to_choose_from(
    terminal: Terminal, command: tuple[str, ...]
) -> None:
    unclear = terminal.run(*command)
    clear = terminal.run(*command, "--currency", "USD")

    assert (unclear.returncode, unclear.stderr) == (
        2,
        "daybook: choose a ledger by its currency: JPY, USD (--currency JPY)\n",
    )
    assert clear.returncode == 0, clear.stderr
