"""`daybook clock`: check the clock against the recordings, and accept it."""

from typing import Annotated

import typer

from daybook.cli.command_groups import Commands
from daybook.cli.running import (
    MADE_BY,
    Failed,
    load_settings,
    out,
    with_database,
)
from daybook.clock import ClockState, moment_text, now
from daybook.configuration.clock_acceptance import accept_clock
from daybook.db.engine import Database
from daybook.ledger.clocks import clock_readings

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    help="Check the clock against the recordings, and accept it.",
)


@app.command("show")
def show() -> None:
    """Show whether the clock fits the recordings; the exit status is 1 if not.

    Example: `daybook clock show`
    """
    settings = load_settings()

    async def work(database: Database) -> tuple[ClockState, str]:
        async with database.reads() as session:
            (reading,) = await clock_readings(
                session, now(settings), settings.organisation
            )
        state = reading.state(is_confirmed=database.clock.is_confirmed)
        return state, reading.words(state)

    state, words = with_database(settings, work)
    if state.is_refused:
        raise Failed(words, status=1)
    out.print(f"{_sentence(words)}", markup=False)


@app.command("accept")
def accept(
    reason: Annotated[
        str, typer.Option(help="Why the clock is right, for the audit trail.")
    ],
) -> None:
    """Accept the clock although it doesn't fit the last recording, since it is right.

    If the last recording's time is in the future, everything is recorded at that time
    until the clock has passed it, and as-of days in between are not reliable.

    Example: `daybook clock accept --reason "The server was at 2036 by mistake"`
    """
    settings = load_settings()
    state, reading = with_database(
        settings,
        lambda database: accept_clock(
            database,
            settings.organisation,
            reason=reason,
            now=now(settings),
            made_by=MADE_BY,
        ),
    )
    match state:
        case ClockState.BEHIND:
            assert reading.last is not None, "it is behind something"
            present, last = moment_text(reading.present), moment_text(reading.last)
            words = (
                f"Accepted: until {last} everything is recorded at that time. As-of"
                f" days from {present} to {last} are not reliable."
            )
        case ClockState.JUMPED:
            words = f"Accepted: the present is {moment_text(reading.present)}."
        case _:
            words = f"There is nothing to accept: {reading.words(state)}."
    out.print(words, markup=False)


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
