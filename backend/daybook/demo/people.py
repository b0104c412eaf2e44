"""The demo company's name, and who works there beside whoever makes the demo."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from daybook.access.commands import invite_user
from daybook.access.invitations import accept_by_link
from daybook.access.link_rules import Bearer
from daybook.access.organisations import rename_organisation
from daybook.access.rules import OPERATOR, MemberRole
from daybook.db.engine import Database

COMPANY = "Fieldgate Software"
FIRST_NUMBER = 1
"""The `sign_ins_from` of a user who was just invited."""


class Person(NamedTuple):
    """Somebody at the company; an auditor was invited and hasn't come yet."""

    email: str
    name: str
    role: MemberRole
    is_accepted: bool = True


TOM = Person("tom@example.com", "Tom Reed", MemberRole.ACCOUNTANT)
PRIYA = Person("priya@example.com", "Priya Shah", MemberRole.CONTROLLER)
INES = Person("ines@example.com", "Ines Duarte", MemberRole.CONTROLLER)
AUDITOR = Person(
    "v.lindt@example.org", "Vera Lindt", MemberRole.VIEWER, is_accepted=False
)
PEOPLE = (TOM, PRIYA, INES, AUDITOR)


async def welcome(
    database: Database, organisation_id: int, *, now: datetime, made_by: str
) -> Mapping[str, int]:
    """Name the company and let its people in; their ids by address.

    Nobody has a password.
    """
    await rename_organisation(
        database, organisation_id, COMPANY, now=now, made_by=made_by
    )
    users: dict[str, int] = {}
    for person in PEOPLE:
        invited = await invite_user(
            database,
            organisation_id,
            email=person.email,
            name=person.name,
            role=person.role,
            now=now,
            made_by=made_by,
            authority=OPERATOR,
        )
        users[person.email] = invited.user_id
        if person.is_accepted:
            link = Bearer(
                organisation_id=organisation_id,
                link_number=FIRST_NUMBER,
                permissions=None,
                is_operators=True,
                signed_in_number=None,
            )
            await accept_by_link(
                database, user_id=invited.user_id, bearer=link, now=now
            )
    return users
