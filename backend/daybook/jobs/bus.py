"""The bus of several machines: Redis carries wake-ups, by arq, and progress.

Nothing depends on it. The rows of jobs are the truth: while Redis is away requests are
queued as ever, workers find them by looking every few seconds, and progress is written
into rows.
"""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias

from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from daybook.db.engine import Store
from daybook.db.live import Live, Progress

logger = logging.getLogger(__name__)

QUEUE = "daybook:wake"
"""The queue of wake-ups."""
WAKE = "wake"
"""The one task of the queue."""
CALL = "help"
"""The message that calls workers to help with a job."""
HEALTH = f"{QUEUE}:health"
"""A key that is there while a worker looks for wake-ups."""
OUTAGES = (RedisError, OSError, TimeoutError)
"""What is raised while Redis can't be used."""

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 5.0
"""How long Redis may take to answer before its connection counts as lost."""
LOOK_SECONDS = 2.0
"""How often Redis is asked whether it is there, and whether workers are."""
DRAIN_SECONDS = 2.0
"""How long a program that stops waits for its last messages to be sent."""
STOP_SECONDS = 1.0
"""How long a task that was cancelled has to end before it is cancelled again."""
AGAIN_SECONDS = 1.0
"""How long to wait before a lost connection is opened again."""
SILENT_SECONDS = 60.0
"""How often it is logged that Redis is away."""
WAITING_MAX = 1_000
"""How many messages may wait to be sent; more are lost."""

Send: TypeAlias = Callable[[ArqRedis], Awaitable[object]]


def serialized(value: object) -> bytes:
    """What arq keeps of a task; never pickled, so that reading it runs no code."""
    return json.dumps(value, default=repr).encode()


@asynccontextmanager
async def connection_to(url: str) -> AsyncIterator[ArqRedis]:
    """Connections to Redis, which are opened when they are used."""
    pool = ConnectionPool.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        socket_keepalive=True,
    )
    redis = ArqRedis(
        pool,
        job_serializer=serialized,
        job_deserializer=json.loads,
        default_queue_name=QUEUE,
    )
    try:
        yield redis
    finally:
        await redis.aclose(close_connection_pool=True)


@asynccontextmanager
async def connected(store: Store, url: str) -> AsyncIterator["RedisBus"]:
    """Give a store its bus while the context lasts, whether or not Redis is there."""
    bus = RedisBus(url, store.live)
    task = asyncio.create_task(bus.run())
    store.live.bus = bus
    try:
        yield bus
    finally:
        await bus.drain()
        store.live.bus = None
        await stop(task)


async def stop(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks until all of them have ended; what they raise is dropped.

    The client of Redis sends by `asyncio.wait_for`. Until Python 3.12, that loses a
    cancellation which comes in the moment when everything is sent.
    """
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=STOP_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)


class RedisBus:
    """A `Bus` over Redis, which connects again whenever the connection is lost."""

    def __init__(self, url: str, live: Live) -> None:
        self._url = url
        self._live = live
        self._outgoing: asyncio.Queue[Send] = asyncio.Queue(WAITING_MAX)
        self._silent_until = float("-inf")
        self._is_reported = False
        self.is_connected = False
        self.has_workers = False
        """Whether any `daybook worker` has looked for wake-ups lately."""

    def tell(self, key: str, progress: Progress) -> None:
        """Tell all programs how far a thing is."""
        self._publish([key, *progress])

    def wake(self, task: str) -> None:
        """Wake one worker that has room; the rows decide which job it takes.

        While Redis is away, wake-ups wait for it. A task wakes once until it was heard.
        """
        self._put(lambda redis: redis.enqueue_job(WAKE, _job_id=f"{QUEUE}:{task}"))

    def call(self) -> None:
        """Call all workers to help with a job."""
        self._publish([CALL])

    def state(self) -> str:
        """The state of the queue, in words."""
        if not self.is_connected:
            return "unreachable"
        return "ready" if self.has_workers else "no worker"

    async def run(self) -> None:
        """Send and receive until the task is cancelled."""
        while True:
            try:
                async with connection_to(self._url) as redis:
                    await self._serve(redis)
            except OUTAGES as lost:
                self._report_lost(lost)
            except Exception:
                logger.exception("the connection to Redis failed")
            finally:
                self.is_connected = self.has_workers = False
            await asyncio.sleep(AGAIN_SECONDS)

    async def drain(self) -> None:
        """Wait for a moment until everything is sent."""
        if self.is_connected:
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAIN_SECONDS):
                    await self._outgoing.join()

    async def _serve(self, redis: ArqRedis) -> None:
        async with redis.pubsub() as received:
            await received.subscribe(_channel(redis))
            await self._look_for_workers(redis)
            self.is_connected = True
            if self._is_reported:
                self._is_reported = False
                logger.warning("Redis answers again")
            tasks = {
                asyncio.create_task(self._send(redis)),
                asyncio.create_task(self._receive(received)),
            }
            try:
                ended, _ = await asyncio.wait(
                    tasks, return_when=asyncio.FIRST_COMPLETED
                )
                for task in ended:
                    task.result()
            finally:
                await stop(*tasks)

    async def _send(self, redis: ArqRedis) -> None:
        """Send what there is to send; without any, look whether Redis is there."""
        looked_at = time.monotonic()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    send = await self._outgoing.get()
                try:
                    await send(redis)
                finally:
                    self._outgoing.task_done()
            if looked_at <= time.monotonic() - LOOK_SECONDS:
                await self._look_for_workers(redis)
                looked_at = time.monotonic()

    async def _look_for_workers(self, redis: ArqRedis) -> None:
        self.has_workers = bool(await redis.exists(HEALTH))

    async def _receive(self, received: PubSub) -> None:
        while True:
            message = await received.get_message(
                ignore_subscribe_messages=True, timeout=LOOK_SECONDS
            )
            if message is not None:
                # Another version may tell something else: it is then left out. So is
                # what is nested too deep, or has an infinite number.
                with suppress(ValueError, TypeError, OverflowError, RecursionError):
                    self._hear(json.loads(message["data"]))

    def _hear(self, message: Any) -> None:
        if message == [CALL]:
            self._live.hear_call()
            return
        key, total, done = message
        self._live.hear(str(key), Progress(int(total), int(done)))

    def _publish(self, message: Sequence[Any]) -> None:
        """Send a message to all programs, if it gets through."""
        text = json.dumps(message)
        if self.is_connected:
            self._put(lambda redis: redis.publish(_channel(redis), text))

    def _put(self, send: Send) -> None:
        with suppress(asyncio.QueueFull):
            self._outgoing.put_nowait(send)

    def _report_lost(self, lost: BaseException) -> None:
        """Log that Redis is away, once a minute."""
        if self._silent_until > time.monotonic():
            return
        self._silent_until = time.monotonic() + SILENT_SECONDS
        self._is_reported = True
        logger.warning(
            "Redis is away: exports begin some seconds later, and nothing is lost"
            " (DAYBOOK_REDIS_URL: %s)",
            lost,
        )


def _channel(redis: ArqRedis) -> str:
    """The channel of progress and calls.

    Channels aren't of a database, so the name has the number of Daybook's own.
    """
    database = redis.connection_pool.connection_kwargs.get("db") or 0
    return f"daybook:{database}:progress"
