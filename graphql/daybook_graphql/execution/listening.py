"""Waiting for changes of a store, for subscriptions."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

from daybook.db.changes import ChangeFeed

LIFE_SECONDS = 3_600
"""When a subscription completes; subscribing again misses nothing."""


async def each_change(
    changes: ChangeFeed, *others: ChangeFeed
) -> AsyncGenerator[None, None]:
    """Yield now, and after each commit, until the subscription's life ends.

    With `others`, commits of their stores count, too.
    """
    end = asyncio.get_running_loop().time() + LIFE_SECONDS
    async with AsyncExitStack() as waiting:
        changed = await waiting.enter_async_context(changes.waiting())
        for other in others:
            await waiting.enter_async_context(other.waiting(changed))
        while not changes.has_ended:
            changed.clear()
            yield
            try:
                async with asyncio.timeout_at(end):
                    await changed.wait()
            except TimeoutError:
                return
