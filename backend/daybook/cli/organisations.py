"""`daybook organisation`: the organisations on this server."""

from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.access.organisations import add_organisation, rename_organisation
from daybook.cli.command_groups import Commands
from daybook.cli.running import (
    MADE_BY,
    Failed,
    load_settings,
    no_such_organisation,
    out,
    with_database,
    writing,
)
from daybook.cli.terminal_tables import plain_table
from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.ledger.models import Organisation
from daybook.ledger.organisations import (
    NamedOrganisation,
    all_organisations,
    organisations_called,
)
from daybook.settings import Settings

app = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Organisations on this server."
)

NUMBER_MAX = 2**63
Name = Annotated[str, typer.Argument(help="The organisation's name.")]


@app.command("add")
@writing
def add(name: Name) -> None:
    """Add an organisation; organisations share no data.

    Commands act on organisation 1, unless DAYBOOK_ORGANISATION is another's number.

    Example: `daybook organisation add "Daughter Ltd"`
    """
    settings = load_settings()
    number = with_database(
        settings,
        lambda database: add_organisation(
            database, name, now=real_now(), made_by=MADE_BY
        ),
        needs_organisation=False,
    )
    out.print(
        f"Organisation {number} is {name.strip()}: set DAYBOOK_ORGANISATION={number} to"
        " act on it.",
        markup=False,
    )


@app.command("rename")
@writing
def rename(
    organisation: Annotated[
        str, typer.Argument(metavar="NUMBER", help="Its number, or its present name.")
    ],
    name: Annotated[str, typer.Argument(help="The new name.")],
) -> None:
    """Rename an organisation; its number stays.

    Example: `daybook organisation rename 1 "Acme Ltd"`
    """

    async def work(database: Database) -> tuple[int, str | None]:
        async with database.reads() as session:
            found = await organisation_of(session, organisation)
        before = await rename_organisation(
            database, found.number, name, now=real_now(), made_by=MADE_BY
        )
        return found.number, before

    number, before = with_database(load_settings(), work, needs_organisation=False)
    new = name.strip()
    said = f"now {new} (was {before})" if before else f"{new}, as before"
    out.print(f"Organisation {number} is {said}.", markup=False)


@app.command("list")
def list_organisations() -> None:
    """Show the organisations with their numbers.

    Example: `daybook organisation list`
    """
    table = plain_table("No.", "Name")
    for organisation in every_organisation(load_settings()):
        table.add_row(str(organisation.number), organisation.name)
    out.print(table, markup=False)


def every_organisation(settings: Settings) -> list[NamedOrganisation]:
    """All organisations of the settings' database, by number."""

    async def work(database: Database) -> list[NamedOrganisation]:
        async with database.reads() as session:
            return await all_organisations(session)

    return with_database(settings, work, needs_organisation=False)


async def organisation_of(session: AsyncSession, text: str) -> NamedOrganisation:
    """The organisation with a number, or else with a name that only it has.

    Raises Failed, naming the organisations there are, or those with the name.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        number = int(text) if len(text) < len(str(NUMBER_MAX)) else 0
        found = await session.get(Organisation, number)
        if found is None:
            raise await no_such_organisation(
                session, f"there is no organisation {text}"
            )
        return NamedOrganisation(found.id, found.name)
    called = await organisations_called(session, text)
    if not called:
        raise await no_such_organisation(session, f"no organisation is called {text!r}")
    if len(called) > 1:
        numbers = ", ".join(str(found.number) for found in called)
        raise Failed(
            f"{text!r} is the name of organisations {numbers}: give the number"
        )
    return called[0]
