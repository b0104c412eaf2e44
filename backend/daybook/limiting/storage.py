"""Where the library `limits` keeps its counts: in the runtime store.

It works within a transaction of the caller's, so that several limits count together or
not at all.
"""

from datetime import UTC, datetime, timedelta

from limits.aio.storage import MovingWindowSupport, Storage
from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute

from daybook.db.engine import WriteSession, lock_table
from daybook.limiting.models import Hit


class StoredHits(Storage, MovingWindowSupport):
    """Counts at one moment, in a write transaction of the runtime store.

    The table is locked from the first count to the end of the transaction: of many at
    once, no more are let through than the limit says. `counted` are the hits that were
    added, for who takes them back.
    """

    STORAGE_SCHEME = None

    def __init__(self, session: WriteSession, now: datetime) -> None:
        super().__init__()
        self._session = session
        self._now = now
        self.counted: list[int] = []

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """What the database raises; it is raised on as it is."""
        return (SQLAlchemyError,)

    async def acquire_entry(
        self, key: str, limit: int, expiry: int, amount: int = 1
    ) -> bool:
        """Count so many more, if the limit lets them in."""
        await self._lock()
        _, count = await self.get_moving_window(key, limit, expiry)
        if count + amount > limit:
            return False
        await self._add(key, self._now + timedelta(seconds=expiry), amount)
        return True

    async def get_moving_window(
        self, key: str, limit: int, expiry: int
    ) -> tuple[float, int]:
        """Since when, and how many, of those that count now."""
        since = self._now - timedelta(seconds=expiry)
        first, count = await self._first_and_count(
            Hit.counted_at, (Hit.key == key) & (Hit.counted_at > since)
        )
        return (first or self._now).timestamp(), count

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count so many more in a window that begins with the first of them."""
        await self._lock()
        until, count = await self._window(key)
        end = until or self._now + timedelta(seconds=expiry)
        await self._add(key, end, amount)
        return count + amount

    async def get(self, key: str) -> int:
        """How many the present window has."""
        return (await self._window(key))[1]

    async def get_expiry(self, key: str) -> float:
        """When the present window ends."""
        return ((await self._window(key))[0] or self._now).timestamp()

    async def check(self) -> bool:
        """Whether the store answers."""
        await self._session.execute(select(1))
        return True

    async def reset(self) -> int | None:
        """Forget everything."""
        await self._session.execute(delete(Hit))
        return None

    async def clear(self, key: str) -> None:
        """Forget what was counted under a key."""
        await self._session.execute(delete(Hit).where(Hit.key == key))

    async def take_back(self, hits: list[int]) -> None:
        """Forget single hits, as if they had not been."""
        await self._session.execute(delete(Hit).where(Hit.id.in_(hits)))

    async def _lock(self) -> None:
        await lock_table(self._session, Hit)

    async def _window(self, key: str) -> tuple[datetime | None, int]:
        its = (Hit.key == key) & (Hit.expires_at > self._now)
        return await self._first_and_count(Hit.expires_at, its)

    async def _first_and_count(
        self, moment: InstrumentedAttribute[datetime], which: ColumnElement[bool]
    ) -> tuple[datetime | None, int]:
        statement = select(func.min(moment), func.count()).where(which)
        first, count = (await self._session.execute(statement)).one()
        return first, count

    async def _add(self, key: str, until: datetime, amount: int) -> None:
        ended = Hit.expires_at <= self._now
        await self._session.execute(delete(Hit).where(ended))
        hits = [
            Hit(key=key, counted_at=self._now, expires_at=until) for _ in range(amount)
        ]
        self._session.add_all(hits)
        await self._session.flush()
        self.counted += [one.id for one in hits]


def moment_of(timestamp: float) -> datetime:
    """A moment that `limits` tells as seconds."""
    return datetime.fromtimestamp(timestamp, UTC)
