"""The figures of a month: what was recognized, what stands at its end, what changed."""

from dataclasses import dataclass
from urllib.parse import urlencode

from daybook.calendar import (
    FIRST_DAY,
    Month,
    day_text,
    day_words,
    last_day_of,
    month_of,
    month_text,
)
from daybook_web.closing.months import month_words
from daybook_web.closing.results import ClosePage, Totals
from daybook_web.journals.query import ReportQuery
from daybook_web.kit.formats import MINUS, money
from daybook_web.kit.links import Link
from daybook_web.kit.results import Money

PERCENT_MAX = 1_000
"""From this on, a share says less than the amount."""


@dataclass(frozen=True, slots=True)
class MonthFigure:
    """A figure of the month with the report that makes it, and by how much it changed.

    There is no change where no month is before it.
    """

    name: str
    amount: Money
    url: str
    change: Link | None


def month_figures(found: ClosePage, currency: str, month: Month) -> list[MonthFigure]:
    """What was recognized in the month, and what stands at its end."""
    if found.in_month is None or found.by_end is None:
        return []
    end = last_day_of(month)
    waterfall = urlencode({"currency": currency, "on": day_text(end)})
    urls = {
        "DEFERRED": f"/reports/waterfall?{waterfall}",
        "UNBILLED": _roll_forward_url(currency, month, "UNBILLED"),
    }
    figures = [_recognized(found, currency, month)]
    for role, url in urls.items():
        balance, gained = gain(found.by_end, role), gain(found.in_month, role)
        change = None
        if gained is not None and month > month_of(FIRST_DAY):
            words = balance_change(gained, month - 1)
            change = Link(words, _roll_forward_url(currency, month, role))
        if balance is not None:
            name = f"{role.capitalize()} on {day_words(end)}"
            figures.append(MonthFigure(name, balance, url, change))
    return [figure for figure in figures if figure is not None]


def _recognized(found: ClosePage, currency: str, month: Month) -> MonthFigure | None:
    """What was recognized, beside the month before."""
    assert found.in_month is not None, "its figures are loaded"
    recognized, change = gain(found.in_month, "RECOGNIZED"), None
    if recognized is None:
        return None
    if found.in_month_before is not None:
        before = gain(found.in_month_before, "RECOGNIZED")
        words = month_change(recognized, before, month - 1)
        change = Link(words, _journals_url(currency, month - 1))
    name = f"Recognized in {month_words(month)}"
    return MonthFigure(name, recognized, _journals_url(currency, month), change)


def gain(found: Totals, role: str) -> Money | None:
    """What an account gained on its normal side; None where it isn't named."""
    for total in found.totals:
        if total.account.role == role:
            return total.gain
    return None


def month_change(now: Money, before: Money | None, month: Month) -> str:
    """How it compares with another month: `600.00 more than in May 2026 (+3.9%)`."""
    there = before.minor if before is not None else 0
    change = now.minor - there
    if not change:
        return f"As in {month_words(month)}"
    more = "more" if change > 0 else "less"
    amount = money(Money.of(abs(change), now.decimals))
    words = f"{amount} {more} than in {month_words(month)}"
    share = _percent(change, there)
    return f"{words} ({share})" if share else words


def balance_change(gained: Money, month: Month) -> str:
    """By how much a balance is more than at another month's end.

    That is what its account gained since.
    """
    end = day_words(last_day_of(month))
    return f"{_signed(gained)} since {end}" if gained.minor else f"As on {end}"


def _signed(amount: Money) -> str:
    return f"{'+' if amount.minor > 0 else ''}{money(amount)}"


def _percent(change: int, before: int) -> str:
    """How large a change is, to a tenth of a percent; empty where that says little."""
    if not before:
        return ""
    tenths = (2_000 * abs(change) + abs(before)) // (2 * abs(before))
    if not 0 < tenths < 10 * PERCENT_MAX:
        return ""
    sign = "+" if change > 0 else MINUS
    return f"{sign}{tenths // 10}.{tenths % 10}%"


def _journals_url(currency: str, month: Month) -> str:
    return ReportQuery().with_values(currency=currency).in_month(month).url()


def _roll_forward_url(currency: str, month: Month, role: str) -> str:
    given = {
        "currency": currency,
        "on": day_text(last_day_of(month)),
        "account": role,
        "from": month_text(month),
    }
    return f"/reports/roll-forward?{urlencode(given)}"
