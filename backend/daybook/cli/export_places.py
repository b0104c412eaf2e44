"""Where `daybook export -o` puts a file, and what the file is called."""

import os
from pathlib import Path
from typing import NamedTuple

from daybook.calendar import Day
from daybook.cli.export_form import STANDARD_OUTPUT, is_folder
from daybook.cli.running import Failed
from daybook.cli.whole_files import exists_already, is_device
from daybook.exports.file_spec import FileSpec
from daybook.exports.names import (
    ARCHIVE_SUFFIX,
    file_name,
    is_archive_name,
    plain_of,
)
from daybook.exports.writing.planning import FilePlan


class Place(NamedTuple):
    """Where a file goes, and the name that its record has.

    `path` is None for standard output. With `is_new`, the user didn't choose the name,
    and no other file is replaced; `given` is the name that was chosen, if it became
    that of an archive.
    """

    path: Path | None
    name: str
    is_new: bool = False
    given: str = ""

    @property
    def stem(self) -> str:
        """What the names of an archive's parts begin with."""
        return plain_of(self.name)

    @property
    def has_manifest(self) -> bool:
        """Whether there is a place for a manifest beside the file."""
        return self.path is not None and not is_device(self.path)


def plain_name(output: str) -> str:
    """The name without `.zip`: it tells the format of an archive's parts."""
    return output if Path(output).is_dir() else plain_of(output)


def wants_archive(output: str, spec: FileSpec) -> bool | None:
    """Whether a file has to be an archive, or must not be; None if its rows decide.

    Raises Failed if an archive is asked for in a form that isn't split.
    """
    path = Path(output)
    if output == STANDARD_OUTPUT or is_device(path):
        return False
    if path.is_dir() or not is_archive_name(output):
        return None
    if spec.compression is not None:
        raise Failed(
            f"a zip archive is compressed already: leave {spec.compression.name} out"
        )
    if not spec.file_format.is_split:
        name = spec.file_format.name
        raise Failed(
            f"files of {name} are not split: end the name with"
            f" .{spec.file_format.suffix}"
        )
    return True


def place_of(output: str, spec: FileSpec, plan: FilePlan, as_of: Day | None) -> Place:
    """Where a file goes; raises Failed if a file that the user didn't name is there."""
    own_name = file_name(spec, as_of, is_archive=plan.is_archive)
    if output == STANDARD_OUTPUT:
        return Place(None, printable(own_name))
    path, is_new, given = Path(output), False, ""
    if is_folder(output):
        path, is_new = path / own_name, True
    elif plan.is_archive and not is_archive_name(path.name):
        stem = path.name.removesuffix(f".{spec.file_format.suffix}")
        path, is_new = path.with_name(f"{stem}{ARCHIVE_SUFFIX}"), True
        given = printable(output)
    if is_new and path.exists():
        raise exists_already(path)
    return Place(path, printable(path.name), is_new, given)


def printable(name: str) -> str:
    """A file's name as it can be recorded and printed, whatever bytes it has."""
    text = os.fsencode(name).decode(errors="replace")
    return "".join(
        char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text
    )
