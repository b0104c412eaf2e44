"""How much waits for somebody, at once and by its lists."""

import pytest
from sqlalchemy import URL, select

from daybook.access.models import User
from daybook.adjustments.recurring.queries import RecurrenceFilter, count_recurrences
from daybook.db.engine import Database
from daybook.four_eyes.queries import RequestFilter, count_requests
from daybook.reports.manual_journals import ManualFilter, count_manual
from daybook.reports.waiting import count_waiting
from daybook_everything import everything_url
from daybook_factories import ORGANISATION

__all__ = ["everything_url"]

pytestmark = pytest.mark.anyio

NOBODY = 10**6
"""No user's number: of nobody's work is it their own."""


async def test_what_waits_is_what_the_lists_have(everything_url: URL) -> None:
    database = Database(everything_url)
    async with database.reads() as session:
        users = [*await session.scalars(select(User.id)), NOBODY]
        listed = {
            user: [
                await count_manual(
                    session, ORGANISATION, ManualFilter(waiting_for=user)
                ),
                await count_recurrences(
                    session, ORGANISATION, RecurrenceFilter(waiting_for=user)
                ),
                await count_requests(
                    session, ORGANISATION, RequestFilter(waiting_for=user)
                ),
            ]
            for user in users
        }

    counted = {
        user: await count_waiting(database, ORGANISATION, user) for user in users
    }
    elsewhere = await count_waiting(database, ORGANISATION + 1, NOBODY)
    await database.close()

    assert counted == {user: sum(counts) for user, counts in listed.items()}
    assert counted[NOBODY] > min(counted.values()), "nobody decides their own work"
    assert elsewhere == 0
