"""Ways around another person's approval, each of which is closed."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from daybook.access.commands import create_api_key, set_role
from daybook.access.rules import KEY_NAME, OPERATOR, MemberRole, Permission
from daybook.adjustments.commands import JournalState, submit, withdraw
from daybook.adjustments.deciding import approve, reject
from daybook.adjustments.reversing import reverse
from daybook.adjustments.rules import Status
from daybook.calendar import parse_day
from daybook.configuration.commands import set_lock
from daybook.db.engine import Database
from daybook.decisions.commands import (
    approve_change,
    reject_change,
    set_four_eyes,
    withdraw_change,
)
from daybook.errors import ProblemCode, Rejected
from daybook.exports.mapping.commands import import_chart, update_integration
from daybook.exports.mapping.forms import Integration
from daybook.exports.mapping.mapping_changes import set_mapping, set_mappings
from daybook.exports.mapping.rules import MappingLine, SettingsPatch, TargetAccount
from daybook.four_eyes.queries import is_four_eyes_on, requests_by_number
from daybook.four_eyes.rules import ApprovalPending, Outcome
from daybook.ledger.models import Ledger
from daybook.ledger.queries import find_ledgers
from daybook.ledger.rules import LockMethod, Role
from daybook.reports.audit import verify
from daybook_adjusting import (
    ADA,
    BOB,
    EVE,
    drafted,
    entered,
    four_eyes,
    lock_back,
    moment,
    submitted,
    two_people,
)
from daybook_factories import ORGANISATION, invoice, lock, record
from daybook_filled import filled_new
from daybook_ledger_sums import entries
from daybook_people import member

pytestmark = pytest.mark.anyio

NOW = moment("2025-03-21")
AT: dict[str, Any] = {"now": NOW}
WHO: dict[str, Any] = {**AT, "made_by": ADA}


async def fill(database: Database) -> tuple[int, int]:
    found = await two_people(database)
    await record(database, invoice(), on="2025-01-02")
    await lock(database, "2024-12-31", on="2025-02-01")
    await four_eyes(database)
    return found


@pytest.fixture
async def people(database: Database) -> tuple[int, int]:
    """Ada and Bob, four eyes on, and an invoice."""
    return await filled_new(database, fill)


@pytest.fixture
def bob(people: tuple[int, int]) -> int:
    return people[1]


@pytest.fixture
def ada(people: tuple[int, int]) -> int:
    return people[0]


async def approving(
    database: Database, user_id: int | None, version: int = 1
) -> JournalState:
    """Approve the first journal."""
    return await approve(
        *(database, ORGANISATION, 1), version=version, user_id=user_id, **AT
    )


async def refuses(awaitable: Awaitable[object], *codes: ProblemCode) -> None:
    """Something is refused with these codes."""
    with pytest.raises(Rejected) as refused:
        await awaitable
    assert tuple(its.code for its in refused.value.problems) == codes


async def is_unposted(database: Database) -> bool:
    found = await verify(database, ORGANISATION)
    assert found.mismatch is None, str(found.mismatch)
    return await entries(database, "MJ-1", "MJ-1-UNDO") == []


async def becomes(database: Database, email: str, role: MemberRole | None) -> None:
    """An admin gives somebody another role, or removes them."""
    await set_role(
        *(database, ORGANISATION),
        email=email,
        role=role,
        made_by="admin",
        authority=OPERATOR,
        **AT,
    )


@pytest.mark.either_database
async def test_authors_approve_nothing_of_their_own(
    database: Database, ada: int
) -> None:
    await submitted(database, entered())
    await becomes(database, ADA, MemberRole.CONTROLLER)

    await refuses(approving(database, ada), ProblemCode.OWN_WORK)

    assert await is_unposted(database)


@pytest.mark.either_database
async def test_everybody_who_saved_or_submitted_is_an_author(
    database: Database, bob: int
) -> None:
    await drafted(database, entered(), by=BOB)
    await drafted(database, entered(customer="cus_1"), number=1, version=1, by=EVE)
    await submit(database, ORGANISATION, 1, version=2, **WHO)

    await refuses(approving(database, bob, 2), ProblemCode.OWN_WORK)


@pytest.mark.either_database
async def test_submitting_for_another_makes_an_author(
    database: Database, bob: int
) -> None:
    await drafted(database, entered())
    await submit(database, ORGANISATION, 1, version=1, now=NOW, made_by=BOB)
    await withdraw(database, ORGANISATION, 1, version=1, **WHO)
    await submit(database, ORGANISATION, 1, version=1, **WHO)

    await refuses(approving(database, bob), ProblemCode.OWN_WORK)


@pytest.mark.either_database
async def test_a_role_that_changed_in_between_counts(
    database: Database, bob: int
) -> None:
    await submitted(database, entered())

    await becomes(database, BOB, MemberRole.ACCOUNTANT)
    await refuses(approving(database, bob), ProblemCode.NOT_HELD)
    await becomes(database, BOB, None)
    await refuses(approving(database, bob), ProblemCode.NOT_HELD)

    assert await is_unposted(database)


@pytest.mark.usefixtures("people")
@pytest.mark.either_database
async def test_keys_and_the_server_decide_nothing(
    database: Database,
) -> None:
    await submitted(database, entered())
    where = (database, ORGANISATION, 1)
    as_key: dict[str, Any] = {"version": 1, "user_id": None, "made_by": "key", **AT}

    await refuses(approve(*where, **as_key), ProblemCode.NOT_HELD)
    await refuses(reject(*where, reason="No", **as_key), ProblemCode.NOT_HELD)

    assert await is_unposted(database)


@pytest.mark.parametrize("name", ["billing", EVE])
@pytest.mark.either_database
async def test_a_key_counts_as_its_maker(
    database: Database, bob: int, name: str
) -> None:
    async def make(name: str, made_by: str) -> None:
        await create_api_key(
            *(database, ORGANISATION),
            name=name,
            permissions=Permission.READ | Permission.ADJUST | Permission.ADMINISTER,
            expires_at=NOW + timedelta(days=9),
            authority=OPERATOR,
            now=moment("2025-03-02"),
            made_by=made_by,
        )

    # A key that another key made, which may be called like somebody else.
    await make(name, BOB)
    await make("second", f"{KEY_NAME}{name}")
    await submitted(database, entered(), by=f"{KEY_NAME}second")

    await refuses(approving(database, bob), ProblemCode.OWN_WORK)


@pytest.mark.either_database
async def test_the_same_person_in_another_organisation_is_the_same(
    database: Database, ada: int
) -> None:
    # A user has one id in all organisations; roles of another one count nowhere else.
    await submitted(database, entered())
    eve = await member(
        database, email=EVE, role=MemberRole.VIEWER, password=None, now=NOW
    )

    await refuses(approving(database, eve), ProblemCode.NOT_HELD)
    await refuses(approving(database, 10_000), ProblemCode.NOT_HELD)
    await refuses(approving(database, ada), ProblemCode.NOT_HELD)


async def test_approving_twice_at_once_posts_once(database: Database, bob: int) -> None:
    eve = await member(
        database,
        email=EVE,
        role=MemberRole.CONTROLLER,
        password=None,
        now=moment("2025-03-02"),
    )
    await submitted(database, entered())

    states = await asyncio.gather(
        *(approving(database, user_id) for user_id in (bob, eve, bob))
    )

    assert sorted(state.is_changed for state in states) == [False, False, True]
    assert len(await entries(database, "MJ-1")) == 1


@pytest.mark.usefixtures("people")
@pytest.mark.either_database
async def test_what_is_submitted_is_not_edited(
    database: Database,
) -> None:
    await submitted(database, entered())

    await refuses(
        drafted(database, entered(customer="cus_1"), number=1, version=1),
        ProblemCode.WRONG_STATUS,
    )


@pytest.mark.either_database
async def test_an_approval_is_of_the_version_that_was_seen(
    database: Database, bob: int
) -> None:
    await submitted(database, entered())
    await withdraw(database, ORGANISATION, 1, version=1, **WHO)
    await drafted(
        *(database, entered(customer="cus_1")), number=1, version=1, on="2025-03-21"
    )
    await submit(database, ORGANISATION, 1, version=2, **WHO)

    await refuses(approving(database, bob, 1), ProblemCode.CONFLICT)

    assert await is_unposted(database)


@pytest.mark.either_database
async def test_turning_the_setting_off_takes_two_and_posts_nothing(
    database: Database, ada: int, bob: int
) -> None:
    await submitted(database, entered())
    await becomes(database, ADA, MemberRole.CONTROLLER)
    where = (database, ORGANISATION)

    for _ in range(2):
        with pytest.raises(ApprovalPending) as pending:
            await set_four_eyes(*where, is_on=False, **WHO)
        assert pending.value.request == 1
    await refuses(approve_change(*where, 1, user_id=ada, **AT), ProblemCode.OWN_WORK)
    await approve_change(*where, 1, user_id=bob, **AT)
    await submit(*where, 1, version=1, **WHO)
    await refuses(approving(database, ada), ProblemCode.OWN_WORK)
    await set_four_eyes(*where, is_on=True, **WHO)
    await refuses(approving(database, ada), ProblemCode.OWN_WORK)

    assert await is_unposted(database)
    assert (await approving(database, bob)).status is Status.POSTED


@pytest.mark.either_database
async def test_a_reversal_takes_two(database: Database, ada: int, bob: int) -> None:
    await submitted(database, entered())
    await approving(database, bob)
    await becomes(database, ADA, MemberRole.CONTROLLER)
    where = (database, ORGANISATION)

    with pytest.raises(ApprovalPending):
        await reverse(*where, 1, reason="Entered twice", **WHO)
    await refuses(approve_change(*where, 1, user_id=ada, **AT), ProblemCode.OWN_WORK)
    assert await entries(database, "MJ-1-UNDO") == []
    decided = await approve_change(*where, 1, user_id=bob, **AT)
    again = await approve_change(*where, 1, user_id=bob, **AT)

    assert (decided.is_changed, again.is_changed) == (True, False)
    assert len(await entries(database, "MJ-1-UNDO")) == 1
    assert (await verify(database, ORGANISATION)).mismatch is None


XERO = Integration.XERO
FIELDS = {"code": "200", "type": "Sales"}
GATED: dict[str, Callable[[Database], Awaitable[object]]] = {
    "a lock that moves back": lambda it: lock_back(it, WHO, "2024-11-30"),
    "no lock": lambda it: set_lock(
        *(it, ORGANISATION, "USD"),
        method=LockMethod.CUSTOM_DATE,
        locked_through=None,
        reason="Late invoices",
        **WHO,
    ),
    "a lock by accounting date": lambda it: set_lock(
        *(it, ORGANISATION, "USD"),
        method=LockMethod.ACCOUNTING_DATE,
        locked_through=None,
        reason="Late invoices",
        **WHO,
    ),
    "a mapping": lambda it: set_mapping(
        it, ORGANISATION, "USD", XERO, role=Role.BILLED, fields=FIELDS, **WHO
    ),
    "mappings of a file": lambda it: set_mappings(
        it, ORGANISATION, XERO, [MappingLine(Role.BILLED, "", FIELDS)], **WHO
    ),
    "a product's mapping": lambda it: set_mapping(
        *(it, ORGANISATION, "USD", XERO),
        role=Role.BILLED,
        scope="product:prod_1",
        fields=FIELDS,
        **WHO,
    ),
    "settings of an integration": lambda it: update_integration(
        it, ORGANISATION, None, XERO, SettingsPatch(is_enabled=True), **WHO
    ),
    "a chart of accounts": lambda it: import_chart(
        it,
        ORGANISATION,
        None,
        XERO,
        [TargetAccount("200", "Sales", "Sales", "")],
        **WHO,
    ),
}


async def usd(database: Database) -> tuple[int, int | None]:
    """The ledger's recordings and its lock."""
    async with database.reads() as session:
        ledger: Ledger
        (ledger,) = await find_ledgers(session, ORGANISATION)
        return ledger.recordings, ledger.locked_through


@pytest.mark.parametrize("name", GATED)
@pytest.mark.either_database
async def test_a_change_that_takes_two_is_made_once_it_is_approved(
    database: Database, ada: int, bob: int, name: str
) -> None:
    change, where = GATED[name], (database, ORGANISATION)
    before = await usd(database)

    for _ in range(2):
        with pytest.raises(ApprovalPending, match="nothing is changed yet: "):
            await change(database)
    assert await usd(database) == before
    await refuses(approve_change(*where, 1, user_id=ada, **AT), ProblemCode.NOT_HELD)
    await refuses(approve_change(*where, 1, user_id=None, **AT), ProblemCode.NOT_HELD)
    await approve_change(*where, 1, user_id=bob, **AT)

    assert (await usd(database))[0] == before[0] + 1
    async with database.reads() as session:
        (request,) = await requests_by_number(session, ORGANISATION, [1])
    assert (request.outcome, request.decided_by) == (Outcome.APPROVED, BOB)
    assert (await verify(database, ORGANISATION)).mismatch is None
    await change(database)  # what is so already needs nobody


@pytest.mark.either_database
async def test_a_request_whose_effect_changed_is_not_approved(
    database: Database, bob: int
) -> None:
    with pytest.raises(ApprovalPending):
        await lock_back(database, WHO, "2024-11-30")
    await lock(database, "2025-01-31", on="2025-03-21")

    await refuses(
        approve_change(database, ORGANISATION, 1, user_id=bob, **AT),
        ProblemCode.CONFLICT,
    )


@pytest.mark.either_database
async def test_a_request_that_is_done_already_is_not_approved(
    database: Database, bob: int
) -> None:
    for reason in ("Late invoices", "Audit"):
        with pytest.raises(ApprovalPending):
            await set_lock(
                *(database, ORGANISATION, "USD"),
                method=LockMethod.CUSTOM_DATE,
                locked_through=parse_day("2024-11-30"),
                reason=reason,
                **WHO,
            )
    await approve_change(database, ORGANISATION, 1, user_id=bob, **AT)

    await refuses(
        approve_change(database, ORGANISATION, 2, user_id=bob, **AT),
        ProblemCode.CONFLICT,
    )
    async with database.reads() as session:
        (request,) = await requests_by_number(session, ORGANISATION, [2])
    assert request.is_open


async def test_turned_off_by_an_old_approval_is_refused_by_the_database(
    database: Database, bob: int
) -> None:
    with pytest.raises(ApprovalPending):
        await set_four_eyes(database, ORGANISATION, is_on=False, **WHO)
    await approve_change(database, ORGANISATION, 1, user_id=bob, **AT)
    await set_four_eyes(database, ORGANISATION, is_on=True, **WHO)

    with pytest.raises(DBAPIError, match="only by an approved request"):
        async with database.writes() as session:
            await session.execute(text(TURNED_OFF_AGAIN))


@pytest.mark.either_database
async def test_what_is_rejected_or_withdrawn_is_never_made(
    database: Database, bob: int
) -> None:
    before = await usd(database)
    where = (database, ORGANISATION)
    for day in ("2024-11-30", "2024-10-31"):
        with pytest.raises(ApprovalPending):
            await lock_back(database, WHO, day)
    await reject_change(*where, 1, reason="Too late", user_id=bob, **AT)
    await withdraw_change(*where, 2, **WHO)

    for number in (1, 2):
        await refuses(
            approve_change(*where, number, user_id=bob, **AT), ProblemCode.WRONG_STATUS
        )

    assert await usd(database) == before


@pytest.mark.usefixtures("people")
@pytest.mark.either_database
async def test_a_lock_that_only_closes_needs_one_person(
    database: Database,
) -> None:
    await lock(database, "2025-01-31", on="2025-03-21")


APPROVED_BY_ITS_AUTHOR = (
    "INSERT INTO manual_steps (organisation_id, id, number, kind, version, made_at,"
    " user_id) SELECT organisation_id, 3, 1, 4, 1, made_at, {} FROM manual_steps"
    " WHERE id = 2"
)
TURNED_OFF = (
    "INSERT INTO four_eyes_settings (organisation_id, number, is_on, request,"
    " last_step, set_at, set_by) SELECT organisation_id, 2, FALSE, request,"
    " last_step, set_at, set_by FROM four_eyes_settings"
)
TURNED_OFF_AGAIN = (
    "INSERT INTO four_eyes_settings (organisation_id, number, is_on, request,"
    " last_step, set_at, set_by) SELECT organisation_id, 4, FALSE, request,"
    " last_step, set_at, set_by FROM four_eyes_settings WHERE number = 2"
)
STATEMENTS = {
    "an author approves": (
        APPROVED_BY_ITS_AUTHOR.format(
            "(SELECT user_id FROM manual_authors WHERE step = 1)"
        ),
        "another person approves",
    ),
    "nobody approves": (
        APPROVED_BY_ITS_AUTHOR.format("CAST(NULL AS BIGINT)"),
        "another person approves",
    ),
    "posted without approval": (
        APPROVED_BY_ITS_AUTHOR.format("5").replace(", 4, 1,", ", 6, 1,"),
        "posted without approval",
    ),
    "posted as a state": (
        "UPDATE manual_journals SET status = 6",
        "a state is that of",
    ),
    "four eyes off": (
        TURNED_OFF,
        "only by an approved request",
    ),
}


@pytest.mark.parametrize("name", STATEMENTS)
@pytest.mark.usefixtures("people")
async def test_the_database_refuses_it_too(database: Database, name: str) -> None:
    await submitted(database, entered())
    statement, words = STATEMENTS[name]

    with pytest.raises(DBAPIError, match=words):
        async with database.writes() as session:
            await session.execute(text(statement))

    async with database.reads() as session:
        assert await is_four_eyes_on(session, ORGANISATION)
