"""Users, their roles and passwords, and API keys: each command one transaction.

Everything that changes access is in the audit trail, in the same transaction; it never
holds a password or a token. What is as wanted already changes nothing.
"""

from datetime import datetime
from typing import NamedTuple

from daybook.access.changing import Change, changing, lock_user, subject_of
from daybook.access.models import ApiKey, Membership, User
from daybook.access.queries import user_by_email
from daybook.access.rules import (
    Authority,
    Permission,
    Role,
    check_key,
    check_password,
    check_role,
    checked_email,
    checked_name,
    permissions_in_words,
    refused,
)
from daybook.access.secrets import hash_of_password, hash_of_token, is_password, new_key
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.db.engine import Database, WriteSession, lock_table
from daybook.db.keyset import count_rows, next_number
from daybook.errors import ProblemCode, check_all
from daybook.idempotency.commands import Keyed
from daybook.idempotency.rules import request_hash
from daybook.ledger.commands import lock_organisation
from daybook.ledger.models import Organisation

ENDING = 4
"""So many of a key's last characters are kept, to tell it from others."""


class Invited(NamedTuple):
    """A member, and whether the same request had been made before."""

    user_id: int
    is_repeated: bool


class CreatedKey(NamedTuple):
    """A key's number, and the key itself, which nobody is ever told again.

    It is None where the same request made the key before.
    """

    number: int
    key: str | None


async def add_organisation(
    database: Database, name: str, *, now: datetime, made_by: str
) -> int:
    """Add an organisation, which has no users and no ledgers yet; give its id."""
    wanted = checked_name(name)
    async with database.writes() as session:
        await lock_table(session, Organisation)
        number = await next_number(session, Organisation.id)
        organisation = Organisation(id=number, name=wanted, time_zone="UTC")
        session.add(organisation)
        await session.flush()
        organisation = await lock_organisation(session, organisation.id)
        subject = Subject(SubjectKind.ORGANISATION, "")
        one = Change(session, organisation, now, made_by)
        await one.tell(Action.ADD_ORGANISATION, subject, {"name": wanted})
        return organisation.id


async def invite_user(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    *,
    email: str,
    name: str,
    role: Role,
    now: datetime,
    made_by: str,
    authority: Authority,
    idempotency_key: str | None = None,
) -> Invited:
    """Make somebody a member of an organisation; raises Rejected.

    It lets them do nothing until they accept it. Who is known by the address already
    keeps their password, and the names that others gave them. Inviting a member with
    the same role again changes nothing; with another one it is refused, and so is a
    role that may more than `authority`.
    """
    check_all(
        lambda: checked_email(email),
        lambda: checked_name(name),
        lambda: check_role(role, authority),
    )
    email, name = checked_email(email), checked_name(name)
    asked = request_hash(
        "inviteUser", {"email": email, "name": name, "role": role.name}
    )
    async with changing(database, organisation_id, now, made_by) as one:
        keyed = Keyed(one.session, organisation_id, idempotency_key, asked)
        before = await keyed.created()
        if before is not None:
            return Invited(before, is_repeated=True)
        user = await user_by_email(one.session, email)
        if user is None:
            # Another organisation may invite the same address at this moment.
            await lock_table(one.session, User)
            user = await user_by_email(one.session, email)
        if user is None:
            user = User(email=email, name=name, created_at=now, sign_ins_from=1)
            one.session.add(user)
            await one.session.flush()
        keyed.remember(user.id)
        known = await one.session.get(Membership, (organisation_id, user.id))
        if known is not None:
            if known.role == role:
                return Invited(user.id, is_repeated=False)
            message = f"{email} is {Role(known.role).name} already: set the role"
            raise refused(message, "email", ProblemCode.DUPLICATE)
        one.session.add(
            Membership(
                organisation_id=organisation_id,
                user_id=user.id,
                role=int(role),
                joined_at=now,
                name=name,
            )
        )
        await one.tell(Action.INVITE_USER, subject_of(email), {"role": role.name})
        return Invited(user.id, is_repeated=False)


async def set_role(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    *,
    email: str,
    role: Role | None,
    now: datetime,
    made_by: str,
    authority: Authority,
) -> bool:
    """Set what a member is; None removes them. Says whether that changed anything.

    It acts at once, in sessions too. Raises Rejected for who is no member, for the last
    admin, and for a role that may more than `authority`; taking away needs none.
    """
    email = checked_email(email)
    if role is not None:
        check_role(role, authority)
    async with changing(database, organisation_id, now, made_by) as one:
        user = await user_by_email(one.session, email)
        place = (organisation_id, user.id if user else 0)
        known = await one.session.get(Membership, place)
        if known is None:
            if role is None:
                return False
            raise refused(f"{email} is no member", "email", ProblemCode.NOT_FOUND)
        before = Role(known.role)
        if before is role:
            return False
        is_one = before is Role.ADMIN and known.accepted_at is not None
        if is_one and await _admins(one.session, organisation_id) == 1:
            message = f"{email} is the only admin: make somebody else one first"
            raise refused(message, "role", ProblemCode.LAST_ADMIN)
        if role is None:
            await one.session.delete(known)
            if known.accepted_at is not None:
                # Should they come back, old sessions don't. Who never accepted has no
                # session here, and those elsewhere are not this organisation's to end.
                its = await lock_user(one.session, known.user_id)
                assert its is not None, "members are users"
                its.sign_ins_from += 1
            action, details = Action.REMOVE_USER, {"before": before.name}
        else:
            known.role = int(role)
            details = {"before": before.name, "after": role.name}
            action = Action.SET_ROLE
        await one.tell(action, subject_of(email), details)
        return True


async def set_password(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    *,
    user_id: int,
    password: str,
    current: str | None,
    now: datetime,
    sign_ins_from: int | None = None,
) -> int:
    """Set a user's own password, and end all of their sessions and links.

    Gives the number from which on sessions hold; `sign_ins_from` is that of the session
    in which it is set, which may have ended meanwhile.

    Who has one proves that they know it. Raises Rejected where they don't, and for a
    password that is easy to guess.
    """
    async with database.reads() as session:
        user = await session.get_one(User, user_id)
    began = user.sign_ins_from if sign_ins_from is None else sign_ins_from
    check_password(password, user.email)
    if user.password_hash is not None:
        proof = await is_password(user.password_hash, current or "")
        if not proof:
            raise refused("that is not the present password", "current")
        if password == current:
            raise refused("that is the present password: choose another", "password")
    hashed = await hash_of_password(password)
    async with changing(database, organisation_id, now, user.email) as one:
        its = await lock_user(one.session, user_id)
        assert its is not None, "users stay"
        if its.password_hash != user.password_hash or its.sign_ins_from != began:
            message = "you were signed out meanwhile: sign in again"
            raise refused(message, "password", ProblemCode.CHANGED)
        its.password_hash = hashed
        its.sign_ins_from += 1
        await one.tell(Action.SET_PASSWORD, subject_of(its.email), {})
        return its.sign_ins_from


async def create_api_key(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    *,
    name: str,
    permissions: Permission,
    expires_at: datetime,
    now: datetime,
    made_by: str,
    authority: Authority,
    idempotency_key: str | None = None,
) -> CreatedKey:
    """Make a key that may do so much until then; it is told here and nowhere else.

    Raises Rejected for one that may more than `authority`, or lives longer.
    """
    check_all(
        lambda: checked_name(name),
        lambda: check_key(permissions, now, expires_at, authority),
    )
    name = checked_name(name)
    asked = request_hash(
        "createApiKey",
        {
            "name": name,
            "permissions": int(permissions),
            "expiresAt": expires_at.isoformat(),
        },
    )
    async with changing(database, organisation_id, now, made_by) as one:
        keyed = Keyed(one.session, organisation_id, idempotency_key, asked)
        before = await keyed.created()
        if before is not None:
            return CreatedKey(before, None)
        its, key = ApiKey.organisation_id == organisation_id, new_key()
        number = await next_number(one.session, ApiKey.number, its)
        one.session.add(
            ApiKey(
                organisation_id=organisation_id,
                number=number,
                name=name,
                key_hash=hash_of_token(key),
                ending=key[-ENDING:],
                permissions=int(permissions),
                created_by=made_by,
                created_at=now,
                expires_at=expires_at,
            )
        )
        keyed.remember(number)
        details = {
            "name": name,
            "permissions": permissions_in_words(permissions),
            "expiresAt": expires_at.isoformat(),
        }
        subject = Subject(SubjectKind.API_KEY, str(number))
        await one.tell(Action.CREATE_API_KEY, subject, details)
        return CreatedKey(number, key)


async def revoke_api_key(
    database: Database,
    organisation_id: int,
    *,
    number: int,
    now: datetime,
    made_by: str,
) -> bool:
    """End a key at once and for ever. Says whether that changed anything.

    Raises Rejected where there is none.
    """
    async with changing(database, organisation_id, now, made_by) as one:
        key = await one.session.get(ApiKey, (organisation_id, number))
        if key is None:
            raise refused("there is no such key", "id", ProblemCode.NOT_FOUND)
        if key.revoked_at is not None:
            return False
        key.revoked_at = now
        subject = Subject(SubjectKind.API_KEY, str(number))
        await one.tell(Action.REVOKE_API_KEY, subject, {"name": key.name})
        return True


async def _admins(session: WriteSession, organisation_id: int) -> int:
    return await count_rows(
        session,
        Membership,
        Membership.organisation_id == organisation_id,
        Membership.role == int(Role.ADMIN),
        Membership.accepted_at.is_not(None),
    )
