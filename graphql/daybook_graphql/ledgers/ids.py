"""The ids of ledgers, their accounts, and the changes of their locks."""

from typing import NamedTuple

from daybook.ledger.rules import Role
from daybook.numbers import read_number
from daybook_graphql.kit.ids import node_id, read_currency


@node_id(
    *("Ledger", read_currency),
    found_by="`{ ledgers { id currency } }` lists them",
)
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


@node_id("RecordedLock", read_currency, read_number)
class RecordedLockId(NamedTuple):
    """A change of a ledger's lock, by the recording that made it."""

    currency: str
    recording: int

    def __str__(self) -> str:
        return f"RecordedLock:{self.currency}:{self.recording}"
