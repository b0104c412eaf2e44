"""Entries before a file's days that are in no file for its target."""

from dataclasses import replace

import pytest

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.exports.file_spec import DEFAULT_OPTIONS, FileOptions, FileSpec
from daybook.exports.formats import SEQUENCE, Format
from daybook.exports.formats.beancount import BEANCOUNT
from daybook.exports.formats.quickbooks import QUICKBOOKS
from daybook.exports.formats.xero import XERO
from daybook.exports.mapping.commands import update_integration
from daybook.exports.mapping.rules import SettingsPatch
from daybook.exports.posting.earlier import days_in_none, find_earlier
from daybook.exports.preflight.findings import FindingCode
from daybook.exports.previews import preview
from daybook.ledger.rules import SourceKind
from daybook.reports.journals.filters import JournalFilter
from daybook_factories import ORGANISATION, invoice, line, pin, record, terms
from daybook_jobs import NOW
from daybook_posted import days, made, mark, undo

pytestmark = pytest.mark.anyio

TODAY = "2025-03-31"
YEAR = ("2024-12-01", "2025-11-30")
DECEMBER = days("2024-12-01", "2024-12-31")
JANUARY = days("2025-01-01", "2025-01-31")
FEBRUARY = days("2025-02-01", "2025-02-28")
MARCH = days("2025-03-01", "2025-03-31")
IN_DECEMBER = (
    "entries of 2024-12-01 to 2024-12-31 are in no file for Xero: Unbilled Revenue"
    " 500.00 USD, Recognized Revenue 500.00 USD: export those days too, from 2024-12-01"
    " on; if Xero has them otherwise, say through which day it is closed"
)


@pytest.fixture
async def ledger(database: Database) -> Database:
    """A year of 500.00 a month from December on, which was billed in February."""
    year = line(its_terms=terms("6000.00", YEAR, accounting_date="2025-02-01"))
    billed = invoice("inv_1", year, accounting_date="2025-02-01")
    await record(database, billed, on="2025-02-01")
    return database


async def told(
    database: Database,
    wanted: JournalFilter,
    file_format: Format = XERO,
    options: FileOptions = DEFAULT_OPTIONS,
) -> str | None:
    """What is said of earlier entries."""
    at = await pin(database, on=TODAY)
    granularity = file_format.granularity
    spec = FileSpec(at, wanted, granularity, None, file_format, None, options)
    async with database.reads() as session:
        found = await find_earlier(session, spec)
    return None if found is None else found.text


async def of_xero(database: Database, wanted: JournalFilter) -> int:
    """The record of a file for Xero."""
    return await made(database, wanted, XERO, its_pin=await pin(database, on=TODAY))


async def test_the_days_before_the_first_file_are_named_until_a_file_has_them(
    ledger: Database,
) -> None:
    assert await told(ledger, DECEMBER) is None
    assert await told(ledger, JANUARY) == IN_DECEMBER
    await of_xero(ledger, JANUARY)
    assert await told(ledger, FEBRUARY) == IN_DECEMBER
    await of_xero(ledger, DECEMBER)
    assert await told(ledger, FEBRUARY) is None


async def test_days_between_files_are_named_with_those_before(
    ledger: Database,
) -> None:
    await of_xero(ledger, JANUARY)

    found = await told(ledger, MARCH)

    # February bills 6,000.00: 1,000.00 of it was unbilled, 500.00 is February's own.
    assert found is not None
    title, amounts, _ = found.split(": ", 2)
    assert title == (
        "entries of 2024-12-01 to 2024-12-31, 2025-02-01 to 2025-02-28 are in no file"
        " for Xero"
    )
    assert amounts == (
        "Billed Revenue 6,000.00 USD, Unbilled Revenue -500.00 USD, Deferred Revenue"
        " 4,500.00 USD, Recognized Revenue 1,000.00 USD"
    )


async def test_posted_files_alone_count_once_there_is_any(ledger: Database) -> None:
    december = await of_xero(ledger, DECEMBER)
    january = await of_xero(ledger, JANUARY)
    assert await told(ledger, FEBRUARY) is None

    await mark(ledger, january)
    found = await told(ledger, FEBRUARY)
    assert found == IN_DECEMBER.replace("no file", "no posted file")
    await mark(ledger, december, "MJ-0935")
    assert await told(ledger, FEBRUARY) is None
    await undo(ledger, january)
    found = await told(ledger, FEBRUARY)
    assert found is not None
    assert found.startswith("entries of 2025-01-01 to 2025-01-31 are in no posted file")


async def test_days_that_the_system_has_closed_do_not_count(ledger: Database) -> None:
    assert XERO.integration is not None
    where = (ledger, ORGANISATION, "USD", XERO.integration)
    patch = SettingsPatch(closed_through=parse_day("2024-12-31"))
    await update_integration(*where, patch, now=NOW, made_by="a test")

    assert await told(ledger, JANUARY) is None
    found = await told(ledger, FEBRUARY)
    assert found is not None
    assert found.startswith("entries of 2025-01-01 to 2025-01-31 are in no file")


@pytest.mark.parametrize(
    "is_made",
    [
        lambda ledger: made(ledger, DECEMBER, SEQUENCE),
        lambda ledger: made(ledger, DECEMBER, QUICKBOOKS),
        lambda ledger: made(
            ledger, replace(DECEMBER, sources=(SourceKind.STANDALONE,)), XERO
        ),
        lambda ledger: made(ledger, replace(DECEMBER, customer_id=1), XERO),
    ],
    ids=["of another format", "of another system", "of some sources", "of a customer"],
)
async def test_a_file_that_has_not_all_for_the_system_does_not_count(
    ledger: Database, is_made: object
) -> None:
    assert callable(is_made)
    await is_made(ledger)

    assert await told(ledger, JANUARY) == IN_DECEMBER


async def test_only_whole_files_for_a_system_are_told(ledger: Database) -> None:
    await of_xero(ledger, JANUARY)

    for file_format in (SEQUENCE, BEANCOUNT):
        assert await told(ledger, JANUARY, file_format) is None
    for wanted in (replace(JANUARY, customer_id=1), JournalFilter()):
        assert await told(ledger, wanted) is None
    assert await told(ledger, JANUARY, options=FileOptions(since=1)) is None


async def test_a_preflight_has_it_as_a_note(ledger: Database) -> None:
    at = await pin(ledger, on=TODAY)
    found = await preview(ledger, FileSpec(at, JANUARY, XERO.granularity, None, XERO))

    (note,) = [
        finding
        for finding in found.findings
        if finding.code is FindingCode.EARLIER_ENTRIES
    ]
    assert (note.text, note.blocks) == (IN_DECEMBER, False)


def test_days_in_no_file() -> None:
    assert [*days_in_none(1, 9, [])] == [(1, 9)]
    assert [*days_in_none(1, 9, [(3, 4), (7, 7)])] == [(1, 2), (5, 6), (8, 9)]
    assert [*days_in_none(3, 9, [(1, 4), (2, 3), (8, 20)])] == [(5, 7)]
    assert [*days_in_none(3, 9, [(12, 20)])] == [(3, 9)]
    assert [*days_in_none(3, 9, [(5, 20), (1, 4)])] == []
    assert [*days_in_none(3, 2, [(1, 1)])] == []
