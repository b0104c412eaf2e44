"""What happened becomes deliveries: each event once, for who wants it, nothing old."""

import asyncio
import json
from collections.abc import Coroutine, Generator
from datetime import UTC, datetime, timedelta
from itertools import count
from types import coroutine
from typing import Any

import pytest
from sqlalchemy import delete

from daybook.access.organisations import add_organisation
from daybook.calendar import parse_day
from daybook.configuration.commands import set_lock
from daybook.db.engine import Database
from daybook.events.models import Cursor, OutgoingEvent
from daybook.exports.kind import EXPORTS
from daybook.jobs import leasing
from daybook.jobs.leasing import FinishedFile, Lease
from daybook.jobs.rules import FailureCode
from daybook.ledger.rules import LockMethod
from daybook.webhooks.commands import create_endpoint, delete_endpoint
from daybook.webhooks.publishing import publish
from daybook.webhooks.rules import Events, MessageKind
from daybook_factories import ORGANISATION, invoice, record
from daybook_hooks import (
    an_endpoint,
    author,
    change_ledger,
    deliveries,
    hook_settings,
)
from daybook_jobs import ask
from daybook_services.faults import examples

pytestmark = pytest.mark.anyio

URL = "https://hooks.example.com/daybook"
WEEK = timedelta(days=7)
FILE = FinishedFile(
    9, 2, bytes(32), {"debit_total": 1, "credit_total": 1, "manifest": "{}"}
)


@pytest.fixture
async def ledger(database: Database) -> Database:
    """A database with a ledger."""
    await record(database, invoice())
    return database


async def published(database: Database) -> list[tuple[int, str, dict[str, Any]]]:
    """Endpoint, type and data of all deliveries, after all is published."""
    await publish(database, now=datetime.now(UTC))
    found = []
    for delivery in await deliveries(database):
        body = json.loads(delivery.body)
        assert body["type"] == MessageKind(delivery.kind).type
        found.append((delivery.endpoint, body["type"], body["data"]))
    return found


async def lock(database: Database, through: str) -> None:
    """Lock the ledger through a day."""
    await set_lock(
        database,
        ORGANISATION,
        "USD",
        method=LockMethod.CUSTOM_DATE,
        locked_through=parse_day(through),
        now=datetime.now(UTC),
        made_by="test",
    )


async def test_changes_of_a_turn_are_told_together(ledger: Database) -> None:
    await an_endpoint(ledger, URL, events=Events.LEDGER_CHANGED)
    for number in (2, 3, 4):
        await change_ledger(ledger, number)

    data = {"organisation": ORGANISATION, "currency": "USD"}
    data |= {"fromRecording": 2, "toRecording": 4}
    assert await published(ledger) == [(1, "ledger.changed", data)]
    assert len(await published(ledger)) == 1


async def test_each_change_of_a_lock_is_published(ledger: Database) -> None:
    await an_endpoint(ledger, URL, events=Events.LOCK_CHANGED)
    await lock(ledger, "2025-01-31")
    await change_ledger(ledger, 2)
    await lock(ledger, "2025-02-28")

    assert await published(ledger) == [
        (
            1,
            "lock.changed",
            {
                "organisation": ORGANISATION,
                "currency": "USD",
                "recording": recording,
                "lockMethod": "CUSTOM_DATE",
                "lockedThrough": through,
            },
        )
        for recording, through in ((2, "2025-01-31"), (4, "2025-02-28"))
    ]


async def test_ends_of_exports_are_told_without_amounts(ledger: Database) -> None:
    events = Events.EXPORT_READY | Events.EXPORT_FAILED
    await an_endpoint(ledger, URL, events=events)
    store, now = ledger.runtime, datetime.now(UTC)
    for key in ("ready", "failed"):
        await ask(ledger, key=key)
        lease = await leasing.take_job(store, EXPORTS, key, lease=WEEK, now=now)
        assert lease is not None
        if key == "ready":
            await leasing.finish(store, lease, FILE, now=now, retention=WEEK)
        else:
            code = FailureCode.STORAGE_FAILED
            await leasing.fail(store, lease, code, "the disk is full", now=now)

    its = {"organisation": ORGANISATION, "currency": "USD", "recording": 1}
    assert await published(ledger) == [
        (1, "export.ready", {**its, "export": 1, "sha256": "00" * 32}),
        (1, "export.failed", {**its, "export": 2, "failure": "STORAGE_FAILED"}),
    ]


async def test_an_endpoint_gets_what_it_wants(ledger: Database) -> None:
    await an_endpoint(ledger, URL, events=Events.LOCK_CHANGED)
    await an_endpoint(ledger, URL, events=Events.LEDGER_CHANGED)
    await lock(ledger, "2025-01-31")

    assert sorted((to, kind) for to, kind, _ in await published(ledger)) == [
        (1, "lock.changed"),
        (2, "ledger.changed"),
    ]


async def test_nothing_before_an_endpoint_is_published(ledger: Database) -> None:
    await ask(ledger)
    now = datetime.now(UTC)
    lease = await leasing.take_job(
        ledger.runtime, EXPORTS, "a-worker", lease=WEEK, now=now
    )
    assert lease is not None
    await leasing.finish(ledger.runtime, lease, FILE, now=now, retention=WEEK)
    await publish(ledger, now=now)

    await an_endpoint(ledger, URL)

    assert await published(ledger) == []


async def test_a_change_right_after_an_endpoint_is_published(ledger: Database) -> None:
    # No server has run yet: creating the endpoint marks where reading begins.
    await an_endpoint(ledger, URL)
    await change_ledger(ledger, 2)

    assert len(await published(ledger)) == 1


async def test_an_endpoint_misses_nothing_while_events_are_read(
    ledger: Database,
) -> None:
    """However far reading is when an endpoint is created and an export ends."""
    now = datetime.now(UTC)
    for at in count(0, 1 + 2 // examples(1)):
        await ask(ledger, key=f"at {at}")
        lease = await leasing.take_job(
            ledger.runtime, EXPORTS, f"{at}", lease=WEEK, now=now
        )
        assert lease is not None
        reading = Paused(publish(ledger, now=now), at)
        await reading.until_paused()

        is_over = asyncio.create_task(create_and_finish(ledger, lease, now))
        # Where reading holds a lock, what happens meanwhile waits for it.
        await asyncio.wait({is_over}, timeout=0.5)
        await reading.go_on()
        endpoint = await is_over

        told = await published(ledger)
        its = [data["export"] for to, kind, data in told if to == endpoint]
        assert its == [lease.job_id.number], at
        await delete_endpoint(ledger, author(), endpoint)
        if not reading.was_paused:
            break
    assert at > 5, "it waits for each statement"


async def create_and_finish(ledger: Database, lease: Lease, now: datetime) -> int:
    """Create an endpoint, then end a job; return the endpoint's number."""
    created = await an_endpoint(ledger, URL, events=Events.EXPORT_READY)
    await leasing.finish(ledger.runtime, lease, FILE, now=now, retention=WEEK)
    return created.number


class Paused:
    """Work that pauses once it has waited for so many times."""

    def __init__(self, work: Coroutine[Any, Any, None], at: int) -> None:
        self.was_paused = False
        self._at, self._paused, self._may_go = at, asyncio.Event(), asyncio.Event()
        self._task = asyncio.create_task(self._run(work))

    async def until_paused(self) -> None:
        """Wait until it pauses, or has ended before."""
        paused = asyncio.create_task(self._paused.wait())
        await asyncio.wait({paused, self._task}, return_when=asyncio.FIRST_COMPLETED)
        paused.cancel()

    async def go_on(self) -> None:
        """Have it go on to its end."""
        self._may_go.set()
        await self._task

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        await self._step(work)

    @coroutine
    def _step(self, work: Coroutine[Any, Any, None]) -> Generator[Any, Any, None]:
        for waits in count():
            try:
                awaited = work.send(None)
            except StopIteration:
                return
            if waits == self._at:
                self.was_paused = True
                self._paused.set()
                yield from self._may_go.wait().__await__()
            yield awaited


async def test_a_lost_runtime_store_tells_nothing_old(ledger: Database) -> None:
    await an_endpoint(ledger, URL)
    await change_ledger(ledger, 2)
    async with ledger.runtime.writes() as session:
        await session.execute(delete(Cursor))

    assert await published(ledger) == []
    await change_ledger(ledger, 3)

    ((_, _, data),) = await published(ledger)
    assert data["fromRecording"] == data["toRecording"] == 3


async def test_a_restored_ledger_goes_on_from_its_end(ledger: Database) -> None:
    await an_endpoint(ledger, URL)
    async with ledger.runtime.writes() as session:
        cursor = await session.get_one(Cursor, ("webhooks of the trail", ORGANISATION))
        cursor.position += 100

    assert await published(ledger) == []
    await change_ledger(ledger, 2)
    assert len(await published(ledger)) == 1


async def test_two_processes_tell_once(ledger: Database) -> None:
    await an_endpoint(ledger, URL)
    await change_ledger(ledger, 2)
    now = datetime.now(UTC)

    await asyncio.gather(*(publish(ledger, now=now) for _ in range(4)))

    assert len(await published(ledger)) == 1


async def test_an_organisation_that_fails_holds_up_no_other(
    ledger: Database, caplog: pytest.LogCaptureFixture
) -> None:
    now = datetime.now(UTC)
    other = await add_organisation(ledger, "Other", now=now, made_by="test")
    await an_endpoint(ledger, URL, events=Events.LEDGER_CHANGED)
    await change_ledger(ledger, 2)
    async with ledger.runtime.writes() as session:
        # Of a later version, or of a bug: nothing of ours knows the kind.
        session.add(
            OutgoingEvent(
                organisation_id=other,
                number=1,
                id="unknown",
                kind=99,
                subject="1",
                made_at=now,
                requested_by="test",
            )
        )

    told = await published(ledger)

    assert [kind for _, kind, _ in told] == ["ledger.changed"]
    assert f"events of organisation {other} were not published" in caplog.text


async def test_another_organisation_is_told_nothing(ledger: Database) -> None:
    now = datetime.now(UTC)
    other = await add_organisation(ledger, "Other", now=now, made_by="test")
    await create_endpoint(
        ledger,
        hook_settings(),
        author(organisation_id=other),
        url=URL,
        description="",
        events=Events.LEDGER_CHANGED,
    )
    await change_ledger(ledger, 2)

    assert await published(ledger) == []
