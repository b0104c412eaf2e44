"""Formats and compression through every door: the same files, the same refusals."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from daybook.cli.export_form import form_of
from daybook.cli.running import Failed
from daybook.db.engine import Database
from daybook.exports import formats
from daybook.exports.formats.contract import Limits
from daybook.exports.formats.xlsx import XLSX
from daybook.sheets import contract
from daybook_doors import Doors, doors_of
from daybook_files import parquet_lines, xlsx_lines

pytestmark = pytest.mark.anyio

OCTOBER = ("--from", "2025-10-01", "--to", "2025-10-31")
ITS_FILTER = {"posted": {"from": "2025-10-01", "to": "2025-10-31"}}
ITS_QUERY = "currency=USD&from=2025-10-01&to=2025-10-31"


@pytest.fixture(scope="module")
async def doors(
    module_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Doors]:
    """The doors to a ledger with a history."""
    folder = tmp_path_factory.mktemp("forms")
    async with doors_of(module_database, folder) as opened:
        yield opened


@pytest.mark.parametrize(
    ("file_format", "compress", "suffix", "media_type"),
    [
        ("SEQUENCE", "gzip", "csv.gz", "application/gzip"),
        ("BEANCOUNT", "zstd", "beancount.zst", "application/zstd"),
        ("PARQUET", "", "parquet", "application/vnd.apache.parquet"),
        (
            *("XLSX", "", "xlsx"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
    ],
)
@pytest.mark.either_database
async def test_every_door_gives_the_same_file(
    doors: Doors, file_format: str, compress: str, suffix: str, media_type: str
) -> None:
    options = ("--compress", compress) if compress else ()
    query = f"{ITS_QUERY}&format={file_format}&compress={compress}"

    written = doors.by_command(*OCTOBER, "--format", file_format, *options)
    made = doors.by_mutation(
        granularity="DAILY",
        filter=ITS_FILTER,
        format=file_format,
        compress=compress.upper() or None,
    )
    download = doors.client.get(f"/journals.csv?{query}")
    fetched = doors.client.get(f"/exports/{doors.last_job}/{made[0]}")

    assert written[0] == f"journals-USD-2025-10-daily.{suffix}"
    assert made == written
    assert download.content == written[1]
    assert download.headers["content-type"] == media_type
    assert fetched.headers["content-type"] == media_type
    assert written[0] in download.headers["content-disposition"]


@pytest.mark.parametrize(
    ("file_format", "read"), [("PARQUET", parquet_lines), ("XLSX", xlsx_lines)]
)
@pytest.mark.either_database
async def test_groups_come_by_their_keys(
    doors: Doors, file_format: str, read: Callable[[bytes], list[object]]
) -> None:
    wanted = (*OCTOBER, "--format", file_format, "--granularity", "monthly")

    name, content = doors.by_command(*wanted, "--group-by", "customer")

    assert name.startswith("journals-USD-2025-10-monthly-by-customer.")
    assert {line[0] for line in read(content)} == {"2025-10/cus_1", "2025-10/cus_2"}  # type: ignore[index]  # a line's key


@pytest.mark.either_database
async def test_what_is_compressed_already_is_refused_at_every_door(
    doors: Doors,
) -> None:
    message = (
        "a file of XLSX is compressed already: leave gzip out, or choose SEQUENCE or"
        " BEANCOUNT"
    )

    ended = doors.terminal.run(
        "export", "--format", "XLSX", "--compress", "gzip", "-o", "-"
    )
    download = doors.client.get("/journals.csv?currency=USD&format=XLSX&compress=gzip")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert message in ended.stderr
    assert (download.status_code, message in download.text) == (400, True)
    assert [message] == doors.refused_by_mutation(
        granularity="DAILY", format="XLSX", compress="GZIP"
    )


@pytest.mark.either_database
async def test_what_is_too_large_is_refused_at_every_door(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(XLSX, limits=Limits(rows=1))
    others = tuple(known for known in formats.FORMATS if known is not XLSX)
    monkeypatch.setattr(formats, "FORMATS", (*others, small))

    download = doors.client.get("/journals.csv?currency=USD&format=XLSX")
    refused = doors.refused_by_mutation(granularity="DAILY", format="XLSX")

    assert download.status_code == 400
    assert "XLSX holds up to 1 rows, and these are " in download.text
    assert len(refused) == 1
    assert refused[0].startswith("XLSX holds up to 1 rows, and these are ")


@pytest.mark.either_database
async def test_what_is_not_installed_is_refused_at_every_door(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contract, "find_spec", lambda _name: None)
    message = "pip install 'daybook-ledger[xlsx]'"

    download = doors.client.get("/journals.csv?currency=USD&format=XLSX")
    (refused,) = doors.refused_by_mutation(granularity="DAILY", format="XLSX")
    with pytest.raises(Failed) as failed:
        form_of("january.xlsx", None, None)

    assert (download.status_code, message in download.text) == (400, True)
    assert message in refused
    assert str(failed.value).startswith("--format XLSX needs the package xlsxwriter")
