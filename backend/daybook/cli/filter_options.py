"""The filter options that `journals` and `export` share."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Annotated, Any, NamedTuple, TypeAlias, TypeVar

import typer

from daybook.cli.running import Failed
from daybook.clock import today
from daybook.db.engine import ReadSession
from daybook.errors import Rejected, did_you_mean
from daybook.ledger.pins import Pin
from daybook.ledger.queries import choose_ledger, pin_ledger, time_zone_of
from daybook.reports.journals.filter_kinds import YesOrNo
from daybook.reports.journals.filters import (
    FILTERS,
    Filter,
    JournalFilter,
    Purpose,
    Selection,
)
from daybook.reports.journals.group_keys import Grouping, in_order
from daybook.reports.journals.selection import parse_selection, resolve
from daybook.settings import Settings

Result = TypeVar("Result")

Currency = Annotated[str | None, typer.Option(help="The ledger, by its currency.")]
GroupBy = Annotated[
    str | None,
    typer.Option(
        "--group-by",
        help="Groups in place of journals: any of customer, product, document with"
        " commas between, or none.",
    ),
]

Given: TypeAlias = Mapping[str, str | list[str] | bool | None]
"""What options say, by the names of filters; a switch is on or off."""


def filtered(command: Callable[..., Result]) -> Callable[..., Result]:
    """The command with an option for each filter, in the place of its `given`."""

    @wraps(command)
    def run(**options: Any) -> Result:
        given = {one.name: options.pop(one.field) for one in FILTERS}
        return command(given=given, **options)

    # typer makes a command's options from its signature.
    signature = inspect.signature(command)
    options = [_option(one) for one in FILTERS]
    parameters = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for own in signature.parameters.values()
        for parameter in (options if own.name == "given" else [own])
    ]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def _option(one: Filter) -> inspect.Parameter:
    """A filter's option as typer takes it."""
    names, default = option_of(one.name), None
    its_type: Any = list[str]  # an option that is given twice is refused
    if isinstance(one.kind, YesOrNo):
        its_type = bool
        if one.is_switch:
            default = False
        else:
            names += f"/--no-{names.removeprefix('--')}"
    option = typer.Option(names, help=one.help, show_default=False)
    return inspect.Parameter(
        one.field,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[its_type | None, option],
    )


def option_of(name: str) -> str:
    """The option of a filter: `--credit-note`."""
    return f"--{name.replace('_', '-')}"


class Selected(NamedTuple):
    """A ledger pinned to a recording, and what to show: resolved, and as given."""

    pin: Pin
    wanted: JournalFilter
    selection: Selection


async def select(
    session: ReadSession,
    settings: Settings,
    currency: str | None,
    given: Given,
    purpose: Purpose,
) -> Selected:
    """Look up the ledger and the filters; raises Failed with what is wrong."""
    texts = {
        name: value if isinstance(value, list) else [_text(value)]
        for name, value in given.items()
        if value is not None
    }
    empty = [
        option_of(name) for name, its in texts.items() if "" in map(str.strip, its)
    ]
    if empty:
        message = "nothing is given: leave the option out, or give a value"
        raise Failed("; ".join(f"{option}: {message}" for option in empty))
    with _problems_named():
        selection = parse_selection(texts)
    ledger = await choose_ledger(session, settings.organisation, currency)
    the_day = today(settings, await time_zone_of(session, settings.organisation))
    pin = await pin_ledger(
        session, settings.organisation, ledger.id, the_day, selection.as_of
    )
    assert pin is not None, "the ledger was just found"
    with _problems_named():
        wanted = await resolve(session, pin, selection, purpose)
    return Selected(pin, wanted, selection)


@contextmanager
def _problems_named() -> Iterator[None]:
    """Raise as Failed what is wrong with filters, each with its option."""
    try:
        yield
    except Rejected as rejected:
        named = (
            f"{option_of(one.path[0])}: {one.message}" for one in rejected.problems
        )
        raise Failed("; ".join(named)) from None


def _text(value: str | bool) -> str:  # noqa: FBT001  (an option's value, either way)
    return value if isinstance(value, str) else ("yes" if value else "no")


def groupings(text: str | None) -> tuple[Grouping, ...] | None:
    """What `--group-by` names; raises Failed for anything that it can't be."""
    if text is None:
        return None
    names = [one.strip().lower() for one in text.split(",") if one.strip()]
    if names == ["none"]:
        return ()
    unknown = [one for one in names if one not in set(Grouping)]
    if unknown or not names:
        known = ", ".join(Grouping)
        near = did_you_mean(unknown[0], Grouping) if unknown else ""
        message = f"--group-by {text!r} is not none, and not some of {known}{near}"
        raise Failed(message)
    return in_order(Grouping(one) for one in names)
