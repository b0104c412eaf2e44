"""Shared by the commands of `daybook manual`: options, states and what they say."""

import re
from dataclasses import replace
from typing import Annotated

import typer

from daybook.access.people import approvers_of
from daybook.adjustments.commands import JournalState
from daybook.adjustments.queries import ListedManual, manual_by_number
from daybook.adjustments.rules import AdjustmentKind, AdjustmentMode, Status, label
from daybook.cli.running import Failed
from daybook.db.engine import Database
from daybook.errors import Problem, Rejected
from daybook.ledger.queries import LedgerNotChosen, choose_ledger
from daybook.numbers import read_number
from daybook.settings import Settings

KINDS = ", ".join(kind.name for kind in AdjustmentKind)
MODES = ", ".join(mode.name for mode in AdjustmentMode)
APPROVERS_NAMED = 5
"""How many people a message names."""


def manual_number(text: str) -> int:
    """The number of a manual journal, as it was given: `7` or `MJ-7`; raises Failed."""
    try:
        return read_number(re.sub(r"^MJ-", "", text, flags=re.IGNORECASE))
    except ValueError:
        message = f"{text!r} is not a manual journal's number, such as MJ-7"
        raise Failed(f"{message}: `daybook manual list` lists them") from None


Number = Annotated[
    int,
    typer.Argument(
        metavar="NUMBER", parser=manual_number, help="The journal, such as MJ-7."
    ),
]
Reason = Annotated[str, typer.Option(help="Why, for the audit trail.")]
Currency = Annotated[
    str | None, typer.Option(help="The ledger, by its currency, if there are several.")
]
Submits = Annotated[
    bool,
    typer.Option(
        "--submit",
        help="Submit it, too: it is posted, or waits for another person's approval.",
    ),
]


async def manual_row(
    database: Database, settings: Settings, number: int
) -> ListedManual:
    """A manual journal as it is; raises Failed if there is no such."""
    async with database.reads() as session:
        rows = await manual_by_number(session, settings.organisation, [number])
    if not rows:
        message = f"there is no manual journal {label(number)}"
        raise Failed(f"{message}: `daybook manual list` lists them")
    return rows[0]


async def ledger_currency(
    database: Database, settings: Settings, currency: str | None
) -> str:
    """The currency of the ledger of an option, or of the only one; raises Rejected."""
    async with database.reads() as session:
        chosen = await choose_ledger(session, settings.organisation, currency)
    return chosen.currency


async def usual_currency(
    database: Database, settings: Settings, currency: str | None
) -> str | None:
    """The same for journals that may name their own; None if there are several."""
    try:
        return await ledger_currency(database, settings, currency)
    except LedgerNotChosen as unclear:
        if not unclear.currencies:
            raise
        return None


async def state_words(
    database: Database, settings: Settings, state: JournalState
) -> str:
    """What became of a journal, and who goes on with it."""
    name = label(state.number)
    as_before = "" if state.is_changed else ", as before"
    match state.status:
        case Status.SUBMITTED:
            who = await approvers_words(database, settings)
            return f"{name} is submitted{as_before}: {who}."
        case Status.DRAFT:
            return f"{name} is a draft, version {state.version}{as_before}."
        case status:
            return f"{name} is {status.name.lower()}{as_before}."


async def approvers_words(database: Database, settings: Settings) -> str:
    """Who can approve what was submitted."""
    async with database.reads() as session:
        people = await approvers_of(session, settings.organisation)
    if not people:
        return (
            "nobody may approve it yet; add a controller by `daybook user add ADDRESS"
            " --role CONTROLLER`"
        )
    more = ", …" if len(people) > APPROVERS_NAMED else ""
    named = ", ".join(people[:APPROVERS_NAMED])
    return f"another person approves it, in the pages or by the API ({named}{more})"


def with_places(rejected: Rejected) -> Rejected:
    """The same rejection; each message begins with the option or line that it means."""
    return Rejected([_with_place(problem) for problem in rejected.problems])


def _with_place(problem: Problem) -> Problem:
    path = problem.path
    if path[:1] == ("lines",) and len(path) > 1:
        place = " ".join((f"line {int(path[1]) + 1}", *path[2:]))
    elif problem.line:
        place = " ".join((f"line {problem.line}", *path))
    else:
        place = "".join(path[:1])
    if not place or problem.message.startswith(place):
        return problem
    return replace(problem, message=f"{place}: {problem.message}")
