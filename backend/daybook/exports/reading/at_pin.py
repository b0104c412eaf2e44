"""Reading with the names of a pin's recording."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from daybook.db.engine import Database, ReadSession
from daybook.ledger.pins import Pin
from daybook.ledger.queries import is_renamed_by_now

Read = TypeVar("Read")


async def read_at_pin(
    database: Database, pin: Pin, read: Callable[[ReadSession, Pin], Awaitable[Read]]
) -> Read:
    """Read in one transaction, with the names of the pin's recording.

    Present names are faster to read, and right unless something was renamed since the
    pin. That may happen at any time, so this checks afterwards whether to read again.
    """
    async with database.reads() as session:
        found = await read(session, pin)
        if pin.is_renamed or not await is_renamed_by_now(session, pin):
            return found
        return await read(session, pin._replace(is_renamed=True))
