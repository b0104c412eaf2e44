"""Reading and setting what mail a user wants."""

from daybook.access.mail_rules import MailEvents, MailFormat, MailPreferences
from daybook.access.models import User
from daybook.db.engine import Database


async def mail_preferences_of(database: Database, user_id: int) -> MailPreferences:
    """A user's wishes."""
    async with database.reads() as session:
        return preferences_in(await session.get_one(User, user_id))


async def set_mail_preferences(
    database: Database, user_id: int, wanted: MailPreferences
) -> None:
    """Set a user's wishes. They are nobody else's business: the trail doesn't say."""
    async with database.writes() as session:
        user = await session.get_one(User, user_id, with_for_update=True)
        user.mail_format, user.mail_events = int(wanted.format), int(wanted.events)


def preferences_in(user: User) -> MailPreferences:
    """The wishes in a user's row."""
    return MailPreferences(MailFormat(user.mail_format), MailEvents(user.mail_events))
