"""What is signed for somebody's browser: that it is known, and who may say yes.

A known device lets nobody in. Attempts from there have a budget of their own, so that
strangers who guess can't lock somebody out of their own browser. What ends somebody's
sessions ends their known devices too.

An invitee is somebody whom the provider vouched for and who belongs nowhere yet: they
may say yes to an invitation, or no, and do nothing else.
"""

import json
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Any, NamedTuple

from daybook.access.rules import DEVICE_LIFE, INVITEE_LIFE, Invitee
from daybook.secrets import Purpose, Secrets

ID_BYTES = 12


class Device(NamedTuple):
    """A browser that a user signed in with."""

    user_id: int
    sign_ins_from: int
    """The user's number then: once it is another, the device is nobody's."""
    id: str

    def is_of(self, user_id: int, sign_ins_from: int | None) -> bool:
        """Whether it is a user's own, whose number is this at present."""
        return (self.user_id, self.sign_ins_from) == (user_id, sign_ins_from)


def device_of(
    presented: Device | None, user_id: int, sign_ins_from: int | None
) -> Device | None:
    """The device that a browser presents, if it is a user's whose number is this."""
    is_theirs = presented is not None and presented.is_of(user_id, sign_ins_from)
    return presented if is_theirs else None


def device_cookie(
    secrets: Secrets,
    user_id: int,
    sign_ins_from: int,
    now: datetime,
    known: Device | None = None,
) -> str:
    """The cookie of a user's browser, for a year; a known one keeps its budget."""
    is_same = known is not None and known.user_id == user_id
    id_ = known.id if known is not None and is_same else token_urlsafe(ID_BYTES)
    until = int((now + DEVICE_LIFE).timestamp())
    return secrets.sign(
        Purpose.DEVICE, json.dumps([user_id, sign_ins_from, id_, until])
    )


def known_device(secrets: Secrets, cookie: str, now: datetime) -> Device | None:
    """The device whose cookie it is; None for one that isn't ours, or has ended."""
    found = _held(secrets.verify(Purpose.DEVICE, cookie), now)
    # Earlier versions signed no number.
    return Device(*found) if len(found) == len(Device._fields) else None


def invitee_cookie(secrets: Secrets, invitee: Invitee, now: datetime) -> str:
    """The cookie of an invitee, for some minutes."""
    until = int((now + INVITEE_LIFE).timestamp())
    return secrets.sign(Purpose.INVITEE, json.dumps([*invitee, until]))


def invitee_of(secrets: Secrets, cookie: str, now: datetime) -> Invitee | None:
    """Whose cookie it is; None for one that isn't ours, or has ended."""
    found = _held(secrets.verify(Purpose.INVITEE, cookie), now)
    return Invitee(*found) if found else None


def _held(signed: str | None, now: datetime) -> list[Any]:
    """What was signed, without its end; nothing once that is over."""
    if signed is None:
        return []
    *values, until = json.loads(signed)
    return values if datetime.fromtimestamp(until, UTC) > now else []
