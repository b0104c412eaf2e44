"""Values of operations as text for people. Pure; the templates' filters."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from daybook.calendar import parse_day, range_words
from daybook.money import decimal_text

MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"
"""Stands for zero in a column of amounts."""

_SOURCES = {
    "INVOICE": "Invoice",
    "BILLING_SCHEDULE": "Billing schedule",
    "CREDIT_NOTE": "Credit note",
    "STANDALONE": "Manual journal",
}
_METHODS = {
    "STRAIGHT_LINE": "Straight line",
    "USAGE": "Usage",
    "POINT_IN_TIME": "Point in time",
    "MILESTONE": "Milestone",
}
_STRATEGIES = {
    "DAILY_RATE_EVEN_MONTHS": "daily rate, even months",
    "CALENDAR_FRACTION": "calendar fraction",
    "EXACT_DAYS": "exact days",
    "EVEN_PERIODS": "even periods",
    "THIRTY_360": "30/360",
}


def minor_units(amount: str) -> int:
    """A decimal string of any size in minor units: `12.34` is 1234."""
    return int(amount.replace(".", ""))


def decimals_in(amount: str) -> int:
    """How many decimals a decimal string has."""
    return len(amount.partition(".")[2])


def grouped(amount: str) -> str:
    """A decimal string with its thousands separated, and a real minus sign."""
    whole, point, fraction = amount.lstrip("-").partition(".")
    sign = MINUS if amount.startswith("-") else ""
    return f"{sign}{int(whole):,}{point}{fraction}"


def money(value: Mapping[str, str]) -> str:
    """An amount of money without its currency, which the page names once."""
    return grouped(value["amount"])


def money_or_dash(value: Mapping[str, str]) -> str:
    """The same, with a dash for nothing: columns of zeros hide what matters."""
    return NOTHING if minor_units(value["amount"]) == 0 else money(value)


def has_amount(amount: str) -> bool:
    """Whether a decimal string is anything but zero."""
    return minor_units(amount) != 0


def compact(minor: int, decimals: int) -> str:
    """An amount as a chart's axis shows it: `250k`, `1.25M`."""
    for letter, zeros in (("B", 9), ("M", 6), ("k", 3)):
        if abs(minor) >= 10 ** (zeros + decimals):
            text = _trimmed(minor, zeros + decimals)
            return f"{text}{letter}"
    return _trimmed(minor, decimals)


def _trimmed(minor: int, decimals: int) -> str:
    text = decimal_text(minor, decimals)
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", MINUS)


def day(value: str) -> str:
    """A date for people: `1 Oct 2025`."""
    one = date.fromisoformat(value)
    return f"{one.day} {one:%b %Y}"


def month(value: str) -> str:
    """The month of a date or of `YYYY-MM`: `October 2025`."""
    return f"{date.fromisoformat(value[:7] + '-01'):%B %Y}"


def month_short(value: str) -> str:
    """The month of a date where there is little room: `Oct`."""
    return f"{date.fromisoformat(value):%b}"


def year(value: str) -> str:
    """The year of a date: `2025`."""
    return value[:4]


def days(first: str | None, last: str | None) -> str:
    """Days from one to another, both included: `1–31 Oct 2025`."""
    if first is None or last is None:
        return NOTHING
    return range_words(parse_day(first), parse_day(last))


def moment(value: str) -> str:
    """A time stamp for people: `1 Oct 2025, 09:30 UTC`."""
    one = datetime.fromisoformat(value)
    return f"{one.day} {one:%b %Y, %H:%M} UTC"


def source(value: str) -> str:
    """What kind of document something comes from."""
    return _SOURCES[value]


def method(value: str | None) -> str:
    """How something is recognized; several movements may differ in it."""
    return "Various" if value is None else _METHODS[value]


def strategy(value: str) -> str:
    """How straight-line amounts go to months."""
    return _STRATEGIES[value]


def count(number: int, one: str, several: str) -> str:
    """A number of things: `1 journal`, `1,204 journals`, `No journals`."""
    if number == 0:
        return f"No {several}"
    return f"{number:,} {one if number == 1 else several}"


def by_accounts(movements: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Movements summed by their pair of accounts, in the order of first appearance."""
    sums: dict[tuple[str, str], dict[str, Any]] = {}
    for one in movements:
        key = (one["debit"]["role"], one["credit"]["role"])
        known = sums.setdefault(
            key, {"debit": one["debit"], "credit": one["credit"], "minor": 0}
        )
        known["minor"] += minor_units(one["amount"]["amount"])
        known["decimals"] = decimals_in(one["amount"]["amount"])
    return [
        {
            "debit": one["debit"],
            "credit": one["credit"],
            "amount": {"amount": decimal_text(one["minor"], one["decimals"])},
        }
        for one in sums.values()
    ]


def net(total: Mapping[str, Any]) -> dict[str, str]:
    """What an account received more on one side, and which side that is."""
    debit = minor_units(total["debit"]["amount"])
    credit = minor_units(total["credit"]["amount"])
    words = "net debit" if debit > credit else "net credit"
    if debit == credit:
        words = "no change"
    decimals = decimals_in(total["debit"]["amount"])
    return {"words": words, "amount": decimal_text(abs(debit - credit), decimals)}


FILTERS = {
    "by_accounts": by_accounts,
    "count": count,
    "day": day,
    "days": days,
    "grouped": grouped,
    "has_amount": has_amount,
    "method": method,
    "moment": moment,
    "money": money,
    "money_or_dash": money_or_dash,
    "month": month,
    "month_short": month_short,
    "net": net,
    "source": source,
    "strategy": strategy,
    "year": year,
}
"""The filters by their names in templates."""
