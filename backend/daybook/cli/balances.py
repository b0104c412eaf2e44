"""`daybook balance`: balances of the general ledger, for the tie-out."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Annotated

import typer
from rich.markup import escape

from daybook.cli.choices import parsed_day
from daybook.cli.command_groups import Commands
from daybook.cli.ledgers_shown import print_ledger
from daybook.cli.mapping_files import File, text_of
from daybook.cli.running import (
    MADE_BY,
    Failed,
    load_settings,
    out,
    show_problems,
    with_database,
    with_rejection,
    writing,
)
from daybook.cli.sheets import IsCsv, Limit, NumberedList, show_list, terminal_table
from daybook.clock import now
from daybook.closing.commands import enter_balances, import_balances
from daybook.closing.queries import count_balances, list_balances
from daybook.closing.rules import BalanceEntry, EnteredBalance, EnteredBalances
from daybook.closing.sheets import BALANCES
from daybook.db.engine import Database, ReadSession
from daybook.errors import Problem, Rejected
from daybook.ledger.pins import Pin
from daybook.ledger.queries import LedgerNotChosen, pin_chosen
from daybook.numbers import counted
from daybook.paging import Page, PageRequest
from daybook.settings import Settings

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    help="Enter balances of the general ledger, which the tie-out compares.",
)

Currency = Annotated[
    str | None, typer.Option(help="The ledger, by its currency, if there are several.")
]
Note = Annotated[str, typer.Option(help="Where the balances come from.")]


@app.command()
@writing
def enter(
    account: Annotated[
        str,
        typer.Argument(
            help="BILLED, UNBILLED, DEFERRED or RECOGNIZED, or the name or code of an"
            " account or a sub-account."
        ),
    ],
    on: Annotated[str, typer.Argument(metavar="DATE", help="The day at its end.")],
    balance: Annotated[
        str,
        typer.Argument(
            help="On the account's normal side, such as 1234.50; after -- if negative."
        ),
    ],
    label: Annotated[
        str, typer.Option(help="Tells lines of one account and day apart; they sum up.")
    ] = "",
    note: Note = "",
    currency: Currency = None,
) -> None:
    """Enter an account's balance in the general ledger.

    A later balance of the same account, day and label replaces the earlier one; both
    are kept.

    Example: `daybook balance enter DEFERRED 2026-10-31 48210.35`

    Example: `daybook balance enter 2610 2026-10-31 1200.00 --note "trial balance"`

    Example: `daybook balance enter --label suspense DEFERRED 2026-10-31 -- -3.00`
    """
    settings = load_settings()
    entry = BalanceEntry(account, parsed_day(on), balance, label)

    async def work(database: Database) -> EnteredBalances:
        return await enter_balances(
            *(database, settings.organisation, currency, [entry]),
            note=note,
            now=now(settings),
            made_by=MADE_BY,
        )

    _print(_entered(settings, work, ""))


@app.command("import")
@writing
def import_(
    file: File,
    note: Note = "",
    currency: Currency = None,
) -> None:
    """Enter all balances of a CSV file, or none if there is any problem.

    Its columns are account, date, balance and label; the label may be left out. What is
    entered already stays as it is.

    Example: `daybook balance import october.csv --note "trial balance of 3 Nov"`
    """
    settings = load_settings()
    text = text_of(file)

    async def work(database: Database) -> EnteredBalances:
        return await import_balances(
            *(database, settings.organisation, currency, text),
            note=note,
            now=now(settings),
            made_by=MADE_BY,
        )

    _print(_entered(settings, work, f"{file}: "))


def _entered(
    settings: Settings,
    work: Callable[[Database], Awaitable[EnteredBalances]],
    prefix: str,
) -> EnteredBalances:
    """Enter balances; their problems are shown a line each."""
    try:
        return with_rejection(settings, work, but=(LedgerNotChosen,))
    except Rejected as rejected:
        show_problems(map(_of_argument, rejected.problems), "  ")
        count = counted(rejected.total, "problem")
        raise Failed(f"{prefix}{count}, nothing was entered") from None


def _of_argument(problem: Problem) -> Problem:
    """A problem of the balance that a command enters, by the argument's name."""
    is_of_list = problem.path[:2] == ("balances", "0")
    return replace(problem, path=problem.path[2:]) if is_of_list else problem


def _print(entered: EnteredBalances) -> None:
    words = f"{counted(entered.entered, 'balance')} entered in {entered.currency}"
    if entered.unchanged:
        words += f", {entered.unchanged:,} entered before"
    if entered.recording is not None:
        words += f" (recording {entered.recording})"
    out.print(escape(f"{words}."))


@app.command("list")
def list_(
    currency: Currency = None, limit: Limit = None, is_csv: IsCsv = False
) -> None:
    """Show the balances that were entered, newest first, replaced ones too.

    Without --currency, those of every ledger.

    Example: `daybook balance list --limit 10`
    """
    settings = load_settings()

    async def work(database: Database) -> list[Pin]:
        async with database.reads() as session:
            return await pin_chosen(session, settings.organisation, currency, today=0)

    pins = with_database(settings, work)
    for number, pin in enumerate(pins):
        if len(pins) > 1 and not is_csv:
            print_ledger(pin.currency, is_first=number == 0)
        show_list(_listed(pin), _show, limit=limit, is_csv=is_csv, goes_on=number > 0)


def _listed(pin: Pin) -> NumberedList[EnteredBalance]:
    """The balances of a ledger."""

    async def find(
        session: ReadSession, _organisation_id: int, request: PageRequest
    ) -> Page[EnteredBalance]:
        return await list_balances(session, pin, request)

    async def count(session: ReadSession, _organisation_id: int) -> int:
        return await count_balances(session, pin)

    return NumberedList(BALANCES, "balance", find, count, lambda its: its.number)


def _show(balances: Sequence[EnteredBalance]) -> None:
    # All of one ledger, which the heading names.
    without_currency = replace(BALANCES, columns=BALANCES.columns[:-1])
    out.print(terminal_table(without_currency, balances))
