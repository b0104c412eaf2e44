"""A posted file for Xero, and the connection that takes it."""

from typing import Any

from daybook.connections.commands import Author, add_connection
from daybook.connections.rules import ConnectionSettings
from daybook.db.engine import Database
from daybook.exports.file_spec import FileOptions, FileSpec
from daybook.exports.formats.xero import XERO
from daybook.exports.mapping.commands import update_integration
from daybook.exports.mapping.forms import Integration, Preset
from daybook.exports.mapping.mapping_changes import set_mapping
from daybook.exports.mapping.rules import SettingsPatch
from daybook.exports.records import MadeFile, record_file
from daybook.exports.rules import Totals
from daybook.ledger.rules import Role
from daybook.reports.journals.group_keys import Granularity
from daybook_factories import ORGANISATION, invoice, pin, record
from daybook_people import NOON
from daybook_posted import days, mark

WEEK = days("2025-01-02", "2025-01-08")
CODES = {
    Role.BILLED: ("610", "Current Asset"),
    Role.UNBILLED: ("620", "Current Asset"),
    Role.DEFERRED: ("820", "Current Liability"),
    Role.RECOGNIZED: ("200", "Revenue"),
}
"""The accounts of Xero."""


async def map_to_xero(database: Database) -> None:
    """Enable Xero for the dollars' ledger, and map all accounts."""
    where = (database, ORGANISATION, "USD", Integration.XERO)
    who: dict[str, Any] = {"now": NOON, "made_by": "a test"}
    await update_integration(*where, SettingsPatch(is_enabled=True), **who)
    for role, (code, kind) in CODES.items():
        fields = {"code": code, "type": kind}
        await set_mapping(*where, role=role, scope="", fields=fields, **who)


async def exported(database: Database) -> None:
    """A posted file with an entry of an invoice's revenue on each of seven days."""
    await record(database, invoice("inv_1"), on="2025-10-15")
    await map_to_xero(database)
    spec = FileSpec(
        await pin(database, on="2025-10-15"),
        WEEK,
        Granularity.DAILY,
        file_format=XERO,
        options=FileOptions(preset=Preset.VENDOR),
    )
    file = MadeFile(spec, "journals.csv", 9, bytes(32), Totals(14, 1, 1))
    await record_file(database, file, now=NOON, made_by="Ada")
    await mark(database, 1, now=NOON)


async def connect(database: Database, *takes: str, currency: str = "USD") -> int:
    """A connection that takes the exports of these ledgers; its number."""
    settings = ConnectionSettings("Northwind Inc", takes_exports=takes)
    author = Author(ORGANISATION, "a test", NOON)
    return await add_connection(database, author, settings, base_currency=currency)
