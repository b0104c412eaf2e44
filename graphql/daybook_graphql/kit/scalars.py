"""The schema's own scalars: what they hold inside, and their text at the edge.

Inside, dates are day numbers (`daybook.calendar`) and amounts are text already.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from daybook.calendar import Day, day_text, parse_day
from daybook.errors import quoted
from daybook.money import decimals_of
from daybook.numbers import NUMBER_MAX
from daybook_graphql.kit.errors import UnfitValue

Date = NewType("Date", int)
"""A day number; on the wire `YYYY-MM-DD`."""
DateTime = NewType("DateTime", datetime)
"""A moment with its zone; on the wire RFC 3339 in UTC."""
Decimal = NewType("Decimal", str)
"""An exact amount, already text."""
CurrencyCode = NewType("CurrencyCode", str)
"""An ISO 4217 code."""
BigInt = NewType("BigInt", int)
"""An integer that a JavaScript number may not hold; on the wire text."""
JSON = NewType("JSON", object)
"""Any JSON value."""


def date_or_none(day: Day | None) -> Date | None:
    """A day that may be missing, as the schema's type."""
    return None if day is None else Date(day)


def moment_or_none(moment: datetime | None) -> DateTime | None:
    """A moment that may be missing, as the schema's type."""
    return None if moment is None else DateTime(moment)


def _unfit(wanted: str, value: object) -> UnfitValue:
    """The error for a value; it quotes what was sent."""
    shown = quoted(value)
    return UnfitValue(wanted if shown is None else f"{wanted}, and not {shown}")


def _parse_date(value: object) -> Date:
    message = 'a date is text such as "2026-01-31", between 2000 and 2099'
    if not isinstance(value, str):
        raise _unfit(message, value)
    try:
        return Date(parse_day(value))
    except ValueError:
        raise _unfit(message, value) from None


def _parse_currency(value: object) -> CurrencyCode:
    message = (
        'a currency is the ISO 4217 code of one in use, in capitals, such as "USD"'
    )
    if not isinstance(value, str):
        raise _unfit(message, value)
    try:
        decimals_of(value)
    except KeyError:
        raise _unfit(message, value) from None
    return CurrencyCode(value)


def _any(value: Any) -> Any:
    return value


def _parse_integer(value: object) -> BigInt:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return BigInt(int(value))
    if type(value) is not int or not 0 <= value <= NUMBER_MAX:
        raise _unfit(
            f"an integer here is text or a number between 0 and {NUMBER_MAX}, such as"
            ' "42"',
            value,
        )
    return BigInt(value)


_INTEGER = re.compile("0|[1-9][0-9]{0,17}", re.ASCII)


def _parse_moment(value: object) -> DateTime:
    message = 'a moment is text with its zone, such as "2026-01-31T09:30:00Z"'
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise _unfit(message, value)
    try:
        moment = datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _unfit(message, value) from None
    return DateTime(moment)


_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
"""RFC 3339."""


def _moment_text(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


SCALARS: Mapping[object, ScalarDefinition] = {
    Date: strawberry.scalar(
        name="Date",
        description="A calendar date `YYYY-MM-DD` between 2000 and 2099.",
        serialize=day_text,
        parse_value=_parse_date,
    ),
    DateTime: strawberry.scalar(
        name="DateTime",
        description="A moment, RFC 3339 in UTC: `2026-01-31T09:30:00Z`.",
        serialize=_moment_text,
        parse_value=_parse_moment,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="An exact decimal number as text: `1234.50`. Never a float.",
        serialize=str,
    ),
    CurrencyCode: strawberry.scalar(
        name="CurrencyCode",
        description="The ISO 4217 code of a currency in use: `USD`.",
        serialize=str,
        parse_value=_parse_currency,
    ),
    BigInt: strawberry.scalar(
        name="BigInt",
        description="An integer as text, because it may pass 2^53: `42`.",
        serialize=str,
        parse_value=_parse_integer,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value, as it is.",
        parse_value=_any,
    ),
}
