"""Results of the operations of pages, kept for as long as nothing can have changed.

A result is kept with the mark of its organisation from before it was read: the number
and hash of the last audit record, and the number of the last run. Whatever changes what
a ledger shows appends one of them in its own transaction, with the organisation locked.
So a result is never older than the mark of the reader who is shown it.
"""

import json
from asyncio import Lock
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, TypeAlias
from weakref import WeakValueDictionary

from cachetools import LRUCache

from daybook_graphql.context import Context

VALUES_MAX = 200_000
"""How many values the results hold that a process keeps, some 20 MB: an overview has
about 300, a waterfall of a hundred rows 7,000."""

Data: TypeAlias = dict[str, Any]


class KeptResults:
    """The results that one process keeps. Nobody may change them."""

    def __init__(self, values_max: int = VALUES_MAX) -> None:
        self._kept: LRUCache[object, Data] = LRUCache(values_max, getsizeof=_values)
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
                found = await read()
                # One that is larger than all that may be kept is read again.
                with suppress(ValueError):
                    self._kept[key] = found
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


def _values(data: Any) -> int:
    """How many values a result holds, at any depth."""
    if isinstance(data, dict):
        return 1 + sum(map(_values, data.values()))
    if isinstance(data, list):
        return 1 + sum(map(_values, data))
    return 1
