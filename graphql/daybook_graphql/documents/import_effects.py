"""What an import brings to each ledger, and the lines of its file that are faulty."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import BinaryIO

import strawberry

from daybook.documents.effects import LedgerEffect
from daybook.documents.reading.lines import TEXT_MAX, lines_at
from daybook.documents.reading.marked_cells import header_of, marked_cells
from daybook.errors import Problem
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.scalars import CurrencyCode, Date, date_or_none

FAULTY_LINES_MAX = 100
"""So many lines of a file are quoted."""


@strawberry.type(
    description="What an import's documents bring to a ledger. Documents that are"
    " recorded already, just so, count in `fileTotal` alone."
)
class ImportEffect:
    currency: CurrencyCode = strawberry.field(description="The ledger's currency.")
    documents: int = strawberry.field(
        description="Documents that are new, revised or voided."
    )
    invoiced: Money = strawberry.field(
        description="What the sum of all invoices gains, less discounts: a new invoice"
        " counts whole, a revised one by its difference, a voided one with a minus."
        " Billing schedules invoice nothing."
    )
    credited: Money = strawberry.field(
        description="What the sum of all credit notes gains, in the same way; positive."
    )
    recognized: Money = strawberry.field(
        description="What Recognized gains on days up to today."
    )
    deferred: Money = strawberry.field(
        description="What Deferred gains on days up to today."
    )
    moved: Money = strawberry.field(
        description="What Recognized gains on other days than it was earned on, because"
        " of a lock."
    )
    moved_from: Date | None = strawberry.field(
        description="The first day that `moved` is posted on: the first open day then;"
        " null if a lock moves nothing."
    )
    moved_through: Date | None = strawberry.field(
        description="The last one: the same day, unless a revision leaves parts where"
        " an earlier lock moved them."
    )
    file_total: Money = strawberry.field(
        description="What the input's invoices sum to, less its credit notes, to be"
        " compared with a control total: also those that are recorded already, without"
        " void ones and drafts."
    )


@strawberry.type(description="A cell of a line of a CSV file that is faulty.")
class FaultyCell:
    column: str = strawberry.field(
        description="Its column, as the header and the user error's `path` name it."
    )
    start: int = strawberry.field(
        description="How many characters of the line's `text` come before it."
    )
    end: int = strawberry.field(
        description="How many come before its end; as many as `start` if it is empty."
    )


@strawberry.type(description="A line of the file that a user error names.")
class FaultyLine:
    line: int = strawberry.field(description="Its number, counted from 1.")
    text: str = strawberry.field(
        description=f"As it stands there, up to {TEXT_MAX} characters."
    )
    cells: list[FaultyCell] = strawberry.field(
        description="Where in `text` the cells stand whose columns user errors name, of"
        " a CSV file; those that aren't whole in `text` are left out."
    )


def effects_of(effects: Mapping[str, LedgerEffect]) -> list[ImportEffect]:
    """An import's effects as the schema shows them, by currency."""
    return [
        ImportEffect(
            currency=CurrencyCode(currency),
            documents=effect.documents,
            invoiced=money(effect.invoiced, currency),
            credited=money(effect.credited, currency),
            recognized=money(effect.recognized, currency),
            deferred=money(effect.deferred, currency),
            moved=money(effect.moved, currency),
            moved_from=date_or_none(effect.moved_from),
            moved_through=date_or_none(effect.moved_through),
            file_total=money(effect.file_total, currency),
        )
        for currency, effect in sorted(effects.items())
    ]


async def faulty_lines(
    problems: Sequence[Problem], opened: Callable[[], BinaryIO], *, bytes_max: int
) -> list[FaultyLine]:
    """The lines that problems name, the first `FAULTY_LINES_MAX`; none without a file.

    `opened` opens the file again; raises FileNotFoundError if it is gone.
    """
    named = sorted({problem.line for problem in problems if problem.line is not None})
    numbers = set(named[:FAULTY_LINES_MAX])
    if not numbers:
        return []
    columns = _columns_by_line(problems)

    def read() -> list[FaultyLine]:
        with opened() as stream:
            texts = lines_at(stream, numbers, bytes_max=bytes_max)
        with opened() as stream:
            header = header_of(stream, bytes_max=bytes_max)
        cells = {} if header is None else marked_cells(header, texts, columns)
        return [
            FaultyLine(
                line=line,
                text=text,
                cells=[FaultyCell(**its._asdict()) for its in cells.get(line, ())],
            )
            for line, text in sorted(texts.items())
        ]

    try:
        # In a thread: other requests are answered while a large file is read.
        return await asyncio.to_thread(read)
    except FileNotFoundError:
        return []


def _columns_by_line(problems: Iterable[Problem]) -> dict[int, set[str]]:
    """The columns that problems of a CSV file name, by line."""
    columns = defaultdict[int, set[str]](set)
    for problem in problems:
        if problem.line is not None and len(problem.path) == 1:
            columns[problem.line].add(problem.path[0])
    return columns
