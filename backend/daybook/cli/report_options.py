"""The options of reports, which `daybook.report_files` declares and reads."""

import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar

import typer

from daybook.cli.declared_options import (
    in_place_of,
    option_of,
    problems_named,
    refuse_empty,
)
from daybook.cli.export_form import STANDARD_OUTPUT
from daybook.cli.running import Failed
from daybook.report_files.options import (
    OPTIONS,
    Option,
    ReportOptions,
    read_options,
)
from daybook.reports.journals.filter_kinds import YesOrNo
from daybook.sheets.contract import SheetFormat
from daybook.sheets.formats import FILE_FORMATS, format_named

Result = TypeVar("Result")

FormatName = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="|".join(FILE_FORMATS),
        help="As a file, with every row, instead of a table. By default as the name of"
        " the file ends.",
        show_default=False,
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help="A file; a folder (reports/), for a file named after its contents; or -"
        " for standard output.",
        show_default=False,
    ),
]
SHOWN = 50
Shown = Annotated[
    int | None,
    typer.Option(
        "--limit",
        min=1,
        max=10_000,
        help=f"How many the table shows: {SHOWN} by default; files have all.",
        show_default=False,
    ),
]

OptionValues: TypeAlias = Mapping[str, Sequence[str] | bool | None]
"""The options' values by their names; a switch is on or off."""
PARAMETER = "option_values"
"""The parameter of commands that gets them."""


def reporting(
    report: str,
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """A command with an option for each of a report's, in place of `option_values`."""
    options = {option.name: _parameter(option) for option in OPTIONS[report]}
    return in_place_of(PARAMETER, options)


def _parameter(option: Option) -> inspect.Parameter:
    is_switch = isinstance(option.kind, YesOrNo)
    # A list, so that an option that is given twice is refused.
    its_type: Any = bool if is_switch else list[str] | None
    declared = typer.Option(
        option_of(option.name),
        help=option.help,
        show_default=False,
        metavar=None if is_switch else _METAVARS.get(option.name, "DATE"),
    )
    return inspect.Parameter(
        option.field,
        inspect.Parameter.KEYWORD_ONLY,
        default=False if is_switch else None,
        annotation=Annotated[its_type, declared],
    )


_METAVARS = {
    "currency": "CODE",
    "customer": "ID",
    "product": "ID",
    "document": "ID",
    "account": "ACCOUNT",
    "flags": "FLAGS",
    "author": "NAME",
}
"""What the help calls values; others are dates."""


def options_given(report: str, values: OptionValues) -> ReportOptions:
    """A report's options; raises Failed with all problems, each with its option."""
    texts = {
        name: ["yes"] if value is True else [*value]
        for name, value in values.items()
        if value
    }
    refuse_empty(texts)
    with problems_named():
        return read_options(report, texts)


def file_format_of(format_name: str | None, output: str | None) -> SheetFormat | None:
    """The format of the file that is asked for; None for a table for people.

    Raises Failed for a format that isn't known or installed, and for one that a
    terminal can't show.
    """
    if format_name is None and output is None:
        return None
    name = format_name or _format_of_name(output or STANDARD_OUTPUT)
    with problems_named():
        file_format = format_named(name)
    to_terminal = output in {None, STANDARD_OUTPUT} and sys.stdout.isatty()
    if to_terminal and not file_format.is_text:
        message = f"a terminal can't show {file_format.name}: name a file with -o FILE"
        raise Failed(message)
    return file_format


def shown_in_table(
    limit: int | None, format_name: str | None, output: str | None
) -> int:
    """How many rows a table shows; raises Failed for a limit of a file."""
    if limit is not None and (format_name is not None or output is not None):
        raise Failed("--limit is for the table: a file has every row")
    return limit or SHOWN


def _format_of_name(output: str) -> str:
    """The format that a file's name ends with, else CSV."""
    ending = "" if output.endswith(os.sep) else Path(output).suffix.lower().lstrip(".")
    return ending if ending in FILE_FORMATS else "csv"
