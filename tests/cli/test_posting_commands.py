"""`daybook exports post` and `undo-post`, and what `daybook export` says of them."""

import csv
from pathlib import Path

import pytest

from daybook_terminal import INVOICE, Terminal, prepared

SPRING = ("--from", "2025-04-01", "--to", "2025-05-31")
POST = ("exports", "post")


def prepare(made: Terminal) -> None:
    other = {**INVOICE, "id": "inv_2", "number": "INV-2"}
    made.says("import", made.write("invoices.jsonl", INVOICE, other))
    assert made.run("export", *SPRING, "-o", "spring.csv").returncode == 0


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """Two invoices of a year; file 1 has the entries of April and May."""
    return prepared(tmp_path, prepare)


def test_a_file_is_posted_listed_and_undone(terminal: Terminal) -> None:
    posted = terminal.says(*POST, "1", "--reference", "MJ-0934", "--at", "2025-06-02")
    again = terminal.says(*POST, "1", "--reference", "MJ-0934")
    listed = terminal.says("exports")
    (row,) = csv.DictReader(terminal.says("exports", "--csv").splitlines())
    undone = terminal.says("exports", "undo-post", "1", "--reason", "wrong month")
    (after,) = csv.DictReader(terminal.says("exports", "--csv").splitlines())

    assert posted == "File 1 (spring.csv) is posted as MJ-0934, 2025-06-02.\n"
    assert again == (
        "File 1 (spring.csv) is posted as MJ-0934, 2025-06-02, as before.\n"
    )
    assert "MJ-0934, 2025-06-02" in listed
    columns = ("posted_on", "reference", "marked_at", "marked_by")
    assert [row[column] for column in columns] == [
        *("2025-06-02", "MJ-0934", "2025-06-15T12:00:00Z", "command line")
    ]
    assert undone == "File 1 (spring.csv) is not posted any more.\n"
    assert [after[column] for column in columns] == [""] * 4


def test_the_audit_trail_covers_both(terminal: Terminal) -> None:
    terminal.says(*POST, "1", "--reference", "MJ-0934")
    terminal.says("exports", "undo-post", "1", "--reason", "wrong month")

    assert terminal.run("audit", "verify").returncode == 0


def test_what_is_refused_names_the_way_out(terminal: Terminal) -> None:
    terminal.says(*POST, "1", "--reference", "MJ-0934")
    assert terminal.run("export", *SPRING, "-o", "again.csv").returncode == 0

    other = terminal.run(*POST, "1", "--reference", "MJ-0935")
    doubled = terminal.run(*POST, "2", "--reference", "MJ-0935")
    never = terminal.run("exports", "undo-post", "2", "--reason", "none")
    checked = terminal.says("export", *SPRING, "--check")
    later = terminal.run(*POST, "2", "--reference", "MJ-0935", "--at", "2025-06-16")
    nothing = terminal.run(*POST, "3", "--reference", "MJ-0935")

    assert [its.returncode for its in (other, doubled, never, later, nothing)] == [
        2
    ] * 5
    assert other.stderr == (
        "daybook: file 1 is posted as MJ-0934, 2025-06-15: undo that first"
        " (`daybook exports undo-post`)\n"
    )
    assert doubled.stderr == (
        "daybook: file 2: 4 journals have entries in posted files already: journals"
        " 7, 8, 9 and 1 more in file 1 (MJ-0934); file 2 comes to 400.00 USD, file 1 to"
        " 400.00 USD; undo these, or confirm that the target has them twice (add"
        " --confirm-doubled)\n"
    )
    assert "note    4 journals are in posted files already" in checked
    assert "way out: make the difference since file 1 instead" in checked
    assert never.stderr == "daybook: file 2 is not posted\n"
    assert later.stderr == (
        "daybook: 2025-06-16 is still to come: today is 2025-06-15\n"
    )
    assert nothing.stderr == "daybook: there is no export record 3\n"


def test_doubled_entries_can_be_confirmed(terminal: Terminal) -> None:
    terminal.says(*POST, "1", "--reference", "MJ-0934")
    assert terminal.run("export", *SPRING, "-o", "again.csv").returncode == 0

    said = terminal.says(*POST, "2", "--reference", "MJ-0935", "--confirm-doubled")

    assert said == (
        "File 2 (again.csv) is posted as MJ-0935, 2025-06-15.\n"
        "The target has entries of 4 journals twice: journals 7, 8, 9 and 1 more in"
        " file 1 (MJ-0934).\n"
    )


def test_the_first_file_of_a_second_system_is_asked_about(terminal: Terminal) -> None:
    terminal.says(*POST, "1", "--reference", "MJ-0934")
    quickbooks = ("--format", "QUICKBOOKS", "-o", "again.csv")
    terminal.says("mapping", "enable", "--integration", "QUICKBOOKS")

    made = terminal.run("export", *SPRING, *quickbooks, "--default-account", "Clearing")
    asked = terminal.run(*POST, "2", "--reference", "QB-1")
    said = terminal.says(*POST, "2", "--reference", "QB-1", "--confirm-doubled")

    assert made.returncode == 0, made.stderr
    assert asked.returncode == 2
    assert "confirm that a second system has them (add --confirm-d" in asked.stderr
    assert said.endswith(
        "Another system has entries of 4 journals, too: journals 7, 8, 9 and 1 more in"
        " file 1 (MJ-0934).\n"
    )


def test_the_next_export_says_which_journals_are_in_posted_files(
    terminal: Terminal,
) -> None:
    terminal.says(*POST, "1", "--reference", "MJ-0934")
    assert terminal.run("export", "--to", "2025-02-28", "-o", "feb.csv").returncode == 0
    after = terminal.run("export", "-o", "all.csv")
    terminal.says(*POST, "2", "--reference", "MJ-0935")
    both = terminal.run("export", "-o", "-")

    assert after.stderr.startswith(
        "4 of 12 journals are in posted files already: file 1 (MJ-0934)\n"
    )
    assert both.stderr.startswith(
        "8 of 12 journals are in posted files already: 4 in file 1 (MJ-0934), 4 in"
        " file 2 (MJ-0935)\n"
    )
    file = (terminal.folder / "all.csv").read_text()
    assert both.stdout.splitlines() == file.splitlines()


def test_an_export_of_other_days_says_nothing(terminal: Terminal) -> None:
    terminal.says(*POST, "1", "--reference", "MJ-0934")

    done = terminal.run("export", "--from", "2025-03-01", "--to", "2025-03-31", "-o-")

    assert "posted files" not in done.stderr
    assert "export record: 2\n" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("post", "1"),
        ("undo-post", "1"),
        ("post", "0", "--reference", "x"),
        ("post", "1", "--reference", "x", "--at", "yesterday"),
    ],
    ids=["no-reference", "no-reason", "no-number", "no-date"],
)
def test_incomplete_commands_are_refused(
    terminal: Terminal, arguments: tuple[str, ...]
) -> None:
    assert terminal.run("exports", *arguments).returncode == 2
    assert "MJ" not in terminal.says("exports")


def test_the_group_lists_and_has_commands(terminal: Terminal) -> None:
    helped = terminal.says("exports", "--help")

    assert "--limit" in helped
    for command in ("post", "undo-post"):
        assert f"  {command} " in helped
