"""Idempotency keys: which are valid, and when two requests are the same. Pure."""

import json
from collections.abc import Mapping
from hashlib import sha256

from daybook.errors import Problem, ProblemCode, Rejected

KEY_MAX = 200
FIELD = "idempotencyKey"


def request_hash(operation: str, content: Mapping[str, object]) -> bytes:
    """The hash of an operation and its arguments: JSON values, and days as numbers."""
    text = json.dumps([operation, content], sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).digest()


def check_key(key: str) -> None:
    """Raise Rejected for an invalid key."""
    if not 1 <= len(key) <= KEY_MAX or not key.isprintable():
        message = f"a key has 1 to {KEY_MAX} printable characters"
        raise Rejected([Problem(ProblemCode.INVALID_VALUE, message, (FIELD,))])


def used_otherwise() -> Rejected:
    """A rejection of a key that was used for another request."""
    message = (
        "the key was used for another request: send what was sent with it, or a new key"
    )
    return Rejected([Problem(ProblemCode.KEY_USED, message, (FIELD,))])
