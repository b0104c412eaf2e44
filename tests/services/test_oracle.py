"""The oracle by the numbers that the rules have in them, so that it can be trusted."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction

import pytest

from daybook.calendar import day_text, month_of, month_text, parse_day
from daybook.documents.rules import Document, Line
from daybook.errors import ProblemCode
from daybook.ledger.rules import Role
from daybook.money import amount_text
from daybook.recognition.rules import Method, Timing, Treatment
from daybook_books import Books
from daybook_factories import (
    billing_schedule,
    burn_down_line,
    credit_note,
    credited_line,
    invoice,
    line,
    milestone_line,
    prepayment_line,
    revise,
    terms,
    usage_line,
    usd,
    voided,
)
from daybook_family_oracle import Refused
from daybook_oracle import rounded_with_signs, scaled_parts

JANUARY = ("2025-01-01", "2025-01-31")
REBUILD = Treatment.REBUILD
ACCRUED = "2025-01 Dr Unbilled Cr Recognized"
Shown = dict[str, str]


@pytest.fixture
def books() -> Books:
    """A ledger of nothing yet."""
    return Books()


def posted(books: Books, *documents: str, by_month: bool = False) -> Shown:
    """What is posted on each day, or in each month, of some documents or of all."""
    total: Counter[tuple[str, Role, Role]] = Counter()
    for key, amount in books.postings.posted.items():
        document, _, day, debit, credit = key
        if not documents or document in documents:
            when = month_text(month_of(day)) if by_month else day_text(day)
            total[when, debit, credit] += amount
    shown = {}
    for (when, debit, credit), amount in sorted(total.items()):
        pair = (debit, credit) if amount > 0 else (credit, debit)
        if amount:
            names = [one.name.title() for one in pair]
            text = amount_text(abs(amount), "USD")
            shown[f"{when} Dr {names[0]} Cr {names[1]}"] = text
    return shown


def balances(books: Books, on: str = "9999-12-31") -> Shown:
    """The accounts after a day, each on its normal side; those of nothing left out."""
    total: Counter[Role] = Counter()
    for (*_, day, debit, credit), amount in books.postings.posted.items():
        if day_text(day) <= on:
            total[debit] += amount
            total[credit] -= amount
    return {
        role.name.title(): amount_text(
            amount if role.is_debit_normal else -amount, "USD"
        )
        for role, amount in sorted(total.items())
        if amount
    }


def accruing(period: tuple[str, str] = JANUARY) -> Document:
    """The schedule of 600.00 a month."""
    return billing_schedule("bs_1", "600.00", period)


def part(
    amount: str,
    period: tuple[str, str] = JANUARY,
    *,
    id_: str = "1",
    a: str = "2025-02-01",
    timing: Timing | None = None,
) -> Line:
    """A straight line of the schedule's product."""
    its_terms = terms(amount, period, accounting_date=a, timing=timing)
    return line(id_, its_terms=its_terms)


def billed(*lines: Line, id_: str = "inv_1", a: str = "2025-02-01") -> Document:
    """An invoice of the schedule."""
    return invoice(id_, *lines, accounting_date=a, billing_schedule_id="bs_1")


def credited(
    amount: str, day: str, treatment: Treatment = REBUILD, *, id_: str = "cn_1"
) -> Document:
    """A credit note on the invoice's line 1."""
    note = credit_note(id_, credited_line(amount), accounting_date=day)
    return replace(note, treatment=treatment)


def lock(books: Books, through: str | None) -> None:
    """Lock through a day, or unlock."""
    books.lock(None if through is None else parse_day(through))


def test_an_invoice_inside_its_period_does_both(books: Books) -> None:
    books.record(
        invoice(
            "inv_1",
            line(its_terms=terms("12,000.00")),
            accounting_date="2025-02-10",
        )
    )

    days = posted(books)
    assert days["2025-02-10 Dr Billed Cr Unbilled"] == "1321.39"
    assert days["2025-02-10 Dr Billed Cr Deferred"] == "10678.61"


def test_a_schedule_accrues_by_whole_and_part_months(books: Books) -> None:
    books.record(accruing(("2025-01-16", "2025-04-15")))

    months = posted(books, by_month=True)
    assert list(months.values()) == ["309.68", "600.00", "600.00", "300.00"]


@pytest.mark.parametrize(
    ("amount", "legs"),
    [
        ("600.00", {"Dr Billed Cr Unbilled": "600.00"}),
        (
            "620.00",
            {"Dr Billed Cr Unbilled": "600.00", "Dr Billed Cr Recognized": "20.00"},
        ),
        (
            "580.00",
            {"Dr Billed Cr Unbilled": "580.00", "Dr Recognized Cr Unbilled": "20.00"},
        ),
        ("0.00", {"Dr Recognized Cr Unbilled": "600.00"}),
        (
            "-50.00",
            {"Dr Recognized Cr Billed": "50.00", "Dr Recognized Cr Unbilled": "600.00"},
        ),
    ],
)
def test_its_invoice_bills_what_was_accrued_and_the_difference(
    books: Books, amount: str, legs: Shown
) -> None:
    books.record(accruing(), billed(part(amount)))

    assert posted(books, "inv_1") == {
        f"2025-02-01 {pair}": one for pair, one in legs.items()
    }
    assert posted(books, "bs_1", by_month=True) == {ACCRUED: "600.00"}


NOTHING = {
    "amount": billed(part("0.00")),
    "discount": replace(billed(part("600.00")), discount=usd("600.00")),
    "group": billed(part("600.00"), replace(part("-600.00", id_="2"), group="1")),
}


@pytest.mark.parametrize("name", NOTHING)
def test_what_nets_to_zero_meets_the_accruals(books: Books, name: str) -> None:
    books.record(accruing(), NOTHING[name])

    assert posted(books, "inv_1") == {"2025-02-01 Dr Recognized Cr Unbilled": "600.00"}
    assert balances(books) == {}


def test_a_revision_to_nothing_takes_the_accrual_back(books: Books) -> None:
    books.record(accruing(), billed(part("600.00")))

    books.record(billed(part("0.00")))

    assert posted(books, "inv_1") == {"2025-02-01 Dr Recognized Cr Unbilled": "600.00"}


def test_nothing_against_a_part_of_the_accrual(books: Books) -> None:
    day = "2025-01-16"
    books.record(accruing(), billed(part("0.00", a=day), a=day))

    assert posted(books, "inv_1") == {"2025-01-16 Dr Recognized Cr Unbilled": "290.25"}
    assert balances(books) == {}


def test_lines_are_compared_together(books: Books) -> None:
    other = part("-100.00", ("2025-01-16", "2025-01-31"), id_="2")

    books.record(accruing(), billed(part("600.00"), other))

    assert posted(books, "inv_1") == {
        "2025-02-01 Dr Billed Cr Unbilled": "500.00",
        "2025-02-01 Dr Recognized Cr Unbilled": "100.00",
    }
    assert posted(books, "bs_1", by_month=True) == {ACCRUED: "600.00"}


def test_lines_are_compared_together_inside_the_period(books: Books) -> None:
    day = "2025-01-16"
    lines = [
        part("600.00", a=day, timing=Timing.IN_ADVANCE),
        part("-100.00", id_="2", a=day, timing=Timing.IN_ADVANCE),
    ]

    books.record(accruing(), billed(*lines, a=day))

    days = posted(books, "inv_1")
    # Earned 290.25 and -48.45.
    assert days["2025-01-16 Dr Billed Cr Unbilled"] == "241.80"
    assert days["2025-01-16 Dr Recognized Cr Unbilled"] == "48.45"
    assert days["2025-01-16 Dr Billed Cr Deferred"] == "258.20"
    assert balances(books) == {"Billed": "500.00", "Recognized": "500.00"}


def test_a_second_invoice_for_the_same_days_is_all_difference(books: Books) -> None:
    second = billed(part("50.00"), id_="inv_2", a="2025-02-10")

    books.record(accruing(), billed(part("600.00")), second)

    assert posted(books, "inv_2") == {"2025-02-10 Dr Billed Cr Recognized": "50.00"}


def test_a_void_leaves_the_other_all_difference(books: Books) -> None:
    first, second = billed(part("600.00")), billed(part("50.00"), id_="inv_2")
    books.record(accruing(), first, second)

    books.record(voided(first))

    assert balances(books) == {
        "Billed": "50.00",
        "Unbilled": "600.00",
        "Recognized": "650.00",
    }

    books.record(billed(part("600.00"), id_="inv_3"))

    assert posted(books, "inv_3") == {"2025-02-01 Dr Billed Cr Unbilled": "600.00"}
    assert balances(books) == {"Billed": "650.00", "Recognized": "650.00"}


def test_the_days_of_a_line_that_was_left_out_stay_difference(books: Books) -> None:
    february = ("2025-02-01", "2025-02-28")
    both = billed(part("600.00"), part("600.00", february, id_="2"), a="2025-03-01")
    books.record(accruing(("2025-01-01", "2025-02-28")), both)
    books.record(billed(part("50.00", february), id_="inv_2", a="2025-03-01"))

    books.record(billed(part("600.00"), a="2025-03-01"))

    assert balances(books) == {
        "Billed": "650.00",
        "Unbilled": "600.00",
        "Recognized": "1250.00",
    }


@pytest.mark.parametrize("amounts", [["600.00"], ["400.00", "200.00"]])
def test_crediting_all_of_its_invoice_by_rebuild(
    books: Books, amounts: list[str]
) -> None:
    books.record(accruing(), billed(part("600.00")))

    for at, amount in enumerate(amounts):
        books.record(credited(amount, f"2025-02-1{at}", id_=f"cn_{at}"))

    assert balances(books) == {}
    first = {"2025-02-10 Dr Recognized Cr Billed": amounts[0]}
    assert posted(books, "cn_0") == first


@pytest.mark.parametrize("amount", ["600.00", "599.99", "100.00"])
@pytest.mark.parametrize("treatment", Treatment)
@pytest.mark.parametrize("a", ["2025-01-16", "2025-02-01"])
def test_credits_of_any_size_end_with_the_net_recognized(
    books: Books, a: str, treatment: Treatment, amount: str
) -> None:
    # The schedule has the second half of January only.
    books.record(accruing(("2025-01-10", "2025-01-31")))
    books.record(billed(part("600.00", a=a), a=a))

    books.record(credited(amount, "2025-01-20", treatment))

    whole = balances(books)
    assert {"Deferred", "Unbilled"}.isdisjoint(whole)
    assert whole.get("Billed") == whole.get("Recognized")
    left = usd("600.00") - usd(amount)
    assert usd(whole.get("Billed", "0.00")) == left


def test_crediting_the_second_invoice_for_the_same_days(books: Books) -> None:
    books.record(accruing(), billed(part("600.00"), id_="inv_0"))
    books.record(billed(part("50.00"), a="2025-02-10"))

    books.record(credited("50.00", "2025-02-20"))

    assert posted(books, "cn_1") == {"2025-02-20 Dr Recognized Cr Billed": "50.00"}


def used(id_: str, group: str | None = None, **days: str) -> Line:
    """Usage of early 2025, by month and day: `d0110="100.00"`."""
    dated = {f"2025-{day[1:3]}-{day[3:]}": one for day, one in days.items()}
    whole = sum(usd(one) for one in dated.values())
    amount = amount_text(whole, "USD")
    period = ("2025-01-01", "2025-02-28")
    return usage_line(id_, amount, period, usage=dated, group=group)


def undated(id_: str, amount: str, group: str | None = None) -> Line:
    """Usage of the same period without days."""
    return usage_line(id_, amount, ("2025-01-01", "2025-02-28"), group=group)


MIXED = (used("1", d0110="100.00", d0210="100.00"), used("2", "1", d0120="-40.00"))


def test_dated_usage_stands_on_its_own_days(books: Books) -> None:
    books.record(invoice("inv_1", *MIXED, accounting_date="2025-03-01"))

    months = posted(books, by_month=True)
    assert months["2025-01 Dr Unbilled Cr Recognized"] == "60.00"
    assert months["2025-02 Dr Unbilled Cr Recognized"] == "100.00"


def test_undated_usage_stands_on_the_day_of_its_timing(books: Books) -> None:
    lines = [*MIXED, undated("3", "30.00", "1"), undated("4", "-10.00", "1")]

    books.record(invoice("inv_1", *lines, accounting_date="2025-03-01"))

    # 100 - 40 + 100 + 30 = 190.00 for 180.00.
    assert {key: one for key, one in posted(books).items() if "Unb" in key} == {
        "2025-01-10 Dr Unbilled Cr Recognized": "94.74",
        "2025-01-20 Dr Recognized Cr Unbilled": "37.89",
        "2025-02-10 Dr Unbilled Cr Recognized": "94.74",
        "2025-02-28 Dr Unbilled Cr Recognized": "28.41",
        "2025-03-01 Dr Billed Cr Unbilled": "180.00",
    }


def test_a_group_of_days_that_nets_to_zero_posts_its_days(books: Books) -> None:
    lines = [used("1", d0110="40.00"), used("2", "1", d0120="-40.00")]

    books.record(invoice("inv_1", *lines, accounting_date="2025-03-01"))

    assert posted(books) == {
        "2025-01-10 Dr Unbilled Cr Recognized": "40.00",
        "2025-01-20 Dr Recognized Cr Unbilled": "40.00",
    }


def test_a_burn_down_pays_positive_days_the_earliest_first(books: Books) -> None:
    books.record(invoice("pre", prepayment_line("500.00")))
    dated = used("1", d0110="100.00", d0210="100.00")

    books.record(
        invoice(
            "inv_1",
            dated,
            burn_down_line("60.00", dated),
            accounting_date="2025-03-01",
        )
    )

    days = posted(books, "inv_1")
    assert days == {
        "2025-01-10 Dr Deferred Cr Recognized": "60.00",
        "2025-01-10 Dr Unbilled Cr Recognized": "40.00",
        "2025-02-10 Dr Unbilled Cr Recognized": "100.00",
        "2025-03-01 Dr Billed Cr Unbilled": "140.00",
    }


def test_a_burn_down_leaves_negative_days_alone(books: Books) -> None:
    books.record(invoice("pre", prepayment_line("500.00")))
    lines = [*MIXED, burn_down_line("150.00", MIXED[0])]

    books.record(invoice("inv_1", *lines, accounting_date="2025-03-01"))

    assert posted(books, "inv_1") == {
        "2025-01-10 Dr Deferred Cr Recognized": "100.00",
        "2025-01-20 Dr Recognized Cr Unbilled": "40.00",
        "2025-02-10 Dr Deferred Cr Recognized": "50.00",
        "2025-02-10 Dr Unbilled Cr Recognized": "50.00",
        "2025-03-01 Dr Billed Cr Unbilled": "10.00",
    }


def test_usage_100_burn_down_60(books: Books) -> None:
    books.record(invoice("pre", prepayment_line("500.00")))
    usage = usage_line("1", "100.00", JANUARY)
    burning = burn_down_line("60.00", usage)

    books.record(invoice("inv_1", usage, burning, accounting_date="2025-02-01"))

    assert balances(books) == {
        "Billed": "540.00",
        "Deferred": "440.00",
        "Recognized": "100.00",
    }
    more = burn_down_line("440.01", replace(usage, amount=usd("500.00")))
    with pytest.raises(Refused) as refused:
        books.record(invoice("inv_2", usage, more, accounting_date="2025-02-01"))
    assert refused.value.code is ProblemCode.GRANT_EXCEEDED


def test_a_negative_deferred_counts_as_nothing(books: Books) -> None:
    lines = [used("1", d0110="100.00"), used("2", "1", d0120="-40.00")]
    books.record(invoice("inv_1", *lines))

    books.record(credited("30.00", "2025-01-15", Treatment.REVERSAL))

    assert posted(books, "cn_1") == {"2025-01-15 Dr Recognized Cr Billed": "30.00"}
    assert posted(books, "inv_1")["2025-01-20 Dr Recognized Cr Deferred"] == "40.00"


def test_a_credit_of_future_usage_keeps_the_sign_of_each_day(books: Books) -> None:
    books.record(invoice("inv_1", *MIXED))

    books.record(credited("30.00", "2025-01-15", Treatment.REVERSAL))

    days = posted(books, "inv_1")
    assert days["2025-01-20 Dr Recognized Cr Deferred"] == "20.00"
    assert days["2025-02-10 Dr Deferred Cr Recognized"] == "50.00"


def test_a_discount_is_shared_the_residual_to_the_largest(books: Books) -> None:
    lines = [
        line("1", product="a", its_terms=terms("800.00")),
        line("2", product="b", its_terms=terms("200.00")),
    ]
    books.record(replace(invoice("inv_1", *lines), discount=usd("100.00")))

    legs = {
        product: amount
        for (_, product, _, debit, _), amount in books.postings.posted.items()
        if debit is Role.BILLED
    }
    assert legs == {"a": usd("720.00"), "b": usd("180.00")}


def test_lines_of_a_group_net(books: Books) -> None:
    lines = [line("1"), line("2", its_terms=terms("-120.00"), group="1")]

    books.record(invoice("inv_1", *lines))

    assert balances(books) == {"Billed": "1080.00", "Recognized": "1080.00"}


@pytest.mark.parametrize(
    ("total", "exact", "shares"),
    [
        (80, [(80 * 30, 100), (80 * 70, 100)], [24, 56]),
        # Halves go up by their magnitude.
        (5, [(5, 2), (-5, 2), (5, 1)], [3, -3, 5]),
        # The last would be -1: the others are truncated.
        (2, [(3, 5), (3, 5), (3, 5), (1, 5)], [0, 0, 0, 2]),
        # Truncated, the last would still be -1: each side for itself.
        (
            -1,
            [(one, 10) for one in (6, 6, 5, -9, -9, -9, -1, 1)],
            [0, 0, 0, -1, -1, -1, 0, 2],
        ),
    ],
)
def test_the_rounding_rule_for_both_signs(
    total: int, exact: list[tuple[int, int]], shares: list[int]
) -> None:
    assert rounded_with_signs(total, [Fraction(*share) for share in exact]) == shares


def test_scaling_keeps_what_is_nothing() -> None:
    assert scaled_parts([(1, 30), (None, 0), (2, 70)], 10) == [
        (1, 3),
        (None, 0),
        (2, 7),
    ]
    assert scaled_parts([(1, 30), (2, -30)], 0) == [(1, 30), (2, -30)]
    assert scaled_parts([(1, 30), (2, -20)], 0) == [(1, 0), (2, 0)]


YEARLY = invoice("inv_1", line(its_terms=terms("12,000.00")))


@pytest.mark.parametrize(
    ("amount", "legs", "rest"),
    [
        (
            "5,000.00",
            {"Dr Deferred Cr Billed": "3000.00", "Dr Recognized Cr Billed": "2000.00"},
            [],
        ),
        ("2,000.00", {"Dr Deferred Cr Billed": "2000.00"}, ["333.33"] * 2 + ["333.34"]),
    ],
)
def test_a_reversal(books: Books, amount: str, legs: Shown, rest: list[str]) -> None:
    books.record(YEARLY)

    books.record(credited(amount, "2025-10-01", Treatment.REVERSAL))

    assert posted(books, "cn_1") == {
        f"2025-10-01 {pair}": one for pair, one in legs.items()
    }
    months = posted(books, "inv_1", by_month=True)
    assert [one for key, one in months.items() if key >= "2025-10"] == rest


def test_a_rebuild(books: Books) -> None:
    books.record(YEARLY)

    books.record(credited("2,000.00", "2025-10-01"))

    assert posted(books, "cn_1") == {
        "2025-10-01 Dr Recognized Cr Billed": "1500.03",
        "2025-10-01 Dr Deferred Cr Billed": "499.97",
    }
    months = posted(books, "inv_1", by_month=True)
    assert list(months.values())[-3:] == ["833.33", "833.33", "833.37"]
    assert balances(books) == {"Billed": "10000.00", "Recognized": "10000.00"}


@pytest.mark.parametrize("treatment", Treatment)
def test_in_arrears_after_billing(books: Books, treatment: Treatment) -> None:
    books.record(invoice("inv_1", part("600.00"), accounting_date="2025-02-01"))

    books.record(credited("200.00", "2025-02-10", treatment))

    assert posted(books, "cn_1") == {"2025-02-10 Dr Recognized Cr Billed": "200.00"}
    assert balances(books) == {"Billed": "400.00", "Recognized": "400.00"}


@pytest.mark.parametrize(
    ("method", "leg"),
    [
        (Method.POINT_IN_TIME, "Dr Recognized Cr Billed"),
        (Method.STRAIGHT_LINE, "Dr Deferred Cr Billed"),
    ],
)
def test_a_credit_without_a_parent(books: Books, method: Method, leg: str) -> None:
    on = "2025-01-01" if method is Method.POINT_IN_TIME else None
    its_terms = terms("31.00", JANUARY, method=method, recognized_on=on)
    note = credit_note(
        "cn_1",
        line(its_terms=its_terms),
        invoice_id=None,
        accounting_date="2025-01-01",
    )

    books.record(note)

    assert posted(books)[f"2025-01-01 {leg}"] == "31.00"
    assert balances(books) == {"Billed": "-31.00", "Recognized": "-31.00"}


def test_a_lock_moves_days_and_the_billed_leg(books: Books) -> None:
    lock(books, "2025-12-31")
    winter = line(its_terms=terms("12,000.00", ("2025-12-01", "2026-03-31")))

    books.record(invoice("inv_1", winter, accounting_date="2025-12-01"))

    days = posted(books)
    assert days["2026-01-01 Dr Billed Cr Deferred"] == "12000.00"
    assert days["2026-01-01 Dr Deferred Cr Recognized"] == "3096.77"
    assert min(days) == "2026-01-01 Dr Billed Cr Deferred"


def test_a_credit_is_not_posted_before_its_invoice(books: Books) -> None:
    year = line(its_terms=terms("1,200.00", ("2025-07-01", "2026-06-30")))
    lock(books, "2025-07-31")
    books.record(invoice("inv_1", year, accounting_date="2025-07-01"))
    lock(books, "2025-06-30")

    books.record(credited("300.00", "2025-07-10", Treatment.REVERSAL))

    # July is recognized by then: 1,100.00 less 300.00 over eleven months.
    assert posted(books, "cn_1") == {"2025-08-01 Dr Deferred Cr Billed": "300.00"}
    months = posted(books, "inv_1", by_month=True)
    assert months["2025-08 Dr Deferred Cr Recognized"] == "172.73"
    assert balances(books) == {"Billed": "900.00", "Recognized": "900.00"}
    assert balances(books, "2025-07-31") == {}


def test_a_milestone_is_not_posted_before_its_invoice(books: Books) -> None:
    lock(books, "2025-01-31")
    books.record(invoice("inv_1", milestone_line(("m", "600.00", None))))
    lock(books, None)

    books.record(invoice("inv_1", milestone_line(("m", "600.00", "2025-01-15"))))

    assert posted(books) == {
        "2025-02-01 Dr Billed Cr Deferred": "600.00",
        "2025-02-01 Dr Deferred Cr Recognized": "600.00",
    }
    assert "2025-01-15" in {day_text(key[2]) for key in books.postings.serviced}


def test_a_burn_down_is_not_posted_before_its_grant(books: Books) -> None:
    lock(books, "2025-01-31")
    books.record(invoice("pre", prepayment_line("500.00")))
    lock(books, None)
    usage = usage_line("1", "100.00", JANUARY, usage={"2025-01-10": "100.00"})
    burning = burn_down_line("60.00", usage)

    books.record(invoice("inv_1", usage, burning, accounting_date="2025-01-31"))

    assert posted(books, "inv_1") == {
        "2025-01-10 Dr Unbilled Cr Recognized": "40.00",
        "2025-01-31 Dr Billed Cr Unbilled": "40.00",
        "2025-02-01 Dr Deferred Cr Recognized": "60.00",
    }


def test_a_revision_is_not_posted_before_its_invoice(books: Books) -> None:
    lock(books, "2025-01-31")
    first = invoice("inv_1", used("1", d0120="100.00"))
    books.record(first)
    lock(books, None)

    earlier = used("1", d0110="50.00", d0120="100.00")
    books.record(revise(first, earlier, accounting_date="2025-01-05"))

    assert posted(books) == {
        "2025-02-01 Dr Billed Cr Deferred": "150.00",
        "2025-02-01 Dr Deferred Cr Recognized": "150.00",
    }


def test_a_completed_milestone_that_opens_again_is_mirrored(books: Books) -> None:
    books.record(invoice("inv_1", milestone_line(("m", "600.00", "2025-02-14"))))
    lock(books, "2025-02-28")

    books.record(invoice("inv_1", milestone_line(("m", "600.00", None))))

    assert posted(books) == {
        "2025-01-01 Dr Billed Cr Deferred": "600.00",
        "2025-02-14 Dr Deferred Cr Recognized": "600.00",
        "2025-03-01 Dr Recognized Cr Deferred": "600.00",
    }


def test_a_void_mirrors_what_is_posted(books: Books) -> None:
    books.record(YEARLY)
    lock(books, "2025-03-31")

    books.record(voided(YEARLY))

    days = posted(books)
    assert days["2025-04-01 Dr Deferred Cr Billed"] == "12000.00"
    assert days["2025-04-01 Dr Recognized Cr Deferred"] == "3000.00"
    assert max(days) < "2025-04-02"


def test_an_invoice_with_credits_is_not_voided(books: Books) -> None:
    note = credited("1.00", "2025-02-01")
    books.record(YEARLY, note)

    with pytest.raises(Refused) as refused:
        books.record(voided(YEARLY))

    assert refused.value.code is ProblemCode.IN_USE
    books.record(voided(note), voided(YEARLY))
    assert balances(books) == {}
