"""Where the rates of lines come from, in the dataset's words."""

from collections.abc import Sequence

from daybook.fx.rules import CrossRate, PublishedRate

MANUAL, REFRESHED = "manual", "ECB refresh "
"""How the dataset calls a rate that was entered, and one that a refresh added."""


def published_of(rate: CrossRate) -> list[PublishedRate]:
    """The published rates that a cross rate is made of."""
    return [its for its in (rate.source_rate, rate.target_rate) if its is not None]


def source_words(published: Sequence[PublishedRate]) -> str:
    """Where rates come from: `manual`, the latest refresh, or the shipped file."""
    if not published:
        return ""
    if any(its.is_manual for its in published):
        return MANUAL
    refresh = max(its.refresh or 0 for its in published)
    return f"{REFRESHED}{refresh}" if refresh else "ECB shipped"
