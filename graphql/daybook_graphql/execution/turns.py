"""Turns of the operations of pages: a few at a time, in the order of arrival.

Fifty readers at once would each get a fiftieth of the process, and all would wait for
the last. In turns the first is answered first, and most wait half as long.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

AT_A_TIME = 4
"""So many that one works while others wait for the database."""
TURN_SECONDS = 0.1
"""A turn that takes longer ends, and its operation goes on beside the next ones: a slow
report must not hold up quick pages."""


class Turns:
    """The turns of one process."""

    def __init__(
        self, at_a_time: int = AT_A_TIME, turn_seconds: float = TURN_SECONDS
    ) -> None:
        self._free = asyncio.Semaphore(at_a_time)
        self._turn_seconds = turn_seconds

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, and keep it until the end or for `turn_seconds`."""
        await self._free.acquire()
        is_over = False

        def end() -> None:
            nonlocal is_over
            if not is_over:
                is_over = True
                self._free.release()

        ending = asyncio.get_running_loop().call_later(self._turn_seconds, end)
        try:
            yield
        finally:
            ending.cancel()
            end()
