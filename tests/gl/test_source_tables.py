"""The table that a journal's source is in."""

import pytest

from daybook.gl.rules.source_tables import source_table

TABLES = {
    "Invoices": ["ACCREC", "ACCPAY", "ACCRECCREDIT", "ACCPAYCREDIT"],
    "Payments": [
        "ACCRECPAYMENT",
        "ACCPAYPAYMENT",
        "ARCREDITPAYMENT",
        "APCREDITPAYMENT",
        "AROVERPAYMENTPAYMENT",
        "ARPREPAYMENTPAYMENT",
        "APPREPAYMENTPAYMENT",
        "APOVERPAYMENTPAYMENT",
    ],
    "Bank Transactions": ["CASHREC", "CASHPAID"],
    "Bank Transfers": ["TRANSFER"],
    "Overpayments": ["AROVERPAYMENT", "APOVERPAYMENT"],
    "Prepayments": ["ARPREPAYMENT", "APPREPAYMENT"],
    "": [
        "EXPCLAIM",
        "EXPPAYMENTS",
        "MANJOURNAL",
        "PAYSLIP",
        "WAGEPAYABLE",
        "INTEGRATEDPAYROLLPE",
        "INTEGRATEDPAYROLLPT",
        "EXTERNALSPENDMONEY",
        "",
        "SOMETHINGNEW",
    ],
}


@pytest.mark.parametrize(
    ("source_type", "table"),
    [(type_, table) for table, types in TABLES.items() for type_ in types],
)
def test_the_table_of_each_type(source_type: str, table: str) -> None:
    assert source_table(source_type) == table
