"""Recipients of messages: members as they are now."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, select

from daybook.access.mail_preferences import preferences_in
from daybook.access.models import Membership, User
from daybook.access.rules import ROLES, Permission
from daybook.db.engine import Database
from daybook.db.lists import rows_in_lists
from daybook.ledger.models import Organisation
from daybook.mail.rules import LINKS, MessageKind, Recipient

READERS = [int(role) for role, may in ROLES.items() if Permission.READ in may]
IS_READER = (Membership.accepted_at.is_not(None), Membership.role.in_(READERS))


async def reader_of(
    database: Database, organisation_id: int, name: str
) -> Recipient | None:
    """The member with this name in the audit trail, if they may read; else None.

    API keys, the command line and people who have left get no mail.
    """
    return await _found(database, organisation_id, User.email == name, *IS_READER)


async def recipient_of(
    database: Database, organisation_id: int, user_id: int, kind: MessageKind
) -> Recipient | None:
    """A user as the recipient of a message; None if they may not get it any more.

    Links are for invited users, too; other messages are for members who may read.
    """
    conditions = () if kind in LINKS else IS_READER
    return await _found(database, organisation_id, User.id == user_id, *conditions)


async def _found(
    database: Database, organisation_id: int, *conditions: ColumnElement[bool]
) -> Recipient | None:
    wanted = (
        select(User, Organisation.name, Organisation.time_zone)
        .join(Membership, Membership.user_id == User.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.organisation_id == organisation_id, *conditions)
    )
    async with database.reads() as session:
        row = (await session.execute(wanted)).one_or_none()
    if row is None:
        return None
    user, organisation, zone = row
    return Recipient(user.id, user.email, organisation, zone, preferences_in(user))


async def addresses_in(
    database: Database, organisation_id: int, user_ids: Collection[int]
) -> dict[int, str]:
    """Members' addresses by their ids, without people who have left."""
    members = (
        select(User.id, User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organisation_id == organisation_id)
    )
    async with database.reads() as session:
        rows = await rows_in_lists(session, members, User.id.in_, user_ids)
    return {row.id: row.email for row in rows}
