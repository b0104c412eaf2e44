"""What lines by month say of documents that were voided or revised after a lock."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from daybook_terminal import INVOICE, Terminal, prepared

FEBRUARY = ("--from", "2025-02-01", "--to", "2025-02-28")


def sold(at: int, amount: str = "1200.00", **more: Any) -> dict[str, Any]:
    """An invoice of a year, with a number of its own."""
    lines = [{**INVOICE["lines"][0], "amount": amount}]
    return INVOICE | {"id": f"inv_{at}", "number": f"INV-{at}", "lines": lines} | more


CREDIT = {
    "type": "credit_note",
    "id": "cn_1",
    "number": "CN-1",
    "status": "FINAL",
    "currency": "USD",
    "customer": INVOICE["customer"],
    "issued_on": "2025-02-10",
    "invoice_id": "inv_3",
    "lines": [{"id": "1", "amount": "330.00", "invoice_line_id": "1"}],
}


def prepare(made: Terminal) -> None:
    first = made.write("a.jsonl", sold(1), sold(2), sold(3))
    made.run("import", first, DAYBOOK_NOW="2025-02-03T10:00:00Z")
    made.run("lock", "2025-01-31", DAYBOOK_NOW="2025-02-03T10:00:00Z")
    then = made.write("b.jsonl", sold(1, status="VOIDED"), sold(2, "600.00"), CREDIT)
    made.run("import", then, DAYBOOK_NOW="2025-02-10T10:00:00Z")


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """January is locked; then INV-1 is voided, INV-2 halved, and INV-3 credited."""
    return prepared(tmp_path, prepare)


def narratives(path: Path) -> Mapping[str, str]:
    """The narratives, by the journal's number."""
    with path.open(newline="") as stream:
        rows = csv.DictReader(stream)
        return {row["Journal Number"]: row["Narrative"] for row in rows}


def test_a_void_and_a_revision_of_a_locked_month_say_so(
    terminal: Terminal, tmp_path: Path
) -> None:
    made = terminal.run(
        *("export", *FEBRUARY, "--granularity", "monthly", "-o", "month.csv"),
        DAYBOOK_NOW="2025-03-03T10:00:00Z",
    )

    assert made.returncode == 0
    found = narratives(tmp_path / "month.csv").values()
    begin = "Platform for Acme, Feb 2025:"
    assert list(found) == [
        # January's 100.00 are taken back; February's first nine days cancel out.
        (
            f"{begin} 1,200.00 USD of billing taken back, 100.00 USD of recognized"
            " revenue taken back (INV-1, voided; partly of 1–31 Jan 2025, locked)."
        ),
        # February's 50.00 less January's 50.00.
        (
            f"{begin} 600.00 USD of billing taken back (INV-2, as revised; partly of"
            " 1–31 Jan 2025, locked)."
        ),
        f"{begin} 75.27 USD recognized (INV-3).",
        f"{begin} 330.00 USD credited (CN-1).",
    ]


def test_a_group_has_the_sums_alone(terminal: Terminal, tmp_path: Path) -> None:
    made = terminal.run(
        *(
            "export",
            *FEBRUARY,
            "--group-by",
            "none",
            "--granularity",
            "monthly",
            "-o",
            "month.csv",
        ),
        DAYBOOK_NOW="2025-03-03T10:00:00Z",
    )

    assert made.returncode == 0
    # 1,200.00 and 600.00 and 330.00; 100.00 less 75.27.
    assert list(narratives(tmp_path / "month.csv").values()) == [
        (
            "Feb 2025: 2,130.00 USD of billing taken back, 24.73 USD of recognized"
            " revenue taken back."
        )
    ]
