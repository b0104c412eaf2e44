"""How a subscription waits for changes of a store."""

import asyncio
from collections.abc import AsyncGenerator

from daybook.db.changes import Changes

LIFE_SECONDS = 3_600
"""A subscription completes after so long; who subscribes again misses nothing."""


async def each_change(changes: Changes) -> AsyncGenerator[None, None]:
    """Now, and each time that something was committed, until a subscription ends."""
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
