"""`daybook db`: looking after the database."""

import asyncio

import typer

from daybook.cli.running import Failed, load_settings, out
from daybook.db.engine import UnknownDatabase, open_database
from daybook.db.migrate import current_revision, newest_revision
from daybook.db.migrate import upgrade as upgrade_tables

app = typer.Typer(no_args_is_help=True, help="Look after the database.")


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
            before = await current_revision(database)
            await upgrade_tables(database)
        finally:
            await database.close()
        newest = newest_revision()
        is_new = before == newest
        out.print(f"Revision {newest}" + (", as before." if is_new else "."))

    try:
        asyncio.run(run())
    except UnknownDatabase as error:
        raise Failed(str(error)) from None
    except OSError as error:
        raise Failed(f"the database can't be reached: {error}", status=1) from None
