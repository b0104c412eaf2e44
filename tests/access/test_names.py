"""Names of members: each organisation sees the one that it gave, and no other."""

from typing import Any

import pytest
from sqlalchemy import update

from daybook.access.commands import invite_user
from daybook.access.models import Membership
from daybook.access.organisations import add_organisation
from daybook.access.queries import ListedUser, find_users
from daybook.access.rules import OPERATOR, MemberRole
from daybook.db.engine import Database
from daybook.paging import PageRequest
from daybook.reports.audit import verify
from daybook_browsing import Site, enter
from daybook_markup import parse
from daybook_people import EMAIL, NOON, accept, key_of, member
from daybook_services.database import NewDatabase

INVITE = """
mutation ($input: InviteUserInput!) {
  inviteUser(input: $input) { user { name hasPassword } userErrors { message } }
}
"""
LIST = "{ users(first: 9) { nodes { email name hasPassword acceptedAt } } }"


@pytest.fixture
def site(new_database: NewDatabase) -> Site:
    """Ada has a password in the first organisation; the other one has nobody."""
    made = Site(new_database())
    made.run(member)
    made.run(add_organisation, "Daughter", now=NOON, made_by="test")
    return made


def invite(site: Site, name: str, organisation_id: int = 2) -> int:
    invited = site.run(
        invite_user,
        organisation_id,
        email=EMAIL,
        name=name,
        role=MemberRole.VIEWER,
        now=NOON,
        made_by="test",
        authority=OPERATOR,
    )
    user_id: int = invited.user_id
    return user_id


def listed(site: Site, organisation_id: int) -> ListedUser:
    async def find(database: Database) -> list[ListedUser]:
        async with database.reads() as session:
            return (await find_users(session, organisation_id, PageRequest(9))).items

    (its,) = site.run(find)
    assert isinstance(its, ListedUser)
    return its


def forget_name(site: Site, organisation_id: int) -> None:
    """Make a membership what it was before organisations kept names."""

    async def forget(database: Database) -> None:
        async with database.writes() as session:
            its = Membership.organisation_id == organisation_id
            await session.execute(update(Membership).where(its).values(name=None))

    site.run(forget)


def ask(site: Site, key: str, query: str, **variables: Any) -> Any:
    with site.browser() as browser:
        answer = browser.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {key}"},
        )
    return answer.json()["data"]


def test_an_invitation_tells_no_name_and_no_password(site: Site) -> None:
    key = site.run(key_of, organisation_id=2)
    wanted = {"email": EMAIL, "name": "Whoever", "role": "VIEWER"}

    told = ask(site, key, INVITE, input=wanted)

    assert told["inviteUser"] == {
        "user": {"name": "Whoever", "hasPassword": False},
        "userErrors": [],
    }
    assert ask(site, key, LIST)["users"]["nodes"] == [
        {"email": EMAIL, "name": "Whoever", "hasPassword": False, "acceptedAt": None}
    ]
    assert listed(site, 1).name == "Ada"


def test_each_organisation_keeps_the_name_that_it_gave(site: Site) -> None:
    site.run(accept, invite(site, "Countess"), 2)

    first, second = listed(site, 1), listed(site, 2)

    assert (first.name, first.has_password) == ("Ada", True)
    assert (second.name, second.has_password) == ("Countess", True)
    for organisation_id in (1, 2):
        assert site.run(verify, organisation_id).mismatch is None


def test_the_first_who_invites_gives_no_name_to_others(
    new_database: NewDatabase,
) -> None:
    site = Site(new_database())
    site.run(add_organisation, "Daughter", now=NOON, made_by="test")
    invite(site, "A silly name")

    invite(site, "Ada Lovelace", 1)

    assert listed(site, 1).name == "Ada Lovelace"
    assert listed(site, 2).name == "A silly name"


def test_the_account_page_has_the_organisation_s_name(site: Site) -> None:
    site.run(accept, invite(site, "Countess"), 2)
    with site.browser() as browser:
        enter(browser)
        here = parse(browser.get("/account").text).text
        browser.post("/account/organisation", data={"organisation": "2"})
        there = parse(browser.get("/account").text).text

    assert "Ada" in here and "Countess" not in here
    assert "Countess" in there


def test_without_a_name_it_is_the_user_s_own_once_they_accepted(site: Site) -> None:
    user_id = invite(site, "Whoever")
    forget_name(site, 2)
    before = listed(site, 2)
    site.run(accept, user_id, 2)

    assert (before.name, before.has_password) == ("", False)
    assert (listed(site, 2).name, listed(site, 2).has_password) == ("Ada", True)
