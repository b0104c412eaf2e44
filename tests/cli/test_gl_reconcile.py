"""`daybook gl reconcile` in a terminal: from what is missing for it to each state."""

import csv
import io
import json
from pathlib import Path

import pytest

from daybook_gl_returned import Xero
from daybook_terminal import Terminal, import_an_invoice, prepared

CODES = {"BILLED": "610", "UNBILLED": "620", "DEFERRED": "820", "RECOGNIZED": "200"}


def export(terminal: Terminal) -> None:
    """Export two months of an invoice of a year for Xero, into `january.csv`."""
    import_an_invoice(terminal)
    where = ("--integration", "XERO")
    terminal.says("mapping", "enable", *where, "--preset", "vendor")
    for role, code in CODES.items():
        fields = (f"code={code}", "type=Revenue", "tax_rate=Tax Exempt")
        terminal.says("mapping", "set", role, *fields, *where)
    form = ("--format", "XERO", "--date-form", "yyyy-mm-dd", "-o", "january.csv")
    days = ("--from", "2025-01-01", "--to", "2025-02-28")
    assert terminal.run("export", *days, *form).returncode == 0


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal in whose folder a file was made."""
    return prepared(tmp_path, export)


def bring(terminal: Terminal, xero: Xero) -> None:
    """Import what Xero has by now."""
    for kind, root, documents in (
        ("journals", "Journals", xero.journals),
        ("manual-journals", "ManualJournals", xero.manual_journals),
    ):
        path = terminal.folder / f"{kind}.json"
        path.write_text(json.dumps({root: documents}))
        terminal.says("gl", "import", kind, path.name)


def test_what_is_missing_for_it_is_told_with_the_way_out(terminal: Terminal) -> None:
    assert terminal.says("gl", "reconcile") == (
        "No connection takes the exports of the USD ledger: `daybook gl connection"
        " update NAME --takes USD` says which does.\n"
    )
    connection = ("gl", "connection", "add", "Inc", "--currency", "USD")
    terminal.says(*connection, "--takes", "USD")
    assert terminal.says("gl", "reconcile").startswith(
        "No file of the USD ledger for Xero is posted yet: `daybook exports post`"
    )
    terminal.says("exports", "post", "1", "--reference", "MJ-1")
    ended = terminal.run("gl", "reconcile")
    assert (ended.returncode, ended.stderr) == (1, "")
    assert "no journals of Inc came in yet: `daybook gl import" in ended.stdout
    assert "it isn't among the journals that came in" in ended.stdout


def test_states_are_shown_and_end_the_command_with_1(terminal: Terminal) -> None:
    connection = ("gl", "connection", "add", "Inc", "--currency", "USD")
    terminal.says(*connection, "--takes", "USD")
    terminal.says("exports", "post", "1", "--reference", "MJ-1")
    xero = Xero()
    first, *others = xero.take((terminal.folder / "january.csv").read_bytes())
    assert others
    bring(terminal, xero)

    said = terminal.says("gl", "reconcile", "--currency", "USD")

    count = len(xero.journals)
    assert f"whose journals came in to no. {count}" in said
    assert "What" not in said
    xero.reverse(first)
    bring(terminal, xero)
    ended = terminal.run("gl", "reconcile")
    assert (ended.returncode, ended.stderr) == (1, "")
    words = f"booked and taken back, by journals 1 and {count + 1}"
    assert words in " ".join(ended.stdout.split())
    ended = terminal.run("gl", "reconcile", "--csv", "--state", "missing")
    (row,) = csv.DictReader(io.StringIO(ended.stdout))
    assert (row["state"], row["file"], row["booked"]) == ("MISSING", "1", "")
    assert row["words"] == words
    ended = terminal.run("gl", "reconcile", "--state", "lost")
    assert ended.returncode == 2
    assert "--state 'lost' is not one of missing, changed" in ended.stderr
