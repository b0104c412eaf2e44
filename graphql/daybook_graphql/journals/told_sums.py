"""A journal's amount as a sum, with the figures that make each line of it."""

from enum import Enum

import strawberry

from daybook.reports.journals.told_sums import ToldSum as StoredSum
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.scalars import BigInt
from daybook_graphql.ledgers.enums import AccountRole

value = strawberry.enum_value


@strawberry.enum(description="Whether a line of a sum is added or taken off.")
class SumSign(Enum):
    PLUS = value("PLUS", description="Added.")
    MINUS = value("MINUS", description="Taken off.")


@strawberry.type(description="A line of a journal's sum: what one cause brought.")
class SumLine:
    sign: SumSign = strawberry.field(description="Whether it is added or taken off.")
    amount: Money = strawberry.field(description="How much, never negative.")
    words: str = strawberry.field(
        description="The figures that make it, `2,689.20 ÷ 12, 1 Feb 2025 – 31 Jan"
        " 2026, straight line`, or what was done and why, for people."
    )
    recording: BigInt = strawberry.field(
        description="The last recording that changed it."
    )


@strawberry.type(
    description="A journal's amount as one would write it on paper: its lines sum to"
    " the result."
)
class ToldSum:
    lines: list[SumLine] = strawberry.field(
        description="In the order of recording; a long sum has its largest lines, and"
        " one of all others."
    )
    account: AccountRole = strawberry.field(
        description="What is summed: Recognized, where the journal changes it; else"
        " Deferred, Billed or Unbilled."
    )
    result: Money = strawberry.field(
        description="What the account gains, on its normal side."
    )


def sum_shown(told: StoredSum, currency: str) -> ToldSum:
    """A sum as the schema shows it."""
    return ToldSum(
        lines=[
            SumLine(
                sign=SumSign.MINUS if line.amount < 0 else SumSign.PLUS,
                amount=money(abs(line.amount), currency),
                words=line.words,
                recording=BigInt(line.recording),
            )
            for line in told.lines
        ],
        account=AccountRole(told.account),
        result=money(told.result, currency),
    )
