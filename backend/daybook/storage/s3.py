"""Files in a bucket of an S3-compatible store.

BUCKET/PREFIX/<key: its parts, with slashes between>     a file
a multipart upload of the same name                      before it is published
BUCKET/PREFIX/…                                          its pieces (`part_names`)

A part is written into a file without a name in the scratch folder, so nothing is left
of it when its process ends. Finishing it sends it as a multipart upload, which nobody
sees, and publishing only completes that. The scratch folder has a note for each part:
the upload's id, for the process that publishes, discards or tidies.
"""

import asyncio
import json
import logging
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar, cast
from urllib.parse import quote, unquote

from cachetools.func import ttl_cache

from daybook.bucket_url import BucketUrl, read_bucket_url
from daybook.storage.local import LocalStorage
from daybook.storage.part_names import is_part_of, piece_name, stored_as
from daybook.storage.rules import UNNAMED, PieceContent, Room, StorageKey, Stored
from daybook.storage.s3_client import Access
from daybook.storage.s3_file import open_object
from daybook.storage.s3_joining import S3Joining
from daybook.storage.s3_uploads import (
    Part,
    Place,
    abort_upload,
    begin_upload,
    checksum_of,
    complete_upload,
    send_file,
    some_at_once,
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


class _Upload(NamedTuple):
    """A note of an upload; `parts` is None until all of them are sent."""

    id: str
    parts: list[Part] | None


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

        async def prepare(client: Any) -> None:
            await self._abort_all(client, key)
            await self._remove_pieces(client, key)

        self._call(prepare)

    def open_aside(self, key: StorageKey, writer: str) -> BinaryIO:
        """Open a file without a name in the scratch folder."""
        self._notes.open_aside(key, writer).close()
        return cast("BinaryIO", tempfile.TemporaryFile(dir=self.scratch))

    def finish_aside(self, key: StorageKey, writer: str, stream: BinaryIO) -> None:
        """Send the part as a multipart upload."""
        stream.flush()

        async def send(client: Any) -> None:
            place = self._place(key)
            upload_id = await begin_upload(client, place, writer)
            self._note(key, writer, _Upload(upload_id, None))
            parts = await send_file(client, place, upload_id, stream.fileno())
            self._note(key, writer, _Upload(upload_id, parts))

        self._call(send)

    def keep_piece(
        self, key: StorageKey, writer: str, index: int, content: PieceContent
    ) -> None:
        """Send the piece in one request, whatever its size: it is in memory anyway."""
        body = bytes(content) if isinstance(content, memoryview) else b"".join(content)
        place = self._piece(key, writer, index)

        async def send(client: Any) -> None:
            await client.put_object(
                **place.query,
                Body=body,
                ChecksumSHA256=checksum_of(body),
                ContentType="application/octet-stream",
            )

        self._call(send)

    def joining(self, key: StorageKey, writer: str) -> S3Joining:
        """Begin a multipart upload, to copy pieces into it."""
        self._notes.open_aside(key, writer).close()
        access, place = Access.of(self.url), self._place(key)
        upload_id = access.call(lambda client: begin_upload(client, place, writer))
        self._note(key, writer, _Upload(upload_id, None))
        return S3Joining(
            *(access, place, upload_id),
            piece=lambda index: self._piece(key, writer, index),
            keep=lambda parts: self._note(key, writer, _Upload(upload_id, parts)),
        )

    def publish(self, key: StorageKey, writer: str) -> bool:
        """Complete the upload."""
        upload = self._noted(key, writer)
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
        if writer.startswith(UNNAMED):
            upload_id = writer.removeprefix(UNNAMED)
        else:
            upload = self._noted(key, writer)
            upload_id = "" if upload is None else upload.id

        async def discard(client: Any) -> None:
            if upload_id:
                await abort_upload(client, self._place(key), upload_id)
            await self._remove_pieces(client, key, writer)

        self._call(discard)
        self._notes.discard(key, writer)

    def open(self, key: StorageKey) -> BinaryIO:
        """Open the file; it is read over the network, as far as it is read."""
        return open_object(Access.of(self.url), self._place(key))

    def remove(self, key: StorageKey) -> None:
        """Remove a file with its uploads, or everything below a folder."""
        assert key, "nobody removes everything"

        async def remove(client: Any) -> None:
            await self._abort_all(client, key)
            await self._remove_pieces(client, key)
            place = self._place(key)
            await client.delete_object(**place.query)
            below = [name async for name in self._names(client, f"{place.name}/")]
            await self._delete(client, below)

        self._call(remove)
        self._notes.remove(key)

    def stored(self) -> Iterator[Stored]:
        """All files and uploads of the bucket, and all notes of this machine."""
        yield from self._notes.stored()
        yield from self._call(self._stored)

    async def _stored(self, client: Any) -> set[Stored]:
        prefix = f"{self.url.prefix}/" if self.url.prefix else ""
        files = {
            stored_as(tuple(name.removeprefix(prefix).split("/")))
            async for name in self._names(client, prefix)
        }
        uploads = {
            Stored(
                tuple(place.name.removeprefix(prefix).split("/")), f"{UNNAMED}{number}"
            )
            async for place, number in uploads_below(client, self.url.bucket, prefix)
        }
        return files | uploads

    async def _names(self, client: Any, prefix: str) -> AsyncIterator[str]:
        pages = client.get_paginator("list_objects_v2")
        async for page in pages.paginate(Bucket=self.url.bucket, Prefix=prefix):
            for found in page.get("Contents", ()):
                yield found["Key"]

    async def _abort_all(self, client: Any, key: StorageKey) -> None:
        """Abort the uploads of a file, or of everything below a folder."""
        name = self._place(key).name
        async for place, number in uploads_below(client, self.url.bucket, name):
            if place.name == name or place.name.startswith(f"{name}/"):
                await abort_upload(client, place, number)

    async def _remove_pieces(
        self, client: Any, key: StorageKey, writer: str | None = None
    ) -> None:
        """Remove the pieces of a file, of one writer or of all."""
        name = self._place(key).name
        folder = name.removesuffix(key[-1])
        pieces = [
            found
            async for found in self._names(client, f"{name}.")
            if is_part_of(found.removeprefix(folder), key[-1], writer)
        ]
        await self._delete(client, pieces)

    async def _delete(self, client: Any, names: Iterable[str]) -> None:
        # One request for each: not every store can be asked for many at once.
        async def delete(name: str) -> None:
            await client.delete_object(**Place(self.url.bucket, name).query)

        await some_at_once(delete, names)

    async def probe(self, client: Any) -> None:
        """Begin an upload and abort it, with what others left of theirs."""
        async with asyncio.timeout(PROBE_SECONDS):
            await begin_upload(client, self._place((PROBE,)), PROBE)
            await self._abort_all(client, (PROBE,))

    def _place(self, key: StorageKey) -> Place:
        assert all(part not in {"", ".", ".."} and "/" not in part for part in key), key
        name = "/".join((*filter(None, (self.url.prefix,)), *key))
        return Place(self.url.bucket, name)

    def _piece(self, key: StorageKey, writer: str, index: int) -> Place:
        return self._place((*key[:-1], piece_name(key[-1], writer, index)))

    def _call(self, work: Callable[[Any], Awaitable[Found]]) -> Found:
        return Access.of(self.url).call(work)

    @property
    def _notes(self) -> LocalStorage:
        """The notes, each in the place of a part."""
        return LocalStorage(self.scratch)

    def _note(self, key: StorageKey, writer: str, upload: _Upload) -> None:
        self._notes.part(key, writer).write_text(json.dumps(upload))

    def _noted(self, key: StorageKey, writer: str) -> _Upload | None:
        """The note of a part; None if there is none, or it isn't complete."""
        with suppress(FileNotFoundError, json.JSONDecodeError):
            return _Upload(*json.loads(self._notes.part(key, writer).read_bytes()))
        return None


@ttl_cache(maxsize=16, ttl=PROBED_SECONDS)
def _is_writable(storage: S3Storage) -> bool:
    try:
        Access.of(storage.url).call(storage.probe)
    except OSError as error:
        logger.warning("files can't be written: %s", error)
        return False
    return True
