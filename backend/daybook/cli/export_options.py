"""The options of `daybook export` that say how a file is written."""

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeAlias, TypeVar

import typer

from daybook.cli.declared_options import in_place_of, option_of
from daybook.cli.export_form import named
from daybook.cli.running import Failed
from daybook.errors import Rejected
from daybook.exports.file_spec import FileOptions
from daybook.exports.formats.contract import Opens
from daybook.exports.mapping.forms import DateForm, Preset
from daybook.exports.option_texts import read_options

Result = TypeVar("Result")

OptionValues: TypeAlias = Mapping[str, str | bool | None]
"""The options' values by their names; None for those that were not given."""
PARAMETER = "option_values"
"""The parameter of commands that gets them."""

OPTIONS: Mapping[str, Any] = {
    "preset": Annotated[
        str | None,
        typer.Option(
            "--preset",
            help=f"Signs of amounts for Xero: {' or '.join(Preset)}. By default as the"
            " integration is set.",
        ),
    ],
    "date_form": Annotated[
        str | None,
        typer.Option(
            "--date-form",
            help=f"How dates are written for a system: one of {', '.join(DateForm)}, as"
            " far as it reads them. By default as the integration is set.",
        ),
    ],
    "convert": Annotated[
        bool | None,
        typer.Option(
            "--convert",
            help="For Xero: each schedule in Xero's base currency, at the ECB's rate on"
            " its document's accounting date.",
            show_default=False,
        ),
    ],
    "max_rows": Annotated[
        str | None,
        typer.Option(
            "--max-rows",
            help="The most rows of a part, where files are split; 0 for one file. By"
            " default what the target takes.",
            metavar="N",
        ),
    ],
    "default_account": Annotated[
        str | None,
        typer.Option(
            "--default-account",
            help="The system's account for lines without a mapping: its code or name.",
            metavar="CODE",
        ),
    ],
    "opens": Annotated[
        str | None,
        typer.Option(
            "--opens",
            help="Which accounts a Beancount file opens: those that it has entries of"
            " (used, the default), all of the ledger at a day before all others, or"
            " none, to load it with a file that opens all.",
            metavar="|".join(Opens),
        ),
    ],
}
"""The options by their names, as `option_texts` has them."""


def optioned(command: Callable[..., Result]) -> Callable[..., Result]:
    """The command with these options in place of `option_values`."""
    options = {
        name: inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
        )
        for name, annotation in OPTIONS.items()
    }
    return in_place_of(PARAMETER, options)(command)


def options_of(values: OptionValues) -> FileOptions:
    """The options of a command; raises Failed with what is wrong, option by option."""
    texts = {}
    for name, value in values.items():
        if isinstance(value, str):
            if not value.strip():
                message = "nothing is given: leave it out, or give a value"
                raise Failed(f"{option_of(name)}: {message}")
            texts[name] = value
        elif value:
            texts[name] = "yes"
    try:
        return read_options(texts)
    except Rejected as rejected:
        raise named(rejected) from None
