"""Signing in and out: sessions, one-time links, and attempts that failed."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from daybook.access.commands import add_organisation
from daybook.access.models import SignInLink, WebSession
from daybook.access.queries import caller_of_session
from daybook.access.rules import (
    ATTEMPTS_OF_EMAIL_AND_ADDRESS,
    LINK_LIFE,
    SESSION_LIFE,
    Role,
)
from daybook.access.sessions import (
    SignedIn,
    SignInFailed,
    TooManyAttempts,
    make_link,
    sign_in,
    sign_in_by_link,
    sign_out,
    start_session,
)
from daybook.db.engine import Database
from daybook_people import EMAIL, NOON, PASSWORD, member

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
    user_id = await member(database, role=Role.CONTROLLER)

    signed_in = await attempt(database, email=f" {EMAIL.upper()} ")

    caller = await caller_of_session(database, signed_in.token, NOON)
    assert caller is not None
    assert (caller.name, caller.role, caller.user_id) == (
        *(EMAIL, Role.CONTROLLER),
        user_id,
    )
    assert caller.until == signed_in.until == NOON + SESSION_LIFE
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
    assert not {one.encode() for one in tokens} & set(kept)


async def test_ended_sessions_are_cleared_away(database: Database) -> None:
    user_id = await member(database)
    await attempt(database)

    await start_session(database, user_id, now=NOON + SESSION_LIFE)

    async with database.runtime.reads() as runtime:
        assert len((await runtime.scalars(select(WebSession))).all()) == 1


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


async def test_attempts_are_throttled_by_address_and_person(database: Database) -> None:
    await member(database)
    for _ in range(ATTEMPTS_OF_EMAIL_AND_ADDRESS):
        with pytest.raises(SignInFailed, match="not right"):
            await attempt(database, "wrong wrong wrong")

    with pytest.raises(TooManyAttempts, match="15 minutes") as refused:
        await attempt(database)
    assert refused.value.wait_seconds == 900
    # Elsewhere the same person is let in: a stranger can't lock them out.
    assert await attempt(database, address="10.0.0.2")
    assert await attempt(database, after=timedelta(minutes=15))


async def test_attempts_at_once_are_counted_before_they_are_looked_at(
    database: Database,
) -> None:
    await member(database)
    tried = await asyncio.gather(
        *(attempt(database, f"guess number {one}") for one in range(20)),
        return_exceptions=True,
    )

    kinds = [type(one).__name__ for one in tried]
    assert kinds.count("SignInFailed") == ATTEMPTS_OF_EMAIL_AND_ADDRESS
    assert kinds.count("TooManyAttempts") == 20 - ATTEMPTS_OF_EMAIL_AND_ADDRESS


async def test_who_signs_in_starts_anew(database: Database) -> None:
    await member(database)
    for _ in range(3):
        for _ in range(ATTEMPTS_OF_EMAIL_AND_ADDRESS - 1):
            with pytest.raises(SignInFailed, match="not right"):
                await attempt(database, "wrong wrong wrong")
        assert await attempt(database)


async def test_a_link_signs_in_once(database: Database) -> None:
    user_id = await member(database, password=None)
    token = await make_link(database, user_id=user_id, organisation_id=1, now=NOON)

    tried = await asyncio.gather(
        *(sign_in_by_link(database, token, NOON) for _ in range(5)),
        return_exceptions=True,
    )

    (signed_in,) = [one for one in tried if isinstance(one, SignedIn)]
    assert await caller_of_session(database, signed_in.token, NOON)
    assert [str(one) for one in tried if isinstance(one, SignInFailed)] != []
    async with database.runtime.reads() as runtime:
        assert (await runtime.scalars(select(SignInLink))).all() == []


async def test_a_link_ends_in_time_and_with_the_next_one(database: Database) -> None:
    user_id = await member(database, password=None)
    first = await make_link(database, user_id=user_id, organisation_id=1, now=NOON)
    second = await make_link(database, user_id=user_id, organisation_id=1, now=NOON)

    for token, now in ((first, NOON), (second, NOON + LINK_LIFE), ("x", NOON)):
        with pytest.raises(SignInFailed):
            await sign_in_by_link(database, token, now)


async def test_who_belongs_nowhere_gets_no_session(database: Database) -> None:
    other = await add_organisation(database, "Other", now=NOON, made_by="test")
    user_id = await member(database)

    assert (
        await start_session(database, user_id, now=NOON, organisation_id=other) is None
    )
    assert await start_session(database, user_id + 1, now=NOON) is None


async def test_signing_in_waits_for_no_import(database: Database) -> None:
    await member(database)
    async with database.writes():  # holds SQLite's only write lock
        async with asyncio.timeout(5):
            signed_in = await attempt(database)
            await sign_out(database, signed_in.token)
