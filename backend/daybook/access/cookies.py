"""Signed cookies: known devices, and invitees who may answer an invitation.

A known device signs nobody in. It has its own budget of attempts, so that guessing
strangers can't lock a user out of their own browser. Whatever ends a user's sessions
also ends their known devices.

An invitee is a user whom the provider vouched for and who is not a member yet: they may
accept or decline an invitation, and nothing else.
"""

import json
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Any, NamedTuple

from daybook.access.rules import DEVICE_LIFE, INVITEE_LIFE, Invitee
from daybook.secrets import Secrets, SignaturePurpose

ID_BYTES = 12


class Device(NamedTuple):
    """A browser that a user signed in with."""

    user_id: int
    sign_ins_from: int
    """The user's number then: when it changes, the device is no longer known."""
    id: str

    def is_of(self, user_id: int, sign_ins_from: int | None) -> bool:
        """Whether it is a device of a user with this present `sign_ins_from`."""
        return (self.user_id, self.sign_ins_from) == (user_id, sign_ins_from)


def device_of(
    credentials: Device | None, user_id: int, sign_ins_from: int | None
) -> Device | None:
    """The presented device, if it belongs to a user with this `sign_ins_from`."""
    is_theirs = credentials is not None and credentials.is_of(user_id, sign_ins_from)
    return credentials if is_theirs else None


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
        SignaturePurpose.DEVICE, json.dumps([user_id, sign_ins_from, id_, until])
    )


def known_device(secrets: Secrets, cookie: str, now: datetime) -> Device | None:
    """The device of a cookie; None if it has expired or its signature is wrong."""
    found = _held(secrets.verify(SignaturePurpose.DEVICE, cookie), now)
    # Cookies of earlier versions have no `sign_ins_from`.
    return Device(*found) if len(found) == len(Device._fields) else None


def invitee_cookie(secrets: Secrets, invitee: Invitee, now: datetime) -> str:
    """The cookie of an invitee, valid for some minutes."""
    until = int((now + INVITEE_LIFE).timestamp())
    return secrets.sign(SignaturePurpose.INVITEE, json.dumps([*invitee, until]))


def invitee_of(secrets: Secrets, cookie: str, now: datetime) -> Invitee | None:
    """The invitee of a cookie; None if it has expired or its signature is wrong."""
    found = _held(secrets.verify(SignaturePurpose.INVITEE, cookie), now)
    return Invitee(*found) if found else None


def _held(signed: str | None, now: datetime) -> list[Any]:
    """The signed values without the expiry; empty once that has passed."""
    if signed is None:
        return []
    *values, until = json.loads(signed)
    return values if datetime.fromtimestamp(until, UTC) > now else []
