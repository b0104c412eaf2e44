"""What each field of the JSON form may hold, one type a field.

A validator's message goes on from the field's name ("amount" + "is missing; …"). What
concerns two fields is checked with the later of them, so that no problem hides another.
"""

import re
from enum import Enum
from functools import lru_cache
from typing import Annotated, TypeAlias

from pydantic import PlainValidator, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

from daybook.calendar import Day, day_text, parse_day
from daybook.errors import ProblemCode
from daybook.money import InvalidAmount, decimals_of, parse_amount
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Method, Timing

ID_LENGTH_MAX = 200
"""The most characters of an id or a number."""
NAME_LENGTH_MAX = 1_000
"""The most characters of a name, a category or a description."""
ID_PATTERN = r"^[^\s\p{Cc}](\P{Cc}*[^\s\p{Cc}])?$"
"""No space at either end, and no control characters."""
NAME_PATTERN = r"^\P{Cc}*[^\s\p{Cc}]\P{Cc}*$"
"""Not blank, and no control characters."""
DESCRIPTION_PATTERN = r"^[\P{Cc}\n\r\t]*$"
"""No control characters but line breaks and tabs."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ZERO = re.compile(r"-?0(\.0+)?")
# Stands in for a currency that nobody knows: none has more decimals.
_MOST_DECIMALS = "CLF"


class Status(Enum):
    """Whether a document counts yet."""

    DRAFT = "DRAFT"
    FINAL = "FINAL"


def wrong(code: ProblemCode, message: str) -> PydanticCustomError:
    """What a validator raises: the type of pydantic's error is the problem's code."""
    return PydanticCustomError(code.value, message)


@lru_cache(maxsize=1024)
def decimals_or_none(currency: str) -> int | None:
    """The decimals of a currency, or None where there is no such currency."""
    try:
        return decimals_of(currency)
    except KeyError:
        return None


def one_of(
    choices: type[Enum], *later: str, default: Enum | None = None
) -> PlainValidator:
    """One of an enum's names, of which those in `later` aren't taken by this version.

    Null means the default; without one the field is required.
    """
    taken: dict[object, Enum] = {
        name: choice
        for name, choice in choices.__members__.items()
        if name not in later
    }
    names = " or ".join(str(name) for name in taken)

    def choose(value: object) -> Enum:
        if isinstance(value, str):
            if value in taken:
                return taken[value]
            if value in later:
                raise wrong(
                    ProblemCode.UNSUPPORTED,
                    f"{value} is not taken by this version; write {names}",
                )
        if value is None:
            if default is not None:
                return default
            raise wrong(ProblemCode.MISSING, f"is missing; write {names}")
        raise wrong(ProblemCode.INVALID_VALUE, f"must be {names}")

    return PlainValidator(choose)


def nothing_but(*neutral: object) -> PlainValidator:
    """A field of the format that this version takes only where it says nothing."""

    def refuse(value: object) -> None:
        if value is not None and value not in neutral:
            raise wrong(
                ProblemCode.UNSUPPORTED, "is not taken by this version; leave it out"
            )

    return PlainValidator(refuse)


def _nothing_of_its_own(value: object) -> None:
    if value is not None:
        raise wrong(
            ProblemCode.UNKNOWN_FIELD,
            "comes from the invoice line that is credited; leave it out",
        )


def _no_discount(value: object) -> None:
    if value is None or (isinstance(value, str) and _ZERO.fullmatch(value)):
        return
    raise wrong(
        ProblemCode.UNSUPPORTED,
        'is not taken by this version; leave it out, or write "0.00"',
    )


def _currency(value: object) -> str:
    if isinstance(value, str) and decimals_or_none(value) is not None:
        return value
    if value is None:
        raise wrong(
            ProblemCode.MISSING, 'is missing; write an ISO 4217 code like "USD"'
        )
    raise wrong(
        ProblemCode.UNKNOWN_CURRENCY,
        'is not the ISO 4217 code of a currency in use, like "USD"',
    )


def _day(value: object) -> Day:
    if isinstance(value, str):
        return _parsed_day(value)
    if value is None:
        raise wrong(ProblemCode.MISSING, "is missing; write a date YYYY-MM-DD")
    raise wrong(ProblemCode.INVALID_DATE, 'must be a string like "2025-01-31"')


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
    currency: str | None = info.context["currency"] if info.context else None
    if isinstance(value, str):
        try:
            return parse_amount(value, currency or _MOST_DECIMALS)
        except InvalidAmount as error:
            # The reason repeats the text, which may be as long as the file.
            is_short = currency is not None and len(value) <= ID_LENGTH_MAX
            reason = str(error) if is_short else "is not a decimal number like 1234.50"
            raise wrong(ProblemCode.INVALID_AMOUNT, reason) from None
    if value is None:
        raise wrong(ProblemCode.MISSING, "is missing; write a decimal string")
    example = "12" if currency and decimals_or_none(currency) == 0 else "12.34"
    raise wrong(
        ProblemCode.INVALID_AMOUNT,
        f'must be a decimal string, in quotes: "{example}"',
    )


def _credited_amount(value: object, info: ValidationInfo) -> int:
    amount = _amount(value, info)
    if amount < 0:
        raise wrong(
            ProblemCode.INVALID_AMOUNT,
            "is negative; write what is credited as a positive amount",
        )
    return amount


def whole_period(service_from: Day | None, info: ValidationInfo) -> Day | None:
    """Check both ends of a service period, and that there is one where it is needed.

    Fields that have problems of their own are not in `info.data`, and are left alone.
    """
    if "service_to" not in info.data:
        return service_from
    service_to: Day | None = info.data["service_to"]
    if service_from is None and service_to is None:
        if info.data.get("method") is Method.STRAIGHT_LINE:
            raise wrong(
                ProblemCode.MISSING,
                "is missing: STRAIGHT_LINE needs service_from and service_to",
            )
    elif service_from is None:
        raise wrong(
            ProblemCode.INVALID_PERIOD,
            "is missing beside service_to; give both or neither",
        )
    elif service_to is None:
        raise wrong(
            ProblemCode.INVALID_PERIOD,
            "is given without service_to; give both or neither",
        )
    elif service_from > service_to:
        raise wrong(
            ProblemCode.INVALID_PERIOD,
            f"{day_text(service_from)} is after service_to, {day_text(service_to)}",
        )
    return service_from


def point_of_its_method(recognized_on: Day | None, info: ValidationInfo) -> Day | None:
    """Refuse a day of recognition where the method has no use for it."""
    if recognized_on is not None and info.data.get("method") is Method.STRAIGHT_LINE:
        raise wrong(
            ProblemCode.INVALID_VALUE,
            "belongs to POINT_IN_TIME; leave it out with STRAIGHT_LINE",
        )
    return recognized_on


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
CreditedAmount: TypeAlias = Annotated[int, PlainValidator(_credited_amount)]
StatusName: TypeAlias = Annotated[Status, one_of(Status, "VOIDED")]
TimingName: TypeAlias = Annotated[Timing, one_of(Timing)]
StrategyName: TypeAlias = Annotated[
    Strategy, one_of(Strategy, default=Strategy.DAILY_RATE_EVEN_MONTHS)
]
NoDiscount: TypeAlias = Annotated[None, PlainValidator(_no_discount)]
NotYet: TypeAlias = Annotated[None, nothing_but([])]
Earned: TypeAlias = Annotated[None, nothing_but("EARNED")]
Reversal: TypeAlias = Annotated[None, nothing_but("REVERSAL")]
OfParent: TypeAlias = Annotated[None, PlainValidator(_nothing_of_its_own)]
