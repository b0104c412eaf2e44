"""Enabling systems and importing charts of accounts: each command one transaction.

What is set already changes nothing: no recording, no audit record, no line in the
activity log. A command without a currency is about all ledgers of the organisation.
Each raises Rejected for invalid values, which is logged, and then nothing is changed.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import NamedTuple, TypeAlias

from daybook.activity.rules import ActivityKind
from daybook.audit.rules import Action, Details, Subject, SubjectKind
from daybook.calendar import day_text
from daybook.configuration.changing import SettingChange, setting_change
from daybook.db.digests import written
from daybook.db.engine import Database
from daybook.exports.mapping.asked import AskedChart, AskedIntegration
from daybook.exports.mapping.checking import check_settings
from daybook.exports.mapping.forms import Integration
from daybook.exports.mapping.models import (
    StoredIntegration,
    StoredMapping,
    StoredTargetAccount,
)
from daybook.exports.mapping.queries import chart_at, integrations_at
from daybook.exports.mapping.rules import (
    Chart,
    IntegrationSettings,
    SettingsPatch,
    TargetAccount,
)
from daybook.four_eyes.rules import (
    AskedChange,
    ChangeKind,
    Pending,
    unless_pending,
)
from daybook.ledger.models import Ledger, Recording
from daybook.ledger.pins import Pin
from daybook.ledger.queries import pin_ledger
from daybook.numbers import counted

Recorded: TypeAlias = list[tuple[Ledger, Recording]]


class Mapped(NamedTuple):
    """How many mappings a command changed, and its recordings by currency."""

    changed: int
    recordings: Mapping[str, int]


async def update_integration(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    currency: str | None,
    integration: Integration,
    patch: SettingsPatch,
    *,
    now: datetime,
    made_by: str | None,
) -> Mapped:
    """Enable or disable a system, or change how its files are written.

    While four eyes is on, it is only requested: raises ApprovalPending.
    """
    async with changing(database, organisation_id, now, made_by) as change:
        asked = AskedIntegration(currency, integration, patch)
        done = await apply_integration(change, asked)
    return unless_pending(done)


async def apply_integration(
    change: SettingChange, asked: AskedIntegration
) -> Mapped | Pending:
    """Change a system's settings in a change under way, or request it."""
    integration = asked.integration
    differing: list[tuple[Ledger, IntegrationSettings]] = []
    changes: dict[str, Details] = {}
    for ledger in await change.ledgers(asked.currency):
        pin = await pin_of(change, ledger)
        old = (await integrations_at(change.session, pin))[integration]
        new = asked.patch.applied_to(old)
        check_settings(integration, new)
        if new != old:
            differing.append((ledger, new))
            changes[ledger.currency] = {
                "before": _settings_details(old),
                "after": _settings_details(new),
            }
    if not differing:
        return Mapped(0, {})
    words = f"{integration.name} {_settings_words(differing[-1][1])}"
    request = await change.asks_for(
        AskedChange(
            *(ChangeKind.INTEGRATION, words, asked.arguments(), changes),
            currency=asked.currency,
        )
    )
    if request is not None:
        return Pending(request, words)
    recorded: Recorded = []
    for ledger, new in differing:
        reason = f"{integration.name} {_settings_words(new)}"
        recording = await change.start_recording(ledger, reason)
        change.session.add(_stored_settings(recording, integration, new))
        recorded.append((ledger, recording))
    first, *others = changes.values()
    are_alike = all(other == first for other in others)
    details = first if are_alike else {"ledgers": changes}
    kind = Kind(Action.UPDATE_INTEGRATION, integration, StoredIntegration)
    message = f"{words} ({_currencies(recorded)})"
    await log_change(change, kind, details, message, recorded)
    return Mapped(len(recorded), numbers_of(recorded))


def _stored_settings(
    recording: Recording, integration: Integration, settings: IntegrationSettings
) -> StoredIntegration:
    return StoredIntegration(
        ledger_id=recording.ledger_id,
        integration=int(integration),
        recorded_in=recording.number,
        **settings._asdict(),
    )


async def import_chart(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    currency: str | None,
    integration: Integration,
    accounts: Sequence[TargetAccount],
    *,
    now: datetime,
    made_by: str | None,
) -> Mapped:
    """Replace the known accounts of a target with those of its chart.

    Mappings stay as they are, also those to accounts that the chart no longer has.
    While four eyes is on, it is only requested: raises ApprovalPending.
    """
    async with changing(database, organisation_id, now, made_by) as change:
        asked = AskedChart(currency, integration, tuple(accounts))
        done = await apply_chart(change, asked)
    return unless_pending(done)


async def apply_chart(change: SettingChange, asked: AskedChart) -> Mapped | Pending:
    """Replace a target's known accounts in a change under way, or request it."""
    integration = asked.integration
    chart: Chart = {account.account: account for account in asked.accounts}
    differing: list[tuple[Ledger, Chart, list[str]]] = []
    effect: dict[str, object] = {}
    for ledger in await change.ledgers(asked.currency):
        pin = await pin_of(change, ledger)
        before = await chart_at(change.session, pin, integration)
        both = {**before, **chart}
        keys = sorted(key for key in both if before.get(key) != chart.get(key))
        if keys:
            differing.append((ledger, both, keys))
            effect[ledger.currency] = [
                _account_details(key, before, chart) for key in keys
            ]
    changed = {key for _, _, keys in differing for key in keys}
    if not changed:
        return Mapped(0, {})
    words = f"{integration.name} chart of accounts: {counted(len(chart), 'account')}"
    request = await change.asks_for(
        AskedChange(
            *(ChangeKind.CHART, words, asked.arguments(), {"changed": effect}),
            currency=asked.currency,
        )
    )
    if request is not None:
        return Pending(request, words)
    recorded: Recorded = []
    for ledger, known, its_keys in differing:
        recording = await change.start_recording(ledger, words)
        change.session.add_all(
            StoredTargetAccount(
                ledger_id=ledger.id,
                integration=int(integration),
                recorded_in=recording.number,
                is_there=key in chart,
                **known[key]._asdict(),
            )
            for key in its_keys
        )
        recorded.append((ledger, recording))
    details = {"accounts": len(chart), "changed": len(changed)}
    message = f"{words} ({_currencies(recorded)})"
    kind = Kind(Action.IMPORT_CHART, integration, StoredTargetAccount)
    await log_change(change, kind, details, message, recorded)
    return Mapped(len(changed), numbers_of(recorded))


def _account_details(key: str, before: Chart, after: Chart) -> dict[str, object]:
    """A target's account before and after a chart; None where it isn't in it."""
    was, will_be = before.get(key), after.get(key)
    return {
        "account": key,
        "before": None if was is None else was._asdict(),
        "after": None if will_be is None else will_be._asdict(),
    }


def changing(
    database: Database, organisation_id: int, now: datetime, made_by: str | None
) -> AbstractAsyncContextManager[SettingChange]:
    """A transaction for a change of integrations or mappings."""
    return setting_change(
        database, organisation_id, ActivityKind.SETTINGS, now=now, made_by=made_by
    )


async def pin_of(change: SettingChange, ledger: Ledger) -> Pin:
    """The ledger at its last recording."""
    pin = await pin_ledger(change.session, ledger.organisation_id, ledger.id, today=0)
    assert pin is not None, "the ledger was just found"
    return pin


class Kind(NamedTuple):
    """An action, its integration, and the table of the rows that it wrote."""

    action: Action
    integration: Integration
    table: type[StoredIntegration | StoredMapping | StoredTargetAccount]


async def log_change(
    change: SettingChange,
    kind: Kind,
    details: Details,
    message: str,
    recorded: Recorded,
) -> None:
    """Log a change, after noting its rows for the audit record's digests."""
    for ledger, recording in recorded:
        key = ledger.id, recording.number, kind.table.__tablename__
        written(change.session).changed.add(key)
    subject = Subject(SubjectKind.INTEGRATION, kind.integration.name)
    await change.log(kind.action, subject, details, message=message, recorded=recorded)


def numbers_of(recorded: Recorded) -> dict[str, int]:
    """The numbers of recordings by currency."""
    return {ledger.currency: recording.number for ledger, recording in recorded}


def _currencies(recorded: Recorded) -> str:
    return ", ".join(ledger.currency for ledger, _ in recorded)


def _settings_words(settings: IntegrationSettings) -> str:
    words = ["enabled" if settings.is_enabled else "disabled"]
    if settings.preset is not None:
        words.append(f"preset {settings.preset}")
    if settings.date_form is not None:
        words.append(f"dates {settings.date_form}")
    if settings.closed_through is not None:
        words.append(f"closed through {day_text(settings.closed_through)}")
    if settings.base_currency is not None:
        words.append(f"base currency {settings.base_currency}")
    return ", ".join(words)


def _settings_details(settings: IntegrationSettings) -> dict[str, object]:
    closed = settings.closed_through
    return {
        "enabled": settings.is_enabled,
        "preset": settings.preset,
        "dateForm": settings.date_form,
        "closedThrough": None if closed is None else day_text(closed),
        "baseCurrency": settings.base_currency,
    }
