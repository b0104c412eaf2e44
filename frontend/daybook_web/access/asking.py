"""What the access page asks before somebody is removed, or a key is revoked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from daybook.access.rules import MemberRole
from daybook_web.access.results import Access, User
from daybook_web.kit.api_keys import ApiKey

ROLE_NAMES = frozenset(role.name for role in MemberRole)


@dataclass(frozen=True, slots=True)
class Question:
    """What would be done, in words, and the form that does it.

    `form` names it, and `field` holds the id of what it is done to; `role` is what a
    user would be. Without a `button` it isn't possible, and the words say why.
    """

    heading: str
    words: Sequence[str]
    form: str
    field: str
    id: str
    button: str
    role: str = ""

    @classmethod
    def of(
        cls, query: Mapping[str, str], found: Access, reader: str
    ) -> "Question | None":
        """What the page's address asks of a user or a key.

        `?ask=remove&user=…`, `?ask=role&user=…&role=…` or `?ask=revoke&key=…`. `reader`
        is the reader's e-mail address. None where the page's address asks nothing, or
        names somebody who isn't there.
        """
        for user in found.users.nodes:
            if user.id != query.get("user"):
                continue
            if query.get("ask") == "remove":
                return _removal(user, found, reader)
            if query.get("ask") == "role" and query.get("role") in ROLE_NAMES:
                return _new_role(user, query["role"], found)
        if query.get("ask") == "revoke":
            for key in found.api_keys.nodes:
                if key.id == query.get("key") and key.revoked_at is None:
                    return _revocation(key)
        return None


def asks_first(user: str, role: str, found: Access, reader: str) -> bool:
    """Whether a role is only given after a question: it takes something from oneself.

    `user` is the id of whose role it is.
    """
    its = next((member for member in found.users.nodes if member.id == user), None)
    is_theirs = its is not None and its.email == reader
    return is_theirs and its is not None and role in ROLE_NAMES and role != its.role


def _is_only_admin(user: User, found: Access) -> bool:
    """Whether nobody else could administer; an invited admin can't yet.

    Where not all users are loaded, the change itself says so.
    """
    admins = [
        member.id
        for member in found.users.nodes
        if member.role == MemberRole.ADMIN.name and member.accepted_at is not None
    ]
    return admins == [user.id] and found.users.total_count == len(found.users.nodes)


def _only_admin(user: User, what: str) -> Question:
    words = [
        "An organisation keeps one admin at the least: somebody has to let people in.",
        "Make somebody else an admin first, who has accepted their invitation.",
    ]
    return Question(f"{user.email} is the only admin: {what}", words, "", "", "", "")


def _new_role(user: User, role: str, found: Access) -> Question:
    name = role.capitalize()
    if _is_only_admin(user, found):
        return _only_admin(user, "the role can't be changed")
    words = [
        f"You are {_with_article(user.role)} now.",
        f"You may do at once only what the table below says of {name}.",
        "Only another admin can give you the role back.",
    ]
    its_role = _with_article(role)
    heading, button = f"Make yourself {its_role}?", f"Make me {its_role}"
    return Question(heading, words, "role", "user", user.id, button, role)


def _with_article(role: str) -> str:
    """A role for people: `an admin`."""
    word = role.lower()
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def _removal(user: User, found: Access, reader: str) -> Question:
    if _is_only_admin(user, found):
        return _only_admin(user, "they can't be removed")
    if user.email == reader:
        words = [
            "You are signed out of this organisation at once, in all browsers.",
            "What you did stays in the audit trail, with your name.",
            "Only another admin can let you in again.",
        ]
        heading, button = "Remove yourself?", "Remove myself"
        return Question(heading, words, "remove", "user", user.id, button)
    if user.accepted_at is None:
        heading = f"Take back the invitation of {user.email}?"
        words = ["The link that was made for them lets nobody in any more."]
        button = "Take back the invitation"
    else:
        heading = f"Remove {user.email}?"
        words = [
            "They are signed out of this organisation at once, in all browsers.",
            "What they did stays in the audit trail, with their name.",
        ]
        button = f"Remove {user.email}"
    words.append("To let them in later, invite them again.")
    return Question(heading, words, "remove", "user", user.id, button)


def _revocation(key: ApiKey) -> Question:
    words = [
        "Programs that use it are refused from now on.",
        "It can't be given back: make another key instead.",
    ]
    heading, button = f"Revoke the key {key.name}?", f"Revoke the key {key.name}"
    return Question(heading, words, "revoke", "key", key.id, button)
