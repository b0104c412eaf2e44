"""A small company at the end of October 2026, which its controller is about to close.

Its figures are sums that a person does in the head. Before the close:

    INV-1    12,000.00 for 2026   October earns 1,000.00, 2,000.00 are deferred then

The controller then takes `OCTOBER_FILE`, whose documents came late:

    INV-2     6,000.00 for October to March        1,000.00 in October, 5,000.00 later
    INV-3     2,400.00 for October to September      200.00 in October, 2,200.00 later
    INV-4       600.00 on 15 October                 600.00 in October

and approves Tom's journal of 31 October, which recognizes 100.00 of what is deferred.
October has earned 1,000.00 + 1,800.00 + 100.00 = 2,900.00 then, and on its last day
21,000.00 are billed, 11,900.00 of it earned and 9,100.00 deferred.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import URL

from daybook.access.rules import MemberRole
from daybook.calendar import parse_day
from daybook.configuration.commands import set_lock, set_product_method
from daybook.db.engine import Database
from daybook.documents.rules import Document
from daybook.exports.formats.xero import XERO
from daybook.exports.mapping.commands import update_integration
from daybook.exports.mapping.forms import Integration, Preset
from daybook.exports.mapping.mapping_changes import set_mappings
from daybook.exports.mapping.rules import MappingLine, SettingsPatch
from daybook.ledger.rules import LockMethod, Role
from daybook.recognition.rules import Method
from daybook.reports.journals.group_keys import Granularity
from daybook_adjusting import credit, debit, entered, four_eyes, moment, submitted
from daybook_factories import (
    ORGANISATION,
    invoice,
    line,
    pin,
    record,
    terms,
)
from daybook_filled import filled
from daybook_people import PASSWORD, key_of, member
from daybook_posted import days, made, mark
from daybook_site import settings_for

NOW = datetime(2026, 11, 3, 9, tzinfo=UTC)
"""When October is closed."""
ADA = "ada@example.com"
"""The controller who closes."""
GRACE = "grace@example.com"
"""A controller who approves what Ada asks for."""
TOM = "tom@example.com"
"""The accountant, whose journal waits."""
ROLES = {
    ADA: MemberRole.CONTROLLER,
    GRACE: MemberRole.CONTROLLER,
    TOM: MemberRole.ACCOUNTANT,
}
"""Everybody, each with `PASSWORD`."""

OCTOBER_FILE = """\
type,id,status,currency,customer.id,customer.name,issued_on,line.id,product.id,\
product.name,amount,method,service_from,service_to
invoice,INV-2,FINAL,USD,cus_2,Bolt,2026-10-01,1,platform,Platform,\
6000.00,STRAIGHT_LINE,2026-10-01,2027-03-31
invoice,INV-3,FINAL,USD,cus_3,Cask,2026-10-01,1,platform,Platform,\
2400.00,STRAIGHT_LINE,2026-10-01,2027-09-30
invoice,INV-4,FINAL,USD,cus_2,Bolt,2026-10-15,1,platform,Platform,\
600.00,POINT_IN_TIME,,
"""
"""What came late: a line for the heads of columns, and one for each invoice."""

LATE_DOCUMENTS: Sequence[Mapping[str, Any]] = (
    {
        "type": "credit_note",
        "id": "CN-1",
        "status": "FINAL",
        "currency": "USD",
        "customer": {"id": "cus_3", "name": "Cask"},
        "issued_on": "2026-10-31",
        "invoice_id": "INV-3",
        "lines": [{"id": "1", "invoice_line_id": "1", "amount": "120.00"}],
    },
    {
        "type": "invoice",
        "id": "INV-5",
        "status": "FINAL",
        "currency": "USD",
        "customer": {"id": "cus_3", "name": "Cask"},
        "issued_on": "2026-10-31",
        "lines": [
            {
                "id": "1",
                "product": {"id": "platform", "name": "Platform"},
                "amount": "310.00",
                "service_from": "2026-10-01",
                "service_to": "2026-10-31",
            }
        ],
    },
)
"""What a program sends once October is locked: a credit on INV-3, and an invoice.

The first open day is 1 November. The credit takes effect on it, and all of the invoice
is posted on it.
"""

SEPTEMBER_REFERENCE = "MJ-0934"
CODES = {
    Role.BILLED: ("1200", "Current Asset"),
    Role.UNBILLED: ("1210", "Current Asset"),
    Role.DEFERRED: ("2400", "Current Liability"),
}
"""Xero's codes and types of accounts; of Recognized nobody has said them."""
TAX_RATE = "Tax Exempt (0%)"

__all__ = ["NOW", "OCTOBER_FILE", "PASSWORD", "MonthEnd", "fill_month_end"]


class MonthEnd(NamedTuple):
    """What tests need to know of the company besides its people's addresses."""

    users: Mapping[str, int]
    """The ids of people, by their addresses."""
    key: str
    """A program's key, which may do all that a key may."""
    journal: int
    """The number of Tom's journal, which waits for a controller."""


def month_end_settings(url: URL, **others: Any) -> Any:
    """Settings of a server of the company, on 3 November 2026 at 9:00 UTC."""
    return settings_for(url, now=NOW, **others)


def yearly() -> Document:
    """INV-1, the only document before the close."""
    its_terms = terms("12000.00", ("2026-01-01", "2026-12-31"))
    sold = line(product="platform", its_terms=its_terms)
    return invoice("INV-1", sold, accounting_date="2026-01-01")


async def fill_month_end(database: Database) -> MonthEnd:
    """Fill a new database with the company as it is on the morning of its close."""
    return await filled(database, _fill)


async def _fill(database: Database) -> MonthEnd:
    users = {
        email: await member(database, email=email, role=role, now=moment("2026-01-02"))
        for email, role in ROLES.items()
    }
    await record(database, yearly(), on="2026-01-05", made_by=TOM)
    await set_product_method(
        *(database, ORGANISATION, "platform"),
        method=Method.STRAIGHT_LINE,
        now=moment("2026-01-05"),
        made_by=GRACE,
    )
    await _post_september(database)
    await set_lock(
        *(database, ORGANISATION, "USD"),
        method=LockMethod.CUSTOM_DATE,
        locked_through=parse_day("2026-09-30"),
        now=moment("2026-10-05"),
        made_by=GRACE,
    )
    await four_eyes(database, by=GRACE, on="2026-10-06")
    journal = entered(
        debit(Role.DEFERRED, "100.00"),
        credit(Role.RECOGNIZED, "100.00"),
        day="2026-10-31",
        narrative="Go-live was accepted early",
    )
    submission = await submitted(database, journal, by=TOM, on="2026-11-02")
    return MonthEnd(users, await key_of(database, now=NOW), submission.number)


async def _post_september(database: Database) -> None:
    """Enable Xero, and have what is posted through September in it."""
    who: dict[str, Any] = {"now": moment("2026-10-05"), "made_by": GRACE}
    where = (database, ORGANISATION)
    patch = SettingsPatch(is_enabled=True, preset=Preset.VENDOR, base_currency="USD")
    await update_integration(*where, "USD", Integration.XERO, patch, **who)
    lines = [
        MappingLine(role, "", {"code": code, "type": its_type, "tax_rate": TAX_RATE})
        for role, (code, its_type) in CODES.items()
    ]
    await set_mappings(*where, Integration.XERO, lines, **who)
    number = await made(
        database,
        days("2026-01-01", "2026-09-30"),
        XERO,
        granularity=Granularity.MONTHLY,
        its_pin=await pin(database, on="2026-10-05"),
        now=moment("2026-10-05"),
    )
    day = parse_day("2026-10-05")
    await mark(database, number, SEPTEMBER_REFERENCE, posted_on=day, **who)
