"""Waiting for changes of a store, for subscriptions."""

import asyncio
from collections.abc import AsyncGenerator

from daybook.db.changes import ChangeFeed

LIFE_SECONDS = 3_600
"""When a subscription completes; subscribing again misses nothing."""


async def each_change(changes: ChangeFeed) -> AsyncGenerator[None, None]:
    """Yield now, and after each commit, until the subscription's life ends."""
    end = asyncio.get_running_loop().time() + LIFE_SECONDS
    async with changes.waiting() as changed:
        while not changes.has_ended:
            changed.clear()
            yield
            try:
                async with asyncio.timeout_at(end):
                    await changed.wait()
            except TimeoutError:
                return
