"""Nobody hands on what they don't have: roles, links and keys, for every pair."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from daybook.access.attempts import SignInFailed
from daybook.access.commands import create_api_key, invite_user, set_role
from daybook.access.links import make_link, sign_in_by_link
from daybook.access.queries import caller_of_key, users_by_email
from daybook.access.rules import (
    NEVER_A_KEYS,
    OPERATOR,
    ROLES,
    Authority,
    Caller,
    MemberRole,
    Permission,
)
from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook_filled import filled
from daybook_people import EMAIL, NOON, key_of, member

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

ALL = OPERATOR.permissions
WHO = {
    **{role.name: its for role, its in ROLES.items()},
    **{f"may {one.name}": one for one in Permission},
    **{f"may all but {one.name}": ALL & ~one for one in Permission},
    "may nothing": Permission(0),
}
GIVEN = {
    **{str(one.name): one for one in Permission},
    "READ and CLOSE": Permission.READ | Permission.CLOSE,
    "all": ALL,
}
KEYS_OWN = {name: its & ~NEVER_A_KEYS for name, its in GIVEN.items()}
"""What a key may be given."""


def handed_on(who: str) -> Permission:
    """What somebody may give: who reads may give what shows no more, too."""
    its = WHO[who]
    return its | Permission.DATASET if Permission.READ in its else its


def beyond(refused: Rejected, field: str, rest: Permission) -> bool:
    """Whether it is refused for all that is not had, by name."""
    (one,) = refused.problems
    named = {str(its.name) for its in Permission if its in rest}
    said = {str(its.name) for its in Permission if str(its.name) in one.message}
    is_told = said - {"ADMIN"} == named and "don't have yourself" in one.message
    return is_told and (one.code, one.path) == (ProblemCode.NOT_HELD, (field,))


def by(authority: Authority = OPERATOR) -> dict[str, Any]:
    """Who does something, and when."""
    return {"now": NOON, "made_by": "test", "authority": authority}


async def invites_somebody_new(
    database: Database, role: MemberRole, authority: Authority
) -> None:
    email = f"new-{role.name}@example.com"
    await invite_user(database, 1, email=email, name="New", role=role, **by(authority))


async def invites_a_member_again(
    database: Database, role: MemberRole, authority: Authority
) -> None:
    await invite_user(database, 1, email=EMAIL, name="Ada", role=role, **by(authority))


async def makes_a_member_one(
    database: Database, role: MemberRole, authority: Authority
) -> None:
    await set_role(database, 1, email="boss@example.com", role=role, **by(authority))


async def makes_a_link(
    database: Database, _role: MemberRole, authority: Authority
) -> None:
    async with database.reads() as session:
        (ada,) = await users_by_email(session, 1, {EMAIL})
    await make_link(database, user_id=ada.id, organisation_id=1, **by(authority))


async def let_members_in(database: Database) -> None:
    """Two admins, and Ada, who is invited."""
    for email in ("boss@example.com", "second@example.com"):
        await member(database, email=email, password=None)
    await member(database, role=MemberRole.VIEWER, password=None, is_accepted=False)


WAYS = [
    *(invites_somebody_new, invites_a_member_again),
    *(makes_a_member_one, makes_a_link),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("who", WHO)
async def test_a_role_is_given_by_who_has_all_of_it(
    database: Database, who: str, way: Callable[..., Awaitable[None]]
) -> None:
    await filled(database, let_members_in)
    for role in MemberRole:  # that Ada is
        await set_role(database, 1, email=EMAIL, role=role, **by())
        if rest := ROLES[role] & ~handed_on(who):
            with pytest.raises(Rejected) as refused:
                await way(database, role, Authority(WHO[who]))
            assert beyond(refused.value, "role", rest)
        else:
            await way(database, role, Authority(WHO[who]))


@pytest.mark.parametrize("who", WHO)
async def test_a_key_is_made_by_who_has_all_of_it(database: Database, who: str) -> None:
    for wanted in filter(None, KEYS_OWN.values()):
        rest = wanted & ~handed_on(who)

        async def ask(wanted: Permission = wanted) -> str | None:
            made = await create_api_key(
                *(database, 1),
                name="another",
                permissions=wanted,
                expires_at=NOON + timedelta(days=1),
                now=NOON,
                made_by="test",
                authority=Authority(WHO[who]),
            )
            return made.key

        if not rest:
            key = await caller_of_key(database, await ask() or "", NOON)
            assert key is not None and key.permissions == wanted
            continue
        with pytest.raises(Rejected) as refused:
            await ask()
        assert beyond(refused.value, "permissions", rest)


async def test_no_key_may_approve(database: Database) -> None:
    with pytest.raises(Rejected) as refused:
        await key_of(database, Permission.READ | Permission.APPROVE)

    (problem,) = refused.value.problems
    assert (problem.code, problem.path) == (
        ProblemCode.INVALID_VALUE,
        ("permissions",),
    )
    assert problem.message == "only people may APPROVE: create the key without it"


async def test_a_key_lets_nobody_in_who_may_approve(database: Database) -> None:
    key = await key_of(database)
    caller = await caller_of_key(database, key, NOON)
    assert caller is not None

    with pytest.raises(Rejected) as refused:
        await invites_somebody_new(database, MemberRole.CONTROLLER, caller.authority)

    assert beyond(refused.value, "role", Permission.APPROVE)


async def test_a_key_makes_none_that_outlives_it(database: Database) -> None:
    key = await key_of(database, life=timedelta(days=7))
    caller = await caller_of_key(database, key, NOON)
    assert caller is not None

    async def make(life: timedelta, authority: Authority) -> str | None:
        made = await create_api_key(
            *(database, 1),
            name="another",
            permissions=Permission.READ,
            expires_at=NOON + life,
            now=NOON,
            made_by=caller.name,
            authority=authority,
        )
        return made.key

    assert await make(timedelta(days=7), caller.authority)
    with pytest.raises(Rejected, match="it ends 2025-10-22 12:00:00 UTC") as refused:
        await make(timedelta(days=7, seconds=1), caller.authority)
    (problem,) = refused.value.problems
    assert (problem.code, problem.path) == (ProblemCode.NOT_HELD, ("expiresAt",))
    # A person's session ends sooner than what they may do.
    person = Caller(1, EMAIL, ALL, user_id=1, until=NOON + timedelta(hours=12))
    assert await make(timedelta(days=365), person.authority)


async def test_a_link_lets_nobody_in_who_became_more_than_its_maker(
    database: Database,
) -> None:
    await member(database, email="boss@example.com", password=None)
    user_id = await member(database, role=MemberRole.VIEWER, password=None)
    token = await make_link(
        database,
        user_id=user_id,
        organisation_id=1,
        now=NOON,
        made_by="API key people",
        authority=Authority(Permission.READ | Permission.ADMINISTER),
    )
    await set_role(database, 1, email=EMAIL, role=MemberRole.CONTROLLER, **by())

    with pytest.raises(SignInFailed, match="Ask for a new one"):
        await sign_in_by_link(database, token, NOON)

    await set_role(database, 1, email=EMAIL, role=MemberRole.VIEWER, **by())
    assert await sign_in_by_link(database, token, NOON)


async def test_taking_away_needs_no_more_than_to_administer(
    database: Database,
) -> None:
    await member(database, email="boss@example.com", password=None)
    await member(database)
    its = by(Authority(Permission.READ | Permission.ADMINISTER))

    assert await set_role(database, 1, email=EMAIL, role=MemberRole.VIEWER, **its)
    assert await set_role(database, 1, email=EMAIL, role=None, **its)

    async with database.reads() as session:
        assert await users_by_email(session, 1, {EMAIL}) == []


async def test_only_a_member_gets_a_link(database: Database) -> None:
    user_id = await member(database, password=None)
    await member(database, email="boss@example.com", password=None)
    await set_role(database, 1, email=EMAIL, role=None, **by())

    with pytest.raises(Rejected, match="not a member"):
        await make_link(database, user_id=user_id, organisation_id=1, **by())
