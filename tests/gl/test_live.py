"""The live connection: from connecting to lines, whatever Xero does in between."""

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import monotonic

import pytest

from daybook.clock import real_now
from daybook.configuration.commands import set_time_zone
from daybook.connections.commands import remove_connection
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.gl.kinds import Kind, Origin
from daybook.gl.live.connecting import disconnect
from daybook.gl.live.loop import syncing, work_off_syncs
from daybook.gl.live.nightly import ask_nightly, next_sync
from daybook.gl.live.queries import live_states, sync_of
from daybook.gl.live.rules import (
    AGAIN_AFTER_MAX,
    CLOCKS,
    FAILURES_MAX,
    LEASE,
    NIGHTLY,
    WHOLE_EVERY,
    SyncStatus,
    again_after,
    last_night,
    next_night,
)
from daybook.gl.live.syncing import Syncer
from daybook.gl.live.syncs import (
    LeaseLost,
    claim_sync,
    end_sync,
    kept_lease,
    request_nightly,
)
from daybook.gl.working import work_off
from daybook.jobs.rules import JobStatus
from daybook.reports.audit import verify
from daybook_factories import ORGANISATION
from daybook_gl_imports import journal
from daybook_gl_live import BY, KEY, Desk
from daybook_gl_refreshes import ask_dataset
from daybook_jobs import until
from daybook_raw_server import response
from daybook_services.processes import forked
from daybook_xero_server import Xero, cut, examples, limited, xero_served

pytestmark = pytest.mark.anyio

KINDS = len(Kind)
DOCUMENTS = sum(len(found) for found in examples().values())

SYNC_AND_DIE = """
import asyncio, os, signal, sys
from pathlib import Path
from sqlalchemy import make_url
from daybook.db.engine import Database
from daybook.gl.kinds import Kind
from daybook.gl.live import syncing
from daybook_gl_live import Desk
from daybook_xero_server import Xero

url, address, folder, when = sys.argv[1:]
keep, bring = syncing.keep_course, syncing.import_files

async def kept(store, claimed, course, **more):
    if when == "behind the import" and Kind.JOURNALS in course.cursors:
        os.kill(os.getpid(), signal.SIGKILL)
    await keep(store, claimed, course, **more)

async def brought(database, settings, wanted, **more):
    if when == "before the import" and wanted.kind is Kind.JOURNALS:
        os.kill(os.getpid(), signal.SIGKILL)
    return await bring(database, settings, wanted, **more)

async def main():
    syncing.keep_course, syncing.import_files = kept, brought
    desk = Desk(Database(make_url(url)), Xero(address=address), Path(folder))
    await desk.go_on()

asyncio.run(main())
"""


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    """A connection that was connected to Xero's example organisation."""
    async with xero_served(Xero()) as xero:
        made = Desk(database, xero, tmp_path)
        await made.add()
        await made.connect()
        yield made
        assert xero.problems == []


def nets() -> list[tuple[int, Decimal]]:
    """The lines of the example journals, turned: positive is income."""
    return sorted(
        (found["JournalNumber"], -Decimal(str(line["NetAmount"])))
        for found in examples()[Kind.JOURNALS]
        for line in found["JournalLines"]
    )


async def actuals(desk: Desk) -> list[tuple[int, Decimal]]:
    """The lines of the dataset that are the accounting system's own."""
    found = await ask_dataset(
        desk.database, desk.folder, '"Journal Type", "Journal Number", "Net Amount"'
    )
    return sorted((number, net) for type_, number, net in found if type_ == "ACTUAL")


async def test_from_connecting_to_lines(desk: Desk) -> None:
    sync = await desk.sync()

    assert (sync.status, sync.message) == (SyncStatus.DONE, None)
    assert (sync.pages, sync.documents) == (KINDS, DOCUMENTS)
    imports = await desk.imports()
    assert {row.origin for row in imports} == {int(Origin.LIVE)}
    assert {row.imported_by for row in imports} == {BY}
    assert [row.file_name for row in imports if row.kind == Kind.TAX_RATES] == [
        "tax-rates-1.json"
    ]
    (job,) = await desk.refreshes()
    (made,) = await work_off(desk.database, desk.settings(), [job])
    assert (made.status, made.requested_by) == (JobStatus.READY, BY)
    assert await actuals(desk) == nets()
    assert (await verify(desk.database, ORGANISATION)).mismatch is None


async def test_what_is_known_comes_in_once(desk: Desk) -> None:
    await desk.sync()
    await work_off(desk.database, desk.settings(), await desk.refreshes())
    count = len(await desk.imports())
    desk.xero.server.asked.clear()

    sync = await desk.sync()

    assert (sync.status, sync.documents) == (SyncStatus.DONE, 0)
    assert len(await desk.imports()) == count
    assert await desk.refreshes() == []
    # Journals go on behind the last number; others may have changed.
    assert [asked["query"] for asked in desk.xero.asked("Journals")][-1] == "offset=30"
    assert len(desk.xero.asked("Invoices")) == 1


async def test_a_new_journal_is_fetched_alone(desk: Desk) -> None:
    await desk.sync()
    desk.xero.documents[Kind.JOURNALS].append(journal(31, "5.00", "-5.00"))

    sync = await desk.sync()

    assert sync.documents == 1
    *_, row = await desk.imports(Kind.JOURNALS)
    assert (row.first_number, row.last_number) == (31, 31)


async def test_fifty_pages_are_one_import(desk: Desk) -> None:
    desk.xero.documents[Kind.JOURNALS] = [
        journal(number, "5.00", "-5.00") for number in range(1, 61)
    ]
    desk.xero.journals_per_page = 1
    began = monotonic()

    await desk.sync()

    found = [
        (row.first_number, row.last_number, row.file_name)
        for row in await desk.imports(Kind.JOURNALS)
    ]
    assert found == [
        (1, 50, "journals-1.json and 49 others"),
        (51, 60, "journals-1.json and 9 others"),
    ]
    # 60 calls a minute are allowed: the last one comes a second after each before it.
    calls = len(desk.xero.server.asked) - len(("token", "connections", "authorize"))
    # The journals' last page is empty, and budgets are listed before they are fetched.
    assert calls == (KINDS - 1) + (60 + 1) + 1
    assert desk.pauses[-1] + monotonic() - began >= calls - 1


@pytest.mark.parametrize(
    "spoilt",
    [
        [limited(5)],
        [response(500), response(500)],
        [cut()],
        [b""],
        [response(401)],
    ],
)
async def test_what_passes_is_not_noticed(desk: Desk, spoilt: Sequence[bytes]) -> None:
    desk.xero.faults["Invoices"] = [*spoilt]

    sync = await desk.sync()

    assert (sync.status, sync.message) == (SyncStatus.DONE, None)
    assert sync.documents == DOCUMENTS
    assert len(desk.xero.asked("Invoices")) == len(spoilt) + 1


async def test_a_day_s_limit_is_waited_for(desk: Desk) -> None:
    desk.xero.faults["Payments"] = [limited(40_000, "day")]
    before = real_now()

    sync = await desk.sync()

    assert (sync.status, sync.worker) == (SyncStatus.WAITING, None)
    assert sync.message == "Xero allows no more calls for now (day)"
    assert sync.not_before is not None
    assert abs(sync.not_before - before - timedelta(seconds=40_000)) < timedelta(
        minutes=30
    )
    assert await claim_sync(desk.database.runtime, KEY, real_now()) is None
    assert await desk.imports(Kind.INVOICES) and not await desk.imports(Kind.PAYMENTS)

    desk.ahead = timedelta(hours=12)
    sync = await desk.go_on()

    assert (sync.status, sync.documents) == (SyncStatus.DONE, DOCUMENTS)
    assert len(desk.xero.asked("Invoices")) == 1


async def test_pages_before_a_limit_are_kept(desk: Desk) -> None:
    desk.xero.documents_per_page = 1
    last = limited(40_000, "day")
    turns = iter([None, None, last])
    desk.xero.server.spoil = lambda asked: (
        next(turns, None) if asked["path"].endswith("/Invoices") else None
    )

    await desk.sync()
    desk.ahead = timedelta(hours=12)
    sync = await desk.go_on()

    assert sync.status == SyncStatus.DONE
    pages = [asked["query"] for asked in desk.xero.asked("Invoices")]
    assert pages == ["page=1", "page=2", "page=3", "page=3"]
    assert sum(row.documents for row in await desk.imports(Kind.INVOICES)) == 3


async def test_a_xero_that_fails_is_given_up_after_hours(desk: Desk) -> None:
    desk.xero.faults["Accounts"] = [response(500)] * 4 * FAILURES_MAX

    sync = await desk.sync()

    assert sync.status == SyncStatus.WAITING
    assert sync.message == "Xero answered 500: Status"
    for _ in range(FAILURES_MAX - 1):
        assert sync.not_before is not None
        desk.ahead = sync.not_before - real_now() + timedelta(minutes=1)
        sync = await desk.go_on()
    assert (sync.status, sync.not_before) == (SyncStatus.FAILED, None)
    waits = [again_after(failures) for failures in range(1, FAILURES_MAX)]
    minutes = [wait.total_seconds() / 60 for wait in waits]
    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]
    assert max(waits) == AGAIN_AFTER_MAX
    assert (await desk.sync()).status == SyncStatus.DONE


async def test_journals_that_come_again_end_nothing(desk: Desk) -> None:
    page = desk.xero.answer
    again = [journal(number, "1.00", "-1.00") for number in (1, 2)]
    desk.xero.documents[Kind.JOURNALS] = again
    desk.xero.server.answer = lambda asked: page(
        type(asked)({**asked, "query": "offset=0"})
        if asked["path"].endswith("/Journals")
        else asked
    )

    sync = await desk.sync()

    assert sync.status == SyncStatus.WAITING
    assert sync.message == "Xero sent the journals up to 2 again"
    assert [row.last_number for row in await desk.imports(Kind.JOURNALS)] == [2]


async def test_a_broken_journal_refuses_its_pages_and_nothing_else(desk: Desk) -> None:
    broken = journal(31, "5.00", "-4.00")
    desk.xero.documents[Kind.JOURNALS].append(broken)

    sync = await desk.sync()

    assert sync.status == SyncStatus.FAILED
    assert sync.message == "journals: journal 31 (j-31) sums to 1.00 and not to 0"
    assert await desk.imports(Kind.JOURNALS) == []
    assert await desk.imports(Kind.PAYMENTS)
    desk.xero.documents[Kind.JOURNALS].remove(broken)
    assert (await desk.sync()).documents == len(examples()[Kind.JOURNALS])


async def test_what_xero_does_not_allow_is_said_and_others_go_on(desk: Desk) -> None:
    desk.xero.forbidden = {Kind.JOURNALS}

    sync = await desk.sync()

    assert sync.status == SyncStatus.DONE
    assert sync.message == "journals: AuthorizationUnsuccessful"
    assert await desk.imports(Kind.MANUAL_JOURNALS)


async def test_the_books_of_another_currency_are_not_its_own(
    database: Database, tmp_path: Path
) -> None:
    async with xero_served(Xero()) as xero:
        desk = Desk(database, xero, tmp_path)
        await desk.add(currency="GBP")
        await desk.connect()

        sync = await desk.sync()

    assert sync.status == SyncStatus.FAILED
    assert "NZD" in str(sync.message) and "GBP" in str(sync.message)
    assert await desk.imports() == [] and await desk.refreshes() == []


@pytest.mark.parametrize("when", ["before the import", "behind the import"])
async def test_a_killed_sync_goes_on_and_nothing_comes_twice(
    desk: Desk, tmp_path: Path, when: str
) -> None:
    await desk.ask()
    program = tmp_path / "sync_and_die.py"
    program.write_text(SYNC_AND_DIE, encoding="utf-8")
    url = desk.database.url.render_as_string(hide_password=False)
    told = (str(program), url, desk.xero.address, str(tmp_path), when)

    process = await asyncio.create_subprocess_exec(*forked(*told))
    async with asyncio.timeout(120):
        assert await process.wait() == -signal.SIGKILL
    assert await claim_sync(desk.database.runtime, KEY, real_now()) is None
    before = len(desk.xero.asked("Invoices"))
    desk.ahead = 2 * LEASE
    sync = await desk.go_on()

    assert sync.status == SyncStatus.DONE
    assert len(desk.xero.asked("Invoices")) == before == 1
    assert sum(row.documents for row in await desk.imports()) == DOCUMENTS
    assert len(await desk.imports(Kind.JOURNALS)) == 1
    (job,) = await desk.refreshes()
    await work_off(desk.database, desk.settings(), [job])
    assert await actuals(desk) == nets()


async def test_a_program_that_lost_its_sync_changes_nothing(desk: Desk) -> None:
    await desk.ask()
    store = desk.database.runtime
    first = await claim_sync(store, KEY, real_now())
    assert first is not None
    assert await claim_sync(store, KEY, real_now()) is None
    second = await claim_sync(store, KEY, real_now() + 2 * LEASE)
    assert second is not None

    with pytest.raises(LeaseLost):
        await end_sync(store, first, SyncStatus.FAILED, "no")
    await end_sync(store, second, SyncStatus.DONE, None)
    assert (await desk.state()).status == SyncStatus.DONE


async def test_a_program_notices_that_it_lost_its_sync(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daybook.gl.live.syncs.BEAT_SECONDS", 0.01)
    await desk.ask()
    store = desk.database.runtime
    claimed = await claim_sync(store, KEY, real_now())
    assert claimed is not None

    async def go_on() -> None:
        async with kept_lease(store, claimed):
            await asyncio.sleep(0.05)  # its own beats keep it
            await end_sync(store, claimed, SyncStatus.FAILED, "disconnected")
            await asyncio.sleep(60)

    with pytest.raises(LeaseLost):
        await go_on()


async def test_a_command_works_on_its_own_syncs_and_a_server_on_all(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daybook.gl.xero.client.SPACING_SECONDS", 0.0)
    await desk.ask()
    syncer = Syncer(desk.database, desk.settings())
    assert await work_off_syncs(syncer, []) == []
    (sync,) = await work_off_syncs(syncer, [KEY])
    assert (sync.status, sync.documents) == (SyncStatus.DONE, DOCUMENTS)
    await desk.ask()

    async def is_done() -> bool:
        return (await desk.state()).status == SyncStatus.DONE

    async with syncing(desk.database, desk.settings()):
        await until(is_done)


async def test_a_connection_that_was_removed_keeps_no_tokens(desk: Desk) -> None:
    await desk.sync()
    await remove_connection(desk.database, desk.author(), 1)

    async def is_forgotten() -> bool:
        return await live_states(desk.database.runtime, ORGANISATION) == {}

    async with syncing(desk.database, desk.settings()):
        await until(is_forgotten)
    with pytest.raises(Rejected, match="no such connection"):
        await desk.ask()


def since(asked: Mapping[str, str]) -> str | None:
    return asked.get("if-modified-since")


def as_header(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


async def test_what_was_modified_is_asked_for_alone(desk: Desk) -> None:
    before = as_header(real_now() - CLOCKS)
    await desk.sync()
    after = as_header(real_now() - CLOCKS)
    assert {since(asked) for asked in desk.xero.server.asked} == {None}
    desk.xero.server.asked.clear()
    (changed, *_) = desk.xero.documents[Kind.INVOICES]
    changed["Reference"] = "another one"
    changed["UpdatedDateUTC"] = f"/Date({int(real_now().timestamp() * 1000)}+0000)/"

    sync = await desk.sync()

    assert (sync.status, sync.documents) == (SyncStatus.DONE, 1)
    sent = {asked["path"].rsplit("/", 1)[-1]: since(asked) for asked in desk.xero.calls}
    assert {name for name, moment in sent.items() if moment is not None} == {
        *("Accounts", "Contacts", "Invoices", "CreditNotes"),
        *("BankTransactions", "Payments", "ManualJournals"),
    }
    moments = [moment for moment in sent.values() if moment is not None]
    assert all(before <= moment <= after for moment in moments)


async def test_a_kind_that_was_not_fetched_is_fetched_whole(desk: Desk) -> None:
    desk.xero.forbidden = {Kind.PAYMENTS}
    await desk.sync()
    desk.xero.forbidden = set()

    await desk.sync()

    assert since(desk.xero.asked("Payments")[-1]) is None
    assert since(desk.xero.asked("Invoices")[-1]) is not None
    await desk.sync()
    assert since(desk.xero.asked("Payments")[-1]) is not None


async def test_now_and_then_all_documents_are_fetched(desk: Desk) -> None:
    await desk.sync()
    await desk.sync()
    desk.ahead = WHOLE_EVERY
    for is_whole in (True, False):
        await desk.ask(now=desk.now())
        await desk.go_on()
        assert (since(desk.xero.asked("Invoices")[-1]) is None) == is_whole


async def test_once_it_is_connected_again_all_documents_are_fetched(desk: Desk) -> None:
    await desk.sync()
    await disconnect(desk.database, desk.settings(), desk.author(), 1)
    desk.xero.is_revoked = False
    await desk.connect()

    await desk.sync()

    assert since(desk.xero.asked("Invoices")[-1]) is None


async def test_pages_that_are_left_are_those_that_were_asked_for(desk: Desk) -> None:
    await desk.sync()
    first = (await desk.state()).requested_at
    desk.xero.documents_per_page = 1
    for invoice in desk.xero.documents[Kind.INVOICES]:
        invoice["UpdatedDateUTC"] = f"/Date({int(real_now().timestamp() * 1000)}+0000)/"
    turns = iter([None, limited(40_000, "day")])
    desk.xero.server.spoil = lambda asked: (
        next(turns, None) if asked["path"].endswith("/Invoices") else None
    )
    desk.xero.server.asked.clear()
    await desk.sync()
    desk.ahead = timedelta(hours=12)
    await desk.go_on()

    asked = [(its["query"], since(its)) for its in desk.xero.asked("Invoices")]
    assert [query for query, _ in asked] == ["page=1", "page=2", "page=2", "page=3"]
    assert len({moment for _, moment in asked}) == 1
    # The next one asks for what was modified since the pages were first asked for.
    await desk.ask(now=desk.now())
    await desk.go_on()
    third = since(desk.xero.asked("Invoices")[-1])
    assert third is not None
    assert as_header(first - CLOCKS) <= third < as_header(desk.now() - desk.ahead)


def test_nights_begin_at_the_hour_of_the_organisation() -> None:
    noon = datetime(2026, 7, 15, 12, tzinfo=UTC)
    for zone, last, following in (
        ("UTC", "2026-07-15 03:00", "2026-07-16 03:00"),
        ("Europe/London", "2026-07-15 02:00", "2026-07-16 02:00"),
        ("Pacific/Auckland", "2026-07-14 15:00", "2026-07-15 15:00"),
        ("America/Los_Angeles", "2026-07-15 10:00", "2026-07-16 10:00"),
    ):
        nights = last_night(noon, 3, zone), next_night(noon, 3, zone)
        assert [f"{night:%Y-%m-%d %H:%M}" for night in nights] == [last, following]
    at_three = datetime(2026, 7, 15, 3, tzinfo=UTC)
    assert last_night(at_three, 3, "UTC") == at_three
    assert next_night(at_three, 3, "UTC") == at_three + timedelta(days=1)


async def test_each_night_is_synced_once_by_itself(desk: Desk) -> None:
    settings = desk.settings(xero_sync_hour=3)
    connected = (await desk.tokens()).connected_at
    night = next_night(connected, 3, "UTC")
    store = desk.database.runtime

    # A connection that was connected after three o'clock waits for the next night.
    await ask_nightly(desk.database, settings, night - timedelta(seconds=1))
    assert await sync_of(store, KEY) is None
    await ask_nightly(desk.database, desk.settings(), night + timedelta(hours=1))
    assert await sync_of(store, KEY) is None, "it is off"

    # Of several servers, one asks.
    later = night + timedelta(minutes=1)
    asked = [request_nightly(store, KEY, night=night, now=later) for _ in range(5)]
    assert sorted(await asyncio.gather(*asked)) == [False] * 4 + [True]
    desk.ahead = later - real_now()
    sync = await desk.go_on()
    assert (sync.status, sync.requested_by) == (SyncStatus.DONE, NIGHTLY)
    assert {row.imported_by for row in await desk.imports()} == {NIGHTLY}
    await ask_nightly(desk.database, settings, night + timedelta(hours=20))
    assert (await desk.state()).status == SyncStatus.DONE

    # A failed night is tried again, and the next night comes all the same.
    desk.xero.faults["Accounts"] = [response(500)] * 4
    following = night + timedelta(days=1, minutes=1)
    await ask_nightly(desk.database, settings, following)
    desk.ahead = following - real_now()
    sync = await desk.go_on()
    assert (sync.status, sync.failures) == (SyncStatus.WAITING, 1)
    assert sync.message == "Xero answered 500: Status"
    await ask_nightly(desk.database, settings, following + timedelta(days=1))
    assert (await desk.state()).not_before == sync.not_before, "it goes on"
    desk.ahead += timedelta(minutes=5)
    assert (await desk.go_on()).status == SyncStatus.DONE


async def test_a_night_is_that_of_the_organisation(desk: Desk) -> None:
    await desk.sync()
    who = desk.author()
    await set_time_zone(
        desk.database,
        who.organisation_id,
        "Pacific/Auckland",
        now=who.now,
        made_by=who.made_by,
    )
    settings = desk.settings(xero_sync_hour=3)
    night = next_night(real_now(), 3, "Pacific/Auckland")

    await ask_nightly(desk.database, settings, night - timedelta(seconds=1))
    assert (await desk.state()).requested_by == BY
    assert await next_sync(desk.database, settings, ORGANISATION, real_now()) == night
    await ask_nightly(desk.database, settings, night)
    assert (await desk.state()).requested_by == NIGHTLY


async def test_a_connection_that_was_lost_has_no_night(desk: Desk) -> None:
    desk.xero.is_revoked = True
    desk.xero.expire()
    await desk.sync()
    settings = desk.settings(xero_sync_hour=3)

    await ask_nightly(desk.database, settings, real_now() + timedelta(days=2))

    sync = await desk.state()
    assert (sync.status, sync.requested_by) == (SyncStatus.FAILED, BY)
