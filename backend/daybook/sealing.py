"""What is encrypted with `DAYBOOK_SECRET`: webhooks' secrets, and links of queued mail.

After `DAYBOOK_SECRET` was changed, a server encrypts them again with its first secret,
so that the former one can be removed.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.jobs.rules import LITTER, Chore
from daybook.mail.models import MailMessage
from daybook.secrets import Seal, SealPurpose, Secrets
from daybook.settings import Settings
from daybook.webhooks.models import WebhookEndpoint

logger = logging.getLogger(__name__)


class Sealed(NamedTuple):
    """An encrypted value, and the column and the key of its row."""

    purpose: SealPurpose
    column: InstrumentedAttribute[Any]
    organisation_id: int
    number: int
    value: bytes


class SealedState(NamedTuple):
    """How many values each kind of secret decrypts, and the webhooks without a secret.

    Lost links of mail are only counted: such a message says itself what to do.
    """

    counts: Counter[Seal]
    lost_webhooks: list[tuple[int, int]]
    """Their organisations and numbers."""

    def lost_words(self) -> str:
        """What to do about webhooks whose secret can't be decrypted."""
        named = ", ".join(
            f"{number} of organisation {organisation_id}"
            for organisation_id, number in self.lost_webhooks
        )
        return (
            f"the secret of webhook {named} can't be decrypted: put the former secret"
            " back into DAYBOOK_SECRET, or give each webhook another by `daybook"
            " webhook rotate NUMBER`"
        )


async def sealed_state(
    database: Database, secrets: Secrets, *, now: datetime
) -> SealedState:
    """Which secrets the encrypted values need."""
    state = SealedState(Counter(), [])
    for sealed in await _all_sealed(database, now):
        seal = secrets.seal_of(sealed.purpose, sealed.value)
        state.counts[seal] += 1
        if seal is Seal.LOST and sealed.column is WebhookEndpoint.secret:
            state.lost_webhooks.append((sealed.organisation_id, sealed.number))
    return state


async def seal_again(database: Database, secrets: Secrets, *, now: datetime) -> int:
    """Encrypt what former secrets encrypted with the first one; return how many values.

    Each is a transaction of its own. A value that changes meanwhile is left as it is.
    """
    if secrets.count == 1:
        return 0
    former = [
        sealed
        for sealed in await _all_sealed(database, now)
        if secrets.seal_of(sealed.purpose, sealed.value) is Seal.FORMER
    ]
    for sealed in former:
        await _replace(
            database, sealed, secrets.seal_again(sealed.purpose, sealed.value)
        )
    return len(former)


def sealing_chores(database: Database, settings: Settings) -> list[Chore]:
    """A server's chore: encrypt values again after `DAYBOOK_SECRET` was changed.

    It says once which webhooks have lost their secrets.
    """
    secrets, is_first = Secrets.of(settings), True

    async def work() -> None:
        nonlocal is_first
        if is_first:
            state = await sealed_state(database, secrets, now=real_now())
            if state.lost_webhooks:
                logger.warning("%s", state.lost_words())
            is_first = False
        count = await seal_again(database, secrets, now=real_now())
        if count:
            logger.info(
                "encrypted with the first secret of DAYBOOK_SECRET (values: %s):"
                " `daybook secrets` says whether the former secret can be removed",
                count,
            )

    return [Chore("encrypt values with the first secret", LITTER, work)]


async def _all_sealed(database: Database, now: datetime) -> list[Sealed]:
    """All values that are still needed."""
    endpoint, message = WebhookEndpoint, MailMessage
    is_kept = endpoint.deleted_at.is_(None)
    signs_too = and_(is_kept, endpoint.former_until > now)
    async with database.reads() as session:
        found = _sealed(
            SealPurpose.WEBHOOK,
            endpoint.secret,
            await session.execute(_values(endpoint.secret).where(is_kept)),
        )
        found += _sealed(
            SealPurpose.WEBHOOK,
            endpoint.former_secret,
            await session.execute(_values(endpoint.former_secret).where(signs_too)),
        )
    async with database.runtime.reads() as session:
        found += _sealed(
            SealPurpose.MAIL,
            message.sealed,
            await session.execute(_values(message.sealed)),
        )
    return found


def _values(column: InstrumentedAttribute[Any]) -> Any:
    """The key and the value of each row that has one, in the order of the keys."""
    table = column.class_
    key = (table.organisation_id, table.number)
    return select(*key, column).where(column.is_not(None)).order_by(*key)


def _sealed(
    purpose: SealPurpose, column: InstrumentedAttribute[Any], rows: Iterable[Any]
) -> list[Sealed]:
    return [Sealed(purpose, column, *row) for row in rows]


async def _replace(database: Database, sealed: Sealed, value: bytes) -> None:
    table = sealed.column.class_
    store = database if table is WebhookEndpoint else database.runtime
    is_unchanged = and_(
        table.organisation_id == sealed.organisation_id,
        table.number == sealed.number,
        sealed.column == sealed.value,
    )
    async with store.writes() as session:
        await session.execute(
            update(table).where(is_unchanged).values({sealed.column: value})
        )
