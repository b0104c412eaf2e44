"""People and programs that tests let in."""

from datetime import UTC, datetime, timedelta

from daybook.access.commands import create_api_key, invite_user, set_password
from daybook.access.rules import ROLES, Permission, Role
from daybook.db.engine import Database

NOON = datetime(2025, 10, 15, 12, tzinfo=UTC)
"""The present of most tests."""
EMAIL = "ada@example.com"
PASSWORD = "correct horse battery"
EVERYTHING = ROLES[Role.ADMIN]


async def member(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    *,
    email: str = EMAIL,
    role: Role = Role.ADMIN,
    password: str | None = PASSWORD,
    organisation_id: int = 1,
    now: datetime = NOON,
) -> int:
    """Add a member with a password, and give the user's id."""
    user_id = await invite_user(
        database,
        organisation_id,
        email=email,
        name=email.partition("@")[0].title(),
        role=role,
        now=now,
        made_by="test",
    )
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


async def key_of(
    database: Database,
    permissions: Permission = EVERYTHING,
    *,
    organisation_id: int = 1,
    now: datetime = NOON,
    life: timedelta = timedelta(days=300),
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
    )
    assert made.key is not None
    return made.key
