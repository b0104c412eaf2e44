"""The protocol of a storage of files. Pure."""

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple, Protocol, TypeAlias

from daybook.numbers import counted

StorageKey: TypeAlias = tuple[str, ...]
"""The parts of a file's path; the first parts alone are a folder with its contents."""
PieceContent: TypeAlias = Sequence[bytes] | memoryview
"""All bytes of a piece."""
PIECES_MAX = 9_000
"""The most pieces of a part: a bucket takes 10,000, with what is between pieces."""


class StoredName(NamedTuple):
    """An organisation's file in a storage: `<organisation>/<key>`."""

    organisation_id: int
    key: str

    @property
    def storage_key(self) -> StorageKey:
        """The same as the storage takes it."""
        return (str(self.organisation_id), self.key)


class Unwritten(OSError):
    """A file that can't be written, unlike a database that can't be read."""


@contextmanager
def writing() -> Iterator[None]:
    """Raise the system's errors as Unwritten, except for a reader that left."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.errno is None:
            raise Unwritten(str(error)) from None
        raise Unwritten(error.errno, error.strerror) from None


_SEALED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def is_sealed(error: OSError) -> bool:
    """Whether a folder may not be written into, which no later try changes."""
    return error.errno in _SEALED


def is_full(error: OSError) -> bool:
    """Whether there is no room on a disk."""
    return error.errno in _FULL


def why_not_kept(error: OSError) -> str:
    """Why a file could not be kept, and what helps, in words for its sender."""
    if is_sealed(error):
        return (
            "the server may not write into its folder of files: its operator has to"
            " allow that"
        )
    if is_full(error):
        return "the server's disk is full; try again later"
    what = "disk" if error.errno else "storage"
    return f"the server's {what} fails; try again later, and tell its operator"


def why_unwritten(error: OSError) -> str:
    """Why a file could not be written, and the way out, in words for who asked for it.

    A store says itself what helps; a disk doesn't.
    """
    failed = f"the file could not be written: {error.strerror or error}"
    if error.errno is None:
        return failed
    way_out = "look after the server's disk"
    if is_sealed(error):
        way_out = "let the server write into its folder of files"
    elif is_full(error):
        way_out = "make room on the server's disk"
    return f"{failed}: its operator has to {way_out}; then request it again"


def missing_piece(index: int) -> Unwritten:
    """What is raised if a piece isn't where its part is."""
    return Unwritten(
        f"piece {index} of the file isn't in this machine's storage: give all workers"
        " the same DAYBOOK_STORAGE_URL, or the same folder DAYBOOK_EXPORTS, then"
        " request the file again"
    )


def wrong_piece(index: int, found: int, size: int) -> Unwritten:
    """What is raised if a piece has another size than it was kept with."""
    return Unwritten(
        f"piece {index} of the file has {counted(found, 'byte')} in the storage, and"
        f" was written with {size:,}: request the file again"
    )


UNNAMED = "?"
"""How the writer of a part begins that doesn't tell who writes it."""


class Stored(NamedTuple):
    """A stored file; `writer` is writing it, None once it is complete.

    A writer's part and the pieces of it count as one. An empty folder counts as a file.
    """

    key: StorageKey
    writer: str | None

    def may_be_of(self, worker: str | None) -> bool:
        """Whether a part may be what a worker writes; None for no worker at all.

        A part that doesn't tell its writer may be of any.
        """
        if self.writer is not None and self.writer.startswith(UNNAMED):
            return worker is not None
        return self.writer == worker


class Room(NamedTuple):
    """Whether files can be written, and how many bytes are free if that is known."""

    is_writable: bool
    free_bytes: int | None


class Joining(Protocol):
    """A part that is being joined from bytes and pieces, in their order.

    Its methods block, are called by one thread at a time, and raise OSError if the
    storage fails. After that, the part is of no more use.
    """

    def add(self, content: bytes) -> None:
        """Add some bytes at the end."""
        ...

    def add_piece(self, index: int, size: int) -> None:
        """Add a piece that was kept with a size; it can't be added again.

        Raises Unwritten if it is missing, or has another size.
        """
        ...

    def finish(self) -> tuple[int, bytes]:
        """Wait until everything is kept; return its size and SHA-256."""
        ...

    def close(self) -> None:
        """End joining, even if the part isn't complete; may be called again."""
        ...


class Storage(Protocol):
    """Files by key, which are written aside and published when they are complete.

    Each writer of a key has its own part, which it writes as a stream, or joins from
    pieces that other processes may have made. Methods block on the disk or the network:
    call them in a thread. They raise OSError if the storage fails.
    """

    @property
    def address(self) -> str:
        """The address that `storage_at` opens in another process."""
        ...

    def room(self) -> Room:
        """Whether files can be written, and the free space."""
        ...

    def prepare(self, key: StorageKey) -> None:
        """Prepare to write a file, and remove other writers' parts of it."""
        ...

    def open_aside(self, key: StorageKey, writer: str) -> BinaryIO:
        """Open a part that nobody sees yet; FileExistsError if the writer has one."""
        ...

    def finish_aside(self, key: StorageKey, writer: str, stream: BinaryIO) -> None:
        """Keep all of a part that was written into its stream; nobody sees it yet.

        It takes as long as the file is large, and is called before `publish`, by the
        process that wrote the part.
        """
        ...

    def keep_piece(
        self, key: StorageKey, writer: str, index: int, content: PieceContent
    ) -> None:
        """Keep a piece of a writer's part, as a whole.

        It may be kept again, also at the same time, with the same bytes. `prepare` was
        called for the part.
        """
        ...

    def joining(self, key: StorageKey, writer: str) -> Joining:
        """Begin a part that is joined; FileExistsError if the writer has one.

        Once it is finished, it is published like any part.
        """
        ...

    def publish(self, key: StorageKey, writer: str) -> bool:
        """Give a finished part its key, for good; False if somebody removed it.

        It takes no longer for a large file. Pieces are left until `discard`.
        """
        ...

    def discard(self, key: StorageKey, writer: str) -> None:
        """Remove a writer's part and its pieces, if there are any."""
        ...

    def open(self, key: StorageKey) -> BinaryIO:
        """Open a complete file for reading anywhere; raises FileNotFoundError."""
        ...

    def remove(self, key: StorageKey) -> None:
        """Remove a file or everything below a key, including parts."""
        ...

    def stored(self) -> Iterator[Stored]:
        """All files, including those that are being written."""
        ...
