"""A clock that went wrong: a writer is refused, and goes on once it is accepted."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from daybook import clock
from daybook.access.commands import invite_user
from daybook.access.rules import OPERATOR, MemberRole
from daybook.activity.models import Activity
from daybook.audit.models import AuditRecord
from daybook.audit.rules import Verification
from daybook.clock import Clock, ClockRefused, ClockState
from daybook.configuration.clock_acceptance import accept_clock
from daybook.configuration.commands import set_lock, set_time_zone
from daybook.db import engine
from daybook.db.engine import Database
from daybook.documents.actions import void_document
from daybook.documents.commands import import_documents
from daybook.documents.results import ImportResult
from daybook.errors import ProblemCode, Rejected
from daybook.ledger.clocks import is_clock_refused, next_time
from daybook.ledger.commands import lock_organisation
from daybook.ledger.models import ClockAcceptance, Recording
from daybook.ledger.rules import LockMethod, SourceKind
from daybook.reports.audit import verify
from daybook_factories import ORGANISATION, invoice
from daybook_services.database import NewDatabase

pytestmark = pytest.mark.anyio

RIGHT = datetime(2026, 1, 31, 12, tzinfo=UTC)
WRONG = datetime(2036, 1, 31, 12, tzinfo=UTC)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
async def database(new_database: NewDatabase) -> Any:
    """A database whose clock nobody has confirmed."""
    opened = Database(new_database())
    yield opened
    await opened.close()


async def take(database: Database, id_: str, now: datetime) -> ImportResult:
    """Record an invoice; its id tells it from others."""
    return await import_documents(
        database, ORGANISATION, [invoice(id_)], now=now, reason="test"
    )


async def accept(database: Database, now: datetime, reason: str = "test") -> ClockState:
    state, _ = await accept_clock(
        database, ORGANISATION, reason=reason, now=now, made_by="ada"
    )
    return state


async def wrong_once(database: Database) -> None:
    """One import in time, and another by a clock that is ten years ahead."""
    await take(database, "inv_1", RIGHT)
    confirmed = Database(database.url, Clock(is_confirmed=True))
    await take(confirmed, "inv_2", WRONG)
    await confirmed.close()


async def times(database: Database) -> list[datetime]:
    async with database.reads() as session:
        rows = await session.scalars(
            select(Recording.recorded_at).order_by(
                Recording.ledger_id, Recording.number
            )
        )
        return list(rows)


async def audited(database: Database) -> list[datetime]:
    async with database.reads() as session:
        rows = await session.scalars(
            select(AuditRecord.recorded_at).order_by(AuditRecord.number)
        )
        return [datetime.fromisoformat(moment) for moment in rows]


async def logged(database: Database) -> list[datetime]:
    async with database.reads() as session:
        rows = await session.scalars(
            select(Activity.started_at)
            .where(Activity.is_failed.is_(False))
            .order_by(Activity.id)
        )
        return list(rows)


async def test_five_minutes_behind_go_on_at_the_last_time(database: Database) -> None:
    await take(database, "inv_1", RIGHT)

    await take(database, "inv_2", RIGHT - 5 * MINUTE)
    with pytest.raises(ClockRefused):
        await take(database, "inv_3", RIGHT - 5 * MINUTE - SECOND)

    assert await times(database) == [RIGHT, RIGHT]
    assert await audited(database) == [RIGHT, RIGHT]
    assert await logged(database) == [RIGHT, RIGHT]


async def test_400_days_of_silence_go_on_and_longer_ones_are_asked_about(
    database: Database,
) -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    await take(database, "inv_1", start)
    await take(database, "inv_2", start + 400 * DAY)

    with pytest.raises(ClockRefused, match="--confirm-clock") as refused:
        await take(database, "inv_3", start + 800 * DAY + SECOND)

    assert refused.value.state is ClockState.JUMPED
    assert await times(database) == [start, start + 400 * DAY]


async def test_ledgers_of_an_organisation_share_its_last_time(
    database: Database,
) -> None:
    await take(database, "inv_1", RIGHT)
    euros = [invoice("inv_2", currency="EUR")]

    with pytest.raises(ClockRefused):
        await import_documents(
            database, ORGANISATION, euros, now=RIGHT - DAY, reason="test"
        )
    await import_documents(
        database, ORGANISATION, euros, now=RIGHT - MINUTE, reason="test"
    )

    assert await times(database) == [RIGHT, RIGHT]


async def lock(database: Database, now: datetime) -> None:
    await set_lock(
        *(database, ORGANISATION, "USD"),
        method=LockMethod.ACCOUNTING_DATE,
        locked_through=None,
        now=now,
        made_by=None,
    )


async def move(database: Database, now: datetime) -> None:
    await set_time_zone(database, ORGANISATION, "Asia/Tokyo", now=now, made_by=None)


async def let_in(database: Database, now: datetime) -> None:
    await invite_user(
        *(database, ORGANISATION),
        email="bob@example.com",
        name="Bob",
        role=MemberRole.VIEWER,
        now=now,
        made_by="ada",
        authority=OPERATOR,
    )


async def take_back(database: Database, now: datetime) -> None:
    await void_document(database, ORGANISATION, SourceKind.INVOICE, "inv_1", now=now)


WRITES = {"lock": lock, "zone": move, "access": let_in, "void": take_back}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.either_database
async def test_every_write_is_refused_until_the_clock_is_accepted(
    database: Database, write: Callable[[Database, datetime], Awaitable[None]]
) -> None:
    await wrong_once(database)

    with pytest.raises(ClockRefused) as refused:
        await write(database, RIGHT + DAY)
    assert [problem.code for problem in refused.value.problems] == [ProblemCode.CLOCK]
    assert "2026-02-01 12:00:00 UTC" in str(refused.value)
    assert "2036-01-31 12:00:00 UTC" in str(refused.value)
    assert len(await audited(database)) == 2

    assert await accept(database, RIGHT + DAY) is ClockState.BEHIND
    await write(database, RIGHT + DAY)
    assert (await audited(database))[-2:] == [WRONG, WRONG]
    # What was done already is refused by no clock.
    await write(database, RIGHT - DAY)
    assert await verify(database, ORGANISATION) == Verification(4)


@pytest.mark.either_database
async def test_what_changes_nothing_is_not_refused(database: Database) -> None:
    await wrong_once(database)

    again = await take(database, "inv_1", RIGHT + DAY)

    assert again.unchanged == 1


async def test_after_an_acceptance_time_stands_until_the_clock_has_passed_it(
    database: Database,
) -> None:
    await wrong_once(database)
    await accept(database, RIGHT + DAY, "the server was at 2036")

    await take(database, "inv_3", RIGHT + 2 * DAY)
    await take(database, "inv_4", WRONG - SECOND)
    confirmed = Database(database.url, Clock(is_confirmed=True))
    await take(confirmed, "inv_5", WRONG + SECOND)
    await confirmed.close()

    found = [RIGHT, WRONG, WRONG, WRONG, WRONG + SECOND]
    assert await times(database) == found
    assert await audited(database) == [RIGHT, WRONG, WRONG, WRONG, WRONG, found[-1]]
    assert await logged(database) == await audited(database)
    # That was another jump, which nobody has accepted.
    with pytest.raises(ClockRefused):
        await take(database, "inv_6", RIGHT + 3 * DAY)


@pytest.mark.either_database
async def test_an_acceptance_is_kept_and_told_once(database: Database) -> None:
    await wrong_once(database)

    first = await accept(database, RIGHT + DAY, " the server was at 2036 ")
    again = await accept(database, RIGHT + 2 * DAY)

    assert (first, again) == (ClockState.BEHIND, ClockState.ACCEPTED)
    async with database.reads() as session:
        (kept,) = await session.scalars(select(ClockAcceptance))
        record = await session.get_one(AuditRecord, (ORGANISATION, kept.record))
    assert (kept.accepted_at, kept.last_recorded_at) == (RIGHT + DAY, WRONG)
    assert (kept.reason, kept.made_by) == ("the server was at 2036", "ada")
    assert record.action == "ACCEPT_CLOCK"
    assert "the server was at 2036" in record.details
    assert len(await audited(database)) == 3


@pytest.mark.either_database
async def test_with_nothing_to_accept_nothing_is_changed(database: Database) -> None:
    assert await accept(database, RIGHT) is ClockState.FINE
    await take(database, "inv_1", RIGHT)
    assert await accept(database, RIGHT - MINUTE) is ClockState.FINE

    assert len(await audited(database)) == 1


@pytest.mark.parametrize("reason", ["", "  ", "a\nb", "x" * 501])
@pytest.mark.either_database
async def test_an_acceptance_needs_a_reason(database: Database, reason: str) -> None:
    await wrong_once(database)

    with pytest.raises(Rejected, match="reason"):
        await accept(database, RIGHT + DAY, reason)


async def test_a_jump_is_accepted_at_its_own_time(database: Database) -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    await take(database, "inv_1", start)

    assert await accept(database, RIGHT) is ClockState.JUMPED
    await take(database, "inv_2", RIGHT + DAY)

    assert await times(database) == [start, RIGHT + DAY]
    assert await audited(database) == [start, RIGHT, RIGHT + DAY]


async def test_a_clock_ahead_of_postgresql_is_asked_about(
    new_postgresql: NewDatabase,
) -> None:
    url = new_postgresql()
    plain, confirmed = Database(url), Database(url, Clock(is_confirmed=True))
    async with plain.reads() as session:
        its = await session.scalar(select(func.clock_timestamp()))
    assert its is not None

    await take(plain, "inv_1", its + 5 * MINUTE)
    with pytest.raises(ClockRefused) as refused:
        await take(plain, "inv_2", its + 6 * MINUTE)
    with pytest.raises(ClockRefused):
        await accept(plain, its + 6 * MINUTE)
    await take(confirmed, "inv_2", its + 60 * MINUTE)

    assert refused.value.state is ClockState.AHEAD
    assert await is_clock_refused(plain, its)
    assert await times(plain) == [its + 5 * MINUTE, its + 60 * MINUTE]
    await plain.close()
    await confirmed.close()


@pytest.mark.either_database
async def test_any_organisation_s_clock_counts_for_readiness(
    database: Database,
) -> None:
    await wrong_once(database)
    assert await is_clock_refused(database, RIGHT + DAY)
    assert not await is_clock_refused(database, WRONG)

    await accept(database, RIGHT + DAY)
    assert not await is_clock_refused(database, RIGHT + DAY)

    async with database.writes() as session:
        await session.execute(
            text(
                "INSERT INTO organisations"
                " (id, name, time_zone, customers, products, recorded_at)"
                " SELECT 2, 'Other', 'UTC', 0, 0, recorded_at FROM organisations"
            )
        )
    assert await is_clock_refused(database, RIGHT + DAY)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM clock_acceptances",
        "UPDATE clock_acceptances SET reason = reason",
    ],
)
async def test_an_acceptance_stays(database: Database, change: str) -> None:
    await wrong_once(database)
    await accept(database, RIGHT + DAY)

    with pytest.raises(DBAPIError, match="rows"):
        async with database.writes() as session:
            await session.execute(text(change))


@pytest.fixture
async def other(database: Database) -> AsyncIterator[Database]:
    """Another program that has the same database open."""
    opened = Database(database.url)
    yield opened
    await opened.close()


async def test_who_waited_for_a_long_import_is_not_behind(
    database: Database, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = clock.TOLERANCE + MINUTE
    seconds, waits = [0.0], asyncio.Event()
    timer = SimpleNamespace(perf_counter=lambda: seconds[0])
    monkeypatch.setattr(engine, "time", timer)
    monkeypatch.setattr(engine, "WAITING_REPORTED_SECONDS", 0)
    await take(database, "inv_1", RIGHT - DAY)
    database.on_waiting = waits.set

    async with other.writes() as session:
        organisation = await lock_organisation(session, ORGANISATION)
        waiting = asyncio.create_task(take(database, "inv_2", RIGHT))
        async with asyncio.timeout(60):
            await waits.wait()
        seconds[0] += 2 * MINUTE.total_seconds()
        await next_time(session, organisation, RIGHT + later)
    await waiting

    assert await times(database) == [RIGHT - DAY, RIGHT + later]
    with pytest.raises(ClockRefused):
        await take(database, "inv_3", RIGHT)
