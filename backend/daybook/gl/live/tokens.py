"""Tokens of connections: encrypted at rest, and renewed before they are used."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, update

from daybook.db.engine import Store
from daybook.gl.live.models import ConnectionTokens
from daybook.gl.xero.login import Disconnected, LoginFailed, Tokens, XeroLogin
from daybook.secrets import SealPurpose, Secrets

AGAIN = "connect it again"


class TokensUnreadable(LoginFailed):
    """None of the server's secrets decrypts the tokens."""


class ConnectionKey(NamedTuple):
    """A connection: its organisation's id, and its number there."""

    organisation_id: int
    number: int


class _Held(NamedTuple):
    """A connection's tokens as they are stored."""

    sealed: bytes
    tokens: Tokens


def sealed_tokens(secrets: Secrets, tokens: Tokens) -> bytes:
    """Tokens as they are stored."""
    text = json.dumps({"access": tokens.access, "refresh": tokens.refresh})
    return secrets.seal(SealPurpose.CONNECTION, text)


def opened_tokens(secrets: Secrets, row: ConnectionTokens) -> Tokens:
    """The tokens of a row; raises TokensUnreadable."""
    text = secrets.unseal(SealPurpose.CONNECTION, row.sealed)
    if text is None:
        raise TokensUnreadable(
            "its tokens can't be decrypted: put the former secret back into"
            f" DAYBOOK_SECRET, or {AGAIN}"
        )
    stored = json.loads(text)
    return Tokens(stored["access"], stored["refresh"], row.expires_at, row.scopes)


class Wallet:
    """A connection's tokens; methods raise LoginFailed.

    Of two programs that renew them at once, the second uses what the first got.
    """

    def __init__(
        self,
        store: Store,
        secrets: Secrets,
        login: XeroLogin,
        key: ConnectionKey,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._secrets = secrets
        self._login = login
        self._key = key
        self._now = now
        self._tokens: Tokens | None = None

    async def token(self) -> str:
        """An access token that doesn't end soon."""
        if self._tokens is None:
            self._tokens = (await self._read()).tokens
        if self._tokens.is_due(self._now()):
            await self.renew()
        return self._tokens.access

    async def renew(self) -> None:
        """Take new tokens, and store them before they are used."""
        held = await self._read()
        if self._tokens is not None and held.tokens != self._tokens:
            self._tokens = held.tokens
            return
        try:
            renewed = await self._login.renewed(held.tokens, self._now())
        except Disconnected as ended:
            raise Disconnected(f"{ended}: {AGAIN}") from None
        former = held.tokens
        while not await self._replace(held.sealed, renewed):
            # Encrypted with another secret, or connected again, or disconnected.
            held = await self._read()
            if held.tokens != former:
                self._tokens = held.tokens
                return
        self._tokens = renewed

    async def _read(self) -> _Held:
        async with self._store.reads() as session:
            row = await session.get(ConnectionTokens, tuple(self._key))
        if row is None:
            raise Disconnected(f"it isn't connected to Xero: {AGAIN}")
        if row.lost is not None:
            raise Disconnected(row.lost)
        return _Held(row.sealed, opened_tokens(self._secrets, row))

    async def _replace(self, former: bytes, tokens: Tokens) -> bool:
        """Store tokens in the place of what was read; whether that was still there."""
        table = ConnectionTokens
        async with self._store.writes() as session:
            replaced = await session.scalar(
                update(table)
                .where(
                    table.organisation_id == self._key.organisation_id,
                    table.connection == self._key.number,
                    table.sealed == former,
                )
                .values(
                    sealed=sealed_tokens(self._secrets, tokens),
                    expires_at=tokens.expires_at,
                    refreshed_at=self._now(),
                    scopes=tokens.scopes,
                )
                .returning(table.connection)
            )
        return replaced is not None


async def mark_lost(
    store: Store, key: ConnectionKey, why: str, *, before: datetime
) -> None:
    """Note that a connection has to be connected again, unless it was since."""
    async with store.writes() as session:
        row = await session.get(ConnectionTokens, tuple(key), with_for_update=True)
        if row is not None and row.connected_at <= before:
            row.lost = why


async def drop_tokens(store: Store, key: ConnectionKey) -> None:
    """Forget a connection's tokens."""
    table = ConnectionTokens
    async with store.writes() as session:
        await session.execute(
            delete(table).where(
                table.organisation_id == key.organisation_id,
                table.connection == key.number,
            )
        )
