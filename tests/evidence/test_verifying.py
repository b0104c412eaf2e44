"""Verification names the file that isn't what was attached, and its record."""

from collections.abc import Callable
from pathlib import Path

import pytest

from daybook.db.engine import Database
from daybook.evidence.auditing import check_files
from daybook_evidence import attached, keeping, pdf, png, removed
from daybook_factories import ORGANISATION, invoice, record

pytestmark = pytest.mark.anyio


def missing(file: Path) -> None:
    file.unlink()


def changed(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"signed", b"SIGNED"))


def truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def grown(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"\n")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (missing, "is missing"),
        (changed, "was changed: its SHA-256 is another"),
        (truncated, f"was changed: it has {len(pdf()) - 1} bytes instead of"),
        (grown, f"was changed: it has {len(pdf()) + 1} bytes instead of"),
    ],
)
@pytest.mark.parametrize("is_removed", [False, True])
@pytest.mark.either_database
async def test_a_file_that_was_changed_is_named(
    database: Database,
    tmp_path: Path,
    harm: Callable[[Path], None],
    words: str,
    *,
    is_removed: bool,
) -> None:
    folder = tmp_path / "evidence"
    await record(database, invoice("inv_1"), on="2025-01-01")
    await attached(database, folder, png(), name="scan.png")
    its = await attached(database, folder)
    if is_removed:
        await removed(database, 2)
    storage = keeping(folder).storage
    assert await check_files(database, storage, ORGANISATION) == (2, None)

    harm(folder / "1" / its.listed.attachment.file_key)
    files, mismatch = await check_files(database, storage, ORGANISATION)

    assert files == 1 and mismatch is not None
    assert mismatch.number == its.listed.attachment.record
    assert str(mismatch).startswith(
        f"audit record {mismatch.number} attached contract.pdf to invoice inv_1"
        f" (attachment 2), and the file {words}"
    )


async def test_many_files_are_checked_page_by_page(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daybook.evidence.auditing.AT_ONCE", 2)
    folder = tmp_path / "evidence"
    await record(database, invoice("inv_1"), on="2025-01-01")
    for number in range(5):
        await attached(database, folder, pdf(str(number)), name=f"{number}.pdf")
    storage = keeping(folder).storage

    assert await check_files(database, storage, ORGANISATION) == (5, None)
