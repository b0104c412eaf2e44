"""`python -m daybook.exports.parts.member SOCKET`: renders slices for another process.

Over the socket it receives open files, each with a socket of its own for messages: the
order, slices of journals, and where they begin in the file as soon as that is known. It
reports what they became. It ends when the first socket does.
"""

import asyncio
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from typing import Any, NamedTuple, NoReturn

from daybook.db.failures import OUTAGES, outage_of
from daybook.exports.parts.orders import (
    MESSAGE_BYTES_MAX,
    FileOrder,
    encoded,
    numbers_of,
    order_of,
)
from daybook.exports.parts.slices import SliceRenderer
from daybook.exports.rules import AccountTotals, Totals
from daybook.exports.writing.streaming import collect_seldom
from daybook.exports.writing.tallies import Tally
from daybook.storage.rules import Unwritten, writing

HELD_BYTES = 2**25
"""How much of a slice may wait in memory until it is known where it begins."""
WRITTEN_BYTES = 2**20
"""How much is written at once."""
VECTORS_MAX = 512
"""How many pieces one call to the system writes; Linux and macOS allow 1,024."""


def main() -> None:
    """Work for the process that has the socket's other end."""
    serve(socket.socket(fileno=int(sys.argv[1])))


def serve(connection: socket.socket) -> None:
    """Work on one file after the other, until the socket ends."""
    # The process that we work for decides what a signal from the terminal means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    collect_seldom()
    while True:
        received, files, *_ = socket.recv_fds(connection, 1, 2)
        if not received:
            return
        file, messages = files
        try:
            asyncio.run(_work(socket.socket(fileno=messages), file))
        finally:
            os.close(file)


async def _work(connection: socket.socket, file: int) -> None:
    reader, writer = await asyncio.open_connection(
        sock=connection, limit=MESSAGE_BYTES_MAX
    )
    message = json.loads(await reader.readline())
    os.nice(max(0, message["niceness"] - os.getpriority(os.PRIO_PROCESS, 0)))
    order = order_of(message)
    try:
        await _Member(reader, writer, file).work(order)
    except Unwritten as error:
        await _fail(reader, writer, {"unwritten": [error.errno, str(error)]})
    except OUTAGES as error:
        outage = outage_of(error)
        if outage is None:
            raise
        await _fail(reader, writer, {"outage": [outage.kind.name, outage.reason]})
    finally:
        await order.database.close()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def _fail(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, report: dict[str, Any]
) -> None:
    """Report a failure, and wait until the other process leaves.

    If we left first, it could not read the report any more.
    """
    writer.write(encoded(report))
    with suppress(ConnectionError):
        while await reader.read(MESSAGE_BYTES_MAX):
            pass
    _leave()


def _leave() -> NoReturn:
    """End this process at once: nobody waits for what it renders."""
    os._exit(1)


class Sums(NamedTuple):
    """What a slice comes to, in all and by account."""

    totals: Totals
    accounts: AccountTotals


class Part:
    """A slice's bytes on their way into the file."""

    def __init__(self, index: int, numbers: Any, file: int) -> None:
        self.index, self.numbers = index, numbers
        self.size = self.held_bytes = 0
        self.sums: Sums | None = None
        self.is_rendered = False
        self.is_placed = asyncio.Event()
        self._file, self._at = file, 0
        self._held: list[bytes] = []

    def place(self, at: int) -> None:
        """Write what is held: the slice begins there."""
        self._at = at
        self.is_placed.set()
        self._write()

    def add(self, piece: bytes) -> None:
        """Add some bytes at the end."""
        self._held.append(piece)
        self.size += len(piece)
        self.held_bytes += len(piece)
        if self.is_placed.is_set() and self.held_bytes >= WRITTEN_BYTES:
            self._write()

    def finish(self, sums: Sums) -> None:
        """Nothing more is added."""
        self.sums = sums
        self.is_rendered = True
        if self.is_placed.is_set():
            self._write()

    def _write(self) -> None:
        while self._held:
            pieces = self._held[:VECTORS_MAX]
            with writing():
                count = os.pwritev(self._file, pieces, self._at)
            self._at += count
            self.held_bytes -= count
            del self._held[: len(pieces)]
            if rest := _after(pieces, count):
                self._held[:0] = rest


def _after(pieces: list[bytes], count: int) -> list[bytes]:
    """What is left of pieces after the first `count` bytes."""
    rest = []
    for piece in pieces:
        if count < len(piece):
            rest.append(piece[count:])
        count = max(0, count - len(piece))
    return rest


class _Member:
    """Renders one slice after the other, while earlier ones wait for their places."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, file: int
    ) -> None:
        self._reader, self._writer, self._file = reader, writer, file
        self._queue: asyncio.Queue[Part | None] = asyncio.Queue()
        self._unwritten: dict[int, Part] = {}

    async def work(self, order: FileOrder) -> None:
        """Render until no more slices come."""
        tasks = {
            asyncio.create_task(self._listen()),
            asyncio.create_task(self._render(order)),
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self) -> None:
        while line := await self._line():
            message: dict[str, Any] = json.loads(line)
            if "end" in message:
                self._queue.put_nowait(None)
                return
            index: int = message["slice"]
            if index not in self._unwritten:
                part = Part(index, numbers_of(message), self._file)
                self._unwritten[index] = part
                self._queue.put_nowait(part)
            if message["at"] is not None:
                self._place(index, message["at"])
        _leave()

    async def _line(self) -> bytes:
        with suppress(ConnectionError):
            return await self._reader.readline()
        return b""

    async def _render(self, order: FileOrder) -> None:
        renderer = await SliceRenderer.of(order)
        while part := await self._queue.get():
            tally = Tally()
            async for piece in renderer.render(part.numbers, tally):
                part.add(piece)
                if part.held_bytes >= HELD_BYTES:
                    await part.is_placed.wait()
            part.finish(Sums(tally.totals, tally.accounts))
            self._settle(part)
        self._report({"kept": renderer.take_kept()})

    def _place(self, index: int, at: int) -> None:
        part = self._unwritten[index]
        part.place(at)
        self._settle(part)

    def _settle(self, part: Part) -> None:
        """Report a slice that is in the file as a whole."""
        if part.is_rendered and part.is_placed.is_set():
            del self._unwritten[part.index]
            report = {"written": part.index, "size": part.size, "sums": part.sums}
            self._report(report)

    def _report(self, message: dict[str, Any]) -> None:
        self._writer.write(encoded(message))


if __name__ == "__main__":
    main()
