"""Archives of exports for tests: systems with every account mapped, and their parts."""

import csv
import io
import json
from typing import Any, NamedTuple
from zipfile import ZipFile

from daybook.db.engine import Database
from daybook.exports.file_spec import DEFAULT_OPTIONS, FileOptions, FileSpec
from daybook.exports.formats import Format
from daybook.exports.manifests.manifest import MEMBER
from daybook.exports.mapping.commands import update_integration
from daybook.exports.mapping.forms import Integration, Preset
from daybook.exports.mapping.mapping_changes import set_mappings
from daybook.exports.mapping.rules import MappingLine, SettingsPatch
from daybook.exports.rules import Granularity
from daybook.exports.writing.archives import Named
from daybook.exports.writing.making import render_planned
from daybook.exports.writing.planning import plan_file
from daybook.exports.writing.tallies import Tally
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.recognition.rules import Method
from daybook.reports.journals.filters import JournalFilter
from daybook_factories import ORGANISATION, invoice, line, pin, record, terms
from daybook_people import NOON

POINT = terms("9.99", None, method=Method.POINT_IN_TIME, recognized_on="2025-01-01")
"""What is recognized on one day makes one movement."""

TYPES = {
    Role.BILLED: "Revenue",
    Role.UNBILLED: "Current Asset",
    Role.DEFERRED: "Current Liability",
    Role.RECOGNIZED: "Revenue",
}


class Archive(NamedTuple):
    """A rendered archive: its bytes, its parts in order, its manifest."""

    content: bytes
    parts: dict[str, bytes]
    manifest: dict[str, Any]
    tally: Tally


async def two_line_journals(database: Database, count: int) -> Pin:
    """So many journals, of one movement each."""
    await record(
        database,
        *(invoice(f"inv_{at}", line(its_terms=POINT)) for at in range(count)),
    )
    return await pin(database)


async def map_all(database: Database) -> Pin:
    """Map all roles in all systems and enable them; the ledger as it is then."""
    who: dict[str, Any] = {"now": NOON, "made_by": "a test"}
    for integration in Integration:
        lines = [MappingLine(role, "", _fields(integration, role)) for role in TYPES]
        await set_mappings(database, ORGANISATION, integration, lines, **who)
        currency = None if integration is Integration.QUICKBOOKS else "USD"
        patch = SettingsPatch(is_enabled=True, base_currency=currency)
        if integration is Integration.XERO:
            patch = patch._replace(preset=Preset.VENDOR)
        await update_integration(
            database, ORGANISATION, "USD", integration, patch, **who
        )
    return await pin(database)


def _fields(integration: Integration, role: Role) -> dict[str, str | None]:
    if integration is Integration.XERO:
        fields = {"code": f"20{int(role)}", "type": TYPES[role], "tax_rate": "Tax"}
        return {**fields}
    return {"account": role.name.title()}


def spec_of(  # noqa: PLR0913  (a test names only what it is about)
    its_pin: Pin,
    file_format: Format,
    *,
    granularity: Granularity = Granularity.MONTHLY,
    by: Any = None,
    options: FileOptions = DEFAULT_OPTIONS,
    wanted: JournalFilter | None = None,
) -> FileSpec:
    """A file of everything, scheduled entries too."""
    return FileSpec(
        *(its_pin, wanted or JournalFilter(), granularity, by),
        file_format,
        options=options,
    )


async def archived(
    database: Database, spec: FileSpec, *, is_archive: bool | None = True
) -> Archive:
    """The archive of a file, whose name is `x`."""
    plan = await plan_file(database, spec, is_archive=is_archive)
    assert plan.is_archive
    tally = Tally()
    pieces = render_planned(database, spec, plan, Named("x", ""), tally)
    content = b"".join([piece async for piece in pieces])
    members = members_of(content)
    manifest = json.loads(members.pop(MEMBER))
    return Archive(content, members, manifest, tally)


def members_of(content: bytes) -> dict[str, bytes]:
    """The members of an archive by name, in their order."""
    with ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rows_of(part: bytes) -> list[dict[str, str]]:
    """The rows of a part below its header."""
    return list(csv.DictReader(io.StringIO(part.decode("utf-8-sig"), newline="")))
