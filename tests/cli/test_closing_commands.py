"""`daybook balance`, `tie-out` and `close-checklist`."""

from pathlib import Path

import pytest

from daybook_terminal import INVOICE, Terminal, import_an_invoice, prepared


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal over one invoice of 1,200.00 for 2025, on 15 Jun 2025."""
    return prepared(tmp_path, import_an_invoice)


def rows_of(text: str) -> list[str]:
    """The lines of a table with their columns a blank apart."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def test_balances_are_entered_imported_and_listed(terminal: Terminal) -> None:
    first = terminal.says("balance", "enter", "DEFERRED", "2025-05-31", "700.00")
    again = terminal.says("balance", "enter", "deferred", "2025-05-31", "700")
    (terminal.folder / "may.csv").write_text(
        "account,date,balance\nBilled Revenue,2025-05-31,1200\nRECOGNIZED,2025-05-31,1"
    )
    imported = terminal.says("balance", "import", "may.csv", "--note", "May")
    lower = terminal.says("balance", "enter", "UNBILLED", "2025-05-31", "--", "-3.00")

    assert first == "1 balance entered in USD (recording 2).\n"
    assert again == "0 balances entered in USD, 1 entered before.\n"
    assert imported == "2 balances entered in USD (recording 3).\n"
    assert lower == "1 balance entered in USD (recording 4).\n"
    listed = rows_of(terminal.says("balance", "list", "--limit", "2"))
    assert listed[2].startswith("4 UNBILLED 2025-05-31 -3.00 2025-06-15 12:00:00")
    assert listed[-1] == "2 of 4 balances; --limit shows more."
    table = terminal.says("balance", "list", "--csv").splitlines()
    assert table[0] == (
        "number,account,date,balance,label,note,entered_at,entered_by,currency"
    )
    assert table[2] == (
        "3,RECOGNIZED,2025-05-31,1.00,,May,2025-06-15T12:00:00Z,command line,USD"
    )


def test_every_problem_of_a_file_is_shown(terminal: Terminal) -> None:
    (terminal.folder / "may.csv").write_text(
        "account,date,balance\nDefered,2025-05-31,1.001\nBILLED,2025-05-31,2.00\n"
    )

    ended = terminal.run("balance", "import", "may.csv")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        "  line 2: account: 'Defered' is no account's name or code: there are BILLED,"
        " UNBILLED, DEFERRED, RECOGNIZED; did you mean deferred? [INVALID_VALUE]\n"
        "  line 2: balance: '1.001' has 3 decimals, USD has 2 [INVALID_AMOUNT]\n"
        "daybook: may.csv: 2 problems, nothing was entered\n"
    )
    assert terminal.says("balance", "list").splitlines()[-1] == "0 of 0 balances."


def test_a_problem_names_the_argument(terminal: Terminal) -> None:
    ended = terminal.run("balance", "enter", "CASH", "2025-05-31", "1.00")

    assert ended.returncode == 2
    assert ended.stderr.startswith("  account: 'CASH' is no account's name or code")


def test_a_tie_out_says_what_it_has_nothing_of(terminal: Terminal) -> None:
    nothing = terminal.says("tie-out", "--on", "2025-05-31")
    terminal.says("balance", "enter", "DEFERRED", "2025-05-31", "700.00")
    balanced = terminal.says("tie-out", "--on", "2025-05-31")

    assert "No file is posted yet" in nothing
    assert "No balance of the general ledger is entered" in nothing
    assert "No file is posted yet" in balanced
    assert "No balance of the general ledger is entered" not in balanced


def test_a_balance_wrong_by_a_cent_ends_with_a_status(terminal: Terminal) -> None:
    terminal.says("balance", "enter", "DEFERRED", "2025-04-30", "800.00")
    agreed = terminal.run("tie-out", "--on", "2025-05-31")
    terminal.says("balance", "enter", "DEFERRED", "2025-05-31", "700.01")

    ended = terminal.run("tie-out", "--on", "2025-05-31")

    assert agreed.returncode == 0
    assert ended.returncode == 1
    rows = rows_of(ended.stdout)
    assert "Deferred 2025-05 -100.00 -100.00" in rows
    assert "Deferred 31 May 2025 700.01 700.00 0.01 2025-05" in rows
    assert (
        "BALANCE: Deferred Revenue on 31 May 2025: the general ledger has 700.01, the"
        " ledger has 700.00, so 0.01 more; that of 30 Apr 2025 agreed" in " ".join(rows)
    )
    assert (
        "DIFFERENCE 0.01: Deferred in the general ledger on 31 May 2025 700.01,"
        " ledger 700.00" in " ".join(rows)
    )


def test_the_tie_out_is_a_file_too(terminal: Terminal) -> None:
    terminal.says("balance", "enter", "DEFERRED", "2025-01-31", "1100.01")

    ended = terminal.run("tie-out", "--on", "2025-01-31", "--format", "csv")

    assert ended.returncode == 1
    lines = ended.stdout.splitlines()
    assert lines[0] == (
        "row,target,account,month,day,ledger,posted,not_exported,balance,difference,"
        "kind,customer,product,document,journal,export,message,currency"
    )
    assert "month,,DEFERRED,2025-01,,1100.00,0.00,1100.00,,0.00,,,,,,,,USD" in lines
    assert "balance,,DEFERRED,,2025-01-31,,1100.00,,1100.01,0.01,,,,,,,,USD" in lines
    assert lines[-1].startswith(
        'finding,,DEFERRED,2025-01,,,,,,0.01,BALANCE,,,,,,"Deferred Revenue on 31 Jan'
    )


def test_the_checklist_names_what_is_due(terminal: Terminal) -> None:
    before = rows_of(terminal.says("close-checklist", "--month", "2025-01"))
    (line,) = INVOICE["lines"]
    other = line | {"product": {"id": "prod_2", "name": "Setup"}}
    setup = INVOICE | {"id": "inv_2", "number": "INV-2", "lines": [other]}
    terminal.says("import", terminal.write("setup.jsonl", setup))
    terminal.says("product", "prod_2", "--method", "STRAIGHT_LINE")

    rows = rows_of(terminal.says("close-checklist", "--month", "2025-01"))

    assert rows[0] == "Closing 2025-01, USD State"
    assert "Imports Done last import on 15 Jun 2025" in rows
    assert "Lock Due no day is locked" in rows
    # No product has a method: the ledger's decides on purpose.
    assert "No product method: 1" not in before
    assert "No product method: 1" in rows
    assert rows[-1].startswith("Acme, Platform, INV-1: recognized as straight line")
    table = terminal.says("close-checklist", "--format", "csv").splitlines()
    assert table[0].startswith("row,kind,state,count,customer,product,document")
    assert table[1] == "step,IMPORTS,DONE,0,,,,,,,last import on 15 Jun 2025,USD"
    named = terminal.run("close-checklist", "--month", "2025-01", "-o", "./")
    assert named.returncode == 0
    assert (terminal.folder / "close-checklist-USD-2025-01.csv").exists()
