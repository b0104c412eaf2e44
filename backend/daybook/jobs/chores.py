"""Chores: recurring work, each done by one runner at a time.

A runner leases chores and extends the leases while it runs, so that twenty workers
don't tidy twenty times. If it is killed, another takes its chores over when the leases
run out. A lease saves work and no more: a chore that two runners do does no harm.
"""

import asyncio
import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.dialects import insert_into
from daybook.db.engine import Store, WriteSession
from daybook.db.failures import log_failure
from daybook.jobs.models import ChoreLease
from daybook.jobs.rules import SWEEP, Chore

FORGOTTEN = timedelta(days=1)
"""How long ago a lease ran out that is removed: that of a machine that is gone."""


class Chores:
    """The chores of a runner: it does those that it has leased, as often as is due."""

    def __init__(
        self, store: Store, runner: str, chores: Sequence[Chore], lease: timedelta
    ) -> None:
        self._store = store
        self._runner = runner
        self._chores = {chore.name: chore for chore in chores}
        assert len(self._chores) == len(chores), "each chore has a name of its own"
        self._lease = lease
        self._done_at: dict[str, float] = {}
        self._working: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Do chores until the task is cancelled; then others may have them at once."""
        try:
            while True:
                try:
                    await self._begin_due()
                except Exception as failed:  # noqa: BLE001  (the worker's edge)
                    log_failure(failed, "chores could not be leased")
                await asyncio.sleep(SWEEP.total_seconds())
        finally:
            for task in self._working.values():
                task.cancel()
            await asyncio.gather(*self._working.values(), return_exceptions=True)
            await self._release()

    async def _begin_due(self) -> None:
        """Begin chores that are due, except those that still run."""
        held = await hold(self._store, self._runner, sorted(self._chores), self._lease)
        for name in held:
            chore, moment = self._chores[name], time.monotonic()
            done_at = self._done_at.get(name, float("-inf"))
            is_working = name in self._working and not self._working[name].done()
            if not is_working and done_at <= moment - chore.every.total_seconds():
                self._done_at[name] = moment
                self._working[name] = asyncio.create_task(self._do(chore))

    async def _do(self, chore: Chore) -> None:
        try:
            await chore.work()
        except Exception as failed:  # noqa: BLE001  (the worker's edge)
            log_failure(failed, f"a chore failed: {chore.name}")

    async def _release(self) -> None:
        try:
            await release(self._store, self._runner)
        except Exception as failed:  # noqa: BLE001  (the worker's edge)
            log_failure(failed, "chores are left to others once their leases run out")


async def hold(
    store: Store, runner: str, chores: Sequence[str], duration: timedelta
) -> list[str]:
    """Lease the chores that nobody else has; return all that the runner has.

    Nothing is written while its leases are long enough.
    """
    clock = datetime.now(UTC)
    async with store.reads() as session:
        found = await _leases(session, chores)
    if _is_settled(found, runner, chores, clock, duration):
        return [chore for chore in chores if found[chore].runner == runner]
    async with store.writes() as session:
        for chore in chores:
            await _lease(session, chore, runner, clock, duration)
        await session.execute(
            delete(ChoreLease).where(ChoreLease.until < clock - FORGOTTEN)
        )
        found = await _leases(session, chores)
    return [chore for chore in chores if found[chore].runner == runner]


async def release(store: Store, runner: str) -> None:
    """Give back all chores of a runner that stops."""
    is_its = ChoreLease.runner == runner
    async with store.writes() as session:
        await session.execute(delete(ChoreLease).where(is_its))


def _is_settled(
    found: dict[str, ChoreLease],
    runner: str,
    chores: Collection[str],
    clock: datetime,
    duration: timedelta,
) -> bool:
    """Whether the runner can neither take a chore now, nor has one to extend."""
    return all(
        chore in found
        and found[chore].until - clock
        > (duration / 2 if found[chore].runner == runner else timedelta())
        for chore in chores
    )


async def _leases(
    session: AsyncSession, chores: Collection[str]
) -> dict[str, ChoreLease]:
    leases = await session.scalars(
        select(ChoreLease)
        .where(ChoreLease.chore.in_(chores))
        .execution_options(populate_existing=True)
    )
    return {lease.chore: lease for lease in leases}


async def _lease(
    session: WriteSession,
    chore: str,
    runner: str,
    clock: datetime,
    duration: timedelta,
) -> None:
    """Take or extend a lease, unless another runner has it."""
    values = {"runner": runner, "until": clock + duration}
    made = insert_into(session, ChoreLease).values(chore=chore, **values)
    is_free = or_(ChoreLease.until <= clock, ChoreLease.runner == runner)
    await session.execute(
        made.on_conflict_do_update(
            index_elements=[ChoreLease.chore], set_=values, where=is_free
        )
    )
