"""CSV files that `daybook import` writes beside recording."""

import errno
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Generic, TypeVar

from daybook.cli.running import Failed, complain, unwritten
from daybook.cli.whole_files import is_device
from daybook.sheets.columns import Sheet
from daybook.sheets.csv_lines import csv_header, csv_lines

Row = TypeVar("Row")


class ImportTable(Generic[Row]):
    """Rows about imported files in a CSV file; without a path, nowhere.

    It is written even if there is nothing to tell, so that it is always of the last
    command that named it. Only a file of the same sheet is ever replaced.
    """

    def __init__(self, option: str, sheet: Sheet[Row], path: Path | None) -> None:
        self.path = path
        self.is_lost = False
        """Whether it couldn't be written, and so isn't of this command."""
        self._option, self._sheet = option, sheet
        self._rows: list[Row] = []

    def check(self, reads: Iterable[Path]) -> None:
        """Raise Failed for a path that can't be written, or is another file's.

        `reads` are the files that the command reads.
        """
        if self.path is None:
            return
        if self.path.exists() and any(map(self.path.samefile, reads)):
            raise Failed(f"{self._option} {self.path} is read, too: name another file")
        self._check_replaceable(self.path)

    def add(self, rows: Iterable[Row]) -> None:
        """Add rows."""
        self._rows += rows

    def write(self) -> None:
        """Write all; if that fails, what is on the screen is still shown."""
        if self.path is None:
            return
        try:
            with self.path.open("w", encoding="utf-8", newline="") as stream:
                stream.write(csv_header(self._sheet))
                stream.writelines(csv_lines(self._sheet, self._rows))
        except OSError as error:
            complain(f"{self._option} {unwritten(self.path, error)}")
            self.is_lost = True

    def _check_replaceable(self, path: Path) -> None:
        """Raise Failed for a folder, and for a file of anything else."""
        header = csv_header(self._sheet).encode()
        try:
            if is_device(path):
                return
            if not path.exists():
                if not path.parent.is_dir():
                    words = f"there is no folder {path.parent}"
                    raise Failed(f"{self._option} {path}: {words}")
                if not os.access(path.parent, os.W_OK | os.X_OK):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
                return
            with path.open("r+b") as stream:
                begins = stream.read(len(header))
        except OSError as error:
            raise Failed(f"{self._option} {unwritten(path, error)}") from None
        if begins and begins != header:
            raise Failed(
                f"{self._option} {path} exists, and isn't a file of"
                f" {self._sheet.name}: it stays as it is; name another file"
            )
