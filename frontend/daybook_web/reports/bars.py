"""Bars of amounts: figures to rectangles, in whole numbers. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from daybook_web.kit.formats import compact_amount, money
from daybook_web.kit.results import Money

HEIGHT = 1_000
"""Units from the top of a chart to its bottom; the page scales them."""


@dataclass(frozen=True, slots=True)
class NamedBar:
    """A bar: `top` is counted from above, `short` is its amount in few characters."""

    name: str
    words: str
    short: str
    url: str
    top: int
    height: int
    style: str


@dataclass(frozen=True, slots=True)
class BarChart:
    """The bars from left to right, and where zero is."""

    bars: Sequence[NamedBar]
    zero: int


def bar_chart(
    amounts: Sequence[tuple[str, Money]],
    urls: Sequence[str],
    is_scheduled: Sequence[bool] | None = None,
) -> BarChart | None:
    """A bar for each amount, from zero up or down; None if all are zero.

    What is to come yet is dashed: all of it, unless `is_scheduled` says which amounts.
    """
    steps = [(name, amount, 0, amount.minor) for name, amount in amounts]
    scheduled = is_scheduled or [True] * len(steps)
    styles = ["scheduled" if its else "balance" for its in scheduled]
    return _chart(steps, urls, styles)


def bridge(
    opening: Money,
    steps: Sequence[tuple[str, Money]],
    closing: Money,
    urls: Sequence[str],
) -> BarChart | None:
    """From an opening balance by steps to the closing one; None if all are zero.

    A step hangs between the balance before it and the one after it.
    """
    at = opening.minor
    bars = [("Opening", opening, 0, at)]
    styles = ["balance"]
    for name, amount in steps:
        bars.append((name, amount, at, at + amount.minor))
        styles.append("up" if amount.minor > 0 else "down")
        at += amount.minor
    bars.append(("Closing", closing, 0, closing.minor))
    styles.append("balance")
    return _chart(bars, urls, styles)


def _chart(
    steps: Sequence[tuple[str, Money, int, int]],
    urls: Sequence[str],
    styles: Sequence[str],
) -> BarChart | None:
    ends = [end for _, _, *both in steps for end in both]
    high, low = max([0, *ends]), min([0, *ends])
    if high == low:
        return None
    span = high - low
    bars = []
    for (name, amount, start, end), url, style in zip(steps, urls, styles, strict=True):
        top = (high - max(start, end)) * HEIGHT // span
        bottom = (high - min(start, end)) * HEIGHT // span
        bars.append(
            NamedBar(
                name=name,
                words=money(amount),
                short=compact_amount(_rounded(amount.minor), amount.decimals),
                url=url,
                top=top,
                height=bottom - top,
                style=style,
            )
        )
    return BarChart(bars, high * HEIGHT // span)


def _rounded(minor: int) -> int:
    """An amount of three digits, for a label: its last ones are zero."""
    digits = len(str(abs(minor)))
    unit = int("1" + "0" * max(0, digits - 3))
    sign = -1 if minor < 0 else 1
    return sign * ((abs(minor) + unit // 2) // unit) * unit
