"""Which of the accounting system's tables a journal's source is in."""

from collections.abc import Mapping

INVOICES, PAYMENTS, BUDGETS = "Invoices", "Payments", "Budgets"
BY_TYPE: Mapping[str, str] = {
    "ACCREC": INVOICES,
    "ACCPAY": INVOICES,
    "ACCRECCREDIT": INVOICES,
    "ACCPAYCREDIT": INVOICES,
    "CASHREC": "Bank Transactions",
    "CASHPAID": "Bank Transactions",
    "TRANSFER": "Bank Transfers",
}
BY_SUFFIX: Mapping[str, str] = {
    "OVERPAYMENT": "Overpayments",
    "PREPAYMENT": "Prepayments",
    "PAYMENT": PAYMENTS,
}
"""Tables by the ends of types, the longer ends first."""


def source_table(source_type: str) -> str:
    """The table of a source type; blank for a type that names none."""
    if source_type in BY_TYPE:
        return BY_TYPE[source_type]
    for suffix, table in BY_SUFFIX.items():
        if source_type.endswith(suffix):
            return table
    return ""
