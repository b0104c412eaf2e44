"""The column of Xero's account codes in the generic CSV, while Xero is enabled."""

import csv
import io
from collections.abc import Mapping
from typing import Any

import pytest

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats.generic import CODE_COLUMN, COLUMNS
from daybook.exports.mapping.commands import update_integration
from daybook.exports.mapping.forms import Integration
from daybook.exports.mapping.mapping_changes import set_mapping
from daybook.exports.mapping.rules import SettingsPatch
from daybook.exports.reading.expected import expected_totals
from daybook.exports.rules import NOTHING, Totals
from daybook.exports.writing.streaming import render_file
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Granularity, Grouping
from daybook_factories import ORGANISATION, invoice, line, pin, record
from daybook_manual import Moved, record_manual
from daybook_people import NOON

pytestmark = pytest.mark.anyio

WHO: dict[str, Any] = {"now": NOON, "made_by": "a test"}
FORMS = [
    (Granularity.DAILY, None),
    (Granularity.MONTHLY, None),
    (Granularity.DAILY, [Grouping.PRODUCT]),
    (Granularity.MONTHLY, [Grouping.CUSTOMER]),
]
QUARTER = JournalFilter(
    posted_from=parse_day("2025-01-01"),
    posted_to=parse_day("2025-03-31"),
    on=parse_day("2025-03-31"),
    include_scheduled=False,
)
HEADER = ",".join(COLUMNS).encode()
CODED_HEADER = ",".join([*COLUMNS, CODE_COLUMN]).encode()


@pytest.fixture
async def ledger(database: Database) -> Database:
    """Two products, and a manual journal from one to the other."""
    await record(
        database,
        invoice("inv_1", line(), line("2", product="p2", product_name="Care")),
    )
    between = Moved(Role.RECOGNIZED, Role.RECOGNIZED, "1.00", "2025-02-04", "prod_1")
    await record_manual(database, "mj_1", between._replace(credit_product="p2"))
    return database


async def map_all(database: Database) -> None:
    """Codes for all roles but one, and one for a product; Xero is enabled."""
    where = (database, ORGANISATION, "USD", Integration.XERO)
    for role, scope, code in (
        (Role.BILLED, "", "=200"),
        (Role.RECOGNIZED, "", "201"),
        (Role.RECOGNIZED, "product:p2", "202"),
    ):
        fields: Mapping[str, str] = {"code": code, "type": "Sales"}
        await set_mapping(*where, role=role, scope=scope, fields=fields, **WHO)
    await update_integration(*where, SettingsPatch(is_enabled=True), **WHO)


async def file_of(
    database: Database, its: Pin, granularity: Granularity, by: Any
) -> tuple[bytes, Totals]:
    """A file's bytes, and the totals that were rendered."""
    totals = [NOTHING]
    pieces = [
        piece
        async for piece in render_file(
            database,
            FileSpec(its, QUARTER, granularity, by),
            lambda rendered: totals.append(totals[-1] + rendered),
        )
    ]
    return b"".join(pieces), totals[-1]


def rows_of(file: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.decode(), newline="")))


@pytest.mark.parametrize(("granularity", "by"), FORMS)
@pytest.mark.either_database
async def test_each_line_has_the_code_of_its_account(
    ledger: Database, granularity: Granularity, by: Any
) -> None:
    before, _ = await file_of(ledger, await pin(ledger), granularity, by)
    await map_all(ledger)
    its = await pin(ledger)

    file, rendered = await file_of(ledger, its, granularity, by)

    header, *rows = rows_of(file)
    assert header == rows_of(CODED_HEADER)[0]
    codes = {(row[7], row[3], row[11]) for row in rows}
    named = {(account, code) for account, _, code in codes}
    assert named == {
        ("Billed Revenue", "'=200"),
        ("Deferred Revenue", ""),
        ("Recognized Revenue", "201"),
        ("Recognized Revenue", "202"),
    }
    if by != [Grouping.CUSTOMER]:
        own = {(product, code) for account, product, code in codes if code > "200"}
        assert {("Platform", "201"), ("Care", "202")} <= own
        without = [row[:11] for row in rows]
        assert without == rows_of(before)[1:], "nothing else is another"
    spec = FileSpec(its, QUARTER, granularity, by)
    assert rendered == await expected_totals(ledger, spec)
    assert rendered.rows == len(rows)


async def test_a_side_with_a_product_of_its_own_has_that_products_code(
    ledger: Database,
) -> None:
    await map_all(ledger)

    file, _ = await file_of(ledger, await pin(ledger), Granularity.DAILY, None)

    manual = [row for row in rows_of(file) if row[8] == "1.00"]
    assert [(row[6], row[11]) for row in manual] == [
        ("DEBIT", "201"),
        ("CREDIT", "202"),
    ]


async def test_a_file_of_an_earlier_recording_is_made_as_it_was(
    ledger: Database,
) -> None:
    never = await pin(ledger)
    first, _ = await file_of(ledger, never, Granularity.DAILY, None)
    await map_all(ledger)
    mapped = await pin(ledger)
    second, _ = await file_of(ledger, mapped, Granularity.DAILY, None)
    where = (ledger, ORGANISATION, "USD", Integration.XERO)
    other = {"code": "999", "type": "Equity"}
    await set_mapping(*where, role=Role.BILLED, fields=other, **WHO)
    await update_integration(*where, SettingsPatch(is_enabled=False), **WHO)

    again = [
        (await file_of(ledger, its, Granularity.DAILY, None))[0]
        for its in (never, mapped, await pin(ledger))
    ]

    assert first.startswith(HEADER + b"\r\n") and second.startswith(CODED_HEADER)
    assert again == [first, second, first]
