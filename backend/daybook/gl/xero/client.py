"""Xero's API: one request at a time, as often as it allows, and again where it fails.

Xero counts 60 calls a minute and 5 at a time for each organisation. One at a time, and
none sooner than a second after the one before, stays below both.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, NamedTuple

import httpx2
import orjson

from daybook.gl.kinds import FORMS, Kind
from daybook.gl.xero.endpoints import ENDPOINTS, Endpoint, Paging

SPACING_SECONDS = 1.0
PAUSE_SECONDS = (1.0, 4.0, 16.0)
"""How long a request waits before it is sent again that failed for a passing reason."""
WAIT_MAX_SECONDS = 120.0
"""How long a request waits where Xero asks for it; for longer, the caller waits."""
SECONDS_MAX = 60.0
BYTES_MAX = 64 * 2**20
"""More than any page of Xero's."""


class TooManyCalls(Exception):
    """Xero wants no call for some time: `seconds` from now."""

    def __init__(self, seconds: float, problem: str) -> None:
        super().__init__(
            f"Xero allows no more calls for now ({problem or 'too many calls'})"
        )
        self.seconds = seconds


class SignInLost(Exception):
    """The token isn't valid any more, and a new one wasn't taken either."""


class NotAllowed(Exception):
    """The connection may not read a kind of documents; the message says why."""


class Unavailable(Exception):
    """Xero didn't answer as it should, several times; the message says how."""


class Fetched(NamedTuple):
    """A page's content, how many documents it has, and the cursor that follows it.

    No cursor, None, follows the last page.
    """

    content: bytes
    documents: int
    cursor: str | None


@dataclass(slots=True)
class XeroApi:
    """The API of one organisation, its `tenant`.

    `token` gives the access token, and `renew` takes a new one. The clock and the
    pause are the program's, or a test's.
    """

    client: httpx2.AsyncClient
    address: str
    tenant: str
    token: Callable[[], Awaitable[str]]
    renew: Callable[[], Awaitable[None]]
    monotonic: Callable[[], float] = field(
        default_factory=lambda: asyncio.get_running_loop().time
    )
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    _next_at: float = 0.0

    async def pages(
        self, kind: Kind, cursor: str | None = None, since: datetime | None = None
    ) -> AsyncIterator[Fetched]:
        """All pages of a kind, or those that follow a cursor of an earlier page.

        `since` leaves out documents that weren't changed after it, where Xero can.
        """
        endpoint = ENDPOINTS[kind]
        headers = {}
        if since is not None and endpoint.takes_since:
            headers["If-Modified-Since"] = f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
        match endpoint.paging:
            case Paging.OFFSET:
                found = self._by_offset(kind, endpoint, cursor)
            case Paging.PAGES:
                found = self._by_number(kind, endpoint, cursor, headers)
            case Paging.WHOLE:
                found = self._whole(kind, endpoint, headers)
            case Paging.SINGLE:
                found = self._each(kind, endpoint, cursor)
        async for fetched in found:
            yield fetched

    async def _by_offset(
        self, kind: Kind, endpoint: Endpoint, cursor: str | None
    ) -> AsyncIterator[Fetched]:
        """Journals after a number, until there are none."""
        last = int(cursor or 0)
        while True:
            content = await self._get(endpoint.path, {"offset": str(last)})
            numbers = [
                int(journal["JournalNumber"]) for journal in _documents(kind, content)
            ]
            if not numbers:
                return
            if max(numbers) <= last:
                raise Unavailable(f"Xero sent the journals up to {last} again")
            last = max(numbers)
            yield Fetched(content, len(numbers), str(last))

    async def _by_number(
        self,
        kind: Kind,
        endpoint: Endpoint,
        cursor: str | None,
        headers: Mapping[str, str],
    ) -> AsyncIterator[Fetched]:
        number = int(cursor or 1)
        while True:
            parameters = {**endpoint.parameters, "page": str(number)}
            content = await self._get(endpoint.path, parameters, headers)
            if not content:  # nothing was modified
                return
            documents = _documents(kind, content)
            count = orjson.loads(content).get("pagination", {}).get("pageCount")
            number += 1
            has_more = bool(documents) and (count is None or number <= int(count))
            cursor = str(number) if has_more else None
            yield Fetched(content, len(documents), cursor)
            if not has_more:
                return

    async def _whole(
        self, kind: Kind, endpoint: Endpoint, headers: Mapping[str, str]
    ) -> AsyncIterator[Fetched]:
        content = await self._get(endpoint.path, endpoint.parameters, headers)
        if content:
            yield Fetched(content, len(_documents(kind, content)), None)

    async def _each(
        self, kind: Kind, endpoint: Endpoint, cursor: str | None
    ) -> AsyncIterator[Fetched]:
        """Each document by its ID, in their order; the cursor is the last one's."""
        listed = _documents(kind, await self._get(endpoint.path, {}))
        ids = sorted(str(document[FORMS[kind].id.field]) for document in listed)
        left = [id_ for id_ in ids if cursor is None or id_ > cursor]
        for position, id_ in enumerate(left):
            content = await self._get(f"{endpoint.path}/{id_}", {})
            has_more = position < len(left) - 1
            yield Fetched(content, 1, id_ if has_more else None)

    async def _get(
        self,
        path: str,
        parameters: Any,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """The content of an answer; empty if nothing was modified."""
        is_renewed = False
        for pause in (*PAUSE_SECONDS, None):
            await self._wait_for_turn()
            try:
                return await self._ask(path, parameters, headers or {})
            except SignInLost:
                if is_renewed:
                    raise
                await self.renew()
                is_renewed = True
            except _Again as again:
                if pause is None:
                    raise again.reason from None
                await self.pause(pause if again.seconds is None else again.seconds)
        raise AssertionError("the last attempt returns or raises")

    async def _wait_for_turn(self) -> None:
        now = self.monotonic()
        if now < self._next_at:
            await self.pause(self._next_at - now)
        self._next_at = max(now, self._next_at) + SPACING_SECONDS

    async def _ask(
        self, path: str, parameters: Any, headers: Mapping[str, str]
    ) -> bytes:
        """The content of an answer; raises _Again where another try may succeed."""
        request = self.client.stream(
            "GET",
            f"{self.address.rstrip('/')}/{path}",
            params=parameters,
            headers={
                **headers,
                "Accept": "application/json",
                "Authorization": f"Bearer {await self.token()}",
                "xero-tenant-id": self.tenant,
            },
            timeout=SECONDS_MAX,
        )
        try:
            async with request as answer:
                content = bytearray()
                async for piece in answer.aiter_bytes():
                    content += piece
                    if len(content) > BYTES_MAX:
                        raise Unavailable(f"Xero sent more than {BYTES_MAX:,} bytes")
                return _checked(answer, bytes(content))
        except httpx2.HTTPError as error:
            words = f"Xero can't be reached: {error or type(error).__name__}"
            raise _Again(Unavailable(words)) from None


def _checked(answer: httpx2.Response, content: bytes) -> bytes:
    """The content of an answer without an error; empty if nothing was modified."""
    status = answer.status_code
    if status == HTTPStatus.OK:
        return content
    if status == HTTPStatus.NOT_MODIFIED:
        return b""
    if status == HTTPStatus.UNAUTHORIZED:
        raise SignInLost("Xero doesn't know the connection any more: connect it again")
    if status == HTTPStatus.FORBIDDEN:
        raise NotAllowed(_reason(content) or "Xero doesn't allow the connection this")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        seconds = _retry_after(answer.headers.get("Retry-After", ""))
        refused = TooManyCalls(seconds, answer.headers.get("X-Rate-Limit-Problem", ""))
        if seconds > WAIT_MAX_SECONDS:
            raise refused
        raise _Again(refused, seconds)
    words = f"Xero answered {status}: {_reason(content) or answer.reason_phrase}"
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unavailable(words)
    raise _Again(Unavailable(words))


class _Again(Exception):
    """A request that may succeed later; `reason` is raised if it doesn't.

    `seconds` is how long to wait, if Xero says so.
    """

    def __init__(self, reason: Exception, seconds: float | None = None) -> None:
        super().__init__()
        self.reason = reason
        self.seconds = seconds


def _documents(kind: Kind, content: bytes) -> list[dict[str, Any]]:
    """A page's documents; raises Unavailable for one that was cut off."""
    try:
        page = orjson.loads(content)
        documents = page[FORMS[kind].root]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise Unavailable(f"Xero sent a page that is no page of {kind.words}") from None
    return documents if isinstance(documents, list) else [documents]


def _retry_after(text: str) -> float:
    """Seconds from now; a minute where Xero says nothing that can be read."""
    if text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 60.0
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _reason(content: bytes) -> str:
    """What an error says in Xero's words, without a line break."""
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        return ""
    if not isinstance(document, dict):
        return ""
    words = document.get("Detail") or document.get("Message") or document.get("Title")
    return " ".join(str(words or "").split())[:200]
