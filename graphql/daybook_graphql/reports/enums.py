"""The closed sets of values of the reports."""

from enum import Enum

import strawberry

from daybook.reports.population.rules import PopulationFlag as Stored

value = strawberry.enum_value


@strawberry.enum(
    description="Why an auditor may want to look at an entry. Expect more values."
)
class PopulationFlag(Enum):
    MANUAL = value(Stored.MANUAL, description="Of a manual journal.")
    AFTER_CLOSE = value(
        Stored.AFTER_CLOSE,
        description="Recorded for a day that had been closed by then.",
    )
    WEEKEND = value(
        Stored.WEEKEND,
        description="Recorded on a Saturday or Sunday in the organisation's time zone.",
    )
    ROUND = value(
        Stored.ROUND, description="A multiple of 1,000 whole units of its currency."
    )
    SELDOM_PAIR = value(
        Stored.SELDOM_PAIR,
        description="Its two accounts, by its kind of document, are those of fewer"
        " than one percent of all entries.",
    )
    SUPERSEDED = value(
        Stored.SUPERSEDED, description="A later recording took its place."
    )
