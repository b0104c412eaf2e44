"""What was rendered of a file: its rows and sums, and the parts of an archive. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from daybook.exports.rules import (
    NOTHING,
    AccountTotals,
    Totals,
    Units,
    account_totals,
)


class TotalsDiffer(Exception):
    """A file's debits and credits, or its parts and the whole, don't agree."""


class PartMade(NamedTuple):
    """A finished part of an archive."""

    name: str
    totals: Totals
    size: int
    sha256: bytes


@dataclass(slots=True)
class Tally:
    """Counts what is rendered; `parts` are those that are finished."""

    totals: Totals = NOTHING
    accounts: AccountTotals = field(default_factory=dict)
    parts: list[PartMade] = field(default_factory=list)

    def add(self, totals: Totals, units: Units) -> None:
        """Count a slice of units and its totals."""
        self.totals += totals
        account_totals(units, self.accounts)

    def add_sums(self, totals: Totals, accounts: Mapping[str, Sequence[int]]) -> None:
        """Count a slice by its totals, and by its debits and credits by account."""
        self.totals += totals
        for account, (debits, credits_) in accounts.items():
            before = self.accounts.get(account, (0, 0))
            self.accounts[account] = before[0] + debits, before[1] + credits_

    def check(self) -> None:
        """Raise TotalsDiffer unless debits are credits, in all, by account and part."""
        _, debits, credits_ = self.totals
        by_account = [
            sum(sums[side] for sums in self.accounts.values()) for side in (0, 1)
        ]
        of_parts = sum((part.totals for part in self.parts), NOTHING)
        if debits != credits_ or by_account != [debits, credits_]:
            raise TotalsDiffer(
                f"debits of {debits:,} and credits of {credits_:,} were rendered, by"
                f" account {by_account[0]:,} and {by_account[1]:,} (in minor units)"
            )
        if self.parts and of_parts != self.totals:
            raise TotalsDiffer(
                f"{self.totals.rows:,} rows were rendered, and {of_parts.rows:,} into"
                " parts"
            )
