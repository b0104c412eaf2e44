"""How a month's share of a straight-line amount came about: its figures. Pure."""

from collections.abc import Sequence
from fractions import Fraction

from daybook.calendar import range_words
from daybook.money import divide_half_up, grouped_text
from daybook.recognition.allocation import MonthPart, Strategy, weights
from daybook.recognition.rules import Treatment
from daybook.reports.journals.explanations import Facts, basis
from daybook.reports.journals.narratives import Story

MINUS = "−"  # noqa: RUF001  (a real minus, for people)
NETTED_MAX = 4
"""How many amounts of lines are written out where they are netted."""

_STRATEGIES = {
    Strategy.DAILY_RATE_EVEN_MONTHS: "straight line",
    Strategy.CALENDAR_FRACTION: "straight line by calendar fractions",
    Strategy.EXACT_DAYS: "straight line by days",
    Strategy.EVEN_PERIODS: "straight line, every month the same",
    Strategy.THIRTY_360: "straight line by months of 30 days",
}


def share_words(
    facts: Facts, parts: Sequence[MonthPart], number: int, share: int
) -> str:
    """`2,689.20 ÷ 12, 1 Feb 2025 – 31 Jan 2026, straight line`.

    `parts` are the months of the whole, and `share` is what the numbered one got.
    """
    total, first, last = basis(facts)
    if facts.story is Story.ACCRUAL:
        total = facts.terms.amount
        words = _accrued_words(facts, parts[number])
        factor = Fraction(parts[number].days, parts[number].days_in_month)
        factor /= facts.terms.months or 1
        how = "accrued before it is billed"
    else:
        words, factor = _factor(parts, number, facts.terms.strategy)
        how = _STRATEGIES[facts.terms.strategy]
    exact = divide_half_up(total * factor.numerator, factor.denominator)
    rounding = "" if exact == share else ", with what rounding left"
    told = f"{_total_text(facts, total)}{words}{rounding}"
    return f"{told}, {range_words(first, last)}, {how}{_credited(facts)}"


def netted_text(facts: Facts) -> str:
    """The lines that an amount nets, and its discount: `1,200.00 + 80.00`."""
    amounts = [*facts.lines, *([-facts.discount] if facts.discount else [])]
    if not 1 < len(amounts) <= NETTED_MAX:
        return ""
    text = grouped_text(amounts[0], facts.currency)
    for amount in amounts[1:]:
        sign = MINUS if amount < 0 else "+"
        text += f" {sign} {grouped_text(abs(amount), facts.currency)}"
    return text


def _total_text(facts: Facts, total: int) -> str:
    netted = netted_text(facts) if total == facts.terms.amount else ""
    if netted:
        return f"({netted})"
    return grouped_text(total, facts.currency).replace("-", MINUS)


def _accrued_words(facts: Facts, part: MonthPart) -> str:
    months = facts.terms.months or 1
    words = "" if months == 1 else f" ÷ {months}"
    if not part.is_full:
        words += f" × {part.days} ÷ {part.days_in_month}"  # noqa: RUF001
    return words or " for the month"


def _factor(
    parts: Sequence[MonthPart], number: int, strategy: Strategy
) -> tuple[str, Fraction]:
    """What the total is multiplied with, in words and exactly."""
    weighed = weights(parts, strategy)
    factor = Fraction(weighed[number], sum(weighed))
    if factor == 1:
        return "", factor
    if strategy is Strategy.DAILY_RATE_EVEN_MONTHS:
        return _by_daily_rate(parts, parts[number]), factor
    return _words_of(factor), factor


def _by_daily_rate(parts: Sequence[MonthPart], part: MonthPart) -> str:
    """Of part-months by days, and of full months in equal shares of the rest."""
    days = sum(each.days for each in parts)
    if not part.is_full:
        return f" × {part.days} ÷ {days:,}"  # noqa: RUF001  (a real times, for people)
    full = [each for each in parts if each.is_full]
    full_days = sum(each.days for each in full)
    whole = "" if full_days == days else f" × {full_days:,} ÷ {days:,}"  # noqa: RUF001
    return whole + (f" ÷ {len(full)}" if len(full) > 1 else "")


def _words_of(factor: Fraction) -> str:
    times = "" if factor.numerator == 1 else f" × {factor.numerator:,}"  # noqa: RUF001
    return f"{times} ÷ {factor.denominator:,}"


def _credited(facts: Facts) -> str:
    """Which credit notes changed the whole, the last of them by name."""
    changing = [
        credit
        for credit in facts.credits
        if credit.treatment is Treatment.REBUILD or credit.left is not None
    ]
    if not changing:
        return ""
    others = f" and {len(changing) - 1} before" if len(changing) > 1 else ""
    return f", after credit note {changing[-1].number}{others}"
