"""Whom the filter of the trail and of the log means by what somebody types."""

import pytest

from daybook.access.commands import invite_user
from daybook.access.rules import OPERATOR, MemberRole
from daybook.configuration.commands import update_settings
from daybook.db.engine import Database
from daybook.paging import PageRequest
from daybook.recognition.rules import Method
from daybook.reports.activity import find_activities
from daybook.reports.trail.filters import ActivityFilter, TrailFilter
from daybook.reports.trail.persons import persons_meant
from daybook.reports.trail.queries import find_records
from daybook_factories import ORGANISATION, invoice, record
from daybook_people import NOON

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

TOM, TOMAS = "tc@example.com", "tomas@example.com"


async def with_people(database: Database) -> None:
    """Tom Cat, who changed a setting, and Tomas Dog, who is invited."""
    await record(database, invoice())
    for email, name in ((TOM, "Tom Cat"), (TOMAS, "Tomas Dog")):
        await invite_user(
            *(database, ORGANISATION),
            email=email,
            name=name,
            role=MemberRole.CONTROLLER,
            now=NOON,
            made_by="ada@example.com",
            authority=OPERATOR,
        )
    await update_settings(
        *(database, ORGANISATION, "USD"), method=Method.USAGE, now=NOON, made_by=TOM
    )


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("tom", [TOM, TOMAS]),
        ("Tom Cat", [TOM]),
        ("TC@", [TOM]),
        (TOMAS, [TOMAS]),
        ("nobody", []),
        ("%", []),
    ],
)
async def test_a_part_of_a_name_or_an_address_is_enough(
    database: Database, text: str, meant: list[str]
) -> None:
    await with_people(database)

    async with database.reads() as session:
        assert await persons_meant(session, ORGANISATION, text) == meant


@pytest.mark.parametrize(("text", "found"), [("Tom C", 1), ("nobody", 0)])
async def test_the_trail_and_the_log_are_those_of_who_is_meant(
    database: Database, text: str, found: int
) -> None:
    await with_people(database)

    async with database.reads() as session:
        where = session, ORGANISATION, PageRequest(50)
        trail = await find_records(*where, TrailFilter(who=text))
        log = await find_activities(*where, ActivityFilter(who=text))

    assert [row.made_by for row in log.items] == [TOM] * found
    assert [row.record.made_by for row in trail.items] == [TOM] * found
