"""The ids of ledgers and their accounts."""

from typing import NamedTuple

from daybook.ledger.rules import Role
from daybook_graphql.kit.ids import node_id, read_currency


@node_id("Ledger", read_currency)
class LedgerId(NamedTuple):
    """A ledger, by its currency."""

    currency: str

    def __str__(self) -> str:
        return f"Ledger:{self.currency}"


@node_id("LedgerAccount", read_currency, Role.__getitem__)
class AccountId(NamedTuple):
    """A ledger's account, by its role."""

    currency: str
    role: Role

    def __str__(self) -> str:
        return f"LedgerAccount:{self.currency}:{self.role.name}"
