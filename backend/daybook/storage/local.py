"""Files in a folder of this machine; one has its name only when it is whole.

FOLDER/<key, a folder for each name>                     a file
FOLDER/<key, a folder for each name>.<writer>.part       one that is being written
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from daybook.storage.rules import Room, StorageKey, Stored

PART = ".part"


@dataclass(frozen=True, slots=True)
class LocalStorage:
    """The files below a folder, which is made when it is needed."""

    folder: Path

    @property
    def address(self) -> str:
        """The folder, wherever the other process runs."""
        return str(self.folder.absolute())

    def room(self) -> Room:
        """Of the folder, or of the one in which it would be made."""
        above = (self.folder, *self.folder.absolute().parents)
        there = next(one for one in above if one.is_dir())
        try:
            free = shutil.disk_usage(there).free
        except OSError:
            free = None
        return Room(os.access(there, os.W_OK), free)

    def prepare(self, key: StorageKey) -> None:
        """Make the file's folder, and remove what others were writing of it."""
        file = self._file(key)
        file.parent.mkdir(parents=True, exist_ok=True)
        for left in _parts_of(file):
            left.unlink(missing_ok=True)

    def open_aside(self, key: StorageKey, writer: str) -> BinaryIO:
        """A file beside the one that it will be."""
        return self._part(key, writer).open("xb")

    def publish(self, key: StorageKey, writer: str) -> bool:
        """Rename the written file."""
        try:
            self._part(key, writer).replace(self._file(key))
        except FileNotFoundError:
            return False
        return True

    def discard(self, key: StorageKey, writer: str) -> None:
        """Remove the file beside."""
        self._part(key, writer).unlink(missing_ok=True)

    def open(self, key: StorageKey) -> BinaryIO:
        """Open the file."""
        return self._file(key).open("rb")

    def link(self, key: StorageKey) -> Path | None:
        """The file's own path."""
        file = self._file(key)
        return file if file.is_file() else None

    def remove(self, key: StorageKey) -> None:
        """Remove a file with its parts, or a whole folder."""
        file = self._file(key)
        if file.is_dir():
            shutil.rmtree(file, ignore_errors=True)
            return
        for one in (file, *_parts_of(file)):
            one.unlink(missing_ok=True)

    def stored(self) -> Iterator[Stored]:
        """Files by the names of their folders."""
        for folder, folders, files in os.walk(self.folder):
            above = Path(folder).relative_to(self.folder).parts
            if not folders and not files:
                yield Stored(above, None)
            for name in files:
                if not name.endswith(PART):
                    yield Stored((*above, name), None)
                    continue
                file, dot, writer = name.removesuffix(PART).rpartition(".")
                # Uploads of an earlier version had no writer.
                yield Stored((*above, file if dot else writer), writer)

    def _file(self, key: StorageKey) -> Path:
        assert all(one not in {"", ".", ".."} and "/" not in one for one in key), key
        return self.folder.joinpath(*key)

    def _part(self, key: StorageKey, writer: str) -> Path:
        assert writer, "whoever writes has a name"
        file = self._file(key)
        return file.with_name(f"{file.name}.{writer}{PART}")


def _parts_of(file: Path) -> list[Path]:
    """What is being written of a file; its name holds no wildcards of ours."""
    try:
        beside = list(file.parent.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    is_its = f"{file.name}."
    return [
        one for one in beside if one.name.startswith(is_its) and one.name.endswith(PART)
    ]
