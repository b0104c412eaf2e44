"""Whom messages go to: members as they are at the moment."""

from sqlalchemy import ColumnElement, select

from daybook.access.models import Membership, User
from daybook.access.rules import ROLES, Permission
from daybook.db.engine import Database
from daybook.ledger.models import Organisation
from daybook.mail.rules import LINKS, MessageKind, Recipient

READERS = [int(role) for role, may in ROLES.items() if Permission.READ in may]
IS_READER = (Membership.accepted_at.is_not(None), Membership.role.in_(READERS))


async def reader_of(
    database: Database, organisation_id: int, name: str
) -> Recipient | None:
    """The member with a name of the audit trail, who may read; None for others.

    An API key, the command line and somebody who left get no mail.
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
        select(User.id, User.email, Organisation.name)
        .join(Membership, Membership.user_id == User.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.organisation_id == organisation_id, *conditions)
    )
    async with database.reads() as session:
        row = (await session.execute(wanted)).one_or_none()
    return None if row is None else Recipient(row.id, row.email, row.name)
