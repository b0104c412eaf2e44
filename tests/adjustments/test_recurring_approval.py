"""Nobody posts by a recurrence what another person did not approve."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from daybook.access.commands import create_api_key, set_role
from daybook.access.erasing import erase_person
from daybook.access.rules import OPERATOR, MemberRole, Permission
from daybook.adjustments.commands import submit
from daybook.adjustments.deciding import approve
from daybook.adjustments.recurring.commands import (
    RecurrenceState,
    withdraw_recurrence,
)
from daybook.adjustments.recurring.deciding import (
    reject_recurrence,
)
from daybook.adjustments.recurring.queries import (
    RecurrenceFilter,
    count_recurrences,
    find_recurrences,
    recurrence_steps,
)
from daybook.adjustments.recurring.rules import (
    RecurrenceStatus,
    RecurrenceStepKind,
)
from daybook.adjustments.rules import Status
from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.ledger.rules import Role
from daybook.paging import PageRequest
from daybook.reports.audit import verify
from daybook_adjusting import ADA, BOB, EVE, debit, four_eyes, moment, two_people
from daybook_factories import ORGANISATION, invoice, record
from daybook_filled import filled
from daybook_people import member
from daybook_recurring import (
    agreed,
    approved,
    ended,
    monthly,
    recurring,
    run,
    saved,
    sent,
    submitted,
)
from daybook_trail import tamper

pytestmark = pytest.mark.anyio


async def fill(database: Database) -> tuple[int, int]:
    found = await two_people(database)
    await record(database, invoice(), on="2025-01-05")
    await four_eyes(database, on="2025-01-06")
    return found


@pytest.fixture
async def people(database: Database) -> tuple[int, int]:
    """Ada and Bob, one invoice of January, and four eyes on."""
    return await filled(database, fill)


async def refused(code: ProblemCode, step: Any) -> str:
    """What a step is refused with; the message."""
    with pytest.raises(Rejected) as raised:
        await step
    (problem,) = raised.value.problems
    assert problem.code == code, problem
    return problem.message


async def holds(database: Database) -> None:
    """The audit trail fits the rows, and these each other."""
    assert (await verify(database, ORGANISATION)).mismatch is None


async def nothing(replacement: str) -> None:
    """What is beside the ledger's store when a person is erased."""
    del replacement


async def withdrawn(database: Database, state: RecurrenceState) -> RecurrenceState:
    return await withdraw_recurrence(
        *(database, ORGANISATION, state.number),
        version=state.version,
        now=moment("2025-01-10"),
        made_by=ADA,
    )


async def rejected(
    database: Database, state: RecurrenceState, user_id: int | None
) -> RecurrenceState:
    return await reject_recurrence(
        *(database, ORGANISATION, state.number),
        version=state.version,
        reason="Until when?",
        user_id=user_id,
        now=moment("2025-01-10"),
    )


@pytest.mark.either_database
async def test_a_submitted_recurrence_makes_nothing(
    database: Database, people: tuple[int, int]
) -> None:
    ada, bob = people
    state = await submitted(database, recurring())

    assert state.status is RecurrenceStatus.SUBMITTED
    assert await run(database, "2025-06-30") == []
    async with database.reads() as session:
        waiting = [
            await count_recurrences(
                session, ORGANISATION, RecurrenceFilter(waiting_for=user_id)
            )
            for user_id in (ada, bob)
        ]
        page = await find_recurrences(
            session, ORGANISATION, RecurrenceFilter(waiting_for=bob), PageRequest(9)
        )
    assert waiting == [0, 1]
    assert [listed.number for listed in page.items] == [state.number]


@pytest.mark.either_database
async def test_authors_do_not_approve(
    database: Database, people: tuple[int, int]
) -> None:
    _, bob = people
    carol = await member(
        database,
        email=EVE,
        role=MemberRole.CONTROLLER,
        password=None,
        now=moment("2025-01-07"),
    )
    state = await submitted(database, recurring(), by=BOB)
    message = await refused(ProblemCode.OWN_WORK, agreed(database, state, bob))
    assert message == "R-1 is your own work: another controller decides about it"

    # Whoever saved an earlier version is an author, too, and so is who submits.
    await rejected(database, state, carol)
    seen: dict[str, Any] = {"number": state.number, "version": 1}
    state = await saved(database, recurring(narrative="Mine"), by=ADA, **seen)
    state = await sent(database, state, by=ADA)
    await refused(ProblemCode.OWN_WORK, agreed(database, state, bob))
    assert (await agreed(database, state, carol)).status is RecurrenceStatus.ACTIVE
    await holds(database)


@pytest.mark.either_database
async def test_a_role_counts_at_that_moment(
    database: Database, people: tuple[int, int]
) -> None:
    ada, bob = people
    state = await submitted(database, recurring(), by="API key of nobody")
    await refused(ProblemCode.NOT_HELD, agreed(database, state, ada))
    await refused(ProblemCode.NOT_HELD, rejected(database, state, ada))
    await refused(ProblemCode.NOT_HELD, rejected(database, state, None))
    await set_role(
        database,
        ORGANISATION,
        email=BOB,
        role=MemberRole.ACCOUNTANT,
        authority=OPERATOR,
        now=moment("2025-01-12"),
        made_by="a test",
    )

    await refused(ProblemCode.NOT_HELD, agreed(database, state, bob, on="2025-01-12"))


@pytest.mark.either_database
async def test_a_key_counts_as_its_maker(
    database: Database, people: tuple[int, int]
) -> None:
    _, bob = people
    await create_api_key(
        database,
        ORGANISATION,
        name="Robot",
        permissions=Permission.READ | Permission.ADJUST,
        authority=OPERATOR,
        expires_at=moment("2026-01-01"),
        now=moment("2025-01-08"),
        made_by=BOB,
    )
    state = await submitted(database, recurring(), by="API key Robot")

    await refused(ProblemCode.OWN_WORK, agreed(database, state, bob))
    await refused(ProblemCode.NOT_HELD, agreed(database, state, None))


@pytest.mark.either_database
async def test_each_step_names_the_version_that_was_seen(
    database: Database, people: tuple[int, int]
) -> None:
    _, bob = people
    state = await saved(database, recurring())
    seen: dict[str, Any] = {"number": state.number, "version": 1}
    changed = await saved(database, recurring(narrative="Another"), **seen)
    assert changed.version == 2

    for step in (
        saved(database, recurring(), **seen),
        sent(database, state),
        withdrawn(database, state),
        ended(database, state),
        agreed(database, state, bob),
        rejected(database, state, bob),
    ):
        await refused(ProblemCode.CONFLICT, step)
    changed = await sent(database, changed)
    await refused(ProblemCode.CONFLICT, agreed(database, state, bob))
    assert (await agreed(database, changed, bob)).version == 2
    await holds(database)


@pytest.mark.either_database
async def test_steps_that_are_done_change_nothing(
    database: Database, people: tuple[int, int]
) -> None:
    _, bob = people
    state = await saved(database, recurring(), idempotency_key="once")
    again = await saved(database, recurring(), idempotency_key="once")
    assert (again.number, again.is_changed) == (state.number, False)
    other = recurring(narrative="Another")
    await refused(ProblemCode.KEY_USED, saved(database, other, idempotency_key="once"))
    same: dict[str, Any] = {"number": state.number, "version": 1}
    assert not (await saved(database, recurring(), **same)).is_changed

    assert (await sent(database, state)).is_changed
    assert not (await sent(database, state)).is_changed
    assert (await withdrawn(database, state)).is_changed
    assert not (await withdrawn(database, state)).is_changed
    await sent(database, state)
    assert (await rejected(database, state, bob)).is_changed
    assert not (await rejected(database, state, bob)).is_changed
    await sent(database, state)
    assert (await agreed(database, state, bob)).is_changed
    assert not (await agreed(database, state, bob)).is_changed
    async with database.reads() as session:
        steps = await recurrence_steps(session, ORGANISATION, [state.number])
    kinds = RecurrenceStepKind
    assert [step.kind for step in steps] == [
        *(kinds.SAVED, kinds.SUBMITTED, kinds.WITHDRAWN, kinds.SUBMITTED),
        *(kinds.REJECTED, kinds.SUBMITTED, kinds.APPROVED),
    ]
    assert steps[4].reason == "Until when?"
    await holds(database)


@pytest.mark.either_database
async def test_what_is_submitted_is_frozen_and_what_ended_is_final(
    database: Database, people: tuple[int, int]
) -> None:
    _, bob = people
    state = await submitted(database, recurring())
    seen: dict[str, Any] = {"number": state.number, "version": 1}
    edit = saved(database, recurring(narrative="Other"), **seen)
    assert "withdraw it first" in await refused(ProblemCode.WRONG_STATUS, edit)

    await ended(database, state)

    for step in (
        saved(database, recurring(narrative="Other"), on="2025-03-11", **seen),
        sent(database, state, on="2025-03-11"),
        agreed(database, state, bob, on="2025-03-11"),
    ):
        message = await refused(ProblemCode.WRONG_STATUS, step)
        assert message == "R-1 has ended, which is final: write a new one"


@pytest.mark.either_database
async def test_all_that_is_wrong_is_told_at_once(database: Database) -> None:
    await record(database, invoice(), on="2025-01-05")
    wrong = recurring(narrative="a\nb", schedule=monthly(32, "2025-02", "2025-01"))

    with pytest.raises(Rejected) as raised:
        await saved(database, wrong)

    assert [problem.path for problem in raised.value.problems] == [
        *(("dayOfMonth",), ("untilMonth",), ("narrative",)),
    ]
    async with database.reads() as session:
        assert await count_recurrences(session, ORGANISATION, RecurrenceFilter()) == 0


@pytest.mark.either_database
async def test_a_draft_may_be_incomplete_until_it_is_submitted(
    database: Database,
) -> None:
    await record(database, invoice(), on="2025-01-05")
    line = debit(Role.DEFERRED, "50.00")
    state = await saved(database, recurring(line, narrative=""))

    with pytest.raises(Rejected) as raised:
        await sent(database, state)

    assert [problem.path for problem in raised.value.problems] == [
        ("narrative",),
        ("lines",),
    ]


@pytest.mark.either_database
async def test_an_approval_stays_when_its_approver_left(
    database: Database, people: tuple[int, int]
) -> None:
    _, bob = people
    await approved(database, recurring(schedule=monthly(until="2025-02")), bob)
    await run(database, "2025-01-31")
    now = moment("2025-02-01")
    who: dict[str, Any] = {"now": now, "made_by": "a test"}
    await set_role(
        *(database, ORGANISATION),
        email=BOB,
        role=None,
        authority=OPERATOR,
        **who,
    )
    await erase_person(database, ORGANISATION, email=BOB, beside=nothing, **who)

    (made,) = await run(database, "2025-02-28")

    assert made.status is Status.POSTED
    await holds(database)


@pytest.mark.either_database
async def test_an_approver_may_write_the_next_version(
    database: Database, people: tuple[int, int]
) -> None:
    _, bob = people
    state = await approved(database, recurring(), bob)
    seen: dict[str, Any] = {"number": state.number, "version": 1}
    state = await submitted(database, recurring(narrative="Mine"), by=BOB, **seen)

    await refused(ProblemCode.OWN_WORK, agreed(database, state, bob))
    await holds(database)


@pytest.mark.either_database
async def test_what_nobody_approved_waits_once_four_eyes_is_on(
    database: Database,
) -> None:
    ada, bob = await two_people(database)
    await record(database, invoice(), on="2025-01-05")
    state = await submitted(database, recurring())
    assert state.status is RecurrenceStatus.ACTIVE
    (january,) = await run(database, "2025-01-31")
    assert january.status is Status.POSTED

    await four_eyes(database, on="2025-02-01")
    (february,) = await run(database, "2025-02-28")

    assert february.status is Status.SUBMITTED
    decide: dict[str, Any] = {"version": 1, "now": moment("2025-03-01")}
    where = (database, ORGANISATION, february.journal)
    await refused(ProblemCode.NOT_HELD, approve(*where, user_id=ada, **decide))
    done = await approve(*where, user_id=bob, **decide)
    assert done.status is Status.POSTED
    # Submitting it again is no approval of the recurrence.
    assert not (await sent(database, state, on="2025-03-02")).is_changed
    (march,) = await run(database, "2025-03-31")
    assert march.status is Status.SUBMITTED
    await submit(
        *(database, ORGANISATION, march.journal),
        version=1,
        now=moment("2025-04-01"),
        made_by=ADA,
    )
    await holds(database)


@pytest.mark.either_database
async def test_its_authors_do_not_approve_a_journal_that_waits(
    database: Database,
) -> None:
    _, bob = await two_people(database)
    await record(database, invoice(), on="2025-01-05")
    await submitted(database, recurring(), by=BOB)
    await four_eyes(database, on="2025-01-15")

    (made,) = await run(database, "2025-01-31")

    assert made.status is Status.SUBMITTED
    decision = approve(
        *(database, ORGANISATION, made.journal),
        version=1,
        user_id=bob,
        now=moment("2025-02-01"),
    )
    await refused(ProblemCode.OWN_WORK, decision)


BY_HAND = {
    "active without approval": (
        "INSERT INTO recurrence_steps (organisation_id, id, number, kind, version,"
        " setting, made_at) SELECT 1, 3, 1, 6, 1, setting, made_at"
        " FROM recurrence_steps WHERE id = 2"
    ),
    "another person approves": (
        "INSERT INTO recurrence_steps (organisation_id, id, number, kind, version,"
        " setting, made_at, user_id) SELECT 1, 3, 1, 4, 1, setting, made_at, a.user_id"
        " FROM recurrence_steps s JOIN recurrence_authors a ON a.step = s.id"
        " WHERE s.id = 2"
    ),
    "a state is that of": "UPDATE recurrences SET status = 6",
}


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("words", BY_HAND)
async def test_the_database_refuses_what_goes_around_approval(
    database: Database, words: str
) -> None:
    await submitted(database, recurring())

    with pytest.raises(DBAPIError, match=words):
        async with database.engine.begin() as connection:
            await connection.execute(text(BY_HAND[words]))


TAMPERED = {
    "its status is 6": "UPDATE recurrences SET status = 6 WHERE number = 2",
    "it isn't what version 1 says": (
        "UPDATE recurrence_lines SET amount = amount + 1 WHERE step = 1"
    ),
    "isn't its version's": (
        "UPDATE recurrence_instances SET approved_in = 2 WHERE approved_in IS NOT NULL"
    ),
    "by one of its authors": (
        "UPDATE recurrence_steps SET user_id = (SELECT min(user_id)"
        " FROM recurrence_authors) WHERE kind = 4"
    ),
    "can't follow": "UPDATE recurrence_steps SET kind = 6 WHERE kind = 1 AND id = 1",
}


@pytest.mark.parametrize("words", TAMPERED)
@pytest.mark.either_database
async def test_verification_says_what_does_not_fit(
    database: Database, people: tuple[int, int], words: str
) -> None:
    _, bob = people
    await approved(database, recurring(), bob)
    await submitted(database, recurring())
    await run(database, "2025-01-31")
    await holds(database)

    await tamper(database, TAMPERED[words])

    mismatch = (await verify(database, ORGANISATION)).mismatch
    assert mismatch is not None
    assert words in str(mismatch), mismatch
