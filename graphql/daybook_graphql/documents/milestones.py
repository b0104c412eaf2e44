"""Milestones with what manual journals recognized of them."""

from collections.abc import Sequence

from daybook.calendar import Day
from daybook.reports.recognized_by_hand import RecognizedPart
from daybook_graphql.documents.types import Milestone, MilestoneRecognition
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.money import money
from daybook_graphql.kit.scalars import date_or_none


def needs_recognized(selected: Selected) -> bool:
    """Whether a selected field of a milestone needs the manual journals."""
    return selected.any_of("recognizedBy", "openAmount")


def milestone_of(
    *,
    external_id: str,
    name: str,
    amount: int,
    completed_on: Day | None,
    recognized: Sequence[RecognizedPart],
    currency: str,
) -> Milestone:
    """A milestone of an amount in minor units, of which some is recognized by hand."""
    by_hand = sum(part.amount for part in recognized)
    left = amount - by_hand if completed_on is None else 0
    return Milestone(
        external_id=external_id,
        name=name,
        amount=money(amount, currency),
        completed_on=date_or_none(completed_on),
        recognized_by=[
            MilestoneRecognition(
                number=part.manual, amount=money(part.amount, currency)
            )
            for part in recognized
        ],
        open_amount=money(left, currency),
    )
