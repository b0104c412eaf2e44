"""`daybook db`: looking after the database."""

import typer

from daybook.cli.groups import Commands
from daybook.cli.running import load_settings, out, with_database
from daybook.db.engine import Database, History
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

    async def work(database: Database) -> bool:
        was_current = await is_current(database)
        await upgrade_tables(database)
        return was_current

    as_before = ", as before" if with_database(settings, work, is_upgrade=True) else ""
    revisions = "/".join(newest_revision(one) for one in History)
    out.print(f"Revision {revisions}{as_before}.")
