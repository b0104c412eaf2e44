"""What a file held, and what it takes to make it what the ledger says now. Pure.

A unit is compared line by line: by role, and by the product whose account it is. Names,
codes and mappings may have changed since, which alone makes no row. What is taken back
is taken from the accounts to which it was posted, the latest first; what is added goes
to the accounts of now.

    Posted        what the files of a chain posted of a unit, by line and account
    moved_to      what it takes to come to a unit, which is posted then
    difference_of those changes as a unit of its own
    without_mark  the title of such a unit without what marks it as a correction
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

from daybook.calendar import day_text
from daybook.exports.mapping.rules import TargetLine
from daybook.exports.rules import ExportGroup, ExportLine, SideKey, lines_of_sums
from daybook.ledger.rules import Role

LineKey: TypeAlias = tuple[Role, str]
"""A role, and the own id of the product whose account it is; empty without one."""


class PostedAccount(NamedTuple):
    """An account by the name and the target that it had in a file."""

    name: str
    target: TargetLine | None


Posted: TypeAlias = dict[LineKey, dict[PostedAccount, int]]
"""Debits less credits, by line and account, in the order in which they were posted."""
Change: TypeAlias = tuple[Role, PostedAccount, int]
"""A role, its account, and what is debited to it; negative for a credit."""

_MARK = re.compile(r"\ACorrection to export [0-9]+: ")
"""What `_prefix` writes."""


def nets_of(unit: ExportGroup) -> Posted:
    """A unit's debits less credits, by line and account."""
    nets: Posted = {}
    for line in unit.lines:
        assert line.target is not None, "compared lines know their product"
        accounts = nets.setdefault((line.role, line.target.product_id), {})
        account = _account_of(line)
        amount = line.amount if line.is_debit else -line.amount
        accounts[account] = accounts.get(account, 0) + amount
    return nets


def _account_of(line: ExportLine) -> PostedAccount:
    """The account of a compared line, as it is in a file."""
    assert line.target is not None, "compared lines know their product"
    values, is_debit_normal, _ = line.target
    target = TargetLine(values, is_debit_normal) if values else None
    return PostedAccount(line.account, target)


def moved_to(posted: Posted, unit: ExportGroup | None) -> list[Change]:
    """What it takes to come from what is posted to a unit, which is posted then.

    None is a unit that has no lines any more.
    """
    wanted = {} if unit is None else nets_of(unit)
    changes: list[Change] = []
    for key in sorted({*posted, *wanted}):
        accounts = posted.setdefault(key, {})
        now = wanted.get(key, {})
        change = sum(now.values()) - sum(accounts.values())
        for account, amount in _placed(change, accounts, now):
            accounts[account] = accounts.get(account, 0) + amount
            changes.append((key[0], account, amount))
    return changes


def _placed(
    change: int,
    accounts: Mapping[PostedAccount, int],
    now: Mapping[PostedAccount, int],
) -> Iterable[tuple[PostedAccount, int]]:
    """The accounts of a change: where the opposite was posted, then that of now."""
    placed = []
    for account, amount in reversed(list(accounts.items())):
        if change and amount and (change > 0) is (amount < 0):
            taken = min(change, -amount) if change > 0 else max(change, -amount)
            placed.append((account, taken))
            change -= taken
    if change:
        placed.append((next(iter(now)), change))
    return placed


def difference_of(
    unit: ExportGroup, changes: Iterable[Change], *, record: int, key: str
) -> ExportGroup | None:
    """The changes of a unit as a unit of its own; None if they come to nothing.

    `record` is the number of the export that is corrected.
    """
    nets: dict[SideKey, int] = {}
    for role, account, amount in changes:
        side = (role, account.name, account.target)
        nets[side] = nets.get(side, 0) + amount
    debits = {side: amount for side, amount in nets.items() if amount > 0}
    credits_ = {side: -amount for side, amount in nets.items() if amount < 0}
    if not nets or not (debits or credits_):
        return None
    prefix = _prefix(record)
    return unit._replace(
        key=key,
        narrative=f"{prefix}{_about(unit)}",
        lines=lines_of_sums(debits, credits_),
        prefix=prefix,
    )


def added_unit(unit: ExportGroup, *, record: int, key: str) -> ExportGroup:
    """A manual journal that no file of the chain has, with its lines as entered."""
    prefix = _prefix(record)
    return unit._replace(
        key=key,
        narrative=f"{prefix}{unit.narrative}",
        lines=[_as_posted(line, prefix) for line in unit.lines],
        prefix=prefix,
    )


def _as_posted(line: ExportLine, prefix: str) -> ExportLine:
    account = _account_of(line)
    description = f"{prefix}{line.description}" if line.description else ""
    return line._replace(target=account.target, description=description)


def without_mark(title: str) -> str:
    """The title of an entry without what marks it as a correction."""
    return _MARK.sub("", title)


def _prefix(record: int) -> str:
    return f"Correction to export {record}: "


def _about(unit: ExportGroup) -> str:
    """What a unit is about: `Acme Ltd, Platform, 2025-10 (INV-1)`."""
    names = (unit.customer_name, unit.product_name, day_text(unit.day)[:7])
    document = f" ({unit.document})" if unit.document else ""
    return f"{', '.join(filter(None, names))}{document}"
