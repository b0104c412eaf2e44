"""What the access page shows, and its forms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import ClassVar

from daybook.access.rules import NEVER_A_KEYS, ROLES, MemberRole, Permission
from daybook_web.access.asking import Question
from daybook_web.access.results import Access, User
from daybook_web.kit.api_keys import ApiKey, Secret
from daybook_web.kit.forms import Choice, Problem
from daybook_web.kit.rendering import View


@dataclass(frozen=True, slots=True)
class RoleChoice(Choice):
    """A role that a form offers, with its name alone where there is little room."""

    name: str


@dataclass(frozen=True, slots=True)
class RolePermission:
    """Something that may be done, and the roles that may do it."""

    words: str
    roles: Sequence[str]


@dataclass(frozen=True, slots=True)
class AccessForms:
    """The values of the forms' fields.

    `once` identifies a form of one page, which makes nothing when it is sent again.
    """

    once: str
    expires_on: str
    email: str = ""
    name: str = ""
    role: str = "VIEWER"
    key_name: str = ""

    def with_typed(self, form: Mapping[str, str]) -> "AccessForms":
        """The values, replaced with those that a form was sent with."""
        known = {
            field.name: form[field.name] for field in fields(self) if field.name in form
        }
        return replace(self, **known)


@dataclass(frozen=True, slots=True)
class AccessView(View):
    """An organisation's users and keys, and the forms that let others in."""

    page: ClassVar[str] = "access/access.html"
    fragment: ClassVar[str] = "access/_news.html"
    has_secret: ClassVar[bool] = True

    title: str
    users: Sequence[User]
    users_more: int
    keys: Sequence[ApiKey]
    keys_more: int
    roles: Sequence[RoleChoice]
    permissions: Sequence[Choice]
    permissions_of_roles: Sequence[RolePermission]
    question: Question | None
    record: str
    forms: AccessForms
    ticked: Sequence[str]
    secret: Secret | None
    saved: str
    problems: Sequence[Problem]

    @classmethod
    def of(  # noqa: PLR0913  (keyword-only, each a part of the page)
        cls,
        found: Access,
        *,
        forms: AccessForms,
        ticked: Sequence[str],
        question: Question | None,
        record: str,
        secret: Secret | None,
        saved: str,
        problems: Sequence[Problem],
    ) -> "AccessView":
        """The users and the keys, and what was typed into a form."""
        users, keys = found.users, found.api_keys
        return cls(
            title="Access",
            users=users.nodes,
            users_more=users.total_count - len(users.nodes),
            keys=keys.nodes,
            keys_more=keys.total_count - len(keys.nodes),
            roles=[
                RoleChoice(role.name, ROLE_WORDS[role], role.name.capitalize())
                for role in ROLES
            ],
            permissions=[
                Choice(str(permission.name), PERMISSION_WORDS[permission])
                for permission in Permission
                if permission not in NEVER_A_KEYS
            ],
            permissions_of_roles=[
                RolePermission(
                    words, [role.name for role in ROLES if permission in ROLES[role]]
                )
                for permission, words in PERMISSION_WORDS.items()
            ],
            question=question,
            record=record,
            forms=forms,
            ticked=ticked,
            secret=secret,
            saved=saved,
            problems=problems,
        )


ROLE_WORDS = {
    MemberRole.VIEWER: "Viewer: reads",
    MemberRole.ACCOUNTANT: "Accountant: imports documents, makes exports and writes"
    " manual journals too",
    MemberRole.CONTROLLER: "Controller: approves, closes periods and changes settings"
    " too",
    MemberRole.ADMIN: "Admin: lets people and programs in too",
}
PERMISSION_WORDS = {
    Permission.READ: "Read reports, documents and settings",
    Permission.EXPORT: "Make exports",
    Permission.RECORD: "Import and void documents",
    Permission.CLOSE: "Lock periods, change settings",
    Permission.ADMINISTER: "Let people and programs in",
    Permission.ADJUST: "Write and submit manual journals",
    Permission.APPROVE: "Approve what others submit or request",
    Permission.DATASET: "Load the general ledger's dataset, as Excel does",
}
"""What people and programs may be let do."""
