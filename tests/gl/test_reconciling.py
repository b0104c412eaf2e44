"""The closed loop: exported, marked as posted, booked in Xero, and compared."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from daybook.calendar import parse_day
from daybook.connections.commands import Author, add_connection, update_connection
from daybook.connections.rules import ConnectionPatch, ConnectionSettings
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.exports.file_spec import FileOptions, FileSpec
from daybook.exports.formats.xero import XERO, key_in
from daybook.exports.mapping.forms import DateForm, Preset
from daybook.exports.preflight.findings import FindingCode
from daybook.exports.preflight.queries import read_preflight
from daybook.gl.kinds import Kind
from daybook.gl.matching.reconciling import Reconciliation, reconciliation_of
from daybook.gl.matching.words import words_of
from daybook.gl.rules.matching import Match, MatchState
from daybook.paging import PageRequest
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Granularity, Grouping
from daybook_factories import ORGANISATION, invoice, line, pin, record, terms
from daybook_filled import filled_new
from daybook_gl_exported import connect, map_to_xero
from daybook_gl_imports import gl_settings, imported, page, stored_inputs
from daybook_gl_returned import Xero
from daybook_people import NOON
from daybook_posted import days, mark, undo
from daybook_recorded import made

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

JANUARY, FEBRUARY = days("2025-01-01", "2025-01-31"), days("2025-02-01", "2025-02-28")
OPTIONS = FileOptions(preset=Preset.VENDOR, date_form=DateForm.ISO)


async def fill(database: Database) -> None:
    """Two invoices of 1,200.00 and 240.00 for a year, mapped to Xero."""
    small = line("1", its_terms=terms("240.00"))
    await record(database, invoice("inv_1"), invoice("inv_2", small))
    await map_to_xero(database)


@pytest.fixture
async def ledger(database: Database) -> Database:
    """A ledger, and a connection in dollars that takes its exports."""
    await filled_new(database, fill)
    await connect(database, "USD")
    return database


async def export(
    database: Database,
    folder: Path,
    wanted: JournalFilter = JANUARY,
    number: int = 1,
    **form: Any,
) -> bytes:
    """A file for Xero, recorded and marked as posted."""
    at = await pin(database, on="2025-10-15")
    granularity = form.pop("granularity", Granularity.MONTHLY)
    options = OPTIONS._replace(since=form.pop("since", None))
    spec = FileSpec(at, wanted, granularity, file_format=XERO, options=options, **form)
    path = folder / f"file-{number}.csv"
    await made(database, path, spec)
    await mark(database, number, confirm=True, now=NOON)
    return path.read_bytes()


async def bring(database: Database, folder: Path, xero: Xero) -> None:
    """Import what Xero has by now."""
    await imported(database, folder, page(folder, "Journals", *xero.journals))
    manual = page(folder, "ManualJournals", *xero.manual_journals)
    await imported(database, folder, manual, kind=Kind.MANUAL_JOURNALS)


async def reconciled(database: Database, folder: Path) -> Reconciliation:
    at = await pin(database, on="2025-10-15")
    return await reconciliation_of(database, gl_settings(folder), at)


def states(found: Reconciliation) -> Counter[str]:
    return Counter(match.state.value for match in found.matches)


def only(found: Reconciliation, state: MatchState) -> Match:
    """The only journal in a state."""
    (match,) = [match for match in found.matches if match.state is state]
    return match


async def test_what_is_booked_as_it_was_exported_is_matched(
    ledger: Database, tmp_path: Path
) -> None:
    xero = Xero()
    xero.take(await export(ledger, tmp_path))
    assert states(await reconciled(ledger, tmp_path)) == {"MISSING": len(xero.journals)}
    await bring(ledger, tmp_path, xero)

    found = await reconciled(ledger, tmp_path)

    assert states(found) == {"MATCHED": len(xero.journals)}
    assert (found.currency, found.connection_name) == ("USD", "Northwind Inc")
    assert (list(found.files), found.other_files) == ([1], [])
    assert found.last_journal == len(xero.journals)
    *others, matched = found.totals()
    assert [total[1:] for total in others] == [(0, 0, 0)] * 3
    # 1,200.00 and 240.00 are billed; what is deferred has January's shares off.
    assert matched.exported == matched.booked == 1440_00
    assert [words_of(match, "USD") for match in found.matches] == [""] * len(
        found.matches
    )
    assert {match.exported.journal for match in found.matches} == {1, 2}


async def test_each_way_to_come_back_otherwise_is_told(
    ledger: Database, tmp_path: Path
) -> None:
    xero = Xero()
    daily = Granularity.DAILY
    first, second, third, fourth, *rest = xero.take(
        await export(ledger, tmp_path, granularity=daily)
    )
    numbers = [key_in(its["Narration"]) for its in xero.manual_journals]
    # Booked again with a larger amount, after its first version was taken back.
    xero.reverse(first)
    lines = xero.lines_of(first)
    more = [(code, f"{float(amount) * 2:.2f}") for code, amount in lines]
    xero.book("", "2025-01-01", more, first)
    # Imported twice.
    narration = xero.manual_journals[1]["Narration"]
    xero.book(narration, xero.manual_journals[1]["Date"], xero.lines_of(second))
    # Taken back.
    xero.reverse(third)
    # On another day.
    lines = xero.lines_of(fourth)
    xero.reverse(fourth)
    xero.book("", "2025-03-31", lines, fourth)
    await bring(ledger, tmp_path, xero)

    found = await reconciled(ledger, tmp_path)

    assert states(found) == {
        "CHANGED": 2,
        "DOUBLED": 1,
        "MISSING": 1,
        "MATCHED": len(rest),
    }
    missing, doubled = only(found, MatchState.MISSING), only(found, MatchState.DOUBLED)
    assert missing.exported.number == numbers[2]
    assert words_of(missing, "USD").startswith(
        "booked and taken back, by journals 3 and"
    )
    assert doubled.exported.number == numbers[1]
    assert words_of(doubled, "USD").startswith("booked 2 times, by journals 2 and ")
    changes = {
        match.exported.number: words_of(match, "USD")
        for match in found.matches
        if match.state is MatchState.CHANGED
    }
    assert set(changes) == {numbers[0], numbers[3]}
    assert changes[numbers[0]].startswith("differs by ")
    assert changes[numbers[3]].startswith("booked on 2025-03-31, exported for 2025-01-")
    assert [match.state for match in found.matches][:4] == [
        MatchState.MISSING,
        MatchState.CHANGED,
        MatchState.CHANGED,
        MatchState.DOUBLED,
    ]


async def test_signs_that_were_exchanged_are_told(
    ledger: Database, tmp_path: Path
) -> None:
    xero = Xero()
    for source in xero.take(await export(ledger, tmp_path)):
        lines = xero.lines_of(source)
        xero.reverse(source)
        turned = [(code, f"{-float(amount):.2f}") for code, amount in lines]
        xero.book("", "2025-01-31", turned, source)
    await bring(ledger, tmp_path, xero)

    found = await reconciled(ledger, tmp_path)

    words = {words_of(match, "USD") for match in found.matches}
    assert words == {"booked backwards: debits and credits are exchanged"}
    assert set(states(found)) == {"CHANGED"}


async def test_corrections_are_journals_of_their_own(
    ledger: Database, tmp_path: Path
) -> None:
    xero = Xero()
    xero.take(await export(ledger, tmp_path))
    larger = invoice("inv_1", line("1", its_terms=terms("2400.00")))
    await record(ledger, larger, on="2025-10-15")
    xero.take(await export(ledger, tmp_path, number=2, since=1))
    await bring(ledger, tmp_path, xero)

    found = await reconciled(ledger, tmp_path)

    assert set(states(found)) == {"MATCHED"}
    assert list(found.files) == [1, 2]
    corrections = [match for match in found.matches if match.exported.record == 2]
    assert corrections
    assert all("-r" in match.exported.number for match in corrections)


async def test_groups_have_keys_with_the_sender_s_ids(
    ledger: Database, tmp_path: Path
) -> None:
    xero = Xero()
    by = (Grouping.CUSTOMER,)
    xero.take(await export(ledger, tmp_path, by=by))
    await bring(ledger, tmp_path, xero)

    found = await reconciled(ledger, tmp_path)

    assert set(states(found)) == {"MATCHED"}
    assert {match.exported.journal for match in found.matches} == {None}


async def test_only_posted_files_of_the_connection_s_currency_count(
    ledger: Database, tmp_path: Path
) -> None:
    await export(ledger, tmp_path)
    await undo(ledger, 1, now=NOON)
    found = await reconciled(ledger, tmp_path)
    assert (list(found.files), found.matches) == ([], [])

    author = Author(ORGANISATION, "a test", NOON)
    await update_connection(ledger, author, 1, ConnectionPatch(takes_exports=()))
    assert (await reconciled(ledger, tmp_path)).connection is None
    euro = ConnectionSettings("Europe", takes_exports=("USD",))
    await add_connection(ledger, author, euro, base_currency="EUR")
    await export(ledger, tmp_path, FEBRUARY, number=2)

    found = await reconciled(ledger, tmp_path)

    assert (found.currency, list(found.other_files)) == ("EUR", [2])
    assert (list(found.files), list(found.matches)) == ([], [])


async def test_pages_have_all_journals_once(ledger: Database, tmp_path: Path) -> None:
    await export(ledger, tmp_path, granularity=Granularity.DAILY)
    found = await reconciled(ledger, tmp_path)

    key, places = None, []
    while True:
        page_ = found.page(None, PageRequest(10, key))
        places += page_.items
        if not page_.has_next:
            break
        key = (page_.items[-1].at,)
    before = found.page(MatchState.MISSING, PageRequest(10, (20,), is_backward=True))

    assert [place.match for place in places] == list(found.matches)
    assert [place.at for place in before.items] == list(range(10, 20))
    assert (before.has_previous, before.has_next) == (True, True)
    assert found.page(MatchState.MATCHED, PageRequest(10)).items == []


async def test_a_missing_input_is_named(ledger: Database, tmp_path: Path) -> None:
    xero = Xero()
    xero.take(await export(ledger, tmp_path))
    await bring(ledger, tmp_path, xero)
    for path in stored_inputs(tmp_path):
        path.unlink()

    with pytest.raises(Rejected) as rejected:
        await reconciled(ledger, tmp_path)

    assert "restore the folder of inputs" in rejected.value.problems[0].message


async def test_the_preflight_warns_of_days_that_the_connection_has_locked(
    ledger: Database,
) -> None:
    at = await pin(ledger, on="2025-10-15")
    spec = FileSpec(at, JANUARY, Granularity.MONTHLY, file_format=XERO, options=OPTIONS)
    author = Author(ORGANISATION, "a test", NOON)

    async def warned() -> list[str]:
        found = await read_preflight(ledger, spec)
        assert not found.blocking
        return [
            finding.text
            for finding in found.findings
            if finding.code is FindingCode.CONNECTION_LOCKED
        ]

    assert await warned() == []
    lock = ConnectionPatch(period_lock=parse_day("2024-12-31"))
    await update_connection(ledger, author, 1, lock)
    assert await warned() == []
    lock = ConnectionPatch(year_lock=parse_day("2025-01-31"))
    await update_connection(ledger, author, 1, lock)
    (words,) = await warned()
    assert "rows dated on days that Northwind Inc has locked in Xero" in words
    assert "it is locked through 2025-01-31, and they are of 2025-01" in words
