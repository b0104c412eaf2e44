"""`daybook db`: maintaining the database."""

import typer

from daybook.cli.command_groups import Commands
from daybook.cli.running import (
    Failed,
    check_exists,
    load_settings,
    out,
    progress_bar,
    with_database,
)
from daybook.db.compacting import Compacted, NoRoom
from daybook.db.compacting import compact as compact_files
from daybook.db.engine import Database, History
from daybook.db.migrate import is_current, newest_revision
from daybook.db.migrate import upgrade as upgrade_tables
from daybook.numbers import counted

app = typer.Typer(cls=Commands, no_args_is_help=True, help="Maintain the database.")


@app.callback()
def group() -> None:
    """Maintain the database."""


@app.command()
def upgrade() -> None:
    """Upgrade the database's tables to this version.

    Any command upgrades a SQLite file; only this one upgrades a PostgreSQL database.

    Example: `DAYBOOK_DATABASE_URL=postgresql://daybook@db/daybook daybook db upgrade`
    """
    settings = load_settings()

    async def work(database: Database) -> bool:
        was_current = await is_current(database)
        await upgrade_tables(database)
        return was_current

    as_before = ", as before" if with_database(settings, work, is_upgrade=True) else ""
    revisions = "/".join(newest_revision(history) for history in History)
    out.print(f"Revision {revisions}{as_before}.")


@app.command()
def compact() -> None:
    """Rewrite the SQLite files without free pages: a tenth less after a large import.

    Their contents stay the same. Other programs can read meanwhile, but not write.

    Example: `daybook db compact`
    """
    settings = load_settings()
    check_exists(settings, "nothing was compacted")

    async def work(database: Database) -> list[Compacted]:
        if not database.is_sqlite:
            raise Failed(
                "PostgreSQL keeps its files compact by itself; `VACUUM FULL` returns"
                " free space to the system"
            )
        with progress_bar() as bar:
            bar.add_task("Compacting", total=None)
            try:
                return await compact_files(database)
            except NoRoom as no_room:
                raise Failed(str(no_room), status=1) from None

    for file in with_database(settings, work, needs_organisation=False):
        out.print(f"{file.name}: {counted(file.before, 'byte')}, now {file.after:,}")
        if file.is_in_use:
            out.print("It shrinks once no other program reads it.")
