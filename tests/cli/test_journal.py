"""`daybook journal`: one journal, what it comes to and how it came about."""

import csv
import io
import re
from decimal import Decimal
from pathlib import Path

import pytest

from daybook_terminal import INVOICE, Terminal, import_an_invoice, prepared

LINE = INVOICE["lines"][0]
REVISED = {**INVOICE, "lines": [{**LINE, "amount": "1320.00"}]}


def revise(terminal: Terminal) -> None:
    """Lock January and February, then revise the year from 1,200.00 to 1,320.00."""
    import_an_invoice(terminal)
    terminal.says("lock", "2025-02-28")
    later = {"DAYBOOK_NOW": "2025-06-16T12:00:00Z"}
    ended = terminal.run("import", terminal.write("again.jsonl", REVISED), **later)
    assert ended.returncode == 0, ended.stderr


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal over an invoice that was revised after two months were locked."""
    return prepared(tmp_path, revise)


def lines_of(text: str) -> list[str]:
    """The lines of a table, with one space between words."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def test_a_journal_says_its_sum_movements_days_versions_and_recordings(
    terminal: Terminal,
) -> None:
    lines = lines_of(terminal.says("journal", "3"))

    assert lines[0] == "Journal 3, USD ledger 2025-03"
    assert "State Posted, moved, revised" in lines
    assert "Customer Acme (cus_1)" in lines
    assert "Document INV-1 (inv_1), version 2" in lines
    assert any(line.startswith("110.00 1,320.00 ÷ 12, ") for line in lines)
    assert "130.00 in 2025-03" in lines
    total = [line for line in lines if line.startswith("Total ")]
    assert total == ["Total 32 120.00 -10.00 130.00"]
    versions = [line.split() for line in lines if " FINAL " in line]
    assert [line[-1] for line in versions] == ["1,320.00", "1,200.00"]
    assert [line for line in lines if line.startswith("Dr = Cr ")]
    newest, first = lines[-2:]
    assert newest.endswith("120.00 -10.00 130.00")
    assert first.endswith("-100.00 100.00")


def test_as_of_a_day_it_is_as_it_was_known(terminal: Terminal) -> None:
    past = {"DAYBOOK_NOW": "2025-07-01T12:00:00Z"}
    said = terminal.run("journal", "3", "--as-of", "2025-06-15", **past)

    lines = lines_of(said.stdout)
    assert "State Posted" in lines
    assert "100.00 in 2025-03" in lines
    assert "FINAL" not in said.stdout, "it had one version"


def test_as_csv_its_days_sum_to_what_the_report_has(terminal: Terminal) -> None:
    days = list(csv.DictReader(io.StringIO(terminal.says("journal", "3", "--csv"))))
    report = csv.DictReader(
        io.StringIO(terminal.says("journals", "--month", "2025-03", "--csv"))
    )

    (row,) = (row for row in report if row["number"] == "3")
    for account in ("billed", "unbilled", "deferred", "recognized"):
        total = sum((Decimal(day[account]) for day in days), Decimal(0))
        assert total == Decimal(row[account]), account
    assert {day["state"] for day in days} == {"POSTED"}


def test_the_marks_of_the_report_are_those_of_the_journal(terminal: Terminal) -> None:
    row = r"^ (\d+) .*? (?:Posted|Partly|Scheduled) +((?:moved, )?revised)"
    marked = dict(re.findall(row, terminal.says("journals"), re.MULTILINE))

    assert len(marked) == 12
    assert marked["3"] == "moved, revised" and marked["4"] == "revised"


@pytest.mark.parametrize("number", ["99", "0", "-1", "x", "1.5"])
def test_a_journal_that_there_is_not(terminal: Terminal, number: str) -> None:
    ended = terminal.run("journal", "--", number)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"daybook: there is no journal {number!r} in the USD ledger:"
        " `daybook journals` lists them\n"
    )


def test_of_several_ledgers_one_is_named(terminal: Terminal) -> None:
    other = {**INVOICE, "id": "inv_2", "number": "INV-2", "currency": "EUR"}
    later = {"DAYBOOK_NOW": "2025-06-17T12:00:00Z"}
    assert not terminal.run("import", terminal.write("e.jsonl", other), **later).stderr

    ended = terminal.run("journal", "1")
    said = terminal.says("journal", "1", "--currency", "EUR")

    assert ended.stderr == (
        "daybook: each ledger numbers its own journals: choose one by --currency, of"
        " EUR, USD\n"
    )
    assert "Journal 1, EUR ledger" in said and "INV-2" in said
