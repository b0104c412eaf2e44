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
from daybook.audit.expecting import Setting, check_not_touched
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

CHANGING = (
    Action.UPDATE_CONNECTION,
    Action.CONNECT_CONNECTION,
    Action.DISCONNECT_CONNECTION,
)
"""What changes a connection."""
WORDS = {
    "name": "the name",
    "yearEnd": "the end of the financial year",
    "periodLock": "the lock of its periods",
    "yearLock": "the lock for advisers",
    "takesExports": "the ledgers whose exports it takes",
    "accounts": "the accounts",
    "budget": "the budget that counts",
    "countsForecasts": "what counts against the budget",
    "reportingCurrency": "the reporting currency",
    "mainConnection": "the main connection",
}
"""The settings for people, by what the audit trail calls them."""


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
    database: Database,
    author: Author,
    number: int,
    patch: ConnectionPatch,
    *,
    expected: int | None = None,
) -> bool:
    """Change a connection's settings; return whether that changed anything.

    What somebody changed after the `expected` audit record isn't replaced.
    """
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
        details = {"before": before.details(), "after": after.details()}
        await change.check_unchanged(
            expected,
            Subject(SubjectKind.CONNECTION, str(number)),
            Action.UPDATE_CONNECTION,
            _changed(details["before"], details["after"]),
        )
        _keep(connection, after)
        message = f"connection {after.name} changed"
        await _log(change, Action.UPDATE_CONNECTION, connection, details, message)
        return True


async def remove_connection(
    database: Database, author: Author, number: int, *, expected: int | None = None
) -> None:
    """Remove a connection from the dataset; what came in is kept.

    The main one can only be removed as the last one. What somebody changed of it after
    the `expected` audit record refuses it.
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
        await check_not_touched(
            change.session,
            change.organisation,
            expected=expected,
            subject=Subject(SubjectKind.CONNECTION, str(number)),
            actions=CHANGING,
            words=connection.name,
        )
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
    expected: int | None = None,
) -> bool:
    """Set the dataset's currency or the main connection; return whether that changed.

    Without a `reporting` currency (None), it is the main connection's base currency.
    What somebody changed after the `expected` audit record isn't replaced.
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
        subject = Subject(SubjectKind.ORGANISATION, "")
        settings = _changed(before, after)
        await change.check_unchanged(expected, subject, Action.UPDATE_DATASET, settings)
        await change.log(
            Action.UPDATE_DATASET,
            subject,
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


def _changed(before: Details, after: Details) -> list[Setting]:
    """The settings that get another value."""
    return [
        Setting(key, words, _in_words(before[key]), key)
        for key, words in WORDS.items()
        if key in before and before[key] != after[key]
    ]


def _in_words(value: object) -> str:
    """A setting's value for people: `GBP`, `none`, `GBP and USD`."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        value = [f"{name} {id_}" for name, id_ in value.items()]
    if isinstance(value, list):
        return " and ".join(map(str, value)) or "none"
    return str(value) if value else "none"


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
