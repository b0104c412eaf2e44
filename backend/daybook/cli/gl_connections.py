"""`daybook gl connection`: the organisations whose journals come in."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, TypeVar

import typer

from daybook.calendar import Day, day_text
from daybook.cli.choices import one_of, or_none, parsed_day
from daybook.cli.command_groups import Commands
from daybook.cli.running import (
    MADE_BY,
    Failed,
    load_settings,
    out,
    with_database,
    writing,
)
from daybook.cli.terminal_tables import plain_table
from daybook.clock import now
from daybook.connections.commands import (
    Author,
    add_connection,
    remove_connection,
    update_connection,
)
from daybook.connections.models import GlConnection
from daybook.connections.queries import find_connections, settings_of
from daybook.connections.rules import (
    DECEMBER,
    AccountRole,
    ConnectionPatch,
    ConnectionSettings,
    YearEnd,
    parse_year_end,
    unknown_connection,
)
from daybook.db.engine import Database
from daybook.patches import UNSET, Unset
from daybook.settings import Settings

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    help="Connections: the organisations of Xero whose journals come in.",
)

Result = TypeVar("Result")

ROLES = ", ".join(AccountRole)
Name = Annotated[str, typer.Argument(help="The connection's name.")]
Takes = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CURRENCY",
        help="A ledger whose exports are loaded into it, repeated; NONE for none.",
    ),
]


def _year_end(text: str) -> YearEnd:
    try:
        return parse_year_end(text)
    except ValueError:
        message = f"--year-end {text!r} is not a day MM-DD, such as 03-31"
        raise Failed(message) from None


YearEndOption = Annotated[
    YearEnd | None,
    typer.Option(
        metavar="MM-DD", parser=_year_end, help="The last day of the financial year."
    ),
]


@app.command("add")
@writing
def add(
    name: Name,
    currency: Annotated[str, typer.Option(help="Its base currency.")],
    main: Annotated[
        bool,
        typer.Option("--main", help="It is the main one, as the first one always is."),
    ] = False,
    year_end: YearEndOption = None,
    takes: Takes = None,
) -> None:
    """Add a connection; its journals come in by file.

    Example: `daybook gl connection add "Northwind UK" --currency GBP --takes USD`
    """
    connection = ConnectionSettings(
        name, year_end or DECEMBER, takes_exports=_currencies(takes)
    )

    async def work(database: Database, author: Author) -> int:
        return await add_connection(
            database, author, connection, base_currency=currency, is_main=main
        )

    _act(work)
    out.print(f"Connection {name.strip()} is added.", markup=False)


@app.command("list")
def list_connections() -> None:
    """Show the connections, the main one first.

    Example: `daybook gl connection list`
    """
    settings = load_settings()

    async def work(database: Database) -> list[GlConnection]:
        async with database.reads() as session:
            return await find_connections(session, settings.organisation)

    table = plain_table(
        *("Name", "Currency", "Main", "Year end", "Period lock", "Year lock"),
        *("Takes exports of", "Budget", "Forecasts count", "Accounts"),
        wraps=True,
    )
    for connection in with_database(settings, work):
        its = settings_of(connection)
        table.add_row(
            *(its.name, connection.base_currency, "yes" if connection.is_main else ""),
            *(its.year_end.text, _text(its.period_lock), _text(its.year_lock)),
            *(", ".join(its.takes_exports), its.budget_id or ""),
            "yes" if its.counts_forecasts else "",
            ", ".join(f"{role} {id_}" for role, id_ in sorted(its.accounts.items())),
        )
    out.print(table, markup=False)


@app.command("update")
@writing
def update(
    name: Name,
    rename: Annotated[str | None, typer.Option(help="Another name.")] = None,
    year_end: YearEndOption = None,
    period_lock: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Its period lock; NONE for none."),
    ] = None,
    year_lock: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Its year-end lock; NONE for none."),
    ] = None,
    takes: Takes = None,
    account: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROLE=ID",
            help="The ID of the account that synthetic journals post to, repeated:"
            f" {ROLES}; without an ID it is found by the chart's marks again.",
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="The budget that counts; NONE for the overall one."
        ),
    ] = None,
    count_forecasts: Annotated[
        bool | None,
        typer.Option(
            "--count-forecasts/--no-count-forecasts",
            help="Whether drafts and forecasts count against the budget.",
        ),
    ] = None,
) -> None:
    """Change what is given of a connection's settings.

    Example: `daybook gl connection update "Northwind UK" --period-lock 2026-09-30`
    """
    patch = ConnectionPatch(
        name=_kept(rename),
        year_end=_kept(year_end),
        period_lock=_lock(period_lock),
        year_lock=_lock(year_lock),
        takes_exports=UNSET if takes is None else _currencies(takes),
        accounts=UNSET if account is None else dict(map(_account, account)),
        budget_id=UNSET if budget is None else or_none(budget),
        counts_forecasts=_kept(count_forecasts),
    )

    async def work(database: Database, author: Author) -> bool:
        connection = await connection_named(database, author.organisation_id, name)
        return await update_connection(database, author, connection.number, patch)

    is_changed = _act(work)
    words = "is changed" if is_changed else "is as before"
    out.print(f"Connection {rename or name} {words}.", markup=False)


@app.command("remove")
@writing
def remove(name: Name) -> None:
    """Remove a connection from the dataset; what came in is kept.

    Example: `daybook gl connection remove "Northwind UK"`
    """

    async def work(database: Database, author: Author) -> None:
        connection = await connection_named(database, author.organisation_id, name)
        await remove_connection(database, author, connection.number)

    _act(work)
    out.print(f"Connection {name} is removed.", markup=False)


async def connection_named(
    database: Database, organisation_id: int, name: str
) -> GlConnection:
    """The connection with a name, in capitals or not; raises Rejected."""
    async with database.reads() as session:
        connections = await find_connections(session, organisation_id)
    for connection in connections:
        if connection.name.casefold() == name.strip().casefold():
            return connection
    raise unknown_connection(name, [connection.name for connection in connections])


def author_of(settings: Settings) -> Author:
    """The command line, in the organisation of the settings."""
    return Author(settings.organisation, MADE_BY, now(settings))


def _act(work: Callable[[Database, Author], Awaitable[Result]]) -> Result:
    settings = load_settings()

    async def act(database: Database) -> Result:
        database.check_writable()
        return await work(database, author_of(settings))

    return with_database(settings, act)


def _kept(value: Result | None) -> Result | Unset:
    """An option that was given; one that wasn't leaves the setting as it is."""
    return UNSET if value is None else value


def _lock(text: str | None) -> Day | Unset | None:
    if text is None:
        return UNSET
    return None if or_none(text) is None else parsed_day(text, ", and not NONE")


def _currencies(takes: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(code for code in takes or () if or_none(code) is not None)


def _account(text: str) -> tuple[AccountRole, str]:
    """A role and an account's ID, `receivable=…`."""
    role, equals, id_ = text.partition("=")
    if not equals:
        raise Failed(f"--account {text!r} is not ROLE=ID, such as tax=1f2e…")
    return AccountRole(one_of(role, list(AccountRole), "--account")), id_.strip()


def _text(day: Day | None) -> str:
    return "" if day is None else day_text(day)
