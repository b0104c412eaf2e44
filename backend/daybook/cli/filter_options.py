"""The filter options that `journals` and `export` share."""

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple, TypeAlias, TypeVar

import typer

from daybook.cli.declared_options import (
    in_place_of,
    option_of,
    problems_named,
    refuse_empty,
)
from daybook.cli.running import Failed
from daybook.clock import today
from daybook.db.engine import ReadSession
from daybook.errors import did_you_mean
from daybook.ledger.pins import Pin
from daybook.ledger.queries import pin_chosen, time_zone_of
from daybook.reports.journals.filter_kinds import YesOrNo
from daybook.reports.journals.filters import (
    FILTERS,
    Filter,
    JournalFilter,
    Purpose,
    Selection,
)
from daybook.reports.journals.group_keys import Grouping, in_order
from daybook.reports.journals.selection import (
    parse_selection,
    resolve,
    resolve_in_each,
)
from daybook.settings import Settings

Result = TypeVar("Result")

Currency = Annotated[
    str | None,
    typer.Option(help="One ledger, by its currency; all ledgers if left out."),
]
GroupBy = Annotated[
    str | None,
    typer.Option(
        "--group-by",
        help="Groups in place of journals: any of customer, product, document with"
        " commas between, or none.",
    ),
]

FilterValues: TypeAlias = Mapping[str, str | list[str] | bool | None]
"""The options' values by the names of their filters; a switch is on or off."""
PARAMETER = "filter_values"
"""The parameter of commands that gets them."""


def filtered(command: Callable[..., Result]) -> Callable[..., Result]:
    """The command with an option for each filter in place of `filter_values`."""
    options = {filter_.name: _option(filter_) for filter_ in FILTERS}
    return in_place_of(PARAMETER, options)(command)


def _option(filter_: Filter) -> inspect.Parameter:
    """A filter's option as a parameter for typer."""
    names, default = option_of(filter_.name), None
    its_type: Any = list[str]  # an option that is given twice is refused
    if isinstance(filter_.kind, YesOrNo):
        its_type = bool
        if filter_.is_switch:
            default = False
        else:
            names += f"/--no-{names.removeprefix('--')}"
    option = typer.Option(names, help=filter_.help, show_default=False)
    return inspect.Parameter(
        filter_.field,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[its_type | None, option],
    )


class Selected(NamedTuple):
    """A ledger pinned to a recording, and the filters: resolved, and as given."""

    pin: Pin
    journal_filter: JournalFilter
    selection: Selection


async def select(
    session: ReadSession,
    settings: Settings,
    currency: str | None,
    filter_values: FilterValues,
    purpose: Purpose,
) -> list[Selected]:
    """Look up the ledger, or all without a currency, and resolve the filters in each.

    Ledgers without a document that is named are left out. Raises Failed with the
    filters' problems.
    """
    selection = selection_of(filter_values)
    the_day = today(settings, await time_zone_of(session, settings.organisation))
    pins = await pin_chosen(
        session, settings.organisation, currency, the_day, selection.as_of
    )
    if selection.changed_after is not None and len(pins) > 1:
        raise Failed(
            "--changed-after: each ledger numbers its own recordings: choose one by"
            f" --currency, of {', '.join(pin.currency for pin in pins)}"
        )

    async def resolved(pin: Pin) -> JournalFilter:
        return await resolve(session, pin, selection, purpose)

    with problems_named():
        found = await resolve_in_each(pins, resolved)
    return [Selected(pin, its, selection) for pin, its in found]


def selection_of(filter_values: FilterValues) -> Selection:
    """The filters as they are given; raises Failed with their problems."""
    texts = {
        name: value if isinstance(value, list) else [_text(value)]
        for name, value in filter_values.items()
        if value is not None
    }
    refuse_empty(texts)
    with problems_named():
        return parse_selection(texts)


def _text(value: str | bool) -> str:  # noqa: FBT001  (an option's value, not a flag)
    return value if isinstance(value, str) else ("yes" if value else "no")


def groupings(text: str | None) -> tuple[Grouping, ...] | None:
    """The groupings that `--group-by` names; raises Failed for unknown ones."""
    if text is None:
        return None
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    if names == ["none"]:
        return ()
    unknown = [name for name in names if name not in set(Grouping)]
    if unknown or not names:
        known = ", ".join(Grouping)
        near = did_you_mean(unknown[0], Grouping) if unknown else ""
        raise Failed(f"--group-by {text!r} must be none, or a list of {known}{near}")
    return in_order(Grouping(name) for name in names)
