"""Which schedules documents make: groups, scaled parts, burn-downs, discounts."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import parse_day
from daybook.documents.rules import (
    CustomerDetails,
    Document,
    Line,
    Milestone,
    ProductDetails,
)
from daybook.documents.schedule_groups import Group, groups_of, pay, spread_discount
from daybook.ledger.rules import SourceKind
from daybook.recognition.rules import Classification, Method, Part, Terms, Timing

MARCH = (parse_day("2025-03-01"), parse_day("2025-03-31"))
DAY = MARCH[0]
PRODUCT = ProductDetails("p", "P")


def line(  # noqa: PLR0913  (a line's own fields)
    id_: str,
    amount: int,
    method: Method = Method.STRAIGHT_LINE,
    *,
    group: str | None = None,
    parts: tuple[Part, ...] = (),
    classification: Classification = Classification.EARNED,
    milestones: tuple[Milestone, ...] = (),
    grant: str | None = None,
) -> Line:
    point = MARCH[1] if method is Method.USAGE and not parts else None
    terms = Terms(
        amount,
        method,
        Timing.IN_ARREARS,
        first_day=MARCH[0],
        last_day=MARCH[1],
        recognized_on=point,
        parts=parts,
        classification=classification,
    )
    return Line(
        id_,
        amount,
        product=PRODUCT,
        terms=terms,
        group=group,
        milestones=milestones,
        grant=grant,
    )


def usage(
    id_: str, *parts: tuple[int, int], group: str | None = None, amount: int = 0
) -> Line:
    days = tuple(Part(DAY + at, share) for at, share in parts)
    total = sum(share for _, share in parts) if parts else amount
    return line(id_, total, Method.USAGE, group=group, parts=days)


def burn_down(amount: int, group: str = "1", grant: str | None = None) -> Line:
    return line(
        "b",
        -amount,
        Method.USAGE,
        group=group,
        classification=Classification.BURNDOWN,
        grant=grant,
    )


def groups(
    *lines: Line, discount: int = 0, kind: SourceKind = SourceKind.INVOICE
) -> list[Group]:
    return groups_of(
        Document(
            kind,
            "d",
            "d",
            "USD",
            CustomerDetails("c", "C", "C"),
            DAY,
            DAY,
            lines,
            discount=discount,
        )
    )


def test_lines_of_a_group_net_into_one_schedule() -> None:
    one, other = groups(line("1", 120_000), line("2", 5), line("3", -12_000, group="1"))

    assert (one.key, one.positions, one.terms.amount) == ("1", (0, 2), 108_000)
    assert (other.key, other.positions, other.terms.amount) == ("2", (1,), 5)


def test_the_line_that_a_group_is_named_after_leads_it() -> None:
    leading = replace(line("2", 100), product=ProductDetails("p", "Its name"))

    (group,) = groups(line("1", -10, group="2"), leading)

    assert (group.key, group.positions) == ("2", (0, 1))
    assert group.product.name == "Its name"


def test_a_negative_line_without_a_group_stands_alone() -> None:
    assert [group.terms.amount for group in groups(line("1", 5), line("2", -5))] == [
        5,
        -5,
    ]


def test_dated_usage_is_scaled_to_the_net() -> None:
    (group,) = groups(usage("1", (0, 30), (1, 70)), usage("2", group="1", amount=-20))

    assert group.terms.parts == (Part(DAY, 24), Part(DAY + 1, 56))
    assert group.terms.recognized_on is None


def test_a_line_without_dates_is_used_on_its_own_day_beside_dated_usage() -> None:
    (group,) = groups(usage("1", amount=90), usage("2", (3, 10), group="1"))

    assert group.terms.parts == (Part(DAY + 3, 10), Part(MARCH[1], 90))
    assert group.terms.recognized_on is None


def test_a_correction_of_a_day_is_part_of_the_day() -> None:
    (group,) = groups(usage("1", (0, 30), (1, 70)), usage("2", (1, -20), group="1"))

    assert group.terms.parts == (Part(DAY, 30), Part(DAY + 1, 50))


def test_a_correction_stands_on_its_own_day() -> None:
    # Rule 2: 100 and 100, less 40 in between.
    (group,) = groups(usage("1", (0, 100), (9, 100)), usage("2", (5, -40), group="1"))

    assert group.terms.amount == 160
    assert group.terms.parts == (Part(DAY, 100), Part(DAY + 5, -40), Part(DAY + 9, 100))


def test_corrections_that_net_to_nothing_stay_on_their_days() -> None:
    (group,) = groups(usage("1", (0, 100)), usage("2", (5, -100), group="1"))

    assert group.terms.amount == 0
    assert group.terms.parts == (Part(DAY, 100), Part(DAY + 5, -100))


def test_a_negative_line_without_dates_scales_the_others() -> None:
    # 160 become 80: each day keeps its sign.
    (group,) = groups(
        usage("1", (0, 100), (9, 100)),
        usage("2", (5, -40), group="1"),
        usage("3", amount=-80, group="1"),
    )

    assert group.terms.parts == (Part(DAY, 50), Part(DAY + 5, -20), Part(DAY + 9, 50))


def test_a_burn_down_pays_positive_days_the_earliest_first() -> None:
    # Rule 2: usage 100 and 100, burn-down 60; corrections are not paid for.
    first = usage("1", (0, 100), (9, 100))
    burning = line(
        "3",
        -60,
        Method.USAGE,
        group="1",
        classification=Classification.BURNDOWN,
    )

    (group,) = groups(first, usage("2", (5, -40), group="1"), burning)

    ((_, _, paid),) = group.burn_downs
    assert paid.parts == (Part(DAY, 60),)
    assert group.terms.amount == 100
    assert group.terms.parts == (Part(DAY, 40), Part(DAY + 5, -40), Part(DAY + 9, 100))


def milestones(*amounts: int) -> tuple[Milestone, ...]:
    return tuple(Milestone(f"m{at}", "M", one, None) for at, one in enumerate(amounts))


def project(id_: str, *amounts: int, group: str | None = None, net: int = 0) -> Line:
    parts = tuple(Part(None, amount) for amount in amounts)
    return line(
        id_,
        sum(amounts) if amounts else net,
        Method.MILESTONE,
        group=group,
        parts=parts,
        milestones=milestones(*amounts),
    )


def test_milestones_keep_their_places_whatever_they_come_to() -> None:
    (less,) = groups(project("1", 60, 0, 40), project("2", group="1", net=-10))
    (nothing,) = groups(project("1", 60, 40), project("2", group="1", net=-100))

    assert [part.amount for part in less.terms.parts] == [54, 0, 36]
    assert [milestone.id for milestone in less.milestones] == ["m0", "m1", "m2"]
    assert [part.amount for part in nothing.terms.parts] == [0, 0]
    assert len(nothing.milestones) == 2


def test_a_discount_scales_milestones_and_usage() -> None:
    one, other = groups(
        project("1", 60, 40), usage("2", (0, 50), (1, 50)), discount=200
    )

    assert [part.amount for part in one.terms.parts] == [0, 0]
    assert (other.terms.amount, other.terms.parts) == (0, ())


def test_a_discount_is_spread_over_positive_nets_pro_rata() -> None:
    one, other, negative = groups(
        line("1", 80_000), line("2", 20_000), line("3", -500), discount=10_000
    )

    assert (one.terms.amount, other.terms.amount) == (72_000, 18_000)
    assert negative.terms.amount == -500


def test_the_residual_of_a_discount_goes_to_the_first_of_the_largest() -> None:
    assert spread_discount(100, [10, 300, 300, 300]) == [1, 33, 33, 33]
    assert spread_discount(100, [300, 300, 300]) == [34, 33, 33]
    assert spread_discount(0, []) == []


def test_a_residual_turns_no_amount_round() -> None:
    assert spread_discount(5, [1] * 10) == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
    assert spread_discount(4, [1] * 10) == [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]


nets = st.lists(
    st.integers(-5, 5) | st.integers(-(10**9), 10**9), min_size=1, max_size=8
)


@given(nets, st.integers(0, 10**6))
def test_shares_of_a_discount_sum_to_it_and_turn_nothing_round(
    several: list[int], per_million: int
) -> None:
    whole = sum(one for one in several if one > 0)
    discount = whole * per_million // 10**6

    shares = spread_discount(discount, several)

    assert sum(shares) == discount
    for share, net in zip(shares, several, strict=True):
        assert 0 <= share <= max(net, 0)


days = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 10**6)), min_size=1, max_size=8
)


@given(days, days, st.integers(-(10**6), 10**6))
def test_scaled_parts_have_the_nets_sign_and_sum_to_it(
    first: list[tuple[int, int]], second: list[tuple[int, int]], rest: int
) -> None:
    lines = [
        usage("1", *first),
        usage("2", *second, group="1"),
        usage("3", group="1", amount=rest),
    ]

    (group,) = groups(*lines)

    net = sum(one.amount for one in lines)
    assert group.terms.amount == net
    if net > 0:
        assert sum(part.amount for part in group.terms.parts) == net
        assert all(part.amount >= 0 for part in group.terms.parts)


def test_a_burn_down_pays_the_earliest_days_first() -> None:
    (group,) = groups(usage("1", (5, 40), (2, 60)), burn_down(70, grant="cg_1"))

    (paid,) = group.burn_downs
    assert (paid.position, paid.grant) == (1, "cg_1")
    assert paid.terms.classification is Classification.BURNDOWN
    assert paid.terms.parts == (Part(DAY + 2, 60), Part(DAY + 5, 10))
    assert (group.terms.amount, group.terms.parts) == (30, (Part(DAY + 5, 30),))


def test_usage_without_days_is_paid_on_its_day() -> None:
    (group,) = groups(usage("1", amount=100), burn_down(60), burn_down(40))

    first, second = (down.terms for down in group.burn_downs)
    assert first.parts == (Part(MARCH[1], 60),)
    assert second.parts == (Part(MARCH[1], 40),)
    assert (group.terms.amount, group.terms.parts) == (0, ())


@given(days, st.integers(0, 10**6))
def test_what_a_grant_pays_and_what_is_left_is_the_usage(
    parts: list[tuple[int, int]], per_million: int
) -> None:
    terms = usage("1", *parts).terms
    assert terms is not None
    amount = terms.amount * per_million // 10**6

    paid, left = pay(terms, amount)

    assert (paid.amount, left.amount) == (amount, terms.amount - amount)
    for one in (paid, left):
        assert sum(part.amount for part in one.parts) == one.amount
    last_paid = max((part.day or 0 for part in paid.parts), default=0)
    assert all((part.day or 0) >= last_paid for part in left.parts)


def test_a_prepayment_makes_its_grant() -> None:
    (group,) = groups(
        line("1", 500, classification=Classification.PREPAYMENT, grant="cg_1")
    )

    assert group.grant == "cg_1"
    assert group.terms.classification is Classification.PREPAYMENT


def test_a_credit_notes_schedules_are_negative() -> None:
    one, other = groups(
        line("1", 500),
        usage("2", (0, 5), (1, 7)),
        kind=SourceKind.CREDIT_NOTE,
    )

    assert (one.terms.amount, other.terms.amount) == (-500, -12)
    assert other.terms.parts == (Part(DAY, -5), Part(DAY + 1, -7))


def test_credits_of_an_invoices_lines_make_no_schedule_here() -> None:
    assert groups(Line("1", 5, invoice_line_id="1"), kind=SourceKind.CREDIT_NOTE) == []
