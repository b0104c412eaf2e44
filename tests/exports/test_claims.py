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

pytestmark = pytest.mark.anyio

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
    ],
    ids=["recording", "text", "renamings", "head", "since", "selection"],
)
async def test_a_number_that_no_ledger_gave_makes_a_manifest_unreadable(
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
