"""Sheets: tables with typed columns; each column takes a value from a row.

A sheet doesn't know its output format: columns return values, never text, so that
writers for spreadsheets and databases keep the types.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from daybook.calendar import Day

Row = TypeVar("Row")


class Money(NamedTuple):
    """An amount in minor units; the rows of a column may be of several currencies."""

    minor: int
    currency: str


Value: TypeAlias = str | int | Money | Day | datetime | bool | None
"""A cell's value; None is an empty cell."""


class Kind(Enum):
    """The type of a column's values; the member's value is their Python type."""

    TEXT = "str"
    INTEGER = "int"
    MONEY = "Money"
    DATE = "Day"
    TIMESTAMP = "datetime, in UTC"
    BOOLEAN = "bool"


# Without slots: `Sheet[Row](…)` couldn't be called on Python 3.11.
@dataclass(frozen=True)
class Column(Generic[Row]):
    """A column; create it with the function of its kind, which checks the value's type.

    `name` is for programs and never changes; `title` is for people. Amounts that are
    all of one `currency` may be had as `minor` units, which is quicker.
    """

    name: str
    title: str
    kind: Kind
    value: Callable[[Row], Value]
    minor: Callable[[Row], int] | None = None
    currency: str = ""


@dataclass(frozen=True)
class Sheet(Generic[Row]):
    """A table: its stable name, its title for people, and its columns in order."""

    name: str
    title: str
    columns: tuple[Column[Row], ...]


def text(name: str, title: str, value: Callable[[Row], str | None]) -> Column[Row]:
    """A column of text, which may come from untrusted input."""
    return Column(name, title, Kind.TEXT, value)


def integer(name: str, title: str, value: Callable[[Row], int | None]) -> Column[Row]:
    """A column of whole numbers."""
    return Column(name, title, Kind.INTEGER, value)


def money(name: str, title: str, value: Callable[[Row], Money | None]) -> Column[Row]:
    """A column of amounts, each with exactly its currency's decimals."""
    return Column(name, title, Kind.MONEY, value)


def amount(
    name: str, title: str, minor: Callable[[Row], int], currency: str
) -> Column[Row]:
    """A column of amounts of one currency, from their minor units."""

    def value(row: Row) -> Money:
        return Money(minor(row), currency)

    return Column(name, title, Kind.MONEY, value, minor, currency)


def date(name: str, title: str, value: Callable[[Row], Day | None]) -> Column[Row]:
    """A column of days."""
    return Column(name, title, Kind.DATE, value)


def timestamp(
    name: str, title: str, value: Callable[[Row], datetime | None]
) -> Column[Row]:
    """A column of moments, in UTC."""
    return Column(name, title, Kind.TIMESTAMP, value)


def boolean(name: str, title: str, value: Callable[[Row], bool | None]) -> Column[Row]:
    """A column of true and false."""
    return Column(name, title, Kind.BOOLEAN, value)
