"""A small HTTP server on loopback whose answers are given byte by byte."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import anyio.abc


class Asked(dict[str, str]):
    """The method, path, query, headers and body of a request."""


@dataclass
class Server:
    """A server whose answers are functions of requests; some are spoilt on the way.

    It is told what to send byte by byte, so that it can misbehave.
    """

    answer: Callable[[Asked], tuple[int, Mapping[str, str], bytes]]
    spoilt: list[bytes] = field(default_factory=list)
    """What is sent instead of the next answers: whole responses, or parts."""
    spoil: Callable[[Asked], bytes | None] = lambda _asked: None
    """What is sent instead of the answer to a request; None for the answer."""
    asked: list[Asked] = field(default_factory=list)
    address: str = ""

    async def serve(self, stream: anyio.abc.SocketStream) -> None:
        """Answer one request."""
        async with stream:
            content = b""
            while b"\r\n\r\n" not in content:
                content += await stream.receive()
            asked = _request(content)
            while len(asked["body"]) < int(asked.get("content-length", "0")):
                asked["body"] += (await stream.receive()).decode()
            self.asked.append(asked)
            if self.spoilt:
                await stream.send(self.spoilt.pop(0))
                return
            instead = self.spoil(asked)
            if instead is not None:
                await stream.send(instead)
                return
            status, headers, body = self.answer(asked)
            await stream.send(response(status, body, **headers))


def response(status: int, body: bytes = b"", **headers: str) -> bytes:
    """A response as it is sent."""
    named = {
        **{name.replace("_", "-"): value for name, value in headers.items()},
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status} Status\r\n{lines}\r\n".encode() + body


def _request(content: bytes) -> Asked:
    head, _, body = content.decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    method, address, _ = first.split(" ")
    path, _, query = address.partition("?")
    headers = dict(
        line.lower().split(": ", 1)[:1] + line.split(": ", 1)[1:] for line in lines
    )
    return Asked(method=method, path=path, query=query, body=body, **headers)


@asynccontextmanager
async def served(server: Server) -> AsyncIterator[str]:
    """The address of a server on loopback, until the end of the block."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610  (a port)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, server.serve)
        yield f"http://127.0.0.1:{port}"
        tasks.cancel_scope.cancel()
