"""The stream of every page: ledgers, manual journals, exports and the activity log."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from sqlalchemy import URL
from starlette.applications import Starlette

from daybook.access.organisations import add_organisation
from daybook.access.rules import MemberRole
from daybook.asgi import create_app
from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.db.live import Progress
from daybook.exports.kind import EXPORTS
from daybook.exports.links import note_download
from daybook.jobs import leasing
from daybook.jobs.leasing import FinishedFile, Lease
from daybook.jobs.rules import FailureCode
from daybook.uploads.commands import begin_upload, finish_upload
from daybook.uploads.rules import Quota, Stage, UploadId, Work
from daybook.uploads.runs import begin_run, end_run, keep_run
from daybook_adjusting import entered, four_eyes, submitted
from daybook_factories import invoice, line, record, terms
from daybook_jobs import ask
from daybook_markup import Element, parse
from daybook_people import NOON, begin_session, member
from daybook_site import settings_for
from daybook_streams import Heard, Stream, Tabs
from daybook_web.kit.live import TOLD

pytestmark = pytest.mark.anyio

EVENTS = "/events"
USD = "/events?currency=USD&seen=1"
BOB, VIC, ZOE = "bob@example.com", "vic@example.com", "zoe@example.com"
LATER = "2025-10-16"
LEASE = timedelta(days=7)
FILE = FinishedFile(
    9, 1_240, bytes(32), {"debit_total": 1, "credit_total": 1, "manifest": "{}"}
)
UPLOAD = "upload-changed"
LEDGER, MANUAL = "ledger-changed", "manual-changed"
EXPORT, ACTIVITY = "exports-changed", "activity-changed"


class Office:
    """A ledger with one recording; Bob approves, Vic reads, Zoe is of another one."""

    def __init__(self, database: Database, app: Starlette, people: list[Tabs]) -> None:
        self.database, self.app = database, app
        self.bob, self.vic, self.zoe = people

    async def exported(self, by: str, *, message: str = "") -> Lease:
        """Have somebody's new export come to its file, or fail for a reason."""
        lease = await self.begun(by)
        await self.ends(lease, message)
        return lease

    async def begun(self, by: str) -> Lease:
        """Somebody's new export, which a worker has."""
        await ask(self.database, requested_by=by)
        lease = await leasing.take_job(
            self.database.runtime, EXPORTS, "a-worker", lease=LEASE, now=NOON
        )
        assert lease is not None
        return lease

    async def ends(self, lease: Lease, message: str = "") -> None:
        """End an export."""
        store = self.database.runtime
        if message:
            code = FailureCode.STORAGE_FAILED
            await leasing.fail(store, lease, code, message, now=NOON)
        else:
            await leasing.finish(store, lease, FILE, now=NOON, retention=LEASE)


@pytest.fixture
async def office(database: Database, database_url: URL) -> AsyncIterator[Office]:
    await record(database, invoice("inv_1"))
    await add_organisation(database, "Other", now=NOON, made_by="test")
    app = create_app(settings_for(database_url, subscriptions_per_caller=3))
    people = []
    for email, role, its in (
        (BOB, MemberRole.CONTROLLER, 1),
        (VIC, MemberRole.VIEWER, 1),
        (ZOE, MemberRole.ADMIN, 2),
    ):
        user = await member(
            database, email=email, role=role, password=None, organisation_id=its
        )
        session = await begin_session(database, user)
        assert session is not None
        people.append(Tabs(app, session.token))
    try:
        yield Office(database, app, people)
    finally:
        for tabs in people:
            await tabs.browser.aclose()
        await app.state.site.database.close()


async def connected(stream: Stream) -> Heard:
    """The first event of a page that was told nothing before."""
    assert (await stream.next())["status"] == 200
    *markup, event = await stream.together()
    assert event.name == "connected"
    assert markup == []
    return event


async def heard(stream: Stream, until: str) -> list[Heard]:
    """All events up to those that came with one of a name.

    Commits are told one by one, or those together that came within a moment.
    """
    events: list[Heard] = []
    while until not in names(events):
        events += await stream.together()
    return events


def names(events: list[Heard]) -> list[str]:
    """The names, each once."""
    return sorted({event.name for event in events if event.name})


def markup(events: list[Heard]) -> Element:
    """What came as markup."""
    return parse("\n".join(event.text for event in events if not event.name))


async def test_each_change_is_told_by_its_name(office: Office) -> None:
    async with office.bob.open(EVENTS) as stream:
        await connected(stream)

        await record(office.database, invoice("inv_2"), made_by="Ada", on=LATER)
        assert names(await heard(stream, LEDGER)) == [ACTIVITY, LEDGER]

        await submitted(office.database, entered(), on=LATER)
        assert MANUAL in names(await heard(stream, LEDGER))

        await office.begun("Ada")
        told = await heard(stream, EXPORT)
        assert names(told) == [EXPORT]
        # It is another person's.
        assert not markup(told).all(class_="toast")
        assert not markup(told).all("a")


async def test_all_ledgers_count_unless_the_page_is_of_one(office: Office) -> None:
    async with office.bob.open(EVENTS) as every, office.bob.open(USD) as dollars:
        await connected(every)
        await connected(dollars)

        yen = line(its_terms=terms("1200000", currency="JPY"))
        await record(office.database, invoice("inv_yen", yen, currency="JPY"), on=LATER)
        assert names(await heard(every, LEDGER)) == [ACTIVITY, LEDGER]
        assert names(await heard(dollars, ACTIVITY)) == [ACTIVITY]

        await record(office.database, invoice("inv_2"), made_by="Ada", on=LATER)
        assert markup(await heard(every, LEDGER)).text == ""
        said = markup(await heard(dollars, LEDGER)).one("p", id="news")
        assert said.text == "Changed by Ada: test"


async def test_nothing_is_told_to_another_organisation(office: Office) -> None:
    async with office.zoe.open(EVENTS) as stream, office.bob.open(EVENTS) as ours:
        await connected(stream)
        await connected(ours)
        await record(office.database, invoice("inv_2"), on=LATER)
        await office.exported(ZOE)  # a person of her name here
        await heard(ours, EXPORT)

        await add_organisation(office.database, "Third", now=NOON, made_by="test")
        await ask_of_theirs(office)
        assert names(await heard(stream, ACTIVITY)) == [ACTIVITY]


async def ask_of_theirs(office: Office) -> None:
    """Do something in the other organisation."""
    await member(
        office.database, email="yan@example.com", password=None, organisation_id=2
    )


async def test_what_waits_for_the_reader_is_counted_anew(office: Office) -> None:
    await four_eyes(office.database, on=LATER)
    async with office.bob.open(EVENTS) as approver, office.vic.open(EVENTS) as viewer:
        await connected(approver)
        await connected(viewer)

        await submitted(office.database, entered(), by="ada@example.com", on=LATER)
        waiting = parse('<span id="waiting-count"></span>').one(id="waiting-count")
        while not waiting.text:  # a draft waits for nobody
            waiting = markup(await heard(approver, MANUAL)).one(id="waiting-count")
        assert waiting.attributes["hx-swap-oob"] == "innerHTML"
        assert waiting.text == "1 wait for you"
        # Nothing ever waits for who only reads.
        assert markup(await heard(viewer, MANUAL)).text == ""


async def test_an_own_export_is_told_when_it_is_ready_and_until_it_is_fetched(
    office: Office,
) -> None:
    async with office.bob.open(EVENTS) as stream:
        await connected(stream)
        lease = await office.begun(BOB)
        told = markup(await heard(stream, EXPORT))
        assert not told.all(class_="toast")

        await office.ends(lease)
        events: list[Heard] = []
        while not markup(events).all(class_="toast"):
            events = await heard(stream, EXPORT)
        told = markup(events)
        name = "journals-USD-all-daily-with-scheduled.csv"
        toast = told.one(class_="toast")
        assert toast.one("p").text == f"{name} is ready: 1,240 lines. Download"
        assert toast.one("a").attributes["href"] == f"/exports/1/{name}"
        assert "download" in toast.one("a").attributes
        assert told.one(id="ready").text == "1 ready to download"

        await note_download(office.database.runtime, lease.job_id, NOON)
        told = markup(await heard(stream, EXPORT))
        assert told.one(id="ready").text == ""
        assert not told.all(class_="toast")


async def test_an_own_export_that_failed_says_why(office: Office) -> None:
    async with office.vic.open(EVENTS) as stream:
        await connected(stream)
        await office.exported(VIC, message="The disk is full.")

        events: list[Heard] = []
        while not markup(events).all(class_="toast"):
            events = await heard(stream, EXPORT)
        told = markup(events)
        name = "journals-USD-all-daily-with-scheduled.csv"
        words = f"{name} failed: The disk is full. See the export"
        toast = told.one(class_="toast")
        assert toast.one("p").text == words
        assert toast.one("a").attributes["href"] == "/exports/1"
        assert "download" not in toast.one("a").attributes
        assert told.one(id="ready").text == ""


async def test_files_that_were_ready_before_are_only_counted(office: Office) -> None:
    await office.exported(BOB)
    await office.exported(BOB)
    await office.exported(VIC)
    async with office.bob.open(EVENTS) as stream:
        await stream.next()
        said, event = await stream.together()

    assert event.name == "connected"
    assert markup([said]).one(id="ready").text == "2 ready to download"
    assert not markup([said]).all(class_="toast")


async def test_a_page_that_listens_again_is_told_exactly_what_it_missed(
    office: Office,
) -> None:
    async with office.bob.open(EVENTS) as stream:
        place = (await connected(stream)).id
    await record(office.database, invoice("inv_2"), made_by="Ada", on=LATER)
    await office.exported(BOB)
    await office.exported(VIC)

    async with office.bob.open(EVENTS, last_event_id=place) as stream:
        await stream.next()
        missed = await stream.together()
        assert names(missed) == [ACTIVITY, EXPORT, LEDGER]
        assert len(markup(missed).all(class_="toast")) == 1

    async with office.bob.open(EVENTS, last_event_id=missed[-1].id) as stream:
        await stream.next()
        await record(office.database, invoice("inv_3"), on=LATER)
        again = await stream.together()
        assert ACTIVITY in names(again)
        assert not markup(again).all(class_="toast")
        assert "connected" not in names(again)


async def test_the_next_page_of_a_tab_misses_no_export(office: Office) -> None:
    lease = await office.begun(BOB)
    async with office.bob.open(EVENTS) as stream:
        place = (await connected(stream)).id
    await office.ends(lease)

    async with office.bob.open(EVENTS, **{TOLD.replace("-", "_"): place}) as stream:
        await stream.next()
        told = await stream.together()
    assert names(told) == [EXPORT]
    assert len(markup(told).all(class_="toast")) == 1
    assert markup(told).one(id="ready").text == "1 ready to download"


async def test_a_place_of_another_reader_or_of_nobody_counts_for_nothing(
    office: Office,
) -> None:
    async with office.vic.open(EVENTS) as stream:
        place = (await connected(stream)).id
    await office.exported(BOB)

    for wrong in (place, "", "1", "1.1~USD.9~", f"{place}9~", "9" * 400):
        async with office.bob.open(EVENTS, last_event_id=wrong) as stream:
            await stream.next()
            said, event = await stream.together()
        assert event.name == "connected"
        assert markup([said]).one(id="ready").text == "1 ready to download"
        assert not markup([said]).all(class_="toast")


async def test_streams_are_counted_and_those_that_were_closed_are_not(
    office: Office,
) -> None:
    async with AsyncExitStack() as opened:
        for _tab in range(3):
            stream = await opened.enter_async_context(office.bob.open(EVENTS))
            await connected(stream)
        async with office.bob.open(EVENTS) as refused:
            assert (await refused.next())["status"] == 429
        async with office.vic.open(EVENTS) as another:
            await connected(another)
    async with office.bob.open(EVENTS) as stream:
        await connected(stream)


async def test_the_page_of_a_file_hears_how_far_its_run_is(office: Office) -> None:
    store = office.database.runtime
    upload_id = await uploaded(office.database)
    work = Work.LOOK
    await begin_run(store, upload_id, work, "a server", now=real_now())

    async with (
        office.bob.open(f"{EVENTS}?upload={upload_id.key}") as its,
        office.bob.open(EVENTS) as other,
        office.vic.open(f"{EVENTS}?upload={upload_id.key}") as reader,
    ):
        # It says so first, since the page may be a while old.
        assert (await its.next())["status"] == 200
        assert names(await its.together()) == ["connected", UPLOAD]
        await connected(other)
        await connected(reader)  # who may not take files

        told = (upload_id, "a server", Stage.READING, Progress(100, 34))
        assert await keep_run(store, *told, now=real_now())
        assert names(await its.together()) == [UPLOAD]
        assert await end_run(store, upload_id, "a server", "{}")
        assert names(await its.together()) == [UPLOAD]

        # The others heard nothing of it.
        await office.begun(BOB)
        assert UPLOAD not in names(await heard(other, EXPORT))
        assert UPLOAD not in names(await heard(reader, EXPORT))


async def test_a_page_hears_nothing_of_another_organisations_file(
    office: Office,
) -> None:
    upload_id = await uploaded(office.database)
    await begin_run(
        office.database.runtime, upload_id, Work.LOOK, "a server", now=real_now()
    )

    async with office.zoe.open(f"{EVENTS}?upload={upload_id.key}") as its:
        await connected(its)


async def uploaded(database: Database) -> UploadId:
    """A file of the office's that waits; of its run alone something is kept."""
    upload_id = await begin_upload(
        database.runtime,
        1,
        bytes_max=100,
        quota=Quota(20, 10_000),
        file_name="october.csv",
        now=real_now(),
        made_by=BOB,
    )
    await finish_upload(
        database.runtime, upload_id, size=100, sha256=bytes(32), now=real_now()
    )
    return upload_id
