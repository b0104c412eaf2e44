"""The CSV file of an import's problems and notices (`--problems`)."""

from pathlib import Path
from typing import NamedTuple

from daybook.cli.tables_of_imports import ImportTable
from daybook.errors import Notice, Problem
from daybook.sheets.columns import Sheet, integer, text


class Told(NamedTuple):
    """A problem or a notice, and the file that it is about."""

    about: Problem | Notice
    file: str


_PROBLEMS: Sheet[Told] = Sheet(
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


def problem_file(path: Path | None) -> ImportTable[Told]:
    """The table at a path."""
    return ImportTable("--problems", _PROBLEMS, path)
