"""Sends one request again and again over kept connections, in a process of its own.

Bare protocols of asyncio, since it shares the machine with the servers: what it takes
itself is measured too. Each answer must have the status 200 and the first one's length.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

HOST = "127.0.0.1"
END_OF_HEAD = b"\r\n\r\n"
OK = b"HTTP/1.1 200 "


class WrongAnswer(Exception):
    """An answer that is not like the first; the message shows its start."""


@dataclass(frozen=True, slots=True)
class Load:
    """What was answered in how many seconds; latencies in milliseconds, ascending.

    `cpu_seconds` are this process's own.
    """

    seconds: float
    cpu_seconds: float
    latencies: list[float]


class Connection(asyncio.Protocol):
    """Sends the request, reads the answer, and again, until it is told to stop."""

    def __init__(self, message: bytes) -> None:
        self.latencies: list[float] = []
        self.done = asyncio.get_running_loop().create_future()
        self.is_over = False
        self._message = message
        self._answer = bytearray()
        self._size = self._first_size = 0
        self._start = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "TCP is written to"
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not self._size:
            head, found, _ = self._answer.partition(END_OF_HEAD)
            if not found:
                return
            self._size = len(head) + len(found) + _content_length(bytes(head))
            self._first_size = self._first_size or self._size
        if len(self._answer) < self._size:
            return
        self.latencies.append(1_000 * (time.perf_counter() - self._start))
        if self._size != self._first_size or not self._answer.startswith(OK):
            self.done.set_exception(WrongAnswer(bytes(self._answer[:1_000])))
        elif self.is_over:
            self.done.set_result(None)
            self._transport.close()
        else:
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
        self._transport.write(self._message)


def main() -> None:
    """`python -m benchmarks.http_load PORT REQUEST_FILE CONNECTIONS SECONDS`."""
    port, file, connections, seconds = sys.argv[1:]
    message = Path(file).read_bytes()
    load = asyncio.run(_send(int(port), message, int(connections), float(seconds)))
    print(json.dumps(asdict(load)))


async def _send(port: int, message: bytes, connections: int, seconds: float) -> Load:
    loop = asyncio.get_running_loop()
    cpu_start, start = time.process_time(), time.perf_counter()
    made = [
        (await loop.create_connection(lambda: Connection(message), HOST, port))[1]
        for _ in range(connections)
    ]
    for one in made:
        loop.call_later(seconds, one.end)
    await asyncio.gather(*(one.done for one in made))
    return Load(
        time.perf_counter() - start,
        time.process_time() - cpu_start,
        sorted(latency for one in made for latency in one.latencies),
    )


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    raise WrongAnswer(f"an answer without a length: {head!r}")


if __name__ == "__main__":
    main()
