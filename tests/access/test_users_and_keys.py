"""Users, roles, passwords and keys: what is taken, refused, told, and acts at once."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from daybook.access import secrets
from daybook.access.attempts import SignInFailed
from daybook.access.commands import (
    CreatedKey,
    Invited,
    create_api_key,
    invite_user,
    revoke_api_key,
    set_password,
    set_role,
)
from daybook.access.models import ApiKey, User
from daybook.access.organisations import add_organisation
from daybook.access.queries import (
    caller_of_key,
    caller_of_session,
    find_keys,
    find_users,
    known_by_key,
)
from daybook.access.rules import OPERATOR, ROLES, MemberRole, Permission
from daybook.access.sessions import sign_in
from daybook.audit.models import AuditRecord
from daybook.calendar import FIRST_DAY
from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.ledger.queries import pin_present
from daybook.paging import PageRequest
from daybook.reports.audit import verify
from daybook_factories import invoice, record
from daybook_people import EMAIL, NOON, PASSWORD, key_of, member

pytestmark = pytest.mark.anyio

YEAR = NOON + timedelta(days=365)
BY = "test"
OTHER = "another long one"


def codes(refused: pytest.ExceptionInfo[Rejected]) -> list[tuple[ProblemCode, str]]:
    return [(problem.code, problem.path[0]) for problem in refused.value.problems]


async def actions(database: Database) -> list[str]:
    async with database.reads() as session:
        found = await session.scalars(
            select(AuditRecord.action).order_by(AuditRecord.number)
        )
        return list(found)


async def signed_in(database: Database, password: str = PASSWORD) -> str:
    made = await sign_in(
        database, email=EMAIL, password=password, address="10.0.0.1", now=NOON
    )
    return made.token


async def test_everything_that_changes_access_is_in_the_audit_trail(
    database: Database,
) -> None:
    await member(database)
    await member(
        database, email="bob@example.com", role=MemberRole.VIEWER, password=None
    )
    await set_role(
        *(database, 1),
        email="bob@example.com",
        role=MemberRole.ACCOUNTANT,
        now=NOON,
        made_by=EMAIL,
        authority=OPERATOR,
    )
    made = await create_api_key(
        *(database, 1),
        name="billing",
        permissions=Permission.READ | Permission.RECORD,
        expires_at=YEAR,
        now=NOON,
        made_by=EMAIL,
        authority=OPERATOR,
    )
    await revoke_api_key(database, 1, number=made.number, now=NOON, made_by=EMAIL)
    await set_role(
        *(database, 1),
        email="bob@example.com",
        role=None,
        now=NOON,
        made_by=EMAIL,
        authority=OPERATOR,
    )

    assert await actions(database) == [
        *("INVITE_USER", "ACCEPT_INVITATION", "SET_PASSWORD"),
        *("INVITE_USER", "ACCEPT_INVITATION", "SET_ROLE"),
        *("CREATE_API_KEY", "REVOKE_API_KEY", "REMOVE_USER"),
    ]
    assert (await verify(database, 1)).mismatch is None
    async with database.reads() as session:
        told = "".join((await session.scalars(select(AuditRecord.details))).all())
    assert made.key is not None
    assert made.key not in told and PASSWORD not in told


@pytest.mark.either_database
async def test_what_is_as_wanted_changes_nothing(database: Database) -> None:
    await member(database)
    made = await key_of(database)
    await revoke_api_key(database, 1, number=1, now=NOON, made_by=BY)
    before = await actions(database)

    await member(database, password=None)
    assert not await set_role(
        database,
        1,
        email=EMAIL,
        role=MemberRole.ADMIN,
        now=NOON,
        made_by=BY,
        authority=OPERATOR,
    )
    assert not await set_role(
        database,
        1,
        email="no@example.com",
        role=None,
        now=NOON,
        made_by=BY,
        authority=OPERATOR,
    )
    assert not await revoke_api_key(database, 1, number=1, now=NOON, made_by=BY)

    assert made
    assert await actions(database) == before


@pytest.mark.parametrize(
    ("email", "name", "expected"),
    [
        ("ada", "Ada", (ProblemCode.INVALID_VALUE, "email")),
        ("ada@b\nBcc: x", "Ada", (ProblemCode.INVALID_VALUE, "email")),
        ("<a@b.example>", "Ada", (ProblemCode.INVALID_VALUE, "email")),
        ("a" * 250 + "@b.example", "Ada", (ProblemCode.INVALID_VALUE, "email")),
        (EMAIL, " ", (ProblemCode.MISSING, "name")),
        (EMAIL, "A\x00", (ProblemCode.INVALID_VALUE, "name")),
        (EMAIL, "A" * 201, (ProblemCode.INVALID_VALUE, "name")),
    ],
)
@pytest.mark.either_database
async def test_who_can_t_be_invited_is_refused(
    database: Database, email: str, name: str, expected: tuple[ProblemCode, str]
) -> None:
    with pytest.raises(Rejected) as refused:
        await invite_user(
            *(database, 1),
            email=email,
            name=name,
            role=MemberRole.VIEWER,
            now=NOON,
            made_by=BY,
            authority=OPERATOR,
        )

    assert codes(refused) == [expected]
    assert await actions(database) == []


async def test_an_organisation_keeps_an_admin(database: Database) -> None:
    await member(database)
    for role in (MemberRole.VIEWER, None):
        with pytest.raises(Rejected) as refused:
            await set_role(
                database,
                1,
                email=EMAIL,
                role=role,
                now=NOON,
                made_by=BY,
                authority=OPERATOR,
            )
        assert codes(refused) == [(ProblemCode.LAST_ADMIN, "role")]


async def test_two_admins_who_demote_each_other_leave_one(database: Database) -> None:
    emails = [EMAIL, "bob@example.com"]
    for email in emails:
        await member(database, email=email, password=None)

    results = await asyncio.gather(
        *(
            set_role(
                database,
                1,
                email=email,
                role=MemberRole.VIEWER,
                now=NOON,
                made_by=BY,
                authority=OPERATOR,
            )
            for email in emails
        ),
        return_exceptions=True,
    )

    assert sorted(type(result).__name__ for result in results) == ["Rejected", "bool"]


@pytest.mark.parametrize(
    "password", ["short", "a" * 201, "ada@example.com", "aaaaaaaaaaaaaaaa"]
)
@pytest.mark.either_database
async def test_a_password_that_is_easy_to_guess_is_refused(
    database: Database, password: str
) -> None:
    user_id = await member(database, password=None)
    with pytest.raises(Rejected) as refused:
        await set_password(
            *(database, 1), user_id=user_id, password=password, current=None, now=NOON
        )

    assert [problem.path for problem in refused.value.problems] == [("password",)]


@pytest.mark.either_database
async def test_a_new_password_needs_the_present_one_and_ends_all_sessions(
    database: Database,
) -> None:
    user_id = await member(database)
    token = await signed_in(database)
    for wrong in (None, "", "not the password"):
        with pytest.raises(Rejected) as refused:
            await set_password(
                *(database, 1),
                user_id=user_id,
                password=OTHER,
                current=wrong,
                now=NOON,
            )
        assert codes(refused) == [(ProblemCode.INVALID_VALUE, "current")]
    assert await caller_of_session(database, token, NOON)

    await set_password(
        *(database, 1),
        user_id=user_id,
        password=OTHER,
        current=PASSWORD,
        now=NOON,
    )

    assert await caller_of_session(database, token, NOON) is None
    with pytest.raises(SignInFailed):
        await signed_in(database)
    assert await signed_in(database, OTHER)


@pytest.mark.either_database
async def test_a_role_acts_at_once(database: Database) -> None:
    await member(database, email="boss@example.com", password=None)
    await member(database)
    token = await signed_in(database)
    for role in (MemberRole.VIEWER, MemberRole.CONTROLLER):
        await set_role(
            database,
            1,
            email=EMAIL,
            role=role,
            now=NOON,
            made_by=BY,
            authority=OPERATOR,
        )
        caller = await caller_of_session(database, token, NOON)
        assert caller is not None
        assert (caller.role, caller.permissions) == (role, ROLES[role])

    await set_role(
        database, 1, email=EMAIL, role=None, now=NOON, made_by=BY, authority=OPERATOR
    )

    assert await caller_of_session(database, token, NOON) is None


async def test_a_key_acts_until_it_ends_or_is_revoked(database: Database) -> None:
    wanted = Permission.READ | Permission.EXPORT
    key = await key_of(database, wanted, life=timedelta(days=1))

    caller = await caller_of_key(database, key, NOON)
    assert caller is not None
    assert (caller.name, caller.permissions, caller.organisation_id) == (
        *("API key test", wanted),
        1,
    )
    assert await caller_of_key(database, key, NOON + timedelta(days=1)) is None
    for other in (key[:-1], key + "x", key.removeprefix("daybook_"), "", "daybook_"):
        assert await caller_of_key(database, other, NOON) is None

    await revoke_api_key(database, 1, number=1, now=NOON, made_by=BY)

    assert await caller_of_key(database, key, NOON) is None


async def test_the_database_holds_no_secret(database: Database) -> None:
    await member(database)
    key = await key_of(database)
    async with database.reads() as session:
        stored = (await session.scalars(select(ApiKey))).one()
        user = (await session.scalars(select(User))).one()

    assert key.encode() not in stored.key_hash
    assert stored.ending == key[-4:]
    assert user.password_hash is not None
    assert user.password_hash.startswith("$argon2id$")
    assert PASSWORD not in user.password_hash


async def test_a_password_costs_who_guesses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # Other tests save themselves that.
    monkeypatch.delenv("DAYBOOK_WEAK_PASSWORDS")
    secrets._hasher.cache_clear()  # noqa: SLF001  (it is kept for a process)
    try:
        stored = await secrets.hash_of_password(PASSWORD)
        assert await secrets.is_password(stored, PASSWORD)
        assert not await secrets.is_password(stored, PASSWORD + "s")
    finally:
        secrets._hasher.cache_clear()  # noqa: SLF001

    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


async def test_a_key_is_made_once_for_one_request(database: Database) -> None:
    async def create(name: str, key: str | None = "k-1") -> CreatedKey:
        return await create_api_key(
            *(database, 1),
            name=name,
            permissions=Permission.READ,
            expires_at=YEAR,
            now=NOON,
            made_by=BY,
            authority=OPERATOR,
            idempotency_key=key,
        )

    both = await asyncio.gather(create("billing"), create("billing"))
    assert {one.number for one in both} == {1}
    assert sorted(one.key is None for one in both) == [False, True]
    with pytest.raises(Rejected) as refused:
        await create("other")
    assert codes(refused) == [(ProblemCode.KEY_USED, "idempotencyKey")]
    with pytest.raises(Rejected) as refused:
        await create("other", "")
    assert codes(refused) == [(ProblemCode.INVALID_VALUE, "idempotencyKey")]
    assert (await create("other", None)).number == 2


async def test_an_invitation_is_made_once_for_one_request(database: Database) -> None:
    async def invite(role: MemberRole, email: str = EMAIL) -> Invited:
        return await invite_user(
            *(database, 1),
            email=email,
            name="Ada",
            role=role,
            now=NOON,
            made_by=BY,
            authority=OPERATOR,
            idempotency_key="k-1",
        )

    first, again = await invite(MemberRole.VIEWER), await invite(MemberRole.VIEWER)
    assert (first.is_repeated, again) == (
        False,
        Invited(first.user_id, is_repeated=True),
    )
    assert await actions(database) == ["INVITE_USER"]
    with pytest.raises(Rejected) as refused:
        await invite(MemberRole.ADMIN)
    assert codes(refused) == [(ProblemCode.KEY_USED, "idempotencyKey")]


@pytest.mark.parametrize(
    ("permissions", "days", "field"),
    [
        (Permission(0), 1, "permissions"),
        (Permission.READ, 0, "expiresAt"),
        (Permission.READ, -1, "expiresAt"),
        (Permission.READ, 3_661, "expiresAt"),
    ],
)
@pytest.mark.either_database
async def test_a_key_that_makes_no_sense_is_refused(
    database: Database, permissions: Permission, days: int, field: str
) -> None:
    with pytest.raises(Rejected) as refused:
        await key_of(database, permissions, life=timedelta(days=days))

    assert codes(refused) == [(ProblemCode.INVALID_VALUE, field)]


async def test_lists_are_paged_both_ways_and_of_one_organisation(
    database: Database,
) -> None:
    other = await add_organisation(database, "Other", now=NOON, made_by=BY)
    emails = [f"{name}@example.com" for name in "abc"]
    for email in emails:
        await member(database, email=email, password=None)
        await key_of(database)
    await member(database, email="z@example.com", password=None, organisation_id=other)
    await key_of(database, organisation_id=other)

    async with database.reads() as session:
        first = await find_users(session, 1, PageRequest(2))
        rest = await find_users(session, 1, PageRequest(2, (emails[1],)))
        back = await find_users(
            session, 1, PageRequest(2, (emails[2],), is_backward=True)
        )
        keys = await find_keys(session, 1, PageRequest(2))
        older = await find_keys(session, 1, PageRequest(2, (2,)))
        newer = await find_keys(session, 1, PageRequest(2, (1,), is_backward=True))

    assert [item.email for item in first.items] == emails[:2] and first.has_next
    assert [item.email for item in rest.items] == emails[2:] and not rest.has_next
    assert [item.email for item in back.items] == emails[:2]
    assert [item.number for item in keys.items] == [3, 2]
    assert [item.number for item in older.items] == [1]
    assert [item.number for item in newer.items] == [3, 2]


async def test_a_key_is_read_with_the_ledgers_as_they_are(database: Database) -> None:
    key = await key_of(database, Permission.READ)

    def first_day(_time_zone: str) -> int:
        return FIRST_DAY

    for documents in ([], [invoice()], [invoice("inv_yen", currency="JPY")]):
        if documents:
            await record(database, *documents, on="2025-12-01")
        known = await known_by_key(database, key, NOON)

        assert known is not None
        assert known.present is not None
        pins = known.present.pins(first_day)
        assert pins == await pin_present(database, 1, first_day)
    assert [pin.currency for pin in pins] == ["JPY", "USD"]
