"""People and programs that tests let in."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import update
from starlette.applications import Starlette
from starlette.testclient import TestClient

from daybook.access.commands import create_api_key, invite_user, set_password
from daybook.access.invitations import accept_by_link
from daybook.access.link_rules import Bearer
from daybook.access.models import User
from daybook.access.rules import (
    NEVER_A_KEYS,
    OPERATOR,
    ROLES,
    Caller,
    MemberRole,
    Permission,
)
from daybook.access.sessions import SignedIn, start_session
from daybook.asgi import create_app
from daybook.db.engine import Database, database_url, open_database
from daybook.db.migrate import make_ready
from daybook.settings import Settings
from daybook_filled import filled_at

NOON = datetime(2025, 10, 15, 12, tzinfo=UTC)
"""The present of most tests."""
EMAIL = "ada@example.com"
PASSWORD = "correct horse battery"
EVERYTHING = ROLES[MemberRole.ADMIN]
ALL_OF_A_KEY = EVERYTHING & ~NEVER_A_KEYS


class LetIn(NamedTuple):
    """What lets somebody in who may do everything."""

    key: str
    session: str

    @property
    def headers(self) -> dict[str, str]:
        """What a program sends with every request."""
        return {"Authorization": f"Bearer {self.key}"}


def caller(organisation_id: int = 1, permissions: Permission = EVERYTHING) -> Caller:
    """Somebody who asks in process."""
    return Caller(organisation_id, "test", permissions)


async def let_in(database: Database) -> LetIn:
    """Make an admin who is signed in, and a key that may do everything."""
    user_id = await member(database, password=None)
    signed_in = await begin_session(database, user_id)
    assert signed_in is not None
    return LetIn(await key_of(database), signed_in.token)


async def begin_session(
    database: Database, user_id: int, **options: Any
) -> SignedIn | None:
    """Sign a user in, as they are now; sessions go by the machine's clock."""
    async with database.reads() as session:
        user = await session.get(User, user_id)
    number = user.sign_ins_from if user else 1
    given = {"now": datetime.now(UTC), **options}
    return await start_session(database, user_id, number, **given)


def let_in_at(settings: Settings) -> LetIn:
    """The same of settings' database, also while an event loop runs."""

    async def run() -> LetIn:
        database = open_database(settings)
        try:
            await make_ready(database)
            return await let_in(database)
        finally:
            await database.close()

    def in_a_thread() -> LetIn:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, run()).result()

    return filled_at(database_url(settings), in_a_thread, "let in", settings.now)


def client_of(
    settings: Settings,
    *,
    only_answers: bool = False,
    peer: tuple[str, int] = ("testclient", 50_000),
) -> TestClient:
    """The application for somebody who may do everything; enter it to start it.

    They ask from an address, their `peer`.
    """
    headers = let_in_at(settings).headers
    app = answering(settings) if only_answers else create_app(settings)
    return TestClient(
        app, base_url="http://127.0.0.1:8000", headers=headers, client=peer
    )


def answering(settings: Settings) -> Starlette:
    """The application without jobs, chores and mail, for tests that look at answers.

    Starting what works in the background takes longer than most answers.
    """
    app = create_app(settings)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await app.state.site.database.close()

    app.router.lifespan_context = lifespan
    return app


async def member(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    *,
    email: str = EMAIL,
    role: MemberRole = MemberRole.ADMIN,
    password: str | None = PASSWORD,
    organisation_id: int = 1,
    now: datetime = NOON,
    is_accepted: bool = True,
) -> int:
    """Add a member with a password, and give the user's id."""
    invited = await invite_user(
        database,
        organisation_id,
        email=email,
        name=email.partition("@")[0].title(),
        role=role,
        now=now,
        made_by="test",
        authority=OPERATOR,
    )
    user_id = invited.user_id
    if is_accepted:
        await accept(database, user_id, organisation_id, now=now)
    if password is not None:
        await set_password(
            database,
            organisation_id,
            user_id=user_id,
            password=password,
            current=None,
            now=now,
        )
    return user_id


async def accept(
    database: Database, user_id: int, organisation_id: int = 1, now: datetime = NOON
) -> None:
    """Make somebody's invitation a membership, as if they were known to be themselves.

    What they signed in with before goes on.
    """
    async with database.reads() as session:
        user = await session.get_one(User, user_id)
    async with database.writes() as session:
        mark = update(User).where(User.id == user_id)
        await session.execute(mark.values(verified_at=now))
    bearer = Bearer(
        organisation_id=organisation_id,
        link_number=user.sign_ins_from,
        permissions=None,
        is_operators=True,
        signed_in_number=user.sign_ins_from,
    )
    await accept_by_link(
        database, user_id=user_id, bearer=bearer, now=now, chosen={organisation_id}
    )
    async with database.writes() as session:
        await session.execute(mark.values(verified_at=user.verified_at))


async def key_of(
    database: Database,
    permissions: Permission = ALL_OF_A_KEY,
    *,
    organisation_id: int = 1,
    now: datetime = NOON,
    life: timedelta = timedelta(days=3000),
) -> str:
    """A new API key that may do so much, for some time."""
    made = await create_api_key(
        database,
        organisation_id,
        name="test",
        permissions=permissions,
        expires_at=now + life,
        now=now,
        made_by="test",
        authority=OPERATOR,
    )
    assert made.key is not None
    return made.key
