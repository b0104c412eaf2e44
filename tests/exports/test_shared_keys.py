"""Files of parts of a month, whose entries by month have the same keys."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from daybook.cli.posted_notice import tell_of_posted
from daybook.db.engine import Database
from daybook.exports.file_spec import FileOptions, FileSpec
from daybook.exports.formats import SEQUENCE, Format
from daybook.exports.formats.netsuite import NETSUITE
from daybook.exports.formats.quickbooks import QUICKBOOKS
from daybook.exports.formats.xero import XERO
from daybook.exports.posting.overlapping import NUMBERS_NAMED, journals_words
from daybook.exports.posting.recorded_files import selection_since
from daybook.exports.posting.shared_keys import keys_in_use
from daybook.exports.previews import preview
from daybook.exports.reading.units import read_units
from daybook.exports.rules import Groups
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Granularity, Grouping
from daybook_factories import invoice, line, pin, record, terms
from daybook_history import RECORDINGS, History, history
from daybook_posted import days, made, mark, undo
from daybook_services.faults import examples

pytestmark = pytest.mark.anyio

__all__ = ["history"]

MONTHLY, DAILY = Granularity.MONTHLY, Granularity.DAILY
FIRST_HALF = days("2025-01-01", "2025-01-15")
SECOND_HALF = days("2025-01-16", "2025-01-31")
FEBRUARY = days("2025-02-01", "2025-02-28")


@pytest.fixture
async def ledger(database: Database) -> Database:
    """A ledger with a posted NetSuite file of the first half of January."""
    await record(database, invoice("inv_1"), invoice("inv_2"))
    first = await made(database, FIRST_HALF, NETSUITE, granularity=MONTHLY)
    await mark(database, first)
    return database


async def spec_of(
    database: Database,
    wanted: JournalFilter = SECOND_HALF,
    file_format: Format = NETSUITE,
    granularity: Granularity = MONTHLY,
) -> FileSpec:
    its_pin = await pin(database, on="2025-10-15")
    return FileSpec(its_pin, wanted, granularity, file_format=file_format)


async def shared(database: Database, spec: FileSpec) -> str:
    """The journals whose keys posted files have, in words."""
    async with database.reads() as session:
        selected = await selection_since(
            session, spec.pin, spec.journal_filter, spec.options.since
        )
        return journals_words((await keys_in_use(session, spec, selected)).doubled)


async def test_the_rest_of_a_month_has_the_keys_of_its_beginning(
    ledger: Database,
) -> None:
    found = await shared(ledger, await spec_of(ledger))

    assert found == "journals 1, 2 in file 1 (MJ-0934)"


@pytest.mark.either_database
async def test_the_preflight_says_so_with_the_way_out(ledger: Database) -> None:
    found = await preview(ledger, await spec_of(ledger))

    (finding,) = (its for its in found.findings if its.code == "KEYS_IN_USE")
    assert not finding.blocks
    assert finding.text == (
        "2 entries whose External ID NetSuite has on other days of the month, and may"
        " skip or overwrite: journals 1, 2 in file 1 (MJ-0934): choose rows by day,"
        " or undo the posting and export the whole month"
    )


@pytest.mark.either_database
async def test_who_makes_the_file_is_told(
    ledger: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    await tell_of_posted(ledger, await spec_of(ledger))

    said = " ".join(capsys.readouterr().err.split())
    assert said.startswith("2 entries whose External ID NetSuite has on other days")


@pytest.mark.either_database
@pytest.mark.parametrize(
    ("wanted", "file_format", "granularity"),
    [
        (FEBRUARY, NETSUITE, MONTHLY),
        (FIRST_HALF, NETSUITE, MONTHLY),
        (SECOND_HALF, NETSUITE, DAILY),
        (SECOND_HALF, QUICKBOOKS, MONTHLY),
        (SECOND_HALF, SEQUENCE, MONTHLY),
    ],
    ids=["other-month", "same-days", "by-day", "other-system", "no-system"],
)
async def test_other_files_have_other_keys(
    ledger: Database,
    wanted: JournalFilter,
    file_format: Format,
    granularity: Granularity,
) -> None:
    spec = await spec_of(ledger, wanted, file_format, granularity)

    assert not await shared(ledger, spec)


@pytest.mark.either_database
async def test_groups_and_differences_have_keys_of_their_own(ledger: Database) -> None:
    spec = await spec_of(ledger)

    grouped = replace(spec, by=(Grouping.CUSTOMER,))
    difference = replace(spec, options=FileOptions(since=1))
    assert not await shared(ledger, grouped)
    assert not await shared(ledger, difference)


@pytest.mark.either_database
async def test_what_is_not_posted_any_more_has_no_keys(ledger: Database) -> None:
    await undo(ledger, 1)

    assert not await shared(ledger, await spec_of(ledger))


@pytest.mark.either_database
async def test_keys_from_before_a_second_ledger_are_others(ledger: Database) -> None:
    line_ = line(its_terms=terms(currency="EUR"))
    await record(ledger, invoice("inv_3", line_, currency="EUR"), on="2025-10-16")
    await record(ledger, invoice("inv_4"), on="2025-10-16")

    assert not await shared(ledger, await spec_of(ledger))


@pytest.mark.either_database
async def test_days_that_a_posted_file_has_not_are_a_file_of_their_own(
    ledger: Database,
) -> None:
    found = await preview(
        ledger, await spec_of(ledger, days("2025-01-01", "2025-01-31"))
    )

    (finding,) = (its for its in found.findings if its.code == "POSTED_BEFORE")
    assert finding.way_out == (
        "make the difference since file 1 instead, and a file of the days after"
        " 2025-01-15"
    )
    assert finding.record == 1


@pytest.mark.either_database
async def test_xero_takes_a_narration_again_on_another_day(ledger: Database) -> None:
    its = await made(ledger, FIRST_HALF, XERO, granularity=MONTHLY)
    await mark(ledger, its, "MJ", confirm=True)

    assert not await shared(ledger, await spec_of(ledger, file_format=XERO))


async def keys_of(database: Database, spec: FileSpec) -> set[str]:
    """The keys of a file's entries."""
    keys: set[str] = set()
    async for units in read_units(database, spec):
        assert isinstance(units, Groups)
        keys |= {entry.key for entry in units.units}
    return keys


@settings(
    max_examples=examples(10),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    recordings=st.tuples(st.integers(1, RECORDINGS), st.integers(1, RECORDINGS)),
    cut=st.integers(1, 30),
)
@example(recordings=(RECORDINGS, RECORDINGS), cut=15)
async def test_the_journals_found_are_those_whose_keys_both_files_have(
    history: History, recordings: tuple[int, int], cut: int
) -> None:
    before, now = [await history.at(number) for number in recordings]
    first = days("2025-03-01", f"2025-03-{cut:02}")
    rest = days(f"2025-03-{cut + 1:02}", "2025-03-31")
    theirs = FileSpec(before, first, MONTHLY, file_format=NETSUITE)
    mine = replace(theirs, pin=now, journal_filter=rest)
    keys = await keys_of(history.database, mine)
    both = keys & await keys_of(history.database, theirs)
    number = await made(
        history.database, first, NETSUITE, granularity=MONTHLY, its_pin=before
    )

    await mark(history.database, number)
    async with history.database.reads() as session:
        selected = await selection_since(session, now, rest, None)
        found = await keys_in_use(session, mine, selected)
    await undo(history.database, number)

    assert found.journals == len(both)
    (doubled,) = found.doubled or (None,)
    numbers = sorted(int(key.rpartition("-")[2]) for key in both)
    assert (doubled.first if doubled else ()) == tuple(numbers[:NUMBERS_NAMED])
