"""Values as text for people. Pure; the templates' filters."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime

from markupsafe import Markup

from daybook.calendar import (
    date_of,
    day_of,
    day_words,
    first_day_of,
    parse_day,
    parse_month,
    range_words,
)
from daybook.money import decimal_text
from daybook.numbers import counted
from daybook_web.kit.results import Money
from daybook_web.kit.times import moment, moment_plain

MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"
"""Stands for zero in a column of amounts."""
_MOMENTS = {
    "%Y-%m-%d %H:%M:%S UTC": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC",
    "%Y-%m-%d %H:%M UTC": r"\d{4}-\d\d-\d\d \d\d:\d\d UTC",
    "%d %b %Y, %H:%M UTC": r"\d{1,2} [A-Z][a-z]{2} \d{4}, \d\d:\d\d UTC",
}
"""The forms of moments in texts of the API, each with what it looks like."""
_MOMENT = re.compile(
    rf"\b(?:{'|'.join(_MOMENTS.values())})(?![\w+{MINUS}])",  # but no "UTC+1"
    re.ASCII,
)
_DAY = re.compile(
    r"`[^`]*`"  # a command
    r"|\bnamed [^\n]*"  # an account's name ends its text
    r"|\bproduct \S+"  # a product's id
    r"|\bimport of [^:;\n]*\.\w+"  # a file's name
    r"|(?<!such as )(?<!write it as )(?<![\w./:'-])"
    r"\d{4}-\d\d-\d\d(?![\w'/-]|\.\w)",
    re.ASCII,
)

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


MANUAL_KINDS: Mapping[str, str] = {
    "CORRECTION": "Correction",
    "MANUAL_RECOGNITION": "Manual recognition",
    "RECLASSIFICATION": "Reclassification",
    "ONE_OFF": "One-off",
}
MANUAL_STATUSES: Mapping[str, str] = {
    "DRAFT": "Draft",
    "SUBMITTED": "Submitted",
    "POSTED": "Posted",
    "REJECTED": "Rejected",
    "REVERSED": "Reversed",
    "DISCARDED": "Discarded",
}
ADJUSTMENT_MODES: Mapping[str, str] = {
    "DIFFERENCE": "Add a difference",
    "REVERSE": "Reverse it",
    "REPLACE": "Reverse and replace it",
}


def grouped(amount: str) -> str:
    """A decimal string with its thousands separated, and a real minus sign."""
    whole, point, fraction = amount.lstrip("-").partition(".")
    sign = MINUS if amount.startswith("-") else ""
    return f"{sign}{int(whole):,}{point}{fraction}"


def money(value: Money) -> str:
    """An amount of money without its currency, which the page names once."""
    return grouped(value.amount)


def money_or_dash(value: Money) -> str:
    """An amount, with a dash for zero: columns of zeros hide what matters."""
    return NOTHING if value.minor == 0 else money(value)


def compact_amount(minor: int, decimals: int) -> str:
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


def day(value: date) -> str:
    """A date for people: `1 Oct 2025`."""
    return day_words(day_of(value))


def day_or_month(text: str) -> str:
    """`2025-10-31` as `31 Oct 2025`, `2025-10` as `October 2025`; others as given."""
    try:
        if len(text) == len("2025-10"):
            return month(date_of(first_day_of(parse_month(text))))
        return day_words(parse_day(text))
    except ValueError:
        return text


def dated(text: str) -> str:
    """A text of the API with its days and moments as pages write them.

    `locked through 2025-10-01` is `locked through 1 Oct 2025`. A date in a name, such
    as that of a file or an account, is a part of the name; one in quotes is what
    somebody typed, and one in a command, or after `such as` or `write it as`, is how a
    day is typed. It is for texts that are stored with their days; what the audit trail
    tells is for people already.
    """
    if isinstance(text, Markup):
        return text  # its sentence is a page's own
    return _DAY.sub(_day_of_match, zoned(text))


def zoned(text: str) -> str:
    """A text of the API with its moments in the organisation's zone; its days stay.

    `until 31 Oct 2026, 12:00 UTC` is `until 31 Oct 2026, 08:00 EDT`.
    """
    return _MOMENT.sub(_moment_of_match, text)


def _moment_of_match(found: re.Match[str]) -> str:
    for form in _MOMENTS:
        with suppress(ValueError):
            moment = datetime.strptime(found.group(), form).replace(tzinfo=UTC)
            return moment_plain(moment)
    return found.group()


def _day_of_match(found: re.Match[str]) -> str:
    try:
        return day_words(parse_day(found.group()))
    except ValueError:
        return found.group()


def long_day(value: date) -> str:
    """A date with its month in full: `1 October 2025`."""
    return f"{value.day} {value:%B %Y}"


def day_of_year(value: date) -> str:
    """A date where its year is known: `1 Oct`."""
    return f"{value.day} {value:%b}"


def weekday(value: date) -> str:
    """A date's day of the week: `Wednesday`."""
    return f"{value:%A}"


def month(value: date) -> str:
    """The month of a date: `October 2025`."""
    return f"{value:%B %Y}"


def month_name(value: date) -> str:
    """The month of a date where its year is known: `October`."""
    return f"{value:%B}"


def month_of_year(value: date) -> str:
    """The month of a date in few letters: `Oct 2025`."""
    return f"{value:%b %Y}"


def month_short(value: date) -> str:
    """The month of a date where there is little room: `Oct`."""
    return f"{value:%b}"


def year(value: date) -> str:
    """The year of a date: `2025`."""
    return f"{value:%Y}"


def days(first: date | None, last: date | None) -> str:
    """A range of days, both included: `1–31 Oct 2025`."""
    if first is None or last is None:
        return NOTHING
    return range_words(day_of(first), day_of(last))


def source(value: str) -> str:
    """The kind of document that something comes from."""
    return _SOURCES[value]


def method(value: str | None) -> str:
    """A recognition method; None for movements of several methods."""
    return "Various" if value is None else _METHODS[value]


def strategy(value: str) -> str:
    """How straight-line amounts are allocated to months."""
    return _STRATEGIES[value]


def manual_kind(value: str) -> str:
    """Why a manual journal is written."""
    return MANUAL_KINDS[value]


def manual_status(value: str) -> str:
    """What has become of a manual journal."""
    return MANUAL_STATUSES[value]


def sentence(text: str) -> str:
    """A text of the API with a capital and a full stop, and its days as pages do.

    A question keeps its own mark.
    """
    text = dated(text)
    if not text:
        return ""
    ended = text[1:].rstrip(".")
    stop = "" if ended.endswith(("?", "!")) else "."
    return f"{text[0].upper()}{ended}{stop}"


def count(number: int, singular: str, plural: str) -> str:
    """A number of things: `1 journal`, `1,204 journals`, `No journals`."""
    if number == 0:
        return f"No {plural}"
    return f"{number:,} {singular if number == 1 else plural}"


def file_size(size: str) -> str:
    """How large a file is: `512 bytes`, `3.4 KB`, `20.0 MB`."""
    count_of_bytes = int(size)
    for unit, its_bytes in (("MB", 10**6), ("KB", 10**3)):
        if count_of_bytes >= its_bytes:
            tenths = count_of_bytes * 10 // its_bytes
            return f"{tenths // 10:,}.{tenths % 10} {unit}"
    return counted(count_of_bytes, "byte")


FILTERS = {
    "count": count,
    "dated": dated,
    "day": day,
    "days": days,
    "file_size": file_size,
    "grouped": grouped,
    "method": method,
    "moment": moment,
    "moment_plain": moment_plain,
    "money": money,
    "money_or_dash": money_or_dash,
    "month": month,
    "month_short": month_short,
    "sentence": sentence,
    "source": source,
    "strategy": strategy,
    "year": year,
    "zoned": zoned,
}
"""The filters by their names in templates."""
