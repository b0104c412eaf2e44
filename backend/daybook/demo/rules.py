"""What the demo company sells and to whom, as documents in their JSON form. Pure.

The same last day gives the same documents: nothing here asks the clock.
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
    """A customer of the demo and what it subscribed to."""

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
        """The customer as documents name it."""
        return {
            "id": f"cus_{self.number:03}",
            "name": self.name,
            "legal_name": self.legal_name,
        }


def subscribers(last_day: Day) -> list[Subscriber]:
    """The demo's customers: most there for a while, some new, some gone again."""
    random = Random(SEED)  # noqa: S311  (nothing secret)
    made = []
    this_month = month_of(last_day)
    for number, (name, legal_name) in enumerate(
        company_names(random, CUSTOMERS), start=1
    ):
        started = this_month - random.randint(0, 23)
        is_mid_month = random.random() < 0.45
        start = first_day_of(started) + (random.randint(1, 27) if is_mid_month else 0)
        leaves = random.random() < 0.08
        made.append(
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
    return made


def demo_documents(last_day: Day) -> list[dict[str, Any]]:
    """A year and more of documents up to a day, by their dates.

    One that is revised or voided comes again later. They begin a year before the last
    day's month; contracts reach into the future.
    """
    random = Random(SEED + 1)  # noqa: S311  (nothing secret)
    first_day = first_day_of(month_of(last_day) - 12)
    documents: list[dict[str, Any]] = []
    for one in subscribers(last_day):
        documents += _of_subscriber(one, first_day, last_day, random)
    documents += case_documents(month_of(first_day), last_day)
    documents.sort(key=lambda it: (it["issued_on"], it["type"] != "invoice", it["id"]))
    return [one for one in documents if one["issued_on"] <= day_text(last_day)]


def _of_subscriber(
    one: Subscriber, first_day: Day, last_day: Day, random: Random
) -> Iterator[dict[str, Any]]:
    """A subscriber's invoices and their credit notes, in no particular order."""
    start = one.start
    while start <= last_day and (one.end is None or start < one.end):
        following = months_later(start, TERM_MONTHS[one.term])
        if start >= first_day:
            invoice = _subscription(one, start, following - 1, random)
            yield invoice
            yield from _credit_of(one, invoice, start, following - 1, random)
        start = following
    for month in range(month_of(max(one.start, first_day)), month_of(last_day) + 1):
        if one.uses_api:
            yield _usage(one, month, random)
        if random.random() < 0.02:
            yield _one_off(one, month, random)


def _subscription(
    one: Subscriber, first: Day, last: Day, random: Random
) -> dict[str, Any]:
    """A term of the platform, with support and, at the start, onboarding."""
    months = TERM_MONTHS[one.term]
    price = PLANS[one.plan] * months
    if one.term == "annual":
        price = price * 9 // 10
    period = {"service_from": day_text(first), "service_to": day_text(last)}
    name = f"{PRODUCTS['platform'][0]}, {one.plan}, {one.term}"
    lines = [_line("platform", one.currency, price, name, **period)]
    if one.has_support:
        support = price * 15 // 100
        lines.append(_line("support", one.currency, support, **period))
    if first == one.start and one.plan != "Starter":
        lines.append(
            _line(
                "onboarding",
                one.currency,
                random.choice((75_000, 150_000)),
                "Onboarding, once",
                method="POINT_IN_TIME",
                recognized_on=day_text(first + random.randint(3, 20)),
            )
        )
    # Most are billed on the day; some are billed late, inside the period.
    late = random.choice((5, 9, 14)) if random.random() < 0.12 else 0
    return _invoice(one, f"{day_text(first).replace('-', '')}", first + late, lines)


def _usage(one: Subscriber, month: Month, random: Random) -> dict[str, Any]:
    """A month's use of the API, billed on the first day after it."""
    amount = random.randint(1_200, 90_000)
    first, last = first_day_of(month), last_day_of(month)
    line = _line(
        "usage",
        one.currency,
        amount,
        f"API calls, {amount * 7:,}",
        method="POINT_IN_TIME",
        service_from=day_text(max(first, one.start)),
        service_to=day_text(last),
        timing="IN_ARREARS",
    )
    return _invoice(one, f"{day_text(first)[:7].replace('-', '')}u", last + 1, [line])


def _one_off(one: Subscriber, month: Month, random: Random) -> dict[str, Any]:
    """A training day, or advisory hours of a month billed after it."""
    first, last = first_day_of(month), last_day_of(month)
    if random.random() < 0.5:
        day = first + random.randint(2, 26)
        line = _line(
            "training",
            one.currency,
            120_000,
            method="POINT_IN_TIME",
            recognized_on=day_text(day),
        )
        return _invoice(one, f"{day_text(first)[:7].replace('-', '')}t", day, [line])
    line = _line(
        "advisory",
        one.currency,
        random.randint(10, 60) * 18_000,
        service_from=day_text(first),
        service_to=day_text(last),
    )
    return _invoice(one, f"{day_text(first)[:7].replace('-', '')}a", last + 3, [line])


def _credit_of(
    one: Subscriber, invoice: dict[str, Any], first: Day, last: Day, random: Random
) -> Iterator[dict[str, Any]]:
    """A few subscriptions are credited in part, some while they run."""
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
        "currency": one.currency,
        "customer": one.details,
        "invoice_id": invoice["id"],
        "issued_on": day_text(max(day, parse_day(invoice["issued_on"]))),
        "lines": [
            {
                "id": "1",
                "invoice_line_id": "1",
                "amount": amount_text(
                    minor * random.choice((10, 20, 50)) // 100, one.currency
                ),
            }
        ],
    }


def _invoice(
    one: Subscriber, suffix: str, issued_on: Day, lines: list[dict[str, Any]]
) -> dict[str, Any]:
    numbered = [{"id": str(at), **line} for at, line in enumerate(lines, start=1)]
    return {
        "type": "invoice",
        "id": f"inv_{one.number:03}_{suffix}",
        "number": f"INV-{one.number:03}-{suffix.upper()}",
        "status": "FINAL",
        "currency": one.currency,
        "customer": one.details,
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
