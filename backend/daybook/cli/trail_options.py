"""The filters of `daybook audit list` and `daybook activity`, as options."""

from collections.abc import Callable, Mapping
from typing import Annotated, TypeVar

import typer

from daybook.cli.running import Failed
from daybook.errors import Rejected

Filter = TypeVar("Filter")

Who = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Only what this person, key or program did."),
]
Since = Annotated[
    str | None, typer.Option("--from", metavar="DATE", help="Only from this day on.")
]
Until = Annotated[
    str | None, typer.Option("--to", metavar="DATE", help="Only up to this day.")
]
InLedger = Annotated[
    str | None,
    typer.Option("--currency", metavar="CODE", help="Only what concerns this ledger."),
]


def read_options(
    read: Callable[[Mapping[str, str]], Filter], options: Mapping[str, str | None]
) -> Filter:
    """The filter of some options by name; raises Failed with all problems."""
    try:
        return read({name: text for name, text in options.items() if text is not None})
    except Rejected as rejected:
        lines = [
            f"--{'-'.join(map(str, problem.path)).replace('_', '-')}: {problem.message}"
            for problem in rejected.problems
        ]
        raise Failed("\n".join(lines)) from None
