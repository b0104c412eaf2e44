"""Roles and what they may do, and what is taken as an address or a password. Pure.

This is the one place that says what a role may do; each field of the API declares the
permission that it needs (`daybook_graphql.kit.permissions`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, IntFlag
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from daybook.errors import Problem, ProblemCode, Rejected, check_all


class Permission(IntFlag):
    """What somebody may do; the number is what is stored of a key."""

    READ = 1
    """Reports, documents, settings, the audit trail; CSV of what a page shows."""
    EXPORT = 2
    """Make export files, and cancel them."""
    RECORD = 4
    """Take in documents, void them, complete milestones."""
    CLOSE = 8
    """Lock periods, change settings and names of accounts."""
    ADMINISTER = 16
    """Users, their roles, and API keys."""


class Role(IntEnum):
    """What a user is in an organisation; the number is what is stored."""

    VIEWER = 1
    ACCOUNTANT = 2
    CONTROLLER = 3
    ADMIN = 4


_ACCOUNTANT = Permission.READ | Permission.EXPORT | Permission.RECORD

ROLES: Mapping[Role, Permission] = {
    Role.VIEWER: Permission.READ,
    Role.ACCOUNTANT: _ACCOUNTANT,
    Role.CONTROLLER: _ACCOUNTANT | Permission.CLOSE,
    Role.ADMIN: _ACCOUNTANT | Permission.CLOSE | Permission.ADMINISTER,
}

NAME_MAX = 200
EMAIL_MAX = 254
PASSWORD_MIN = 12
PASSWORD_MAX = 200
KEY_DAYS_MAX = 3_660
"""No key is made for longer than ten years."""

SESSION_LIFE = timedelta(hours=12)
"""A working day: then one signs in again."""
LINK_LIFE = timedelta(days=3)
"""How long a one-time link waits to be used."""

ATTEMPTS_SINCE = timedelta(minutes=15)
"""Attempts to sign in that failed are counted for so long."""
ATTEMPTS_OF_EMAIL_AND_ADDRESS = 5
ATTEMPTS_OF_ADDRESS = 50
ATTEMPTS_OF_EMAIL = 50
"""Many: else anybody could lock somebody out."""
ATTEMPTS_OF_DEVICE = 5
"""From a browser that the user signed in with before, whatever strangers try."""
ATTEMPTS_OF_DEVICES = 25
"""From all of a user's browsers: by links, somebody could have made many of them."""
PROVIDER_WAYS_OF_ADDRESS = 100
"""To an OpenID Connect provider, and back: an office has one address."""
DEVICE_LIFE = timedelta(days=365)
"""How long a browser is known that nobody signs in with."""
INVITEE_LIFE = timedelta(minutes=10)
"""How long who belongs nowhere yet may look at their invitations."""

# What mail programs take, and nothing that could be markup or a header.
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Authority:
    """What somebody has and may hand on: nobody hands on what they don't have.

    `until` is the end of a key, which makes none that outlives it; people belong to an
    organisation until they are removed.
    """

    permissions: Permission
    until: datetime | None = None


OPERATOR = Authority(ROLES[Role.ADMIN])
"""Of whoever runs commands at the server."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, in which organisation, and what they may do.

    `name` is what the audit trail says: a user's address, or a key's name. `until` is
    when their session or key ends.
    """

    organisation_id: int
    name: str
    permissions: Permission
    user_id: int | None = None
    role: Role | None = None
    key_number: int | None = None
    until: datetime | None = None
    sign_ins_from: int | None = None
    """The user's number when their session began."""

    @property
    def authority(self) -> Authority:
        """What they may hand on."""
        is_key = self.key_number is not None
        return Authority(self.permissions, self.until if is_key else None)

    def may(self, permission: Permission) -> bool:
        """Whether they have all of a permission."""
        return permission in self.permissions


class Invitee(NamedTuple):
    """Somebody who is invited, and their number when they showed who they are."""

    user_id: int
    sign_ins_from: int


def place_of(address: str) -> str:
    """Where somebody calls from, as attempts are counted: a network, for IPv6.

    Whoever has one IPv6 address has all of its network.
    """
    try:
        its = ip_address(address)
    except ValueError:
        return address[:EMAIL_MAX]
    if its.version == 4:
        return str(its)
    return str(ip_network(f"{its.exploded}/64", strict=False).network_address)


def permissions_in_words(permissions: Permission) -> str:
    """`READ, RECORD`, in the order in which they are declared."""
    return ", ".join(str(one.name) for one in Permission if one in permissions)


def checked_email(text: str) -> str:
    """An address as it is stored; raises Rejected for what is none."""
    email = text.strip().lower()
    if len(email) > EMAIL_MAX or not _EMAIL.fullmatch(email):
        raise refused(f"{text.strip()[:80]!r} is no e-mail address", "email")
    return email


def checked_name(text: str) -> str:
    """A user's or a key's name as it is stored; raises Rejected for what is none."""
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


def check_role(role: Role, authority: Authority) -> None:
    """Raise Rejected for a role that may more than whoever gives it."""
    _check_held(ROLES[role], authority, f"{role.name} may also {{}}", "role")


def check_key(
    permissions: Permission,
    now: datetime,
    expires_at: datetime,
    authority: Authority,
) -> None:
    """Raise Rejected for a key that could do nothing, or live too long.

    It may no more than whoever makes it, and ends no later.
    """

    def does_something() -> None:
        if not permissions:
            raise refused("a key without permissions could do nothing", "permissions")

    def ends_in_time() -> None:
        if expires_at <= now:
            raise refused("a key ends in the future", "expiresAt")
        if expires_at > now + timedelta(days=KEY_DAYS_MAX):
            message = f"a key ends within {KEY_DAYS_MAX:,} days"
            raise refused(message, "expiresAt")
        if authority.until is not None and expires_at > authority.until:
            message = (
                f"a key makes none that outlives it: it ends {authority.until:%Y-%m-%d}"
                f" at {authority.until:%H:%M:%S} UTC"
            )
            raise refused(message, "expiresAt", ProblemCode.NOT_HELD)

    def is_held() -> None:
        _check_held(permissions, authority, "the key would have {}", "permissions")

    check_all(does_something, is_held, ends_in_time)


def _check_held(
    wanted: Permission, authority: Authority, what: str, field: str
) -> None:
    """Raise Rejected unless all that is handed on is had; `what` names the rest."""
    if beyond := wanted & ~authority.permissions:
        words = what.format(permissions_in_words(beyond))
        message = f"{words}, which you don't have yourself: ask somebody who has"
        raise refused(message, field, ProblemCode.NOT_HELD)


def refused(
    message: str, field: str, code: ProblemCode = ProblemCode.INVALID_VALUE
) -> Rejected:
    """What is wrong with one field."""
    return Rejected([Problem(code, message, (field,))])
