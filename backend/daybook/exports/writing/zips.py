"""A zip archive as a stream of bytes, which are the same for the same members.

By the standard library: its archives on a stream that can't be rewound open in every
program, and depend on nothing but names and contents. Packages that stream archives
(stream-zip, zipstream-ng) pull each member from an iterator of its own; here members
are written as units come, and their hashes are needed before the last one is made.
"""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from hashlib import sha256
from typing import IO, NamedTuple
from zipfile import ZIP64_LIMIT, ZIP_DEFLATED, ZipFile

LEVEL = 1
"""As for compressed files: lines are so alike that more effort saves little."""
THREAD_BYTES = 2**17
"""From this size on, a thread compresses while the next piece is rendered."""
ROW_BYTES_MAX = 2**15
"""No row is longer: it has a few texts, of up to a thousand characters each."""
_UNIX, _READABLE = 3, 0o644 << 16


class Member(NamedTuple):
    """The size and hash of a member's contents."""

    size: int
    sha256: bytes


class _Written:
    """Keeps what is written until it is taken; it can't be rewound."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._held.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """All is here already."""

    def take(self) -> bytes:
        taken = b"".join(self._held)
        self._held.clear()
        return taken


class ZipStream:
    """Writes members in turn; `write` and `finish` give the archive's bytes.

    Members are dated 1980-01-01. Nothing is kept but the list of them.
    """

    def __init__(self) -> None:
        self._written = _Written()
        self._zip = ZipFile(  # type: ignore[call-overload]  # it needs no more of a file
            self._written,
            "w",
            ZIP_DEFLATED,
            compresslevel=LEVEL,
        )
        self._member: IO[bytes] | None = None
        self._size, self._hash = 0, sha256(usedforsecurity=False)
        self._writing: Awaitable[None] | None = None

    def begin(self, name: str, *, may_be_large: bool) -> None:
        """Begin a member; `may_be_large` says that it may have more than 2 GiB."""
        assert self._member is None, "the last member has ended"
        self._member = self._zip.open(name, "w", force_zip64=may_be_large)
        self._size, self._hash = 0, sha256(usedforsecurity=False)

    async def write(self, piece: bytes) -> bytes:
        """Add bytes to the member, meanwhile if they are many; the bytes so far."""
        await self._settled()
        ready = self._written.take()
        self._size += len(piece)
        if len(piece) < THREAD_BYTES:
            self._add(piece)
        else:
            self._writing = asyncio.ensure_future(asyncio.to_thread(self._add, piece))
        return ready

    def _add(self, piece: bytes) -> None:
        assert self._member is not None, "a member has begun"
        self._hash.update(piece)
        self._member.write(piece)

    async def end(self) -> Member:
        """End the member."""
        await self._settled()
        assert self._member is not None, "a member has begun"
        self._member.close()
        self._member = None
        return Member(self._size, self._hash.digest())

    async def finish(self) -> bytes:
        """The last bytes, with the list of members."""
        for member in self._zip.infolist():
            # On other systems the library would write other values.
            member.create_system, member.external_attr = _UNIX, _READABLE
        self._zip.close()
        return self._written.take()

    async def close(self) -> None:
        """Release what is held, also if the archive isn't finished."""
        with suppress(asyncio.CancelledError):
            await self._settled()
        if self._member is not None:
            self._member.close()
        self._zip.close()

    async def _settled(self) -> None:
        """Wait until the last piece is written."""
        if self._writing is not None:
            writing, self._writing = self._writing, None
            await writing


def may_be_large(rows_most: int | None) -> bool:
    """Whether a member of so many rows may need the fields for more than 2 GiB."""
    return rows_most is None or rows_most * ROW_BYTES_MAX > ZIP64_LIMIT
