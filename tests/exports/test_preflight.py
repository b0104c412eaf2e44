"""A file's preflight over a real ledger: its totals, and what stops it."""

from dataclasses import replace
from typing import Any

import pytest

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.exports.facts import with_refresh
from daybook.exports.file_spec import DEFAULT_OPTIONS, FileOptions, FileSpec
from daybook.exports.formats import SEQUENCE, Format
from daybook.exports.formats.contract import Limits
from daybook.exports.formats.netsuite import NETSUITE
from daybook.exports.formats.quickbooks import QUICKBOOKS
from daybook.exports.formats.xero import XERO
from daybook.exports.formats.xlsx import XLSX
from daybook.exports.mapping.commands import import_chart, update_integration
from daybook.exports.mapping.forms import Preset
from daybook.exports.mapping.mapping_changes import set_mapping
from daybook.exports.mapping.rules import SettingsPatch, TargetAccount
from daybook.exports.preflight.findings import FindingCode
from daybook.exports.preflight.queries import Preflight
from daybook.exports.previews import preview
from daybook.exports.writing.planning import plan_file
from daybook.ledger.rules import Role
from daybook.reports.journals.filters import JournalFilter
from daybook_factories import ORGANISATION, invoice, line, pin, record, terms
from daybook_people import NOON

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

WHO: dict[str, Any] = {"now": NOON, "made_by": "a test"}
QUARTER = JournalFilter(
    posted_from=parse_day("2025-01-01"), posted_to=parse_day("2025-03-31")
)
ACCOUNTS = {
    Role.BILLED: ("200", "Sales"),
    Role.UNBILLED: ("840", "Current Asset"),
    Role.DEFERRED: ("820", "Current Liability"),
    Role.RECOGNIZED: ("201", "Revenue"),
}


@pytest.fixture
async def ledger(database: Database) -> Database:
    """A year of two products, for a customer with a hostile name."""
    lines = (line(), line("2", product="p2", product_name="Care"))
    await record(database, invoice("inv_1", *lines, customer_name="=cmd()"))
    return database


async def prepare(
    database: Database,
    file_format: Format = XERO,
    currency: str = "USD",
    roles: Any = tuple(ACCOUNTS),
    **settings: Any,
) -> None:
    """Enable a system and map roles there."""
    integration = file_format.integration
    assert integration is not None
    where = (database, ORGANISATION, currency, integration)
    patch = SettingsPatch(is_enabled=True, **settings)
    await update_integration(*where, patch, **WHO)
    for role in roles:
        code, kind = ACCOUNTS[role]
        fields = (
            {"code": code, "type": kind} if file_format is XERO else {"account": code}
        )
        await set_mapping(*where, role=role, scope="", fields=fields, **WHO)


async def looked(
    database: Database,
    file_format: Format = XERO,
    options: FileOptions = DEFAULT_OPTIONS,
    wanted: JournalFilter = QUARTER,
    currency: str = "USD",
) -> Preflight:
    """The preflight of a monthly or daily file, by the format's default."""
    its = await pin(database, currency=currency)
    granularity = file_format.granularity
    spec = FileSpec(its, wanted, granularity, None, file_format, None, options)
    return await preview(database, spec)


def codes(found: Preflight) -> list[FindingCode]:
    """The rules in the order of the findings."""
    return [finding.code for finding in found.findings]


async def test_a_new_ledger_is_told_all_that_stops_its_file(ledger: Database) -> None:
    found = await looked(ledger)

    assert codes(found) == [
        FindingCode.NOT_ENABLED,
        FindingCode.PRESET_NOT_CHOSEN,
        FindingCode.UNMAPPED,
        FindingCode.FORMULA_TEXT,
    ]
    assert [finding.blocks for finding in found.findings] == [True, True, True, False]
    # Three months of two journals, of which the first ones have the bills too.
    assert found.totals == (16, 3_000_00, 3_000_00)
    assert found.files == 1
    assert sum(debits for debits, _ in found.accounts.values()) == found.totals.debits
    assert len(found.first_lines) == 1  # what isn't mapped has no lines yet


async def test_a_prepared_ledger_is_told_the_signs_alone(ledger: Database) -> None:
    await prepare(ledger, preset=Preset.NORMAL_BALANCE)

    found = await looked(ledger)

    assert codes(found) == [
        FindingCode.BACKWARDS,
        FindingCode.NO_TAX_RATE,
        FindingCode.FORMULA_TEXT,
    ]
    assert not found.blocking
    assert len(found.first_lines) == 5
    assert found.first_lines[1].startswith("1 =cmd() Ltd: Care,2025-01-31,")


async def test_each_product_that_is_not_mapped_is_named(ledger: Database) -> None:
    others = tuple(role for role in ACCOUNTS if role is not Role.RECOGNIZED)
    await prepare(ledger, roles=others, preset=Preset.VENDOR)
    where = (ledger, ORGANISATION, "USD", XERO.integration)
    await set_mapping(
        *where,  # type: ignore[arg-type]  # Xero's format has an integration
        role=Role.RECOGNIZED,
        scope="product:prod_1",
        fields={"code": "201", "type": "Revenue"},
        **WHO,
    )

    found = await looked(ledger)

    (finding,) = found.blocking
    assert finding.title == "1 product is not mapped in Xero"
    assert finding.places == (
        "Recognized Revenue of Care (p2): 3 journals, 300.00 USD",
    )


async def test_a_default_account_is_taken_where_it_may_be(ledger: Database) -> None:
    await prepare(ledger, roles=(), preset=Preset.VENDOR)
    default = FileOptions(default_account="999")

    unknown = await looked(ledger, options=default)
    accounts = [
        TargetAccount("999", "Suspense", "Current Asset", "No VAT"),
        TargetAccount("090", "Bank", "Bank"),
    ]
    where = (ledger, ORGANISATION, "USD", XERO.integration)
    await import_chart(*where, accounts, **WHO)  # type: ignore[arg-type]  # as above
    known = await looked(ledger, options=default)
    bank = await looked(ledger, options=FileOptions(default_account="090"))

    assert FindingCode.DEFAULT_ACCOUNT in codes(unknown)
    assert FindingCode.DEFAULT_ACCOUNT in codes(bank)
    assert not known.blocking
    first = known.findings[0]
    assert (first.code, first.blocks) == (FindingCode.UNMAPPED, False)
    assert first.title == "3 accounts are not mapped in Xero: the lines get 999"


async def test_xero_takes_its_base_currency_only(ledger: Database) -> None:
    await prepare(ledger, preset=Preset.VENDOR, base_currency="EUR")

    other = await looked(ledger)
    converted = await looked(ledger, options=FileOptions(converts=True))
    await prepare(ledger, preset=Preset.VENDOR, base_currency="USD")
    same = await looked(ledger)

    assert [finding.code for finding in other.blocking] == [FindingCode.BASE_CURRENCY]
    assert not converted.blocking
    assert not same.blocking


async def test_with_several_ledgers_the_base_currency_has_to_be_known(
    ledger: Database,
) -> None:
    await prepare(ledger, preset=Preset.VENDOR)
    assert not (await looked(ledger)).blocking

    await record(ledger, invoice("inv_2", currency="EUR"), on="2025-10-16")
    several = await looked(ledger)

    assert [finding.code for finding in several.blocking] == [FindingCode.BASE_UNKNOWN]
    assert FindingCode.BASE_UNKNOWN not in codes(await looked(ledger, QUICKBOOKS))


async def test_quickbooks_is_told_that_it_needs_multicurrency(ledger: Database) -> None:
    await prepare(ledger, QUICKBOOKS, base_currency="EUR")

    found = await looked(ledger, QUICKBOOKS)

    assert codes(found) == [FindingCode.BASE_CURRENCY, FindingCode.FORMULA_TEXT]
    assert not found.blocking


@pytest.mark.parametrize(
    "file_format", [XERO, QUICKBOOKS, NETSUITE], ids=lambda known: known.name
)
async def test_three_decimals_are_refused_where_two_are_read(
    database: Database, file_format: Format
) -> None:
    dinars = line(its_terms=terms("1200.000", currency="BHD"))
    await record(database, invoice("inv_1", dinars, currency="BHD"))
    await prepare(database, file_format, "BHD")

    found = await looked(database, file_format, currency="BHD")

    assert FindingCode.DECIMALS in codes(found)
    assert "BHD has 3 decimals" in found.blocking[-1].title + found.blocking[0].title


async def test_months_that_the_target_has_closed_are_named(ledger: Database) -> None:
    closed = parse_day("2025-02-28")
    await prepare(ledger, preset=Preset.VENDOR, closed_through=closed)

    found = await looked(ledger)
    later = await looked(
        ledger, wanted=replace(QUARTER, posted_from=parse_day("2025-03-01"))
    )

    (finding,) = found.blocking
    assert finding.code is FindingCode.TARGET_CLOSED
    assert finding.message == (
        "Xero is closed through 2025-02-28, and they are of 2025-01, 2025-02"
    )
    assert not later.blocking


async def test_netsuite_has_the_rates_of_the_moment_of_its_request(
    ledger: Database,
) -> None:
    its = await pin(ledger)
    async with ledger.reads() as session:
        netsuite = await with_refresh(session, its, NETSUITE, DEFAULT_OPTIONS)
        xero = await with_refresh(session, its, XERO, DEFAULT_OPTIONS)
        converted = await with_refresh(session, its, XERO, FileOptions(converts=True))
        again = await with_refresh(session, its, NETSUITE, FileOptions(refresh=7))

    assert (netsuite.refresh, xero.refresh, converted.refresh) == (0, None, 0)
    assert again.refresh == 7


async def test_a_file_in_the_base_currency_is_not_converted(ledger: Database) -> None:
    asked, found = FileOptions(converts=True, max_rows=100), []
    for base in ("USD", "EUR"):
        await prepare(ledger, preset=Preset.VENDOR, base_currency=base)
        async with ledger.reads() as session:
            found.append(await with_refresh(session, await pin(ledger), XERO, asked))

    assert found == [
        FileOptions(max_rows=100),
        FileOptions(converts=True, max_rows=100, refresh=0, currency="EUR"),
    ]


async def test_a_day_without_a_rate_stops_a_file_for_netsuite(
    ledger: Database,
) -> None:
    # The ECB quotes no rate of the tenge.
    await prepare(ledger, NETSUITE, base_currency="KZT")
    missing = await looked(ledger, NETSUITE)
    await prepare(ledger, NETSUITE, base_currency="EUR")
    known = await looked(ledger, NETSUITE)

    assert [finding.code for finding in missing.blocking] == [FindingCode.NO_RATE]
    assert not known.blocking


async def test_nothing_selected_is_said(ledger: Database) -> None:
    nothing = replace(QUARTER, posted_to=parse_day("2024-01-01"), posted_from=None)

    found = await looked(ledger, SEQUENCE, wanted=nothing)

    assert codes(found) == [FindingCode.NO_ROWS]
    assert (found.totals.rows, found.files, len(found.first_lines)) == (0, 1, 1)


async def test_a_spreadsheet_that_is_too_long_is_stopped(
    ledger: Database,
) -> None:
    small = replace(XLSX, limits=Limits(rows=1))

    found = await looked(ledger, small)
    fits = await looked(ledger, XLSX)

    (finding,) = found.blocking
    assert finding.code is FindingCode.TOO_MANY_ROWS
    assert finding.title.startswith("XLSX holds up to 1 rows, and these are ")
    assert finding.way_out.startswith("choose fewer days")
    assert not fits.blocking
    assert fits.first_lines == ()  # it isn't text


async def test_parts_are_counted_and_a_journal_that_fits_none_is_refused(
    ledger: Database,
) -> None:
    # Each journal has two rows a day, and January's have their bills.
    cut = await looked(ledger, SEQUENCE, FileOptions(max_rows=64))
    uncut = await looked(ledger, SEQUENCE, FileOptions(max_rows=0))
    small = FileOptions(max_rows=60)
    refused = await looked(ledger, SEQUENCE, small)

    assert (cut.files, uncut.files) == (6, 1)
    assert not cut.blocking
    assert [finding.code for finding in refused.blocking] == [
        FindingCode.UNIT_TOO_LARGE
    ]
    its = await pin(ledger)
    spec = FileSpec(its, QUARTER, SEQUENCE.granularity, options=small)
    with pytest.raises(Rejected) as rejected:
        await plan_file(ledger, spec)
    (problem,) = rejected.value.problems
    assert problem.code is ProblemCode.TOO_LARGE
    assert "is never cut" in problem.message


async def test_a_converted_file_is_in_the_base_currency_and_balanced(
    ledger: Database,
) -> None:
    await prepare(ledger, preset=Preset.VENDOR, base_currency="EUR")
    its = await pin(ledger)
    async with ledger.reads() as session:
        options = await with_refresh(session, its, XERO, FileOptions(converts=True))

    found = await looked(ledger, options=options)

    assert (options.currency, found.currency) == ("EUR", "EUR")
    # 1 January 2025 has the rate of 31 December: 1.0389 dollars. Each bill of 1,200.00
    # is 1,155.07, and its first months are 96.26 each.
    assert found.totals.debits == 2 * (1_155_07 + 3 * 96_26)
    assert found.totals.debits == found.totals.credits
    assert not found.blocking
    assert "96.26 EUR recognized" in found.first_lines[1]


async def test_what_can_t_be_converted_is_told(ledger: Database) -> None:
    await prepare(ledger, preset=Preset.VENDOR, base_currency="KZT")
    unquoted = await looked(ledger, options=FileOptions(converts=True))
    await prepare(ledger, preset=Preset.VENDOR, base_currency="EUR")
    its = await pin(ledger)
    spec = FileSpec(
        *(its, QUARTER, XERO.granularity, (), XERO),
        options=FileOptions(converts=True),
    )
    groups = await preview(ledger, spec)

    assert [finding.code for finding in unquoted.blocking] == [FindingCode.NO_RATE]
    assert [finding.code for finding in groups.blocking] == [
        FindingCode.GROUPS_CONVERTED
    ]


async def test_documents_without_a_rate_are_named(database: Database) -> None:
    # The ECB has quoted no rouble since March 2022.
    await record(
        database,
        invoice("inv_1", line(its_terms=terms(currency="RUB")), currency="RUB"),
    )
    await prepare(database, XERO, "RUB", preset=Preset.VENDOR, base_currency="EUR")

    found = await looked(database, currency="RUB", options=FileOptions(converts=True))

    (finding,) = found.blocking
    assert finding.title == "1 document without an exchange rate"
    assert "INV_1 of 2025-01-01" in finding.message
