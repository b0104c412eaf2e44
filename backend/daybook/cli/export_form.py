"""What `-o` and the options say of a file: its folder, format and compression."""

import os
from pathlib import Path
from typing import NamedTuple

from daybook.cli.declared_options import option_of
from daybook.cli.running import Failed, unwritten
from daybook.errors import Rejected
from daybook.exports.checking import check_form
from daybook.exports.file_spec import DEFAULT_OPTIONS, FileOptions
from daybook.exports.formats import DEFAULT, FORMATS, Format, parse_format
from daybook.exports.writing.compression import (
    COMPRESSIONS,
    Compression,
    parse_compression,
)

STANDARD_OUTPUT = "-"
"""What `-o` is for standard output."""


class FileForm(NamedTuple):
    """What a file is written as."""

    file_format: Format
    compression: Compression | None


def form_of(
    output: str,
    format_name: str | None,
    compress: str | None,
    options: FileOptions = DEFAULT_OPTIONS,
) -> FileForm:
    """The form that the options ask for, or else the name of the file.

    `january.csv.gz` is compressed, `january.xlsx` is a spreadsheet. Raises Failed for
    options that are unknown, contradict the name or can't be had.
    """
    name = "" if output == STANDARD_OUTPUT else Path(output).name.lower()
    by_name = next((way for way in COMPRESSIONS if name.endswith(way.suffix)), None)
    try:
        compression = by_name if compress is None else parse_compression(compress)
        if format_name is None:
            plain = name if by_name is None else name.removesuffix(by_name.suffix)
            file_format = _format_named(plain)
        else:
            file_format = parse_format(format_name)
        if compression is not None and by_name not in {None, compression}:
            raise _contradicted(output, by_name, compression)
        check_form(file_format, compression, options)
    except Rejected as rejected:
        raise named(rejected) from None
    return FileForm(file_format, compression)


def named(rejected: Rejected) -> Failed:
    """What is wrong with options, each with its name: `--max-rows …`."""
    words = (
        f"{option_of(problem.path[0])} {problem.message}"
        for problem in rejected.problems
    )
    return Failed("; ".join(words))


def is_folder(output: str) -> bool:
    """Whether `-o` is a folder, or one that can be made: its name ends with `/`.

    Raises Failed if that is nowhere to be made.
    """
    if output != STANDARD_OUTPUT and Path(output).is_dir():
        return True
    if not output.endswith(os.sep):
        return False
    parent = Path(output).parent
    if not parent.is_dir():
        raise Failed(f"-o {output}: there is no folder {parent}: make it first")
    return True


def made_folder(output: str) -> Path:
    """The folder that `-o` names, which is made if it isn't there; raises Failed."""
    folder = Path(output)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise Failed(unwritten(output, error, "made"), status=1) from None
    return folder


def _format_named(name: str) -> Format:
    """The format that a name ends with, where that is one of its own."""
    for known in FORMATS:
        if known.suffix != DEFAULT.suffix and name.endswith(f".{known.suffix}"):
            return known
    return DEFAULT


def _contradicted(
    output: str, named: Compression | None, compression: Compression
) -> Failed:
    assert named is not None, "the name says something else"
    return Failed(
        f"--compress {compression.name}: the name {output} says {named.name}; end it"
        f" with {compression.suffix}, or leave --compress out"
    )
