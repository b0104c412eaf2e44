"""Published cases of other systems as documents to import, with the numbers to compare.

The numbers are public facts, kept here so that they are checked without the collection
that they come from. What each case is, and what was left out, is in
docs/published-cases.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from daybook.db.engine import Database
from daybook.documents.reading import read_documents
from daybook.ledger.rules import LockMethod
from daybook_factories import invoice, line, lock, record, terms

Value: TypeAlias = dict[str, object]
Changes: TypeAlias = Mapping[str, Mapping[str, str]]
"""By account, the change of its balance in each month, on the account's own side."""


@dataclass(frozen=True, slots=True)
class Case:
    """Documents, a lock that is set before them, and what an account does a month.

    `locked_before` is how many documents were recorded before the lock.
    """

    documents: Sequence[Value]
    changes: Changes
    locked_through: str | None = None
    lock_method: LockMethod | None = None
    locked_before: int = 0


def months(first: str, amounts: Sequence[str]) -> dict[str, str]:
    """Amounts of months that follow each other."""
    year, month = map(int, first.split("-"))
    numbers = range(year * 12 + month - 1, year * 12 + month - 1 + len(amounts))
    return {
        f"{at // 12}-{at % 12 + 1:02}": one
        for at, one in zip(numbers, amounts, strict=True)
    }


def sold(amount: str, first: str, last: str, **fields: object) -> Value:
    """A line for a service period."""
    return {
        "id": "1",
        "product": {"id": "prod_1", "name": "Platform"},
        "amount": amount,
        "service_from": first,
        "service_to": last,
        **fields,
    }


def invoiced(day: str, *lines: Value, **fields: object) -> Value:
    """An invoice."""
    return {
        "type": "invoice",
        "id": "inv_1",
        "status": "FINAL",
        "currency": "USD",
        "customer": {"id": "cus_1", "name": "Acme"},
        "issued_on": day,
        "lines": list(lines),
        **fields,
    }


def credited(day: str, amount: str, **fields: object) -> Value:
    """A credit note on the invoice's only line."""
    line = {"id": "1", "invoice_line_id": "1", "amount": amount}
    own = {"type": "credit_note", "id": "cn_1", "invoice_id": "inv_1", **fields}
    return invoiced(day) | own | {"lines": [line]}


EXACT = {"strategy": "EXACT_DAYS"}
EVEN = {"strategy": "EVEN_PERIODS"}
YEAR = ("2025-01-01", "2025-12-31")

_SCHEDULE: Value = {
    "type": "billing_schedule",
    "id": "bs_1",
    "status": "ACTIVE",
    "currency": "GBP",
    "customer": {"id": "cus_1", "name": "Acme"},
    "product": {"id": "prod_1", "name": "Platform"},
    "timing": "IN_ARREARS",
    "frequency": "MONTHLY",
    "price": "600.00",
    "service_from": "2025-01-16",
    "service_to": "2025-04-15",
}


def _of_schedule(id_: str, day: str, amount: str, first: str, last: str) -> Value:
    line = sold(amount, first, last)
    return invoiced(day, line, id=id_, currency="GBP", billing_schedule_id="bs_1")


CASES = {
    "stripe-sub-01-monthly": Case(
        [invoiced("2019-01-15", sold("31", "2019-01-15", "2019-02-14", **EXACT))],
        {
            "Recognized": months("2019-01", ["17.00", "14.00"]),
            "Deferred": months("2019-01", ["14.00", "-14.00"]),
            "Billed": months("2019-01", ["31.00"]),
        },
    ),
    "stripe-sub-02-annual": Case(
        [invoiced("2019-01-01", sold("365", "2019-01-01", "2019-12-31", **EXACT))],
        {
            "Recognized": months("2019-01", ["31.00", "28.00", "31.00"]),
            "Deferred": months("2019-01", ["334.00", "-28.00", "-31.00"]),
            "Billed": months("2019-01", ["365.00"]),
        },
    ),
    "stripe-sub-03-metered-sum": Case(
        [
            invoiced(
                "2019-02-14",
                sold(
                    "32",
                    "2019-01-15",
                    "2019-02-14",
                    method="USAGE",
                    usage=[
                        {"day": "2019-01-25", "amount": "15"},
                        {"day": "2019-02-04", "amount": "17"},
                    ],
                ),
            )
        ],
        {
            "Recognized": months("2019-01", ["15.00", "17.00"]),
            "Unbilled": months("2019-01", ["15.00", "-15.00"]),
            "Billed": months("2019-02", ["32.00"]),
        },
    ),
    "stripe-cn-19-pre-payment": Case(
        [
            invoiced("2019-01-01", sold("120", "2019-01-01", "2019-03-31", **EXACT)),
            credited("2019-01-15", "30", treatment="REBUILD"),
        ],
        {
            "Billed": months("2019-01", ["90.00"]),
            "Recognized": months("2019-01", ["31.00", "28.00", "31.00"]),
            "Deferred": months("2019-01", ["59.00", "-28.00", "-31.00"]),
        },
    ),
    "stripe-late-34a-catchup-on": Case(
        [invoiced("2024-11-01", sold("92", "2024-10-01", "2024-12-31", **EXACT))],
        {
            "Billed": months("2024-11", ["92.00"]),
            "Recognized": months("2024-11", ["61.00", "31.00"]),
            "Deferred": months("2024-11", ["31.00", "-31.00"]),
        },
        lock_method=LockMethod.ACCOUNTING_DATE,
    ),
    "stripe-wf-35": Case(
        [invoiced("2025-07-14", sold("31", "2025-07-21", "2025-08-20", **EXACT))],
        {
            "Billed": months("2025-07", ["31.00"]),
            "Recognized": months("2025-07", ["11.00", "20.00"]),
        },
    ),
    "seq-s1-arrears": Case(
        [
            _SCHEDULE,
            _of_schedule("jan", "2025-02-01", "309.68", "2025-01-16", "2025-01-31"),
            _of_schedule("apr", "2025-04-16", "300.00", "2025-04-01", "2025-04-15"),
        ],
        {
            "Recognized": months("2025-01", ["309.68", "600.00", "600.00", "300.00"]),
            "Billed": {"2025-02": "309.68", "2025-04": "300.00"},
        },
    ),
    "seq-s3-annual-advance": Case(
        [invoiced("2025-01-01", sold("12000", *YEAR, **EXACT))],
        {"Billed": {"2025-01": "12000.00"}},
    ),
    "seq-s4-lock-catchup": Case(
        [invoiced("2025-12-01", sold("121", "2025-12-01", "2026-03-31", **EXACT))],
        {"Recognized": months("2026-01", ["62.00", "28.00", "31.00"])},
        locked_through="2025-12-31",
    ),
    "seq-s5a-discount-annual": Case(
        [
            invoiced(
                "2025-01-01",
                sold("1200", *YEAR),
                sold("-120", *YEAR, id="2", group="1"),
            )
        ],
        {
            "Recognized": months("2025-01", ["90.00"] * 12),
            "Billed": {"2025-01": "1080.00"},
        },
    ),
    "seq-s5b-global-discount-allocation": Case(
        [
            invoiced(
                "2025-01-01",
                sold("800", "2025-01-01", "2025-01-31"),
                sold("200", "2025-02-01", "2025-02-28", id="2"),
                discount="100",
            )
        ],
        {"Recognized": months("2025-01", ["720.00", "180.00"])},
    ),
    "seq-s6-credit-note-state": Case(
        [
            invoiced("2025-01-01", sold("12000", *YEAR)),
            credited("2025-10-01", "4000"),
        ],
        {
            "Recognized": {
                **months("2025-01", ["1000.00"] * 9),
                "2025-10": "-1000.00",
            },
            "Deferred": {"2025-10": "-3000.00"},
        },
    ),
    "erpnext-e1-days": Case(
        [
            invoiced(
                "2019-01-10",
                sold("100", "2019-01-10", "2019-03-15", **EXACT),
                currency="INR",
            )
        ],
        {"Recognized": months("2019-01", ["33.85", "43.08", "23.07"])},
    ),
    "erpnext-e5-closed-period": Case(
        [
            invoiced(
                "2023-07-01",
                sold("3000", "2023-05-01", "2023-07-31"),
                currency="INR",
            )
        ],
        {
            "Recognized": months("2023-06", ["2000.00", "1000.00"]),
            "Billed": {"2023-07": "3000.00"},
        },
        locked_through="2023-05-31",
    ),
    "oca-o1-spread-12": Case(
        [invoiced("2017-02-01", sold("1000", "2017-02-01", "2018-01-31", **EVEN))],
        {"Recognized": months("2017-02", [*["83.33"] * 11, "83.37"])},
    ),
    "bc-b1": Case(
        [invoiced("2025-01-01", sold("1200.00", *YEAR))],
        {"Recognized": months("2025-01", ["100.00"] * 12)},
    ),
    "bc-b2": Case(
        [invoiced("2025-01-15", sold("1200.00", "2025-01-15", "2026-01-14"))],
        {"Recognized": months("2025-01", ["55.89", *["99.83"] * 11, "45.98"])},
    ),
    "bc-b3": Case(
        [invoiced("2025-01-15", sold("1022.47", "2025-01-15", "2025-11-21"))],
        {"Recognized": months("2025-01", ["55.89", *["99.73"] * 9, "69.01"])},
    ),
    "chargebee-cb2-closed-full-refund": Case(
        [
            invoiced("2025-01-01", sold("600", "2025-01-01", "2025-06-30")),
            credited("2025-04-01", "600"),
        ],
        {
            "Recognized": {
                **months("2025-01", ["100.00"] * 3),
                "2025-04": "-300.00",
            }
        },
        locked_through="2025-03-31",
        locked_before=1,
    ),
    "netsuite-n1-even-periods": Case(
        [invoiced("2023-08-15", sold("400", "2023-08-15", "2023-12-15", **EVEN))],
        {"Recognized": months("2023-08", ["80.00"] * 5)},
    ),
}


async def import_case(database: Database, case: Case) -> None:
    """Import a case's documents, those before the lock and those after it."""
    documents = read_documents(case.documents).documents
    if case.locked_through or case.lock_method:
        currency = documents[0].currency
        nothing = line(its_terms=terms("0.00", currency=currency))
        await record(database, invoice("nothing", nothing, currency=currency))
        await record(database, *documents[: case.locked_before])
        await lock(
            database,
            case.locked_through,
            method=case.lock_method or LockMethod.CUSTOM_DATE,
            currency=currency,
        )
    await record(database, *documents)
