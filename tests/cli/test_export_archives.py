"""`daybook export` of files above a limit, its closing lines, and `--verify`."""

import json
import os
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from threading import Thread

import pytest

from daybook.exports.manifests.manifest import SUFFIX
from daybook_archives import members_of
from daybook_terminal import INVOICE, Terminal

pytestmark = pytest.mark.either_database

XERO = ("export", "--format", "XERO", "--include-scheduled")
TYPES = {
    "BILLED": "Revenue",
    "UNBILLED": "Current Asset",
    "DEFERRED": "Current Liability",
    "RECOGNIZED": "Revenue",
}
CLOSING = """\
780 rows in 3 files
debits = credits = 72,000.00 USD
                         debits    credits
  Billed Revenue      36,000.00       0.00
  Deferred Revenue    36,000.00  36,000.00
  Recognized Revenue       0.00  36,000.00
"""


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 30 invoices of a year, 780 monthly lines; Xero is mapped."""
    folder = tmp_path_factory.mktemp("archives")
    terminal = Terminal(folder)
    invoices = [
        {**INVOICE, "id": f"inv_{at}", "number": f"INV-{at}"} for at in range(30)
    ]
    terminal.says("import", terminal.write("invoices.jsonl", *invoices))
    own = ("--integration", "XERO")
    for role, its_type in TYPES.items():
        fields = (f"code={len(role)}00", f"type={its_type}")
        terminal.says("mapping", "set", role, *fields, *own)
    terminal.says("mapping", "enable", *own, "--preset", "vendor")
    return folder


@pytest.fixture
def terminal(ledger: Path, tmp_path: Path) -> Iterator[Terminal]:
    """A terminal over a copy of the ledger."""
    shutil.copytree(ledger, tmp_path, dirs_exist_ok=True)
    (tmp_path / "invoices.jsonl").unlink()
    yield Terminal(tmp_path)
    assert list(tmp_path.rglob("*.part")) == []


def names(terminal: Terminal, folder: str = ".") -> set[str]:
    """The files of a folder."""
    return {path.name for path in (terminal.folder / folder).iterdir()} - {"data"}


def test_a_name_that_needs_parts_becomes_an_archives(terminal: Terminal) -> None:
    ended = terminal.run(*XERO, "-o", "year.csv")

    archive = (terminal.folder / "year.zip").read_bytes()
    assert ended.returncode == 0, ended.stderr
    assert names(terminal) == {"year.zip"}
    assert list(members_of(archive)) == [
        *("year-01.csv", "year-02.csv", "year-03.csv", "manifest.json")
    ]
    note, _, rest = ended.stderr.partition("\n")
    assert note.startswith("note: 780 lines without a tax rate: ")
    assert rest.startswith(
        "year.csv would be 3 files, which are in year.zip\n"
        f"year.zip: {len(archive):,} bytes\n{CLOSING}"
        f"SHA-256: {sha256(archive).hexdigest()}\nexport record: 1\naudit head: record "
    )

    again = terminal.run(*XERO, "-o", "year.csv")
    chosen = terminal.run(*XERO, "-o", "year.zip")
    assert (again.returncode, again.stderr) == (
        2,
        "daybook: year.zip exists already: remove it, or name a file with -o FILE\n",
    )
    assert chosen.returncode == 0
    assert "would be" not in chosen.stderr


def test_a_folder_has_the_archive_by_its_own_name(terminal: Terminal) -> None:
    (terminal.folder / "files").mkdir()

    terminal.run(*XERO, "-o", "files/")
    terminal.run(*XERO, "--to", "2025-01-31", "-o", "files/")

    assert names(terminal, "files") == {
        "journals-USD-all-monthly-xero-with-scheduled.zip",
        "journals-USD-until-2025-01-monthly-xero-with-scheduled.csv",
        "journals-USD-until-2025-01-monthly-xero-with-scheduled.csv.manifest.json",
    }


def test_a_name_for_an_archive_gives_one_of_a_single_part(terminal: Terminal) -> None:
    ended = terminal.run(*XERO, "--to", "2025-01-31", "-o", "January.ZIP")

    archive = (terminal.folder / "January.ZIP").read_bytes()
    assert ended.returncode == 0, ended.stderr
    assert list(members_of(archive)) == ["January-01.csv", "manifest.json"]
    assert "120 rows in 1 file" in ended.stderr
    assert names(terminal) == {"January.ZIP"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--format", "XLSX", "-o", "x.zip"),
            "files of XLSX are not split: end the name with .xlsx",
        ),
        (("-o", "x.xlsx.zip"), "files of XLSX are not split: end the name with .xlsx"),
        (
            ("--compress", "gzip", "-o", "x.zip"),
            "a zip archive is compressed already: leave gzip out",
        ),
        (
            (),
            (
                "-o is missing: name a file, a folder, or - for standard output;"
                " --check needs none"
            ),
        ),
    ],
    ids=["format", "name", "compressed", "nowhere"],
)
def test_an_archive_that_cant_be_made_is_refused(
    terminal: Terminal, options: tuple[str, ...], message: str
) -> None:
    ended = terminal.run("export", *options)

    assert (ended.returncode, ended.stderr) == (2, f"daybook: {message}\n")
    assert names(terminal) == set()


def test_standard_output_and_pipes_are_never_split(terminal: Terminal) -> None:
    pipe = terminal.folder / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reading = Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reading.start()

    printed = terminal.run(*XERO, "-o", "-")
    piped = terminal.run(*XERO, "-o", "pipe")
    reading.join(30)

    assert printed.returncode == piped.returncode == 0
    assert printed.stdout.count("\n") == read[0].count(b"\r\n") == 781
    assert "780 rows in 1 file" in printed.stderr
    assert names(terminal) == {"pipe"}


def test_a_single_file_has_its_manifest_beside_it(terminal: Terminal) -> None:
    terminal.run("export", "--to", "2025-01-31", "-o", "january.csv")

    content = (terminal.folder / "january.csv").read_bytes()
    text = (terminal.folder / "january.csv.manifest.json").read_text()
    manifest = json.loads(text)
    assert manifest["file"] == {
        "name": "january.csv",
        "bytes": len(content),
        "sha256": sha256(content).hexdigest(),
    }
    assert manifest["filters"] == "to=2025-01-31"
    assert manifest["rows"] == content.count(b"\r\n") - 1
    assert text == json.dumps(manifest, indent=2, sort_keys=True) + "\n"


def test_a_manifest_that_cant_be_written_is_told_and_the_file_stays(
    terminal: Terminal,
) -> None:
    (terminal.folder / "january.csv.manifest.json").mkdir()

    ended = terminal.run("export", "--to", "2025-01-31", "-o", "january.csv")

    assert ended.returncode == 0
    message = "january.csv.manifest.json can't be written: Is a directory"
    assert f"daybook: {message}\n" in ended.stderr
    assert "export record: 1" in ended.stderr


def test_verify_says_that_the_bytes_are_the_same(terminal: Terminal) -> None:
    terminal.run(*XERO, "-o", "year.zip")
    listed = terminal.says("exports", "--csv")
    (terminal.folder / "year.zip").rename(terminal.folder / "renamed")

    told = terminal.says("export", "--verify", "renamed")

    content = (terminal.folder / "renamed").read_bytes()
    assert told == (
        "renamed is what export record 1 makes\n  the same bytes\n"
        f"{CLOSING}SHA-256: {sha256(content).hexdigest()}\n"
    )
    assert terminal.says("exports", "--csv") == listed
    assert names(terminal) == {"renamed"}


def test_verify_says_what_differs(terminal: Terminal) -> None:
    terminal.run("export", "--to", "2025-01-31", "-o", "january.csv")
    path = terminal.folder / "january.csv"
    before = path.read_bytes()
    path.write_bytes(before.replace(b"Acme", b"Acne", 1))

    ended = terminal.run("export", "--verify", "january.csv")

    assert (ended.returncode, ended.stderr) == (1, "")
    assert ended.stdout == (
        "january.csv differs from what export record 1 makes\n"
        f"  its SHA-256 is {sha256(path.read_bytes()).hexdigest()}, that of export"
        f" record 1 {sha256(before).hexdigest()}\n"
        "  the first difference is in line 2\n"
        f"  made again, its SHA-256 is {sha256(before).hexdigest()}\n"
    )


def test_verify_refuses_what_it_knows_nothing_of(terminal: Terminal) -> None:
    (terminal.folder / "foreign.csv").write_text("anything")

    foreign = terminal.run("export", "--verify", "foreign.csv")
    unknown = terminal.run("export", "--verify", "foreign.csv", "--record", "7")
    absent = terminal.run("export", "--verify", "absent.csv")
    folder = terminal.run("export", "--verify", "data")

    statuses = {each.returncode for each in (foreign, unknown, absent, folder)}
    assert statuses == {2}
    assert "daybook: no export record has its SHA-256 " in foreign.stderr
    assert unknown.stderr == "daybook: there is no export record 7\n"
    assert absent.stderr == "daybook: --verify absent.csv: there is no such file\n"
    assert folder.stderr == "daybook: --verify data: there is no such file\n"


def test_accounts_stand_in_the_order_of_the_report(terminal: Terminal) -> None:
    terminal.says("account", "BILLED", "--name", "Zahlungen")
    year = ("export", "--include-scheduled")

    ended = terminal.run(*year, "-o", "year.csv")
    verified = terminal.says("export", "--verify", "year.csv")
    checked = terminal.says(*year, "--check")

    accounts = ["Zahlungen", "Deferred Revenue", "Recognized Revenue"]
    for text in (ended.stderr, verified, checked):
        places = [text.index(f"{account}  ") for account in accounts]
        assert places == sorted(places)
    manifest = json.loads((terminal.folder / f"year.csv{SUFFIX}").read_text())
    assert list(manifest["accounts"]) == sorted(accounts)
