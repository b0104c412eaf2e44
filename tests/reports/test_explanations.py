"""How amounts came about: the figures are those of the domain rules."""

from dataclasses import replace

from daybook.calendar import parse_day
from daybook.ledger.rules import Movement, Role, cut
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import (
    Classification,
    Method,
    Terms,
    Timing,
    Treatment,
    recognize,
)
from daybook.reports.journals.explanations import Credit, Facts, explain
from daybook.reports.journals.narratives import Moved, Story
from daybook_factories import terms, usd

B, U, D, R = Role.BILLED, Role.UNBILLED, Role.DEFERRED, Role.RECOGNIZED
YEAR = ("2025-01-01", "2025-12-31")


def days(first: str, last: str) -> tuple[int, int]:
    return parse_day(first), parse_day(last)


def facts(
    its_terms: Terms,
    moved: Movement,
    *,
    accounting_date: str = "2025-01-01",
    story: Story = Story.SALE,
) -> Facts:
    """Facts with full defaults."""
    day = parse_day(accounting_date)
    return Facts("USD", moved, story, its_terms, "INV-1", day)


def in_month(its_terms: Terms, month: str, a: str = "2025-01-01") -> Movement:
    """The movement out of Deferred that a schedule has in a month."""
    first = parse_day(f"{month}-01")
    (found,) = [
        one
        for one in recognize(its_terms, parse_day(a))
        if one.debit is D and first <= one.first_day < first + 28
    ]
    return found


def test_90_in_may_is_thirty_days_of_2_90_and_3_00_on_the_last() -> None:
    period = ("2024-07-01", "2025-06-30")
    its_terms = terms("1080.00", period)
    one = facts(its_terms, in_month(its_terms, "2025-05", "2024-07-01"))

    text = explain(replace(one, lines=(usd("1200.00"), usd("-120.00"))))

    assert "1,080.00 USD in all (lines of 1,200.00 − 120.00)." in text  # noqa: RUF001
    assert "Straight line over 1 Jul 2024 – 30 Jun 2025 (365 days)" in text
    assert (
        "May 2025 gets 90.00 for its 31 days: 30 × 2.90 and 3.00 on the last."  # noqa: RUF001
        in text
    )


def test_12_000_for_a_year_invoiced_inside_it_is_told_on_both_sides() -> None:
    its_terms = terms("12000.00", YEAR, accounting_date="2025-02-10")
    february = [
        one
        for one in recognize(its_terms, parse_day("2025-02-10"))
        if one.first_day in days("2025-02-01", "2025-02-10") and one.credit is R
    ]

    before, after = (
        explain(facts(its_terms, one, accounting_date="2025-02-10")) for one in february
    )

    share = "February 2025 gets 1,000.00 for its 28 days: 27 × 35.71 and 35.83"  # noqa: RUF001
    assert share in before and share in after
    assert "1–9 Feb 2025: 9 × 35.71 = 321.39." in before  # noqa: RUF001
    assert before.endswith(
        "Earned before the accounting date 10 Feb 2025: through Unbilled."
    )
    assert "10–28 Feb 2025: 678.61." in after
    assert after.endswith(
        "Earned on or after the accounting date 10 Feb 2025: out of Deferred."
    )


def test_a_discounts_share_is_told() -> None:
    its_terms = terms("720.00", YEAR)
    one = facts(its_terms, in_month(its_terms, "2025-05"))

    text = explain(replace(one, lines=(usd("800.00"),), discount=usd("80.00")))

    assert "720.00 USD in all (800.00, less 80.00 of the invoice's discount)." in text


def test_a_reversal_tells_what_it_left_and_where_it_goes() -> None:
    its_terms = terms("12000.00", YEAR)
    left = terms("1000.00", ("2025-10-01", "2025-12-31"))
    moved = in_month(left, "2025-12", "2025-10-01")
    credit = Credit(
        "CN-1",
        Treatment.REVERSAL,
        parse_day("2025-10-01"),
        usd("2000.00"),
        left=usd("1000.00"),
    )

    text = explain(replace(facts(its_terms, moved), credits=(credit,)))

    assert (
        "Credit note CN-1 took 2,000.00 with effect from 1 Oct 2025 (out of"
        " deferred revenue first); the 1,000.00 left are spread anew over 1 Oct –"
        " 31 Dec 2025." in text
    )
    assert "December 2025 gets 333.34 for its 31 days" in text
    assert "difference" not in text


def test_a_rebuild_tells_the_net_that_was_as_if_sold() -> None:
    its_terms = terms("12000.00", YEAR)
    moved = in_month(terms("10000.00", YEAR), "2025-12")
    credit = Credit(
        "CN-1", Treatment.REBUILD, parse_day("2025-10-01"), usd("2000.00"), left=1
    )

    text = explain(replace(facts(its_terms, moved), credits=(credit,)))

    assert "(as if the line had been sold for 10,000.00)." in text
    assert "December 2025 gets 833.37 for its 31 days" in text


def test_a_lock_is_told_with_the_days_that_it_moved() -> None:
    period = ("2025-12-01", "2026-03-31")
    its_terms = terms("12000.00", period)
    day = parse_day("2026-01-01")
    caught_up = Movement(D, R, usd("3000.00"), usd("3000.00"), day, day)
    moved = Moved(*days("2025-12-01", "2025-12-31"), day, parse_day("2025-12-31"))

    one = facts(its_terms, caught_up, accounting_date="2025-12-01")
    text = explain(replace(one, moved=moved))

    assert "December 2025 gets 3,000.00 for its 31 days" in text
    assert "difference" not in text
    assert text.endswith(
        "1–31 Dec 2025 was locked (through 31 Dec 2025) when this was recorded, so it"
        " is posted as one entry on 1 Jan 2026, the first open day."
    )


def test_days_behind_a_cut_keep_their_amounts() -> None:
    its_terms = terms("1080.00", ("2025-01-01", "2025-12-31"))
    january = in_month(its_terms, "2025-01")
    rest = cut(january, *days("2025-01-16", "2025-01-31"))
    assert rest is not None

    text = explain(facts(its_terms, rest))

    assert "January 2025 gets 90.00 for its 31 days: 30 × 2.90 and 3.00" in text  # noqa: RUF001
    assert "16–31 Jan 2025: 46.50." in text


def test_a_correction_is_told_as_a_difference() -> None:
    its_terms = terms("12000.00", YEAR)
    back = Movement(R, D, usd("5.00"), usd("0.16"), *days("2025-05-01", "2025-05-31"))

    text = explain(replace(facts(its_terms, back), change=", as revised"))

    assert "This movement is the difference to what was there: 5.00." in text
    assert text.endswith("this is what the revision changed.")


def test_a_billing_schedules_part_month_is_by_its_days() -> None:
    its_terms = Terms(
        usd("600.00"),
        Method.STRAIGHT_LINE,
        Timing.IN_ARREARS,
        Strategy.DAILY_RATE_EVEN_MONTHS,
        *days("2025-01-16", "2025-04-15"),
        classification=Classification.ACCRUAL,
        months=1,
    )
    accrued = Movement(
        U, R, usd("309.68"), usd("19.36"), *days("2025-01-16", "2025-01-31")
    )

    text = explain(facts(its_terms, accrued, story=Story.ACCRUAL))

    assert "600.00 USD for each month of the schedule." in text
    assert "January 2025 gets 309.68 for its 16 days: 15 × 19.36 and 19.28" in text  # noqa: RUF001
    assert text.endswith("Not billed yet: through Unbilled.")


def test_other_methods_say_when_they_are_earned() -> None:
    day = parse_day("2025-02-14")
    moved = Movement(D, R, 60_000, 60_000, day, day)
    point = terms("600.00", None, method=Method.POINT_IN_TIME)
    milestone = replace(point, method=Method.MILESTONE, recognized_on=None)
    usage = replace(point, method=Method.USAGE, recognized_on=None)

    told = facts(milestone, moved, story=Story.MILESTONE)
    assert "Earned when milestone Go-live is reached. 14 Feb 2025: 600.00." in explain(
        replace(told, milestone="Go-live")
    )
    assert "Dated usage: each day's amount on its day." in explain(
        facts(usage, moved, story=Story.USAGE)
    )
    assert "All of it on one day, 14 Feb 2025." in explain(
        facts(replace(point, recognized_on=day), moved)
    )
    assert "paid from prepaid credits" in explain(
        facts(usage, moved, story=Story.BURNDOWN)
    )
    early = moved._replace(debit=U)
    assert "Used on 14 Feb 2025, before the prepaid credits" in explain(
        facts(usage, early, story=Story.BURNDOWN)
    )
    late = moved._replace(credit=U)
    assert explain(facts(usage, late, story=Story.BURNDOWN)).endswith(
        "pay on the day they are billed for what was used before. 14 Feb 2025: 600.00."
    )
    assert "Credits that nobody used are recognized when they expire." in explain(
        facts(point, moved, story=Story.PREPAYMENT)
    )


def test_a_credit_notes_own_entries_name_their_rule() -> None:
    day = parse_day("2025-10-01")
    credited = replace(
        terms("-5000.00", None, method=Method.POINT_IN_TIME), recognized_on=day
    )
    moved = Movement(D, B, usd("3000.00"), usd("3000.00"), day, day)

    text = explain(facts(credited, moved, story=Story.CREDIT))
    rebuilt = explain(facts(credited, moved, story=Story.REBUILT_CREDIT))

    assert text == (
        "Credit note INV-1 credits 5,000.00 USD with effect from 1 Oct 2025, out of"
        " deferred revenue first, then out of recognized. 3,000.00 of it"
        " concerns deferred revenue."
    )
    assert "as if the line had been sold net" in rebuilt


def test_the_billed_leg_says_what_it_bills() -> None:
    day = parse_day("2025-02-10")
    its_terms = terms("12000.00", YEAR)
    moved = Movement(B, U, usd("1321.39"), usd("1321.39"), day, day)

    assert explain(facts(its_terms, moved, accounting_date="2025-02-10")) == (
        "INV-1: 12,000.00 USD in all. Billed on 10 Feb 2025: 1,321.39 was earned"
        " before that day, or accrued."
    )
