"""The filter options that `journals` and `export` share."""

from collections.abc import Mapping
from typing import Annotated, NamedTuple, TypeAlias

import typer

from daybook.cli.running import Failed
from daybook.clock import today
from daybook.db.engine import ReadSession
from daybook.errors import did_you_mean
from daybook.ledger.pins import Pin
from daybook.ledger.queries import choose_ledger, pin_ledger, time_zone_of
from daybook.reports.journals.filters import JournalFilter, Purpose
from daybook.reports.journals.group_keys import Grouping, in_order
from daybook.reports.journals.selection import parse_selection, resolve
from daybook.settings import Settings

From = Annotated[
    str | None, typer.Option("--from", help="First posting date, YYYY-MM-DD.")
]
To = Annotated[str | None, typer.Option("--to", help="Last posting date, YYYY-MM-DD.")]
Currency = Annotated[str | None, typer.Option(help="The ledger, by its currency.")]
Customer = Annotated[str | None, typer.Option(help="The customer's own id.")]
Product = Annotated[str | None, typer.Option(help="The product's own id.")]
Invoice = Annotated[str | None, typer.Option(help="The invoice's own id.")]
CreditNote = Annotated[
    str | None, typer.Option("--credit-note", help="The credit note's own id.")
]
BillingSchedule = Annotated[
    str | None,
    typer.Option(
        "--billing-schedule", help="The billing schedule's own id, with its invoices."
    ),
]
Source = Annotated[
    list[str] | None,
    typer.Option(
        help="INVOICE, BILLING_SCHEDULE, CREDIT_NOTE or STANDALONE; may be repeated."
    ),
]
Type = Annotated[
    str | None, typer.Option("--type", help="SYSTEM or MANUAL: who made the journals.")
]
Shifted = Annotated[
    bool, typer.Option("--shifted", help="Only journals that a period lock moved.")
]
ExcludeFullyRecognized = Annotated[
    bool,
    typer.Option(
        "--exclude-fully-recognized", help="Only journals with something left to come."
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="As it was known at the end of this day."),
]
On = Annotated[
    str | None,
    typer.Option(help="Entries up to this day are posted, later ones scheduled."),
]
IncludeScheduled = Annotated[
    bool | None,
    typer.Option(
        "--include-scheduled/--no-include-scheduled",
        help="Entries after today (or --on) too, or not."
        " `journals` shows them by itself, `export` leaves them out.",
        show_default=False,
    ),
]
Search = Annotated[
    str | None,
    typer.Option(help="In journal numbers, customers, products and documents."),
]
GroupBy = Annotated[
    str | None,
    typer.Option(
        "--group-by",
        help="Groups in place of journals: any of customer, product, document with"
        " commas between, or none.",
    ),
]


Given: TypeAlias = Mapping[str, str | list[str] | bool | None]
"""Options by the names of `parse_selection`; a switch is on or off."""


class Selected(NamedTuple):
    """A ledger pinned to a recording, and what to show of it."""

    pin: Pin
    wanted: JournalFilter


async def select(
    session: ReadSession,
    settings: Settings,
    currency: str | None,
    given: Given,
    purpose: Purpose,
) -> Selected:
    """Look up the ledger and the filters; raises Rejected with what is wrong."""
    texts = {
        name: value if isinstance(value, list) else [_text(value)]
        for name, value in given.items()
        if value is not None
    }
    selection = parse_selection(texts)
    ledger = await choose_ledger(session, settings.organisation, currency)
    the_day = today(settings, await time_zone_of(session, settings.organisation))
    pin = await pin_ledger(
        session, settings.organisation, ledger.id, the_day, selection.as_of
    )
    assert pin is not None, "the ledger was just found"
    return Selected(pin, await resolve(session, pin, selection, purpose))


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
