"""What the preflight refuses for an accounting system, and exchange rates."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.exports.checking import check_file
from daybook.exports.formats import Format
from daybook.exports.formats.netsuite import NETSUITE
from daybook.exports.formats.quickbooks import QUICKBOOKS
from daybook.exports.formats.xero import XERO
from daybook.exports.mapping.commands import update_integration
from daybook.exports.mapping.forms import Integration, Preset
from daybook.exports.mapping.mapping_changes import set_mapping
from daybook.exports.mapping.rules import SettingsPatch
from daybook.exports.preflight.findings import FindingCode
from daybook.exports.preflight.queries import Preflight, read_preflight
from daybook.exports.rules import Granularity
from daybook.ledger.rules import Role
from daybook.reports.journals.group_keys import Grouping
from daybook_factories import ORGANISATION, invoice, line, noon, record, terms
from daybook_netsuite_checker import check_netsuite
from daybook_system_files import ON, SYSTEMS, Form, content_of, spec_of

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

MONTHLY = Granularity.MONTHLY
LONG_NAME = "n" * 101


async def mapped_alike(
    database: Database,
    integration: Integration,
    fields: dict[str, str],
    currency: str = "USD",
    base: str | None = None,
) -> None:
    """Map all accounts of a ledger to one."""
    for role in Role:
        await set_mapping(
            *(database, ORGANISATION, currency, integration),
            role=role,
            fields=fields,
            now=noon(parse_day(ON)),
            made_by="test",
        )
    await update_integration(
        *(database, ORGANISATION, currency, integration),
        SettingsPatch(is_enabled=True, base_currency=base),
        now=noon(parse_day(ON)),
        made_by="test",
    )


ACCOUNTS: dict[Format, dict[str, str]] = {
    XERO: {"code": "200", "type": "Sales", "tax_rate": "Tax Exempt"},
    QUICKBOOKS: {"account": "Sales"},
    NETSUITE: {"account": "4000 Sales"},
}


@pytest.mark.parametrize("file_format", SYSTEMS, ids=lambda system: system.name)
async def test_a_currency_of_three_decimals_is_refused(
    database: Database, file_format: Format
) -> None:
    dinars = line(its_terms=terms("90.125", currency="BHD"))
    await record(database, invoice("1", dinars, currency="BHD"))
    form = Form(file_format, preset=Preset.VENDOR if file_format is XERO else None)
    await mapped_alike(database, form.integration, ACCOUNTS[file_format], "BHD")

    with pytest.raises(Rejected) as refused:
        await check_file(database, form.of(await spec_of(database, "BHD")))

    (problem,) = refused.value.problems
    assert "BHD has 3 decimals, and" in problem.message
    assert problem.message.endswith("use the format SEQUENCE for this ledger")


async def findings_of(
    database: Database, file_format: Format, fields: dict[str, str], by: Any = None
) -> Preflight:
    """The preflight of a ledger whose accounts are all mapped with more fields."""
    form = Form(
        file_format, MONTHLY, by, Preset.VENDOR if file_format is XERO else None
    )
    its = {**ACCOUNTS[file_format], **fields}
    await mapped_alike(database, form.integration, its)
    return await read_preflight(database, form.of(await spec_of(database, "USD")))


async def test_a_field_of_a_line_that_is_too_long_is_refused_with_its_place(
    database: Database,
) -> None:
    await record(database, invoice(customer_name=LONG_NAME))
    tracking = {"tracking_name_1": "Customer", "tracking_option_1": "{customer.name}"}

    preflight = await findings_of(database, XERO, tracking)

    (finding,) = preflight.blocking
    assert finding.code is FindingCode.FIELD_TOO_LONG
    shown = f"“{'n' * 40}…” in"
    assert finding.text == (
        "Tracking option 1 of 26 lines has more than 100 characters, the most that Xero"
        f" takes: {shown} 1, {shown} 2, {shown} 3 and others: take it from another"
        " attribute in the mapping, such as an own id, or give a fixed one"
    )


async def test_a_field_is_missed_only_where_a_mapping_takes_it_from_the_line(
    database: Database,
) -> None:
    await record(database, invoice())
    by_customer = await findings_of(
        database, NETSUITE, {"class": "{customer.name}"}, (Grouping.CUSTOMER,)
    )
    for role in (Role.BILLED, Role.DEFERRED):
        await set_mapping(
            *(database, ORGANISATION, "USD", Integration.NETSUITE),
            role=role,
            fields={"account": "2000 Other"},
            now=noon(parse_day(ON)),
            made_by="test",
        )
    spec = Form(NETSUITE, MONTHLY).of(await spec_of(database, "USD"))
    grouped = replace(spec, by=())

    assert not by_customer.findings
    assert not (await read_preflight(database, spec)).findings
    (finding,) = (await read_preflight(database, grouped)).findings
    assert finding.code is FindingCode.ATTRIBUTE_MISSING
    assert finding.title == "Class stays empty in 12 lines"


@pytest.mark.parametrize(
    ("base", "rates"),
    [
        # What the ECB published for 31 January and 28 February 2025.
        ("EUR", [1 / Fraction("1.0393"), 1 / Fraction("1.0411")]),
        ("JPY", [Fraction("160.99") / Fraction("1.0393"), None]),
        ("USD", [Fraction(1), Fraction(1)]),
        (None, [Fraction(1), Fraction(1)]),
    ],
)
async def test_netsuites_exchange_rate_is_the_ecbs_cross_rate_of_the_day(
    database: Database, base: str | None, rates: list[Fraction | None]
) -> None:
    await record(database, invoice())
    fields = ACCOUNTS[NETSUITE]
    await mapped_alike(database, Integration.NETSUITE, fields, base=base)
    spec = Form(NETSUITE).of(await spec_of(database, "USD"))

    content = await content_of(database, spec)

    journals = check_netsuite(content, {"4000 Sales"}, dates="mm/dd/yyyy")
    for journal, rate in zip(journals, rates, strict=False):
        text = journal.lines[0].cells["Exchange Rate"]
        if rate is not None:
            assert abs(Fraction(text) - rate) <= Fraction(1, 2 * 10**8)
        if rate == 1:
            assert text == "1"


async def test_a_key_that_quickbooks_would_not_take_is_refused_by_name(
    database: Database,
) -> None:
    await record(database, invoice(customer="customer_of_a_long_id"))

    preflight = await findings_of(database, QUICKBOOKS, {}, (Grouping.CUSTOMER,))

    (finding,) = preflight.blocking
    assert finding.code is FindingCode.KEY_TOO_LONG
    assert "2025-01/customer_of_a_long_id, " in finding.message
    assert finding.way_out == "choose rows by month, and journals instead of groups"


async def test_receivables_without_a_name_are_refused_with_their_places(
    database: Database,
) -> None:
    await record(database, invoice())
    receivable = {"type": "Accounts receivable (A/R)", "name": "{customer.name}"}

    named = await findings_of(database, QUICKBOOKS, receivable, None)
    preflight = await findings_of(database, QUICKBOOKS, receivable, ())

    assert not named.findings
    (finding,) = preflight.blocking
    assert finding.code is FindingCode.NAME_MISSING
    assert finding.message == (
        "Sales in 2025-01, Sales in 2025-02, Sales in 2025-03 and others"
    )


async def test_days_without_an_exchange_rate_are_refused_and_counted(
    database: Database,
) -> None:
    await record(database, invoice())
    await mapped_alike(database, Integration.NETSUITE, ACCOUNTS[NETSUITE], base="KWD")

    preflight = await read_preflight(
        database, Form(NETSUITE).of(await spec_of(database))
    )

    (finding,) = preflight.blocking
    assert finding.code is FindingCode.NO_RATE
    assert finding.title == "12 days without an exchange rate"
    assert finding.message == "the ECB publishes no rate of 'KWD'"
    assert preflight.totals.rows == 26


async def test_an_entry_that_fits_into_no_file_is_refused_by_its_key(
    database: Database,
) -> None:
    await record(database, invoice())
    await mapped_alike(database, Integration.XERO, ACCOUNTS[XERO])
    spec = Form(XERO, preset=Preset.VENDOR).of(await spec_of(database))
    narrow = replace(spec, options=spec.options._replace(max_rows=3))

    preflight = await read_preflight(database, narrow)

    (finding,) = preflight.blocking
    assert finding.code is FindingCode.UNIT_TOO_LARGE
    assert finding.message == "1 (4 rows)"
    assert finding.way_out.startswith("entries are never cut: choose rows by month")
