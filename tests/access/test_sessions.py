"""Signing in and out: sessions, one-time links, and attempts that failed."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from daybook.access.attempts import SignInFailed
from daybook.access.commands import set_password, set_role
from daybook.access.links import make_link, sign_in_by_link
from daybook.access.models import SignInLink, User, WebSession
from daybook.access.organisations import add_organisation
from daybook.access.queries import caller_of_session
from daybook.access.rules import (
    LINK_LIFE,
    OPERATOR,
    SESSION_LIFE,
    MemberRole,
)
from daybook.access.sessions import (
    SignedIn,
    move_session,
    sign_in,
    sign_out,
    start_session,
)
from daybook.audit.models import AuditRecord
from daybook.db.engine import Database
from daybook_people import EMAIL, NOON, PASSWORD, begin_session, caller, member

pytestmark = pytest.mark.anyio


async def attempt(
    database: Database,
    password: str = PASSWORD,
    *,
    email: str = EMAIL,
    address: str = "10.0.0.1",
    after: timedelta = timedelta(0),
) -> SignedIn:
    return await sign_in(
        database, email=email, password=password, address=address, now=NOON + after
    )


async def test_a_session_begins_and_ends(database: Database) -> None:
    user_id = await member(database, role=MemberRole.CONTROLLER)

    signed_in = await attempt(database, email=f" {EMAIL.upper()} ")

    its = await caller_of_session(database, signed_in.token, NOON)
    assert its is not None
    assert (its.name, its.role, its.user_id) == (
        *(EMAIL, MemberRole.CONTROLLER),
        user_id,
    )
    assert its.until == signed_in.until == NOON + SESSION_LIFE
    assert (
        await caller_of_session(database, signed_in.token, NOON + SESSION_LIFE) is None
    )
    await sign_out(database, signed_in.token)
    assert await caller_of_session(database, signed_in.token, NOON) is None
    for other in ("", "x", "x" * 10_000, signed_in.token[:-1], "\udc80"):
        assert await caller_of_session(database, other, NOON) is None


async def test_each_sign_in_has_a_token_of_its_own_and_only_hashes_are_kept(
    database: Database,
) -> None:
    await member(database)
    tokens = [(await attempt(database)).token for _ in range(3)]

    assert len(set(tokens)) == 3
    async with database.runtime.reads() as runtime:
        kept = (await runtime.scalars(select(WebSession.token_hash))).all()
    assert len(kept) == 3
    assert not {token.encode() for token in tokens} & set(kept)


async def test_ended_sessions_are_cleared_away(database: Database) -> None:
    user_id = await member(database)
    await attempt(database)

    await begin_session(database, user_id, now=NOON + SESSION_LIFE)

    async with database.runtime.reads() as runtime:
        assert len((await runtime.scalars(select(WebSession))).all()) == 1


@pytest.mark.either_database
async def test_a_wrong_password_and_an_unknown_address_are_told_alike(
    database: Database,
) -> None:
    await member(database)
    await member(database, email="new@example.com", password=None)
    told = set()
    for email, password in (
        (EMAIL, "not the password"),
        (EMAIL, ""),
        (EMAIL, PASSWORD + "x" * 300),
        ("nobody@example.com", PASSWORD),
        ("new@example.com", ""),
        ("\x00", "\x00"),
    ):
        with pytest.raises(SignInFailed) as failed:
            await attempt(database, password, email=email)
        told.add(str(failed.value))

    assert len(told) == 1


async def test_a_link_signs_in_once(database: Database) -> None:
    user_id = await member(database, password=None)
    token = await make_link(
        database,
        user_id=user_id,
        organisation_id=1,
        now=NOON,
        made_by="test",
        authority=OPERATOR,
    )

    tried = await asyncio.gather(
        *(sign_in_by_link(database, token, NOON) for _ in range(5)),
        return_exceptions=True,
    )

    (signed_in,) = [one for one in tried if isinstance(one, SignedIn)]
    assert await caller_of_session(database, signed_in.token, NOON)
    assert [str(one) for one in tried if isinstance(one, SignInFailed)] != []
    async with database.runtime.reads() as runtime:
        assert (await runtime.scalars(select(SignInLink))).all() == []


@pytest.mark.either_database
async def test_a_link_ends_in_time_and_with_the_next_one(database: Database) -> None:
    user_id = await member(database, password=None)
    first = await make_link(
        database,
        user_id=user_id,
        organisation_id=1,
        now=NOON,
        made_by="test",
        authority=OPERATOR,
    )
    second = await make_link(
        database,
        user_id=user_id,
        organisation_id=1,
        now=NOON,
        made_by="test",
        authority=OPERATOR,
    )

    for token, now in ((first, NOON), (second, NOON + LINK_LIFE), ("x", NOON)):
        with pytest.raises(SignInFailed):
            await sign_in_by_link(database, token, now)


@pytest.mark.either_database
async def test_who_belongs_nowhere_gets_no_session(database: Database) -> None:
    other = await add_organisation(database, "Other", now=NOON, made_by="test")
    user_id = await member(database)

    assert (
        await begin_session(database, user_id, now=NOON, organisation_id=other) is None
    )
    assert await begin_session(database, user_id + 1, now=NOON) is None


async def test_signing_in_waits_for_no_import(database: Database) -> None:
    await member(database)
    async with database.writes():  # holds SQLite's only write lock
        async with asyncio.timeout(60):
            signed_in = await attempt(database)
            await sign_out(database, signed_in.token)


async def linked(database: Database, user_id: int, organisation_id: int = 1) -> str:
    return await make_link(
        database,
        user_id=user_id,
        organisation_id=organisation_id,
        now=NOON,
        made_by="test",
        authority=OPERATOR,
    )


@pytest.mark.either_database
async def test_an_invitation_lets_nobody_in_until_it_is_accepted(
    database: Database,
) -> None:
    user_id = await member(database, is_accepted=False)
    with pytest.raises(SignInFailed, match="not right"):
        await attempt(database)

    signed_in = await sign_in_by_link(database, await linked(database, user_id), NOON)

    its = await caller_of_session(database, signed_in.token, NOON)
    assert its is not None and its.role is MemberRole.ADMIN


@pytest.mark.either_database
async def test_no_admin_signs_in_as_a_user_of_another_organisation(
    database: Database,
) -> None:
    # Ada is an admin here; the admin of another organisation invites her there.
    user_id = await member(database)
    other = await add_organisation(database, "Other", now=NOON, made_by="test")
    await member(
        database,
        organisation_id=other,
        role=MemberRole.VIEWER,
        password=None,
        is_accepted=False,
    )
    token = await linked(database, user_id, other)

    own = await attempt(database)
    her = await caller_of_session(database, own.token, NOON)
    assert her is not None
    for one in (None, caller(), replace(her, user_id=user_id + 1)):
        with pytest.raises(SignInFailed, match="sign in first"):
            await sign_in_by_link(database, token, NOON, by=one)

    # Her own password and the link together let her in there.
    there = await sign_in_by_link(database, token, NOON, by=her)
    found = await caller_of_session(database, there.token, NOON)
    assert found is not None
    assert (found.organisation_id, found.role) == (other, MemberRole.VIEWER)
    assert await move_session(database, there.token, organisation_id=1)


@pytest.mark.either_database
async def test_who_invites_first_does_not_own_the_address(database: Database) -> None:
    # Another organisation invites the address, uses the link, chooses the password.
    other = await add_organisation(database, "Other", now=NOON, made_by="test")
    user_id = await member(database, organisation_id=other)
    own = await attempt(database)

    await member(database, role=MemberRole.ADMIN, password=None, is_accepted=False)

    # The invitation to ours is not a membership for who knows that password.
    assert await move_session(database, own.token, organisation_id=1) is None
    token = await linked(database, user_id)
    with pytest.raises(SignInFailed, match="sign in first"):
        await sign_in_by_link(database, token, NOON)


@pytest.mark.either_database
async def test_every_link_is_in_the_audit_trail(database: Database) -> None:
    user_id = await member(database)
    await linked(database, user_id)

    async with database.reads() as session:
        newest = await session.scalars(
            select(AuditRecord).order_by(AuditRecord.number.desc()).limit(1)
        )
        record = newest.one()
    assert (record.action, record.subject_id) == ("MAKE_SIGN_IN_LINK", EMAIL)
    assert record.made_by == "test"


@pytest.mark.either_database
async def test_a_new_password_ends_links_and_what_was_begun_with_the_old_one(
    database: Database,
) -> None:
    user_id = await member(database)
    token = await linked(database, user_id)
    async with database.reads() as session:
        before = (await session.get_one(User, user_id)).sign_ins_from
    await set_password(
        *(database, 1),
        user_id=user_id,
        password=PASSWORD + " anew",
        current=PASSWORD,
        now=NOON,
    )

    with pytest.raises(SignInFailed):
        await sign_in_by_link(database, token, NOON)
    # The old password was found right, and then it took a while.
    late = await start_session(database, user_id, before, now=NOON)
    assert late is not None
    assert await caller_of_session(database, late.token, NOON) is None


@pytest.mark.either_database
async def test_who_comes_back_finds_no_old_session(database: Database) -> None:
    await member(database, email="boss@example.com", password=None)
    user_id = await member(database)
    own = await attempt(database)
    await set_role(
        database,
        1,
        email=EMAIL,
        role=None,
        now=NOON,
        made_by="test",
        authority=OPERATOR,
    )
    await member(database, password=None)

    assert await caller_of_session(database, own.token, NOON) is None
    assert await begin_session(database, user_id)


@pytest.mark.either_database
async def test_a_session_goes_on_no_longer_than_it_would_have(
    database: Database,
) -> None:
    await member(database)
    first = await attempt(database)

    moved = await move_session(database, first.token, organisation_id=1)

    assert moved is not None
    assert moved.until == first.until
    assert await caller_of_session(database, first.token, NOON) is None
    assert await caller_of_session(database, moved.token, NOON)
    assert await move_session(database, first.token, organisation_id=1) is None


async def test_links_made_at_once_leave_one(database: Database) -> None:
    user_id = await member(database, password=None)
    tokens = await asyncio.gather(*(linked(database, user_id) for _ in range(4)))

    tried = await asyncio.gather(
        *(sign_in_by_link(database, token, NOON) for token in tokens),
        return_exceptions=True,
    )

    assert sum(isinstance(one, SignedIn) for one in tried) == 1


async def test_organisations_invite_one_address_at_once(database: Database) -> None:
    others = [
        await add_organisation(database, f"Other {number}", now=NOON, made_by="test")
        for number in range(3)
    ]
    found = await asyncio.gather(
        *(
            member(database, organisation_id=other, password=None, is_accepted=False)
            for other in others
        )
    )
    added = await asyncio.gather(
        *(add_organisation(database, "New", now=NOON, made_by="test") for _ in "abc")
    )

    assert len(set(found)) == 1
    assert len(set(added)) == 3


@pytest.mark.either_database
async def test_who_has_lost_a_password_gets_a_new_one_by_a_link(
    database: Database,
) -> None:
    user_id = await member(database)
    elsewhere = await attempt(database)

    signed_in = await sign_in_by_link(database, await linked(database, user_id), NOON)

    assert not signed_in.has_password
    assert await caller_of_session(database, signed_in.token, NOON)
    assert await caller_of_session(database, elsewhere.token, NOON) is None
    with pytest.raises(SignInFailed, match="not right"):
        await attempt(database)
    await member(database, password=PASSWORD + " anew")
    assert await attempt(database, PASSWORD + " anew")
