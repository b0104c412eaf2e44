"""What the demo company sells and to whom, as documents in their JSON form. Pure.

The same last day always gives the same documents: nothing here reads the clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from daybook.calendar import (
    Day,
    Month,
    date_of,
    day_text,
    first_day_of,
    last_day_of,
    month_of,
    parse_day,
)
from daybook.demo.cases import case_documents
from daybook.demo.names import company_names
from daybook.money import amount_text

CUSTOMERS = 300
SEED = 20_260_101

PLANS = {"Starter": 4_900, "Growth": 24_900, "Scale": 99_900}
"""The platform's price for a month, in minor units of either currency."""

TERM_MONTHS = {"annual": 12, "quarterly": 3, "monthly": 1}

PRODUCTS = {
    "platform": ("Platform", "SaaS"),
    "support": ("Premium support", "Services"),
    "onboarding": ("Onboarding", "Services"),
    "usage": ("API calls", "Usage"),
    "training": ("Training day", "Services"),
    "advisory": ("Advisory hours", "Services"),
}


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A customer of the demo and its subscription."""

    number: int
    name: str
    legal_name: str
    currency: str
    plan: str
    term: str
    start: Day
    end: Day | None
    has_support: bool
    uses_api: bool

    @property
    def details(self) -> dict[str, str]:
        """The customer as an object in documents."""
        return {
            "id": f"cus_{self.number:03}",
            "name": self.name,
            "legal_name": self.legal_name,
        }


def subscribers(last_day: Day) -> list[Subscriber]:
    """The demo's customers: most for a while already, some new, some gone again."""
    random = Random(SEED)  # noqa: S311  (nothing secret)
    found = []
    this_month = month_of(last_day)
    for number, (name, legal_name) in enumerate(
        company_names(random, CUSTOMERS), start=1
    ):
        started = this_month - random.randint(0, 23)
        is_mid_month = random.random() < 0.45
        start = first_day_of(started) + (random.randint(1, 27) if is_mid_month else 0)
        leaves = random.random() < 0.08
        found.append(
            Subscriber(
                number,
                name,
                legal_name,
                currency="GBP" if random.random() < 0.3 else "USD",
                plan=random.choices(list(PLANS), weights=(5, 4, 1))[0],
                term=random.choices(list(TERM_MONTHS), weights=(45, 25, 30))[0],
                start=start,
                end=start + random.randint(100, 500) if leaves else None,
                has_support=random.random() < 0.25,
                uses_api=random.random() < 0.35,
            )
        )
    return found


def demo_documents(last_day: Day) -> list[dict[str, Any]]:
    """More than a year of documents up to a day, ordered by date.

    They begin a year before the last day's month. Revised and voided documents appear
    again later; contracts reach into the future.
    """
    random = Random(SEED + 1)  # noqa: S311  (nothing secret)
    first_day = first_day_of(month_of(last_day) - 12)
    documents: list[dict[str, Any]] = []
    for subscriber in subscribers(last_day):
        documents += _of_subscriber(subscriber, first_day, last_day, random)
    documents += case_documents(month_of(first_day), last_day)
    documents.sort(
        key=lambda document: (
            document["issued_on"],
            document["type"] != "invoice",
            document["id"],
        )
    )
    return [
        document
        for document in documents
        if document["issued_on"] <= day_text(last_day)
    ]


def _of_subscriber(
    subscriber: Subscriber, first_day: Day, last_day: Day, random: Random
) -> Iterator[dict[str, Any]]:
    """A subscriber's invoices and their credit notes, in no particular order."""
    start = subscriber.start
    while start <= last_day and (subscriber.end is None or start < subscriber.end):
        following = months_later(start, TERM_MONTHS[subscriber.term])
        if start >= first_day:
            invoice = _subscription(subscriber, start, following - 1, random)
            yield invoice
            yield from _credit_of(subscriber, invoice, start, following - 1, random)
        start = following
    for month in range(
        month_of(max(subscriber.start, first_day)), month_of(last_day) + 1
    ):
        if subscriber.uses_api:
            yield _usage(subscriber, month, random)
        if random.random() < 0.02:
            yield _one_off(subscriber, month, random)


def _subscription(
    subscriber: Subscriber, first: Day, last: Day, random: Random
) -> dict[str, Any]:
    """A term of the platform, with support and, at the start, onboarding."""
    months = TERM_MONTHS[subscriber.term]
    price = PLANS[subscriber.plan] * months
    if subscriber.term == "annual":
        price = price * 9 // 10
    period = {"service_from": day_text(first), "service_to": day_text(last)}
    name = f"{PRODUCTS['platform'][0]}, {subscriber.plan}, {subscriber.term}"
    lines = [_line("platform", subscriber.currency, price, name, **period)]
    if subscriber.has_support:
        support = price * 15 // 100
        lines.append(_line("support", subscriber.currency, support, **period))
    if first == subscriber.start and subscriber.plan != "Starter":
        lines.append(
            _line(
                "onboarding",
                subscriber.currency,
                random.choice((75_000, 150_000)),
                "Onboarding, once",
                method="POINT_IN_TIME",
                recognized_on=day_text(first + random.randint(3, 20)),
            )
        )
    # Most are billed on the day; some are billed late, inside the period.
    late = random.choice((5, 9, 14)) if random.random() < 0.12 else 0
    return _invoice(
        subscriber, f"{day_text(first).replace('-', '')}", first + late, lines
    )


def _usage(subscriber: Subscriber, month: Month, random: Random) -> dict[str, Any]:
    """A month's API usage, billed on the first day after it."""
    amount = random.randint(1_200, 90_000)
    first, last = first_day_of(month), last_day_of(month)
    line = _line(
        "usage",
        subscriber.currency,
        amount,
        f"API calls, {amount * 7:,}",
        method="POINT_IN_TIME",
        service_from=day_text(max(first, subscriber.start)),
        service_to=day_text(last),
        timing="IN_ARREARS",
    )
    return _invoice(
        subscriber, f"{day_text(first)[:7].replace('-', '')}u", last + 1, [line]
    )


def _one_off(subscriber: Subscriber, month: Month, random: Random) -> dict[str, Any]:
    """A training day, or a month's advisory hours, which are billed after it."""
    first, last = first_day_of(month), last_day_of(month)
    if random.random() < 0.5:
        day = first + random.randint(2, 26)
        line = _line(
            "training",
            subscriber.currency,
            120_000,
            method="POINT_IN_TIME",
            recognized_on=day_text(day),
        )
        return _invoice(
            subscriber, f"{day_text(first)[:7].replace('-', '')}t", day, [line]
        )
    line = _line(
        "advisory",
        subscriber.currency,
        random.randint(10, 60) * 18_000,
        service_from=day_text(first),
        service_to=day_text(last),
    )
    return _invoice(
        subscriber, f"{day_text(first)[:7].replace('-', '')}a", last + 3, [line]
    )


def _credit_of(
    subscriber: Subscriber,
    invoice: dict[str, Any],
    first: Day,
    last: Day,
    random: Random,
) -> Iterator[dict[str, Any]]:
    """Credit a few subscriptions in part, some while they are running."""
    if random.random() > 0.06:
        return
    line = invoice["lines"][0]
    minor = int(line["amount"].replace(".", ""))
    day = min(first + random.randint(10, 80), last)
    yield {
        "type": "credit_note",
        "id": f"cn_{invoice['id'].removeprefix('inv_')}",
        "number": invoice["number"].replace("INV", "CN"),
        "status": "FINAL",
        "currency": subscriber.currency,
        "customer": subscriber.details,
        "invoice_id": invoice["id"],
        "issued_on": day_text(max(day, parse_day(invoice["issued_on"]))),
        "lines": [
            {
                "id": "1",
                "invoice_line_id": "1",
                "amount": amount_text(
                    minor * random.choice((10, 20, 50)) // 100, subscriber.currency
                ),
            }
        ],
    }


def _invoice(
    subscriber: Subscriber, suffix: str, issued_on: Day, lines: list[dict[str, Any]]
) -> dict[str, Any]:
    numbered = [
        {"id": str(number), **line} for number, line in enumerate(lines, start=1)
    ]
    return {
        "type": "invoice",
        "id": f"inv_{subscriber.number:03}_{suffix}",
        "number": f"INV-{subscriber.number:03}-{suffix.upper()}",
        "status": "FINAL",
        "currency": subscriber.currency,
        "customer": subscriber.details,
        "issued_on": day_text(issued_on),
        "lines": numbered,
    }


def _line(
    product: str, currency: str, minor: int, description: str = "", **terms: str
) -> dict[str, Any]:
    name, category = PRODUCTS[product]
    return {
        "product": {"id": f"prod_{product}", "name": name, "category": category},
        "description": description or name,
        "amount": amount_text(minor, currency),
        **terms,
    }


def months_later(day: Day, months: int) -> Day:
    """The same day of a later month, or that month's last day if it is shorter."""
    month = month_of(day) + months
    return min(first_day_of(month) + date_of(day).day - 1, last_day_of(month))
