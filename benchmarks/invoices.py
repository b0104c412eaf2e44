"""The invoices that are measured: annual, straight-line, the same in every run."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

CUSTOMERS = 300
YEAR = date(2025, 1, 1)
DAYS = 365
"""Days of the year on which invoices start, and of each invoice's service period."""

PRODUCTS = (
    ("prod_platform", "Platform", "Subscriptions"),
    ("prod_analytics", "Analytics", "Subscriptions"),
    ("prod_support", "Support, premium", "Services"),
    ("prod_storage", "Storage", "Subscriptions"),
    ("prod_audit", "Audit trail", "Compliance"),
)

_NAMES = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel")
_TRADES = ("Bakery", "Design", "Foundry", "Freight", "Garden", "Print", "Tools")


class Mix(NamedTuple):
    """How many customers the invoices have, and how often each product is sold."""

    customers: int = CUSTOMERS
    weights: Sequence[int] = (1,) * len(PRODUCTS)


DEFAULT = Mix()


def write_invoices(path: Path, count: int, mix: Mix = DEFAULT, first: int = 1) -> int:
    """Write so many invoices as JSON Lines, and say how many bytes they are.

    `first` is the number of the first invoice.
    """
    random = Random(count + first - 1)  # noqa: S311  (the same numbers in every run)
    with path.open("w", encoding="utf-8") as stream:
        for number in range(first, first + count):
            stream.write(json.dumps(_invoice(number, random, mix)) + "\n")
    return path.stat().st_size


def _invoice(number: int, random: Random, mix: Mix) -> dict[str, object]:
    start = YEAR + timedelta(days=random.randrange(DAYS))
    end = start + timedelta(days=DAYS - 1)
    ((product_id, product, category),) = random.choices(PRODUCTS, mix.weights)
    return {
        "type": "invoice",
        "id": f"inv_{number:06}",
        "number": f"INV-2025-{number:06}",
        "status": "FINAL",
        "currency": "USD",
        "customer": _customer(random.randrange(mix.customers)),
        "issued_on": start.isoformat(),
        "accounting_date": start.isoformat(),
        "lines": [
            {
                "id": "1",
                "product": {"id": product_id, "name": product, "category": category},
                "description": product,
                "amount": _amount(random.randrange(100_00, 60_000_00)),
                "method": "STRAIGHT_LINE",
                "timing": "IN_ADVANCE",
                "service_from": start.isoformat(),
                "service_to": end.isoformat(),
            }
        ],
    }


def _amount(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def _customer(number: int) -> dict[str, str]:
    name = f"{_NAMES[number % len(_NAMES)]} {_TRADES[number % len(_TRADES)]} {number}"
    # Every third has a comma in its name, which CSV must quote.
    end = ", Inc." if number % 3 == 0 else " Ltd"
    return {"id": f"cus_{number:04}", "name": name, "legal_name": f"{name}{end}"}
