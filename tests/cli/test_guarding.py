"""Connections that are slow, silent or too large end; others are served meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from daybook.cli import guarding
from daybook_services.database import NewDatabase
from daybook_site import Site, serving

pytestmark = pytest.mark.anyio

SECONDS_MAX = 60
"""No connection ends for as long as this when nothing ends it."""
HOST = b"Host: 127.0.0.1\r\n"
GET = b"GET /healthz HTTP/1.1\r\n" + HOST


@pytest.fixture
def site(new_sqlite: NewDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A server that is in a hurry."""
    monkeypatch.setattr(guarding, "HEAD_SECONDS", 1.0)
    monkeypatch.setattr(guarding, "BODY_SECONDS", 1.0)
    monkeypatch.setattr(guarding, "LINGER_SECONDS", 0.2)
    with serving(new_sqlite()) as made:
        yield made


@asynccontextmanager
async def opened(
    site: Site,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to the server, as bare as can be."""
    host, _, port = site.address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.close()


async def dripping(site: Site, start: bytes, drop: bytes = b"a") -> bytes:
    """What a client that sends a byte at a time is answered until it is cut off."""
    answered = b""
    async with opened(site) as (reader, writer), asyncio.timeout(SECONDS_MAX):
        writer.write(start)
        while not reader.at_eof():
            try:
                async with asyncio.timeout(0.1):
                    answered += await reader.read(1_000)
            except TimeoutError:
                writer.write(drop)
            except ConnectionError:
                break
    return answered


def post(site: Site, length: bytes = b"Content-Length: 100000\r\n") -> bytes:
    """The head of a request that has a body."""
    return (
        b"POST /graphql HTTP/1.1\r\nContent-Type: application/json\r\n"
        + HOST
        + length
        + f"Authorization: {site.authorization}\r\n\r\n".encode()
    )


async def test_slow_heads_end_and_others_are_served(site: Site) -> None:
    slow = [asyncio.create_task(dripping(site, GET + b"X: ")) for _ in range(100)]
    await asyncio.sleep(0.5)
    async with opened(site) as (reader, writer), asyncio.timeout(SECONDS_MAX):
        writer.write(GET + b"\r\n")
        first = await reader.readline()
    answers = await asyncio.gather(*slow)

    assert first == b"HTTP/1.1 200 OK\r\n"
    assert {answer.split(b"\r\n")[0] for answer in answers} == {
        b"HTTP/1.1 408 Request Timeout"
    }


@pytest.mark.parametrize("drop", [b"", b"\r\n"])
async def test_who_says_nothing_is_not_waited_for(site: Site, drop: bytes) -> None:
    assert await dripping(site, b"", drop) == b""


@pytest.mark.parametrize(
    "length", [b"Content-Length: 100000\r\n", b"Transfer-Encoding: chunked\r\n"]
)
async def test_a_slow_body_ends(site: Site, length: bytes) -> None:
    answered = await dripping(site, post(site, length), b"1\r\na\r\n")

    assert answered.startswith(b"HTTP/1.1 408 ")


async def test_a_slow_form_is_no_mistake_of_ours(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    head = b"POST /sign-in HTTP/1.1\r\n" + HOST + b"Content-Length: 100000\r\n"
    form = b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    answered = await dripping(site, head + form)

    assert answered.startswith(b"HTTP/1.1 408 ")
    assert caplog.records == []


async def test_a_body_that_keeps_coming_is_waited_for(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarding, "BODY_SECONDS", 3.0)  # less than all pauses together
    body = b'{"query": "{ __typename }"' + b" " * 20_000 + b"}"
    async with opened(site) as (reader, writer):
        writer.write(post(site, b"Content-Length: %d\r\n" % len(body)))
        for start in range(0, len(body), 2_500):
            writer.write(body[start : start + 2_500])
            await asyncio.sleep(0.4)
        async with asyncio.timeout(SECONDS_MAX):
            assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"


async def test_a_large_body_is_no_head(site: Site) -> None:
    body = b'{"query": "{ __typename }"' + b" " * 500_000 + b"}"
    async with opened(site) as (reader, writer), asyncio.timeout(SECONDS_MAX):
        for _ in range(3):
            writer.write(post(site, b"Content-Length: %d\r\n" % len(body)))
            await asyncio.sleep(0.1)
            writer.write(body)
            assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split()[0])
            await reader.readexactly(length)


async def test_an_endless_head_is_refused(site: Site) -> None:
    answered = await dripping(site, GET + b"X: " + b"a" * 2**17)

    assert answered.startswith(b"HTTP/1.1 431 ")


async def test_an_answer_is_not_taken_back_by_a_slow_head_behind_it(site: Site) -> None:
    async with opened(site) as (reader, writer), asyncio.timeout(SECONDS_MAX):
        writer.write(GET + b"\r\n" + GET)
        told = await reader.read()

    assert [told.count(b"200 OK"), told.count(b"408 Request")] == [1, 1]


async def test_what_is_sent_after_the_answer_is_not_read_for_long(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HEAD_SECONDS", "BODY_SECONDS"):
        monkeypatch.setattr(guarding, name, 10 * SECONDS_MAX)
    head = b"POST /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: 99999\r\n\r\n"
    answered = await dripping(site, head)

    assert answered.startswith(b"HTTP/1.1 405 ")


async def test_the_server_does_not_say_what_it_is(site: Site) -> None:
    async with opened(site) as (reader, writer):
        writer.write(GET + b"Connection: close\r\n\r\n")
        head = (await reader.read()).lower()

    assert b"server:" not in head
    assert b"date:" in head
