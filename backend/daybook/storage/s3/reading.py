"""A file of a bucket as a stream to read from, anywhere in it."""

import io
from typing import Any, BinaryIO, cast

from daybook.storage.s3.client import FAILURES, Access, StorageOutage
from daybook.storage.s3.objects import Place

BUFFER_BYTES = 2**18
ATTEMPTS = 3
"""How often reading is begun again at the same byte after the connection broke."""


def open_object(access: Access, place: Place) -> BinaryIO:
    """Open a complete file; raises FileNotFoundError, and OSError."""
    return cast("BinaryIO", io.BufferedReader(Object(access, place), BUFFER_BYTES))


class Object(io.RawIOBase):
    """Reads from one answer as long as it is read in order, else from another.

    All answers are of the content that it had when it was opened.
    """

    def __init__(self, access: Access, place: Place) -> None:
        async def head(client: Any) -> Any:
            return await client.head_object(**place.query)

        found = access.call(head)
        self.size: int = found["ContentLength"]
        self.tag: str = found["ETag"]
        self._access, self._place = access, place
        self._at = 0
        self._body: Any = None
        """The answer being read, if there is one, and where it goes on."""
        self._body_at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}
        self._at = max(0, start[whence] + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        count = min(len(buffer), self.size - self._at)
        if count <= 0:
            return 0
        piece = self._access.call(lambda client: self._read(client, count))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def read_all(self) -> bytes:
        """All of the object, in few requests."""
        content = memoryview(bytearray(self.size))
        self.seek(0)
        while self._at < self.size:
            self.readinto(content[self._at :])
        return bytes(content)

    def close(self) -> None:
        """Let go of the connection; nobody waits for that."""
        if not self.closed:
            body, self._body = self._body, None
            if body is not None:
                self._access.begin(lambda: _dropped(body))
        super().close()

    async def _read(self, client: Any, count: int) -> bytes:
        """Read some bytes, at least one; a broken connection is opened again."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                body = await self._body_here(client)
                piece = bytes(await body.read(count))
            except FAILURES:
                await self._drop()
                if attempt == ATTEMPTS:
                    raise
                continue
            if piece:
                self._body_at += len(piece)
                return piece
            await self._drop()
        raise StorageOutage(
            "the storage gives less than the whole file: try again later"
        )

    async def _body_here(self, client: Any) -> Any:
        """The answer whose next byte is the one to read."""
        if self._body is None or self._body_at != self._at:
            await self._drop()
            found = await client.get_object(
                **self._place.query, Range=f"bytes={self._at}-", IfMatch=self.tag
            )
            self._body, self._body_at = found["Body"], self._at
        return self._body

    async def _drop(self) -> None:
        body, self._body = self._body, None
        if body is not None:
            await _dropped(body)


async def _dropped(body: Any) -> None:
    body.close()
