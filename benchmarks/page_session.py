"""Signs somebody in who may do everything, and prints the session's token."""

import asyncio
import sys
from datetime import UTC, datetime

from daybook.clock import Clock
from daybook.db.engine import Database, database_url
from daybook.db.migrate import upgrade
from daybook.demo.commands import fill
from daybook.demo.connections import connect
from daybook.settings import Settings
from daybook_gl_company import connect_the_demo
from daybook_half_done import leave_half_done
from daybook_people import begin_session, member

DEMO, HALF_DONE = "demo", "half-done"
"""What fills the database: the demo, or that with what the states of pages show."""


def main() -> None:
    """`python -m benchmarks.page_session URL [demo|half-done]`, which fills it first.

    The demo's present is that of the settings.
    """
    settings = Settings(database_url=sys.argv[1])
    present = settings.now or datetime.now(UTC)
    # The ledger's recordings may be years old.
    database = Database(database_url(settings), Clock(present, is_confirmed=True))
    print(asyncio.run(_enter(database, settings, present, kinds=sys.argv[2:])))


async def _enter(
    database: Database, settings: Settings, present: datetime, *, kinds: list[str]
) -> str:
    await upgrade(database)
    if kinds:
        filled = await fill(database, settings)
    if kinds == [HALF_DONE]:
        await connect(database, settings)
        await leave_half_done(database, settings)
        await connect_the_demo(database, settings, filled)
    user_id = await member(database, password=None, now=present)
    signed_in = await begin_session(database, user_id)
    await database.close()
    assert signed_in is not None, "members can sign in"
    return signed_in.token


if __name__ == "__main__":
    main()
