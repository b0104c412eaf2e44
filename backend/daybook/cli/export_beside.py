"""Options of `daybook export` that have no effect beside others, which are refused."""

from collections.abc import Mapping
from typing import Any

from daybook.cli import export_options, filter_options
from daybook.cli.declared_options import option_of
from daybook.cli.running import Failed

AS_OF = "as_of"
"""The only filter beside `--since`: the moment that is compared with the file."""

Given = Mapping[str, Any]
"""Options by their names, with the values that were given."""


def refuse_beside_since(
    given: Given,
    filter_values: filter_options.FilterValues,
    option_values: export_options.OptionValues,
) -> None:
    """Raise Failed for options that say what the recorded file says already."""
    filters = {name: its for name, its in filter_values.items() if name != AS_OF}
    names = _names_of(given, filters, option_values)
    if names:
        raise Failed(
            f"{', '.join(names)}: --since makes a file of the same form and selection"
            " as the recorded one; leave the option out"
        )


def refuse_beside_verify(
    given: Given,
    filter_values: filter_options.FilterValues,
    option_values: export_options.OptionValues,
) -> None:
    """Raise Failed for options that say how another file would be made."""
    names = _names_of(given, filter_values, option_values)
    if names:
        raise Failed(
            f"{', '.join(names)}: --verify makes the file again as its record says;"
            " leave the option out"
        )


def refuse_alone(*, record: int | None, checks: bool, processes: int | None) -> None:
    """Raise Failed for options whose other option is missing, or makes no file."""
    if record is not None:
        raise Failed("--record goes with --verify")
    if checks and processes is not None:
        raise Failed("--processes goes without --check, which makes no file")


def _names_of(
    given: Given,
    filter_values: filter_options.FilterValues,
    option_values: export_options.OptionValues,
) -> list[str]:
    """The names of the options that were given."""
    named = {
        option_of(name): value
        for name, value in {**filter_values, **option_values}.items()
    }
    return [
        name
        for name, value in {**given, **named}.items()
        if value is not None and value is not False
    ]
