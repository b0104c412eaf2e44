"""Invitations: who says yes, and that no organisation's admin gets at another one.

`Intruder` is the admin of an organisation, who does whatever they may with somebody's
address: invites, removes, makes links and uses them, chooses passwords, says yes.
"""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from daybook.access.attempts import SignInFailed
from daybook.access.commands import (
    invite_user,
    set_password,
    set_role,
)
from daybook.access.invitations import (
    NotProved,
    accept_invitation,
    decline_invitation,
    verify_user,
)
from daybook.access.links import make_link, sign_in_by_link
from daybook.access.models import Membership, User
from daybook.access.organisations import add_organisation
from daybook.access.queries import (
    caller_of_session,
    invitations_of,
    organisations_of,
)
from daybook.access.rules import OPERATOR, Caller, Invitee, MemberRole
from daybook.access.sessions import SignedIn, move_session, sign_in, start_session
from daybook.audit.models import AuditRecord
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook_people import EMAIL, NOON, PASSWORD, begin_session, member

pytestmark = pytest.mark.anyio

BY: dict[str, Any] = {"now": NOON, "made_by": "test", "authority": OPERATOR}
THEIRS = "what the intruder chose"
HERS = "what she chose herself"
MOVES = 24


async def other_organisation(database: Database) -> int:
    return await add_organisation(database, "Theirs", now=NOON, made_by="test")


async def invited(database: Database, organisation_id: int) -> int:
    """Invite Ada as a viewer; her user's id."""
    made = await invite_user(
        *(database, organisation_id),
        email=EMAIL,
        name="Ada",
        role=MemberRole.VIEWER,
        **BY,
    )
    return made.user_id


async def linked(database: Database, organisation_id: int, **options: Any) -> str:
    """Invite Ada, and give the link that the invitation shows."""
    user_id = await invited(database, organisation_id)
    its: dict[str, Any] = {"user_id": user_id, "organisation_id": organisation_id}
    return await make_link(database, **its, **BY, **options)


async def caller_at(database: Database, signed_in: SignedIn | None) -> Caller | None:
    if signed_in is None:
        return None
    return await caller_of_session(database, signed_in.token, NOON)


async def password_in(database: Database, password: str) -> SignedIn | None:
    try:
        return await sign_in(
            database, email=EMAIL, password=password, address="10.0.0.1", now=NOON
        )
    except SignInFailed:
        return None


async def link_in(
    database: Database, token: str, by: Caller | None = None
) -> SignedIn | None:
    try:
        return await sign_in_by_link(database, token, NOON, by=by)
    except SignInFailed:
        return None


async def provider_in(database: Database, user_id: int) -> SignedIn | None:
    """Sign in at the provider, as `Provider` does once it has vouched."""
    number = await verify_user(database, user_id, NOON)
    assert number is not None
    return await start_session(database, user_id, number, now=NOON)


async def trail(database: Database, organisation_id: int) -> list[str]:
    async with database.reads() as session:
        its = AuditRecord.organisation_id == organisation_id
        statement = select(AuditRecord.action).where(its).order_by(AuditRecord.number)
        return list(await session.scalars(statement))


@pytest.mark.either_database
async def test_the_provider_s_word_accepts_no_invitation(database: Database) -> None:
    other = await other_organisation(database)
    user_id = await member(database, password=None)
    await invited(database, other)

    signed_in = await provider_in(database, user_id)

    caller = await caller_at(database, signed_in)
    assert caller is not None and caller.organisation_id == 1
    async with database.reads() as session:
        assert [
            invitation.id for invitation in await invitations_of(session, user_id)
        ] == [other]
    assert signed_in is not None
    assert await move_session(database, signed_in.token, organisation_id=other) is None


@pytest.mark.either_database
async def test_the_first_word_of_a_provider_ends_what_was_set_before(
    database: Database,
) -> None:
    other = await other_organisation(database)
    user_id = await member(database, organisation_id=other, role=MemberRole.VIEWER)
    links = [await linked(database, one) for one in (1, other)]
    session = await password_in(database, PASSWORD)
    before = {one: len(await trail(database, one)) for one in (1, other)}

    signed_in = await provider_in(database, user_id)

    assert await caller_at(database, session) is None
    assert await password_in(database, PASSWORD) is None
    assert [await link_in(database, link) for link in links] == [None, None]
    assert await caller_at(database, signed_in)
    # Both are told; the password was of the one that she belonged to.
    told = {one: (await trail(database, one))[before[one] :] for one in (1, other)}
    assert told == {
        1: ["VERIFY_ADDRESS"],
        other: ["VERIFY_ADDRESS", "FORGET_PASSWORD"],
    }


@pytest.mark.either_database
async def test_a_later_word_of_the_provider_ends_nothing(database: Database) -> None:
    user_id = await member(database, password=None)
    first = await provider_in(database, user_id)
    before = await trail(database, 1)

    again = await provider_in(database, user_id)

    assert await caller_at(database, first) and await caller_at(database, again)
    assert await trail(database, 1) == before


@pytest.mark.either_database
async def test_who_signs_in_lands_where_they_said_yes_first(
    database: Database,
) -> None:
    other = await other_organisation(database)
    await invited(database, other)  # earlier, and not accepted
    user_id = await member(database, password=None)

    async def place() -> int | None:
        caller = await caller_at(database, await provider_in(database, user_id))
        return caller.organisation_id if caller else None

    assert await place() == 1
    number = await verify_user(database, user_id, NOON)
    assert number is not None
    later = NOON.replace(hour=13)
    assert await accept_invitation(database, other, Invitee(user_id, number), now=later)
    assert await place() == 1


@pytest.mark.either_database
async def test_who_is_proved_says_yes_once_and_stays_signed_in(
    database: Database,
) -> None:
    other = await other_organisation(database)
    user_id = await member(database, password=None)
    signed_in = await provider_in(database, user_id)
    caller = await caller_at(database, signed_in)
    assert caller is not None and caller.sign_ins_from is not None
    invitee = Invitee(user_id, caller.sign_ins_from)
    assert not await accept_invitation(database, other, invitee, now=NOON)
    await invited(database, other)

    assert await accept_invitation(database, other, invitee, now=NOON)
    assert await accept_invitation(database, other, invitee, now=NOON)

    assert (await trail(database, other)).count("ACCEPT_INVITATION") == 1
    assert signed_in is not None
    assert await move_session(database, signed_in.token, organisation_id=other)


@pytest.mark.either_database
async def test_who_was_never_vouched_for_can_t_say_yes(database: Database) -> None:
    other = await other_organisation(database)
    user_id = await member(database)
    await invited(database, other)
    caller = await caller_at(database, await password_in(database, PASSWORD))
    assert caller is not None and caller.sign_ins_from is not None

    for number in (caller.sign_ins_from, caller.sign_ins_from + 1):
        with pytest.raises(NotProved):
            await accept_invitation(database, other, Invitee(user_id, number), now=NOON)


@pytest.mark.either_database
async def test_a_session_that_has_ended_says_neither_yes_nor_no(
    database: Database,
) -> None:
    other = await other_organisation(database)
    user_id = await member(database, password=None)
    caller = await caller_at(database, await provider_in(database, user_id))
    assert caller is not None and caller.sign_ins_from is not None
    await invited(database, other)
    choose = {"user_id": user_id, "password": HERS, "current": None, "now": NOON}
    await set_password(database, 1, **choose)  # type: ignore[arg-type]

    old = Invitee(user_id, caller.sign_ins_from)
    for answer in (accept_invitation, decline_invitation):
        with pytest.raises(NotProved):
            await answer(database, other, old, now=NOON)


@pytest.mark.either_database
async def test_who_says_no_is_invited_no_more_until_they_are_again(
    database: Database,
) -> None:
    other = await other_organisation(database)
    user_id = await member(database)
    token = await linked(database, other)
    signed_in = await password_in(database, PASSWORD)
    caller = await caller_at(database, signed_in)
    assert caller is not None and caller.sign_ins_from is not None
    invitee = Invitee(user_id, caller.sign_ins_from)

    assert await decline_invitation(database, other, invitee, now=NOON)
    assert not await decline_invitation(database, other, invitee, now=NOON)
    assert not await decline_invitation(database, 1, invitee, now=NOON)  # accepted

    assert (await trail(database, other))[-1] == "DECLINE_INVITATION"
    assert await link_in(database, token, caller) is None
    assert await caller_at(database, signed_in)
    assert await link_in(database, await linked(database, other), caller)


async def test_joining_by_a_link_ends_what_another_organisation_may_know(
    database: Database,
) -> None:
    other = await other_organisation(database)
    # Theirs: they used the link, chose a password, and told it to her.
    user_id = await member(database, organisation_id=other, password=THEIRS)
    kept = await password_in(database, THEIRS)
    hers = await caller_at(database, await password_in(database, THEIRS))

    joined = await link_in(database, await linked(database, 1), hers)

    assert joined is not None and not joined.has_password
    assert await caller_at(database, kept) is None
    assert await password_in(database, THEIRS) is None
    assert await caller_at(database, joined)
    assert (await trail(database, other))[-1] == "FORGET_PASSWORD"
    assert {"ACCEPT_INVITATION", "FORGET_PASSWORD"} <= set(await trail(database, 1))
    assert user_id


@pytest.mark.either_database
async def test_an_invitation_that_is_taken_back_signs_nobody_out(
    database: Database,
) -> None:
    other = await other_organisation(database)
    await member(database)
    signed_in = await password_in(database, PASSWORD)
    await invited(database, other)

    await set_role(database, other, email=EMAIL, role=None, **BY)

    assert await caller_at(database, signed_in)


@pytest.mark.either_database
async def test_a_password_is_not_set_in_a_session_that_has_ended(
    database: Database,
) -> None:
    user_id = await member(database, password=None)
    signed_in = await begin_session(database, user_id, now=NOON)
    caller = await caller_at(database, signed_in)
    assert caller is not None
    await verify_user(database, user_id, NOON)

    with pytest.raises(Rejected, match="signed out meanwhile"):
        await set_password(
            *(database, 1),
            user_id=user_id,
            password=THEIRS,
            current=None,
            now=NOON,
            sign_ins_from=caller.sign_ins_from,
        )
    assert await password_in(database, THEIRS) is None


class Somebody:
    """Whoever has sessions and links of Ada's account, and a password for it."""

    def __init__(self, database: Database, password: str) -> None:
        self.database = database
        self.password = password
        self.links: list[str] = []
        self.sessions: list[SignedIn] = []

    async def callers(self) -> list[Caller]:
        """Who they are in the sessions that go on."""
        found = [await caller_at(self.database, session) for session in self.sessions]
        return [one for one in found if one is not None]

    def keep(self, signed_in: SignedIn | None) -> None:
        if signed_in is not None:
            self.sessions.append(signed_in)

    async def enter(self) -> None:
        """Use every link, alone and with every session."""
        for by in [None, *await self.callers()]:
            for link in self.links:
                self.keep(await link_in(self.database, link, by))

    async def use_password(self) -> None:
        self.keep(await password_in(self.database, self.password))

    async def choose_password(self) -> None:
        for caller in await self.callers():
            try:
                await set_password(
                    *(self.database, caller.organisation_id),
                    user_id=caller.user_id or 0,
                    password=self.password,
                    current=None,
                    now=NOON,
                    sign_ins_from=caller.sign_ins_from,
                )
            except Rejected:
                continue

    async def say_yes(self) -> None:
        """Say yes to every invitation, in every session."""
        for caller in await self.callers():
            invitee = Invitee(caller.user_id or 0, caller.sign_ins_from or 0)
            for organisation_id in await organisations(self.database):
                try:
                    await accept_invitation(
                        self.database, organisation_id, invitee, now=NOON
                    )
                except NotProved:
                    continue

    async def reaches(self, organisation_id: int) -> bool:
        """Whether anything that they have leads there."""
        for session in list(self.sessions):
            moved = await move_session(
                self.database, session.token, organisation_id=organisation_id
            )
            self.keep(moved)
        return organisation_id in {
            caller.organisation_id for caller in await self.callers()
        }


async def organisations(database: Database) -> list[int]:
    async with database.reads() as session:
        found = await session.scalars(select(AuditRecord.organisation_id).distinct())
        return list(found)


class Admin:
    """Who administers an organisation, and invites Ada or removes her."""

    def __init__(self, database: Database, organisation_id: int) -> None:
        self.database = database
        self.organisation_id = organisation_id

    async def invite(self) -> str:
        return await linked(self.database, self.organisation_id)

    async def remove(self) -> None:
        await set_role(
            *(self.database, self.organisation_id), email=EMAIL, role=None, **BY
        )


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.either_database
async def test_no_admin_gets_at_another_organisation(
    database: Database, seed: int
) -> None:
    """Ada, both admins and an operator do what they may, in any order.

    Ours sends its links to her alone; the intruder keeps theirs, and uses everything
    that they get hold of. She uses links of either, the provider, passwords, also one
    that the intruder chose and told her.
    """
    random = Random(seed)  # noqa: S311  (a test's)
    theirs = await other_organisation(database)
    ours, they = Admin(database, 1), Admin(database, theirs)
    intruder, ada = Somebody(database, THEIRS), Somebody(database, HERS)

    async def they_invite() -> None:
        intruder.links.append(await they.invite())
        if random.random() < 0.2:  # and send it to her, too
            ada.links.append(intruder.links[-1])

    async def we_invite() -> None:
        ada.links.append(await ours.invite())

    async def she_is_told_their_password() -> None:
        ada.keep(await password_in(database, THEIRS))

    async def she_uses_the_provider() -> None:
        async with database.reads() as session:
            its = select(User.id).where(User.email == EMAIL)
            user_id = await session.scalar(its)
        if user_id is not None:
            ada.keep(await provider_in(database, user_id))

    async def the_operator_helps() -> None:
        place = random.choice([1, theirs])
        ada.links.append(await linked(database, place, is_operators=True))

    moves: dict[Callable[[], Awaitable[Any]], int] = {
        they_invite: 3,
        they.remove: 1,
        we_invite: 4,
        ours.remove: 1,
        ada.enter: 5,
        ada.use_password: 1,
        ada.choose_password: 1,
        ada.say_yes: 2,
        she_is_told_their_password: 4,
        she_uses_the_provider: 1,
        the_operator_helps: 1,
        intruder.enter: 2,
        intruder.use_password: 2,
        intruder.choose_password: 3,
        intruder.say_yes: 2,
    }
    # Most often they were first, and made the account theirs.
    first = [they_invite, intruder.enter, intruder.choose_password]
    chosen = random.choices([*moves], [*moves.values()], k=MOVES)
    done = []
    for move in [*(first if seed % 3 else []), *chosen]:
        done.append(move.__qualname__)
        await move()
        assert not await intruder.reaches(1), done
    # She herself gets in, whatever was done: by the provider, or by the operator.
    ada.links = [await linked(database, 1, is_operators=True)]
    await ada.enter()
    assert await ada.reaches(1), done
    for last in (intruder.enter, intruder.use_password, intruder.say_yes):
        await last()
        assert not await intruder.reaches(1), done


async def test_memberships_are_as_said(database: Database) -> None:
    """What the walk above stands on: a link makes a membership, an invitation none."""
    await invited(database, 1)
    async with database.reads() as session:
        (its,) = (await session.scalars(select(Membership))).all()
        assert its.accepted_at is None
        assert await organisations_of(session, its.user_id) == []
    assert await link_in(database, await linked(database, 1))
    async with database.reads() as session:
        assert len(await organisations_of(session, its.user_id)) == 1
