"""Webhooks: their events, their endpoints, and when a delivery is tried again. Pure."""

import json
import random
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import IntEnum, IntFlag
from secrets import token_bytes
from urllib.parse import urlsplit

from daybook.errors import Problem, ProblemCode, Rejected
from daybook.outbound.rules import ALLOW, Allowed, address_of, is_public

ENDPOINTS_MAX = 20
"""How many endpoints an organisation has at most."""
URL_MAX = 2_000
DESCRIPTION_MAX = 200
SECRET_BYTES = 32
FORMER_SIGNS = timedelta(hours=24)
"""How long former secrets sign beside the one that took their place."""
FORMER_MAX = 4
"""How many of them do: those of the last rotations."""
RETRIES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long a delivery waits after each failed attempt; then it has failed."""
JITTER = 0.1
"""By what fraction a wait may be longer or shorter, so that retries spread out."""
DISABLED_AFTER = timedelta(days=5)
"""An endpoint is disabled once all its attempts have failed for this long."""
KEPT = timedelta(days=30)
"""How long deliveries that ended are kept, and can be replayed."""
SECONDS_MAX = 10
"""How long an attempt may take in all."""
GONE = 410
"""The status with which an endpoint asks for no further events."""


class Events(IntFlag):
    """Kinds of events that an endpoint may receive; the numbers are stored."""

    EXPORT_READY = 1
    EXPORT_FAILED = 2
    LEDGER_CHANGED = 4
    LOCK_CHANGED = 8


class MessageKind(IntEnum):
    """The event that a message is about; the number is stored."""

    EXPORT_READY = int(Events.EXPORT_READY)
    EXPORT_FAILED = int(Events.EXPORT_FAILED)
    LEDGER_CHANGED = int(Events.LEDGER_CHANGED)
    LOCK_CHANGED = int(Events.LOCK_CHANGED)
    TEST = 64
    """Sent by the test button, whichever events the endpoint receives."""

    @property
    def type(self) -> str:
        """The name in messages, such as `export.ready`."""
        if self is MessageKind.TEST:
            return "webhook.test"
        return self.name.lower().replace("_", ".")


class DeliveryState(IntEnum):
    """The state of a delivery; the number is stored."""

    PENDING = 1
    DELIVERED = 2
    FAILED = 3


def event_names(events: Events) -> list[str]:
    """Names of kinds of events, as messages have them, in order."""
    return [MessageKind(int(each)).type for each in Events if each in events]


def events_named(names: Iterable[str]) -> Events:
    """Kinds of events by their names in messages; raises Rejected."""
    known = {MessageKind(int(each)).type: each for each in Events}
    events = Events(0)
    for name in names:
        if name not in known:
            message = f"{name!r} is not one of {', '.join(known)}"
            raise Rejected([Problem(ProblemCode.INVALID_VALUE, message, ("events",))])
        events |= known[name]
    return events


def new_secret() -> str:
    """A secret as Standard Webhooks writes them."""
    return f"whsec_{b64encode(token_bytes(SECRET_BYTES)).decode()}"


def check_endpoint(
    url: str, description: str, events: Events, allowed: Allowed
) -> None:
    """Raise Rejected with every problem of an endpoint."""
    problems = []
    if found := _wrong_url(url, allowed):
        problems.append(Problem(ProblemCode.INVALID_VALUE, found, ("url",)))
    if len(description) > DESCRIPTION_MAX or not (
        description.isprintable() and description == description.strip()
    ):
        message = f"must be one line of up to {DESCRIPTION_MAX} characters"
        problems.append(Problem(ProblemCode.INVALID_VALUE, message, ("description",)))
    if not events:
        message = "choose at least one kind of events"
        problems.append(Problem(ProblemCode.MISSING, message, ("events",)))
    if problems:
        raise Rejected(problems)


def _wrong_url(url: str, allowed: Allowed) -> str | None:
    """What is wrong with an address; names are resolved only when it is called."""
    form = "must be an address such as https://hooks.example.com/daybook"
    if len(url) > URL_MAX or not (url.isascii() and url.isprintable()) or " " in url:
        return f"{form}, of up to {URL_MAX} characters; percent-encode others"
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError unless it is a number
    except ValueError:
        return form
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return form
    if "@" in parts.netloc:
        return "must have no user name and password: webhooks are signed instead"
    if parts.fragment:
        return "must have no fragment (what follows #)"
    return _refused_host(parts.hostname, parts.scheme, allowed)


def _refused_host(host: str, scheme: str, allowed: Allowed) -> str | None:
    """Why a host must not be called, as far as its name shows."""
    address = address_of(host)
    if allowed.allows(host, address):
        return None
    if address is not None and not is_public(address):
        return (
            f"{host} is not an address of the public internet: an operator can allow"
            f" it in {ALLOW}"
        )
    # An allowed network may have the address that a name turns out to have.
    may_be_allowed = address is None and allowed.networks
    if scheme == "http" and not may_be_allowed:
        return f"must begin with https://, or an operator can allow it in {ALLOW}"
    return None


def host_of(url: str) -> str:
    """The host of an endpoint's address: the rest may hold a password."""
    return urlsplit(url).hostname or ""


def message_text(
    kind: MessageKind, made_at: datetime, data: Mapping[str, object]
) -> str:
    """A message as it is signed and sent: JSON with type, time stamp and data."""
    moment = made_at.astimezone(UTC).isoformat(timespec="seconds")
    content = {
        "type": kind.type,
        "timestamp": moment.replace("+00:00", "Z"),
        "data": data,
    }
    return json.dumps(content, separators=(",", ":"))


def next_attempt(
    failed: int, now: datetime, draw: Callable[[], float] = random.random
) -> datetime | None:
    """When a delivery is tried again after so many failed attempts; None for never.

    `draw` gives numbers from 0 to 1.
    """
    if failed > len(RETRIES):
        return None
    factor = 1 + JITTER * (2 * draw() - 1)
    return now + RETRIES[failed - 1] * factor
