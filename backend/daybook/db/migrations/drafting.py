"""`make migration`: drafts the migration that brings tables to what the models say.

A draft has what Alembic sees: tables, columns, indexes. Triggers, data, and what makes
it safe on a large ledger are the author's.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import URL

from daybook.db.engine import Database, History
from daybook.db.migrate import alembic_config, newest_revision, upgrade


def main() -> None:
    """Write the next migration of a store, `ledger` or `runtime`, called by words."""
    store, words = sys.argv[1:]
    history = History[store.upper()]
    with tempfile.TemporaryDirectory() as folder:
        url = URL.create("sqlite+aiosqlite", database=str(Path(folder, "empty.db")))
        asyncio.run(_draft(Database(url), history, words))


async def _draft(database: Database, history: History, words: str) -> None:
    """Compare the models with a database of the newest revision."""
    await upgrade(database)
    store = database if history is History.LEDGER else database.runtime
    number = f"{int(newest_revision(history)) + 1:04}"
    async with store.engine.connect() as connection:
        await connection.run_sync(
            lambda sync: command.revision(
                alembic_config(sync, history), words, autogenerate=True, rev_id=number
            )
        )
    await database.close()


if __name__ == "__main__":
    main()
