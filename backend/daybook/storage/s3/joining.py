"""A part of a file in a bucket that is joined from bytes and pieces.

Each piece is an object beside the file. It is read once, to be hashed; a large one
becomes a part of the upload by a copy that the store makes of it, and is not sent
again. Small pieces, and what is between pieces, are sent together.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from hashlib import sha256
from typing import Any

from daybook.storage.rules import missing_piece, wrong_piece
from daybook.storage.s3.client import Access
from daybook.storage.s3.objects import AT_ONCE, Place
from daybook.storage.s3.reading import Object
from daybook.storage.s3.uploads import (
    PART_BYTES_MIN,
    Part,
    Source,
    copy_part,
    send_part,
)


class S3Joining:
    """Adds to an upload that was begun; some requests are under way at a time."""

    def __init__(
        self,
        access: Access,
        place: Place,
        upload_id: str,
        piece: Callable[[int], Place],
        keep: Callable[[list[Part]], None],
    ) -> None:
        self._access, self._place, self._upload_id = access, place, upload_id
        self._piece, self._keep = piece, keep
        self._sha256 = sha256(usedforsecurity=False)
        self._size = 0
        self._held = bytearray()
        """What isn't sent yet: too little for a part."""
        self._parts: list[Part] = []
        self._under_way: deque[Future[Part]] = deque()
        self._copies = True
        """Whether the store may be asked to copy: it hasn't refused that yet."""

    def add(self, content: bytes) -> None:
        """Add some bytes, which are sent as soon as there are enough."""
        self._hash(content)
        self._hold(content)

    def add_piece(self, index: int, size: int) -> None:
        """Read and hash a piece, and have the store copy it if it is large enough."""
        place = self._piece(index)
        try:
            piece = Object(self._access, place)
        except FileNotFoundError:
            raise missing_piece(index) from None
        with piece:
            if piece.size != size:
                raise wrong_piece(index, piece.size, size)
            content = piece.read_all()
        self._hash(content)
        # What is held becomes a part with the piece's beginning, if enough is left.
        start = PART_BYTES_MIN - len(self._held) if self._held else 0
        if size - start < PART_BYTES_MIN:
            self._hold(content)
            return
        self._hold(content[:start])
        self._copy(Source(place, piece.tag, start, size), content)

    def finish(self) -> tuple[int, bytes]:
        """Send the rest, and wait until everything is sent; return its size and hash.

        Even an empty file has a part.
        """
        if self._held or not (self._parts or self._under_way):
            self._send_held()
        while self._under_way:
            self._wait()
        self._keep(self._parts)
        return self._size, self._sha256.digest()

    def close(self) -> None:
        """End the requests that are under way."""
        for request in self._under_way:
            request.cancel()

    def _hash(self, content: bytes) -> None:
        self._sha256.update(content)
        self._size += len(content)

    def _hold(self, content: bytes) -> None:
        """Keep some bytes until there are enough for a part; then send all of them."""
        self._held += content
        if len(self._held) >= PART_BYTES_MIN:
            self._send_held()

    def _send_held(self) -> None:
        content = bytes(self._held)
        self._held.clear()

        async def send(client: Any, number: int) -> Part:
            where = (client, self._place, self._upload_id, number)
            return await send_part(*where, content)

        self._start(send)

    def _copy(self, source: Source, content: bytes) -> None:
        """Have the store copy the end of a piece; if it refuses, send its bytes."""

        async def copy(client: Any, number: int) -> Part:
            where = (client, self._place, self._upload_id, number)
            copied = await copy_part(*where, source) if self._copies else None
            if copied is not None:
                return copied
            self._copies = False
            return await send_part(*where, content[source.start :])

        self._start(copy)

    def _start(self, request: Callable[[Any, int], Awaitable[Part]]) -> None:
        """Begin the request of the next part, once few enough are under way."""
        while len(self._under_way) >= AT_ONCE:
            self._wait()
        number = len(self._parts) + len(self._under_way) + 1
        started = self._access.start(lambda client: request(client, number))
        self._under_way.append(started)

    def _wait(self) -> None:
        """Wait for the oldest request, so that parts are in their order."""
        self._parts.append(self._under_way.popleft().result())
