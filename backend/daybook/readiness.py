"""What a server needs to be ready, as `/readyz` reports it."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from daybook.clock import now
from daybook.db.engine import Database
from daybook.db.failures import OUTAGES
from daybook.db.migrate import is_current
from daybook.ledger.clocks import is_clock_refused
from daybook.mail.transports import NotNow, smtp_of
from daybook.settings import Settings
from daybook.storage.places import exports_storage

logger = logging.getLogger(__name__)

READY = "ready"
SILENT = "does not answer"
CHECK_SECONDS = 15
"""How long a check may take."""
FOUND_SECONDS = 60
"""How long an answer of the mail server counts."""
STORAGE_FOUND_SECONDS = 1
"""How long an answer of the storage counts; a bucket is asked once a minute itself."""


class Check(NamedTuple):
    """What a server needs, by its name in `/readyz`, and what says how that is.

    Without something that `is_needed`, a server shouldn't get requests. Other states,
    such as the storage's, are only reported: pages work even if all servers lack it.
    """

    name: str
    state: Callable[[], Awaitable[str | None]]
    """READY, another state in a word or two, or None if there is nothing to report."""
    is_needed: bool = True


def readiness_checks(database: Database, settings: Settings) -> list[Check]:
    """The checks of a server: its database, the clock, the storage, the queue, mail."""
    storage = exports_storage(database, settings)

    async def database_state() -> str:
        try:
            return READY if await is_current(database) else "outdated"
        except OUTAGES:
            return "unreachable"

    async def clock_state() -> str | None:
        with suppress(*OUTAGES):
            if await is_current(database):
                is_refused = await is_clock_refused(database, now(settings))
                return "refused" if is_refused else None
        return None

    async def storage_state() -> str:
        room = await asyncio.to_thread(storage.room)
        return READY if room.is_writable else "not writable"

    async def queue_state() -> str | None:
        bus = database.runtime.live.bus
        return None if bus is None else bus.state()

    return [
        Check("database", database_state),
        Check("clock", clock_state),
        Check(
            "storage",
            _asked_seldom(storage_state, STORAGE_FOUND_SECONDS),
            is_needed=False,
        ),
        Check("queue", queue_state, is_needed=False),
        Check("mail", _mail_state(settings), is_needed=False),
    ]


def _mail_state(settings: Settings) -> Callable[[], Awaitable[str | None]]:
    """The state of the mail server, if there is one."""
    server = smtp_of(settings)

    async def state() -> str | None:
        if server is None:
            return None
        try:
            await server.check()
        except NotNow as failed:
            logger.warning("readiness: %s", failed)
            return "unreachable"
        return READY

    return _asked_seldom(state, FOUND_SECONDS)


def _asked_seldom(
    state: Callable[[], Awaitable[str | None]], seconds: float
) -> Callable[[], Awaitable[str | None]]:
    """A state that counts for so long, and that one request at a time asks for.

    Strangers may ask `/readyz` as often as they like: what is slow to answer isn't
    asked more often for that, and takes no thread from others.
    """
    asking = asyncio.Lock()
    asked_at, found = -math.inf, None

    async def seldom() -> str | None:
        nonlocal asked_at, found
        async with asking:
            if time.monotonic() - asked_at >= seconds:
                found = await state()
                asked_at = time.monotonic()
        return found

    return seldom


async def states_of(checks: Sequence[Check]) -> dict[str, str]:
    """The states of all checks that have one, by their names."""
    states = await asyncio.gather(*(_state(check) for check in checks))
    return {
        check.name: state
        for check, state in zip(checks, states, strict=True)
        if state is not None
    }


async def _state(check: Check) -> str | None:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check.state()
    except TimeoutError:
        return SILENT
