"""What an import brings to each ledger, and the lines of its file that are faulty."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import BinaryIO

import strawberry

from daybook.documents.effects import LedgerEffect
from daybook.documents.reading.lines import TEXT_MAX, lines_at
from daybook.errors import Problem
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.scalars import CurrencyCode

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
    file_total: Money = strawberry.field(
        description="What the input's invoices sum to, less its credit notes, to be"
        " compared with a control total: also those that are recorded already, without"
        " void ones and drafts."
    )


@strawberry.type(description="A line of the file that a user error names.")
class FaultyLine:
    line: int = strawberry.field(description="Its number, counted from 1.")
    text: str = strawberry.field(
        description=f"As it stands there, up to {TEXT_MAX} characters."
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

    def read() -> dict[int, str]:
        with opened() as stream:
            return lines_at(stream, numbers, bytes_max=bytes_max)

    try:
        # In a thread: other requests are answered while a large file is read.
        found = await asyncio.to_thread(read)
    except FileNotFoundError:
        return []
    return [FaultyLine(line=line, text=text) for line, text in sorted(found.items())]
