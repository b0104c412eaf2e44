"""Roles and their permissions, and checks of addresses, names and passwords. Pure.

This is the one place that says what a role may do; each field of the API declares the
permission that it needs (`daybook_graphql.kit.permissions`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, IntFlag
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from daybook.clock import moment_text
from daybook.errors import Problem, ProblemCode, Rejected, check_all

KEY_NAME = "API key "
"""What an API key is called as a caller begins with this; its own name follows."""


class Permission(IntFlag):
    """What a caller may do; an API key stores the number."""

    READ = 1
    """Reports, documents, settings, the audit trail; CSV of what a page shows."""
    EXPORT = 2
    """Make export files, and cancel them."""
    RECORD = 4
    """Import documents, void them, complete milestones; evidence of documents."""
    CLOSE = 8
    """Lock periods, change settings and names of accounts, mark files as posted.
    With `RECORD`, evidence of locks."""
    ADMINISTER = 16
    """Users, their roles, and API keys."""
    ADJUST = 32
    """Write manual journals, submit them, undo posted ones; their evidence."""
    APPROVE = 64
    """Approve or reject what another person submitted; never an API key's."""
    DATASET = 128
    """Load the general ledger's dataset from its address (`/datasets/…`); a key that
    has nothing else opens nothing else."""


class MemberRole(IntEnum):
    """A user's role in an organisation; the number is stored."""

    VIEWER = 1
    ACCOUNTANT = 2
    CONTROLLER = 3
    ADMIN = 4


_VIEWER = Permission.READ | Permission.DATASET
_ACCOUNTANT = _VIEWER | Permission.EXPORT | Permission.RECORD | Permission.ADJUST
_CONTROLLER = _ACCOUNTANT | Permission.CLOSE | Permission.APPROVE

ROLES: Mapping[MemberRole, Permission] = {
    MemberRole.VIEWER: _VIEWER,
    MemberRole.ACCOUNTANT: _ACCOUNTANT,
    MemberRole.CONTROLLER: _CONTROLLER,
    MemberRole.ADMIN: _CONTROLLER | Permission.ADMINISTER,
}

NEVER_A_KEYS = Permission.APPROVE
"""Permissions that only people have, since a key can't answer for a decision."""

NAME_MAX = 200
EMAIL_MAX = 254
PASSWORD_MIN = 12
PASSWORD_MAX = 200
KEY_DAYS_MAX = 3_660
"""A key lives ten years at most."""

SESSION_LIFE = timedelta(hours=12)
"""A working day; after it, users sign in again."""
LINK_LIFE = timedelta(days=3)
"""How long a one-time link can be used."""

ATTEMPTS_SINCE = timedelta(minutes=15)
"""The window in which failed attempts to sign in are counted."""
ATTEMPTS_OF_EMAIL_AND_ADDRESS = 5
ATTEMPTS_OF_ADDRESS = 50
ATTEMPTS_OF_EMAIL = 50
"""High, since otherwise anybody could lock a user out."""
ATTEMPTS_OF_DEVICE = 5
"""From a browser that the user signed in with before; strangers can't use them up."""
ATTEMPTS_OF_DEVICES = 25
"""From all browsers of a user, since links can make many browsers known."""
PROVIDER_WAYS_OF_ADDRESS = 100
"""Trips to an OpenID Connect provider and back; a whole office shares an address."""
DEVICE_LIFE = timedelta(days=365)
"""How long a browser stays known without a sign-in."""
INVITEE_LIFE = timedelta(minutes=10)
"""How long an invitee without any membership may look at their invitations."""

# Addresses that mail programs accept, and nothing that could be markup or a header.
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Authority:
    """The permissions that a caller may grant: at most those they have.

    `until` is when a key expires: keys that it creates expire no later. Users have no
    such end.
    """

    permissions: Permission
    until: datetime | None = None


OPERATOR = Authority(ROLES[MemberRole.ADMIN])
"""The authority of the person who runs commands at the server."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request, in which organisation, and with which permissions.

    `name` is how the audit trail names them: a user's address, or a key's name. `until`
    is when their session or key expires.
    """

    organisation_id: int
    name: str
    permissions: Permission
    user_id: int | None = None
    role: MemberRole | None = None
    key_number: int | None = None
    until: datetime | None = None
    sign_ins_from: int | None = None
    """The user's `sign_ins_from` when their session began."""
    organisation_name: str = field(default="", compare=False)
    """What the organisation is called; a new name makes no other caller."""
    time_zone: str = field(default="UTC", compare=False)
    """Where the organisation's days end; a new one makes no other caller."""

    @property
    def authority(self) -> Authority:
        """The permissions that they may grant."""
        is_key = self.key_number is not None
        return Authority(self.permissions, self.until if is_key else None)

    def may(self, permission: Permission) -> bool:
        """Whether they have every flag of a permission."""
        return permission in self.permissions


class Invitee(NamedTuple):
    """An invited user, and their `sign_ins_from` when they proved their identity."""

    user_id: int
    sign_ins_from: int


def attempts_key(address: str) -> str:
    """The key under which attempts from an address are counted.

    For IPv6 it is the address's /64 network, since one user has all of it.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:EMAIL_MAX]
    if parsed.version == 4:
        return str(parsed)
    return str(ip_network(f"{parsed.exploded}/64", strict=False).network_address)


def permissions_in_words(permissions: Permission) -> str:
    """The names of permissions, such as `READ, RECORD`, in their declared order."""
    return ", ".join(
        str(permission.name) for permission in Permission if permission in permissions
    )


def roles_with(permission: Permission) -> str:
    """The roles that have a permission, in words: `controllers and admins`."""
    names = [
        f"{role.name.lower()}s" for role, has in ROLES.items() if permission in has
    ]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def checked_email(text: str) -> str:
    """An address as it is stored; raises Rejected if it isn't one."""
    email = text.strip().lower()
    if len(email) > EMAIL_MAX or not _EMAIL.fullmatch(email):
        raise refused(f"{text.strip()[:80]!r} is not an e-mail address", "email")
    return email


def checked_name(text: str) -> str:
    """A user's or key's name as it is stored; raises Rejected if it isn't valid."""
    name = text.strip()
    if not name:
        raise refused("a name is needed", "name", ProblemCode.MISSING)
    if len(name) > NAME_MAX or not name.isprintable():
        message = f"a name is one line of up to {NAME_MAX} printable characters"
        raise refused(message, "name")
    return name


def check_password(password: str, email: str) -> None:
    """Raise Rejected for a password that is too easy to guess, or too long to hash."""
    if len(password) < PASSWORD_MIN:
        message = f"a password has at least {PASSWORD_MIN} characters"
        raise refused(message, "password")
    if len(password) > PASSWORD_MAX or "\x00" in password:
        message = f"a password has at most {PASSWORD_MAX} characters"
        raise refused(message, "password", ProblemCode.TOO_LARGE)
    if password.lower() in {email, email.partition("@")[0]} or len(set(password)) == 1:
        raise refused("that password is easy to guess: choose another", "password")


def to_hand_on(permissions: Permission) -> Permission:
    """What somebody with these permissions may give to others.

    Who may read may give `DATASET`, too, which shows no more: so keys and links from
    before there was this permission let in whom they did.
    """
    more = Permission.DATASET if Permission.READ in permissions else Permission(0)
    return permissions | more


def check_role(role: MemberRole, authority: Authority) -> None:
    """Raise Rejected for a role with permissions that `authority` lacks."""
    _check_held(ROLES[role], authority, f"{role.name} may also {{}}", "role")


def check_api_key(
    permissions: Permission,
    now: datetime,
    expires_at: datetime,
    authority: Authority,
) -> None:
    """Raise Rejected for a key without permissions, or one that lives too long.

    A key has no permission that `authority` lacks, none that only people have, and
    expires no later.
    """

    def does_something() -> None:
        if not permissions:
            raise refused("a key without permissions could do nothing", "permissions")
        if never := permissions & NEVER_A_KEYS:
            words = permissions_in_words(never)
            message = f"only people may {words}: create the key without it"
            raise refused(message, "permissions")

    def ends_in_time() -> None:
        if expires_at <= now:
            raise refused("a key ends in the future", "expiresAt")
        if expires_at > now + timedelta(days=KEY_DAYS_MAX):
            message = f"a key ends within {KEY_DAYS_MAX:,} days"
            raise refused(message, "expiresAt")
        if authority.until is not None and expires_at > authority.until:
            message = (
                "a key can't create one that outlives it: it ends"
                f" {moment_text(authority.until)}"
            )
            raise refused(message, "expiresAt", ProblemCode.NOT_HELD)

    def is_held() -> None:
        _check_held(permissions, authority, "the key would have {}", "permissions")

    check_all(does_something, is_held, ends_in_time)


def _check_held(
    permissions: Permission, authority: Authority, what: str, field: str
) -> None:
    """Raise Rejected for permissions that `authority` lacks; `what` puts them in words.

    It is a template whose `{}` is replaced with the missing permissions.
    """
    if beyond := permissions & ~to_hand_on(authority.permissions):
        words = what.format(permissions_in_words(beyond))
        message = f"{words}, which you don't have yourself: ask somebody who has"
        raise refused(message, field, ProblemCode.NOT_HELD)


def refused(
    message: str, field: str, code: ProblemCode = ProblemCode.INVALID_VALUE
) -> Rejected:
    """A rejection with one problem of one field."""
    return Rejected([Problem(code, message, (field,))])
