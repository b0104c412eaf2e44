"""The folder that uploads lie in; a file has its name only when it is whole.

FOLDER/<organisation>/<key>        a file
FOLDER/<organisation>/<key>.part   one that is coming

Whoever else keeps files (`Writing`, `open_file`, `remove`, `stored`) does it by keys.
"""

import os
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from daybook.db.engine import UPLOADS_SUFFIX, Database
from daybook.settings import Settings
from daybook.uploads.rules import UploadId

PART = ".part"
INSIDE = "uploads"


def uploads_folder(database: Database, settings: Settings) -> Path:
    """Where uploads lie: with the exports where those have a folder, or beside them."""
    if settings.exports is not None:
        return settings.exports / INSIDE
    if database.is_sqlite and database.url.database:
        return Path(database.url.database).with_suffix(UPLOADS_SUFFIX)
    return settings.data / INSIDE


class Writing:
    """A file that is coming: written aside, hashed, and named when it is whole.

    Its methods wait for the disk: call them in a thread.
    """

    def __init__(self, folder: Path, upload_id: UploadId) -> None:
        self._file = _file_of(folder, upload_id)
        self._part = self._file.with_name(f"{self._file.name}{PART}")
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._stream = self._part.open("xb")
        self._hash = sha256()
        self.size = 0

    def write(self, some: bytes) -> None:
        """Add some bytes at the end."""
        self._hash.update(some)
        self._stream.write(some)
        self.size += len(some)

    def publish(self) -> bytes:
        """Give the whole file its name; gives its hash."""
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        self._part.replace(self._file)
        return self._hash.digest()

    def close(self) -> None:
        """Leave nothing of a file that didn't become whole."""
        self._stream.close()
        self._part.unlink(missing_ok=True)


def open_file(folder: Path, upload_id: UploadId) -> BinaryIO:
    """A whole file to read; raises FileNotFoundError."""
    return _file_of(folder, upload_id).open("rb")


def remove(folder: Path, upload_id: UploadId) -> None:
    """Remove an upload's file, also one that is coming."""
    file = _file_of(folder, upload_id)
    file.unlink(missing_ok=True)
    file.with_name(f"{file.name}{PART}").unlink(missing_ok=True)


def stored(folder: Path) -> list[UploadId]:
    """The uploads that have a file, whole or not."""
    return [
        UploadId(int(one.parent.name), one.name.removesuffix(PART))
        for one in folder.glob("*/*")
        if one.parent.name.isdecimal()
    ]


def _file_of(folder: Path, upload_id: UploadId) -> Path:
    return folder / str(upload_id.organisation_id) / upload_id.key
