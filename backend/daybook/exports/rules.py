"""What an export renders: movements and groups with all that their lines name. Pure."""

from dataclasses import dataclass
from typing import NamedTuple

from daybook.calendar import Day, Month
from daybook.ledger.rules import AccountNames, Role
from daybook.reports.grouping import Granularity

__all__ = ["Accounts", "ExportGroup", "ExportLine", "ExportMovement", "Granularity"]


class ExportMovement(NamedTuple):
    """A movement cut to the export's days, with the names that its lines carry.

    `customer_name` is the legal one, `customer` that of reports. `invoice_id` and
    `invoice_number` are a credit note's parent's, if it has one.
    """

    journal: int
    month: Month
    debit: Role
    credit: Role
    debit_account: str
    credit_account: str
    amount: int
    daily: int
    first_day: Day
    last_day: Day
    narrative: str
    product_name: str
    customer_id: str
    customer_name: str
    invoice_id: str
    invoice_number: str
    customer: str
    document: str


class ExportLine(NamedTuple):
    """One side of a group's lines: an account, and what it received or gave."""

    role: Role
    account: str
    amount: int


class ExportGroup(NamedTuple):
    """A journal group with the names that its lines carry; absent ones are empty."""

    key: str
    day: Day
    narrative: str
    debits: list[ExportLine]
    credits: list[ExportLine]
    product_name: str = ""
    customer_id: str = ""
    customer_name: str = ""
    invoice_id: str = ""
    invoice_number: str = ""


@dataclass(slots=True)
class Accounts:
    """Names of accounts by role, product and category; each is made out once."""

    names: AccountNames
    _known: dict[tuple[int, str, str | None], str]

    @classmethod
    def of(cls, names: AccountNames) -> "Accounts":
        """Of one moment's names."""
        return cls(names, {})

    def name(self, role: int, product_id: str, category: str | None) -> str:
        """An account's name for a product, by the sender's own id."""
        key = (role, product_id, category)
        known = self._known.get(key)
        if known is None:
            known = self.names.of(Role(role), product_id, category).name
            self._known[key] = known
        return known
