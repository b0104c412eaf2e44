"""Sums that are kept in the process: those of a ledger at a recording never change.

They are asked for again by each page of a report, and many of them take long to read.
They are dropped after a while, so that a row changed behind the program's back shows.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from math import inf
from time import monotonic
from typing import Any, TypeAlias, TypeVar, cast
from weakref import WeakKeyDictionary, WeakValueDictionary

from sqlalchemy.ext.asyncio import AsyncSession

Value = TypeVar("Value")

KEPT_MAX = 64
"""How many sums are kept for a database."""
FIGURES_MAX = 2_048
"""How many figures are kept for a database, some kilobytes each with its key."""
KEPT_SECONDS = 300

_Kept: TypeAlias = OrderedDict[Hashable, tuple[float, Any]]

_kept: WeakKeyDictionary[Any, _Kept] = WeakKeyDictionary()
_figures: WeakKeyDictionary[Any, _Kept] = WeakKeyDictionary()
_running: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()


async def keep_totals(
    session: AsyncSession, key: Hashable, read: Callable[[], Awaitable[Value]]
) -> Value:
    """Sums by a key that names all they depend on; read them if they aren't kept.

    Several who ask at the same time wait for one reading.
    """
    return await _Keeping(session, _kept, KEPT_MAX, key).value(read)


async def keep_figures(
    session: AsyncSession, key: Hashable, read: Callable[[], Awaitable[Value]]
) -> Value:
    """The same for a few numbers or names that each page shows.

    They are read in no time, but a page has many of them. They never take the place of
    sums that take long. Nobody may change what is returned.
    """
    keeping = _Keeping(session, _figures, FIGURES_MAX, key)
    if not keeping.is_fresh:
        # All who wait have a connection: else those who have one could wait for the
        # reader, and the reader for theirs.
        await session.connection()
    return await keeping.value(read)


def has_figures(session: AsyncSession, key: Hashable) -> bool:
    """Whether `keep_figures` has them, or reads them at the moment."""
    return _Keeping(session, _figures, FIGURES_MAX, key).is_known


class _Keeping:
    """What is kept by a key for a session's database."""

    def __init__(
        self,
        session: AsyncSession,
        all_kept: WeakKeyDictionary[Any, _Kept],
        most: int,
        key: Hashable,
    ) -> None:
        # A database's pool lives as long as its connections.
        self._pool = session.get_bind().engine.pool
        self._kept = all_kept.setdefault(self._pool, OrderedDict())
        self._most, self._key = most, key

    @property
    def is_fresh(self) -> bool:
        """Whether it is kept, and not for too long."""
        at, _ = self._kept.get(self._key, (-inf, None))
        return monotonic() - at <= KEPT_SECONDS

    @property
    def is_known(self) -> bool:
        """Whether it is kept, or is read at the moment."""
        return self.is_fresh or self._where in _running

    @property
    def _where(self) -> Hashable:
        return id(asyncio.get_running_loop()), id(self._pool), self._key

    async def value(self, read: Callable[[], Awaitable[Value]]) -> Value:
        """What is kept, or is read now and kept."""
        if not self.is_fresh:
            async with _running.setdefault(self._where, asyncio.Lock()):
                if not self.is_fresh:
                    self._kept[self._key] = (monotonic(), await read())
                    while len(self._kept) > self._most:
                        self._kept.popitem(last=False)
        self._kept.move_to_end(self._key)
        return cast("Value", self._kept[self._key][1])
