"""The storage of the library `limits`, in the runtime store.

It works in the caller's transaction, so that several limits count together or not at
all.
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

    The table is locked from the first count to the end of the transaction, so that
    simultaneous requests can't exceed a limit. `counted` are the ids of the hits that
    were added, for `take_back`.
    """

    STORAGE_SCHEME = None

    def __init__(self, session: WriteSession, now: datetime) -> None:
        super().__init__()
        self._session = session
        self._now = now
        self.counted: list[int] = []

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """The database's errors, which are raised unchanged."""
        return (SQLAlchemyError,)

    async def acquire_entry(
        self, key: str, limit: int, expiry: int, amount: int = 1
    ) -> bool:
        """Count `amount` more hits if the limit allows them."""
        await self._lock()
        _, count = await self.get_moving_window(key, limit, expiry)
        if count + amount > limit:
            return False
        await self._add(key, self._now + timedelta(seconds=expiry), amount)
        return True

    async def get_moving_window(
        self, key: str, limit: int, expiry: int
    ) -> tuple[float, int]:
        """When the oldest hit in the window was counted, and how many there are."""
        since = self._now - timedelta(seconds=expiry)
        first, count = await self._first_and_count(
            Hit.counted_at, (Hit.key == key) & (Hit.counted_at > since)
        )
        return (first or self._now).timestamp(), count

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count `amount` more hits in a window that begins with the first of them."""
        await self._lock()
        until, count = await self._window(key)
        end = until or self._now + timedelta(seconds=expiry)
        await self._add(key, end, amount)
        return count + amount

    async def get(self, key: str) -> int:
        """How many hits the present window has."""
        return (await self._window(key))[1]

    async def get_expiry(self, key: str) -> float:
        """When the present window ends."""
        return ((await self._window(key))[0] or self._now).timestamp()

    async def check(self) -> bool:
        """Whether the store answers."""
        await self._session.execute(select(1))
        return True

    async def reset(self) -> int | None:
        """Delete all hits."""
        await self._session.execute(delete(Hit))
        return None

    async def clear(self, key: str) -> None:
        """Delete the hits of a key."""
        await self._session.execute(delete(Hit).where(Hit.key == key))

    async def take_back(self, hits: list[int]) -> None:
        """Delete single hits, as if they had never been counted."""
        await self._session.execute(delete(Hit).where(Hit.id.in_(hits)))

    async def _lock(self) -> None:
        await lock_table(self._session, Hit)

    async def _window(self, key: str) -> tuple[datetime | None, int]:
        in_window = (Hit.key == key) & (Hit.expires_at > self._now)
        return await self._first_and_count(Hit.expires_at, in_window)

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
        self.counted += [hit.id for hit in hits]


def moment_of(timestamp: float) -> datetime:
    """A moment from the seconds that `limits` uses."""
    return datetime.fromtimestamp(timestamp, UTC)
