"""API keys, for the pages that list and make them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from daybook.calendar import day_text, parse_day
from daybook.clock import day_at, end_of, real_now
from daybook_web.kit.results import Result

KEY_LIFE = timedelta(days=365)
"""The longest life of a key, which forms offer."""


@dataclass(frozen=True, slots=True)
class ApiKey(Result):
    """A key, without its secret."""

    id: str
    name: str
    ending: str
    permissions: tuple[str, ...]
    created_by: str | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    @property
    def revocation_url(self) -> str:
        """The page that asks before it is revoked."""
        return f"/access?{urlencode({'ask': 'revoke', 'key': self.id})}"


@dataclass(frozen=True, slots=True)
class ApiKeys(Result):
    """The first keys, and how many there are."""

    total_count: int
    nodes: tuple[ApiKey, ...]


@dataclass(frozen=True, slots=True)
class NewKey(Result):
    """The created key."""

    name: str


@dataclass(frozen=True, slots=True)
class CreateApiKey(Result):
    """The mutation's payload; the secret is None if its form was sent before."""

    api_key: NewKey
    secret: str | None


@dataclass(frozen=True, slots=True)
class Secret:
    """A link or a key that is shown once, and what it is for."""

    words: str
    text: str

    @classmethod
    def of_key(cls, payload: CreateApiKey) -> "Secret | None":
        """A key that was made; None if its form was sent before."""
        if payload.secret is None:
            return None
        words = f"The key {payload.api_key.name}. Copy it now: it is shown only once."
        return cls(words, payload.secret)


def shown_before(payload: CreateApiKey) -> str:
    """What is said of a key whose form was sent again."""
    return f"The key {payload.api_key.name} was made; it is shown once."


def last_day_of_keys(time_zone: str) -> str:
    """The last day that a key may have, in a zone."""
    return day_text(day_at(real_now() + KEY_LIFE, time_zone))


def end_of_day(text: str, time_zone: str) -> str:
    """The last second of a day in a zone, as a moment; or the text, if it is no day."""
    try:
        end = end_of(parse_day(text), time_zone)
    except ValueError:
        return text
    return (end - timedelta(seconds=1)).isoformat()


def once_of(form: Mapping[str, str], name: str) -> str | None:
    """A form's idempotency key: the same when the form is sent again."""
    word = form.get("once", "")
    return f"{name} {word}" if word else None
