"""Joins the slices of a file that several processes render."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from hashlib import sha256
from typing import Any, BinaryIO, NamedTuple

from daybook.db.failures import DatabaseOutage, OutageKind
from daybook.exports.facts import read_facts
from daybook.exports.formats.contract import Renderer
from daybook.exports.parts.crew import Member
from daybook.exports.parts.orders import (
    MESSAGE_BYTES_MAX,
    FileOrder,
    encoded,
    numbers_message,
    order_message,
)
from daybook.exports.rules import Totals
from daybook.exports.writing.streaming import finished_pieces
from daybook.exports.writing.tallies import Tally
from daybook.storage.rules import Unwritten, writing

AHEAD = 2
"""How many slices a member has at a time: one waits for its place, or to be begun."""
HASHED_BYTES = 2**18
"""How much is hashed at once: it fits in the processor's cache."""


class MemberLost(Exception):
    """A process that rendered parts ended without a word: by a signal, or our bug."""


class Joined(NamedTuple):
    """A file that several processes wrote: its size and SHA-256."""

    size: int
    sha256: bytes


async def join_slices(  # noqa: PLR0913  (what, and who hears of it)
    members: Sequence[Member],
    stream: BinaryIO,
    order: FileOrder,
    slices: AsyncIterator[Sequence[int]],
    *,
    tally: Tally,
    progress: Callable[[Totals], None],
) -> Joined:
    """Write the order's file into an empty, readable file; `slices` is all of it.

    Raises MemberLost, and what stops a member: Unwritten or DatabaseOutage. After that,
    its members are of no more use.
    """
    facts = await read_facts(order.database, order.spec)
    renderer = order.spec.file_format.renderer(facts)
    joining = _Joining(stream.fileno(), order, renderer, slices)
    joining.tell(tally, progress)
    try:
        return await joining.join(members)
    finally:
        renderer.close()


class _Joining:
    """The state of a file: where its slices begin, and how much is hashed."""

    def __init__(
        self,
        file: int,
        order: FileOrder,
        renderer: Renderer,
        slices: AsyncIterator[Sequence[int]],
    ) -> None:
        self._file, self._order, self._renderer = file, order, renderer
        self._slices = slices
        self._tally = Tally()
        self._progress: Callable[[Totals], None] = _nobody
        self._hash = _Hash(file)
        self._handed_out = 0
        self._handing_out = asyncio.Lock()
        self._owners: dict[int, asyncio.StreamWriter] = {}
        self._written = 0
        """How many slices are written."""
        self._end = 0
        """Where the next one begins."""

    def tell(self, tally: Tally, progress: Callable[[Totals], None]) -> None:
        """Count what is rendered in a tally, and report the progress."""
        self._tally, self._progress = tally, progress

    async def join(self, members: Sequence[Member]) -> Joined:
        """Have the members render all slices, between the header and the footer."""
        self._write(self._renderer.header())
        hashing = asyncio.create_task(self._hash.follow())
        tasks = [asyncio.create_task(self._accompany(member)) for member in members]
        try:
            await _all_ended(tasks, beside=hashing)
            self._write(self._renderer.footer())
            self._hash.reach(self._end)
            return Joined(self._end, await self._hash.finish(hashing))
        finally:
            self._hash.stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, hashing, return_exceptions=True)

    def _write(self, texts: Any) -> None:
        """Write the header or the footer."""
        for piece in finished_pieces(texts, self._order.spec.compression):
            rest = memoryview(piece)
            while rest:
                with writing():
                    count = os.pwrite(self._file, rest, self._end)
                self._end += count
                rest = rest[count:]

    async def _accompany(self, member: Member) -> None:
        """Hand slices to a member until none is left, and receive its reports."""
        reader, writer = await _connect(member, self._file)
        try:
            writer.write(encoded(order_message(self._order)))
            unwritten = 0
            has_more = True
            while has_more or unwritten:
                while has_more and unwritten < AHEAD:
                    has_more = await self._hand_out(writer)
                    unwritten += has_more
                if unwritten:
                    self._receive(await _report(reader))
                    unwritten -= 1
            writer.write(encoded({"end": None}))
            self._renderer.merge((await _report(reader))["kept"])
        finally:
            writer.close()

    async def _hand_out(self, writer: asyncio.StreamWriter) -> bool:
        """Send the next slice, and where it begins if that is known."""
        async with self._handing_out:
            numbers = await anext(self._slices, None)
            if numbers is None:
                return False
            index = self._handed_out
            self._handed_out += 1
        self._owners[index] = writer
        at = self._end if index == self._written else None
        writer.write(encoded({"slice": index, "at": at, **numbers_message(numbers)}))
        try:
            await writer.drain()
        except ConnectionError:
            raise _lost() from None
        return True

    def _receive(self, report: dict[str, Any]) -> None:
        """Take note of a slice that is written; raises what stopped it."""
        match report:
            case {"written": index, "size": size, "sums": [totals, accounts]}:
                assert index == self._written, "a slice follows the one before"
                self._owners.pop(index)
                self._written += 1
                self._end += size
                self._hash.reach(self._end)
                self._place_next()
                self._tally.add_sums(Totals(*totals), accounts)
                self._progress(Totals(*totals))
                return
            case {"unwritten": [None, reason]}:
                raise Unwritten(reason)
            case {"unwritten": [number, _]}:
                raise Unwritten(number, os.strerror(number))
            case {"outage": [kind, reason]}:
                raise DatabaseOutage(OutageKind[kind], reason)
        raise AssertionError(f"unknown report: {report}")

    def _place_next(self) -> None:
        """Tell the next slice's owner where it begins, if it is handed out already.

        Members write in turns, since a file has one writer at a time: others would wait
        for it in the system, and burn the processor's time.
        """
        if (owner := self._owners.get(self._written)) is not None:
            owner.write(encoded({"slice": self._written, "at": self._end}))


def _nobody(_totals: Totals) -> None:
    """Report no progress."""


async def _all_ended(
    tasks: Iterable[asyncio.Task[Any]], *, beside: asyncio.Task[Any]
) -> None:
    """Wait for all tasks; raises what one of them raises, or the one beside them."""
    pending = {*tasks}
    while pending:
        ended, _ = await asyncio.wait(
            {*pending, beside}, return_when=asyncio.FIRST_COMPLETED
        )
        for task in ended:
            task.result()
        pending -= ended


class _Hash:
    """Hashes a file in its order, in a thread, as far as it is written."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._sha256 = sha256(usedforsecurity=False)
        self._buffer = memoryview(bytearray(HASHED_BYTES))
        self._hashed = self._end = 0
        self._is_whole = self._is_stopped = False
        self._more = asyncio.Event()

    async def follow(self) -> bytes:
        """Hash until the whole file is hashed, or this is stopped."""
        while not self._is_stopped:
            if self._hashed < self._end:
                await asyncio.to_thread(self._hash_until, self._end)
            elif self._is_whole:
                break
            else:
                self._more.clear()
                await self._more.wait()
        return self._sha256.digest()

    def reach(self, end: int) -> None:
        """The file is written up to there."""
        self._end = end
        self._more.set()

    async def finish(self, following: "asyncio.Task[bytes]") -> bytes:
        """Nothing more is written: the hash of the whole file."""
        self._is_whole = True
        self._more.set()
        return await following

    def stop(self) -> None:
        """Hash no more."""
        self._is_stopped = True
        self._more.set()

    def _hash_until(self, end: int) -> None:
        while self._hashed < end and not self._is_stopped:
            most = self._buffer[: end - self._hashed]
            with writing():
                count = os.preadv(self._file, [most], self._hashed)
            if not count:
                raise Unwritten("it was cut while it was being written")
            self._sha256.update(most[:count])
            self._hashed += count


async def _connect(
    member: Member, file: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Hand an open file to a member, and open a socket for messages about it."""
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            socket.send_fds(member.connection, [b"\n"], [file, theirs.fileno()])
    except ConnectionError:
        ours.close()
        raise _lost() from None
    return await asyncio.open_connection(sock=ours, limit=MESSAGE_BYTES_MAX)


async def _report(reader: asyncio.StreamReader) -> dict[str, Any]:
    try:
        line = await reader.readline()
    except ConnectionError:
        raise _lost() from None
    if not line.endswith(b"\n"):
        raise _lost()
    report: dict[str, Any] = json.loads(line)
    return report


def _lost() -> MemberLost:
    return MemberLost("a process that rendered a part of the file was killed")
