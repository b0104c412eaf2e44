"""The filter options that `journals` and `export` share."""

from typing import Annotated, NamedTuple

import typer

from daybook.cli.running import ORGANISATION_ID
from daybook.clock import today
from daybook.db.engine import ReadSession
from daybook.ledger.filters import JournalFilter, Pin
from daybook.ledger.queries import choose_ledger, pin_ledger
from daybook.reports.selection import parse_selection, resolve
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
Source = Annotated[
    list[str] | None, typer.Option(help="INVOICE or CREDIT_NOTE; may be repeated.")
]
On = Annotated[
    str | None,
    typer.Option(help="Entries up to this day are posted, later ones scheduled."),
]


class Selected(NamedTuple):
    """A ledger pinned to a recording, and what to show of it."""

    pin: Pin
    wanted: JournalFilter


async def select(
    session: ReadSession,
    settings: Settings,
    currency: str | None,
    given: dict[str, str | list[str] | None],
) -> Selected:
    """Look up the ledger and the filters; raises Rejected with what is wrong."""
    texts = {
        name: value if isinstance(value, list) else [value]
        for name, value in given.items()
        if value is not None
    }
    selection = parse_selection(texts)
    ledger = await choose_ledger(session, ORGANISATION_ID, currency)
    pin = await pin_ledger(session, ORGANISATION_ID, ledger.id, today(settings))
    assert pin is not None, "the ledger was just found"
    return Selected(pin, await resolve(session, pin, selection))
