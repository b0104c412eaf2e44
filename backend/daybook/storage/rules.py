"""What a storage of files does, whatever it is made of. Pure."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, TypeAlias

StorageKey: TypeAlias = tuple[str, ...]
"""Names the way to a file, or the beginning of it to all that lies there."""


class Stored(NamedTuple):
    """A file that is there; `writer` is who writes it, None once it is whole.

    A folder without files stands for itself.
    """

    key: StorageKey
    writer: str | None


class Room(NamedTuple):
    """Whether files can be written, and how many bytes of them if that is known."""

    is_writable: bool
    free_bytes: int | None


class Storage(Protocol):
    """Files by their keys: written aside, and there when they are whole.

    Each writer of a key has an aside of its own. Methods wait for the disk: call them
    in a thread. They raise OSError where it won't do as it is told.
    """

    @property
    def address(self) -> str:
        """From which `storage_at` makes the same storage in another process."""
        ...

    def room(self) -> Room:
        """What fits in yet."""
        ...

    def prepare(self, key: StorageKey) -> None:
        """Make room for a file, and remove what others were writing of it."""
        ...

    def open_aside(self, key: StorageKey, writer: str) -> BinaryIO:
        """A file to write that nobody sees yet; FileExistsError if the writer did."""
        ...

    def publish(self, key: StorageKey, writer: str) -> bool:
        """Give a written file its key; False if somebody removed it."""
        ...

    def discard(self, key: StorageKey, writer: str) -> None:
        """Remove what a writer was writing, if it is there."""
        ...

    def open(self, key: StorageKey) -> BinaryIO:
        """A whole file to read; raises FileNotFoundError."""
        ...

    def link(self, key: StorageKey) -> Path | None:
        """From where a whole file can be sent; None if it isn't there."""
        ...

    def remove(self, key: StorageKey) -> None:
        """Remove a file, or all below a key, also what is being written."""
        ...

    def stored(self) -> Iterator[Stored]:
        """All that is there, and what is being written."""
        ...
