"""What manual journals recognized of a milestone, as results and as rows show it."""

from collections.abc import Sequence
from dataclasses import dataclass

from daybook.adjustments.rules import label
from daybook_web.kit.links import Link
from daybook_web.kit.results import Money, Result


@dataclass(frozen=True, slots=True)
class MilestoneRecognition(Result):
    """What a manual journal recognized of a milestone."""

    number: int
    amount: Money

    @property
    def journal(self) -> Link:
        """The manual journal's page, under its label."""
        return Link(label(self.number), f"/manual-journals/{self.number}")


def summed(recognized: Sequence[MilestoneRecognition]) -> Money | None:
    """What they recognized together; None without any."""
    if not recognized:
        return None
    decimals = recognized[0].amount.decimals
    return Money.of(sum(part.amount.minor for part in recognized), decimals)
