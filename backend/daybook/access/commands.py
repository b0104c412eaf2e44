"""Users, their roles and passwords, and API keys: each command one transaction.

Every change of access is recorded in the audit trail in the same transaction, without
passwords and tokens. A command whose change is in place already changes nothing.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete

from daybook.access.changing import access_change, lock_user, subject_of
from daybook.access.models import ApiKey, Membership, User
from daybook.access.queries import user_by_email
from daybook.access.rules import (
    Authority,
    MemberRole,
    Permission,
    check_api_key,
    check_password,
    check_role,
    checked_email,
    checked_name,
    permissions_in_words,
    refused,
)
from daybook.access.secrets import hash_of_password, hash_of_token, is_password, new_key
from daybook.audit.expecting import Setting, check_unchanged
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.audit.statements import table_of
from daybook.db.engine import Database, WriteSession, lock_table
from daybook.db.keyset import count_rows, next_number
from daybook.errors import ProblemCode, check_all
from daybook.idempotency.commands import Keyed
from daybook.idempotency.rules import request_hash

ENDING = 4
"""How many of a key's last characters are stored, for people to distinguish keys."""


ROLE_ACTIONS = frozenset(
    {
        *(Action.INVITE_USER, Action.SET_ROLE, Action.REMOVE_USER),
        Action.DECLINE_INVITATION,
    }
)
"""What gives a user another role, or none."""


class Invited(NamedTuple):
    """A member, and whether an earlier request with the same key invited them."""

    user_id: int
    is_repeated: bool


class CreatedKey(NamedTuple):
    """A key's number, and the key itself, which is never shown again.

    The key is None if the same request created it before.
    """

    number: int
    key: str | None


async def invite_user(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    *,
    email: str,
    name: str,
    role: MemberRole,
    now: datetime,
    made_by: str,
    authority: Authority,
    idempotency_key: str | None = None,
) -> Invited:
    """Invite a user to an organisation.

    The invitation grants nothing until they accept it. A user with the address keeps
    their password, and their names in other organisations. Inviting a member again with
    the same role changes nothing. Raises Rejected if they have another role, and for a
    role with permissions that `authority` lacks.
    """
    check_all(
        lambda: checked_email(email),
        lambda: checked_name(name),
        lambda: check_role(role, authority),
    )
    email, name = checked_email(email), checked_name(name)
    content_hash = request_hash(
        "inviteUser", {"email": email, "name": name, "role": role.name}
    )
    async with access_change(database, organisation_id, now, made_by) as change:
        keyed = Keyed(change.session, organisation_id, idempotency_key, content_hash)
        before = await keyed.created()
        if before is not None:
            return Invited(before, is_repeated=True)
        user = await user_by_email(change.session, email)
        if user is None:
            # Another organisation may invite the same address at this moment.
            await lock_table(change.session, User)
            user = await user_by_email(change.session, email)
        if user is None:
            user = User(email=email, name=name, created_at=now, sign_ins_from=1)
            change.session.add(user)
            await change.session.flush()
        keyed.remember(user.id)
        known = await change.session.get(Membership, (organisation_id, user.id))
        if known is not None:
            if known.role == role:
                return Invited(user.id, is_repeated=False)
            message = f"{email} is {MemberRole(known.role).name} already: set the role"
            raise refused(message, "email", ProblemCode.DUPLICATE)
        change.session.add(
            Membership(
                organisation_id=organisation_id,
                user_id=user.id,
                role=int(role),
                joined_at=now,
                name=name,
            )
        )
        await change.record(Action.INVITE_USER, subject_of(email), {"role": role.name})
        return Invited(user.id, is_repeated=False)


async def set_role(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    *,
    email: str,
    role: MemberRole | None,
    expected: int | None = None,
    now: datetime,
    made_by: str,
    authority: Authority,
) -> bool:
    """Set a member's role; None removes them. Returns whether that changed anything.

    It acts at once, in their sessions too; their own saved filters go with them.
    Raises Rejected if they aren't a member or are the last admin, and for a role with
    permissions that `authority` lacks; with an expected audit record, also for a role
    that was set after it.
    """
    email = checked_email(email)
    if role is not None:
        check_role(role, authority)
    async with access_change(database, organisation_id, now, made_by) as change:
        user = await user_by_email(change.session, email)
        key = (organisation_id, user.id if user else 0)
        known = await change.session.get(Membership, key)
        before = None if known is None else MemberRole(known.role)
        if before is role:
            return False
        present = "no member" if before is None else before.name.lower()
        await check_unchanged(
            change.session,
            change.organisation,
            expected=expected,
            subject=subject_of(email),
            actions=ROLE_ACTIONS,
            settings=[Setting("role", f"the role of {email}", present)],
        )
        if known is None or before is None:
            raise refused(f"{email} is not a member", "email", ProblemCode.NOT_FOUND)
        is_admin = before is MemberRole.ADMIN and known.accepted_at is not None
        if is_admin and await _admins(change.session, organisation_id) == 1:
            message = f"{email} is the only admin: make somebody else one first"
            raise refused(message, "role", ProblemCode.LAST_ADMIN)
        if role is None:
            await change.session.delete(known)
            filters = table_of("saved_filters")
            its = filters.c.organisation_id == organisation_id
            await change.session.execute(
                delete(filters).where(its, filters.c.owner == known.user_id)
            )
            if known.accepted_at is not None:
                # If they come back, their old sessions must not. A user who never
                # accepted has no session here, and their others aren't ours to end.
                locked = await lock_user(change.session, known.user_id)
                assert locked is not None, "members are users"
                locked.sign_ins_from += 1
            action, details = Action.REMOVE_USER, {"before": before.name}
        else:
            known.role = int(role)
            details = {"before": before.name, "after": role.name}
            action = Action.SET_ROLE
        await change.record(action, subject_of(email), details)
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

    Returns their new `sign_ins_from`. A user who has a password must know it
    (`current`). Raises Rejected for another `current`, for a password that is easy to
    guess, and if the session that sets it, with the `sign_ins_from` of the argument,
    has ended meanwhile.
    """
    async with database.reads() as session:
        user = await session.get_one(User, user_id)
    began = user.sign_ins_from if sign_ins_from is None else sign_ins_from
    check_password(password, user.email)
    if user.password_hash is not None:
        is_proved = await is_password(user.password_hash, current or "")
        if not is_proved:
            raise refused("that is not the present password", "current")
        if password == current:
            raise refused("that is the present password: choose another", "password")
    hashed = await hash_of_password(password)
    async with access_change(database, organisation_id, now, user.email) as change:
        locked = await lock_user(change.session, user_id)
        assert locked is not None, "users stay"
        is_same = locked.password_hash == user.password_hash
        if not is_same or locked.sign_ins_from != began:
            message = "you were signed out meanwhile: sign in again"
            raise refused(message, "password", ProblemCode.CHANGED)
        locked.password_hash = hashed
        locked.sign_ins_from += 1
        await change.record(Action.SET_PASSWORD, subject_of(locked.email), {})
        return locked.sign_ins_from


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
    """Create an API key; the key itself is returned only here.

    Raises Rejected for permissions that `authority` lacks, and for a key that expires
    after `authority` does.
    """
    check_all(
        lambda: checked_name(name),
        lambda: check_api_key(permissions, now, expires_at, authority),
    )
    name = checked_name(name)
    content_hash = request_hash(
        "createApiKey",
        {
            "name": name,
            "permissions": int(permissions),
            "expiresAt": expires_at.isoformat(),
        },
    )
    async with access_change(database, organisation_id, now, made_by) as change:
        keyed = Keyed(change.session, organisation_id, idempotency_key, content_hash)
        before = await keyed.created()
        if before is not None:
            return CreatedKey(before, None)
        key = new_key()
        number = await next_number(
            change.session, ApiKey.number, ApiKey.organisation_id == organisation_id
        )
        change.session.add(
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
        await change.record(Action.CREATE_API_KEY, subject, details)
        return CreatedKey(number, key)


async def revoke_api_key(
    database: Database,
    organisation_id: int,
    *,
    number: int,
    now: datetime,
    made_by: str,
) -> bool:
    """Revoke a key, at once and for ever; return whether that changed anything.

    Raises Rejected if there is no such key.
    """
    async with access_change(database, organisation_id, now, made_by) as change:
        key = await change.session.get(ApiKey, (organisation_id, number))
        if key is None:
            raise refused("there is no such key", "id", ProblemCode.NOT_FOUND)
        if key.revoked_at is not None:
            return False
        key.revoked_at = now
        subject = Subject(SubjectKind.API_KEY, str(number))
        await change.record(Action.REVOKE_API_KEY, subject, {"name": key.name})
        return True


async def _admins(session: WriteSession, organisation_id: int) -> int:
    return await count_rows(
        session,
        Membership,
        Membership.organisation_id == organisation_id,
        Membership.role == int(MemberRole.ADMIN),
        Membership.accepted_at.is_not(None),
    )
