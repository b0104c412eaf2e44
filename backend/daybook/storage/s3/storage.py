"""The storage in a bucket.

BUCKET/PREFIX/<key: its parts, with slashes between>     a file
a multipart upload of the same name                      before it is published
BUCKET/PREFIX/…                                          its pieces (`part_names`)

A part is written into a file without a name in the scratch folder, so nothing is left
of it when its process ends, or joined from pieces. It becomes a multipart upload, which
nobody sees, and publishing only completes that. The scratch folder has a note of each
upload.
"""

import asyncio
import logging
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast
from urllib.parse import quote, unquote

from cachetools.func import ttl_cache

from daybook.bucket_url import BucketUrl, read_bucket_url
from daybook.storage.part_names import is_part_of, piece_name, stored_as
from daybook.storage.rules import UNNAMED, PieceContent, Room, StorageKey, Stored
from daybook.storage.s3.client import Access
from daybook.storage.s3.joining import S3Joining
from daybook.storage.s3.notes import Notes, Upload
from daybook.storage.s3.objects import (
    Place,
    delete_objects,
    keep_object,
    objects_below,
)
from daybook.storage.s3.reading import open_object
from daybook.storage.s3.uploads import (
    abort_upload,
    begin_upload,
    complete_upload,
    send_file,
    uploads_below,
)

Found = TypeVar("Found")

logger = logging.getLogger(__name__)

PROBE = "writable"
"""The name of an upload that is only begun, to see whether files can be written."""
PROBE_SECONDS = 10
"""How long that may take: a health check isn't held up by a store that is away."""
PROBED_SECONDS = 60
"""How long it is believed what was found then."""


@dataclass(frozen=True, slots=True)
class S3Storage:
    """The files below a bucket's folder; `scratch` is a folder of this machine."""

    url: BucketUrl
    scratch: Path

    @classmethod
    def at(cls, address: str) -> "S3Storage":
        """The storage with an address (`address`)."""
        url, _, scratch = address.partition("#")
        return cls(read_bucket_url(url), Path(unquote(scratch)))

    @property
    def address(self) -> str:
        """The folder's address and the path of the scratch folder, no credentials."""
        return f"{self.url}#{quote(str(self.scratch.absolute()))}"

    def room(self) -> Room:
        """Whether files can be written, by an upload begun within the last minute."""
        return Room(_is_writable(self), None)

    def prepare(self, key: StorageKey) -> None:
        """Create the note's folder, and remove other writers' uploads and pieces."""
        self._notes.prepare(key)
        self._call(lambda client: self._remove_parts(client, key))

    def open_aside(self, key: StorageKey, writer: str) -> BinaryIO:
        """Open a file without a name in the scratch folder."""
        self._notes.create(key, writer)
        return cast("BinaryIO", tempfile.TemporaryFile(dir=self.scratch))

    def finish_aside(self, key: StorageKey, writer: str, stream: BinaryIO) -> None:
        """Send the part as a multipart upload."""
        stream.flush()

        async def send(client: Any) -> None:
            place = self._place(key)
            upload_id = await begin_upload(client, place, writer)
            self._notes.write(key, writer, Upload(upload_id, None))
            parts = await send_file(client, place, upload_id, stream.fileno())
            self._notes.write(key, writer, Upload(upload_id, parts))

        self._call(send)

    def keep_piece(
        self, key: StorageKey, writer: str, index: int, content: PieceContent
    ) -> None:
        """Send the piece in one request, whatever its size: it is in memory anyway."""
        whole = bytes(content) if isinstance(content, memoryview) else b"".join(content)
        place = self._piece(key, writer, index)
        self._call(lambda client: keep_object(client, place, whole))

    def joining(self, key: StorageKey, writer: str) -> S3Joining:
        """Begin a multipart upload, to copy pieces into it."""
        self._notes.create(key, writer)
        place = self._place(key)
        upload_id = self._call(lambda client: begin_upload(client, place, writer))
        self._notes.write(key, writer, Upload(upload_id, None))
        return S3Joining(
            *(Access.of(self.url), place, upload_id),
            piece=lambda index: self._piece(key, writer, index),
            keep=lambda parts: self._notes.write(key, writer, Upload(upload_id, parts)),
        )

    def publish(self, key: StorageKey, writer: str) -> bool:
        """Complete the upload."""
        upload = self._notes.read(key, writer)
        if upload is None or upload.parts is None:
            return False
        place, (upload_id, parts) = self._place(key), (upload.id, upload.parts)
        is_published = self._call(
            lambda client: complete_upload(client, place, upload_id, parts, writer)
        )
        self._notes.discard(key, writer)
        return is_published

    def discard(self, key: StorageKey, writer: str) -> None:
        """Abort a writer's upload, and remove its pieces and its note."""
        place = self._place(key)
        if writer.startswith(UNNAMED):
            number = writer.removeprefix(UNNAMED)
            self._call(lambda client: abort_upload(client, place, number))
            return
        upload = self._notes.read(key, writer)

        async def discard(client: Any) -> None:
            if upload is not None:
                await abort_upload(client, place, upload.id)
            await self._remove_pieces(client, key, writer)

        self._call(discard)
        self._notes.discard(key, writer)

    def open(self, key: StorageKey) -> BinaryIO:
        """Open the file; it is read over the network, as far as it is read."""
        return open_object(Access.of(self.url), self._place(key))

    def remove(self, key: StorageKey) -> None:
        """Remove a file with its parts, or everything below a folder."""
        assert key, "nobody removes everything"
        place = self._place(key)

        async def remove(client: Any) -> None:
            await self._remove_parts(client, key)
            below = objects_below(client, place.bucket, f"{place.name}/")
            await delete_objects(client, [place, *[found async for found in below]])

        self._call(remove)
        self._notes.remove(key)

    def stored(self) -> Iterator[Stored]:
        """All files, parts and pieces in the bucket, and all notes of this machine."""
        yield from self._notes.stored()
        yield from self._call(self._stored)

    async def _stored(self, client: Any) -> set[Stored]:
        bucket, folder = self.url.bucket, self._place(()).name
        files = {
            stored_as(self._key(place))
            async for place in objects_below(client, bucket, folder)
        }
        uploads = {
            Stored(self._key(place), f"{UNNAMED}{number}")
            async for place, number in uploads_below(client, bucket, folder)
        }
        return files | uploads

    async def _remove_parts(self, client: Any, key: StorageKey) -> None:
        """Remove all uploads and pieces of a file, or all uploads below a folder."""
        await self._abort_uploads(client, key)
        await self._remove_pieces(client, key)

    async def _abort_uploads(self, client: Any, key: StorageKey) -> None:
        name = self._place(key).name
        async for place, number in uploads_below(client, self.url.bucket, name):
            if place.name == name or place.name.startswith(f"{name}/"):
                await abort_upload(client, place, number)

    async def _remove_pieces(
        self, client: Any, key: StorageKey, writer: str | None = None
    ) -> None:
        """Remove the pieces of a file, of one writer or of all."""
        bucket, name = self._place(key)
        beside = objects_below(client, bucket, f"{name}.")
        pieces = [
            place async for place in beside if is_part_of(self._key(place), key, writer)
        ]
        await delete_objects(client, pieces)

    async def probe(self, client: Any) -> None:
        """Begin an upload and abort it, with what others left of theirs."""
        async with asyncio.timeout(PROBE_SECONDS):
            await begin_upload(client, self._place((PROBE,)), PROBE)
            await self._abort_uploads(client, (PROBE,))

    def _place(self, key: StorageKey) -> Place:
        """Where a file is; for the empty key, how all names begin."""
        assert all(part not in {"", ".", ".."} and "/" not in part for part in key), key
        return Place(self.url.bucket, f"{self._prefix}{'/'.join(key)}")

    def _key(self, place: Place) -> StorageKey:
        return tuple(place.name.removeprefix(self._prefix).split("/"))

    @property
    def _prefix(self) -> str:
        return f"{self.url.prefix}/" if self.url.prefix else ""

    def _piece(self, key: StorageKey, writer: str, index: int) -> Place:
        return self._place((*key[:-1], piece_name(key[-1], writer, index)))

    def _call(self, work: Callable[[Any], Awaitable[Found]]) -> Found:
        return Access.of(self.url).call(work)

    @property
    def _notes(self) -> Notes:
        return Notes(self.scratch)


@ttl_cache(maxsize=16, ttl=PROBED_SECONDS)
def _is_writable(storage: S3Storage) -> bool:
    try:
        Access.of(storage.url).call(storage.probe)
    except OSError as error:
        logger.warning("files can't be written: %s", error)
        return False
    return True
