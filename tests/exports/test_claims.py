"""What a file claims to be, whatever is written in the manifest with it."""

import json
from pathlib import Path
from typing import Any

import pytest

from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.exports.manifests.manifest import SUFFIX
from daybook.exports.manifests.verifying import verify_file
from daybook.exports.queries import record_with_manifest
from daybook_factories import ORGANISATION, invoice, record

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

PART = {
    "name": "x-01.csv",
    "bytes": 8,
    "sha256": "00" * 32,
    "rows": 0,
    "debits": "0.00",
    "credits": "0.00",
}
MANIFEST: dict[str, Any] = {
    "manifest": 1,
    "ledger": "USD",
    "recording": 1,
    "renamings": 0,
    "today": "2025-01-31",
    "audit_head": None,
    "filters": None,
    "selection": {},
    "format": "SEQUENCE",
    "renderer": 1,
    "compression": None,
    "granularity": "daily",
    "group_by": None,
    "options": {},
    "file": {"name": "x.csv", "bytes": 8, "sha256": "00" * 32},
    "rows": 0,
    "debits": "0.00",
    "credits": "0.00",
}


@pytest.mark.parametrize(
    "change",
    [
        {"recording": 10**20},
        {"recording": "1"},
        {"renamings": -1},
        {"audit_head": {"record": 10**20, "hash": "00" * 32}},
        {"options": {"since": 10**20}},
        {"selection": {"customer": 10**20}},
        {"parts": []},
        {"parts": 5},
        {"parts": [{}]},
        {"parts": [{**PART, "name": "x"}]},
        {"parts": [{**PART, "name": "../x-01.csv"}]},
        {"parts": [{**PART, "name": f"x-{'9' * 5_000}.csv"}]},
        {"parts": [PART, PART]},
        {"parts": [PART], "format": "PARQUET"},
        {"rows": "x"},
        {"filters": 5},
        {"filters": "\ud800"},
        {"options": {"max_rows": "5"}},
        {"options": {"unheard_of": 5}},
        {"debits": "\x1b[2J\nthe same bytes"},
        {"selection": {"search": ["["] * 3 + [{}]}},
    ],
    ids=[
        "recording",
        "text",
        "renamings",
        "head",
        "since",
        "selection",
        "no-parts",
        "parts-number",
        "empty-part",
        "unnumbered",
        "folder",
        "long-number",
        "twice",
        "unsplit",
        "rows",
        "filters",
        "surrogate",
        "max-rows",
        "option",
        "escape",
        "nested",
    ],
)
async def test_a_manifest_that_nobody_of_ours_wrote_is_told_as_unreadable(
    database: Database, tmp_path: Path, change: dict[str, Any]
) -> None:
    await record(database, invoice())
    path = tmp_path / "x.csv"
    path.write_text("anything")
    path.with_name(f"x.csv{SUFFIX}").write_text(json.dumps({**MANIFEST, **change}))

    with pytest.raises(Rejected, match="its manifest can't be read"):
        await verify_file(database, ORGANISATION, path)


async def test_no_record_has_a_manifest_that_no_database_takes(
    database: Database,
) -> None:
    async with database.reads() as session:
        found = await record_with_manifest(session, ORGANISATION, "PK\0\1")

    assert found is None


async def test_a_manifest_of_a_file_that_is_nested_too_deeply_is_unreadable(
    database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("anything")
    path.with_name(f"x.csv{SUFFIX}").write_text("[" * 200_000)

    with pytest.raises(Rejected, match="its manifest can't be read"):
        await verify_file(database, ORGANISATION, path)


async def test_a_manifest_of_a_file_that_could_not_be_made_is_refused(
    database: Database, tmp_path: Path
) -> None:
    await record(database, invoice())
    path = tmp_path / "x.csv"
    path.write_text("anything")
    manifest = {**MANIFEST, "format": "XERO", "granularity": "monthly"}
    path.with_name(f"x.csv{SUFFIX}").write_text(json.dumps(manifest))

    with pytest.raises(Rejected, match="not mapped"):
        await verify_file(database, ORGANISATION, path)
