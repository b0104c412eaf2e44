"""One link, several organisations: what it opens, to whom, and what has ended it."""

from typing import Any

import pytest
from sqlalchemy import select

from daybook.access.attempts import SignInFailed
from daybook.access.commands import invite_user, set_role
from daybook.access.invitations import Offered
from daybook.access.links import make_link, offer_of_link, sign_in_by_link
from daybook.access.models import User
from daybook.access.organisations import add_organisation
from daybook.access.queries import (
    caller_of_session,
    find_users,
    invitations_of,
    organisations_of,
    with_links,
)
from daybook.access.rules import LINK_LIFE, OPERATOR, Caller, MemberRole
from daybook.access.sessions import SignedIn
from daybook.audit.models import AuditRecord
from daybook.db.engine import Database
from daybook.paging import PageRequest
from daybook.reports.audit import verify
from daybook_people import EMAIL, NOON, PASSWORD, begin_session, member

pytestmark = pytest.mark.anyio

BY: dict[str, Any] = {"now": NOON, "made_by": "test", "authority": OPERATOR}
BOSS = "boss@example.com"


async def organisations(database: Database, count: int = 3) -> list[int]:
    """The first organisation, and others beside it."""
    others = [
        await add_organisation(database, f"Company {number}", now=NOON, made_by="test")
        for number in range(2, count + 1)
    ]
    return [1, *others]


async def invite(
    database: Database, organisation_id: int, role: MemberRole = MemberRole.ACCOUNTANT
) -> int:
    """Invite Ada; her user's id."""
    made = await invite_user(
        *(database, organisation_id), email=EMAIL, name="Ada", role=role, **BY
    )
    return made.user_id


async def linked(database: Database, organisation_id: int, **options: Any) -> str:
    """A link for Ada, who is invited."""
    user_id = await invite(database, organisation_id)
    its: dict[str, Any] = {"user_id": user_id, "organisation_id": organisation_id}
    return await make_link(database, **its, **BY, **options)


async def places(database: Database, user_id: int) -> tuple[list[int], list[int]]:
    """The organisations that a user belongs to, and those that only invite them."""
    async with database.reads() as session:
        own = [its.id for its in await organisations_of(session, user_id)]
        invited = [its.id for its in await invitations_of(session, user_id)]
    return sorted(own), sorted(invited)


async def ada(database: Database) -> int:
    async with database.reads() as session:
        found = await session.scalar(select(User.id).where(User.email == EMAIL))
    assert found is not None
    return found


async def caller_of(database: Database, signed_in: SignedIn | None) -> Caller:
    assert signed_in is not None
    found = await caller_of_session(database, signed_in.token, NOON)
    assert found is not None
    return found


async def refused(database: Database, token: str, **options: Any) -> str:
    """Why a link lets nobody in."""
    with pytest.raises(SignInFailed) as failed:
        await sign_in_by_link(database, token, NOON, **options)
    return str(failed.value)


async def actions(database: Database, organisation_id: int) -> list[str]:
    async with database.reads() as session:
        found = await session.scalars(
            select(AuditRecord.action)
            .where(AuditRecord.organisation_id == organisation_id)
            .order_by(AuditRecord.number)
        )
        return list(found)


async def test_an_operator_s_link_shows_and_accepts_all_invitations(
    database: Database,
) -> None:
    first, second, third = await organisations(database)
    await invite(database, first, MemberRole.VIEWER)
    await invite(database, third, MemberRole.ADMIN)
    token = await linked(database, second, is_operators=True)

    offer = await offer_of_link(database, token, NOON)
    signed_in = await sign_in_by_link(database, token, NOON)

    assert offer.email == EMAIL
    assert offer.organisations == [
        Offered(second, "Company 2", MemberRole.ACCOUNTANT, is_member=False),
        Offered(first, "My company", MemberRole.VIEWER, is_member=False),
        Offered(third, "Company 3", MemberRole.ADMIN, is_member=False),
    ]
    assert list(signed_in.accepted) == [second, first, third]
    assert await places(database, await ada(database)) == ([first, second, third], [])
    # She goes on in the link's own organisation, and each has a record of its own.
    assert (await caller_of(database, signed_in)).organisation_id == second
    for organisation_id in (first, second, third):
        assert (await actions(database, organisation_id))[-1] == "ACCEPT_INVITATION"
        assert (await verify(database, organisation_id)).mismatch is None


async def test_some_invitations_are_accepted_and_the_others_stay_open(
    database: Database,
) -> None:
    first, second, third = await organisations(database)
    await invite(database, first)
    await invite(database, third)
    token = await linked(database, second, is_operators=True)

    signed_in = await sign_in_by_link(database, token, NOON, chosen={first, third})

    assert await places(database, await ada(database)) == ([first, third], [second])
    assert (await caller_of(database, signed_in)).organisation_id == first
    # It is used up, and another one accepts the rest.
    assert "used before" in await refused(database, token)
    more = await linked(database, second, is_operators=True)
    await sign_in_by_link(database, more, NOON)
    assert await places(database, await ada(database)) == ([first, second, third], [])


@pytest.mark.parametrize("chosen", [set[int](), {99}])
async def test_a_link_of_which_nothing_is_chosen_is_not_used_up(
    database: Database, chosen: set[int]
) -> None:
    token = await linked(database, 1, is_operators=True)

    await refused(database, token, chosen=chosen)

    assert list((await sign_in_by_link(database, token, NOON)).accepted) == [1]


async def test_an_admin_s_link_shows_nothing_of_what_others_do(
    database: Database,
) -> None:
    first, second, _ = await organisations(database)
    await invite(database, second)
    boss = await member(database, email=BOSS, password=None)
    token = await linked(database, first, maker_id=boss)

    offer = await offer_of_link(database, token, NOON)
    # Not even by asking for it.
    signed_in = await sign_in_by_link(database, token, NOON, chosen={first, second})

    assert [its.number for its in offer.organisations] == [first]
    assert list(signed_in.accepted) == [first]
    assert await places(database, await ada(database)) == ([first], [second])


async def test_an_admin_s_link_opens_all_that_they_administer(
    database: Database,
) -> None:
    first, second, third = await organisations(database)
    boss = await member(database, email=BOSS, password=None)
    for organisation_id, role in (
        (second, MemberRole.ADMIN),
        (third, MemberRole.VIEWER),
    ):
        its: dict[str, Any] = {"organisation_id": organisation_id, "role": role}
        await member(database, email=BOSS, password=None, **its)
    await invite(database, second)
    await invite(database, third)
    token = await linked(database, first, maker_id=boss)

    offer = await offer_of_link(database, token, NOON)

    # In the third they are a viewer, who invites nobody.
    assert [its.number for its in offer.organisations] == [first, second]
    # Once its maker is no longer an admin there, the link opens its own alone.
    await member(database, email="other@example.com", organisation_id=second)
    await set_role(database, second, email=BOSS, role=MemberRole.CONTROLLER, **BY)
    signed_in = await sign_in_by_link(database, token, NOON)
    assert list(signed_in.accepted) == [first]


async def test_a_link_that_was_handed_on_signs_nobody_else_in(
    database: Database,
) -> None:
    bob = await member(database, email="bob@example.com", password=None)
    token = await linked(database, 1)
    by = await caller_of(database, await begin_session(database, bob, now=NOON))

    words = await refused(database, token, by=by)
    with pytest.raises(SignInFailed, match=f"is for {EMAIL}, and you are signed in as"):
        await offer_of_link(database, token, NOON, by=by)

    assert (
        f"This link is for {EMAIL}, and you are signed in as bob@example.com" in words
    )
    # It is as good as before.
    assert await sign_in_by_link(database, token, NOON)


async def test_a_link_ends_in_time_and_with_its_use(database: Database) -> None:
    first, second, _ = await organisations(database)
    await invite(database, second)
    token = await linked(database, first, is_operators=True)

    with pytest.raises(SignInFailed, match="too old"):
        await offer_of_link(database, token, NOON + LINK_LIFE)
    signed_in = await sign_in_by_link(database, token, NOON, chosen={first})

    # Not even the person themselves uses it again, though an invitation is open.
    by = await caller_of(database, signed_in)
    for who in (None, by):
        assert "used before" in await refused(database, token, by=who)


async def test_what_was_taken_back_meanwhile_is_not_joined(database: Database) -> None:
    first, second, third = await organisations(database)
    await invite(database, second)
    await invite(database, third)
    token = await linked(database, first, is_operators=True)
    seen = await offer_of_link(database, token, NOON)
    await set_role(database, first, email=EMAIL, role=None, **BY)
    await set_role(database, third, email=EMAIL, role=None, **BY)

    chosen = {its.number for its in seen.organisations}
    signed_in = await sign_in_by_link(database, token, NOON, chosen=chosen)

    assert list(signed_in.accepted) == [second]
    assert await places(database, await ada(database)) == ([second], [])


async def test_a_link_without_any_invitation_left_lets_nobody_in(
    database: Database,
) -> None:
    token = await linked(database, 1, is_operators=True)
    await set_role(database, 1, email=EMAIL, role=None, **BY)

    assert "taken back" in await refused(database, token)


async def test_who_was_removed_from_one_joins_the_other(database: Database) -> None:
    first, second, _ = await organisations(database)
    await member(database, email=BOSS, password=None)
    token = await linked(database, second)
    user_id = await member(database, password=PASSWORD)

    await set_role(database, first, email=EMAIL, role=None, **BY)

    # Its removal ended sessions and links, but not another organisation's invitation.
    assert await sign_in_by_link(database, token, NOON)
    assert await places(database, user_id) == ([second], [])


async def test_links_of_several_admins_are_used_one_after_the_other(
    database: Database,
) -> None:
    first, second, third = await organisations(database)
    tokens = [await linked(database, number) for number in (first, second, third)]

    signed_in = await sign_in_by_link(database, tokens[0], NOON)

    # Alone, the others' links open nothing any more that she relies on.
    assert "used before" in await refused(database, tokens[1])
    for token in tokens[1:]:
        by = await caller_of(database, signed_in)
        signed_in = await sign_in_by_link(database, token, NOON, by=by)
        assert not signed_in.has_password
    assert await places(database, await ada(database)) == ([first, second, third], [])


async def test_a_member_s_link_offers_invitations_beside_it(database: Database) -> None:
    first, second, _ = await organisations(database)
    user_id = await member(database)
    await invite(database, second)
    token = await linked_member(database, user_id, first)

    offer = await offer_of_link(database, token, NOON)
    signed_in = await sign_in_by_link(database, token, NOON, chosen=set())

    assert [its.is_member for its in offer.organisations] == [True, False]
    assert (await caller_of(database, signed_in)).organisation_id == first
    assert await places(database, user_id) == ([first], [second])


async def linked_member(database: Database, user_id: int, organisation_id: int) -> str:
    """An operator's link for somebody who has lost their password."""
    its: dict[str, Any] = {"user_id": user_id, "organisation_id": organisation_id}
    return await make_link(database, **its, **BY, is_operators=True)


async def test_lists_tell_whose_link_is_valid_and_nothing_of_others(
    database: Database,
) -> None:
    first, second, third = await organisations(database)
    boss = await member(database, email=BOSS, password=None)
    await invite(database, second)
    await invite(database, third)
    await member(database, email=BOSS, organisation_id=second, password=None)
    await linked(database, first, maker_id=boss)

    async def until(organisation_id: int, **options: Any) -> object:
        async with database.reads() as session:
            found = await find_users(session, organisation_id, PageRequest(10))
        users = await with_links(
            *(database, organisation_id, found.items, NOON), **options
        )
        return next(user.link_until for user in users if user.email == EMAIL)

    end = NOON + LINK_LIFE
    assert [await until(number) for number in (first, second, third)] == [
        end,
        end,
        None,
    ]
    # The operator made one for the first: the third's admins don't learn of it.
    await linked(database, first, is_operators=True)
    assert await until(third) is None
    assert await until(third, for_operator=True) == end
