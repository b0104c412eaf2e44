"""The sync of each night, which nobody has to ask for."""

from datetime import datetime

from daybook.db.engine import Database
from daybook.gl.live.app import is_set_up
from daybook.gl.live.queries import connected_keys, live_states
from daybook.gl.live.rules import last_night, next_night
from daybook.gl.live.syncs import is_due, request_nightly
from daybook.gl.live.tokens import ConnectionKey
from daybook.ledger.queries import time_zone_of
from daybook.settings import Settings


async def ask_nightly(database: Database, settings: Settings, now: datetime) -> None:
    """Ask for the syncs of this night, at the settings' hour of each organisation.

    A night in which no server ran is made up for when one starts.
    """
    hour, store = settings.xero_sync_hour, database.runtime
    if hour is None:
        return
    keys = await connected_keys(store)
    for organisation_id in sorted({key.organisation_id for key in keys}):
        async with database.reads() as session:
            time_zone = await time_zone_of(session, organisation_id)
        night = last_night(now, hour, time_zone)
        states = await live_states(store, organisation_id)
        for number, (tokens, sync) in states.items():
            if tokens is not None and is_due(tokens, sync, night):
                key = ConnectionKey(organisation_id, number)
                await request_nightly(store, key, night=night, now=now)


async def next_sync(
    database: Database, settings: Settings, organisation_id: int, now: datetime
) -> datetime | None:
    """When an organisation's connections are synced by themselves; None for never."""
    hour = settings.xero_sync_hour
    if hour is None or not is_set_up(settings):
        return None
    async with database.reads() as session:
        return next_night(now, hour, await time_zone_of(session, organisation_id))
