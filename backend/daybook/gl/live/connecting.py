"""Connecting to Xero and disconnecting.

The audit record comes first, then the tokens: nothing is connected without a record.
"""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from secrets import token_urlsafe
from typing import NamedTuple

from sqlalchemy import delete, select

from daybook.access.secrets import TOKEN_MAX, hash_of_token, new_token
from daybook.activity.rules import ActivityKind
from daybook.audit.rules import Action, Details, Subject, SubjectKind
from daybook.clock import real_now
from daybook.configuration.changing import SettingChange, setting_change
from daybook.connections.commands import Author
from daybook.connections.models import GlConnection
from daybook.connections.queries import connection_of, find_connections
from daybook.connections.rules import connection_refused
from daybook.db.engine import Database, Store
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.gl.live.app import check_set_up, login_of
from daybook.gl.live.models import ConnectionSignIn, ConnectionTokens
from daybook.gl.live.rules import SIGN_IN_LIFE, choose_tenant
from daybook.gl.live.syncs import request_sync, stop_sync
from daybook.gl.live.tokens import (
    ConnectionKey,
    drop_tokens,
    opened_tokens,
    sealed_tokens,
)
from daybook.gl.xero.login import LoginFailed, Tenant, Tokens
from daybook.secrets import Secrets
from daybook.settings import Settings

VERIFIER_BYTES = 48
"""64 characters; a verifier has 43 to 128."""


class _Pending(NamedTuple):
    """A sign-in under way."""

    key: ConnectionKey
    verifier: str
    redirect_uri: str


async def begin_connecting(
    database: Database, settings: Settings, author: Author, number: int, callback: str
) -> str:
    """Where an admin is sent to connect; `callback` is where Xero leads them back.

    Raises Rejected.
    """
    check_set_up(settings)
    async with database.reads() as session:
        found = await find_connections(session, author.organisation_id)
    connection_of(found, number)
    state, verifier = new_token(), token_urlsafe(VERIFIER_BYTES)
    now, table = real_now(), ConnectionSignIn
    async with database.runtime.writes() as session:
        await session.execute(delete(table).where(table.expires_at <= now))
        session.add(
            table(
                state_hash=hash_of_token(state),
                organisation_id=author.organisation_id,
                connection=number,
                verifier=verifier,
                redirect_uri=callback,
                requested_by=author.made_by or "",
                expires_at=now + SIGN_IN_LIFE,
            )
        )
    return login_of(settings).address(callback, state, verifier)


async def finish_connecting(
    database: Database, settings: Settings, author: Author, state: str, code: str
) -> int:
    """Take the tokens for the code that an admin came back with, and use the state up.

    Returns the connection's number. Raises Rejected.
    """
    check_set_up(settings)
    store = database.runtime
    secrets, login, now = Secrets.of(settings), login_of(settings), real_now()
    pending = await _use(store, author, state, now)
    try:
        tokens = await login.tokens_of(
            pending.redirect_uri, code, pending.verifier, now
        )
        tenants = await login.tenants(tokens.access)
    except LoginFailed as failed:
        raise _failed(f"{failed}: connect it again") from None
    former, taken = await _tenants(store, pending.key)
    async with _change(database, author) as change:
        connection = await _connection(change, pending.key.number)
        tenant = choose_tenant(connection.name, tenants, former, taken)
        details = {
            "name": connection.name,
            "tenant": tenant.name,
            "tenantId": tenant.id,
            "scopes": tokens.scopes,
        }
        message = f"connection {connection.name} connected to {tenant.name} in Xero"
        await _log(change, Action.CONNECT_CONNECTION, connection, details, message)
    await _keep(store, secrets, pending.key, tokens, tenant, author, now)
    return pending.key.number


async def disconnect(
    database: Database, settings: Settings, author: Author, number: int
) -> str | None:
    """End a connection to Xero, and its sync; what came in is kept.

    Its tokens are forgotten here in any case. Returns why it couldn't be ended in Xero,
    too; None if it was. Raises Rejected if it isn't connected.
    """
    key = ConnectionKey(author.organisation_id, number)
    store = database.runtime
    async with store.reads() as session:
        tokens = await session.get(ConnectionTokens, tuple(key))
    async with _change(database, author) as change:
        connection = await _connection(change, number)
        if tokens is None:
            message = f"{connection.name} isn't connected to Xero"
            code = ProblemCode.WRONG_STATUS
            raise connection_refused(message, "connectionId", code)
        details = {"name": connection.name, "tenant": tokens.tenant_name}
        message = f"connection {connection.name} disconnected from Xero"
        await _log(change, Action.DISCONNECT_CONNECTION, connection, details, message)
    await drop_tokens(store, key)
    async with store.writes() as session:
        await stop_sync(session, key, "it was disconnected")
    return await _leave_xero(store, settings, tokens)


async def sync_connection(
    database: Database, settings: Settings, author: Author, number: int
) -> ConnectionKey:
    """Ask for a sync of a connection; a server works on it. Raises Rejected."""
    check_set_up(settings)
    async with database.reads() as session:
        found = await find_connections(session, author.organisation_id)
    connection_of(found, number)
    key = ConnectionKey(author.organisation_id, number)
    by = author.made_by or ""
    await request_sync(database.runtime, key, by=by, now=real_now())
    return key


async def _leave_xero(
    store: Store, settings: Settings, row: ConnectionTokens
) -> str | None:
    """End a connection in Xero; return why that couldn't be done.

    Revoking a token there ends all that its user connected to this program, so it is
    done with the last connection; before, its organisation alone is disconnected.
    """
    if row.lost is not None:  # it has ended there
        return None
    async with store.reads() as session:
        is_last = await session.scalar(select(ConnectionTokens.tenant).limit(1)) is None
    login = login_of(settings)
    try:
        check_set_up(settings)
        tokens = opened_tokens(Secrets.of(settings), row)
        if is_last:
            await login.revoke(tokens)
            return None
        if tokens.is_due(now := real_now()):
            tokens = await login.renewed(tokens, now)
        await login.leave(tokens.access, row.tenant)
    except (LoginFailed, Rejected) as failed:
        return str(failed)
    return None


async def _use(store: Store, author: Author, state: str, now: datetime) -> _Pending:
    """Use up a state, which works once, and for who was sent with it."""
    table, found = ConnectionSignIn, None
    if len(state) <= TOKEN_MAX:
        async with store.writes() as session:
            found = (
                await session.execute(
                    delete(table)
                    .where(
                        table.state_hash == hash_of_token(state),
                        table.organisation_id == author.organisation_id,
                        table.requested_by == (author.made_by or ""),
                    )
                    .returning(
                        table.connection,
                        table.verifier,
                        table.redirect_uri,
                        table.expires_at,
                    )
                )
            ).one_or_none()
    if found is None or found.expires_at <= now:
        message = "that took too long, or was done before: connect it again"
        raise Rejected([Problem(ProblemCode.NOT_FOUND, message, ("state",))])
    key = ConnectionKey(author.organisation_id, found.connection)
    return _Pending(key, found.verifier, found.redirect_uri)


async def _tenants(store: Store, key: ConnectionKey) -> tuple[str | None, list[str]]:
    """The organisation in Xero that a connection was, and those of the others."""
    table = ConnectionTokens
    async with store.reads() as session:
        rows = await session.execute(
            select(table.connection, table.tenant).where(
                table.organisation_id == key.organisation_id
            )
        )
        tenants = {row.connection: row.tenant for row in rows}
    former = tenants.pop(key.number, None)
    return former, [*tenants.values()]


async def _keep(  # noqa: PLR0913, PLR0917  (all that a row has)
    store: Store,
    secrets: Secrets,
    key: ConnectionKey,
    tokens: Tokens,
    tenant: Tenant,
    author: Author,
    now: datetime,
) -> None:
    async with store.writes() as session:
        row = await session.get(ConnectionTokens, tuple(key), with_for_update=True)
        if row is None:
            row = ConnectionTokens(
                organisation_id=key.organisation_id, connection=key.number
            )
            session.add(row)
        row.sealed = sealed_tokens(secrets, tokens)
        row.expires_at, row.refreshed_at = tokens.expires_at, now
        row.scopes = tokens.scopes
        row.tenant, row.tenant_name = tenant.id, tenant.name
        row.requested_by, row.connected_at = author.made_by or "", now
        row.lost = None


def _change(
    database: Database, author: Author
) -> AbstractAsyncContextManager[SettingChange]:
    return setting_change(
        database,
        author.organisation_id,
        ActivityKind.SETTINGS,
        now=author.now,
        made_by=author.made_by,
    )


async def _connection(change: SettingChange, number: int) -> GlConnection:
    found = await find_connections(change.session, change.organisation.id)
    return connection_of(found, number)


async def _log(
    change: SettingChange,
    action: Action,
    connection: GlConnection,
    details: Details,
    message: str,
) -> None:
    subject = Subject(SubjectKind.CONNECTION, str(connection.number))
    await change.log(action, subject, details, message=message)


def _failed(message: str) -> Rejected:
    return Rejected([Problem(ProblemCode.INVALID_VALUE, message, ("code",))])
