"""Results of the operations of pages, kept for as long as nothing can have changed.

A result is kept with the mark of its organisation from before it was read: the number
and hash of the last audit record, and the number of the last run. Whatever changes what
a ledger shows appends one of them in its own transaction, with the organisation locked.
So a result is never older than the mark of the reader who is shown it.
"""

import json
from asyncio import Lock
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias
from weakref import WeakValueDictionary

from cachetools import LRUCache

from daybook_graphql.context import Context

KEPT_MAX = 64
"""How many results a process keeps: an overview takes some 20 kB."""

Data: TypeAlias = dict[str, Any]


class KeptResults:
    """The results that one process keeps. Nobody may change them."""

    def __init__(self, kept_max: int = KEPT_MAX) -> None:
        self._kept: LRUCache[object, Data] = LRUCache(kept_max)
        self._locks: WeakValueDictionary[object, Lock] = WeakValueDictionary()

    async def of(
        self,
        name: str,
        variables: Mapping[str, Any],
        context: Context,
        read: Callable[[], Awaitable[Data]],
    ) -> Data:
        """The kept result of an operation for a caller; else what `read` gives.

        Readers who ask at the same time share one reading. What `read` raises isn't
        kept.
        """
        key = await _key(name, variables, context)
        async with self._locks.setdefault(key, Lock()):
            found = self._kept.get(key)
            if found is None:
                found = self._kept[key] = await read()
            return found

    async def known(
        self, name: str, variables: Mapping[str, Any], context: Context
    ) -> Data | None:
        """The kept result, if there is one; nothing is read for it."""
        return self._kept.get(await _key(name, variables, context))


async def _key(name: str, variables: Mapping[str, Any], context: Context) -> object:
    """What a result depends on, from before it is read."""
    mark = await context.mark()
    # At midnight, what was scheduled is posted.
    day = await context.today()
    given = json.dumps(variables, sort_keys=True)
    return name, given, context.caller, mark, day
