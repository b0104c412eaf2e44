"""The result of the operation `Access`."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from daybook_web.kit.api_keys import ApiKeys
from daybook_web.kit.results import Result


@dataclass(frozen=True, slots=True)
class User(Result):
    """A user; an invitation that is not accepted has no `accepted_at`."""

    id: str
    email: str
    name: str
    role: str
    has_password: bool
    joined_at: datetime
    accepted_at: datetime | None
    link_expires_at: datetime | None

    @property
    def removal_url(self) -> str:
        """The page that asks before they are removed."""
        return f"/access?{urlencode({'ask': 'remove', 'user': self.id})}"


@dataclass(frozen=True, slots=True)
class Users(Result):
    """The first users, and how many there are."""

    total_count: int
    nodes: tuple[User, ...]


@dataclass(frozen=True, slots=True)
class Access(Result):
    """The users and the keys of an organisation."""

    users: Users
    api_keys: ApiKeys
