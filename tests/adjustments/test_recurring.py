"""Recurrences make manual journals: when, with which content, and where they wait."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from daybook.activity.models import Activity
from daybook.adjustments.commands import save_draft, submit
from daybook.adjustments.models import ManualVersion
from daybook.adjustments.queries import posted_documents, steps_of, versions_of
from daybook.adjustments.recurring.made import (
    find_instances,
    instances_by_journal,
    makers_of,
)
from daybook.adjustments.rules import Status, StepKind
from daybook.audit.models import AuditRecord
from daybook.calendar import day_text, month_text, parse_day, parse_month
from daybook.configuration.commands import set_time_zone
from daybook.db.engine import Database
from daybook.ledger.rules import Role
from daybook.paging import PageRequest
from daybook.reports.audit import verify
from daybook.reports.manual_journals import ManualFilter, find_manual
from daybook_adjusting import (
    ADA,
    BOB,
    credit,
    debit,
    entered,
    four_eyes,
    moment,
    two_people,
)
from daybook_factories import ORGANISATION, invoice, lock, record
from daybook_filled import filled
from daybook_recurring import (
    agreed,
    approved,
    days,
    ended,
    monthly,
    recurring,
    run,
    saved,
    sent,
    submitted,
)
from daybook_stored import posted

pytestmark = pytest.mark.anyio


async def fill(database: Database) -> int:
    _, bob = await two_people(database)
    await record(database, invoice(), on="2025-01-05")
    return bob


@pytest.fixture
async def bob(database: Database) -> int:
    """Two people, one invoice of January, and the id of the controller."""
    return await filled(database, fill)


async def holds(database: Database) -> None:
    """The audit trail fits the rows, and these each other."""
    assert (await verify(database, ORGANISATION)).mismatch is None


@pytest.mark.usefixtures("bob")
async def test_each_month_has_one_journal_on_its_day(database: Database) -> None:
    await submitted(database, recurring(schedule=monthly(31, until="2025-04")))

    assert await run(database, "2025-01-30") == []
    january = await run(database, "2025-01-31")
    assert await run(database, "2025-02-27") == []
    february = await run(database, "2025-02-28")
    later = await run(database, "2025-07-01")

    made = [*january, *february, *later]
    assert days(made) == ["2025-01-31", "2025-02-28", "2025-03-31", "2025-04-30"]
    assert {journal.status for journal in made} == {Status.POSTED}
    assert await run(database, "2025-07-01") == []
    await holds(database)


@pytest.mark.usefixtures("bob")
@pytest.mark.either_database
async def test_a_leap_year_has_a_29th_of_february(database: Database) -> None:
    await submitted(database, recurring(schedule=monthly(30, "2028-01", "2028-03")))

    assert days(await run(database, "2028-04-01")) == [
        *("2028-01-30", "2028-02-29", "2028-03-30")
    ]


@pytest.mark.usefixtures("bob")
@pytest.mark.either_database
async def test_a_journal_posts_what_the_recurrence_says(database: Database) -> None:
    before = await posted(database)
    lines = (
        debit(Role.UNBILLED, "70.00", description="Support", product="prod_1"),
        credit(Role.RECOGNIZED, "70.00"),
    )
    fields: dict[str, Any] = {"customer": "cus_1", "product": "prod_1"}
    schedule = monthly(31, until="2025-01", reverses=True)
    await submitted(database, recurring(*lines, schedule=schedule, **fields))

    (made,) = await run(database, "2025-01-31")

    async with database.reads() as session:
        (version,) = await versions_of(session, ORGANISATION, made.journal)
        documents = await posted_documents(session, ORGANISATION, [made.journal])
    assert (day_text(version.day), version.narrative) == (
        "2025-01-31",
        "Support that isn't invoiced yet",
    )
    assert version.reverses_on == parse_day("2025-02-01")
    assert [line.amount for line in version.lines] == [70_00, 70_00]
    assert version.lines[0].description == "Support"
    assert [
        (document.external_id, day_text(document.day)) for document in documents
    ] == [
        ("MJ-1", "2025-01-31"),
        ("MJ-1-REV", "2025-02-01"),
    ]
    after = await posted(database)
    new = {key: amount for key, amount in after.items() if key not in before}
    accounts = (Role.UNBILLED, Role.RECOGNIZED)
    assert new == {
        ("MJ-1", "prod_1", parse_day("2025-01-31"), *accounts): 70_00,
        ("MJ-1-REV", "prod_1", parse_day("2025-02-01"), *accounts): -70_00,
    }
    await holds(database)


@pytest.mark.usefixtures("bob")
@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        ("Pacific/Auckland", "2025-01-30 11:00"),
        ("UTC", "2025-01-31 00:00"),
        ("America/New_York", "2025-01-31 05:00"),
    ],
)
@pytest.mark.either_database
async def test_a_journal_is_due_on_the_organisations_own_day(
    database: Database, zone: str, begins: str
) -> None:
    now = moment("2025-01-10")
    await set_time_zone(database, ORGANISATION, zone, now=now, made_by=ADA)
    await submitted(database, recurring())
    midnight = datetime.fromisoformat(f"{begins}+00:00")

    assert await run(database, midnight - timedelta(minutes=1)) == []
    assert days(await run(database, midnight)) == ["2025-01-31"]


@pytest.mark.either_database
async def test_steps_name_the_persons_and_the_trail_the_recurrence(
    database: Database, bob: int
) -> None:
    await four_eyes(database, on="2025-01-06")
    state = await approved(database, recurring(), bob)

    (made,) = await run(database, "2025-01-31")

    async with database.reads() as session:
        steps = await steps_of(session, ORGANISATION, [made.journal])
        instance = (await instances_by_journal(session, ORGANISATION, [made.journal]))[
            made.journal
        ]
        key = (instance.recurrence, instance.version)
        maker = (await makers_of(session, ORGANISATION, [key]))[key]
        its = AuditRecord
        records = await session.execute(
            select(its.action, its.made_by, its.details)
            .where(its.subject_id == f"MJ-{made.journal}")
            .order_by(its.number)
        )
        found = records.all()
    assert [(step.kind, step.made_by) for step in steps] == [
        (StepKind.DRAFT, ADA),
        (StepKind.SUBMITTED, ADA),
        (StepKind.APPROVED, BOB),
        (StepKind.POSTED, "recurrence R-1"),
    ]
    assert steps[2].reason == "with version 1 of recurrence R-1"
    assert maker.words() == f"recurrence R-1 of {ADA}, approved by {BOB}"
    assert [(row.action, row.made_by) for row in found] == [
        (f"{action}_MANUAL_JOURNAL", "recurrence R-1")
        for action in ("SAVE", "SUBMIT", "APPROVE", "POST")
    ]
    assert all("@" not in row.details for row in found), "no person can't be erased"
    assert instance.month == parse_month("2025-01")
    assert (instance.recurrence, instance.version) == (state.number, state.version)


async def test_a_locked_month_waits_as_a_draft_that_says_why(
    database: Database, bob: int
) -> None:
    await four_eyes(database, on="2025-01-06")
    await approved(database, recurring(schedule=monthly(until="2025-03")), bob)
    await lock(database, "2025-02-28", on="2025-03-05")

    made = await run(database, "2025-04-01")

    assert [(day_text(one.day), one.status) for one in made] == [
        ("2025-01-31", Status.DRAFT),
        ("2025-02-28", Status.DRAFT),
        ("2025-03-31", Status.POSTED),
    ]
    reason = "2025-01-31 is locked: the first open day of the USD ledger is 2025-03-01"
    assert made[0].reason == reason
    async with database.reads() as session:
        steps = await steps_of(session, ORGANISATION, [made[0].journal])
        drafts = await find_manual(
            session, ORGANISATION, ManualFilter((Status.DRAFT,)), PageRequest(10)
        )
        messages = await session.scalars(
            select(Activity.message).where(Activity.message.contains("MJ-1 "))
        )
        log = list(messages)
    assert [(step.kind, step.reason) for step in steps] == [(StepKind.DRAFT, reason)]
    assert [draft.number for draft in drafts.items] == [2, 1]
    assert log == [f"MJ-1 saved by R-1 for 2025-01: {reason}"]
    await holds(database)


@pytest.mark.either_database
async def test_a_draft_that_waited_is_moved_by_a_person_who_does_not_approve_it(
    database: Database, bob: int
) -> None:
    await four_eyes(database, on="2025-01-06")
    await approved(database, recurring(schedule=monthly(until="2025-01")), bob)
    await lock(database, "2025-01-31", on="2025-02-05")
    (made,) = await run(database, "2025-02-10")
    moved = entered(day="2025-02-01")
    now: dict[str, Any] = {"now": moment("2025-02-11"), "made_by": ADA}
    where = (database, ORGANISATION)

    state = await save_draft(*where, moved, number=made.journal, version=1, **now)
    state = await submit(*where, made.journal, version=state.version, **now)

    # The recurrence's approval was for what it made, not for what became of it.
    assert state.status is Status.SUBMITTED
    assert await run(database, "2025-02-12") == [], "January is made"
    await holds(database)


@pytest.mark.usefixtures("bob")
@pytest.mark.either_database
async def test_fourteen_months_are_made_later_in_order(database: Database) -> None:
    await submitted(database, recurring(narrative="One"), on="2025-01-10")
    other = recurring(narrative="Other", schedule=monthly(15, "2025-03", "2025-05"))
    await submitted(database, other, on="2025-01-10")
    await lock(database, "2025-06-30", on="2025-07-15")

    made = await run(database, "2026-03-01")

    assert days(made) == sorted(days(made))
    first = [one for one in made if one.recurrence == 1]
    assert [month_text(one.month) for one in first] == [
        *(f"2025-{month:02}" for month in range(1, 13)),
        *("2026-01", "2026-02"),
    ]
    assert [one.status for one in first] == [Status.DRAFT] * 6 + [Status.POSTED] * 8
    assert [one.journal for one in made] == [*range(1, 18)]
    await holds(database)
    async with database.reads() as session:
        page = await find_instances(session, ORGANISATION, 1, PageRequest(3))
        assert (
            await session.scalar(select(func.count()).select_from(ManualVersion)) == 17
        )
    assert [month_text(item.month) for item in page.items] == [
        *("2026-02", "2026-01", "2025-12")
    ]
    assert page.has_next


@pytest.mark.usefixtures("bob")
@pytest.mark.either_database
async def test_an_ended_recurrence_makes_nothing(database: Database) -> None:
    state = await submitted(database, recurring())
    await run(database, "2025-02-01")

    done = await ended(database, state, on="2025-02-10")

    assert done.is_changed and not (await ended(database, state)).is_changed
    assert await run(database, "2025-12-31") == []
    await holds(database)


@pytest.mark.either_database
async def test_a_new_version_stops_it_until_that_is_active(
    database: Database, bob: int
) -> None:
    await four_eyes(database, on="2025-01-06")
    state = await approved(database, recurring(), bob)
    await run(database, "2025-02-01")
    more = (debit(Role.DEFERRED, "80.00"), credit(Role.RECOGNIZED, "80.00"))
    seen: dict[str, Any] = {"number": state.number, "version": 1}

    changed = await saved(database, recurring(*more), on="2025-02-10", **seen)
    assert await run(database, "2025-03-05") == []
    changed = await sent(database, changed, on="2025-03-06")
    assert await run(database, "2025-04-05") == []
    await agreed(database, changed, bob, on="2025-04-06")
    made = await run(database, "2025-04-07")

    # The months in between are made by the version that is in force now.
    assert days(made) == ["2025-02-28", "2025-03-31"]
    async with database.reads() as session:
        (version,) = await versions_of(session, ORGANISATION, made[0].journal)
        instances = await find_instances(session, ORGANISATION, 1, PageRequest(9))
    assert [line.amount for line in version.lines] == [80_00, 80_00]
    assert [item.version for item in instances.items] == [2, 2, 1]
    await holds(database)


@pytest.mark.usefixtures("bob")
@pytest.mark.either_database
async def test_a_month_is_made_once_whatever_the_version(database: Database) -> None:
    state = await submitted(database, recurring(schedule=monthly(10)))
    assert days(await run(database, "2025-03-15")) == [
        *("2025-01-10", "2025-02-10", "2025-03-10")
    ]

    later = recurring(schedule=monthly(31, "2024-12"))
    seen: dict[str, Any] = {"number": state.number, "version": 1}
    await submitted(database, later, on="2025-03-16", **seen)

    assert days(await run(database, "2025-03-31")) == ["2024-12-31"]
    assert days(await run(database, "2025-05-01")) == ["2025-04-30"]
    await holds(database)
