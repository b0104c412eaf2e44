"""Adding, changing and removing connections, and the settings of their dataset.

Each command is one transaction, and raises Rejected for what can't be done, which is
logged, and then nothing is changed. What is as it is asked for stays, without a record.
"""

import json
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import NamedTuple

from daybook.activity.rules import ActivityKind
from daybook.audit.rules import Action, Details, Subject, SubjectKind
from daybook.configuration.changing import SettingChange, setting_change
from daybook.connections.models import GlConnection, GlSettings
from daybook.connections.queries import (
    connection_of,
    find_connections,
    reporting_currency,
    settings_of,
)
from daybook.connections.rules import (
    CONNECTIONS_MAX,
    ConnectionPatch,
    ConnectionSettings,
    System,
    check_currency,
    checked_settings,
    connection_refused,
)
from daybook.db.engine import Database
from daybook.db.keyset import next_number
from daybook.errors import ProblemCode
from daybook.idempotency.commands import Keyed
from daybook.idempotency.rules import request_hash
from daybook.ledger.queries import find_ledgers
from daybook.patches import UNSET, Unset


class Author(NamedTuple):
    """The organisation that somebody acts in, their name, and the present."""

    organisation_id: int
    made_by: str | None
    now: datetime


async def add_connection(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    author: Author,
    settings: ConnectionSettings,
    *,
    base_currency: str,
    is_main: bool = False,
    idempotency_key: str | None = None,
) -> int:
    """Add a connection to Xero; return its number.

    The first one is the main one. Another one becomes it with `is_main`. The same
    request with the same idempotency key again adds none.
    """
    content = {
        **settings.details(),
        "baseCurrency": base_currency,
        "isMain": is_main,
    }
    content_hash = request_hash("addGlConnection", content)
    organisation_id = author.organisation_id
    async with _change(database, author) as change:
        keyed = Keyed(change.session, organisation_id, idempotency_key, content_hash)
        before = await keyed.created()
        if before is not None:
            return before
        others = await _connections(change)
        check_currency(base_currency, "baseCurrency")
        ledgers = await _ledgers(change)
        settings = checked_settings(settings, [*map(settings_of, others)], ledgers)
        if len(others) >= CONNECTIONS_MAX:
            message = f"there are {CONNECTIONS_MAX} connections already"
            raise connection_refused(message, "name", ProblemCode.TOO_LARGE)
        is_ours = GlConnection.organisation_id == organisation_id
        connection = GlConnection(
            organisation_id=organisation_id,
            number=await next_number(change.session, GlConnection.number, is_ours),
            system=int(System.XERO),
            base_currency=base_currency,
            is_main=is_main or not others,
            created_at=await change.time(),
            created_by=author.made_by,
        )
        _keep(connection, settings)
        for other in others if is_main else ():
            other.is_main = False
        change.session.add(connection)
        keyed.remember(connection.number)
        details = {
            **settings.details(),
            "system": System.XERO.name,
            "baseCurrency": base_currency,
            "isMain": connection.is_main,
        }
        message = f"connection {settings.name} added"
        await _log(change, Action.ADD_CONNECTION, connection, details, message)
        return connection.number


async def update_connection(
    database: Database, author: Author, number: int, patch: ConnectionPatch
) -> bool:
    """Change a connection's settings; return whether that changed anything."""
    async with _change(database, author) as change:
        connections = await _connections(change)
        connection = connection_of(connections, number)
        others = [settings_of(other) for other in connections if other != connection]
        before = settings_of(connection)
        # What it takes already stays: before, a ledger that was still to come could be
        # chosen.
        ledgers = sorted({*await _ledgers(change), *before.takes_exports})
        after = checked_settings(patch.applied_to(before), others, ledgers)
        if after == before:
            return False
        _keep(connection, after)
        details = {"before": before.details(), "after": after.details()}
        message = f"connection {after.name} changed"
        await _log(change, Action.UPDATE_CONNECTION, connection, details, message)
        return True


async def remove_connection(database: Database, author: Author, number: int) -> None:
    """Remove a connection from the dataset; what came in is kept.

    The main one can only be removed as the last one.
    """
    async with _change(database, author) as change:
        connections = await _connections(change)
        connection = connection_of(connections, number)
        if connection.is_main and len(connections) > 1:
            message = (
                f"{connection.name} is the main connection: make another one the main"
                " one first"
            )
            raise connection_refused(message, "id", ProblemCode.IN_USE)
        connection.removed_at = await change.time()
        connection.is_main = False
        details = {"name": connection.name, "baseCurrency": connection.base_currency}
        message = f"connection {connection.name} removed"
        await _log(change, Action.REMOVE_CONNECTION, connection, details, message)


async def update_dataset(
    database: Database,
    author: Author,
    *,
    reporting: str | Unset | None = UNSET,
    main: int | Unset = UNSET,
) -> bool:
    """Set the dataset's currency or the main connection; return whether that changed.

    Without a `reporting` currency (None), it is the main connection's base currency.
    """
    async with _change(database, author) as change:
        connections = await _connections(change)
        if isinstance(reporting, str):
            check_currency(reporting, "reportingCurrency")
        before = await _dataset(change, connections)
        if not isinstance(main, Unset):
            chosen = connection_of(connections, main)
            for connection in connections:
                connection.is_main = connection is chosen
        if not isinstance(reporting, Unset):
            await _keep_reporting(change, reporting)
        after = await _dataset(change, connections)
        if after == before:
            return False
        await change.log(
            Action.UPDATE_DATASET,
            Subject(SubjectKind.ORGANISATION, ""),
            {"before": before, "after": after},
            message="settings of the general ledger's dataset changed",
        )
        return True


async def _keep_reporting(change: SettingChange, reporting: str | None) -> None:
    organisation_id = change.organisation.id
    stored = await change.session.get(GlSettings, organisation_id)
    if stored is not None:
        stored.reporting_currency = reporting
    elif reporting is not None:
        change.session.add(
            GlSettings(organisation_id=organisation_id, reporting_currency=reporting)
        )
        await change.session.flush()


async def _dataset(
    change: SettingChange, connections: Sequence[GlConnection]
) -> Details:
    """The dataset's settings as the audit trail has them."""
    return {
        "reportingCurrency": await reporting_currency(
            change.session, change.organisation.id
        ),
        "mainConnection": next(
            (connection.name for connection in connections if connection.is_main), None
        ),
    }


def _keep(connection: GlConnection, settings: ConnectionSettings) -> None:
    """Put settings into a row."""
    connection.name = settings.name
    connection.year_end_month, connection.year_end_day = settings.year_end
    connection.period_lock = settings.period_lock
    connection.year_lock = settings.year_lock
    connection.takes_exports = json.dumps(settings.takes_exports)
    connection.accounts = json.dumps(dict(sorted(settings.accounts.items())))
    connection.budget_id = settings.budget_id
    connection.counts_forecasts = settings.counts_forecasts


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


async def _connections(change: SettingChange) -> list[GlConnection]:
    return await find_connections(change.session, change.organisation.id)


async def _ledgers(change: SettingChange) -> list[str]:
    """The currencies of the organisation's ledgers."""
    found = await find_ledgers(change.session, change.organisation.id)
    return [ledger.currency for ledger in found]


async def _log(
    change: SettingChange,
    action: Action,
    connection: GlConnection,
    details: Details,
    message: str,
) -> None:
    subject = Subject(SubjectKind.CONNECTION, str(connection.number))
    await change.log(action, subject, details, message=message)
