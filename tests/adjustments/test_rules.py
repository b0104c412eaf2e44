"""Checks of entered journals, pairing of lines, mirrors: with their numbers."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.adjustments.adjusted import Adjusted
from daybook.adjustments.checking import posting_problems, storing_problems
from daybook.adjustments.drafting import Known, draft_of
from daybook.adjustments.legs import Account, Leg
from daybook.adjustments.pairing import (
    Pair,
    changes_of,
    mirror_of,
    movement_of,
    pairs_of,
)
from daybook.adjustments.rules import (
    AdjustmentMode,
    EnteredJournal,
    Part,
    document_id,
)
from daybook.adjustments.versions import Party
from daybook.calendar import parse_day
from daybook.errors import Problem, ProblemCode
from daybook.ledger.models import Ledger
from daybook.ledger.rules import Movement, Role, Sides
from daybook_adjusting import credit, debit, entered

B, U, D, R = Role.BILLED, Role.UNBILLED, Role.DEFERRED, Role.RECOGNIZED

BAD: dict[str, tuple[EnteredJournal, list[tuple[ProblemCode, tuple[str, ...]]]]] = {
    "no narrative": (entered(narrative=" "), [(ProblemCode.MISSING, ("narrative",))]),
    "two lines of narrative": (
        entered(narrative="a\nb"),
        [(ProblemCode.INVALID_VALUE, ("narrative",))],
    ),
    "one line": (
        entered(debit(D, "1.00")),
        [(ProblemCode.MISSING, ("lines",))],
    ),
    "an amount of nothing": (
        entered(debit(D, "0.00"), credit(R, "0.00")),
        [
            (ProblemCode.INVALID_AMOUNT, ("lines", "0", "amount")),
            (ProblemCode.INVALID_AMOUNT, ("lines", "1", "amount")),
        ],
    ),
    "unbalanced": (
        entered(debit(D, "50.00"), credit(R, "40.00")),
        [(ProblemCode.UNBALANCED, ("lines",))],
    ),
    "more than an amount in all": (
        entered(
            *(debit(D, "9999999999999.99"), debit(D, "0.01")),
            *(credit(R, "9999999999999.99"), credit(R, "0.01")),
        ),
        [(ProblemCode.INVALID_AMOUNT, ("lines",))],
    ),
    "unbalanced of each customer": (
        entered(
            debit(D, "50.00", customer="cus_1"), credit(R, "50.00", customer="cus_2")
        ),
        [(ProblemCode.UNBALANCED, ("lines",)), (ProblemCode.UNBALANCED, ("lines",))],
    ),
    "an account on both sides": (
        entered(debit(R, "50.00", product="p"), credit(R, "50.00"), product="p"),
        [(ProblemCode.INVALID_VALUE, ("lines", "1"))],
    ),
    "a reversal on the day itself": (
        entered(reverses_on="2025-03-15"),
        [(ProblemCode.INVALID_DATE, ("reversesOn",))],
    ),
    "all that is missing": (
        entered(debit(D, "1.00"), narrative=""),
        [(ProblemCode.MISSING, ("narrative",)), (ProblemCode.MISSING, ("lines",))],
    ),
    "no mode": (entered(adjusts=3), [(ProblemCode.MISSING, ("mode",))]),
    "no adjusted journal": (
        entered(mode=AdjustmentMode.DIFFERENCE),
        [(ProblemCode.MISSING, ("adjusts",))],
    ),
    "lines of a reversal": (
        entered(
            *(debit(D, "1.00"), credit(R, "1.00")),
            adjusts=3,
            mode=AdjustmentMode.REVERSE,
        ),
        [(ProblemCode.INVALID_VALUE, ("lines",))],
    ),
    "everything that can't be saved": (
        entered(debit(D, "0.00"), narrative="", reverses_on="2025-01-01"),
        [
            (ProblemCode.INVALID_DATE, ("reversesOn",)),
            (ProblemCode.INVALID_AMOUNT, ("lines", "0", "amount")),
        ],
    ),
}


MIRROR = Leg(Account(D, None), is_debit=True, amount=100, customer_id=None)
KNOWN = Known(
    {3: Adjusted(3, is_manual=False, customer=None, product=None, legs=(MIRROR,))},
    {id_: Party(at, id_, id_) for at, id_ in enumerate(("cus_1", "cus_2"), 1)},
    {id_: Party(at, id_, id_) for at, id_ in enumerate(("p", "a", "b"), 1)},
)
"""What the journals above name."""


def problems_of(journal: EnteredJournal) -> list[Problem]:
    """What stands against saving a journal, or else against posting it."""
    ledger = Ledger(id=1, organisation_id=1, currency="USD")
    version, storing = draft_of(ledger, journal, KNOWN)
    assert set(storing_problems(journal)) <= set(storing)
    return [*storing] or posting_problems(version)


@pytest.mark.parametrize("name", BAD)
def test_every_problem_of_a_journal_is_named(name: str) -> None:
    journal, problems = BAD[name]

    assert [(its.code, its.path) for its in problems_of(journal)] == problems


def test_the_message_has_the_difference() -> None:
    (problem,) = problems_of(entered(debit(D, "50.00"), credit(R, "40.00")))

    assert problem.message == "debits are 10.00 more: the lines must balance"


@pytest.mark.parametrize(
    "journal",
    [
        entered(),
        entered(debit(R, "100.00", product="a"), credit(R, "100.00", product="b")),
        entered(debit(R, "100.00", product="a"), credit(R, "100.00")),
        entered(adjusts=3, mode=AdjustmentMode.REVERSE),
    ],
)
def test_a_right_journal_passes(journal: EnteredJournal) -> None:
    assert not problems_of(journal)


def leg(role: Role, amount: int, customer: int | None = None, **more: Any) -> Leg:
    """A line; credits are negative."""
    account = Account(role, more.get("product"))
    mirror = more.get("is_mirror", False)
    return Leg(account, amount > 0, abs(amount), customer, is_mirror=mirror)


def pair(debited: Role, credited: Role, amount: int) -> Pair:
    return Pair(Account(debited, None), Account(credited, None), amount)


def test_lines_are_paired_in_their_order() -> None:
    legs = [leg(D, 60), leg(R, -50), leg(B, 40), leg(U, -50)]

    assert pairs_of(legs) == {None: [pair(D, R, 50), pair(D, U, 10), pair(B, U, 40)]}


def test_each_customer_is_paired_alone() -> None:
    legs = [leg(D, 60, 2), leg(D, 40, 1), leg(R, -40, 1), leg(U, -60, 2)]

    assert pairs_of(legs) == {2: [pair(D, U, 60)], 1: [pair(D, R, 40)]}


def test_a_mirror_is_paired_in_itself() -> None:
    mirror = [leg(R, 100, is_mirror=True), leg(D, -100, is_mirror=True)]
    lines = [leg(D, 80), leg(R, -80)]

    assert pairs_of([*mirror, *lines]) == {None: [pair(R, D, 100), pair(D, R, 80)]}


def test_a_mirror_nets_what_went_both_ways() -> None:
    movements = [pair(B, D, 100), pair(D, R, 30), pair(R, D, 50), pair(D, B, 100)]

    assert mirror_of(movements, 7) == [
        leg(D, 20, 7, is_mirror=True),
        leg(R, -20, 7, is_mirror=True),
    ]


def test_a_side_names_its_product_where_it_is_not_the_journals() -> None:
    day = parse_day("2025-03-15")
    between = Pair(Account(R, 1), Account(R, 2), 100)

    movement = Movement(R, R, 100, 100, day, day)
    assert movement_of(between, day, None) == (movement, Sides(1, 2))
    assert movement_of(between, day, 1) == (movement, Sides(None, 2))


def test_documents_have_ids_of_their_own() -> None:
    assert [document_id(7, part, at) for part in Part for at in (1, 2)] == [
        *("MJ-7", "MJ-7-2", "MJ-7-REV", "MJ-7-REV-2"),
        *("MJ-7-UNDO", "MJ-7-UNDO-2", "MJ-7-REV-UNDO", "MJ-7-REV-UNDO-2"),
    ]


@st.composite
def balanced(draw: st.DrawFn) -> list[Leg]:
    """Lines of some customers that balance, with one side for each account."""
    legs: list[Leg] = []
    accounts = [Account(role, product) for role in Role for product in (None, 1, 2)]
    for customer in draw(st.sets(st.sampled_from([None, 1, 2]), min_size=1)):
        total = draw(st.integers(2, 10**6))
        some = draw(st.permutations(accounts))
        split = draw(st.integers(1, len(some) - 1))
        for side, is_debit in ((some[:split], True), (some[split:], False)):
            for account, amount in zip(
                side, _shares(draw, total, len(side)), strict=False
            ):
                legs.append(Leg(account, is_debit, amount, customer))
    return draw(st.permutations(legs))


def _shares(draw: st.DrawFn, total: int, most: int) -> list[int]:
    """Positive amounts, at most so many, that sum to the total."""
    cuts = draw(st.sets(st.integers(1, total - 1), max_size=most - 1))
    edges = [0, *sorted(cuts), total]
    return [end - start for start, end in pairwise(edges)]


@given(balanced())
def test_pairs_give_each_account_what_its_lines_say(legs: list[Leg]) -> None:
    for customer, pairs in pairs_of(legs).items():
        its = [leg for leg in legs if leg.customer_id == customer]
        assert net(pairs) == {key: net for key, net in changes_of(its).items() if net}
        assert len(pairs) < len(its)
        assert all(pair.amount > 0 and pair.debit != pair.credit for pair in pairs)


@given(balanced())
def test_a_mirror_takes_everything_back(legs: Sequence[Leg]) -> None:
    pairs = [pair for some in pairs_of(legs).values() for pair in some]

    (mirror,) = pairs_of(mirror_of(pairs, 1)).values() or [[]]

    assert net([*pairs, *mirror]) == {}
    # Its lines give the mirror's pairs again, one for each two.
    assert len(mirror) * 2 == len(mirror_of(pairs, 1))


def net(pairs: Iterable[Pair]) -> dict[Account, int]:
    """What pairs change, by account; accounts without a change are left out."""
    nets: dict[Account, int] = defaultdict(int)
    for debited, credited, amount in pairs:
        nets[debited] += amount
        nets[credited] -= amount
    return {key: amount for key, amount in nets.items() if amount}
