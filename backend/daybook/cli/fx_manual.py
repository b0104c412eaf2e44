"""`daybook fx manual`: rates that an organisation enters itself."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from daybook.cli.command_groups import Commands
from daybook.cli.running import (
    MADE_BY,
    Failed,
    load_settings,
    out,
    with_database,
    writing,
)
from daybook.cli.sheets import IsCsv, print_csv, terminal_table
from daybook.clock import now, today
from daybook.db.engine import Database
from daybook.fx.entering import RateDay, enter_rate, withdraw_rate
from daybook.fx.models import ManualRate
from daybook.fx.queries import manual_rates
from daybook.fx.rules import PublishedRate, parse_rate_day
from daybook.settings import Settings
from daybook.sheets.columns import Sheet, date, text, timestamp

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    help="Rates of your own, for currencies and days of which the ECB has none.",
)

Result = TypeVar("Result")
Currency = Annotated[str, typer.Argument(help="The currency.")]
RateDate = Annotated[str, typer.Argument(help="The day that it is of.", metavar="DATE")]
Reason = Annotated[str, typer.Option(help="Why, for the audit trail.")]


def _rate_text(rate: ManualRate) -> str:
    assert rate.mantissa is not None, "it wasn't withdrawn"
    return PublishedRate(rate.currency, rate.day, rate.mantissa, rate.decimals).text


RATES: Sheet[ManualRate] = Sheet(
    "manual-rates",
    "Manual rates",
    (
        text("currency", "Currency", lambda rate: rate.currency),
        date("day", "Day", lambda rate: rate.day),
        text("per_euro", "For 1 EUR", _rate_text),
        text("reason", "Reason", lambda rate: rate.reason),
        text("entered_by", "Entered by", lambda rate: rate.entered_by),
        timestamp("entered_at", "Entered (UTC)", lambda rate: rate.entered_at),
    ),
)


@app.command("add")
@writing
def add(
    currency: Currency,
    day: RateDate,
    rate: Annotated[str, typer.Argument(help="How many units a euro was worth.")],
    reason: Reason,
) -> None:
    """Enter a rate, or another in the place of one that you entered before.

    Where the ECB has a rate of the day, that stands.

    Example: `daybook fx manual add KES 2026-09-30 151.2 --reason "Central bank"`
    """
    of = _of(currency, day)

    async def work(database: Database, settings: Settings) -> bool:
        return await enter_rate(
            database,
            settings.organisation,
            of,
            rate,
            reason=reason,
            today=today(settings, "UTC"),
            now=now(settings),
            made_by=MADE_BY,
        )

    is_new = _act(work)
    words = "is entered" if is_new else "is as before"
    out.print(f"The rate of {currency} for {day} {words}.", markup=False)


@app.command("list")
def list_rates(is_csv: IsCsv = False) -> None:
    """Show the rates that you entered, newest days first.

    Example: `daybook fx manual list`
    """
    settings = load_settings()

    async def work(database: Database) -> list[ManualRate]:
        async with database.reads() as session:
            return await manual_rates(session, settings.organisation)

    rates = with_database(settings, work)
    if is_csv:
        print_csv(RATES, rates)
    else:
        out.print(terminal_table(RATES, rates))


@app.command("withdraw")
@writing
def withdraw(currency: Currency, day: RateDate, reason: Reason) -> None:
    """Withdraw a rate that you entered.

    Example: `daybook fx manual withdraw KES 2026-09-30 --reason "Another day's"`
    """
    of = _of(currency, day)

    async def work(database: Database, settings: Settings) -> None:
        await withdraw_rate(
            database,
            settings.organisation,
            of,
            reason=reason,
            now=now(settings),
            made_by=MADE_BY,
        )

    _act(work)
    out.print(f"The rate of {currency} for {day} is withdrawn.", markup=False)


def _of(currency: str, day: str) -> RateDay:
    try:
        return RateDay(currency, parse_rate_day(day))
    except ValueError as error:
        raise Failed(f"{day!r} is no day of a rate: {error}") from None


def _act(work: Callable[[Database, Settings], Awaitable[Result]]) -> Result:
    settings = load_settings()

    async def act(database: Database) -> Result:
        database.check_writable()
        return await work(database, settings)

    return with_database(settings, act)
