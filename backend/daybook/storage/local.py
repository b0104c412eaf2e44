"""Files in a folder of this machine; a file gets its name when it is complete.

FOLDER/<key: a folder for each part but the last>                 a file
FOLDER/<key: a folder for each part but the last>.<writer>.part   while it is written
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
    """The files below a folder, which is created when it is needed."""

    folder: Path

    @property
    def address(self) -> str:
        """The folder's absolute path, for processes with another working directory."""
        return str(self.folder.absolute())

    def room(self) -> Room:
        """The room in the folder, or in the one where it would be created."""
        candidates = (self.folder, *self.folder.absolute().parents)
        folder = next(candidate for candidate in candidates if candidate.is_dir())
        try:
            free = shutil.disk_usage(folder).free
        except OSError:
            free = None
        return Room(os.access(folder, os.W_OK), free)

    def prepare(self, key: StorageKey) -> None:
        """Create the file's folder, and remove other writers' parts of it."""
        file = self._file(key)
        file.parent.mkdir(parents=True, exist_ok=True)
        for part in _parts_of(file):
            part.unlink(missing_ok=True)

    def open_aside(self, key: StorageKey, writer: str) -> BinaryIO:
        """Open a new part file beside the file."""
        return self.part(key, writer).open("x+b")

    def finish_aside(self, key: StorageKey, writer: str, stream: BinaryIO) -> None:
        """Wait until the part is on the disk."""
        stream.flush()
        os.fsync(stream.fileno())

    def publish(self, key: StorageKey, writer: str) -> bool:
        """Rename the written part to the file, and sync the folders that hold it."""
        file = self._file(key)
        try:
            self.part(key, writer).replace(file)
        except FileNotFoundError:
            return False
        for folder in file.parents[: len(key) + 1]:
            _sync(folder)
        return True

    def discard(self, key: StorageKey, writer: str) -> None:
        """Remove the part file."""
        self.part(key, writer).unlink(missing_ok=True)

    def open(self, key: StorageKey) -> BinaryIO:
        """Open the file."""
        return self._file(key).open("rb")

    def remove(self, key: StorageKey) -> None:
        """Remove a file with its parts, or a whole folder."""
        file = self._file(key)
        if file.is_dir():
            shutil.rmtree(file, ignore_errors=True)
            return
        for path in (file, *_parts_of(file)):
            path.unlink(missing_ok=True)

    def stored(self) -> Iterator[Stored]:
        """All files, parts and empty folders."""
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

    def part(self, key: StorageKey, writer: str) -> Path:
        """The path of a writer's part."""
        assert writer, "a writer has a name"
        file = self._file(key)
        return file.with_name(f"{file.name}.{writer}{PART}")

    def _file(self, key: StorageKey) -> Path:
        assert all(part not in {"", ".", ".."} and "/" not in part for part in key), key
        return self.folder.joinpath(*key)


def _sync(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _parts_of(file: Path) -> list[Path]:
    """The part files of a file; no glob, since its name may contain wildcards."""
    try:
        beside = list(file.parent.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    prefix = f"{file.name}."
    return [
        path
        for path in beside
        if path.name.startswith(prefix) and path.name.endswith(PART)
    ]
