"""A connection's lines from its inputs: reporting currency, contacts, names, types."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from daybook.fx.rules import NoRate
from daybook.gl.building.accounts import Clash
from daybook.gl.building.pinned import MainAccount
from daybook.gl.kinds import Kind
from daybook.gl.rules.columns import DatasetColumn
from daybook.gl.rules.journal_types import JournalType
from daybook_gl_made import journal, made, rates

INVOICE: Mapping[str, Any] = {
    "InvoiceID": "i-1",
    "Type": "ACCREC",
    "InvoiceNumber": "INV-1",
    "Status": "PAID",
    "Date": "2026-10-01",
    "CurrencyCode": "EUR",
    "Total": 1000.0,
    "Contact": {"ContactID": "c-1", "Name": "Old name"},
}
PAYMENT: Mapping[str, Any] = {
    "PaymentID": "p-1",
    "PaymentType": "ACCRECPAYMENT",
    "Status": "AUTHORISED",
    "Date": "2026-10-20",
    "Amount": 1000.0,
    "Invoice": {"InvoiceID": "i-1", "Contact": {"ContactID": "c-1"}},
}
SOLD = journal(
    1,
    "2026-10-01",
    ("ar", 1000),
    ("sales", -1000),
    SourceID="i-1",
    SourceType="ACCREC",
)
PAID = journal(
    2,
    "2026-10-20",
    ("bank", 1000),
    ("ar", -1000),
    SourceID="p-1",
    SourceType="ACCRECPAYMENT",
)


def test_a_payment_takes_the_rate_of_its_invoice_s_day(tmp_path: Path) -> None:
    lines = made(
        tmp_path,
        rates(_01="1.25", _20="1.40"),
        {
            Kind.JOURNALS: [SOLD, PAID],
            Kind.INVOICES: [INVOICE],
            Kind.PAYMENTS: [PAYMENT],
            Kind.CONTACTS: [{"ContactID": "c-1", "Name": "Tallow & Sons"}],
        },
        reporting_currency="USD",
    )

    assert lines.ask(
        'SELECT _account_id, CAST("Net Amount (RC)" AS VARCHAR), "Source Table",'
        ' "Reference", "Contact Name", CAST("Reporting Currency Rate" AS VARCHAR)'
        " FROM lines ORDER BY _row"
    ) == [
        (account, net, table, reference, "Tallow & Sons", "1.25000000")
        for account, net, table, reference in (
            ("ar", "-1250.00", "Invoices", "INV-1"),
            ("sales", "1250.00", "Invoices", "INV-1"),
            ("bank", "-1250.00", "Payments", ""),
            ("ar", "1250.00", "Payments", ""),
        )
    ]


def batch(*parts: tuple[str, str, float]) -> Mapping[Kind, list[Mapping[str, Any]]]:
    """Invoices by their days and totals, all paid by one batch on 20 October."""
    return {
        Kind.INVOICES: [
            {**INVOICE, "InvoiceID": id_, "Date": day, "Total": total}
            for id_, day, total in parts
        ],
        Kind.PAYMENTS: [
            {
                **PAYMENT,
                "PaymentID": f"p-{id_}",
                "BatchPaymentID": "b-1",
                "Amount": total,
                "Invoice": {"InvoiceID": id_, "Contact": {"ContactID": "c-1"}},
            }
            for id_, _, total in parts
        ],
    }


def test_a_payment_of_several_invoices_takes_the_rate_of_each(tmp_path: Path) -> None:
    paid = journal(
        1,
        "2026-10-20",
        ("bank", 1400),
        ("ar", -1000),
        ("ar", -400),
        SourceID="b-1",
        SourceType="ACCRECPAYMENT",
    )
    taken_back = journal(
        2,
        "2026-10-21",
        ("ar", 400),
        ("ar", 1000),
        ("bank", -1400),
        SourceID="b-1",
        SourceType="ACCRECPAYMENT",
    )
    lines = made(
        tmp_path,
        rates(_01="1.25", _02="1.40", _20="1.50"),
        {
            Kind.JOURNALS: [paid, taken_back],
            Kind.CONTACTS: [{"ContactID": "c-1", "Name": "Tallow & Sons"}],
            **batch(("i-1", "2026-10-01", 1000.0), ("i-2", "2026-10-02", 400.0)),
        },
        reporting_currency="USD",
    )

    # 1,000 at 1.25 and 400 at 1.40 are 1,810, at 1.29285714… for 1,400.
    found = lines.ask(
        'SELECT _account_id, CAST("Net Amount (RC)" AS VARCHAR),'
        ' CAST("Reporting Currency Rate" AS VARCHAR), _rate_day, "Contact Name"'
        " FROM lines ORDER BY _row"
    )
    first, second, name = date(2026, 10, 1), date(2026, 10, 2), "Tallow & Sons"
    assert found == [
        ("bank", "-1810.00", "1.29285714", second, name),
        ("ar", "1250.00", "1.25000000", first, name),
        ("ar", "560.00", "1.40000000", second, name),
        ("ar", "-560.00", "1.40000000", second, name),
        ("ar", "-1250.00", "1.25000000", first, name),
        ("bank", "1810.00", "1.29285714", second, name),
    ]


def test_parts_of_a_payment_in_another_currency_are_known_by_their_base_amounts(
    tmp_path: Path,
) -> None:
    paid = journal(
        1,
        "2026-10-20",
        ("bank", 150),
        ("ar", -100),
        ("ar", -50.01),
        ("realised", 0.01),
        SourceID="b-1",
        SourceType="ACCRECPAYMENT",
    )
    documents = batch(("i-1", "2026-10-01", 200.0), ("i-2", "2026-10-02", 100.02))
    payments = [{**its, "CurrencyRate": 2.0} for its in documents[Kind.PAYMENTS]]
    lines = made(
        tmp_path,
        rates(_01="1.25", _02="1.40"),
        {**documents, Kind.JOURNALS: [paid], Kind.PAYMENTS: payments},
        reporting_currency="USD",
    )

    # 50.01 · 1.40 = 70.014; the blend is (125 + 70.014) / 150.01, and 0.01 of it 0.01.
    assert lines.ask(
        'SELECT _account_id, CAST("Net Amount (RC)" AS VARCHAR) FROM lines ORDER BY'
        " _row"
    ) == [("bank", "-195.00"), ("ar", "125.00"), ("ar", "70.01"), ("realised", "-0.01")]


def test_invoices_of_one_day_have_its_rate(tmp_path: Path) -> None:
    paid = journal(1, "2026-10-20", ("bank", 1400), ("ar", -1400), SourceID="b-1")
    lines = made(
        tmp_path,
        rates(_01="1.25", _20="1.50"),
        {
            Kind.JOURNALS: [paid],
            **batch(("i-1", "2026-10-01", 1000.0), ("i-2", "2026-10-01", 400.0)),
        },
        reporting_currency="USD",
    )

    assert lines.ask(
        'SELECT CAST("Net Amount (RC)" AS VARCHAR), _rate_day FROM lines ORDER BY _row'
    ) == [("-1750.00", date(2026, 10, 1)), ("1750.00", date(2026, 10, 1))]


def test_a_journal_without_a_source_has_the_rate_of_its_own_day(tmp_path: Path) -> None:
    other = journal(1, "2026-10-20", ("bank", 1000), ("sales", -1000))
    lines = made(
        tmp_path,
        rates(_01="1.25", _19="1.40"),
        {Kind.JOURNALS: [other]},
        reporting_currency="USD",
    )

    assert lines.ask(
        'SELECT CAST("Net Amount (RC)" AS VARCHAR), _rate_day, _rate_published,'
        " _rate_source FROM lines ORDER BY _row LIMIT 1"
    ) == [("-1400.00", date(2026, 10, 20), date(2026, 10, 19), "ECB shipped")]


def test_a_day_without_a_rate_is_named(tmp_path: Path) -> None:
    other = journal(1, "2026-10-20", ("bank", 1000), ("sales", -1000))

    with pytest.raises(NoRate, match=r"no ECB rate of USD for 2026-10-20"):
        made(
            tmp_path,
            rates(_01="1.25", _31="1.30"),
            {Kind.JOURNALS: [other]},
            reporting_currency="USD",
        )


def test_the_largest_line_takes_what_rounding_left(tmp_path: Path) -> None:
    thirds = journal(1, "2026-10-01", ("bank", 0.3), ("sales", -0.1), ("ar", -0.2))
    lines = made(
        tmp_path,
        rates(_01="1.45"),
        {Kind.JOURNALS: [thirds]},
        reporting_currency="USD",
    )
    # 0.435 rounds to 0.44, 0.145 to 0.15 and 0.29 stays: 0.44 for 0.44.
    assert [
        net
        for (net,) in lines.ask(
            'SELECT CAST("Net Amount (RC)" AS VARCHAR) FROM lines ORDER BY _row'
        )
    ] == ["-0.44", "0.15", "0.29"]


def test_the_first_of_equals_takes_it(tmp_path: Path) -> None:
    halves = journal(
        1, "2026-10-01", ("bank", 0.1), ("sales", 0.1), ("ar", -0.1), ("gst", -0.1)
    )
    uneven = journal(2, "2026-10-01", ("bank", 0.2), ("sales", -0.1), ("ar", -0.1))
    lines = made(
        tmp_path,
        rates(_01="1.05"),
        {Kind.JOURNALS: [halves, uneven]},
        reporting_currency="USD",
    )
    found = lines.ask(
        'SELECT CAST("Net Amount (RC)" AS VARCHAR) FROM lines ORDER BY _row'
    )

    # 0.105 rounds to 0.11; twice that is 0.01 more than 0.21.
    assert [net for (net,) in found] == [
        *["-0.11", "-0.11", "0.11", "0.11"],
        *["-0.22", "0.11", "0.11"],
    ]


def test_the_columns_are_the_documented_ones_in_their_order(tmp_path: Path) -> None:
    lines = made(tmp_path, rates(_01="1.25"), {Kind.JOURNALS: [SOLD]})
    columns = [name for name, *_ in lines.ask("DESCRIBE lines")]

    documented = [name for name in columns if not name.startswith("_")]
    assert documented == [column.value for column in DatasetColumn]
    assert len(documented) == 32


def test_sides_and_signs(tmp_path: Path) -> None:
    lines = made(tmp_path, rates(_01="1.25"), {Kind.JOURNALS: [SOLD]})

    assert lines.ask(
        'SELECT "Debit", "Credit", "Net Amount", "Created", "Journal Date",'
        ' "Data current as of" FROM lines ORDER BY _row'
    ) == [
        (
            Decimal(debit),
            Decimal(credit),
            Decimal(net),
            "2026-10-01T12:00:00.000Z",
            "2026-10-01",
            "2021-02-01T12:00:00.000Z",
        )
        for debit, credit, net in (
            ("1000.00", "0.00", "-1000.00"),
            ("0.00", "1000.00", "1000.00"),
        )
    ]


def test_names_of_the_main_connection_stand_where_classes_agree(tmp_path: Path) -> None:
    main = [
        MainAccount("610", "Trade debtors", "ASSET"),
        MainAccount("200", "Other income", "EXPENSE"),
        MainAccount("", "Main bank", "ASSET"),
    ]
    lines = made(tmp_path, rates(_01="1.25"), {Kind.JOURNALS: [SOLD, PAID]}, main=main)

    assert lines.ask(
        'SELECT DISTINCT _account_id, "Account Name" FROM lines ORDER BY 1'
    ) == [("ar", "Trade debtors"), ("bank", "Bank"), ("sales", "Sales")]
    assert lines.built.clashes == [
        Clash("200", "Sales", "REVENUE", "Other income", "EXPENSE")
    ]


DRAFT: Mapping[str, Any] = {
    **INVOICE,
    "InvoiceID": "d-1",
    "InvoiceNumber": "INV-2",
    "Status": "DRAFT",
    "Date": "2026-10-30",
    "Total": 115.0,
    "TotalTax": 15.0,
    "LineItems": [
        {
            "LineAmount": 100.0,
            "TaxAmount": 15.0,
            "AccountCode": "200",
            "Tracking": [
                {"TrackingCategoryID": "t", "Name": "Region", "Option": "North"}
            ],
        }
    ],
}
REPEATING: Mapping[str, Any] = {
    "RepeatingInvoiceID": "r-1",
    "Type": "ACCREC",
    "Status": "AUTHORISED",
    "CurrencyCode": "EUR",
    "Total": 50.0,
    "Reference": "Support",
    "Schedule": {
        "Period": 1,
        "Unit": "MONTHLY",
        "StartDate": "2026-01-31",
        "NextScheduledDate": "2026-10-31",
        "EndDate": "2026-11-30",
    },
    "LineItems": [{"LineAmount": 50.0, "AccountCode": "200"}],
}
BUDGET: Mapping[str, Any] = {
    "BudgetID": "b-1",
    "Type": "OVERALL",
    "Description": "Overall budget",
    "BudgetLines": [
        {
            "AccountID": "sales",
            "AccountCode": "200",
            "BudgetBalances": [{"Period": "2026-11", "Amount": "3000"}],
        }
    ],
}


def test_every_type_has_its_numbers(tmp_path: Path) -> None:
    lines = made(
        tmp_path,
        rates(_01="1.25"),
        {
            Kind.JOURNALS: [SOLD],
            Kind.INVOICES: [DRAFT],
            Kind.REPEATING_INVOICES: [REPEATING],
            Kind.BUDGETS: [BUDGET],
            Kind.TRACKING_CATEGORIES: [
                {"TrackingCategoryID": "t", "Name": "Region", "Status": "ACTIVE"}
            ],
        },
    )

    assert lines.ask(
        'SELECT "Journal Type", min("Journal Number"), max("Journal Number"), count(*),'
        ' CAST(sum("Net Amount") AS VARCHAR), min("Source Table") FROM lines'
        " GROUP BY _type, 1 ORDER BY _type"
    ) == [
        ("ACTUAL", 1, 1, 2, "0.00", "Invoices"),
        ("DRAFT INVOICE", 800_000_000, 800_000_000, 3, "0.00", "Invoices"),
        ("FORECAST INVOICE", 800_000_001, 800_000_002, 4, "0.00", "Invoices"),
        ("FORECAST BUDGET", 910_000_000, 910_000_029, 30, "3000.00", "Budgets"),
    ]
    assert lines.ask(
        'SELECT "Tracking Option 0" FROM lines'
        " WHERE _type = 2 AND _account_id = 'sales'"
    ) == [("Region - North",)]
    assert lines.built.counts[JournalType.FORECAST_BUDGET] == 30


def test_drafts_and_forecasts_count_against_the_budget_if_they_shall(
    tmp_path: Path,
) -> None:
    draft: Mapping[str, Any] = {
        **DRAFT,
        "Date": "2026-11-05",
        "Total": 750.0,
        "TotalTax": 0.0,
        "LineItems": [{"LineAmount": 750.0, "AccountCode": "200"}],
    }
    documents = {Kind.INVOICES: [draft], Kind.BUDGETS: [BUDGET]}
    folders = [tmp_path / name for name in ("without", "with")]
    counts = []
    for folder, counted in zip(folders, (False, True), strict=True):
        folder.mkdir()
        lines = made(folder, rates(_01="1.25"), documents, counts_forecasts=counted)
        counts.append(lines.built.counts.get(JournalType.FORECAST_BUDGET, 0))

    assert counts == [30, 0]


def test_the_same_inputs_make_the_same_bytes(tmp_path: Path) -> None:
    files = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        documents = {Kind.JOURNALS: [PAID, SOLD], Kind.INVOICES: [INVOICE, DRAFT]}
        files.append(made(folder, rates(_01="1.25"), documents).built.lines)

    assert files[0].read_bytes() == files[1].read_bytes()
