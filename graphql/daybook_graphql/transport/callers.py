"""Authenticates callers by their requests, and notices when their access changes.

Programs send `Authorization: Bearer KEY`, browsers a session's cookie. The cookie of a
request with that header is ignored, even if the key is not valid.
"""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from starlette.requests import Request, cookie_parser

from daybook.access.queries import KnownCaller, caller_of_session, known_by_key
from daybook.access.rules import Caller, Permission
from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.db.failures import OUTAGES, log_failure
from daybook.settings import Settings
from daybook_graphql.context import STRANGER
from daybook_graphql.transport.caller_limits import CallerLimits, counted_as
from daybook_graphql.transport.refusals import BadRequest

COOKIE = "daybook_session"
SECURE_COOKIE = "__Host-daybook_session"
"""The cookie over HTTPS: no other host and no plain connection can set it."""

AGAIN_SECONDS = 1.0
"""How long to wait before looking a caller up again after the database failed."""


class Credentials(NamedTuple):
    """The credentials of a caller: a key, or a session's token."""

    key: str | None = None
    session: str | None = None


def cookie_name(settings: Settings) -> str:
    """The session cookie's name."""
    return SECURE_COOKIE if settings.is_secure else COOKIE


def credentials_of(headers: Mapping[str, str], settings: Settings) -> Credentials:
    """The credentials in a request's headers."""
    authorization = headers.get("authorization")
    if authorization is not None:
        return Credentials(key=_bearer(authorization))
    cookies = cookie_parser(headers.get("cookie", ""))
    return Credentials(session=cookies.get(cookie_name(settings)))


def credentials_in(payload: Mapping[str, object]) -> Credentials | None:
    """The credentials in a socket's first message: `{"Authorization": "Bearer …"}`."""
    for name, value in payload.items():
        if name.lower() == "authorization":
            return Credentials(key=_bearer(value) if isinstance(value, str) else "")
    return None


def is_meant_as_key(headers: Mapping[str, str]) -> bool:
    """Whether an Authorization header is a key's; Basic is a proxy's password."""
    authorization = headers.get("authorization")
    return authorization is not None and _scheme(authorization) != "basic"


def _scheme(text: str) -> str:
    return text.strip().partition(" ")[0].lower()


def _bearer(text: str) -> str:
    key = text.strip().partition(" ")[2]
    return key.strip() if _scheme(text) == "bearer" else ""


class Authenticator:
    """Finds callers by their credentials, and notices when these change."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self.limits = CallerLimits(settings)
        self._watches: dict[tuple[Credentials, Caller], _Watch] = {}

    async def caller(self, credentials: Credentials) -> Caller:
        """The caller whose credentials these are; the stranger for invalid ones."""
        return (await self.known(credentials)).caller

    async def known(self, credentials: Credentials) -> KnownCaller:
        """As `caller`; of a key with the ledgers at this moment.

        A key that may only `DATASET` is a stranger's: spreadsheets keep it, so it opens
        nothing but the address of datasets.
        """
        known = await self._known(credentials)
        is_of_datasets = known.caller.permissions == Permission.DATASET
        return KnownCaller(STRANGER) if is_of_datasets else known

    async def caller_of_datasets(self, credentials: Credentials) -> Caller:
        """The caller for the address of datasets, by a key of any permissions, too."""
        return (await self._known(credentials)).caller

    async def _known(self, credentials: Credentials) -> KnownCaller:
        moment = real_now()
        if credentials.key is not None:
            known = await known_by_key(self._database, credentials.key, moment)
            return known or KnownCaller(STRANGER)
        found = None
        if credentials.session is not None:
            found = await caller_of_session(self._database, credentials.session, moment)
        return KnownCaller(found or STRANGER)

    async def let_in(self, request: Request, credentials: Credentials) -> KnownCaller:
        """The caller of a request; raises BadRequest for strangers, who are counted."""
        known = await self.known(credentials)
        if known.caller is STRANGER:
            await self.limits.count(counted_as(STRANGER, request))
            raise BadRequest.of_stranger(has_key=bool(credentials.key))
        return known

    async def until_changed(self, credentials: Credentials, caller: Caller) -> Caller:
        """Wait until the credentials end or their caller's permissions change.

        Returns the caller as they are then; the stranger if the credentials ended. One
        task looks on behalf of everybody who waits for the same credentials.
        """
        key = (credentials, caller)
        watch = self._watches.get(key)
        if watch is None:
            task = asyncio.create_task(self._watch(credentials, caller))
            watch = self._watches[key] = _Watch(task)
        watch.waiting += 1
        try:
            return await asyncio.shield(watch.task)
        finally:
            watch.waiting -= 1
            if not watch.waiting:
                self._watches.pop(key, None)
                watch.task.cancel()

    async def _watch(self, credentials: Credentials, caller: Caller) -> Caller:
        ledger, runtime = self._database.changes, self._database.runtime.changes
        async with ledger.waiting() as first, runtime.waiting() as second:
            while True:
                seconds_left = None
                if caller.until is not None:
                    seconds_left = (caller.until - real_now()).total_seconds()
                    if seconds_left <= 0:
                        return STRANGER
                try:
                    present = await self.caller(credentials)
                    if present != caller:
                        return present
                except OUTAGES as failed:
                    log_failure(failed, "callers could not be looked up")
                    await asyncio.sleep(AGAIN_SECONDS)
                    continue
                await _either(first, second, seconds_left)
                first.clear()
                second.clear()


class _Watch:
    """A task that looks for changes, and the number of those who wait for it."""

    def __init__(self, task: "asyncio.Task[Caller]") -> None:
        self.task = task
        self.waiting = 0


async def _either(
    first: asyncio.Event, second: asyncio.Event, seconds: float | None
) -> None:
    """Wait for one of two events, at most for some seconds."""
    tasks = [asyncio.ensure_future(event.wait()) for event in (first, second)]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
