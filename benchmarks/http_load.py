"""Sends requests again and again over kept connections, in a process of its own.

Bare protocols of asyncio, since it shares the machine with the servers: what it takes
itself is measured too. Each answer must have the status 200 and be about as long as the
first one to the same request: a page's forms have another token each time.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

HOST = "127.0.0.1"
END_OF_HEAD = b"\r\n\r\n"
OK = b"HTTP/1.1 200 "
DIFFERING = 50
"""An answer's length may differ by a fiftieth."""


class WrongAnswer(Exception):
    """An answer that is not like the first; the message shows its start."""


@dataclass(frozen=True, slots=True)
class Load:
    """What was answered in how many seconds; latencies in milliseconds, ascending.

    `first_bytes` are those until an answer begins. `cpu_seconds` are this process's
    own.
    """

    seconds: float
    cpu_seconds: float
    latencies: list[float]
    first_bytes: list[float]


class Connection(asyncio.Protocol):
    """Sends a request, reads the answer, and the next one, until it is told to stop.

    `at` is the request to begin with.
    """

    def __init__(self, messages: Sequence[bytes], at: int = 0) -> None:
        self.latencies: list[float] = []
        self.first_bytes: list[float] = []
        self.done = asyncio.get_running_loop().create_future()
        self.is_over = False
        self._messages = messages
        self._at = at % len(messages)
        self._answer = bytearray()
        self._size = 0
        self._first_sizes: dict[int, int] = {}
        self._start = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "TCP is written to"
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        if not self._answer:
            self.first_bytes.append(self._milliseconds())
        self._answer += data
        if not self._size:
            head, found, _ = self._answer.partition(END_OF_HEAD)
            if not found:
                return
            self._size = len(head) + len(found) + _content_length(bytes(head))
        if len(self._answer) < self._size:
            return
        self.latencies.append(self._milliseconds())
        first_size = self._first_sizes.setdefault(self._at, self._size)
        differs = abs(self._size - first_size) > first_size // DIFFERING
        if differs or not self._answer.startswith(OK):
            self.done.set_exception(WrongAnswer(bytes(self._answer[:1_000])))
        elif self.is_over:
            self.done.set_result(None)
            self._transport.close()
        else:
            self._at = (self._at + 1) % len(self._messages)
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or WrongAnswer("the server hung up"))

    def end(self) -> None:
        """Send nothing more once the present answer is read."""
        self.is_over = True

    def _send(self) -> None:
        self._answer.clear()
        self._size = 0
        self._start = time.perf_counter()
        self._transport.write(self._messages[self._at])

    def _milliseconds(self) -> float:
        """How long the present request has taken so far."""
        return 1_000 * (time.perf_counter() - self._start)


def main() -> None:
    """`python -m benchmarks.http_load PORT CONNECTIONS SECONDS REQUEST_FILE…`."""
    port, connections, seconds, *files = sys.argv[1:]
    messages = [Path(file).read_bytes() for file in files]
    load = asyncio.run(_send(int(port), messages, int(connections), float(seconds)))
    print(json.dumps(asdict(load)))


async def _send(
    port: int, messages: Sequence[bytes], connections: int, seconds: float
) -> Load:
    """Send the requests in turns over each connection, beginning with another one."""
    loop = asyncio.get_running_loop()
    cpu_start, start = time.process_time(), time.perf_counter()
    made = [
        (await loop.create_connection(partial(Connection, messages, at), HOST, port))[1]
        for at in range(connections)
    ]
    for one in made:
        loop.call_later(seconds, one.end)
    await asyncio.gather(*(one.done for one in made))
    return Load(
        time.perf_counter() - start,
        time.process_time() - cpu_start,
        sorted(latency for one in made for latency in one.latencies),
        sorted(first for one in made for first in one.first_bytes),
    )


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    raise WrongAnswer(f"an answer without a length: {head!r}")


if __name__ == "__main__":
    main()
