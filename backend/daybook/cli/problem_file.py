"""The CSV file of an import's problems and notices (`--problems`)."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from daybook.cli.running import Failed, complain
from daybook.cli.whole_files import is_device
from daybook.errors import Notice, Problem
from daybook.sheets.columns import Sheet, integer, text
from daybook.sheets.csv_lines import csv_header, csv_lines


class _Told(NamedTuple):
    """A problem or a notice, and the file that it is about."""

    about: Problem | Notice
    file: str


_PROBLEMS: Sheet[_Told] = Sheet(
    "problems",
    "Problems",
    (
        integer("line", "Line", lambda told: told.about.line),
        text("path", "Field", lambda told: ".".join(told.about.path)),
        text("code", "Code", lambda told: told.about.code.value),
        text("message", "Message", lambda told: told.about.message),
        text("kind", "Kind", lambda told: type(told.about).__name__.upper()),
        text("file", "File", lambda told: told.file),
    ),
)


class ProblemFile:
    """Problems and notices of imported files, each on a row; without a path, nowhere.

    It is written even if there is nothing to tell, so that it is always of the last
    command that named it. Only a file of problems is ever replaced.
    """

    def __init__(self, path: Path | None) -> None:
        """Raises Failed for a path that can't be written, or is another file's."""
        self.path = path
        self.is_lost = False
        """Whether it couldn't be written, and so isn't of this command."""
        self._told: list[_Told] = []
        if path is not None:
            _check_replaceable(path)

    def add(self, file: Path, about: Iterable[Problem | Notice]) -> None:
        """Add problems or notices of a file."""
        self._told += [_Told(each, file.name) for each in about]

    def write(self) -> None:
        """Write all; if that fails, what is on the screen is still shown."""
        if self.path is None:
            return
        try:
            with self.path.open("w", encoding="utf-8", newline="") as stream:
                stream.write(csv_header(_PROBLEMS))
                stream.writelines(csv_lines(_PROBLEMS, self._told))
        except OSError as error:
            why = error.strerror or error
            complain(f"--problems {self.path} can't be written: {why}")
            self.is_lost = True


def _check_replaceable(path: Path) -> None:
    """Raise Failed for a folder, and for a file that isn't one of problems."""
    header = csv_header(_PROBLEMS).encode()
    try:
        if is_device(path):
            return
        if not path.exists():
            if not path.parent.is_dir():
                raise Failed(f"--problems {path}: there is no folder {path.parent}")
            return
        with path.open("r+b") as stream:
            begins = stream.read(len(header))
    except OSError as error:
        why = error.strerror or error
        raise Failed(f"--problems {path} can't be written: {why}") from None
    if begins and begins != header:
        raise Failed(
            f"--problems {path} exists, and isn't a file of problems: it stays as it"
            " is; name another file"
        )
