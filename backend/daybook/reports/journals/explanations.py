"""Explains a movement's amount, for a controller who checks it. Pure.

Every figure is computed again from the schedule's terms, and shown only if the movement
has it; the rest is called the difference to what was there before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from daybook.calendar import (
    Day,
    date_of,
    day_words,
    first_day_of,
    month_of,
    range_words,
)
from daybook.ledger.rules import Movement, Role, amount_between, signed_movement
from daybook.money import grouped_text
from daybook.numbers import counted
from daybook.recognition.allocation import (
    MonthPart,
    Strategy,
    allocate,
    daily_amount,
)
from daybook.recognition.rules import Method, Terms, Timing, Treatment
from daybook.reports.journals.narratives import Moved, Story

STRATEGIES = {
    Strategy.DAILY_RATE_EVEN_MONTHS: (
        "part-months by the day, the full months share the rest equally"
    ),
    Strategy.CALENDAR_FRACTION: "each month by its fraction of the calendar month",
    Strategy.EXACT_DAYS: "every day the same",
    Strategy.EVEN_PERIODS: "every month the same",
    Strategy.THIRTY_360: "months of 30 days",
}


class Credit(NamedTuple):
    """A credit note's line on the schedule: its amount, and its effective day.

    `left` is the amount left to recognize from that day on, if it is reallocated.
    """

    number: str
    treatment: Treatment
    effective: Day
    amount: int
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that explains a movement.

    `lines` are the amounts that were netted, `discount` the schedule's share of the
    invoice's discount. `credits` are those that took effect by the movement's days.
    `change` says what changed the schedule in the movement's recording, in the words of
    narratives.
    """

    currency: str
    movement: Movement
    story: Story
    terms: Terms
    document: str
    accounting_date: Day
    lines: tuple[int, ...] = ()
    discount: int = 0
    credits: tuple[Credit, ...] = ()
    moved: Moved | None = None
    change: str = ""
    milestone: str = ""


def explain(facts: Facts) -> str:
    """The explanation, in whole sentences."""
    is_billing = Role.BILLED in {facts.movement.debit, facts.movement.credit}
    sentences = [_total(facts)]
    if facts.story in {Story.CREDIT, Story.REBUILT_CREDIT}:
        sentences += _crediting(facts)
    elif is_billing:
        sentences += _billing(facts)
    else:
        sentences += [*_method(facts), *_credits(facts), *_share(facts), *_side(facts)]
    sentences += [*_lock(facts), *_change(facts)]
    return " ".join(sentence for sentence in sentences if sentence)


class ByWhom(NamedTuple):
    """Who did something, by the name that the audit trail has, and when."""

    name: str
    day: Day


@dataclass(frozen=True, slots=True)
class EnteredFacts:
    """All that explains a manual journal that somebody entered.

    `author` saved the version that was posted; without an approval its author's was
    enough. `undone` is who undid it, if its movements take it back, and `reason` why.
    """

    name: str
    is_reversal: bool
    narrative: str
    author: str
    posted_on: Day
    approved: ByWhom | None = None
    adjusts: int | None = None
    undone: ByWhom | None = None
    reason: str = ""


def explain_entered(facts: EnteredFacts) -> str:
    """Who wrote and approved it, and in which words: `Manual journal MJ-7 by …`."""
    begins = "Reversal of manual" if facts.is_reversal else "Manual"
    by = f" by {facts.author}" if facts.author else ""
    if facts.approved is None:
        posted = f"posted on {day_words(facts.posted_on)}"
    else:
        name, day = facts.approved
        posted = f"approved by {name} on {day_words(day)}"
    undone = ""
    if facts.undone is not None:
        name, day = facts.undone
        why = f" ({facts.reason})" if facts.reason else ""
        undone = f", undone by {name} on {day_words(day)}{why}"
    adjusts = ""
    if facts.adjusts is not None:
        adjusts = f"; adjusts journal {facts.adjusts}"
    narrative = facts.narrative.rstrip(".")
    return f"{begins} journal {facts.name}{by}, {posted}{undone}: {narrative}{adjusts}."


def explain_manual(movement: Movement, document: str, currency: str) -> str:
    """The explanation of a manual journal's movement, of which nothing is told."""
    first, last = movement.first_day, movement.last_day
    preposition = "on" if first == last else "over"
    return (
        f"{document}: {grouped_text(movement.amount, currency)} {currency}"
        f" {preposition} {range_words(first, last)}, entered by hand."
        " No schedule stands behind it."
    )


def _money(facts: Facts, minor: int) -> str:
    return grouped_text(minor, facts.currency)


def _total(facts: Facts) -> str:
    total = f"{_money(facts, facts.terms.amount)} {facts.currency}"
    if facts.story in {Story.CREDIT, Story.REBUILT_CREDIT}:
        return ""
    if facts.story is Story.ACCRUAL:
        months = facts.terms.months or 1
        period = "month" if months == 1 else f"{months} months"
        return f"{facts.document}: {total} for each {period} of the schedule."
    netting = []
    if len(facts.lines) > 1:
        netted = _money(facts, facts.lines[0])
        for amount in facts.lines[1:]:
            sign = "−" if amount < 0 else "+"  # noqa: RUF001  (a real minus, for people)
            netted += f" {sign} {_money(facts, abs(amount))}"
        netting.append(f"lines of {netted}")
    elif facts.discount and facts.lines:
        netting.append(_money(facts, facts.lines[0]))
    if facts.discount:
        netting.append(
            f"less {_money(facts, facts.discount)} of the invoice's discount"
        )
    net = f" ({', '.join(netting)})" if netting else ""
    return f"{facts.document}: {total} in all{net}."


def _method(facts: Facts) -> list[str]:  # noqa: PLR0911  (one for each method)
    terms = facts.terms
    if facts.story is Story.PREPAYMENT:
        return ["Credits that nobody used are recognized when they expire."]
    if facts.story is Story.BURNDOWN:
        return [_burn_down(facts)]
    if terms.method is Method.MILESTONE:
        return [f"Earned when milestone {facts.milestone or '(unnamed)'} is reached."]
    if terms.method is Method.USAGE:
        if terms.parts or terms.recognized_on is None:
            return ["Dated usage: each day's amount on its day."]
        return ["Usage without dates: all of it on the last day of the service."]
    if terms.method is Method.POINT_IN_TIME:
        return [f"All of it on one day, {day_words(terms.recognized_on or 0)}."]
    first, last = terms.service_period
    words = STRATEGIES[terms.strategy]
    if facts.story is Story.ACCRUAL:
        words = "a part-month by its days"
    days = counted(last - first + 1, "day")
    return [f"Straight line over {range_words(first, last)} ({days}): {words}."]


def _burn_down(facts: Facts) -> str:
    pair = {facts.movement.debit, facts.movement.credit}
    if pair == {Role.DEFERRED, Role.UNBILLED}:
        return (
            "Prepaid credits pay on the day they are billed for what was used before."
        )
    if Role.UNBILLED in pair:
        return f"Used {_on(facts)}, before the prepaid credits that pay were billed."
    return f"Used {_on(facts)} and paid from prepaid credits."


def _on(facts: Facts) -> str:
    first, last = _service(facts)
    preposition = "on" if first == last else "over"
    return f"{preposition} {range_words(first, last)}"


def _service(facts: Facts) -> tuple[Day, Day]:
    """The days that the movement is for."""
    if facts.moved is not None:
        return facts.moved.first_day, facts.moved.last_day
    return facts.movement.first_day, facts.movement.last_day


def _credits(facts: Facts) -> list[str]:
    taken = 0
    sentences = []
    for credit in facts.credits:
        taken += credit.amount
        sentences.append(_credit_words(facts, credit, facts.terms.amount - taken))
    return sentences


def _credit_words(facts: Facts, credit: Credit, net: int) -> str:
    words = (
        f"Credit note {credit.number} took {_money(facts, credit.amount)} with effect"
        f" from {day_words(credit.effective)}"
    )
    if credit.treatment is Treatment.REBUILD:
        net_words = _money(facts, net)
        return f"{words} (as if the line had been sold for {net_words})."
    words += " (out of deferred revenue first)"
    if credit.left is None or facts.terms.first_day is None:
        return f"{words}."
    _, last = facts.terms.service_period
    if credit.left == 0 or credit.effective > last:
        return f"{words}; nothing was left to recognize from then on."
    days = range_words(max(credit.effective, facts.terms.service_period[0]), last)
    return (
        f"{words}; the {_money(facts, credit.left)} left are spread anew over {days}."
    )


def basis(facts: Facts) -> tuple[int, Day, Day]:
    """The amount that is spread and its days, as the last credit left them."""
    first, last = facts.terms.service_period
    total = facts.terms.amount
    for credit in facts.credits:
        if credit.treatment is Treatment.REBUILD:
            total, (first, _) = total - credit.amount, facts.terms.service_period
        elif credit.left is not None:
            total, first = credit.left, max(credit.effective, first)
    return total, first, last


def _share(facts: Facts) -> list[str]:
    """The month's share, and how its days divide it."""
    if facts.terms.method is not Method.STRAIGHT_LINE or facts.story in NOT_SPREAD:
        return _own_days(facts)
    first, last = _service(facts)
    shares = shares_of(facts)
    months = [
        (part, share)
        for part, share in shares
        if part.first_day <= last and part.last_day >= first
    ]
    if len(months) != 1:
        listed = ", ".join(
            f"{_month(part.first_day)} {_money(facts, share)}"
            for part, share in months
            if part.first_day >= first and part.last_day <= last
        )
        return [f"Whole months of it: {listed}."] if listed else []
    ((part, share),) = months
    daily = daily_amount(share, part.days)
    whole = (
        f"{_month(part.first_day)} gets {_money(facts, share)} for"
        f" {_days(part.days)}{_by_day(facts, part, share, daily)}."
    )
    sentences = [whole]
    if (first, last) != (part.first_day, part.last_day):
        sentences += _own_days(facts, abs(daily), part.last_day)
    planned = _planned(part, share, first, last)
    if abs(planned) != facts.movement.amount:
        amount = _money(facts, facts.movement.amount)
        sentences.append(
            f"This movement is the difference to what was there: {amount}."
        )
    return sentences


def _planned(part: MonthPart, share: int, first: Day, last: Day) -> int:
    """The amount of some days of a month's share."""
    whole = signed_movement(
        *(Role.DEFERRED, Role.RECOGNIZED, share, daily_amount(share, part.days)),
        *(part.first_day, part.last_day),
    )
    if whole is None:
        return 0
    return amount_between(whole, max(first, part.first_day), min(last, part.last_day))


NOT_SPREAD = {Story.BURNDOWN, Story.PREPAYMENT}
"""Kinds of movements whose amounts no strategy spreads."""


def shares_of(facts: Facts) -> Sequence[tuple[MonthPart, int]]:
    """Each month's share of a straight-line amount, as the last credit left it."""
    if facts.story is Story.ACCRUAL:
        return _accrued(facts.terms)
    total, first, last = basis(facts)
    return allocate(total, first, last, facts.terms.strategy) if first <= last else []


def _accrued(terms: Terms) -> list[tuple[MonthPart, int]]:
    """Each month's part of a billing schedule's price, rounded half up (rule 2)."""
    shares = []
    first, last = terms.service_period
    for part, _ in allocate(0, first, last, Strategy.EXACT_DAYS):
        whole = (terms.months or 1) * part.days_in_month
        shares.append((part, (2 * terms.amount * part.days + whole) // (2 * whole)))
    return shares


def _by_day(facts: Facts, part: MonthPart, share: int, daily: int) -> str:
    if part.days == 1:
        return ""
    rest = share - daily * (part.days - 1)
    if rest == daily:
        return f": {_money(facts, daily)} a day"
    return (
        f": {part.days - 1} × {_money(facts, daily)}"  # noqa: RUF001  (for people)
        f" and {_money(facts, rest)} on the last"
    )


def _own_days(
    facts: Facts, daily: int | None = None, last_of_share: Day | None = None
) -> list[str]:
    """The amount of the movement's own days, which may be a part of the month's."""
    first, last = _service(facts)
    amount = _money(facts, facts.movement.amount)
    days = last - first + 1
    words = f"{range_words(first, last)}: {amount}"
    if (
        daily is not None
        and last != last_of_share
        and daily * days == (facts.movement.amount)
    ):
        times = f"{days} × {_money(facts, daily)}"  # noqa: RUF001  (for people)
        return [f"{range_words(first, last)}: {times} = {amount}."]
    return [f"{words}."]


def _side(facts: Facts) -> list[str]:
    """Why it goes through Deferred or Unbilled."""
    pair = {facts.movement.debit, facts.movement.credit}
    on = day_words(facts.accounting_date)
    if pair == {Role.DEFERRED, Role.UNBILLED}:
        return []
    if facts.story in {*NOT_SPREAD, Story.ACCRUAL}:
        return ["Not billed yet: through Unbilled."] if Role.UNBILLED in pair else []
    in_arrears = facts.terms.timing is Timing.IN_ARREARS
    if Role.UNBILLED in pair:
        before = "up to" if in_arrears else "before"
        return [f"Earned {before} the accounting date {on}: through Unbilled."]
    if Role.DEFERRED in pair:
        after = "after" if in_arrears else "on or after"
        return [f"Earned {after} the accounting date {on}: out of Deferred."]
    return []


def _billing(facts: Facts) -> list[str]:
    amount, on = _money(facts, facts.movement.amount), day_words(facts.accounting_date)
    pair = {facts.movement.debit, facts.movement.credit} - {Role.BILLED}
    words = {
        Role.UNBILLED: "was earned before that day, or accrued",
        Role.DEFERRED: "is not yet earned on that day and is deferred",
        Role.RECOGNIZED: "is earned at once",
    }
    (other,) = pair
    return [f"Billed on {on}: {amount} {words[other]}."]


def _crediting(facts: Facts) -> list[str]:
    amount = _money(facts, facts.movement.amount)
    whole = f"{_money(facts, abs(facts.terms.amount))} {facts.currency}"
    pair = {facts.movement.debit, facts.movement.credit}
    where = "deferred" if Role.DEFERRED in pair else "recognized"
    first, _ = _service(facts)
    effective = facts.terms.recognized_on
    day = day_words(first if effective is None else max(effective, first))
    rule = "out of deferred revenue first, then out of recognized"
    if facts.story is Story.REBUILT_CREDIT:
        rule = "as if the line had been sold net"
    return [
        f"Credit note {facts.document} credits {whole} with effect from {day}, {rule}.",
        f"{amount} of it concerns {where} revenue.",
    ]


def _lock(facts: Facts) -> list[str]:
    if facts.moved is None:
        return []
    moved = facts.moved
    words = (
        f"{range_words(moved.first_day, moved.last_day)} was locked (through"
        f" {day_words(moved.locked_through)}) when this was recorded, so it is posted"
        f" as one entry on {day_words(moved.posted_on)}, the first open day."
    )
    return [words]


def _change(facts: Facts) -> list[str]:
    if not facts.change:
        return []
    words = facts.change.removeprefix(", ")
    if words == "voided":
        return ["The document was voided: this takes back what was posted."]
    if words == "as revised":
        return ["The document was revised: this is what the revision changed."]
    return [f"Recorded later, {words}."]


def _month(day: Day) -> str:
    return f"{date_of(first_day_of(month_of(day))):%B %Y}"


def _days(count: int) -> str:
    return "its one day" if count == 1 else f"its {count} days"
