"""Mapping accounts to those of a target, one or many at once: one transaction.

Rules as in `commands`: what is mapped so already changes nothing.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple, TypeAlias

from daybook.audit.rules import Action, Details
from daybook.configuration.changing import SettingChange
from daybook.configuration.commands import check_scope
from daybook.db.engine import Database
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.mapping.asked import AskedMappings
from daybook.exports.mapping.checking import checked_fields
from daybook.exports.mapping.commands import (
    Kind,
    Mapped,
    Recorded,
    changing,
    log_change,
    numbers_of,
    pin_of,
)
from daybook.exports.mapping.forms import FORMS, Integration
from daybook.exports.mapping.models import StoredMapping
from daybook.exports.mapping.queries import chart_at, mappings_at
from daybook.exports.mapping.rules import Chart, MappedAccount, MappingLine, Mappings
from daybook.four_eyes.rules import (
    AskedChange,
    ChangeKind,
    Pending,
    unless_pending,
)
from daybook.ledger.models import Ledger, Recording
from daybook.ledger.rules import ACCOUNT_NAMES, Role


class Change(NamedTuple):
    """A mapping of a role and a scope that changes; None for no mapping."""

    role: Role
    scope: str
    before: MappedAccount | None
    after: MappedAccount | None


ByKey: TypeAlias = dict[tuple[Role, str], MappedAccount | None]

CHANGES_KEPT = 50
"""How many changes an audit record lists; its digests cover all rows."""


async def set_mapping(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    currency: str | None,
    integration: Integration,
    *,
    role: Role,
    scope: str = "",
    fields: Mapping[str, str | None],
    now: datetime,
    made_by: str | None,
) -> Mapped:
    """Map an account, or its lines of a product or a category.

    `scope` is empty, `product:<own id>` or `category:<name>`. Without any field the
    mapping ends. A field that isn't given comes from the imported chart of accounts, if
    that has it.
    """
    line = MappingLine(role, scope, fields, currency)
    return await set_mappings(
        database, organisation_id, integration, [line], now=now, made_by=made_by
    )


async def set_mappings(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    integration: Integration,
    lines: Sequence[MappingLine],
    *,
    now: datetime,
    made_by: str | None,
) -> Mapped:
    """Set several mappings, all or none; other mappings stay as they are.

    While four eyes is on, it is only requested: raises ApprovalPending.
    """
    async with changing(database, organisation_id, now, made_by) as change:
        done = await apply_mappings(change, AskedMappings(integration, tuple(lines)))
    return unless_pending(done)


async def apply_mappings(
    change: SettingChange, asked: AskedMappings
) -> Mapped | Pending:
    """Set mappings in a change under way, or request it."""
    integration = asked.integration
    present = [
        await _present(change, ledger, integration)
        for ledger in await change.ledgers(None)
    ]
    wanted = await _wanted(change, present, asked.lines, integration)
    differing: list[tuple[Ledger, list[Change]]] = []
    for ledger, _, mappings in present:
        if its := _changes(wanted[ledger.currency], mappings, integration):
            differing.append((ledger, its))
    if not differing:
        return Mapped(0, {})
    changes = [changed for _, its in differing for changed in its]
    words = "; ".join(
        _changes_words(integration, ledger.currency, its) for ledger, its in differing
    )
    effect = {
        ledger.currency: [_change_details(changed) for changed in its]
        for ledger, its in differing
    }
    request = await change.asks_for(
        AskedChange(ChangeKind.MAPPINGS, words, asked.arguments(), effect)
    )
    if request is not None:
        return Pending(request, words)
    recorded: Recorded = []
    for ledger, its in differing:
        reason = _changes_words(integration, ledger.currency, its)
        recording = await change.start_recording(ledger, reason)
        change.session.add_all(
            _stored_mapping(recording, integration, changed) for changed in its
        )
        recorded.append((ledger, recording))
    kind = Kind(Action.MAP_ACCOUNTS, integration, StoredMapping)
    await log_change(change, kind, _details(changes), words, recorded)
    return Mapped(len(changes), numbers_of(recorded))


class _Present(NamedTuple):
    """A locked ledger, its target's known accounts and its mappings."""

    ledger: Ledger
    chart: Chart
    mappings: Mappings


async def _present(
    change: SettingChange, ledger: Ledger, integration: Integration
) -> _Present:
    pin = await pin_of(change, ledger)
    chart = await chart_at(change.session, pin, integration)
    return _Present(ledger, chart, await mappings_at(change.session, pin))


async def _wanted(
    change: SettingChange,
    present: Sequence[_Present],
    lines: Iterable[MappingLine],
    integration: Integration,
) -> dict[str, ByKey]:
    """The wanted mappings by currency, role and scope; raises Rejected with all."""
    wanted: dict[str, ByKey] = {its.ledger.currency: {} for its in present}
    problems: list[Problem] = []
    for line in lines:
        try:
            for its in _named(line, present):
                before = its.mappings.mapped.get((integration, line.role, line.scope))
                after = before
                if not _is_as_before(line, before, integration):
                    after = checked_fields(integration, line.fields, its.chart)
                    # A mapping may end after its category has lost its last product.
                    is_ended = after is None and before is not None
                    if line.scope and not is_ended:
                        await check_scope(change, line.scope)
                _add(wanted[its.ledger.currency], line, after, its.ledger.currency)
        except Rejected as rejected:
            problems += [
                replace(problem, line=line.line) for problem in rejected.problems
            ]
    if problems:
        raise Rejected(problems)
    return wanted


def _is_as_before(
    line: MappingLine, before: MappedAccount | None, integration: Integration
) -> bool:
    """Whether all fields are given as they are, which needs no check.

    So a file that was exported is always accepted again, even if a category has lost
    its last product or the chart of accounts has changed meanwhile.
    """
    if set(line.fields) != set(FORMS[integration].names):
        return False
    given = {name: text.strip() for name, text in line.fields.items() if text}
    return given == _fields_of(before)


def _named(line: MappingLine, present: Sequence[_Present]) -> list[_Present]:
    """The ledgers that a line is for; raises Rejected for an unknown currency."""
    named = [its for its in present if line.currency in {None, its.ledger.currency}]
    if not named:
        there_are = ", ".join(its.ledger.currency for its in present)
        message = f"there is no ledger in {line.currency!r}: there are {there_are}"
        raise Rejected([Problem(ProblemCode.NOT_FOUND, message, ("currency",))])
    return named


def _add(
    wanted: ByKey, line: MappingLine, account: MappedAccount | None, currency: str
) -> None:
    key = line.role, line.scope
    if key in wanted and wanted[key] != account:
        words = _key_words(currency, *key)
        message = f"{words} is mapped twice, to different accounts"
        raise Rejected([Problem(ProblemCode.DUPLICATE, message, ("role",))])
    wanted[key] = account


def _changes(
    wanted: ByKey, mappings: Mappings, integration: Integration
) -> list[Change]:
    """What differs from the present mappings, in order."""
    found = []
    for (role, scope), after in sorted(wanted.items(), key=lambda item: item[0]):
        before = mappings.mapped.get((integration, role, scope))
        if before != after:
            found.append(Change(role, scope, before, after))
    return found


def _stored_mapping(
    recording: Recording, integration: Integration, change: Change
) -> StoredMapping:
    return StoredMapping(
        ledger_id=recording.ledger_id,
        integration=int(integration),
        role=int(change.role),
        scope=change.scope,
        recorded_in=recording.number,
        fields=_fields_text(change.after),
    )


def _key_words(currency: str, role: Role, scope: str) -> str:
    return ":".join(filter(None, (currency, role.name, scope)))


def _fields_text(account: MappedAccount | None) -> str:
    """The fields as they are stored: equal fields are equal text."""
    if account is None:
        return ""
    ordered = {
        name: account.fields[name]
        for name in FORMS[account.integration].names
        if name in account.fields
    }
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":"))


def _changes_words(
    integration: Integration, currency: str, changes: Sequence[Change]
) -> str:
    where = f"{FORMS[integration].title}, {currency}"
    if len(changes) > 1:
        return f"{where}: {len(changes)} mappings"
    only = changes[0]
    to = "unmapped" if only.after is None else f"mapped to {only.after.account}"
    of = f" of {only.scope.replace(':', ' ', 1)}" if only.scope else ""
    return f"{where}: {ACCOUNT_NAMES[only.role]}{of} {to}"


def _details(changes: Sequence[Change]) -> Details:
    if len(changes) == 1:
        return _change_details(changes[0])
    listed = [_change_details(change) for change in changes[:CHANGES_KEPT]]
    return {"mappings": len(changes), "changes": listed}


def _change_details(change: Change) -> dict[str, object]:
    return {
        "account": ":".join(filter(None, (change.role.name, change.scope))),
        "before": _fields_of(change.before),
        "after": _fields_of(change.after),
    }


def _fields_of(account: MappedAccount | None) -> dict[str, str]:
    return {} if account is None else dict(account.fields)
