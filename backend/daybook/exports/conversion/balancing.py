"""Accounts that are cleared in the ledger's currency are cleared in the other. Pure.

Rounding may leave some minor units on such an account. They go to the last movement
that can take them, towards Recognized Revenue where there is a choice; no movement
changes its direction.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from daybook.exports.conversion.movements import Converted
from daybook.ledger.rules import Role

Account: TypeAlias = tuple[Role, int]
"""An account, and the line whose share of it this is."""

AccountOf: TypeAlias = Callable[[int, Role], Account]
"""Which account a member's movements touch."""


def balance(
    in_force: Collection[Converted],
    new: Collection[Converted],
    account_of: AccountOf,
) -> None:
    """Clear the accounts that are cleared in the ledger's currency, where possible.

    New rows take what is left, and rows that stood before only where these can't.
    """
    residues = _residues(in_force, account_of)
    for rows in (new, in_force):
        if not any(residues.values()):
            return
        edges = [
            _Edge(converted, *_ends(converted, account_of))
            for converted in sorted(rows, key=_posted, reverse=True)
        ]
        _Clearing(residues, [edge for edge in edges if edge.debit != edge.credit]).run()


def _residues(
    in_force: Iterable[Converted], account_of: AccountOf
) -> dict[Account, int]:
    """What is left on each account that is cleared in the ledger's currency."""
    source: dict[Account, int] = defaultdict(int)
    target: dict[Account, int] = defaultdict(int)
    for converted in in_force:
        debit, credit = _ends(converted, account_of)
        source[debit] += converted.row.movement.amount
        source[credit] -= converted.row.movement.amount
        target[debit] += converted.amount
        target[credit] -= converted.amount
    return {account: target[account] for account, net in source.items() if net == 0}


def _ends(converted: Converted, account_of: AccountOf) -> tuple[Account, Account]:
    row = converted.row
    debit, credit = row.movement.debit, row.movement.credit
    return account_of(row.member, debit), account_of(row.member, credit)


def _posted(converted: Converted) -> tuple[int, tuple[int, int]]:
    return converted.row.movement.last_day, converted.row.key


class _Edge(NamedTuple):
    """A row between two accounts."""

    converted: Converted
    debit: Account
    credit: Account


class _Step(NamedTuple):
    """A row whose change takes a residue from one account on to another."""

    converted: Converted
    change: int
    account: Account


@dataclass(slots=True)
class _Clearing:
    """Moves residues along rows, the last ones first.

    `residues` are of accounts that are to be cleared; all other accounts take any.
    """

    residues: dict[Account, int]
    edges: Sequence[_Edge]

    def run(self) -> None:
        """Clear all that can be cleared."""
        for account in sorted(self.residues):
            while (residue := self.residues[account]) and (path := self._path(account)):
                size = abs(residue)
                end = path[-1].account
                if end in self.residues:
                    size = min(size, abs(self.residues[end]))
                size = min(
                    size,
                    *(step.converted.amount for step in path if step.change < 0),
                    size,
                )
                for step in path:
                    step.converted.add(step.change * size)
                moved = size if residue > 0 else -size
                self.residues[account] -= moved
                if end in self.residues:
                    self.residues[end] += moved

    def _path(self, start: Account) -> list[_Step]:
        """The fewest rows that take a residue to an account that may have it."""
        sign = 1 if self.residues[start] > 0 else -1
        came: dict[Account, list[_Step]] = {start: []}
        waiting = deque([start])
        while waiting:
            account = waiting.popleft()
            for step in self._steps(account, sign):
                if step.account in came:
                    continue
                path = [*came[account], step]
                if self.residues.get(step.account, -sign) * sign < 0:
                    return path
                came[step.account] = path
                waiting.append(step.account)
        return []

    def _steps(self, account: Account, sign: int) -> Iterator[_Step]:
        """The steps from an account: the last row to each other, Recognized first."""
        found: dict[Account, _Step] = {}
        for converted, debit, credit in self.edges:
            if account not in {debit, credit}:
                continue
            other = credit if account == debit else debit
            change = -sign if account == debit else sign
            if change > 0 or converted.amount > 0:
                found.setdefault(other, _Step(converted, change, other))
        return iter(sorted(found.values(), key=_towards_recognized))


def _towards_recognized(step: _Step) -> tuple[int, int]:
    role, line = step.account
    return -role, line
