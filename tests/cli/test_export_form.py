"""`daybook export` by the names of files: their formats, and their compression."""

import gzip
import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from daybook_files import beancount_lines, csv_lines, parquet_lines, xlsx_lines
from daybook_terminal import INVOICE, Terminal

JUNE = ("--from", "2025-06-01", "--to", "2025-06-30", "--include-scheduled")


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    terminal = Terminal(tmp_path)
    assert terminal.run("import", terminal.write("i.jsonl", INVOICE)).returncode == 0
    return terminal


def test_a_name_says_the_format(terminal: Terminal) -> None:
    readers = {
        "june.csv": csv_lines,
        "june.xlsx": xlsx_lines,
        "JUNE.PARQUET": parquet_lines,
        "june.beancount": beancount_lines,
    }

    for name, read in readers.items():
        ended = terminal.run("export", *JUNE, "-o", name)
        assert ended.returncode == 0, ended.stderr
        assert len(read((terminal.folder / name).read_bytes())) == 60


def test_a_name_says_the_compression_and_the_record_keeps_it(
    terminal: Terminal,
) -> None:
    for arguments in (
        ("-o", "june.csv"),
        ("-o", "june.csv.gz"),
        ("-o", "june.beancount.gz"),
        ("--compress", "gzip", "-o", "june"),
        ("--compress", "zstd", "-o", "./"),
    ):
        ended = terminal.run("export", *JUNE, *arguments)
        assert ended.returncode == 0, ended.stderr

    files = {path.name: path.read_bytes() for path in terminal.folder.glob("j*une*")}
    assert gzip.decompress(files["june.csv.gz"]) == files["june.csv"]
    assert files["june"] == files["june.csv.gz"]
    assert files["june.beancount.gz"][:2] == b"\x1f\x8b"
    (path,) = terminal.folder.rglob("daybook.db")
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(
            "SELECT file_name, compression, format, row_count, file_sha256"
            " FROM export_records ORDER BY number"
        ).fetchall()
    assert [row[:4] for row in found] == [
        ("june.csv", None, 1, 60),
        ("june.csv.gz", "gzip", 1, 60),
        ("june.beancount.gz", "gzip", 5, 60),
        ("june", "gzip", 1, 60),
        ("journals-USD-2025-06-daily-with-scheduled.csv.zst", "zstd", 1, 60),
    ]
    assert found[1][4] == hashlib.sha256(files["june.csv.gz"]).digest()
    assert terminal.run("audit", "verify").returncode == 0
    assert ",gzip," in terminal.says("exports", "--csv")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--compress", "zstd", "-o", "june.csv.gz"),
            (
                "--compress zstd: the name june.csv.gz says gzip; end it with .zst, or"
                " leave --compress out"
            ),
        ),
        (
            ("--compress", "lz4", "-o", "june.csv"),
            "--compress 'lz4' is not a compression: it is one of gzip, zstd",
        ),
        (
            ("-o", "june.xlsx.gz"),
            (
                "--compress a file of XLSX is compressed already: leave gzip out, or"
                " choose SEQUENCE or BEANCOUNT"
            ),
        ),
        (
            ("--format", "parquet", "--compress", "gzip", "-o", "-"),
            (
                "--compress a file of PARQUET is compressed already: leave gzip out, or"
                " choose SEQUENCE or BEANCOUNT"
            ),
        ),
    ],
)
def test_what_contradicts_itself_is_refused(
    terminal: Terminal, arguments: tuple[str, ...], message: str
) -> None:
    ended = terminal.run("export", *JUNE, *arguments)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"daybook: {message}\n"
    assert not list(terminal.folder.glob("june*"))
