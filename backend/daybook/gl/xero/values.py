"""Xero's values as canonical text: dates of several notations, numbers, lists. Pure."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from daybook.gl.kinds import Column, Type

_DATE = re.compile(r"/Date\((-?[0-9]+)([+-][0-9]{4})?\)/", re.ASCII)
_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)(?:Z| UTC|\+00:00)?)?",
    re.ASCII,
)
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Unreadable(ValueError):
    """A value that isn't of its column's type; the message says what it should be."""


def text_of(value: Any, column: Column) -> str:
    """A value as the text of its column's type; blank for no value. Raises Unreadable.

    The value is what `json.loads` gives with `parse_float=str`, or a CSV file's cell.
    """
    if value is None or value == "":
        return "[]" if column.type is Type.LIST else ""
    return _READERS[column.type](value, column)


def moment_of(text: str) -> datetime:
    """The moment of `/Date(1552335214210)/`, or of ISO 8601 in UTC.

    Raises Unreadable.
    """
    if found := _DATE.fullmatch(text):
        try:
            return _EPOCH + timedelta(milliseconds=int(found[1]))
        except OverflowError:
            raise _not_a_moment(text) from None
    found = _ISO.fullmatch(text)
    try:
        if found is None:
            raise _not_a_moment(text)
        moment = f"{found[1]}T{found[2] or '00:00'}"
        return datetime.fromisoformat(moment).replace(tzinfo=UTC)
    except ValueError:
        raise _not_a_moment(text) from None


def _not_a_moment(text: str) -> Unreadable:
    return Unreadable(
        f"{text[:40]!r} is no date such as 2020-02-10T18:42:07.587 or"
        " /Date(1552335214210)/"
    )


def _text(value: Any, _: Column) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    raise Unreadable("is neither a text nor a number")


def _number(value: Any, _: Column) -> str:
    text = str(value) if isinstance(value, str | int) else ""
    if isinstance(value, bool) or not _NUMBER.fullmatch(text):
        raise Unreadable(f"{str(value)[:40]!r} is not a decimal number such as 1234.50")
    return text


def _integer(value: Any, column: Column) -> str:
    text = _number(value, column)
    # JSON of some programs writes whole numbers as 14.0.
    whole, _, fraction = text.partition(".")
    if fraction.strip("0"):
        raise Unreadable(f"{text!r} is not a whole number")
    return whole


def _day(value: Any, _: Column) -> str:
    """The day that Xero means: its dates are midnights, at times with an offset."""
    text = _text(value, _)
    moment = moment_of(text)
    if (found := _DATE.fullmatch(text)) and found[2]:
        sign = -1 if found[2].startswith("-") else 1
        hours, minutes = int(found[2][1:3]), int(found[2][3:])
        moment += sign * timedelta(hours=hours, minutes=minutes)
    return moment.date().isoformat()


def _moment(value: Any, column: Column) -> str:
    moment = moment_of(_text(value, column))
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds")


def _month(value: Any, column: Column) -> str:
    text = _text(value, column)
    if not _MONTH.fullmatch(text):
        raise Unreadable(f"{text[:40]!r} is not a month such as 2026-10")
    return text


def _list(value: Any, column: Column) -> str:
    """Each object's fields as a list of texts: dates as days, numbers as they are."""
    if not isinstance(value, list) or not all(
        isinstance(its, Mapping) for its in value
    ):
        raise Unreadable("is not a list of objects")
    rows = [[_item(its, name) for name in column.items] for its in value]
    return json.dumps(rows, separators=(",", ":"), ensure_ascii=False)


def _item(holder: Mapping[str, Any], name: str) -> str:
    value = at_path(holder, name)
    type_ = Type.DAY if name == "Date" else Type.TEXT
    return text_of(value, Column(name, name, type_))


def at_path(holder: Mapping[str, Any], path: str) -> Any:
    """What a path with dots leads to; None if a part of it is missing."""
    value: Any = holder
    for part in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


_READERS: Mapping[Type, Callable[[Any, Column], str]] = {
    Type.TEXT: _text,
    Type.INTEGER: _integer,
    Type.AMOUNT: _number,
    Type.DECIMAL: _number,
    Type.RATE: _number,
    Type.DAY: _day,
    Type.MONTH: _month,
    Type.MOMENT: _moment,
    Type.LIST: _list,
}
