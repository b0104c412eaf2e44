"""The types of the JSON form's fields.

A validator's message continues the field's name ("amount" + "is missing; …"). Rules
between two fields are in `field_rules`.
"""

import re
from collections.abc import Sequence
from enum import Enum, IntEnum
from functools import lru_cache
from typing import Annotated, TypeAlias

from pydantic import PlainValidator, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

from daybook.calendar import Day, parse_day
from daybook.documents.reading.everyday_words import nearest, nearest_currency
from daybook.documents.reading.json_wording import kind_of
from daybook.errors import ProblemCode
from daybook.money import (
    InvalidAmount,
    currencies_in_use,
    decimals_of,
    parse_amount,
)
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Classification, Method, Timing, Treatment

ID_LENGTH_MAX = 200
"""The largest number of characters of an id or a number."""
NAME_LENGTH_MAX = 1_000
"""The largest number of characters of a name, a category or a description."""
ID_PATTERN = r"^[^\s\p{Cc}](\P{Cc}*[^\s\p{Cc}])?$"
"""No space at either end, and no control characters."""
NAME_PATTERN = r"^\P{Cc}*[^\s\p{Cc}]\P{Cc}*$"
"""Not blank, and no control characters."""
DESCRIPTION_PATTERN = r"^[\P{Cc}\n\r\t]*$"
"""No control characters but line breaks and tabs."""

PERCENT_DECIMALS = 6
"""The largest number of decimals of a percentage."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PERCENT = re.compile(rf"(0|[1-9][0-9]{{0,2}})(?:\.([0-9]{{1,{PERCENT_DECIMALS}}}))?")
# Stands in for an unknown currency: none has more decimals.
_MOST_DECIMALS = "CLF"


class Status(Enum):
    """What has become of an invoice or a credit note."""

    DRAFT = "DRAFT"
    FINAL = "FINAL"
    VOIDED = "VOIDED"


class ScheduleStatus(Enum):
    """What has become of a billing schedule."""

    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    CANCELLED = "CANCELLED"


class Frequency(IntEnum):
    """How often a billing schedule bills; the number is how many months that is."""

    MONTHLY = 1
    QUARTERLY = 3
    SEMI_ANNUAL = 6
    ANNUAL = 12


def wrong(code: ProblemCode, message: str) -> PydanticCustomError:
    """A validator's error: pydantic's error type is the problem's code."""
    return PydanticCustomError(code.value, message)


@lru_cache(maxsize=1024)
def decimals_or_none(currency: str) -> int | None:
    """The decimals of a currency, or None for an unknown one."""
    try:
        return decimals_of(currency)
    except KeyError:
        return None


def one_of(
    choices: type[Enum], *taken: str, default: Enum | None = None
) -> PlainValidator:
    """One of an enum's names, or only of those that are `taken`.

    Null means the default; without one the field is required.
    """
    by_name: dict[object, Enum] = {
        name: choices[name] for name in taken or choices.__members__
    }
    names = any_of([str(name) for name in by_name])

    def choose(value: object) -> Enum:
        if isinstance(value, str) and value in by_name:
            return by_name[value]
        if value is None:
            if default is not None:
                return default
            raise wrong(ProblemCode.MISSING, f"is missing; write {names}")
        if not isinstance(value, str):
            rule = f"must be {names}, not {kind_of(value)}"
            raise wrong(ProblemCode.INVALID_VALUE, rule)
        near = nearest(value, map(str, by_name))
        raise wrong(ProblemCode.INVALID_VALUE, f"must be {names}{near}")

    return PlainValidator(choose)


def any_of(names: Sequence[str]) -> str:
    """Names in words: `A, B or C`."""
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _nothing_of_its_own(value: object) -> None:
    if value is not None:
        raise wrong(
            ProblemCode.UNKNOWN_FIELD,
            "comes from the invoice line that is credited; leave it out",
        )


def _currency(value: object) -> str:
    if isinstance(value, str) and decimals_or_none(value) is not None:
        return value
    if value is None:
        raise wrong(
            ProblemCode.MISSING, 'is missing; write an ISO 4217 code like "USD"'
        )
    message = 'must be the ISO 4217 code of a currency in use, like "USD"'
    if not isinstance(value, str):
        message = f"{message}, not {kind_of(value)}"
    else:
        message = f"{message}{_near_currency(value[:ID_LENGTH_MAX])}"
    raise wrong(ProblemCode.UNKNOWN_CURRENCY, message)


@lru_cache(maxsize=1024)
def _near_currency(text: str) -> str:
    """The code that a text may be meant for, as words; cached, since files repeat."""
    return nearest_currency(text, currencies_in_use())


def _day(value: object) -> Day:
    if isinstance(value, str):
        return _parsed_day(value)
    if value is None:
        raise wrong(ProblemCode.MISSING, "is missing; write a date YYYY-MM-DD")
    raise wrong(
        ProblemCode.INVALID_DATE,
        f'must be text in quotes, like "2025-01-31", not {kind_of(value)}',
    )


@lru_cache(maxsize=65_536)
def _parsed_day(text: str) -> Day:
    try:
        # The pattern, because the parser alone also takes weeks (2025-W01-1).
        if _DATE.fullmatch(text):
            return parse_day(text)
    except ValueError:
        pass
    raise wrong(
        ProblemCode.INVALID_DATE,
        "is not a calendar date YYYY-MM-DD from 2000-01-01 to 2099-12-31",
    )


def _amount(value: object, info: ValidationInfo) -> int:
    currency: str | None = info.context.currency if info.context else None
    if isinstance(value, str):
        try:
            return parse_amount(value, currency or _MOST_DECIMALS)
        except InvalidAmount as error:
            # The reason names the text, which may be as long as the file; the message
            # quotes it anyway. Without a currency, decimals aren't known.
            reason = str(error).removeprefix(f"{value!r} ")
            if currency is None and "decimals" in reason:
                reason = "is not a decimal number such as 1234.50"
            raise wrong(ProblemCode.INVALID_AMOUNT, reason) from None
    example = '"12"' if currency and decimals_or_none(currency) == 0 else '"12.34"'
    if value is None:
        raise wrong(ProblemCode.MISSING, f"is missing; write it as {example}")
    raise wrong(
        ProblemCode.INVALID_AMOUNT,
        f"must be text in quotes, like {example}, not {kind_of(value)}",
    )


def _not_negative(reason: str) -> PlainValidator:
    """An amount that must not be negative; the message ends with the reason."""

    def check(value: object, info: ValidationInfo) -> int:
        amount = _amount(value, info)
        if amount < 0:
            raise wrong(ProblemCode.INVALID_AMOUNT, f"is negative; {reason}")
        return amount

    return PlainValidator(check)


def _percent(value: object) -> int:
    """A percentage in units of its last decimal, so that 100 of them are exact."""
    match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if match is not None:
        units = int(match[1] + (match[2] or "").ljust(PERCENT_DECIMALS, "0"))
        if units:
            return units
    got = "" if isinstance(value, str) else f", not {kind_of(value)}"
    raise wrong(
        ProblemCode.INVALID_VALUE,
        f"must be more than zero, with up to {PERCENT_DECIMALS} decimals and in"
        f' quotes, like "33.333333"{got}',
    )


Id: TypeAlias = Annotated[
    str,
    StringConstraints(
        min_length=1,
        max_length=ID_LENGTH_MAX,
        pattern=ID_PATTERN,
    ),
]
Name: TypeAlias = Annotated[
    str,
    StringConstraints(
        min_length=1,
        max_length=NAME_LENGTH_MAX,
        pattern=NAME_PATTERN,
    ),
]
Description: TypeAlias = Annotated[
    str,
    StringConstraints(max_length=NAME_LENGTH_MAX, pattern=DESCRIPTION_PATTERN),
]
Date: TypeAlias = Annotated[Day, PlainValidator(_day)]
Currency: TypeAlias = Annotated[str, PlainValidator(_currency)]
Amount: TypeAlias = Annotated[int, PlainValidator(_amount)]
CreditedAmount: TypeAlias = Annotated[
    int, _not_negative("write what is credited as a positive amount")
]
Discount: TypeAlias = Annotated[
    int, _not_negative("write what is taken off as a positive amount")
]
Price: TypeAlias = Annotated[
    int, _not_negative("a billing schedule's price is zero or more")
]
Percent: TypeAlias = Annotated[int, PlainValidator(_percent)]
StatusName: TypeAlias = Annotated[Status, one_of(Status)]
ScheduleStatusName: TypeAlias = Annotated[ScheduleStatus, one_of(ScheduleStatus)]
FrequencyName: TypeAlias = Annotated[Frequency, one_of(Frequency)]
MethodName: TypeAlias = Annotated[Method, one_of(Method)]
StraightLine: TypeAlias = Annotated[Method, one_of(Method, "STRAIGHT_LINE")]
TimingName: TypeAlias = Annotated[Timing, one_of(Timing)]
StrategyName: TypeAlias = Annotated[Strategy, one_of(Strategy)]
ClassificationName: TypeAlias = Annotated[
    Classification,
    one_of(
        Classification,
        "EARNED",
        "PREPAYMENT",
        "BURNDOWN",
        default=Classification.EARNED,
    ),
]
Earned: TypeAlias = Annotated[
    Classification,
    one_of(Classification, "EARNED", default=Classification.EARNED),
]
TreatmentName: TypeAlias = Annotated[
    Treatment, one_of(Treatment, default=Treatment.REVERSAL)
]
Reversal: TypeAlias = Annotated[
    Treatment, one_of(Treatment, "REVERSAL", default=Treatment.REVERSAL)
]
OfParent: TypeAlias = Annotated[None, PlainValidator(_nothing_of_its_own)]
