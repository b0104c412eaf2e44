"""`daybook manual`: writing, importing, listing and undoing in the terminal."""

import csv
import json
from pathlib import Path

import pytest

from daybook_terminal import Terminal, import_an_invoice, prepared

CREATE = (
    *("manual", "create", "--date", "2025-03-15", "--kind", "CORRECTION"),
    *("--narrative", "Usage that was billed twice", "--customer", "cus_1"),
    *("--product", "prod_1"),
)
LINES = ("--line", "debit DEFERRED 50.00", "--line", "credit RECOGNIZED 50.00 'March'")
HEADER = (
    "journal,date,kind,narrative,reverses_on,account,debit,credit,description,customer,"
    "product,adjusts,mode\n"
)
FILE = HEADER + (
    "a,2025-03-15,CORRECTION,Billed twice,,DEFERRED,50.00,,,cus_1,prod_1,,\n"
    "a,,,,,RECOGNIZED,,50.00,March,cus_1,prod_1,,\n"
    "b,2025-03-31,ONE_OFF,Accrued,2025-04-01,UNBILLED,7.00,,,cus_1,prod_1,,\n"
    "b,,,,,RECOGNIZED,,7.00,,cus_1,prod_1,,\n"
)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """An invoice of a year, whose January is journal 1."""
    return prepared(tmp_path, import_an_invoice)


def test_a_journal_is_written_submitted_shown_and_undone(terminal: Terminal) -> None:
    written = terminal.says(*CREATE, *LINES)
    submitted = terminal.says("manual", "submit", "MJ-1")
    again = terminal.says("manual", "submit", "1")
    shown = terminal.says("manual", "show", "mj-1")
    undone = terminal.says("manual", "reverse", "MJ-1", "--reason", "entered twice")
    listed = terminal.says("manual", "list")

    assert written == "MJ-1 is a draft, version 1.\n"
    assert submitted == "MJ-1 is posted.\n"
    assert again == "MJ-1 is posted, as before.\n"
    assert "Posted MJ-1 on 2025-03-15: journal 13." in shown
    assert [line.split()[0] for line in shown.splitlines() if "50.00" in line] == [
        *("DEFERRED", "RECOGNIZED", "50.00")
    ]
    assert undone == "MJ-1 is reversed.\n"
    assert "MJ-1   REVERSED   2025-03-15" in listed
    assert listed.endswith("1 of 1 manual journal.\n")
    assert "holds" in terminal.says("audit", "verify")


def test_a_draft_is_discarded(terminal: Terminal) -> None:
    terminal.says(*CREATE)

    discarded = terminal.says("manual", "discard", "MJ-1", "--reason", "not needed")
    refused = terminal.run("manual", "submit", "MJ-1")

    assert discarded == "MJ-1 is discarded.\n"
    assert refused.returncode == 2
    assert "MJ-1 was discarded: write a new one" in refused.stderr


def test_an_incomplete_draft_says_what_it_lacks(terminal: Terminal) -> None:
    refused = terminal.run(*CREATE, LINES[0], LINES[1], "--submit")

    assert refused.returncode == 2
    assert refused.stderr == (
        "daybook: MJ-1 is a draft, version 1, and isn't submitted: lines: a journal has"
        " two lines or more\n"
    )


def test_wrong_lines_are_named(terminal: Terminal) -> None:
    for line, words in {
        "debit DEFERED 50.00": "did you mean DEFERRED",
        "debit DEFERRED 50.001": "has 3 decimals, USD has 2",
        "debit DEFERRED": "is not like",
        "50.00 DEFERRED debit": "is not like",
        "debit DEFERRED 50.00 customer=nobody": "neither the id of a customer",
        "debit DEFERRED 50.00 two words": "put the description in quotes",
    }.items():
        refused = terminal.run(*CREATE, "--line", line)

        assert refused.returncode == 2, line
        assert words in refused.stderr


def test_the_adjusted_journal_is_named_as_reports_name_it(terminal: Terminal) -> None:
    adjusting = (
        *("manual", "create", "--date", "2025-03-31", "--kind", "CORRECTION"),
        *("--narrative", "Wrong product", "--mode", "REVERSE", "--adjusts"),
    )

    refused = terminal.run(*adjusting, "4,436")
    terminal.says(*adjusting, "1")

    assert refused.returncode == 2
    assert "'4,436' is not a journal's number, such as 12" in refused.stderr
    assert "REVERSE of journal 1" in terminal.says("manual", "show", "MJ-1")


def test_a_json_file_is_a_journal(terminal: Terminal) -> None:
    journal = {
        "date": "2025-03-31",
        "kind": "ONE_OFF",
        "narrative": "Accrued",
        "reverses_on": "2025-04-01",
        "customer": "cus_1",
        "product": "prod_1",
        "lines": [
            {"account": "UNBILLED", "debit": "7.00"},
            {"account": "RECOGNIZED", "credit": "7.00", "description": "March"},
        ],
    }
    (terminal.folder / "accrual.json").write_text(json.dumps(journal))
    command = ("manual", "create", "--file", "accrual.json", "--submit", "--key", "k")

    posted = terminal.says(*command)
    again = terminal.says(*command)

    assert posted == again.replace(", as before", "") == "MJ-1 is posted.\n"
    assert "MJ-1-REV on 2025-04-01" in terminal.says("manual", "show", "1")


def test_a_journal_is_reversed_whole(terminal: Terminal) -> None:
    said = terminal.says(*CREATE, "--adjusts", "1", "--mode", "REVERSE", "--submit")

    assert said == "MJ-1 is posted.\n"
    assert "(takes the journal back)" in terminal.says("manual", "show", "1")


def test_a_file_is_imported_once(terminal: Terminal) -> None:
    (terminal.folder / "march.csv").write_text(FILE)
    command = ("manual", "import", "march.csv", "--submit")

    imported = terminal.says(*command)
    again = terminal.says(*command)
    rows = csv.DictReader(terminal.says("manual", "list", "--csv").splitlines())

    assert imported == "march.csv: 2 journals posted, MJ-1 to MJ-2.\n"
    assert again == "march.csv: 2 journals imported before, left as they are.\n"
    assert [(row["number"], row["status"], row["debits"]) for row in rows] == [
        ("2", "POSTED", "7.00"),
        ("1", "POSTED", "50.00"),
    ]
    assert "holds" in terminal.says("audit", "verify")


def test_drafts_are_imported_and_more_are_added(terminal: Terminal) -> None:
    (terminal.folder / "march.csv").write_text(FILE)
    terminal.says("manual", "import", "march.csv")
    more = (
        FILE
        + FILE.removeprefix(HEADER)
        .replace("a,", "c,", 1)
        .replace("\na,", "\nc,")
        .partition("b,")[0]
    )
    (terminal.folder / "march.csv").write_text(more)

    said = terminal.says("manual", "import", "march.csv")

    assert said == (
        "march.csv: 1 journal saved as drafts, MJ-3;"
        " 2 journals imported before, left as they are.\n"
    )


def test_every_problem_of_a_file_is_told_at_its_row(terminal: Terminal) -> None:
    wrong = HEADER + (
        "a,2025-03-15,CORECTION,Billed twice,,DEFERRED,50.00,,,cus_1,prod_1,,\n"
        "a,2025-03-16,,,,RECOGNIZED,,50.00,,cus_1,prod_1,,\n"
        "b,2025-03-31,ONE_OFF,Accrued,2025-03-01,UNBILLED,7.00,7.00,,cus_1,prod_1,,\n"
        "c,2025-03-31,ONE_OFF,,,UNBILLED,7.00,,,nobody,prod_1,,\n"
    )
    (terminal.folder / "wrong.csv").write_text(wrong)

    refused = terminal.run("manual", "import", "wrong.csv")

    assert refused.returncode == 2
    assert "line 2: kind: " in refused.stderr
    assert "line 3: date: journal a has '2025-03-15' before" in refused.stderr
    assert "line 4: debit: a line has an amount in one of the columns" in refused.stderr
    assert "line 5: narrative: narrative is missing" in refused.stderr
    assert refused.stderr.endswith(
        "daybook: wrong.csv: 4 problems, nothing was imported\n"
    )
    assert "0 of 0 manual journals." in terminal.says("manual", "list")


def test_a_file_that_does_not_balance_is_refused_whole(terminal: Terminal) -> None:
    wrong = FILE.replace("RECOGNIZED,,7.00", "RECOGNIZED,,8.00")
    (terminal.folder / "wrong.csv").write_text(wrong)

    refused = terminal.run("manual", "import", "wrong.csv")

    assert "line 4: journal: journal b: credits are 1.00 more" in refused.stderr
    assert "0 of 0 manual journals." in terminal.says("manual", "list")


def test_a_key_with_other_content_is_refused(terminal: Terminal) -> None:
    (terminal.folder / "march.csv").write_text(FILE)
    terminal.says("manual", "import", "march.csv")
    (terminal.folder / "march.csv").write_text(FILE.replace("50.00", "51.00"))

    refused = terminal.run("manual", "import", "march.csv")

    assert refused.returncode == 2
    assert "it was imported as MJ-1 with other content" in refused.stderr


def test_two_of_a_file_cannot_take_the_same_journal_back(terminal: Terminal) -> None:
    text = HEADER + "".join(
        f"{key},2025-03-15,CORRECTION,Wrong,,,,,,,,1,REVERSE\n" for key in "ab"
    )
    (terminal.folder / "back.csv").write_text(text)

    refused = terminal.run("manual", "import", "back.csv", "--submit")

    assert "line 3: adjusts: journal b: journal 1 is taken back by" in refused.stderr


def test_under_four_eyes_others_approve(terminal: Terminal) -> None:
    assert "Four eyes is on." in terminal.says("settings", "--four-eyes")
    terminal.run("user", "add", "bob@example.com", "--role", "CONTROLLER")
    (terminal.folder / "march.csv").write_text(FILE)

    submitted = terminal.says(*CREATE, *LINES, "--submit")
    imported = terminal.says("manual", "import", "march.csv", "--submit")
    off = terminal.run("settings", "--no-four-eyes")
    approving = terminal.run("manual", "approve", "MJ-1")

    assert submitted.startswith("MJ-1 is submitted: ")
    assert "2 journals submitted, MJ-2 to MJ-3: " in imported
    assert off.returncode == 1
    assert "requested as change request 1" in off.stderr
    assert approving.returncode == 2
    assert "Four eyes is on." in terminal.says("settings")
