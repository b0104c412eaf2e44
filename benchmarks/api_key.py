"""Makes a key with which a program may read a ledger, and prints it."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta

from sqlalchemy import make_url

from daybook.access.commands import create_api_key
from daybook.access.rules import OPERATOR, Permission
from daybook.clock import Clock
from daybook.db.engine import Database
from daybook.db.migrate import make_ready

ORGANISATION_ID = 1


def main() -> None:
    """`python -m benchmarks.api_key URL`."""
    # The ledger's recordings may be years old.
    database = Database(make_url(sys.argv[1]), Clock(is_confirmed=True))
    print(asyncio.run(_make(database)))


async def _make(database: Database) -> str:
    await make_ready(database)
    present = datetime.now(UTC)
    made = await create_api_key(
        database,
        ORGANISATION_ID,
        name="benchmark",
        permissions=Permission.READ,
        expires_at=present + timedelta(days=1),
        now=present,
        made_by="benchmark",
        authority=OPERATOR,
    )
    await database.close()
    assert made.key is not None, "a new key is shown once"
    return made.key


if __name__ == "__main__":
    main()
