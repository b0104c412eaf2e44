"""The command line as a person meets it: programs run, their output and exit status."""

import csv
import gzip
import io
import json
import re
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from daybook.cli.documents import by_kind
from daybook.ledger.rules import SourceKind
from daybook_terminal import INVOICE, Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def with_line(**fields: Any) -> dict[str, Any]:
    """The invoice with other fields in its line."""
    return {**INVOICE, "lines": [{**INVOICE["lines"][0], **fields}]}


def test_an_import_says_what_it_recorded_and_again_that_nothing_changed(
    terminal: Terminal,
) -> None:
    name = terminal.write("invoices.jsonl", INVOICE)

    first = terminal.run("import", name)
    second = terminal.run("import", name)

    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == (
        "invoices.jsonl: 1 invoice recorded, 0 unchanged, 0 drafts;"
        " 12 journals, 13 movements.\n"
    )
    assert "invoices.jsonl: 1 unchanged, 0 drafts; 0 journals" in second.stdout


def test_a_dry_run_takes_nothing(terminal: Terminal) -> None:
    name = terminal.write("invoices.jsonl", INVOICE)

    dry = terminal.run("import", name, "--dry-run")
    journals = terminal.run("journals")

    assert "1 invoice would be recorded" in dry.stdout
    assert journals.returncode == 2
    assert "there is no ledger yet: import documents first" in journals.stderr


def truncated(folder: Path) -> str:
    line = f"{json.dumps(INVOICE)}\n".encode()
    (folder / "cut.jsonl.gz").write_bytes(gzip.compress(line * 500)[:-40])
    return "cut.jsonl.gz"


def test_a_truncated_gzip_is_refused(terminal: Terminal) -> None:
    result = terminal.run("import", truncated(terminal.folder))

    assert result.returncode == 2
    assert "the gzip file is damaged or cut off; send it again" in result.stderr
    assert result.stderr.splitlines()[-1] == (
        "daybook: cut.jsonl.gz: 1 problem, nothing was recorded"
    )


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            with_line(service_from="2025-12-31", service_to="2025-01-01"),
            "lines.0.service_from: service_from 2025-12-31 is after service_to",
        ),
        (
            with_line(amount=12.345),
            'lines.0.amount: amount 12.345 must be text in quotes, like "12.34"',
        ),
        (
            with_line(amount="12.345"),
            "lines.0.amount: amount '12.345' has 3 decimals, USD has 2",
        ),
        (
            {**INVOICE, "currency": "XXQ"},
            "currency: currency 'XXQ' must be the ISO 4217 code",
        ),
        ({**INVOICE, "shoe_size": 44}, "shoe_size"),
    ],
)
def test_bad_input_is_named_by_line_path_and_code(
    terminal: Terminal, document: dict[str, Any], message: str
) -> None:
    name = terminal.write("bad.jsonl", {**INVOICE, "id": "inv_0"}, document)

    result = terminal.run("import", name)

    assert result.returncode == 2
    assert result.stderr.startswith(f"bad.jsonl: line 2: {message}")
    assert "nothing was recorded" in result.stderr
    assert terminal.run("journals").returncode == 2


def test_a_credit_of_more_than_its_line_is_refused(terminal: Terminal) -> None:
    note = {
        "type": "credit_note",
        "id": "cn_1",
        "status": "FINAL",
        "currency": "USD",
        "customer": INVOICE["customer"],
        "invoice_id": "inv_1",
        "issued_on": "2025-03-01",
        "lines": [{"id": "1", "invoice_line_id": "1", "amount": "1200.01"}],
    }

    result = terminal.run("import", terminal.write("notes.jsonl", INVOICE, note))

    assert result.returncode == 2
    assert result.stderr.startswith(
        "notes.jsonl: line 2: lines.0.amount: credits 1200.01, but line '1' of invoice"
        " 'inv_1' has 1200.00 left; send the other 0.01 as a credit note without"
        " invoice_id, whose lines have a product, dates and a method of their own"
        " [CREDIT_TOO_LARGE]"
    )


def test_a_number_in_use_is_told_after_the_summary(terminal: Terminal) -> None:
    terminal.run("import", terminal.write("first.jsonl", {**INVOICE, "number": "A"}))
    second = {**INVOICE, "id": "inv_2", "number": "A"}
    name = terminal.write("second.jsonl", second)

    dry = terminal.run("import", name, "--dry-run")
    result = terminal.run("import", name)

    assert result.returncode == 0
    assert "1 invoice recorded" in result.stdout
    for ended, outcome in ((dry, "would be"), (result, "was")):
        assert ended.stderr == (
            "notice: second.jsonl: line 1: number 'A' is also that of invoice 'inv_1';"
            f" the document {outcome} recorded [NUMBER_IN_USE]\n"
        )


def test_a_header_that_is_nearly_right_lists_what_differs(terminal: Terminal) -> None:
    header = "type,id,status,currency,nummer,amount\n"
    (terminal.folder / "wrong.csv").write_text(header + "invoice,1,FINAL,EUR,2,3\n")

    result = terminal.run("import", "wrong.csv")

    assert result.returncode == 2
    assert "but lacks: customer.id, customer.name, issued_on; add" in result.stderr
    assert "unknown columns: nummer (did you mean number?); leave" in result.stderr


def test_a_file_over_the_limit_names_the_limit_and_the_way_out(
    terminal: Terminal,
) -> None:
    name = terminal.write(
        "large.jsonl", *({**INVOICE, "id": str(at)} for at in range(9))
    )

    result = terminal.run("import", name, DAYBOOK_IMPORT_BYTES_MAX="1000")

    assert result.returncode == 2
    assert "larger than 1,000 bytes" in result.stderr
    assert "DAYBOOK_IMPORT_BYTES_MAX" in result.stderr


def test_many_problems_are_cut_on_the_screen_and_written_whole_to_a_file(
    terminal: Terminal,
) -> None:
    bad = [
        {**with_line(amount=f"x{at}"), "id": f"inv_{at}", f"field_{at}": ""}
        for at in range(1, 251)
    ]
    name = terminal.write("bad.jsonl", *bad)

    result = terminal.run("import", name, "--problems", "problems.csv")

    assert result.returncode == 2
    lines = result.stderr.splitlines()
    assert len(lines) == 102
    assert (
        "bad.jsonl: 250 times (lines 1, 2, 3, …): lines.0.amount: amount 'x1', 'x2', "
        "'x3', … is not a decimal number such as 1234.50 [INVALID_AMOUNT]"
    ) in lines
    assert lines[100] == (
        "daybook: 151 more problems; in all 250 INVALID_AMOUNT, 250 UNKNOWN_FIELD"
    )
    assert lines[101] == "daybook: bad.jsonl: 500 problems, nothing was recorded"
    with (terminal.folder / "problems.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 500
    amounts = [row for row in rows if row["code"] == "INVALID_AMOUNT"]
    assert [row["line"] for row in amounts] == [str(at) for at in range(1, 251)]
    assert {row["path"] for row in amounts} == {"lines.0.amount"}


def test_each_file_is_a_unit_of_its_own(terminal: Terminal) -> None:
    good = terminal.write("good.jsonl", INVOICE)
    bad = terminal.write("bad.jsonl", {**INVOICE, "id": "inv_2", "currency": "?"})

    result = terminal.run("import", good, bad)

    assert result.returncode == 2
    assert "good.jsonl: 1 invoice recorded" in result.stdout
    assert "bad.jsonl: 1 problem, nothing was recorded" in result.stderr


def test_the_report_shows_what_accounts_gain_and_what_is_scheduled(
    terminal: Terminal,
) -> None:
    terminal.run("import", terminal.write("invoices.jsonl", INVOICE))

    result = terminal.run("journals", "--month", "2025-06")

    assert result.returncode == 0
    (row,) = [line for line in result.stdout.splitlines() if "Acme" in line]
    assert row.split() == [
        *("6", "2025-06", "Acme", "Platform", "INV-1", "INVOICE", "Partly"),
        *("-100.00", "100.00"),
    ]
    assert "1 journal." in result.stdout
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["Posted", "-49.95", "49.95"] in lines
    assert ["Scheduled", "-50.05", "50.05"] in lines
    assert ["Total", "-100.00", "100.00"] in lines
    assert ["Deferred", "Revenue", "100.00", "0.00", "-100.00"] in lines


def test_the_months_net_changes_come_as_csv(terminal: Terminal) -> None:
    terminal.run("import", terminal.write("invoices.jsonl", INVOICE))

    result = terminal.run("journals", "--by-month", "--csv")

    assert result.stdout.splitlines()[:3] == [
        "month,billed,unbilled,deferred,recognized,currency",
        "2025-01,1200.00,0.00,1100.00,100.00,USD",
        "2025-02,0.00,0.00,-100.00,100.00,USD",
    ]


def test_the_audit_trail_comes_as_csv_whole_or_as_many_records(
    terminal: Terminal,
) -> None:
    terminal.run("import", terminal.write("invoices.jsonl", INVOICE))
    for number in range(3):
        name = ("--name", f"=HYPERLINK({number})")
        terminal.says("account", "DEFERRED", "--currency", "USD", *name)

    every = rows_of(terminal.says("audit", "list", "--csv"))
    two = rows_of(terminal.says("audit", "list", "--csv", "--limit", "2"))
    listed = terminal.says("audit", "list", "--hashes", "--limit", "1")

    assert [int(row["number"]) for row in every] == list(range(len(every), 0, -1))
    assert two == every[:2]
    assert every[0]["hash"] == listed.split()[1]
    assert every[0]["action"] == "RENAME_ACCOUNT"
    assert "=HYPERLINK(2)" in every[0]["details"]


def test_the_activity_log_comes_as_csv(terminal: Terminal) -> None:
    terminal.run("import", terminal.write("invoices.jsonl", INVOICE))
    terminal.says("account", "DEFERRED", "--currency", "USD", "--name", "Deferred, USD")

    rows = rows_of(terminal.says("activity", "--csv"))

    assert [(row["kind"], row["is_failed"]) for row in rows] == [
        ("SETTINGS", "false"),
        ("IMPORT", "false"),
    ]
    assert (rows[1]["documents"], rows[1]["ledger"]) == ("1", "USD")
    assert "Deferred, USD" in rows[0]["message"]
    assert rows[1]["started_at"].endswith("Z")


def rows_of(text: str) -> list[dict[str, str]]:
    """Lines of CSV by their columns."""
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_filters_that_cant_be_read_are_all_named(terminal: Terminal) -> None:
    terminal.run("import", terminal.write("invoices.jsonl", INVOICE))

    result = terminal.run("journals", "--from", "June", "--source", "RUMOUR")

    assert result.returncode == 2
    assert "'June' is not a date" in result.stderr
    assert "'RUMOUR' is not a source" in result.stderr


def test_an_export_goes_to_a_file_or_to_standard_output(terminal: Terminal) -> None:
    terminal.run("import", terminal.write("invoices.jsonl", INVOICE))
    selection = ("export", "--from", "2025-06-14", "--to", "2025-06-20")

    to_file = terminal.run(*selection, "-o", "june.csv")
    to_output = terminal.run(*selection, "-o", "-")
    with_scheduled = terminal.run(*selection, "--include-scheduled", "-o", "-")

    written = (terminal.folder / "june.csv").read_bytes().decode()
    assert to_file.returncode == to_output.returncode == 0
    assert written.replace("\r\n", "\n") == to_output.stdout
    assert len(written.splitlines()) == 1 + 2 * 2
    assert len(with_scheduled.stdout.splitlines()) == 1 + 2 * 7
    assert sorted(path.name for path in terminal.folder.iterdir()) == [
        "data",
        "invoices.jsonl",
        "june.csv",
        "june.csv.manifest.json",
    ]


def test_an_export_tells_the_audit_head_that_the_trail_lists(
    terminal: Terminal,
) -> None:
    terminal.run("import", terminal.write("invoices.jsonl", INVOICE))

    exported = terminal.run("export", "-o", "-")
    listed = terminal.says("audit", "list", "--hashes")
    early = terminal.run("export", "--as-of", "2025-01-01", "-o", "-")

    *_, kept, head = exported.stderr.splitlines()
    record, its_hash = re.fullmatch(  # type: ignore[union-attr]
        r"audit head: record (\d+), ([0-9a-f]{64})", head
    ).groups()
    (row,) = [line for line in listed.splitlines() if its_hash in line]
    assert row.split()[0] == record
    assert its_hash not in terminal.says("audit", "list")
    # Of what was known on a day: what is kept of it is the trail as it is now, to which
    # the first file's record belongs.
    assert (kept, early.stderr.splitlines()[-2]) == (
        "export record: 1",
        "export record: 2",
    )
    assert f"audit head: record {int(record) + 1}, " in early.stderr


def test_an_export_into_a_folder_gets_a_name_of_its_own(terminal: Terminal) -> None:
    terminal.run("import", terminal.write("invoices.jsonl", INVOICE))
    (terminal.folder / "files").mkdir()
    june = ("export", "--from", "2025-06-01", "--to", "2025-06-30")

    posted = terminal.run(*june, "-o", "files")
    everything = terminal.run(
        *("export", "--include-scheduled", "--granularity", "monthly"),
        *("--as-of", "2025-06-15", "--format", "Sequence", "-o", "files/"),
    )
    by_name = terminal.folder / "files/journals-USD-2025-06-daily.csv"
    by_name.write_text("edited")
    again = terminal.run(*june, "-o", "files")
    kept = by_name.read_text()
    no_folder = terminal.run(*june, "-o", "no/ne/")
    no_file = terminal.run(*june, "-o", "none/june.csv")

    assert posted.stderr.startswith(
        "files/journals-USD-2025-06-daily.csv: 4,078 bytes\n30 rows in 1 file\n"
    )
    assert everything.returncode == 0
    assert sorted(path.name for path in (terminal.folder / "files").iterdir()) == [
        "journals-USD-2025-06-daily.csv",
        "journals-USD-2025-06-daily.csv.manifest.json",
        "journals-USD-all-monthly-with-scheduled-as-of-2025-06-15.csv",
        "journals-USD-all-monthly-with-scheduled-as-of-2025-06-15.csv.manifest.json",
    ]
    assert again.returncode == 2
    assert again.stderr == (
        "daybook: files/journals-USD-2025-06-daily.csv exists already: remove it, or"
        " name a file with -o FILE\n"
    )
    assert kept == "edited"
    assert (no_folder.returncode, no_folder.stderr) == (
        *(2, "daybook: -o no/ne/: there is no folder no: make it first\n"),
    )
    assert (no_file.returncode, no_file.stderr) == (
        *(1, "daybook: none/june.csv can't be written: No such file or directory\n"),
    )


def test_journals_show_scheduled_entries_unless_told_not_to(
    terminal: Terminal,
) -> None:
    terminal.run("import", terminal.write("invoices.jsonl", INVOICE))
    july = ("journals", "--month", "2025-07")

    assert "1 journal." in terminal.says(*july)
    assert "1 journal." in terminal.says(*july, "--include-scheduled")
    assert "0 journals." in terminal.says(*july, "--no-include-scheduled")


def test_a_failed_export_leaves_the_file_as_it_was(terminal: Terminal) -> None:
    terminal.run("import", terminal.write("invoices.jsonl", INVOICE))
    (terminal.folder / "june.csv").write_text("precious")

    result = terminal.run("export", "--customer", "nobody", "-o", "june.csv")

    assert result.returncode == 2
    assert "there is no customer 'nobody'" in result.stderr
    assert (terminal.folder / "june.csv").read_text() == "precious"


def test_a_setting_that_cant_be_used_is_named(terminal: Terminal) -> None:
    wrong = terminal.run("journals", DAYBOOK_NOW="yesterday")
    unknown = terminal.run("journals", DAYBOOK_DATABASE_URL="oracle://db/daybook")

    assert (wrong.returncode, unknown.returncode) == (2, 2)
    assert "DAYBOOK_NOW" in wrong.stderr
    assert "use sqlite:///FILE or postgresql://" in unknown.stderr


def test_a_server_that_cant_be_reached_is_told_in_one_line(terminal: Terminal) -> None:
    url = "postgresql://nobody@127.0.0.1:1/daybook"

    result = terminal.run("journals", DAYBOOK_DATABASE_URL=url)

    assert result.returncode == 1
    assert result.stderr.startswith("daybook: the database can't be used: ")
    assert len(result.stderr.splitlines()) == 1


def test_postgresql_is_brought_up_to_date_by_its_own_command(
    terminal: Terminal, postgresql_empty: str
) -> None:
    before = terminal.run("journals", DAYBOOK_DATABASE_URL=postgresql_empty)
    upgraded = terminal.run("db", "upgrade", DAYBOOK_DATABASE_URL=postgresql_empty)
    name = terminal.write("invoices.jsonl", INVOICE)
    imported = terminal.run("import", name, DAYBOOK_DATABASE_URL=postgresql_empty)

    assert before.returncode == 2
    assert "run `daybook db upgrade`" in before.stderr
    assert upgraded.returncode == 0
    assert "12 journals, 13 movements" in imported.stdout


@pytest.mark.parametrize(
    "command", [("import",), ("journals",), ("export",), ("demo",), ("serve",)]
)
def test_every_command_has_help_with_an_example(
    terminal: Terminal, command: tuple[str, ...]
) -> None:
    result = terminal.run(*command, "--help")

    assert result.returncode == 0
    assert "Example: " in result.stdout


@pytest.mark.parametrize(
    "command",
    [("serve",), ("serve", "--workers", "2"), ("demo",)],
    ids=["serve", "workers", "demo"],
)
def test_a_port_that_is_taken_is_told_before_anything_is_done(
    terminal: Terminal, command: tuple[str, ...]
) -> None:
    data = terminal.folder / "data"
    data.mkdir()
    (data / "demo.db").write_text("the demo of before")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = str(listening.getsockname()[1])

        result = terminal.run(*command, "--port", port)

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        f"daybook: port {port} is in use by another program: stop that, or choose"
        " another port with --port\n"
    )
    assert (data / "demo.db").read_text() == "the demo of before"
    assert not (data / "daybook.db").exists()


@pytest.mark.parametrize(
    ("host", "status", "words"),
    [
        ("no such host", 2, "no such host is no address to listen on: "),
        ("192.0.2.1", 1, "can't listen on 192.0.2.1, port 8000: "),
    ],
    ids=["name", "address"],
)
def test_an_address_that_is_not_this_machines_is_told(
    terminal: Terminal, host: str, status: int, words: str
) -> None:
    result = terminal.run("serve", "--host", host)

    assert result.returncode == status
    assert result.stderr.startswith(f"daybook: {words}")
    assert result.stderr.count("\n") == 1


def test_reports_and_exports_of_an_as_of_day(terminal: Terminal) -> None:
    name = terminal.write("first.jsonl", INVOICE)
    terminal.run("import", name, DAYBOOK_NOW="2025-01-10T12:00:00Z")
    renamed = {**INVOICE, "id": "inv_2", "customer": {"id": "cus_1", "name": "New"}}
    terminal.run("import", terminal.write("second.jsonl", renamed))
    selection = ("--as-of", "2025-01-31", "--currency", "USD")

    listed = terminal.run("journals", *selection, "--month", "2025-01")
    now = terminal.run("journals", "--month", "2025-01")
    before = terminal.run("export", *selection, "-o", "-")
    nothing = terminal.run("export", "--as-of", "2025-01-01", "-o", "-")

    assert "1 journal." in listed.stdout
    assert "2 journals." in now.stdout
    assert "Acme" in listed.stdout and "New" not in listed.stdout
    rows = list(csv.DictReader(before.stdout.splitlines()))
    assert max(row["Date"] for row in rows) == "2025-01-31"
    assert {row["Customer name"] for row in rows} == {"Acme"}
    assert nothing.stdout.count("\n") == 1


def test_groups_in_the_terminal_and_in_a_file(terminal: Terminal) -> None:
    other = {**INVOICE, "id": "inv_2", "customer": {"id": "a/b", "name": "Other"}}
    terminal.run("import", terminal.write("invoices.jsonl", INVOICE, other))
    month = ("--from", "2025-02-01", "--to", "2025-02-28")

    listed = terminal.run("journals", *month, "--group-by", "customer")
    daily = terminal.run(
        *("journals", *month, "--group-by", "none", "--granularity", "daily")
    )
    grouping = ("--group-by", "customer,product", "--granularity", "monthly")
    exported = terminal.run("export", *month, *grouping, "-o", "-")
    wrong = terminal.run("journals", "--group-by", "colour")

    assert "2025-02/a%2Fb" in listed.stdout and "2 groups." in listed.stdout
    assert "2025-02-28" in daily.stdout and "28 groups." in daily.stdout
    rows = list(csv.DictReader(exported.stdout.splitlines()))
    assert [(row["Journal Number"], row["Direction"]) for row in rows] == [
        ("2025-02/a%2Fb/prod_1", "DEBIT"),
        ("2025-02/a%2Fb/prod_1", "CREDIT"),
        ("2025-02/cus_1/prod_1", "DEBIT"),
        ("2025-02/cus_1/prod_1", "CREDIT"),
    ]
    assert {row["Amount"] for row in rows} == {"100.00"}
    assert wrong.returncode == 2
    assert "--group-by 'colour'" in wrong.stderr


def test_filters_that_few_need(terminal: Terminal) -> None:
    terminal.run("import", terminal.write("invoices.jsonl", INVOICE))

    def count(*filters: str) -> str:
        lines = terminal.run("journals", *filters).stdout.splitlines()
        return next(line for line in lines if line.endswith("journals."))

    assert count() == count("--type", "system") == "12 journals."
    assert count("--type", "MANUAL") == count("--shifted") == "0 journals."
    assert count("--exclude-fully-recognized", "--on", "2026-01-01") == "0 journals."
    unknown = terminal.run("journals", "--billing-schedule", "none")
    assert unknown.returncode == 2
    assert "there is no billing schedule 'none' in the USD ledger" in unknown.stderr
    assert terminal.run("journals", "--type", "x").returncode == 2


def test_kinds_are_counted_in_a_row() -> None:
    kinds = [*SourceKind]
    three = Counter({kinds[0]: 2, kinds[1]: 1, kinds[2]: 1})

    assert by_kind(three) == "2 invoices, 1 billing schedule and 1 credit note"
    assert by_kind(Counter({kinds[0]: 1})) == "1 invoice"


def after_loading_lock(script: str) -> str:
    """What a script prints in a process that has loaded one command."""
    load = (
        "from daybook.cli import app\n"
        "app.app(['lock', '--help'], standalone_mode=False)"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"{load}\n{script}"],
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout.splitlines()[-1]


def test_a_command_loads_only_what_it_runs() -> None:
    said = after_loading_lock(
        "import sys\n"
        "print([name for name in ('export', 'server') if f'daybook.cli.{name}' in"
        " sys.modules])"
    )

    assert said == "[]"


def test_each_command_knows_all_tables() -> None:
    said = after_loading_lock(
        "from daybook.db.base import Base\n"
        "known = set(Base.metadata.tables); import daybook.tables\n"
        "print(set(Base.metadata.tables) - known)"
    )

    assert said == "set()"


def test_a_similar_command_is_named(terminal: Terminal) -> None:
    refused = terminal.run("exprt")

    assert refused.returncode == 2
    assert refused.stderr == (
        "daybook: no such command 'exprt'. Did you mean 'export', 'exports'?"
        " (daybook --help)\n"
    )
