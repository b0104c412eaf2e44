"""What is encrypted with `DAYBOOK_SECRET`: webhooks' secrets, tokens, links of mail.

After `DAYBOOK_SECRET` was changed, a server encrypts them again with its first secret,
so that the former one can be removed.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, inspect, select, update
from sqlalchemy.orm import InstrumentedAttribute

from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.gl.live.models import ConnectionTokens
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
    """How many values each kind of secret decrypts, and what has lost its secret.

    Lost links of mail are only counted: such a message says itself what to do.
    """

    counts: Counter[Seal]
    lost_webhooks: list[tuple[int, int]]
    """Their organisations and numbers."""
    lost_connections: list[tuple[int, int]]
    """Those of connections whose tokens can't be decrypted."""

    @property
    def lost_words(self) -> list[str]:
        """What to do about what can't be decrypted: one text for each kind of it."""
        words = []
        if self.lost_webhooks:
            words.append(
                f"the secret of webhook {_named(self.lost_webhooks)} can't be"
                " decrypted: put the former secret back into DAYBOOK_SECRET, or give"
                " each webhook another by `daybook webhook rotate NUMBER`"
            )
        if self.lost_connections:
            words.append(
                f"the tokens of connection {_named(self.lost_connections)} can't be"
                " decrypted: put the former secret back into DAYBOOK_SECRET, or let an"
                " admin connect it to Xero again"
            )
        return words


def _named(keys: Iterable[tuple[int, int]]) -> str:
    return ", ".join(
        f"{number} of organisation {organisation_id}"
        for organisation_id, number in keys
    )


async def sealed_state(
    database: Database, secrets: Secrets, *, now: datetime
) -> SealedState:
    """Which secrets the encrypted values need."""
    state = SealedState(Counter(), [], [])
    lost = {
        WebhookEndpoint.secret: state.lost_webhooks,
        ConnectionTokens.sealed: state.lost_connections,
    }
    for sealed in await _all_sealed(database, now):
        seal = secrets.seal_of(sealed.purpose, sealed.value)
        state.counts[seal] += 1
        if seal is Seal.LOST and sealed.column in lost:
            lost[sealed.column].append((sealed.organisation_id, sealed.number))
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

    It says once what has lost its secret.
    """
    secrets, is_first = Secrets.of(settings), True

    async def work() -> None:
        nonlocal is_first
        if is_first:
            state = await sealed_state(database, secrets, now=real_now())
            for words in state.lost_words:
                logger.warning("%s", words)
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
        found += _sealed(
            SealPurpose.CONNECTION,
            ConnectionTokens.sealed,
            await session.execute(_values(ConnectionTokens.sealed)),
        )
    return found


def _values(column: InstrumentedAttribute[Any]) -> Any:
    """The key and the value of each row that has one, in the order of the keys."""
    key = _key_of(column)
    return select(*key, column).where(column.is_not(None)).order_by(*key)


def _sealed(
    purpose: SealPurpose, column: InstrumentedAttribute[Any], rows: Iterable[Any]
) -> list[Sealed]:
    return [Sealed(purpose, column, *row) for row in rows]


def _key_of(column: InstrumentedAttribute[Any]) -> tuple[Any, Any]:
    """The columns of an organisation and of a number in it that are a row's key."""
    first, second = inspect(column.class_).primary_key
    return first, second


async def _replace(database: Database, sealed: Sealed, value: bytes) -> None:
    table = sealed.column.class_
    store = database if table is WebhookEndpoint else database.runtime
    organisation_id, number = _key_of(sealed.column)
    is_unchanged = and_(
        organisation_id == sealed.organisation_id,
        number == sealed.number,
        sealed.column == sealed.value,
    )
    async with store.writes() as session:
        await session.execute(
            update(table).where(is_unchanged).values({sealed.column: value})
        )
