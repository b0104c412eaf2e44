"""A chart of accounts: classes, and the accounts that synthetic journals post to."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from daybook.connections.rules import AccountRole


class AccountClass(StrEnum):
    """What an account is part of in the financial statements."""

    ASSET = "ASSET"
    LIABILITY = "LIABILITY"
    EQUITY = "EQUITY"
    REVENUE = "REVENUE"
    EXPENSE = "EXPENSE"

    @property
    def is_credit(self) -> bool:
        """Whether its balance grows by credits, which the dataset shows as positive."""
        return self not in {AccountClass.ASSET, AccountClass.EXPENSE}


CLASSES: Mapping[str, AccountClass] = {
    **dict.fromkeys(
        ("BANK", "CURRENT", "FIXED", "INVENTORY", "NONCURRENT", "PREPAYMENT"),
        AccountClass.ASSET,
    ),
    **dict.fromkeys(
        (
            "CURRLIAB",
            "LIABILITY",
            "TERMLIAB",
            "PAYG",
            "PAYGLIABILITY",
            "SUPERANNUATIONLIABILITY",
            "WAGESPAYABLELIABILITY",
        ),
        AccountClass.LIABILITY,
    ),
    "EQUITY": AccountClass.EQUITY,
    **dict.fromkeys(("OTHERINCOME", "REVENUE", "SALES"), AccountClass.REVENUE),
    **dict.fromkeys(
        (
            "DEPRECIATN",
            "DIRECTCOSTS",
            "EXPENSE",
            "OVERHEADS",
            "SUPERANNUATIONEXPENSE",
            "WAGESEXPENSE",
        ),
        AccountClass.EXPENSE,
    ),
}
"""The class of each type of accounts that Xero documents."""

SYSTEM_ACCOUNTS: Mapping[str, AccountRole] = {
    "DEBTORS": AccountRole.RECEIVABLE,
    "CREDITORS": AccountRole.PAYABLE,
    "GST": AccountRole.TAX,
    "REALISEDCURRENCYGAIN": AccountRole.REALISED,
    "UNREALISEDCURRENCYGAIN": AccountRole.UNREALISED,
    "BANKCURRENCYGAIN": AccountRole.REVALUATION,
}
"""The role of each of Xero's own system accounts."""

NAMES: Mapping[str, AccountRole] = {
    "accounts receivable": AccountRole.RECEIVABLE,
    "accounts payable": AccountRole.PAYABLE,
    "gst": AccountRole.TAX,
    "sales tax": AccountRole.TAX,
    "vat": AccountRole.TAX,
    "realised currency gains": AccountRole.REALISED,
    "realized currency gains": AccountRole.REALISED,
    "unrealised currency gains": AccountRole.UNREALISED,
    "unrealized currency gains": AccountRole.UNREALISED,
    "bank revaluations": AccountRole.REVALUATION,
}
"""The role of an account by its usual name, where a chart marks no system accounts."""


class Account(NamedTuple):
    """An account of a connection. `code` may be blank: banks often have none."""

    id: str
    code: str
    name: str
    type: str
    class_: AccountClass | None
    system_account: str = ""


class Chart:
    """The accounts of a connection, by ID and by code.

    A role has the account that `chosen` names by its ID; else Xero's system account;
    else the first account of the usual name.
    """

    def __init__(
        self,
        accounts: Iterable[Account],
        chosen: Mapping[AccountRole, str] | None = None,
    ) -> None:
        self.by_id = {account.id: account for account in accounts}
        self.by_code: dict[str, Account] = {}
        by_system: dict[AccountRole, Account] = {}
        by_name: dict[AccountRole, Account] = {}
        for account in self.by_id.values():
            if account.code:
                self.by_code.setdefault(account.code, account)
            if role := SYSTEM_ACCOUNTS.get(account.system_account):
                by_system.setdefault(role, account)
            if role := NAMES.get(account.name.strip().lower()):
                by_name.setdefault(role, account)
        by_choice = {
            role: self.by_id[account_id]
            for role, account_id in (chosen or {}).items()
            if account_id in self.by_id
        }
        self._roles = {**by_name, **by_system, **by_choice}

    def of_role(self, role: AccountRole) -> Account | None:
        """The account of a role; None if nothing names one."""
        return self._roles.get(role)

    def find(self, account_id: str, code: str) -> Account | None:
        """The account of an ID, else of a code."""
        return self.by_id.get(account_id) or self.by_code.get(code)
