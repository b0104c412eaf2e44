"""Multipart uploads: a file is sent in parts, and appears when they are completed."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any, NamedTuple, NotRequired, TypedDict

from botocore.exceptions import ClientError

from daybook.storage.s3.client import code_of
from daybook.storage.s3.objects import MEDIA_TYPE, Place, checksum_of, some_at_once

PART_BYTES = 8 * 2**20
"""The bytes of a part."""
PART_BYTES_MIN = 5 * 2**20
"""The fewest that stores take, except for the last part."""
PARTS_MAX = 10_000
"""The most parts that stores take."""
WRITER = "daybook-writer"
"""The metadata with the name of the writer who published a file."""


class Part(TypedDict):
    """A part that was sent, as completing an upload names it.

    Of a part that it copied, not every store tells the SHA-256.
    """

    PartNumber: int
    ETag: str
    ChecksumSHA256: NotRequired[str]


class Source(NamedTuple):
    """All bytes of an object from `start` on, as it was when it had a tag."""

    place: Place
    tag: str
    start: int
    size: int


async def begin_upload(client: Any, place: Place, writer: str) -> str:
    """Begin an upload; return its id."""
    begun = await client.create_multipart_upload(
        **place.query,
        ChecksumAlgorithm="SHA256",
        ContentType=MEDIA_TYPE,
        Metadata={WRITER: writer},
    )
    return str(begun["UploadId"])


async def send_file(client: Any, place: Place, upload_id: str, file: int) -> list[Part]:
    """Send all of an open file in parts, some at a time.

    Even an empty file has a part.
    """
    size = os.fstat(file).st_size
    part_bytes = max(PART_BYTES, -(-size // PARTS_MAX))
    sent: list[Part] = []

    async def send(number: int) -> None:
        at = (number - 1) * part_bytes
        length = min(part_bytes, size - at)
        content = await asyncio.to_thread(_read, file, at, length)
        sent.append(await send_part(client, place, upload_id, number, content))

    await some_at_once(send, range(1, max(1, -(-size // part_bytes)) + 1))
    return sorted(sent, key=lambda part: part["PartNumber"])


def _read(file: int, at: int, length: int) -> bytes:
    content = os.pread(file, length, at)
    if len(content) < length:
        raise OSError("the file was cut while it was sent to the storage")
    return content


async def send_part(
    client: Any, place: Place, upload_id: str, number: int, content: bytes
) -> Part:
    """Send a part of a file with its SHA-256."""
    digest = await asyncio.to_thread(checksum_of, content)
    answer = await client.upload_part(
        **place.query,
        UploadId=upload_id,
        PartNumber=number,
        Body=content,
        ChecksumSHA256=digest,
    )
    return {
        "PartNumber": number,
        "ETag": answer["ETag"],
        "ChecksumSHA256": digest,
    }


async def copy_part(
    client: Any, place: Place, upload_id: str, number: int, source: Source
) -> Part | None:
    """Have the store copy a part of a file from an object; None if it refuses.

    Not every store can do that.
    """
    # Stores copy ranges of objects of more than 5 MiB only: this may be one of 5 MiB.
    span = {"CopySourceRange": f"bytes={source.start}-{source.size - 1}"}
    try:
        answer = await client.upload_part_copy(
            **place.query,
            UploadId=upload_id,
            PartNumber=number,
            CopySource=source.place.query,
            CopySourceIfMatch=source.tag,
            **(span if source.start else {}),
        )
    except ClientError:
        return None
    # A store that doesn't know the request takes it for one that sends no bytes.
    copied = answer.get("CopyPartResult", {})
    if "ETag" not in copied:
        return None
    part: Part = {"PartNumber": number, "ETag": copied["ETag"]}
    if "ChecksumSHA256" in copied:
        part["ChecksumSHA256"] = copied["ChecksumSHA256"]
    return part


async def complete_upload(
    client: Any, place: Place, upload_id: str, parts: list[Part], writer: str
) -> bool:
    """Publish the file of an upload; return False if somebody aborted it.

    It may be called again: whether the writer's file is there by then is asked.
    """
    try:
        await client.complete_multipart_upload(
            **place.query, UploadId=upload_id, MultipartUpload={"Parts": parts}
        )
    except ClientError as error:
        if code_of(error) != "NoSuchUpload":
            raise
        return await _is_published(client, place, writer)
    return True


async def _is_published(client: Any, place: Place, writer: str) -> bool:
    """Whether an earlier request completed the upload, whose answer was lost."""
    try:
        found = await client.head_object(**place.query)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return False
        raise
    return bool(found["Metadata"].get(WRITER) == writer)


async def abort_upload(client: Any, place: Place, upload_id: str) -> None:
    """Drop an upload and what was sent of it; it may be gone already."""
    try:
        await client.abort_multipart_upload(**place.query, UploadId=upload_id)
    except ClientError as error:
        if code_of(error) != "NoSuchUpload":
            raise


async def uploads_below(
    client: Any, bucket: str, prefix: str
) -> AsyncIterator[tuple[Place, str]]:
    """All uploads that are neither complete nor aborted, with their ids."""
    pages = client.get_paginator("list_multipart_uploads")
    async for page in pages.paginate(Bucket=bucket, Prefix=prefix):
        for upload in page.get("Uploads", ()):
            yield Place(bucket, upload["Key"]), upload["UploadId"]
