"""How each kind of requested change is made, by the code that makes it at any time."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias, cast

from daybook.adjustments.reversing import apply_reversal
from daybook.configuration.changing import SettingChange
from daybook.configuration.commands import AskedLock, apply_lock
from daybook.configuration.locking import Lock
from daybook.exports.mapping.asked import (
    AskedChart,
    AskedIntegration,
    AskedMappings,
)
from daybook.exports.mapping.commands import apply_chart, apply_integration
from daybook.exports.mapping.mapping_changes import apply_mappings
from daybook.four_eyes.queries import ChangeRequest
from daybook.four_eyes.rules import ChangeKind
from daybook.ledger.rules import LockMethod

Applier: TypeAlias = Callable[[SettingChange, ChangeRequest], Awaitable[Any]]
"""Makes an approved change; raises Rejected if it isn't possible any more."""


async def _lock(change: SettingChange, request: ChangeRequest) -> None:
    its = cast("Mapping[str, Any]", request.arguments)
    lock = Lock(LockMethod(its["method"]), its["lockedThrough"])
    asked = AskedLock(
        request.currency, lock, its["reason"], is_confirmed=its["isConfirmed"]
    )
    await apply_lock(change, asked)


async def _integration(change: SettingChange, request: ChangeRequest) -> None:
    asked = AskedIntegration.of(cast("Mapping[str, Any]", request.arguments))
    await apply_integration(change, asked)


async def _chart(change: SettingChange, request: ChangeRequest) -> None:
    asked = AskedChart.of(cast("Mapping[str, Any]", request.arguments))
    await apply_chart(change, asked)


async def _mappings(change: SettingChange, request: ChangeRequest) -> None:
    asked = AskedMappings.of(cast("Mapping[str, Any]", request.arguments))
    await apply_mappings(change, asked)


async def _reversal(change: SettingChange, request: ChangeRequest) -> None:
    its = cast("Mapping[str, Any]", request.arguments)
    await apply_reversal(change, its["number"], its["reason"])


APPLIERS: Mapping[ChangeKind, Applier] = {
    ChangeKind.LOCK: _lock,
    ChangeKind.INTEGRATION: _integration,
    ChangeKind.CHART: _chart,
    ChangeKind.MAPPINGS: _mappings,
    ChangeKind.REVERSE_JOURNAL: _reversal,
}
"""By kind; the four-eyes setting itself is in `commands`."""
