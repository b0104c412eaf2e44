"""Notes of uploads in a folder of this machine.

A store doesn't tell who began an upload, nor which of its parts are the right ones: the
process that publishes, discards or tidies reads that here.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from daybook.storage.local import LocalStorage
from daybook.storage.rules import StorageKey, Stored
from daybook.storage.s3.uploads import Part


class Upload(NamedTuple):
    """An upload that was begun; `parts` is None until all of them are sent."""

    id: str
    parts: list[Part] | None


@dataclass(frozen=True, slots=True)
class Notes:
    """The notes in a folder, each in the place of a part there."""

    folder: Path

    def prepare(self, key: StorageKey) -> None:
        """Create the folder of a file's notes, and remove other writers' notes."""
        self._places.prepare(key)

    def create(self, key: StorageKey, writer: str) -> None:
        """Create an empty note; FileExistsError if the writer has one."""
        self._places.open_aside(key, writer).close()

    def write(self, key: StorageKey, writer: str, upload: Upload) -> None:
        """Replace what a note says."""
        self._places.part(key, writer).write_text(json.dumps(upload))

    def read(self, key: StorageKey, writer: str) -> Upload | None:
        """What a note says; None if there is none, or it isn't complete."""
        with suppress(FileNotFoundError, json.JSONDecodeError):
            return Upload(*json.loads(self._places.part(key, writer).read_bytes()))
        return None

    def discard(self, key: StorageKey, writer: str) -> None:
        """Remove a writer's note, if there is one."""
        self._places.discard(key, writer)

    def remove(self, key: StorageKey) -> None:
        """Remove the notes of a file or of everything below a key."""
        self._places.remove(key)

    def stored(self) -> Iterator[Stored]:
        """All files that have notes, with their writers."""
        return self._places.stored()

    @property
    def _places(self) -> LocalStorage:
        return LocalStorage(self.folder)
