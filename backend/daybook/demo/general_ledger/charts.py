"""The charts of accounts and tracking categories of the demo's organisations.

Both have the accounts that exports go to. Account 429 is an expense in London and other
income in New York: a clash that the pages report.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from daybook.demo.xero import CHART

BANK, FOREIGN_BANK = "090", "091"
RECEIVABLE, PAYABLE, TAX = "610", "800", "820"
CLEARING = "1200"
EVENTS = "4300"
HOSTING, ADVERTISING, RENT, SALARIES, TRAVEL = "310", "400", "469", "477", "493"
_TYPES = {
    "Current Asset": "CURRENT",
    "Current Liability": "CURRLIAB",
    "Revenue": "REVENUE",
}
"""Xero's own type of each in the chart that exports are mapped to."""
REGION = "Region"
DEPARTMENT = "Department"
OPTIONS: Mapping[str, tuple[str, ...]] = {
    REGION: ("United Kingdom", "Europe", "North America"),
    DEPARTMENT: ("Sales", "Product", "Office"),
}


class _Account(NamedTuple):
    code: str
    name: str
    type: str
    system: str = ""
    currency: str = ""


def account_id(code: str) -> str:
    """The ID of an account in either organisation."""
    return f"account-{code}"


def accounts(foreign: str, *, is_clashing: bool) -> list[dict[str, Any]]:
    """A chart of accounts, with a bank account in a foreign currency."""
    other = ("Other income", "OTHERINCOME") if is_clashing else ("General", "EXPENSE")
    rows = (
        _Account(BANK, "Current account", "BANK"),
        _Account(FOREIGN_BANK, f"{foreign} account", "BANK", currency=foreign),
        _Account(RECEIVABLE, "Accounts receivable", "CURRENT", "DEBTORS"),
        _Account(PAYABLE, "Accounts payable", "CURRLIAB", "CREDITORS"),
        _Account(TAX, "VAT" if not is_clashing else "Sales tax", "CURRLIAB", "GST"),
        *(_Account(its.account, its.name, _TYPES[its.type]) for its in CHART),
        _Account(HOSTING, "Hosting", "DIRECTCOSTS"),
        _Account(ADVERTISING, "Advertising", "OVERHEADS"),
        _Account("429", *other),
        _Account(RENT, "Rent", "OVERHEADS"),
        _Account(SALARIES, "Salaries", "OVERHEADS"),
        _Account(TRAVEL, "Travel", "OVERHEADS"),
        _Account("497", "Bank revaluations", "EXPENSE", "BANKCURRENCYGAIN"),
        _Account("498", "Unrealised gains", "EXPENSE", "UNREALISEDCURRENCYGAIN"),
        _Account("499", "Realised gains", "EXPENSE", "REALISEDCURRENCYGAIN"),
    )
    return [
        {
            "AccountID": account_id(row.code),
            "Code": row.code,
            "Name": row.name,
            "Type": row.type,
            "SystemAccount": row.system,
            "CurrencyCode": row.currency,
            "Status": "ACTIVE",
        }
        for row in rows
    ]


def tracking_categories() -> list[dict[str, Any]]:
    """Both tracking categories with their options."""
    return [
        {
            "TrackingCategoryID": f"category-{name.lower()}",
            "Name": name,
            "Status": "ACTIVE",
            "Options": [
                {
                    "TrackingOptionID": f"option-{option.lower().replace(' ', '-')}",
                    "Name": option,
                    "Status": "ACTIVE",
                }
                for option in options
            ],
        }
        for name, options in OPTIONS.items()
    ]


def tags(region: str, department: str) -> list[dict[str, str]]:
    """What a line is tracked by, as Xero writes it; blank is left out."""
    return [
        {
            "TrackingCategoryID": f"category-{name.lower()}",
            "Name": name,
            "Option": option,
        }
        for name, option in ((REGION, region), (DEPARTMENT, department))
        if option
    ]
