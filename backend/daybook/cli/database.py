"""`daybook db`: looking after the database."""

import asyncio

import typer

from daybook.cli.groups import Commands
from daybook.cli.running import failures_told, load_settings, out
from daybook.db.engine import History, open_database
from daybook.db.migrate import is_current, newest_revision
from daybook.db.migrate import upgrade as upgrade_tables

app = typer.Typer(cls=Commands, no_args_is_help=True, help="Look after the database.")


@app.callback()
def group() -> None:
    """Look after the database."""


@app.command()
def upgrade() -> None:
    """Bring the database's tables to the state that this version needs.

    A SQLite file is brought there by any command; a PostgreSQL database only by this
    one.

    Example: `DAYBOOK_DATABASE_URL=postgresql://daybook@db/daybook daybook db upgrade`
    """
    settings = load_settings()

    async def run() -> None:
        database = open_database(settings)
        try:
            as_before = ", as before" if await is_current(database) else ""
            await upgrade_tables(database)
        finally:
            await database.close()
        revisions = "/".join(newest_revision(one) for one in History)
        out.print(f"Revision {revisions}{as_before}.")

    with failures_told():
        asyncio.run(run())
