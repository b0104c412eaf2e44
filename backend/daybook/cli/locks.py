"""`daybook lock` and `daybook unlock`: which periods are closed."""

from typing import Annotated

import typer

from daybook.calendar import Day, day_text, parse_day
from daybook.cli.running import (
    MADE_BY,
    Failed,
    load_settings,
    out,
    with_database,
)
from daybook.clock import now
from daybook.configuration.commands import set_lock
from daybook.configuration.rules import lock_words
from daybook.ledger.rules import LockMethod, first_open_day

Currency = Annotated[
    str | None, typer.Option(help="The ledger, by its currency, if there are several.")
]


def lock(
    through: Annotated[
        str | None,
        typer.Argument(help="The last locked day, YYYY-MM-DD.", metavar="[DATE]"),
    ] = None,
    is_by_accounting_date: Annotated[
        bool,
        typer.Option(
            "--by-accounting-date",
            help="Each document is locked before its own accounting date.",
        ),
    ] = False,
    currency: Currency = None,
) -> None:
    """Lock a ledger's periods: nothing that is recorded from now on posts into them.

    What belongs into locked days posts on the first open day. A lock can be moved
    forward and back; what was posted stays as it is.

    Example: `daybook lock 2025-12-31`

    Example: `daybook lock --by-accounting-date --currency EUR`
    """
    if is_by_accounting_date == (through is not None):
        raise Failed("give the last locked day, or --by-accounting-date")
    if through is None:
        _set(LockMethod.ACCOUNTING_DATE, None, currency)
        return
    try:
        _set(LockMethod.CUSTOM_DATE, parse_day(through), currency)
    except ValueError:
        raise Failed(
            f"{through!r} is not a date YYYY-MM-DD between 2000 and 2099"
        ) from None


def unlock(currency: Currency = None) -> None:
    """Open all periods of a ledger again; what was posted stays as it is.

    Example: `daybook unlock --currency EUR`
    """
    _set(LockMethod.CUSTOM_DATE, None, currency)


def _set(method: LockMethod, locked_through: Day | None, currency: str | None) -> None:
    settings = load_settings()
    changed = with_database(
        settings,
        lambda database: set_lock(
            database,
            settings.organisation,
            currency,
            method=method,
            locked_through=locked_through,
            now=now(settings),
            made_by=MADE_BY,
        ),
    )
    as_before = "" if changed.recording else ", as before"
    words = f"{changed.currency} ledger {lock_words(method, locked_through)}{as_before}"
    if (day := first_open_day(locked_through)) is not None:
        words += f"; the first open day is {day_text(day)}"
    out.print(f"{words}.")
