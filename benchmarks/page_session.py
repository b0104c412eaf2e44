"""Signs somebody in who may do everything, and prints the session's token."""

import asyncio
import sys
from datetime import UTC, datetime

from daybook.clock import Clock
from daybook.db.engine import Database, database_url
from daybook.db.migrate import upgrade
from daybook.demo.commands import fill
from daybook.settings import Settings
from daybook_people import begin_session, member

DEMO = "demo"


def main() -> None:
    """`python -m benchmarks.page_session URL [demo]`; `demo` fills the database first.

    The demo's present is that of the settings.
    """
    settings = Settings(database_url=sys.argv[1])
    present = settings.now or datetime.now(UTC)
    # The ledger's recordings may be years old.
    database = Database(database_url(settings), Clock(present, is_confirmed=True))
    is_demo = sys.argv[2:] == [DEMO]
    print(asyncio.run(_enter(database, settings, present, is_demo=is_demo)))


async def _enter(
    database: Database, settings: Settings, present: datetime, *, is_demo: bool
) -> str:
    await upgrade(database)
    if is_demo:
        await fill(database, settings)
    user_id = await member(database, password=None, now=present)
    signed_in = await begin_session(database, user_id)
    await database.close()
    assert signed_in is not None, "members can sign in"
    return signed_in.token


if __name__ == "__main__":
    main()
