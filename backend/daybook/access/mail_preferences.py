"""Reading and setting a user's mail preferences."""

from daybook.access.mail_rules import MailEvents, MailFormat, MailPreferences
from daybook.access.models import User
from daybook.db.engine import Database


async def mail_preferences_of(database: Database, user_id: int) -> MailPreferences:
    """A user's preferences."""
    async with database.reads() as session:
        return preferences_in(await session.get_one(User, user_id))


async def set_mail_preferences(
    database: Database, user_id: int, wanted: MailPreferences
) -> None:
    """Set a user's preferences, which are private: the audit trail has no record."""
    async with database.writes() as session:
        user = await session.get_one(User, user_id, with_for_update=True)
        user.mail_format, user.mail_events = int(wanted.format), int(wanted.events)


def preferences_in(user: User) -> MailPreferences:
    """The preferences in a user's row."""
    return MailPreferences(MailFormat(user.mail_format), MailEvents(user.mail_events))
