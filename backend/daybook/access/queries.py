"""Callers by their session's token or API key, and lists of users and keys."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import LargeBinary, Select, and_, bindparam, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.access.models import ApiKey, Membership, SignInLink, User, WebSession
from daybook.access.rules import KEY_NAME, ROLES, Caller, MemberRole, Permission
from daybook.access.secrets import KEY_PREFIX, TOKEN_MAX, hash_of_token
from daybook.db.engine import Database
from daybook.db.fast.compiled import CompiledSelect, fetch_rows
from daybook.db.keyset import count_rows, one_page
from daybook.ledger.models import Ledger, Organisation, Recording
from daybook.ledger.queries import IS_LAST_RECORDING, PIN_COLUMNS, PresentLedgers
from daybook.paging import Page, PageRequest


class ListedUser(NamedTuple):
    """A member of an organisation."""

    id: int
    email: str
    name: str
    """What the organisation calls them."""
    role: MemberRole
    has_password: bool
    """False while they are only invited, even if they have one elsewhere."""
    joined_at: datetime
    accepted_at: datetime | None
    """None while they are only invited."""
    link_until: datetime | None = None
    """When the organisation's link for them expires; None without a valid one."""


class ListedKey(NamedTuple):
    """A key of an organisation, which may have expired or been revoked."""

    number: int
    name: str
    ending: str
    permissions: Permission
    created_by: str | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class ListedOrganisation(NamedTuple):
    """An organisation that a user belongs to or is invited to, and their role."""

    id: int
    name: str
    role: MemberRole


async def caller_of_session(
    database: Database, token: str, now: datetime
) -> Caller | None:
    """The user who is signed in with a cookie's token; None if the session has ended.

    Their role is read each time, so that a change acts at once.
    """
    if len(token) > TOKEN_MAX:
        return None
    found = await fetch_rows(database.runtime, _SESSION, {"hash": hash_of_token(token)})
    if not found:
        return None
    user_id, organisation_id, sign_ins_from, expires_at = found[0]
    if expires_at <= now:
        return None
    values = {"user": user_id, "organisation": organisation_id}
    members = await fetch_rows(database, _MEMBER, values)
    if not members:
        return None
    email, present_sign_ins_from, role_number, called, time_zone = members[0]
    if present_sign_ins_from > sign_ins_from:
        return None
    role = MemberRole(role_number)
    return Caller(
        organisation_id=organisation_id,
        name=email,
        permissions=ROLES[role],
        user_id=user_id,
        role=role,
        until=expires_at,
        sign_ins_from=sign_ins_from,
        organisation_name=called,
        time_zone=time_zone,
    )


# Compiled once, since each page begins with these two.
_SESSION = CompiledSelect(
    select(
        *(WebSession.user_id, WebSession.organisation_id),
        *(WebSession.sign_ins_from, WebSession.expires_at),
    ).where(
        WebSession.token_hash == bindparam("hash", type_=LargeBinary, required=False)
    ),
    is_short=True,
)
_MEMBER = CompiledSelect(
    select(
        *(User.email, User.sign_ins_from, Membership.role),
        *(Organisation.name, Organisation.time_zone),
    )
    .join(Membership, Membership.user_id == User.id)
    .join(Organisation, Organisation.id == Membership.organisation_id)
    .where(
        User.id == bindparam("user", required=False),
        Membership.organisation_id == bindparam("organisation", required=False),
        Membership.accepted_at.is_not(None),
    ),
    is_short=True,
)


class PlacesOfUser(NamedTuple):
    """The organisations that a user belongs to, and those that invite them."""

    organisations: Sequence[ListedOrganisation]
    invitations: Sequence[ListedOrganisation]


async def places_of_user(database: Database, user_id: int) -> PlacesOfUser:
    """Their organisations in the order in which they joined, and their invitations."""
    rows = await fetch_rows(database, _PLACES, {"user": user_id})
    organisations, invitations = list[ListedOrganisation](), list[ListedOrganisation]()
    for organisation_id, name, role, accepted_at in rows:
        into = invitations if accepted_at is None else organisations
        into.append(ListedOrganisation(organisation_id, name, MemberRole(role)))
    return PlacesOfUser(organisations, invitations)


_PLACES = CompiledSelect(
    select(
        *(Organisation.id, Organisation.name, Membership.role),
        Membership.accepted_at,
    )
    .join(Membership, Membership.organisation_id == Organisation.id)
    .where(Membership.user_id == bindparam("user", required=False))
    .order_by(Membership.accepted_at, Organisation.id),
    is_short=True,
)
"""Compiled once, since each page's header shows them."""


class KnownCaller(NamedTuple):
    """A caller, and the ledgers of their organisation where they were read, too."""

    caller: Caller
    present: PresentLedgers | None = None


async def caller_of_key(database: Database, key: str, now: datetime) -> Caller | None:
    """The caller with an API key; None if it is unknown, has expired or was revoked."""
    known = await known_by_key(database, key, now)
    return None if known is None else known.caller


async def known_by_key(
    database: Database, key: str, now: datetime
) -> KnownCaller | None:
    """The caller with an API key, and their ledgers, which most requests pin.

    None if the key is unknown, has expired or was revoked.
    """
    if not key.startswith(KEY_PREFIX) or len(key) > TOKEN_MAX:
        return None
    found = await fetch_rows(database, _KEY, {"hash": hash_of_token(key)})
    if not found:
        return None
    organisation_id, number, name, permissions, expires_at, called = found[0][:_LEDGERS]
    if expires_at <= now:
        return None
    caller = Caller(
        organisation_id=organisation_id,
        name=f"{KEY_NAME}{name}",
        permissions=Permission(permissions),
        key_number=number,
        until=expires_at,
        organisation_name=called,
        time_zone=found[0][_LEDGERS],
    )
    ledgers = [row[_LEDGERS:] for row in found if row[_LEDGER_ID] is not None]
    return KnownCaller(caller, PresentLedgers(organisation_id, ledgers))


_OF_KEY = (
    *(ApiKey.organisation_id, ApiKey.number, ApiKey.name),
    *(ApiKey.permissions, ApiKey.expires_at, Organisation.name),
)
_LEDGERS = len(_OF_KEY)
"""Where the columns of a ledger begin, with the organisation's time zone."""
_LEDGER_ID = _LEDGERS + 1
"""Where its id is; None for an organisation without ledgers."""
_KEY = CompiledSelect(
    select(*_OF_KEY, *PIN_COLUMNS)
    .join(Organisation, Organisation.id == ApiKey.organisation_id)
    .outerjoin(Ledger, Ledger.organisation_id == Organisation.id)
    .outerjoin(Recording, IS_LAST_RECORDING)
    .where(
        ApiKey.key_hash == bindparam("hash", type_=LargeBinary, required=False),
        ApiKey.revoked_at.is_(None),
    )
    .order_by(Ledger.currency),
    is_short=True,
)
"""Compiled once, since most requests of programs begin with it."""


async def user_by_email(session: AsyncSession, email: str) -> User | None:
    """The user with an address, which must be in lower case."""
    return await session.scalar(select(User).where(User.email == email))


async def organisations_of(
    session: AsyncSession, user_id: int
) -> list[ListedOrganisation]:
    """The organisations that a user belongs to, in the order in which they joined."""
    statement = (
        _organisations(user_id)
        .where(Membership.accepted_at.is_not(None))
        .order_by(Membership.accepted_at, Organisation.id)
    )
    return [_organisation_of(row) for row in await session.execute(statement)]


async def invitations_of(
    session: AsyncSession, user_id: int
) -> list[ListedOrganisation]:
    """The organisations whose invitation a user has not answered."""
    statement = (
        _organisations(user_id)
        .where(Membership.accepted_at.is_(None))
        .order_by(Membership.joined_at, Organisation.id)
    )
    return [_organisation_of(row) for row in await session.execute(statement)]


def _organisations(user_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(Organisation.id, Organisation.name, Membership.role)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.user_id == user_id)
    )


def _organisation_of(row: Any) -> ListedOrganisation:
    return ListedOrganisation(row.id, row.name, MemberRole(row.role))


def _members(organisation_id: int) -> Select[*tuple[Any, ...]]:
    """Members and invited users; of the latter, nothing from elsewhere is shown."""
    is_member = Membership.accepted_at.is_not(None)
    own_name = case((is_member, User.name), else_="")
    return (
        select(
            *(User.id, User.email, func.coalesce(Membership.name, own_name)),
            Membership.role,
            and_(is_member, User.password_hash.is_not(None)),
            *(Membership.joined_at, Membership.accepted_at),
        )
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organisation_id == organisation_id)
    )


async def find_users(
    session: AsyncSession, organisation_id: int, request: PageRequest
) -> Page[ListedUser]:
    """A page of an organisation's members by address, which is the page's key."""
    statement = one_page(_members(organisation_id), User.email, request)
    rows = await session.execute(statement)
    return Page.of([_user_of(row) for row in rows], request)


ADMINS_MAX = 5


async def admins_of(session: AsyncSession, organisation_id: int) -> list[ListedUser]:
    """The first few admins of an organisation, by their addresses."""
    statement = (
        _members(organisation_id)
        .where(Membership.role == MemberRole.ADMIN, Membership.accepted_at.is_not(None))
        .order_by(User.email)
        .limit(ADMINS_MAX)
    )
    return [_user_of(row) for row in await session.execute(statement)]


async def users_by_email(
    session: AsyncSession, organisation_id: int, emails: Collection[str]
) -> list[ListedUser]:
    """The members of an organisation with one of these addresses."""
    statement = _members(organisation_id).where(User.email.in_(emails))
    return [_user_of(row) for row in await session.execute(statement)]


async def with_links(
    database: Database,
    organisation_id: int,
    users: Sequence[ListedUser],
    now: datetime,
    *,
    for_operator: bool = False,
) -> list[ListedUser]:
    """The users, with the ends of the links that let them into an organisation.

    A link of another organisation counts for an invited user if an admin of this one
    made it. An operator's counts only for operators: it would tell others that somebody
    else knows the user.
    """
    async with database.reads() as session:
        found = await session.scalars(
            select(Membership.user_id).where(
                Membership.organisation_id == organisation_id,
                Membership.role == int(MemberRole.ADMIN),
                Membership.accepted_at.is_not(None),
            )
        )
        admins = set(found)
    async with database.runtime.reads() as runtime:
        links = await runtime.scalars(
            select(SignInLink)
            .where(SignInLink.expires_at > now)
            .order_by(SignInLink.expires_at)
        )
        own, others = dict[int, datetime](), dict[int, datetime]()
        for link in links:
            if link.organisation_id == organisation_id:
                own[link.user_id] = link.expires_at
            elif link.maker_id in admins or (for_operator and link.is_operators):
                others[link.user_id] = link.expires_at
    return [
        user._replace(
            link_until=own.get(user.id)
            or (None if user.accepted_at else others.get(user.id))
        )
        for user in users
    ]


async def count_users(session: AsyncSession, organisation_id: int) -> int:
    """How many members an organisation has."""
    is_member = Membership.organisation_id == organisation_id
    return await count_rows(session, Membership, is_member)


async def has_members(session: AsyncSession) -> bool:
    """Whether any organisation has a member, also one who hasn't accepted yet."""
    return await session.scalar(select(Membership.user_id).limit(1)) is not None


def _keys(organisation_id: int) -> Select[*tuple[Any, ...]]:
    key = ApiKey
    return select(
        *(key.number, key.name, key.ending, key.permissions),
        *(key.created_by, key.created_at, key.expires_at, key.revoked_at),
    ).where(key.organisation_id == organisation_id)


async def find_keys(
    session: AsyncSession, organisation_id: int, request: PageRequest
) -> Page[ListedKey]:
    """A page of an organisation's API keys by number, newest first."""
    statement = _keys(organisation_id)
    rows = await session.execute(
        one_page(statement, ApiKey.number, request, is_descending=True)
    )
    return Page.of([_key_of(row) for row in rows], request)


async def keys_by_number(
    session: AsyncSession, organisation_id: int, numbers: Collection[int]
) -> list[ListedKey]:
    """The API keys of an organisation with one of these numbers."""
    statement = _keys(organisation_id).where(ApiKey.number.in_(numbers))
    return [_key_of(row) for row in await session.execute(statement)]


async def count_keys(session: AsyncSession, organisation_id: int) -> int:
    """How many API keys an organisation has, including ended ones."""
    is_own = ApiKey.organisation_id == organisation_id
    return await count_rows(session, ApiKey, is_own)


def _user_of(row: Any) -> ListedUser:
    return ListedUser(*row)._replace(role=MemberRole(row.role))


def _key_of(row: Any) -> ListedKey:
    return ListedKey(*row)._replace(permissions=Permission(row.permissions))
