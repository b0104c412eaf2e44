"""Imports both ledgers' files in process (FOLDER), as `daybook gl import` does.

What it prints are the seconds of the journals' imports, without Python's start.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from benchmarks.gl_rows import CONNECTIONS, accounts_file, journals_file
from daybook.clock import now
from daybook.connections.commands import Author, add_connection
from daybook.connections.rules import ConnectionSettings
from daybook.db.engine import open_database
from daybook.gl.commands import Wanted, import_files
from daybook.gl.kinds import Kind
from daybook.gl.xero.csv_sources import Source
from daybook.settings import Settings

BY = "a benchmark"


def main() -> None:
    """Add the connections, import their accounts and journals, and print JSON."""
    print(json.dumps(asyncio.run(_imported(Settings(), Path(sys.argv[1])))))


async def _imported(settings: Settings, files: Path) -> dict[str, float]:
    database = open_database(settings)
    try:
        seconds = 0.0
        for place, (name, currency) in enumerate(CONNECTIONS.items()):
            author = Author(settings.organisation, BY, now(settings))
            number = await add_connection(
                database, author, ConnectionSettings(name), base_currency=currency
            )
            for kind, path in (
                (Kind.ACCOUNTS, accounts_file(files)),
                (Kind.JOURNALS, journals_file(files, place)),
            ):
                sources = [Source(path.name, path)]
                wanted = Wanted(
                    settings.organisation, number, kind, sources, made_by=BY
                )
                start = time.perf_counter()
                await import_files(database, settings, wanted, now=now(settings))
                if kind is Kind.JOURNALS:
                    seconds += time.perf_counter() - start
    finally:
        await database.close()
    return {"seconds": seconds}


if __name__ == "__main__":
    main()
