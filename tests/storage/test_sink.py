"""A sink writes and hashes what it gets, however much, and says what stops it."""

import os
import resource
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.storage.sink import LARGE_BYTES, Sink
from daybook.storage.sink_process import RING_BYTES
from daybook_services.faults import examples

SIZES = (
    *(0, 1, 7, 4_095, 2**16, 2**18 + 1, LARGE_BYTES - 1, LARGE_BYTES),
    *(RING_BYTES - 1, RING_BYTES, RING_BYTES + 1, 2 * RING_BYTES + 3),
)


def numbered(size: int, start: int) -> bytes:
    """Bytes that differ from those of another start."""
    return (b"%d," % start * (size // 2 + 1))[:size]


def write_all(sink: Sink) -> None:
    """Write more than waits in memory."""
    for _ in range(16):
        sink.write(bytes(RING_BYTES // 4))
    sink.finish()


def writers() -> list[psutil.Process]:
    """The processes that write for this one, which may have started other programs."""
    return [
        child
        for child in psutil.Process().children()
        if "daybook.storage.sink_process" in child.cmdline()
    ]


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[BinaryIO]:
    with (tmp_path / "file").open("xb") as opened:
        yield opened


@given(st.lists(st.sampled_from(SIZES), max_size=6))
@settings(max_examples=examples(10))
def test_a_file_is_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    pieces = [numbered(size, start) for start, size in enumerate(sizes)]
    path = tmp_path_factory.mktemp("sink") / "file"
    with path.open("xb") as stream, closing(Sink(stream)) as sink:
        for piece in pieces:
            sink.write(piece)
        digest = sink.finish()
        size = sink.size

    content = b"".join(pieces)
    assert path.read_bytes() == content
    assert (size, digest) == (len(content), sha256(content).digest())
    assert not writers()


def test_many_short_pieces_do_not_block(stream: BinaryIO) -> None:
    with closing(Sink(stream)) as sink:
        sink.write(bytes(LARGE_BYTES))
        for _ in range(50_000):
            sink.write(b"row\r\n")
        digest = sink.finish()

    content = bytes(LARGE_BYTES) + b"row\r\n" * 50_000
    assert Path(stream.name).read_bytes() == content
    assert digest == sha256(content).digest()


def test_it_begins_where_the_stream_is(stream: BinaryIO) -> None:
    stream.write(b"before ")
    with closing(Sink(stream)) as sink:
        sink.write(bytes(LARGE_BYTES))
        sink.write(b" after")
        sink.finish()
    stream.write(b", and more")
    stream.flush()

    content = b"before " + bytes(LARGE_BYTES) + b" after, and more"
    assert Path(stream.name).read_bytes() == content


def test_a_small_file_needs_no_process(stream: BinaryIO) -> None:
    with closing(Sink(stream)) as sink:
        sink.write(bytes(LARGE_BYTES - 1))

        assert not writers()
        sink.write(b"x")
        assert len(writers()) == 1


@pytest.mark.parametrize("most", [LARGE_BYTES // 2, LARGE_BYTES + RING_BYTES])
def test_a_file_that_may_not_grow_is_named(stream: BinaryIO, most: int) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        with (
            closing(Sink(stream)) as sink,
            pytest.raises(OSError, match="File too large"),
        ):
            write_all(sink)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_reader_that_leaves_is_a_broken_pipe() -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as read, os.fdopen(writer, "wb") as stream:
        with closing(Sink(stream)) as sink:
            # Less than a pipe holds goes before, and nobody reads any of it.
            sink.write(b"row\r\n")
            read.close()
            with pytest.raises(BrokenPipeError):
                write_all(sink)
        with pytest.raises(BrokenPipeError):
            stream.close()


def test_a_killed_process_is_named(stream: BinaryIO) -> None:
    with closing(Sink(stream)) as sink:
        sink.write(bytes(LARGE_BYTES))
        (process,) = writers()
        process.kill()

        with pytest.raises(
            OSError, match="the process that writes the file was killed"
        ):
            write_all(sink)


def test_a_process_that_is_killed_at_the_end_is_named(stream: BinaryIO) -> None:
    with closing(Sink(stream)) as sink:
        sink.write(bytes(LARGE_BYTES))
        (process,) = writers()
        process.kill()

        with pytest.raises(
            OSError, match="the process that writes the file was killed"
        ):
            sink.finish()


def test_closing_ends_the_process(stream: BinaryIO) -> None:
    sink = Sink(stream)
    sink.write(bytes(LARGE_BYTES))
    sink.close()
    sink.close()

    assert not writers()
