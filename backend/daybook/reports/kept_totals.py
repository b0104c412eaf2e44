"""Sums that are kept in the process: those of a ledger at a recording never change.

They take long to read and are asked for again by each page of a report. They are
dropped after a while, so that a row changed behind the program's back shows.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from time import monotonic
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, WeakValueDictionary

from sqlalchemy.ext.asyncio import AsyncSession

Value = TypeVar("Value")

KEPT_MAX = 64
"""How many sums are kept for a database."""
KEPT_SECONDS = 300

_kept: WeakKeyDictionary[Any, "OrderedDict[Hashable, tuple[float, Any]]"]
_kept = WeakKeyDictionary()
_running: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()


async def keep_totals(
    session: AsyncSession, key: Hashable, read: Callable[[], Awaitable[Value]]
) -> Value:
    """Sums by a key that names all they depend on; read them if they aren't kept.

    Several who ask at the same time wait for one reading.
    """
    # A database's pool lives as long as its connections.
    pool = session.get_bind().engine.pool
    kept = _kept.setdefault(pool, OrderedDict())
    where = (id(asyncio.get_running_loop()), id(pool), key)
    lock = _running.setdefault(where, asyncio.Lock())
    async with lock:
        at, found = kept.get(key, (0.0, None))
        if key not in kept or monotonic() - at > KEPT_SECONDS:
            found = await read()
            kept[key] = monotonic(), found
            while len(kept) > KEPT_MAX:
                kept.popitem(last=False)
        value: Value = found
        return value
