"""What the demo's organisations booked of the files that were posted to them. Pure.

Most of it as it was exported. One journal never arrived, one was booked twice, and in
one somebody chose another account.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from itertools import groupby
from typing import NamedTuple

from daybook.calendar import Day, Month, month_of
from daybook.demo.general_ledger.books import Books
from daybook.demo.general_ledger.charts import CLEARING
from daybook.exports.mapping.forms import DateForm
from daybook.money import parse_amount

MISSING, CHANGED, DOUBLED = 12, 8, 4
"""Places of journals that came back otherwise, counted from the last one."""
TYPED, MEANT = "4100", "4000"
"""The account that was chosen, and the one that was exported."""

DATES = DateForm.DAY_NAMED_MONTH_YEAR
"""How files for Xero write dates, unless another form is chosen."""
DAYS_MAX = 400
"""How many days back the demo's journals are, at most."""


class Returned(NamedTuple):
    """A journal of a posted file: account codes and amounts, debits positive."""

    narration: str
    day: Day
    lines: list[tuple[str, int]]


def read_posted(contents: Iterable[bytes], currency: str, today: Day) -> list[Returned]:
    """The journals of posted files up to a day, as the accounting system reads them."""
    days = {DATES.text(day): day for day in range(today - DAYS_MAX, today + 1)}
    return [
        journal
        for content in contents
        for journal in _journals(content, currency, days)
    ]


def book_posted(books: Books, posted: list[Returned]) -> None:
    """Book what was posted, but for the journals that come back otherwise."""
    changed = _last_with(MEANT, posted[:-CHANGED])
    for place, its in enumerate(posted):
        lines = its.lines
        if place == changed:
            lines = [(TYPED if code == MEANT else code, net) for code, net in lines]
        left = len(posted) - place
        for _ in range({MISSING: 0, DOUBLED: 2}.get(left, 1)):
            books.book(its.narration, its.day, lines)


def billed_by_month(posted: Iterable[Returned]) -> dict[Month, int]:
    """What the clearing account waits for: the invoices of each month."""
    found: Counter[Month] = Counter()
    for its in posted:
        for code, net in its.lines:
            if code == CLEARING:
                found[month_of(its.day)] += net
    return dict(found)


def _journals(
    content: bytes, currency: str, days: Mapping[str, Day]
) -> Iterator[Returned]:
    rows = csv.DictReader(StringIO(content.decode("utf-8-sig")))
    for (narration, day), its in groupby(
        rows, key=lambda row: (row["*Narration"], row["*Date"])
    ):
        lines = [
            (row["*AccountCode"], parse_amount(row["*Amount"], currency)) for row in its
        ]
        yield Returned(narration, days[day], lines)


def _last_with(code: str, posted: list[Returned]) -> int:
    """The place of the last journal that has an account."""
    return max(
        (
            place
            for place, its in enumerate(posted)
            if any(its_code == code for its_code, _ in its.lines)
        ),
        default=-1,
    )
