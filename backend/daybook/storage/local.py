"""Files in a folder of this machine; a file gets its name when it is complete.

FOLDER/<key: a folder for each part but the last>                 a file
FOLDER/<key: a folder for each part but the last>.<writer>.part   while it is written
FOLDER/…                                                          pieces (`part_names`)
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from daybook.storage.local_joining import LocalJoining
from daybook.storage.part_names import (
    half_piece_name,
    is_part_of,
    part_name,
    piece_name,
    stored_as,
)
from daybook.storage.rules import (
    PieceContent,
    Room,
    StorageKey,
    Stored,
    missing_piece,
)


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

    def keep_piece(
        self, key: StorageKey, writer: str, index: int, content: PieceContent
    ) -> None:
        """Write a piece under a name of its own, then give it its name.

        It needn't last if the machine stops: only the part is kept, and has all bytes
        of its pieces, which are read once.
        """
        file = self._file(key)
        half = file.with_name(half_piece_name(file.name, writer, index))
        try:
            with half.open("xb") as stream:
                whole = [content] if isinstance(content, memoryview) else content
                stream.writelines(whole)
            half.replace(self._piece(key, writer, index))
        except FileNotFoundError:
            raise missing_piece(index) from None
        finally:
            half.unlink(missing_ok=True)

    def joining(self, key: StorageKey, writer: str) -> LocalJoining:
        """Open a new part file beside the file, to append pieces to it."""
        return LocalJoining(
            self.open_aside(key, writer),
            piece=lambda index: self._piece(key, writer, index),
            keep=lambda stream: self.finish_aside(key, writer, stream),
        )

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
        """Remove the part file and the pieces."""
        for part in _parts_of(self._file(key), writer):
            part.unlink(missing_ok=True)

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
            yield from {stored_as((*above, name)) for name in files}

    def part(self, key: StorageKey, writer: str) -> Path:
        """The path of a writer's part."""
        file = self._file(key)
        return file.with_name(part_name(file.name, writer))

    def _piece(self, key: StorageKey, writer: str, index: int) -> Path:
        file = self._file(key)
        return file.with_name(piece_name(file.name, writer, index))

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


def _parts_of(file: Path, writer: str | None = None) -> list[Path]:
    """The parts and pieces of a file, of one writer or of all."""
    try:
        beside = list(file.parent.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [
        path
        for path in beside
        if path.name.startswith(f"{file.name}.")  # few do, in a large folder
        and is_part_of((path.name,), (file.name,), writer)
    ]
