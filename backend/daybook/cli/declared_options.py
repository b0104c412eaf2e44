"""Options that are declared outside of commands: filters, and options of files."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

from daybook.cli.running import Failed
from daybook.errors import Rejected

Result = TypeVar("Result")


def in_place_of(
    parameter: str, options: Mapping[str, inspect.Parameter]
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """A command with these options in place of a parameter of its own.

    The parameter gets their values, by the names that `options` has them by.
    """

    def with_options(command: Callable[..., Result]) -> Callable[..., Result]:
        @wraps(command)
        def run(**given: Any) -> Result:
            values = {name: given.pop(option.name) for name, option in options.items()}
            return command(**{parameter: values}, **given)

        # typer makes a command's options from its signature.
        signature = inspect.signature(command)
        parameters = [
            option.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for own in signature.parameters.values()
            for option in (options.values() if own.name == parameter else [own])
        ]
        run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # typer reads it
        run.__annotations__ = {option.name: option.annotation for option in parameters}
        return run

    return with_options


def option_of(name: str) -> str:
    """The option of a name: `--credit-note`."""
    return f"--{name.replace('_', '-')}"


def refuse_empty(texts: Mapping[str, Sequence[str]]) -> None:
    """Raise Failed for options that were given without a value."""
    empty = [
        option_of(name)
        for name, values in texts.items()
        if "" in map(str.strip, values)
    ]
    if empty:
        message = "nothing is given: leave the option out, or give a value"
        raise Failed("; ".join(f"{option}: {message}" for option in empty))


@contextmanager
def problems_named() -> Iterator[None]:
    """Raise problems of options as Failed, each with its option's name."""
    try:
        yield
    except Rejected as rejected:
        named = (
            f"{option_of(problem.path[0])}: {problem.message}"
            if problem.path
            else problem.message
            for problem in rejected.problems
        )
        raise Failed("; ".join(named)) from None
