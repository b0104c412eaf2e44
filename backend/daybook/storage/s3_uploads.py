"""Multipart uploads: a file is sent in parts, and appears when they are completed."""

import asyncio
import os
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from typing import Any, NamedTuple, TypedDict

from botocore.exceptions import ClientError

from daybook.storage.s3_client import code_of

PART_BYTES = 8 * 2**20
"""The bytes of a part; stores take at least 5 MiB, except for the last part."""
PARTS_MAX = 10_000
"""The most parts that stores take."""
AT_ONCE = 3
"""How many parts of a file are sent at a time: each is in memory meanwhile."""
WRITER = "daybook-writer"
"""The metadata with the name of the writer who published a file."""


class Part(TypedDict):
    """A part that was sent, as completing an upload names it."""

    PartNumber: int
    ETag: str
    ChecksumSHA256: str


class Place(NamedTuple):
    """The name of a file in its bucket."""

    bucket: str
    name: str

    @property
    def query(self) -> dict[str, str]:
        """The arguments of requests about the file."""
        return {"Bucket": self.bucket, "Key": self.name}


async def begin_upload(client: Any, place: Place, writer: str) -> str:
    """Begin an upload; return its id."""
    begun = await client.create_multipart_upload(
        **place.query,
        ChecksumAlgorithm="SHA256",
        ContentType="application/octet-stream",
        Metadata={WRITER: writer},
    )
    return str(begun["UploadId"])


async def send_parts(
    client: Any, place: Place, upload_id: str, file: int
) -> list[Part]:
    """Send all of an open file, some parts at a time; each with its SHA-256.

    Even an empty file has a part.
    """
    size = os.fstat(file).st_size
    part_bytes = max(PART_BYTES, -(-size // PARTS_MAX))
    numbers = iter(range(1, max(1, -(-size // part_bytes)) + 1))
    sent: list[Part] = []

    async def send(numbers: Iterator[int]) -> None:
        for number in numbers:
            at = (number - 1) * part_bytes
            length = min(part_bytes, size - at)
            content, digest = await asyncio.to_thread(_read, file, at, length)
            answer = await client.upload_part(
                **place.query,
                UploadId=upload_id,
                PartNumber=number,
                Body=content,
                ChecksumSHA256=digest,
            )
            sent.append(
                {
                    "PartNumber": number,
                    "ETag": answer["ETag"],
                    "ChecksumSHA256": digest,
                }
            )

    tasks = [asyncio.create_task(send(numbers)) for _ in range(AT_ONCE)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return sorted(sent, key=lambda part: part["PartNumber"])


def _read(file: int, at: int, length: int) -> tuple[bytes, str]:
    content = os.pread(file, length, at)
    if len(content) < length:
        raise OSError("the file was cut while it was sent to the storage")
    return content, b64encode(sha256(content).digest()).decode()


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
