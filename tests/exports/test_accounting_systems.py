"""Files for Xero, QuickBooks and NetSuite, by checkers that know the vendors' rules."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import URL

from daybook.calendar import first_day_of, last_day_of, month_of, parse_day
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.exports.checking import check_file
from daybook.exports.file_spec import FileSpec
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
from daybook.exports.splitting import PartCutter, each_unit, part_limits
from daybook.exports.units import read_units
from daybook.ledger.rules import Role
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Grouping
from daybook_choosing import Drawn, Seeded
from daybook_factories import ORGANISATION, invoice, line, noon, pin, record, terms
from daybook_mapped_ledgers import SCOPE, MappedLedgers, make_mapped_ledgers
from daybook_netsuite_checker import check_netsuite
from daybook_services.database import AT_ANY_TIME, NewDatabase, copy_sqlite
from daybook_services.faults import examples
from daybook_services.server import Server
from daybook_strict_csv import Broken
from daybook_system_files import (
    SYSTEMS,
    Form,
    checked,
    content_of,
    forms_of,
    generic_lines,
    lines_of,
    merged,
)

pytestmark = pytest.mark.anyio

CURRENCIES = ("USD", "JPY", "EUR")
DAILY, MONTHLY = Granularity.DAILY, Granularity.MONTHLY
ALL_GROUPINGS = tuple(Grouping)
GROUPINGS = (None, None, (), (Grouping.CUSTOMER,), (Grouping.PRODUCT,), ALL_GROUPINGS)
EVERY = JournalFilter(include_scheduled=True)
ON = "2025-12-31"
HINDERED = {
    FindingCode.KEY_TOO_LONG,
    FindingCode.NAME_MISSING,
    FindingCode.FIELD_TOO_LONG,
}
"""What may stop a file whose accounts are all mapped."""


class Twins(NamedTuple):
    """The same history in a database of each kind."""

    sqlite: Database
    postgresql: Database
    made: MappedLedgers


@pytest.fixture(scope="module")
def twin_urls(
    sqlite_template: Path,
    postgresql_server: Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[URL, URL]]:
    """An empty database of each kind."""
    path = tmp_path_factory.mktemp("twins") / "daybook.db"
    postgresql = postgresql_server.create()
    yield copy_sqlite(sqlite_template, path), postgresql
    postgresql_server.drop(postgresql)


@pytest.fixture(scope="module")
async def twins(twin_urls: tuple[URL, URL]) -> AsyncIterator[Twins]:
    """Ledgers of three currencies, which no test changes."""
    sqlite, postgresql = (Database(url, AT_ANY_TIME) for url in twin_urls)
    for database in (sqlite, postgresql):
        made = await make_mapped_ledgers(database, Seeded("twins"), CURRENCIES, 6)
    yield Twins(sqlite, postgresql, made)
    await sqlite.close()
    await postgresql.close()


@st.composite
def forms(draw: st.DrawFn) -> Form:
    """Any form of a file for a system."""
    file_format = draw(st.sampled_from(SYSTEMS))
    preset, date_form = draw(st.sampled_from(list(forms_of(file_format))))
    granularity = draw(st.sampled_from(list(Granularity)))
    by = draw(st.sampled_from(GROUPINGS))
    return Form(file_format, granularity, by, preset, date_form)


@st.composite
def selections(draw: st.DrawFn) -> JournalFilter:
    """All days, or some."""
    ends = st.none() | st.integers(SCOPE.first - 5, SCOPE.last + 90)
    first, last = draw(ends), draw(ends)
    if first is not None and last is not None and first > last:
        first, last = last, first
    return replace(EVERY, posted_from=first, posted_to=last)


async def spec_of(
    database: Database, currency: str, selected: JournalFilter = EVERY
) -> FileSpec:
    """A selection of a ledger as it is on the last day of the year."""
    return FileSpec(await pin(database, currency, on=ON), selected, MONTHLY)


async def check(
    database: Database, made: MappedLedgers, spec: FileSpec, form: Form
) -> bytes:
    """Compare a file with the generic CSV of its selection; return it.

    What the preflight lets pass the checker accepts, and it refuses what that stops.
    """
    its = form.of(spec)
    fields, currency = made.fields[form.integration], spec.pin.currency
    preflight = await read_preflight(database, its)
    content = await content_of(database, its)
    if preflight.blocking:
        assert {finding.code for finding in preflight.blocking} <= HINDERED
        with pytest.raises(Broken):
            checked(content, form, fields, currency)
        return content
    journals = checked(content, form, fields, currency)
    found = lines_of(journals, form, fields)
    assert preflight.totals.rows == len(found)
    wanted = await generic_lines(database, spec, form, fields)
    if form.by is not None:
        found, wanted = merged(found), merged(wanted)
    assert found == wanted
    return content


@settings(
    max_examples=examples(12),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(form=forms(), selected=selections(), currency=st.sampled_from(CURRENCIES))
async def test_a_system_takes_what_the_generic_file_says_from_both_databases(
    twins: Twins, form: Form, selected: JournalFilter, currency: str
) -> None:
    spec = await spec_of(twins.sqlite, currency, selected)

    content = await check(twins.sqlite, twins.made, spec, form)

    other = await spec_of(twins.postgresql, currency, selected)
    assert await content_of(twins.postgresql, form.of(other)) == content


@settings(
    max_examples=examples(2),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
async def test_a_system_takes_any_ledger(
    new_database: NewDatabase, data: st.DataObject
) -> None:
    database = Database(new_database(), AT_ANY_TIME)
    try:
        made = await make_mapped_ledgers(database, Drawn(data.draw), ("USD", "JPY"), 2)
        spec = await spec_of(database, data.draw(st.sampled_from(["USD", "JPY"])))
        for _ in range(2):
            await check(database, made, spec, data.draw(forms()))
    finally:
        await database.close()


def months() -> list[JournalFilter]:
    """A selection of each month that the ledgers may have entries in."""
    first, last = month_of(SCOPE.first), month_of(SCOPE.last) + 6
    return [
        replace(EVERY, posted_from=first_day_of(month), posted_to=last_day_of(month))
        for month in range(first, last + 1)
    ]


@pytest.mark.parametrize("file_format", SYSTEMS, ids=lambda system: system.name)
@pytest.mark.parametrize("granularity", list(Granularity))
async def test_the_file_of_all_days_is_those_of_its_months(
    twins: Twins, file_format: Format, granularity: Granularity
) -> None:
    preset = Preset.VENDOR if file_format is XERO else None
    form = Form(file_format, granularity, preset=preset)
    groups = form._replace(by=(Grouping.PRODUCT,))
    whole, parts = await spec_of(twins.sqlite, "USD"), []

    content = await content_of(twins.sqlite, form.of(whole))
    of_groups = await content_of(twins.sqlite, groups.of(whole))
    for month in months():
        spec = await spec_of(twins.sqlite, "USD", month)
        parts.append(
            (
                await content_of(twins.sqlite, form.of(spec)),
                await content_of(twins.sqlite, groups.of(spec)),
            )
        )

    header = content[: content.index(b"\r\n") + 2]
    rows = [part.removeprefix(header) for part, _ in parts]
    # Journals are in the order of their numbers: late ones of a month have later ones.
    fields = twins.made.fields[form.integration]
    joined = checked(b"".join([header, *rows]), form, fields, "USD")
    joined.sort(key=lambda journal: [int(part) for part in _numbers(journal.key)])
    assert joined == checked(content, form, fields, "USD")
    grouped = b"".join(part.removeprefix(header) for _, part in parts)
    assert header + grouped == of_groups


def _numbers(key: str) -> list[str]:
    """`7` and `20251031` of the key `USD-7-20251031`, or of a narration with it."""
    return key.partition(" ")[0].split("-")[1:]


@pytest.mark.parametrize("file_format", SYSTEMS, ids=lambda system: system.name)
async def test_parts_hold_whole_entries_and_as_many_as_they_can(
    twins: Twins, file_format: Format
) -> None:
    preset = Preset.VENDOR if file_format is XERO else None
    form = Form(file_format, DAILY, preset=preset)
    spec = form.of(await spec_of(twins.sqlite, "USD"))
    options = spec.options._replace(max_rows=40)
    spec = replace(spec, options=options)
    cutter = PartCutter(part_limits(spec))
    sizes: list[int] = []
    first: list[int] = []
    async for units in read_units(twins.sqlite, spec):
        for unit in each_unit(units):
            rows = len(unit.units[0].lines)  # type: ignore[union-attr]  # an entry
            if cutter.begins_part(rows):
                sizes.append(0)
                first.append(rows)
            sizes[-1] += rows

    preflight = await read_preflight(twins.sqlite, spec)

    assert preflight.files == len(sizes) > 1
    assert max(sizes) <= 40
    following = zip(sizes, first[1:], strict=False)
    assert all(rows + more > 40 for rows, more in following)


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


@pytest.mark.either_database
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


@pytest.mark.either_database
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
        "tracking_option_1 of 26 lines has more than 100 characters, the most that Xero"
        f" takes: {shown} 1, {shown} 2, {shown} 3 and others: take it from another"
        " attribute in the mapping, such as an own id, or give a fixed one"
    )


@pytest.mark.either_database
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
    assert finding.title == "class stays empty in 12 lines"


@pytest.mark.either_database
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


@pytest.mark.either_database
async def test_a_key_that_quickbooks_would_not_take_is_refused_by_name(
    database: Database,
) -> None:
    await record(database, invoice(customer="customer_of_a_long_id"))

    preflight = await findings_of(database, QUICKBOOKS, {}, (Grouping.CUSTOMER,))

    (finding,) = preflight.blocking
    assert finding.code is FindingCode.KEY_TOO_LONG
    assert "2025-01/customer_of_a_long_id, " in finding.message
    assert finding.way_out == "choose rows by month, and journals instead of groups"
