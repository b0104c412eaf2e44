"""Files for Xero, QuickBooks and NetSuite, by checkers that know the vendors' rules."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import URL

from daybook.calendar import first_day_of, last_day_of, month_of
from daybook.db.engine import Database
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats import Format
from daybook.exports.formats.xero import XERO
from daybook.exports.mapping.forms import Preset
from daybook.exports.preflight.findings import FindingCode
from daybook.exports.preflight.queries import read_preflight
from daybook.exports.reading.units import read_units
from daybook.exports.rules import Granularity
from daybook.exports.writing.splitting import PartCutter, each_unit, part_limits
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Grouping
from daybook_choosing import Seeded
from daybook_mapped_ledgers import SCOPE, MappedLedgers, make_mapped_ledgers
from daybook_services.database import AT_ANY_TIME, NewDatabase, copy_sqlite
from daybook_services.faults import examples
from daybook_services.server import Server
from daybook_strict_csv import Broken
from daybook_system_files import (
    EVERY,
    SYSTEMS,
    Form,
    checked,
    content_of,
    forms_of,
    generic_lines,
    lines_of,
    merged,
    spec_of,
)

pytestmark = pytest.mark.anyio

CURRENCIES = ("USD", "JPY", "EUR")
DAILY, MONTHLY = Granularity.DAILY, Granularity.MONTHLY
ALL_GROUPINGS = tuple(Grouping)
GROUPINGS = (None, None, (), (Grouping.CUSTOMER,), (Grouping.PRODUCT,), ALL_GROUPINGS)
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
    max_examples=examples(8),
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
@given(
    seed=st.integers(1, 10**6),
    currency=st.sampled_from(["USD", "JPY"]),
    tried=st.lists(forms(), min_size=2, max_size=2),
)
async def test_a_system_takes_any_ledger(
    new_database: NewDatabase, seed: int, currency: str, tried: list[Form]
) -> None:
    database, choose = Database(new_database(), AT_ANY_TIME), Seeded(str(seed))
    try:
        made = await make_mapped_ledgers(database, choose, ("USD", "JPY"), 2)
        spec = await spec_of(database, currency)
        for form in tried:
            await check(database, made, spec, form)
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
