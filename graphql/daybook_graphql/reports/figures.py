"""What several reports show: the figures of a row, and what they tie to."""

from collections.abc import Iterable

import strawberry

from daybook.reports.revenue import Figures
from daybook.reports.revenue import Tie as StoredTie
from daybook_graphql.kit.money import Money, money

field = strawberry.field


@strawberry.type(
    description="Two figures that have to be the same, from two sources. Where they"
    " aren't, something was changed behind Daybook's back: the tie-out locates it."
)
class Tie:
    name: str = field(
        description="Stable text for programs, such as `remaining_is_deferred`."
    )
    words: str = field(description="What is compared, for people.")
    left: Money = field(description="The first figure.")
    right: Money = field(description="The second figure.")
    difference: Money = field(description="The first less the second.")
    holds: bool = field(description="Whether they are the same.")


@strawberry.type(description="Two numbers of things that have to be the same.")
class CountTie:
    name: str = field(description="Stable text for programs.")
    words: str = field(description="What is compared, for people.")
    left: int = field(description="The first number.")
    right: int = field(description="The second number.")
    difference: int = field(description="The first less the second.")
    holds: bool = field(description="Whether they are the same.")


@strawberry.type(
    description="What was posted up to the report's day: `booked` + `unbilled` ="
    " `recognized` + `remaining`."
)
class RevenueFigures:
    booked: Money = field(
        description="Invoiced, less what was credited: debits less credits of Billed."
    )
    unbilled: Money = field(
        description="Earned and not yet invoiced: debits less credits of Unbilled."
    )
    recognized: Money = field(description="Earned: credits less debits of Recognized.")
    balance: Money = field(
        description="The obligation that is left: as `remaining`, but by service date."
        " They differ where a lock moved a day past the report's."
    )
    remaining: Money = field(
        description="What stands on Deferred: credits less debits."
    )


def figures_of(figures: Figures, currency: str) -> RevenueFigures:
    """A row's figures as the schema shows them."""
    return RevenueFigures(
        booked=money(figures.booked, currency),
        unbilled=money(figures.unbilled, currency),
        recognized=money(figures.recognized, currency),
        balance=money(figures.balance, currency),
        remaining=money(figures.remaining, currency),
    )


def ties_of(ties: Iterable[StoredTie], currency: str) -> list[Tie]:
    """Amounts that must agree, as the schema shows them."""
    return [
        Tie(
            name=tie.name,
            words=tie.words,
            left=money(tie.left, currency),
            right=money(tie.right, currency),
            difference=money(tie.difference, currency),
            holds=tie.difference == 0,
        )
        for tie in ties
        if not tie.is_count
    ]


def count_ties_of(ties: Iterable[StoredTie]) -> list[CountTie]:
    """Numbers of things that must agree, as the schema shows them."""
    return [
        CountTie(
            name=tie.name,
            words=tie.words,
            left=tie.left,
            right=tie.right,
            difference=tie.difference,
            holds=tie.difference == 0,
        )
        for tie in ties
        if tie.is_count
    ]
