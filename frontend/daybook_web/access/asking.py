"""What the access page asks before somebody is removed, or a key is revoked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from daybook_web.access.results import Access, ApiKey, User


@dataclass(frozen=True, slots=True)
class Question:
    """What would be done, in words, and the form that does it.

    `form` names it, and `field` holds the id of what it is done to.
    """

    heading: str
    words: Sequence[str]
    form: str
    field: str
    id: str
    button: str

    @classmethod
    def of(cls, query: Mapping[str, str], found: Access) -> "Question | None":
        """What the page's address asks, `?ask=remove&user=…` or `?ask=revoke&key=…`.

        None for an address that asks nothing, or of somebody who isn't there.
        """
        if query.get("ask") == "remove":
            for user in found.users.nodes:
                if user.id == query.get("user"):
                    return _removal(user)
        if query.get("ask") == "revoke":
            for key in found.api_keys.nodes:
                if key.id == query.get("key") and key.revoked_at is None:
                    return _revocation(key)
        return None


def _removal(user: User) -> Question:
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
