"""Lines that PostgreSQL copied: their CSV is made of the copied texts.

In a large file, a value for each cell takes three times as long as its text.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any

from daybook.calendar import day_text
from daybook.db.fast.copied import CopiedRow
from daybook.ledger.rules import SourceKind
from daybook.money import decimal_text, decimals_of
from daybook.recognition.rules import Method
from daybook.reports.deferred.flat_lines import AT, DeferredLine, FlatSlice
from daybook.sheets.cells import cell
from daybook.sheets.csv_lines import LINE_END, CsvRows

_TEXTS = {
    AT[name]
    for name in (
        *("customer_id", "customer", "product_id", "product"),
        *("document_id", "document"),
    )
}
"""The positions of the values that are texts; the others are numbers."""

_LINE, _AMOUNTS = AT["schedule"], slice(AT["booked"], AT["remaining"] + 1)
_USUAL_DECIMALS = 2


class CopiedSlice(FlatSlice, CsvRows):
    """Lines of families, made of rows with a text for each value, or None."""

    @cached_property
    def lines(self) -> Sequence[DeferredLine]:
        """All lines; their values are converted column by column, which is quicker."""
        columns = [*zip(*self._rows, strict=True)][: len(AT)]
        values = [
            column if at in _TEXTS else _numbers(column)
            for at, column in enumerate(columns)
        ]
        return [*map(DeferredLine._make, zip(*values, strict=True))]

    def csv_text(self, currency: str) -> str:
        """What `csv_lines` makes of the lines and their report's sheet."""
        amount = _amount_cell(currency)
        return "".join(
            [
                f"{family},{schedule},{_KINDS[kind]},"
                f"{cell(customer_id or '')},{cell(customer or '')},"
                f"{cell(product_id or '')},{cell(product or '')},"
                f"{cell(document_id)},{cell(document)},"
                f"{_METHODS[method]},{_DAYS[service_from]},{_DAYS[service_to]},"
                f"{amount(booked)},{amount(unbilled)},{amount(recognized)},"
                f"{amount(balance)},{amount(remaining)}{LINE_END}"
                for (
                    family,
                    schedule,
                    kind,
                    customer_id,
                    customer,
                    product_id,
                    product,
                    document_id,
                    document,
                    method,
                    service_from,
                    service_to,
                    booked,
                    unbilled,
                    recognized,
                    balance,
                    remaining,
                    _product,
                    _revised_in,
                ) in self._rows
            ]
        )

    @staticmethod
    def _stored(number: int | None) -> Any:
        """A number as rows have it."""
        return None if number is None else str(number)


def summed_by_line(rows: Sequence[CopiedRow]) -> Sequence[CopiedRow]:
    """Rows of schedules as rows of lines: schedules of a line follow one another."""
    if len({row[_LINE] for row in rows}) == len(rows):
        return rows
    return [_sum([*schedules]) for _, schedules in groupby(rows, itemgetter(_LINE))]


def _sum(rows: Sequence[CopiedRow]) -> CopiedRow:
    """The first row, with the amounts of all."""
    columns = zip(*(row[_AMOUNTS] for row in rows), strict=True)
    amounts = [str(sum(int(digits or 0) for digits in column)) for column in columns]
    first = rows[0]
    return [*first[: _AMOUNTS.start], *amounts, *first[_AMOUNTS.stop :]]


class _Made(dict[str | None, str]):
    """The cells of texts, each made once: of numbers of which there are few."""

    def __init__(self, make: Callable[[str | None], str]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, text: str | None) -> str:
        made = self[text] = self._make(text)
        return made


def _kind_cells(text: str | None) -> str:
    kind = SourceKind(int(text or 0))
    is_credit = "true" if kind is SourceKind.CREDIT_NOTE else "false"
    is_manual = "true" if kind is SourceKind.STANDALONE else "false"
    return f"{kind.name},{is_credit},{is_manual}"


def _method_cell(text: str | None) -> str:
    return "" if text is None else Method(int(text)).name


def _day_cell(text: str | None) -> str:
    return "" if text is None else day_text(int(text))


_KINDS, _METHODS, _DAYS = _Made(_kind_cells), _Made(_method_cell), _Made(_day_cell)


def _amount_cell(currency: str) -> Callable[[str], str]:
    """What makes a cell of an amount's digits."""
    decimals = decimals_of(currency)
    if decimals == _USUAL_DECIMALS:
        return _hundredths
    return lambda digits: decimal_text(int(digits), decimals)


def _hundredths(digits: str) -> str:
    # Most amounts have a whole part: their digits are cut.
    if len(digits) > _USUAL_DECIMALS and digits[0] != "-":
        return f"{digits[:-2]}.{digits[-2:]}"
    return decimal_text(int(digits), _USUAL_DECIMALS)


def _numbers(texts: Sequence[str | None]) -> list[int | None]:
    return [None if text is None else int(text) for text in texts]
