"""`daybook attach` and `daybook attachments`, and the check of the files."""

import re
from pathlib import Path

import pytest

from daybook_evidence import csv, pdf, png
from daybook_terminal import Terminal, import_an_invoice, prepared


def prepare(made: Terminal) -> None:
    import_an_invoice(made)
    assert made.run("lock", "2025-01-31").returncode == 0
    (made.folder / "contract.pdf").write_bytes(pdf())
    (made.folder / "scan.png").write_bytes(png())
    (made.folder / "list.csv").write_bytes(csv())


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal with an invoice, a lock (recording 2), and files to attach."""
    return prepared(tmp_path, prepare)


def done(terminal: Terminal, *arguments: str) -> str:
    """What a command prints."""
    ended = terminal.run(*arguments)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def refused(terminal: Terminal, *arguments: str, status: int = 2) -> str:
    """Why a command fails."""
    ended = terminal.run(*arguments)
    assert (ended.returncode, ended.stdout) == (status, "")
    return ended.stderr


def test_files_are_attached_listed_saved_and_removed(
    terminal: Terminal, tmp_path: Path
) -> None:
    attach = ("attach", "contract.pdf", "--invoice", "inv_1")
    first = done(terminal, *attach, "--description", "signed")
    again = done(terminal, *attach)
    lock = done(terminal, "attach", "scan.png", "--lock", "last", "--name", "a.png")
    listed = done(terminal, "attachments")
    of_lock = done(terminal, "attachments", "--lock", "2")
    removed = done(terminal, "attachments", "remove", "1", "--reason", "of another")
    left = done(terminal, "attachments", "--invoice", "inv_1")
    every = done(terminal, "attachments", "--invoice", "inv_1", "--removed")
    done(terminal, "attachments", "save", "1", "--to", "saved.pdf")
    done(terminal, "attachments", "save", "2")

    size = f"{len(pdf()):,} bytes"
    expected = f"Attachment 1: contract.pdf ({size}) is attached to invoice inv_1"
    assert (first, again) == (f"{expected}.\n", f"{expected}, as before.\n")
    assert "is attached to the lock of the USD ledger, recording 2." in lock
    assert "2 of 2 attachments." in listed and "signed" in listed
    assert "a.png" in of_lock and "contract.pdf" not in of_lock
    assert removed == (
        "Attachment 1 (contract.pdf) is removed from invoice inv_1; its file is kept.\n"
    )
    assert "0 of 0 attachments." in left
    assert re.search(r"removed \d{4}-\d\d-\d\d by command line: of another", every)
    assert (tmp_path / "saved.pdf").read_bytes() == pdf()
    assert (tmp_path / "a.png").read_bytes() == png()
    assert "2 files of evidence" in done(terminal, "audit", "verify")


def test_a_manual_journal_has_files(terminal: Terminal) -> None:
    entry = ("--date", "2025-03-15", "--kind", "CORRECTION", "--narrative", "Billed")
    lines = ("--line", "debit DEFERRED 5.00", "--line", "credit RECOGNIZED 5.00")
    done(terminal, "manual", "create", *entry, *lines)

    made = done(terminal, "attach", "mj-1", "scan.png")
    of_it = done(terminal, "attachments", "--manual-journal", "1")
    trail = done(terminal, "audit", "list", "--kind", "MANUAL_JOURNAL", "--id", "MJ-1")

    assert "scan.png" in made and "is attached to manual journal MJ-1." in made
    assert "1 of 1 attachment." in of_it
    assert "2 of 2 records." in trail
    assert "1 file of evidence" in done(terminal, "audit", "verify")


def test_csv_has_all_that_is_kept(terminal: Terminal) -> None:
    done(terminal, "attach", "list.csv", "--invoice", "inv_1")

    header, line = done(terminal, "attachments", "--csv").splitlines()

    assert header.startswith("number,subject_kind,subject_id,file,media_type,bytes,")
    assert line.startswith(f"1,INVOICE,inv_1,list.csv,text/csv,{len(csv())},")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("attach", "contract.pdf"), "say what the file is evidence of"),
        (
            ("attach", "contract.pdf", "--invoice", "a", "--lock", "last"),
            "say what the file is evidence of",
        ),
        (
            ("attach", "MJ-1", "contract.pdf", "--invoice", "a"),
            "say what the file is evidence of",
        ),
        (
            ("attach", "MJ-1", "MJ-2", "contract.pdf"),
            "say what the file is evidence of",
        ),
        (("attach", "MJ-1", "contract.pdf"), "there is no manual journal 'MJ-1'"),
        (("attach", "MJ-x", "contract.pdf"), "is not a manual journal's number"),
        (("attach", "contract.pdf", "--invoice", "a"), "there is no invoice 'a'"),
        (("attach", "nothing.pdf", "--invoice", "inv_1"), "can't be read"),
        (("attach", ".", "--invoice", "inv_1"), "can't be read: Is a directory"),
        (
            ("attach", "scan.png", "--invoice", "inv_1", "--name", "a.pdf"),
            "its name must end in .png",
        ),
        (("attach", "scan.png", "--lock", "1"), "no change of a lock 'USD/1'"),
        (("attach", "scan.png", "--lock", "x"), "'x' is not a recording's number"),
        (("attach", "scan.png", "--lock", "2", "--currency", "EUR"), "no ledger in"),
        (("attachments", "save", "7"), "there is no attachment 7"),
        (("attachments", "save", "x"), "there is no attachment 'x'"),
        (("attachments", "remove", "7", "--reason", "x"), "there is no attachment 7"),
        (("attachments", "--lock", "2", "--invoice", "a"), "not several"),
    ],
)
def test_what_is_wrong_is_said(
    terminal: Terminal, arguments: tuple[str, ...], words: str
) -> None:
    assert words in refused(terminal, *arguments)


def test_a_file_that_exists_is_not_overwritten(terminal: Terminal) -> None:
    done(terminal, "attach", "contract.pdf", "--invoice", "inv_1")

    assert "exists and is not overwritten" in refused(
        terminal, "attachments", "save", "1"
    )


def test_a_quota_is_said(terminal: Terminal) -> None:
    ended = terminal.run(
        *("attach", "contract.pdf", "--invoice", "inv_1"),
        DAYBOOK_EVIDENCE_BYTES_MAX="100",
    )

    assert ended.returncode == 2 and "DAYBOOK_EVIDENCE_BYTES_MAX" in ended.stderr


def test_verification_names_a_file_that_was_changed(
    terminal: Terminal, tmp_path: Path
) -> None:
    done(terminal, "attach", "contract.pdf", "--invoice", "inv_1")
    (file,) = [its for its in tmp_path.rglob("evd_*") if its.is_file()]
    file.write_bytes(pdf("forged"))

    verified = terminal.run("audit", "verify")
    saving = refused(terminal, "attachments", "save", "1", "--to", "x.pdf", status=1)

    assert re.match(
        r"daybook: audit record \d+ attached contract.pdf to invoice inv_1 \(attachment"
        r" 1\), and the file was changed: its SHA-256 is another\n",
        verified.stderr,
    )
    assert "was changed" in saving and not (tmp_path / "x.pdf").exists()
