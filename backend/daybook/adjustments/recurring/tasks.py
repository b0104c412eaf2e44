"""The server's chore that makes the journals of recurrences."""

import logging
import time
from contextlib import aclosing
from datetime import datetime

from daybook.adjustments.recurring.running import (
    organisations_with_active,
    run_recurrences,
)
from daybook.clock import ClockRefused, now
from daybook.db.engine import Database
from daybook.db.failures import log_failure
from daybook.jobs.rules import SWEEP, Chore
from daybook.settings import Settings

logger = logging.getLogger(__name__)

TURN_SECONDS = 2.0
"""How long a turn makes an organisation's journals, since jobs wait for its end."""


def recurrence_chores(database: Database, settings: Settings) -> list[Chore]:
    """Chores that make the journals that are due in every organisation."""

    async def run() -> None:
        async with database.reads() as session:
            organisations = await organisations_with_active(session)
        for organisation_id in organisations:
            # A stopping server must not have to wait for an import.
            if not await database.writes_at_once():
                return
            try:
                await _turn(database, organisation_id, now(settings))
            except ClockRefused as refused:
                logger.warning(
                    "recurring journals of organisation %s wait: %s",
                    *(organisation_id, refused),
                )
            except Exception as failed:  # noqa: BLE001  (the worker's edge)
                what = f"recurring journals of organisation {organisation_id} failed"
                log_failure(failed, what)

    return [Chore("make recurring journals", SWEEP, run)]


async def _turn(database: Database, organisation_id: int, present: datetime) -> None:
    """Make journals for a while; the next turn goes on."""
    ends_at = time.monotonic() + TURN_SECONDS
    async with aclosing(
        run_recurrences(database, organisation_id, now=present)
    ) as journals:
        async for made in journals:
            logger.info("MJ-%s was made by R-%s", made.journal, made.recurrence)
            if time.monotonic() > ends_at:
                return
