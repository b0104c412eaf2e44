"""`daybook fx`: euro reference rates, refreshed and looked up."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from daybook.calendar import Day, day_text
from daybook.cli.command_groups import Commands
from daybook.cli.fx_manual import app as manual
from daybook.cli.running import (
    MADE_BY,
    Failed,
    complain,
    load_settings,
    out,
    show_problems,
    unread,
    with_database,
    with_rejection,
    writing,
)
from daybook.cli.sheets import IsCsv, print_csv, terminal_table
from daybook.clock import ClockRefused, now, today
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.fx.commands import Refreshed, refresh_rates
from daybook.fx.downloading import download_rates
from daybook.fx.models import RateRefresh
from daybook.fx.queries import find_refreshes, load_rates
from daybook.fx.reading import RatesFile, rates_file, read_content
from daybook.fx.rules import CrossRate, PublishedRate, parse_rate_day
from daybook.money import currencies_in_use
from daybook.numbers import counted
from daybook.settings import Settings
from daybook.sheets.columns import Sheet, date, text

app = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Euro reference rates of the ECB."
)
app.add_typer(manual, name="manual")

SHIPPED = "shipped with Daybook"


class UsedRate(NamedTuple):
    """A published rate that a cross rate was made of, and where it came from."""

    rate: PublishedRate
    source: str


class ShownRate(NamedTuple):
    """A cross rate with the rates that it was made of."""

    cross: CrossRate
    source: UsedRate | None
    target: UsedRate | None


USED: Sheet[UsedRate] = Sheet(
    "used-rates",
    "Used rates",
    (
        text("currency", "Currency", lambda used: used.rate.currency),
        text("per_euro", "For 1 EUR", lambda used: used.rate.text),
        date("day", "ECB day", lambda used: used.rate.day),
        text("source", "Source", lambda used: used.source),
    ),
)

RATE: Sheet[ShownRate] = Sheet(
    "rate",
    "Rate",
    (
        text("from", "From", lambda shown: shown.cross.source),
        text("to", "To", lambda shown: shown.cross.target),
        date("on", "On", lambda shown: shown.cross.day),
        text("rate", "Rate", lambda shown: shown.cross.text),
        text("from_per_euro", "From, for 1 EUR", lambda shown: _text(shown.source)),
        date("from_day", "ECB day", lambda shown: _day(shown.source)),
        text("from_source", "Source", lambda shown: _source(shown.source)),
        text("to_per_euro", "To, for 1 EUR", lambda shown: _text(shown.target)),
        date("to_day", "ECB day", lambda shown: _day(shown.target)),
        text("to_source", "Source", lambda shown: _source(shown.target)),
    ),
)
"""What `--csv` prints: the cells of the euro are empty, whose rate is always 1."""


def _text(used: UsedRate | None) -> str | None:
    return None if used is None else used.rate.text


def _day(used: UsedRate | None) -> Day | None:
    return None if used is None else used.rate.day


def _source(used: UsedRate | None) -> str | None:
    return None if used is None else used.source


@app.callback()
def group() -> None:
    """Euro reference rates of the European Central Bank."""


@app.command("rate")
def rate(
    source: Annotated[str, typer.Argument(help="From this currency.", metavar="FROM")],
    target: Annotated[str, typer.Argument(help="To this currency.", metavar="TO")],
    on: Annotated[
        str | None, typer.Option(help="The day; today by default.", metavar="DATE")
    ] = None,
    is_csv: IsCsv = False,
) -> None:
    """Show a rate of a day, and the ECB's rates that it is made of.

    A day without a rate has the last one of the seven days before, and a day in the
    future the latest.

    Example: `daybook fx rate USD GBP --on 2025-01-31`
    """
    settings = load_settings()
    present = today(settings, "UTC")
    day = present if on is None else _parsed(on)

    async def work(database: Database) -> ShownRate:
        async with database.reads() as session:
            rates = await load_rates(session, (source, target), today=present)
            if source not in currencies_in_use():
                rates.published(source, day)  # which refuses what is no currency
            cross = rates.rate(source, target, day)
            used = (cross.source_rate, cross.target_rate)
            numbers = [its.refresh for its in used if its and its.refresh]
            refreshes = await find_refreshes(session, numbers)
        return ShownRate(
            cross,
            _used(cross.source_rate, refreshes),
            _used(cross.target_rate, refreshes),
        )

    shown = with_database(settings, work, needs_organisation=False)
    if is_csv:
        print_csv(RATE, [shown])
        return
    cross = shown.cross
    words = f"1 {cross.source} = {cross.text} {cross.target}"
    out.print(f"{words} on {day_text(cross.day)}", markup=False)
    every = [used for used in (shown.source, shown.target) if used is not None]
    if every:
        out.print(terminal_table(USED, every))


def _parsed(on: str) -> Day:
    try:
        return parse_rate_day(on)
    except ValueError as error:
        raise Failed(f"--on {on!r}: {error}") from None


def _used(
    rate: PublishedRate | None, refreshes: Mapping[int, RateRefresh]
) -> UsedRate | None:
    if rate is None:
        return None
    if rate.refresh is None:
        return UsedRate(rate, SHIPPED)
    refresh = refreshes[rate.refresh]
    words = f"refresh {refresh.number} of {refresh.refreshed_at:%Y-%m-%d}"
    return UsedRate(rate, f"{words}, {refresh.file_name}")


@app.command("refresh")
@writing
def refresh(
    path: Annotated[
        Path | None,
        typer.Argument(
            help="The ECB's file, ZIP or CSV; left out, it is downloaded.",
            metavar="[FILE]",
            readable=False,
            show_default=False,
        ),
    ] = None,
) -> None:
    """Add the rates of the ECB's file that are missing, for all organisations.

    It may be the whole history, the daily file, or any days in the same form. A file is
    added as a whole or not at all, and adding it again changes nothing. Without one,
    the file at DAYBOOK_ECB_URL is downloaded: the ECB's history.

    Example: `daybook fx refresh`

    Example: `daybook fx refresh eurofxref-hist.zip`
    """
    settings = load_settings()
    if path is None:
        name, content = asyncio.run(_downloaded(settings))
    else:
        name, content = path.name, _content(path)
    try:
        file = rates_file(name, content, today(settings, "UTC"))
    except Rejected as rejected:
        raise _refused(path or name, name, rejected) from None

    async def work(database: Database) -> Refreshed:
        return await refresh_rates(database, file, now=now(settings), made_by=MADE_BY)

    try:
        refreshed = with_rejection(
            settings, work, but=(ClockRefused,), needs_organisation=False
        )
    except Rejected as rejected:
        raise _refused(path or name, name, rejected) from None
    out.print(f"{name}: {_words(file, refreshed)}", markup=False)


def _content(path: Path) -> bytes:
    try:
        return read_content(path)
    except OSError as error:
        raise unread(path, error) from None


async def _downloaded(settings: Settings) -> tuple[str, bytes]:
    try:
        return await download_rates(settings)
    except Rejected as rejected:
        raise Failed(rejected.problems[0].message) from None


def _refused(place: Path | str, name: str, rejected: Rejected) -> Failed:
    """Show the problems of a file, and return what ends the command."""
    shown = show_problems(rejected.problems, f"{name}: ")
    if rejected.total > shown:
        complain(counted(rejected.total - shown, "more problem"))
    count = counted(rejected.total, "problem")
    return Failed(f"{place}: {count}, nothing was added")


def _words(file: RatesFile, refreshed: Refreshed) -> str:
    if refreshed.number is None:
        return f"nothing added, all of its {len(file.rates):,} rates are known."
    days = refreshed.days
    added = counted(len(refreshed.added), "rate")
    currencies = len(refreshed.currencies)
    among = f"{currencies} currenc{'y' if currencies == 1 else 'ies'}"
    between = day_text(days[0])
    if len(days) > 1:
        between = f"{between} … {day_text(days[-1])}"
    return f"added {added} of {among}, {between} (refresh {refreshed.number})."
