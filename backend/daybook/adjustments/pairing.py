"""From the lines of a manual journal to movements, and a journal's mirror. Pure.

Lines of one customer are paired in their order: the first debit with the first credit,
as far as either reaches, and so on. The lines that mirror an adjusted journal are
paired among themselves.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from daybook.adjustments.legs import Account, Leg
from daybook.calendar import Day
from daybook.ledger.rules import Movement, Sides


class Pair(NamedTuple):
    """`amount` goes from `credit` to `debit`."""

    debit: Account
    credit: Account
    amount: int

    def exchanged(self) -> "Pair":
        """The mirror: debit and credit exchanged."""
        return Pair(self.credit, self.debit, self.amount)


ByCustomer: TypeAlias = dict[int | None, list[Pair]]
"""Pairs of each customer, in the order in which customers first appear."""


def pairs_of(legs: Sequence[Leg]) -> ByCustomer:
    """Pair the lines of each customer, in their order; they balance."""
    by_customer: dict[int | None, list[Leg]] = {}
    for leg in legs:
        by_customer.setdefault(leg.customer_id, []).append(leg)
    return {
        customer_id: [
            *_paired([leg for leg in its if leg.is_mirror]),
            *_paired([leg for leg in its if not leg.is_mirror]),
        ]
        for customer_id, its in by_customer.items()
    }


def _paired(legs: Sequence[Leg]) -> Iterator[Pair]:
    debits = [leg for leg in legs if leg.is_debit]
    credits_ = [leg for leg in legs if not leg.is_debit]
    assert sum(leg.signed for leg in legs) == 0, "lines of a customer balance"
    left = [leg.amount for leg in credits_]
    position = 0
    for debit in debits:
        amount = debit.amount
        while amount:
            part = min(amount, left[position])
            if part:
                yield Pair(debit.account, credits_[position].account, part)
            amount -= part
            left[position] -= part
            position += not left[position]


def mirror_of(pairs: Iterable[Pair], customer_id: int | None) -> list[Leg]:
    """The lines that take a journal's movements back, netted by pair of accounts.

    Each pair gives two lines of its own, so that pairing them gives the pair again.
    """
    nets: dict[tuple[Account, Account], int] = defaultdict(int)
    for debit, credit, amount in pairs:
        if (credit, debit) in nets:
            nets[credit, debit] -= amount
        else:
            nets[debit, credit] += amount
    # Of a pair that nets to less than nothing, the mirror is the pair itself.
    return [
        Leg(account, is_debit, abs(net), customer_id, is_mirror=True)
        for (debit, credit), net in nets.items()
        if net
        for account, is_debit in (
            ((credit, True), (debit, False))
            if net > 0
            else ((debit, True), (credit, False))
        )
    ]


def movement_of(pair: Pair, day: Day, product_id: int | None) -> tuple[Movement, Sides]:
    """A pair as a movement of one day, in a journal of a product.

    A side names its own product where that isn't the journal's.
    """
    debit, credit, amount = pair
    sides = Sides(*(_own(account, product_id) for account in (debit, credit)))
    return Movement(debit.role, credit.role, amount, amount, day, day), sides


def _own(account: Account, product_id: int | None) -> int | None:
    assert account.product_id is not None or product_id is None, (
        "a side of a journal of a product has a product"
    )
    return None if account.product_id == product_id else account.product_id


def changes_of(legs: Iterable[Leg]) -> dict[Account, int]:
    """What lines change, debits less credits, by account in its order."""
    changes: dict[Account, int] = defaultdict(int)
    for leg in legs:
        changes[leg.account] += leg.signed
    return dict(
        sorted(changes.items(), key=lambda item: (item[0].role, item[0][1] or 0))
    )
