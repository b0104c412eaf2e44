"""Objects of a bucket: keeping, listing and deleting them, some at a time."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

Item = TypeVar("Item")

AT_ONCE = 3
"""How many requests about a file are made at a time: each has its bytes in memory."""
MEDIA_TYPE = "application/octet-stream"


class Place(NamedTuple):
    """The name of an object in its bucket."""

    bucket: str
    name: str

    @property
    def query(self) -> dict[str, str]:
        """The arguments of requests about the object."""
        return {"Bucket": self.bucket, "Key": self.name}


async def keep_object(client: Any, place: Place, content: bytes) -> None:
    """Send an object in one request, with its SHA-256."""
    digest = await asyncio.to_thread(checksum_of, content)
    await client.put_object(
        **place.query, Body=content, ChecksumSHA256=digest, ContentType=MEDIA_TYPE
    )


async def objects_below(client: Any, bucket: str, prefix: str) -> AsyncIterator[Place]:
    """All objects whose names begin so."""
    pages = client.get_paginator("list_objects_v2")
    async for page in pages.paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", ()):
            yield Place(bucket, found["Key"])


async def delete_objects(client: Any, places: Iterable[Place]) -> None:
    """Delete objects; they may be gone already."""

    # One request for each: not every store takes one for many.
    async def delete(place: Place) -> None:
        await client.delete_object(**place.query)

    await some_at_once(delete, places)


async def some_at_once(
    work: Callable[[Item], Awaitable[None]], items: Iterable[Item]
) -> None:
    """Do work for all items, `AT_ONCE` at a time; what it raises ends all of it."""
    rest = iter(items)

    async def go_on() -> None:
        for item in rest:
            await work(item)

    tasks = [asyncio.create_task(go_on()) for _ in range(AT_ONCE)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def checksum_of(content: bytes) -> str:
    """The SHA-256 of a body, as stores write it."""
    return b64encode(sha256(content).digest()).decode()
