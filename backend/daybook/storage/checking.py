"""Whether a stored file is still what was stored."""

from collections.abc import Callable
from hashlib import sha256
from typing import BinaryIO

from daybook.db.failures import DatabaseOutage
from daybook.numbers import counted

PIECE_BYTES = 2**20
MISSING = "is missing"


def wrong_file(
    open_file: Callable[[], BinaryIO], expected_bytes: int, expected_sha256: bytes
) -> str | None:
    """How a file differs from what was stored, in words; None if it doesn't.

    It reads the whole file: call it in a thread.
    """
    try:
        with open_file() as stream:
            size, digest = 0, sha256()
            while piece := stream.read(PIECE_BYTES):
                size += len(piece)
                digest.update(piece)
    except FileNotFoundError:
        return MISSING
    except DatabaseOutage:  # a store that doesn't answer says nothing about its files
        raise
    except OSError as failed:
        return f"can't be read: {failed.strerror or failed}"
    if size != expected_bytes:
        found = counted(size, "byte")
        return f"was changed: it has {found} instead of {expected_bytes:,}"
    if digest.digest() != expected_sha256:
        return "was changed: its SHA-256 is another"
    return None
