"""`daybook worker`: makes exports, on as many machines as there are."""

import asyncio
import logging.config
import signal

from daybook.cli.running import Failed, load_settings, out, with_database
from daybook.cli.server import check_writable
from daybook.cli.server_log import LOGGING
from daybook.db.engine import Database
from daybook.worker import work_until


def worker() -> None:
    """Make exports as one of many workers, on this machine or another.

    Workers share the server's database, its storage and Redis, which wakes them. A
    worker that is stopped, by Ctrl+C or SIGTERM, gives its exports to the others; those
    of one that is killed are taken over after `DAYBOOK_EXPORT_LEASE_SECONDS`.

    Example: `DAYBOOK_REDIS_URL=redis://127.0.0.1:6379/0 daybook worker`
    """
    settings = load_settings()
    if not settings.redis_url.get_secret_value():
        raise Failed(
            "set DAYBOOK_REDIS_URL, here and for the server, to an address such as"
            " redis://127.0.0.1:6379/0; without Redis the server makes exports itself"
        )
    if settings.exports_at_once == 0:
        raise Failed(
            "DAYBOOK_EXPORTS_AT_ONCE is 0, which leaves exports to others: let a worker"
            " have at least 1"
        )
    check_writable(settings)
    logging.config.dictConfig({**LOGGING})

    async def work(database: Database) -> None:
        database.check_writable()
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
        at_once = settings.exports_at_once or 1
        await work_until(stopped, database, settings, lambda: _print_start(at_once))

    with_database(settings, work, needs_organisation=False)


def _print_start(at_once: int) -> None:
    out.print(
        f"Daybook makes exports here, {at_once:,} at a time (stop it with Ctrl+C)",
        markup=False,
    )
