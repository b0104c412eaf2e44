"""`daybook dismiss`, and what it refuses."""

from pathlib import Path

import pytest

from daybook_terminal import CREDIT_OF_NOTHING, INVOICE, Terminal, prepared


def prepare(made: Terminal) -> None:
    made.says("import", made.write("invoices.jsonl", INVOICE))
    made.run("import", made.write("october.jsonl", CREDIT_OF_NOTHING))


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """An invoice was imported; line 2 of the log is an import that failed."""
    return prepared(tmp_path, prepare)


def test_a_failed_import_is_dismissed_once(terminal: Terminal) -> None:
    checklist = ("close-checklist", "--month", "2025-06")
    before = " ".join(terminal.says(*checklist).split())
    first, again = (
        terminal.says("dismiss", "2", "--reason", f"a [bold]trial {turn}")
        for turn in (1, 2)
    )

    assert "october.jsonl failed on 15 Jun 2025 and was not imported since" in before
    assert first == "Import 2 of october.jsonl is dismissed: a [bold]trial 1\n"
    assert again == (
        "Import 2 of october.jsonl is dismissed, as before: a [bold]trial 1\n"
    )
    assert "failed" not in terminal.says(*checklist)
    assert "Dismissed the failed import 2 of october.jsonl" in terminal.says(
        "audit", "list", "--csv"
    )


def test_a_file_that_can_t_be_read_is_a_failed_import(terminal: Terminal) -> None:
    """Neither amount nor day; a dry run of it leaves nothing behind."""
    line = {**INVOICE["lines"][0], "amount": "abc", "service_to": "2025-02-35"}
    file = terminal.write("bad.jsonl", {**INVOICE, "lines": [line]})
    checklist = ("close-checklist", "--month", "2025-06")

    dry = terminal.run("import", file, "--dry-run")
    before = " ".join(terminal.says(*checklist).split())
    refused = terminal.run("import", file)
    after = " ".join(terminal.says(*checklist).split())
    log = terminal.says("activity", "--csv")

    assert (dry.returncode, refused.returncode) == (2, 2)
    assert "2 problems, nothing was recorded" in " ".join(refused.stderr.split())
    assert "bad.jsonl" not in before
    assert "bad.jsonl failed on 15 Jun 2025" in after
    (line_of_log,) = [row for row in log.splitlines() if "bad.jsonl" in row]
    assert "import of bad.jsonl: " in line_of_log and "abc" in line_of_log


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("1", "--reason", "x"), "line 1 of the activity log is no failed import"),
        (("2", "--reason", " "), "give a reason"),
        (("two", "--reason", "x"), "`daybook activity` lists them"),
        (("9" * 30, "--reason", "x"), "the activity log has no line 9"),
    ],
)
def test_what_is_no_failed_import_is_refused(
    terminal: Terminal, arguments: tuple[str, ...], words: str
) -> None:
    answer = terminal.run("dismiss", *arguments)

    assert answer.returncode == 2
    assert words in " ".join(answer.stderr.split())
