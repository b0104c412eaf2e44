"""`daybook export --since`: only what changed since a recorded file."""

import csv
import json
from pathlib import Path

import pytest

from daybook_terminal import INVOICE, Terminal, prepared

SPRING = ("--from", "2025-04-01", "--to", "2025-05-31", "--granularity", "monthly")


def prepare(made: Terminal) -> None:
    made.says("import", made.write("invoices.jsonl", INVOICE))
    assert made.run("export", *SPRING, "-o", "spring.csv").returncode == 0
    (line,) = INVOICE["lines"]
    half = {**INVOICE, "lines": [{**line, "amount": "600.00"}]}
    made.says("import", made.write("revised.jsonl", half))


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """An invoice; file 1 has April and May, before it was revised to half."""
    return prepared(tmp_path, prepare)


MANIFEST = "spring.csv.manifest.json"


def rows(path: Path) -> list[list[str]]:
    """Number, date, side, account and amount of each line."""
    with path.open(newline="") as stream:
        return [
            [row["Journal Number"], row["Date"], row["Direction"], row[name], amount]
            for row in csv.DictReader(stream)
            for name, amount in [("Ledger account name", row["Amount"])]
        ]


def test_the_difference_has_the_form_of_its_file(
    terminal: Terminal, tmp_path: Path
) -> None:
    made = terminal.run("export", "--since", "1", "-o", "corrections.csv")
    by_manifest = terminal.run(
        "export", "--since", "spring.csv.manifest.json", "-o", "same.csv"
    )

    assert (made.returncode, by_manifest.returncode) == (0, 0)
    found = rows(tmp_path / "corrections.csv")
    assert [row[1:] for row in found] == [
        ["2025-04-30", "DEBIT", "Recognized Revenue", "50.00"],
        ["2025-04-30", "CREDIT", "Deferred Revenue", "50.00"],
        ["2025-05-31", "DEBIT", "Recognized Revenue", "50.00"],
        ["2025-05-31", "CREDIT", "Deferred Revenue", "50.00"],
    ]
    assert {row[0].partition("-r")[2] for row in found} == {"2"}
    assert rows(tmp_path / "same.csv") == found
    manifest = json.loads((tmp_path / "corrections.csv.manifest.json").read_text())
    assert manifest["options"]["since"] == 1
    assert manifest["changed_accounts"] == []
    assert terminal.run("export", "--verify", "corrections.csv").returncode == 0


def test_a_posted_difference_is_gone_on_from(
    terminal: Terminal, tmp_path: Path
) -> None:
    assert terminal.run("export", "--since", "1", "-o", "2.csv").returncode == 0
    for number in ("1", "2"):
        terminal.says("exports", "post", number, "--reference", f"MJ-{number}")

    again = terminal.run("export", "--since", "1", "-o", "3.csv")
    nothing = terminal.run("export", "--since", "2", "-o", "3.csv")

    assert again.returncode == 2
    assert again.stderr == (
        "daybook: --since: file 2 is posted and holds a difference to file 1: go on"
        " from file 2, or the same change is posted twice\n"
    )
    assert nothing.returncode == 0
    assert nothing.stderr.startswith(
        "note: nothing has changed since file 2 in its days\n"
    )
    assert rows(tmp_path / "3.csv") == []


def test_an_empty_difference_of_closed_days_says_where_corrections_are(
    terminal: Terminal, tmp_path: Path
) -> None:
    assert terminal.run("export", "--since", "1", "-o", "2.csv").returncode == 0
    for number in ("1", "2"):
        terminal.says("exports", "post", number, "--reference", f"MJ-{number}")
    terminal.says("lock", "2025-05-31")

    nothing = terminal.run("export", "--since", "2", "-o", "3.csv")
    checked = terminal.run("export", "--since", "2", "--check")

    way_out = (
        "days through 2025-05-31 are closed, and corrections of them are posted from"
        " 2025-06-01 on: export the month of that day"
    )
    assert nothing.stderr.startswith(
        f"note: nothing has changed since file 2 in its days: {way_out}\n"
    )
    assert f"way out: {way_out}" in checked.stdout
    assert rows(tmp_path / "3.csv") == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--since", "9"), "there is no export record 9"),
        (("--since", "none.json"), "it is neither the number of a record"),
        (("--since", "revised.jsonl"), "no export record has this manifest"),
        (("--since", "1", "--format", "xero"), "--format: --since makes a file of"),
        (("--since", "1", "--to", "2025-06-30"), "--to: --since makes a file of"),
        (("--since", "1", "--max-rows", "9"), "--max-rows: --since makes a file of"),
        (
            ("--since", MANIFEST, "-o", MANIFEST),
            f"-o {MANIFEST}: --since reads this file, and it would be replaced: name",
        ),
    ],
    ids=["unknown", "absent", "foreign", "format", "filter", "option", "same"],
)
def test_what_a_difference_has_not_is_refused(
    terminal: Terminal, options: tuple[str, ...], words: str
) -> None:
    refused = terminal.run("export", "-o", "x.csv", *options)

    assert refused.returncode == 2
    assert words in refused.stderr


def test_a_difference_is_checked_first(terminal: Terminal) -> None:
    checked = terminal.run("export", "--since", "1", "--check")

    assert checked.returncode == 0
    assert "journals-USD-2025-04-to-2025-05-monthly-since-1" in checked.stdout
    assert "4 rows in 1 file" in checked.stdout
