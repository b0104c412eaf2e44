"""Clients of S3-compatible stores, for code that blocks: one event loop in a process.

Credentials are those of the standard `AWS_*` variables, profiles or roles.
"""

import atexit
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from typing import Any, NamedTuple, TypeVar

from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from aiohttp import ClientError as BrokenConnection
from anyio.from_thread import BlockingPortal, start_blocking_portal
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)
from botocore.exceptions import ConnectionError as NoConnection

from daybook.bucket_url import BucketUrl
from daybook.db.failures import DatabaseOutage, OutageKind

FAILURES = (ClientError, BotoCoreError, BrokenConnection, TimeoutError)
"""What a client raises if the store or the way to it fails."""
CONNECT_SECONDS, READ_SECONDS = 5, 30
ATTEMPTS = 5
"""How often a request is sent, with waits that double; AWS_MAX_ATTEMPTS goes before."""
CONNECTIONS_MAX = 50

Found = TypeVar("Found")


class StorageOutage(DatabaseOutage, OSError):
    """A store that refuses or doesn't answer, in words that say what to do.

    It is an OSError where files are written or read, and an outage at each edge.
    """

    def __init__(self, words: str) -> None:
        super().__init__(OutageKind.STORAGE, words)


class Access(NamedTuple):
    """How a store is reached."""

    endpoint: str | None
    region: str | None
    profile: str | None

    @classmethod
    def of(cls, url: BucketUrl) -> "Access":
        """How the store of a bucket is reached."""
        return cls(url.endpoint, url.region, url.profile)

    def call(self, work: Callable[[Any], Awaitable[Found]]) -> Found:
        """Wait for what `work` makes of a client; raises OSError, in words.

        What isn't there is a FileNotFoundError.
        """
        return self.start(work).result()

    def start(self, work: Callable[[Any], Awaitable[Found]]) -> "Future[Found]":
        """Begin what `call` waits for; its result raises what `call` raises."""

        async def in_words(client: Any) -> Found:
            with self._in_words():
                return await work(client)

        with self._in_words():
            return _of_process(os.getpid()).start(self, in_words)

    def begin(self, work: Callable[[], Awaitable[None]]) -> None:
        """Begin what nobody waits for; nothing happens once the process ends."""
        with suppress(RuntimeError):
            _of_process(os.getpid()).begin(work)

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except FAILURES as error:
            raise self._words_of(error) from error

    def _words_of(self, error: Exception) -> OSError:
        match error:
            case ClientError():
                return _refused(error)
            case NoCredentialsError() | PartialCredentialsError():
                return StorageOutage(
                    "there are no credentials for the storage: set AWS_ACCESS_KEY_ID"
                    " and AWS_SECRET_ACCESS_KEY, or ?profile=NAME in"
                    " DAYBOOK_STORAGE_URL"
                )
            case ProfileNotFound():
                return StorageOutage(f"the storage has no credentials: {error}")
            case (
                NoConnection() | HTTPClientError() | BrokenConnection() | TimeoutError()
            ):
                where = f" at {self.endpoint}" if self.endpoint else ""
                kind = type(error).__name__
                return StorageOutage(
                    f"the storage{where} doesn't answer ({kind}): try again later, and"
                    " see whether the server can reach it"
                )
        return StorageOutage(f"the storage can't be used: {error}")


def code_of(error: ClientError) -> str:
    """The code of a store's refusal, such as `NoSuchKey`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _refused(error: ClientError) -> OSError:
    code, status = code_of(error), error.response["ResponseMetadata"]["HTTPStatusCode"]
    if code == "NoSuchBucket":
        name = error.response["Error"].get("BucketName", "")
        return StorageOutage(
            f"there is no bucket {name}: create it, or change DAYBOOK_STORAGE_URL"
            if name
            else "there is no such bucket: create it, or change DAYBOOK_STORAGE_URL"
        )
    if status == 404:
        return FileNotFoundError("there is no such file in the storage")
    if status in {401, 403}:
        return StorageOutage(
            f"the storage refuses access ({code}): see whether the credentials are"
            " right, and may read, write, list and delete in the bucket"
        )
    if status == 507 or "full" in code.lower() or "quota" in code.lower():
        return StorageOutage(f"the storage is full ({code}): make room, then try again")
    return StorageOutage(f"the storage answers {status} ({code}): try again later")


class _Process:
    """The event loop of this process's clients, in a thread, and the clients."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._open = ExitStack()
        self._portal: BlockingPortal | None = None
        self._clients: dict[Access, Any] = {}
        atexit.register(self._close)

    def start(
        self, access: Access, work: Callable[[Any], Awaitable[Found]]
    ) -> "Future[Found]":
        with self._lock:
            portal, client = self._client(access)
        return portal.start_task_soon(work, client)

    def begin(self, work: Callable[[], Awaitable[None]]) -> None:
        if self._portal is not None:
            self._portal.start_task_soon(work)

    def _client(self, access: Access) -> tuple[BlockingPortal, Any]:
        if self._portal is None:
            self._portal = self._open.enter_context(start_blocking_portal())
        if access not in self._clients:
            opening = self._portal.wrap_async_context_manager(_opened(access))
            self._clients[access] = self._open.enter_context(opening)
        return self._portal, self._clients[access]

    def _close(self) -> None:
        # A forked process inherits the registration, but not the thread.
        if os.getpid() == self._process:
            self._open.close()


@cache
def _of_process(_number: int) -> _Process:
    """The clients of the process with a number: a forked one has its own."""
    return _Process()


def _opened(access: Access) -> Any:
    retries: dict[str, Any] = {"mode": "standard"}
    if "AWS_MAX_ATTEMPTS" not in os.environ:
        retries["total_max_attempts"] = ATTEMPTS
    config = AioConfig(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries=retries,
        max_pool_connections=CONNECTIONS_MAX,
        # We give a checksum ourselves where a store has to compare one. Others, that
        # newer clients add on their own, not every store understands.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path" if access.endpoint else "auto"},
        user_agent_extra="daybook",
    )
    return AioSession(profile=access.profile).create_client(
        "s3", region_name=access.region, endpoint_url=access.endpoint, config=config
    )
