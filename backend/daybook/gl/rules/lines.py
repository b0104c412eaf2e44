"""Lines of synthetic journals, and the numbers of their journals."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from daybook.calendar import Day
from daybook.gl.rules.journal_types import ExposureKind, JournalType

FIRST_NUMBERS = {
    JournalType.DRAFT_INVOICE: 800_000_000,
    JournalType.FORECAST_INVOICE: 800_000_000,
    JournalType.FX_EXPOSURE: 900_000_000,
    JournalType.FORECAST_BUDGET: 910_000_000,
}
"""From where each type is numbered; drafts and forecasts share their numbers."""
LAST_NUMBERS = {800_000_000: 899_999_999, 900_000_000: 909_999_999}
LAST_NUMBER = 2**31 - 1
"""The end of the numbers that nothing follows: what a 32-bit integer holds."""


class SyntheticLine(NamedTuple):
    """A line of a synthetic journal, in minor units of the base currency.

    `net`, `gross` and `tax` have the dataset's sign. Lines of one type, day and `group`
    make a journal. `account_code` is that of the document where the chart has no such
    account, with a blank `account_id`. The reporting currency's rate is that of
    `rate_day`. `currency` is that of the document.
    """

    type: JournalType
    day: Day
    group: str
    account_id: str
    account_code: str
    net: int
    gross: int
    rate_day: Day
    currency: str
    kind: ExposureKind | None = None
    tax: int = 0
    tax_type: str = ""
    description: str = ""
    reference: str = ""
    source_id: str = ""
    source_type: str = ""
    contact_id: str = ""
    contact_name: str = ""
    tracking: str = ""


class NumberedLine(NamedTuple):
    """A line with the number of its journal, and its position there from 0."""

    number: int
    position: int
    line: SyntheticLine


class TooManyJournals(Exception):
    """A type has more journals than numbers; the message says which."""


def numbered(lines: Iterable[SyntheticLine]) -> Iterator[NumberedLine]:
    """Number journals by type, day, kind and group; lines keep their order in one."""
    ordered = sorted(lines, key=_journal)
    next_numbers = {first: first for first in FIRST_NUMBERS.values()}
    for journal, its_lines in groupby(ordered, key=_journal):
        type_, *_ = journal
        first = FIRST_NUMBERS[type_]
        number = next_numbers[first]
        if number > LAST_NUMBERS.get(first, LAST_NUMBER):
            raise TooManyJournals(
                f"there are more {type_.label} journals than numbers from {first:,}"
            )
        next_numbers[first] = number + 1
        for position, line in enumerate(its_lines):
            yield NumberedLine(number, position, line)


def _journal(line: SyntheticLine) -> tuple[JournalType, Day, int, str]:
    return line.type, line.day, line.kind or 0, line.group
