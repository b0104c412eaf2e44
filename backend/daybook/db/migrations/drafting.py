"""`make migration`: drafts a migration that makes tables match the models.

A draft has what Alembic sees: tables, columns and indexes. The author adds triggers,
data, and whatever makes it safe on a large ledger.
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
    """Draft the next migration of a store, `ledger` or `runtime`, with a title."""
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
