"""What the reports of deferred revenue share: filters, figures and ties."""

from dataclasses import dataclass, replace
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class RevenueFilter:
    """Narrows a report to a customer, a product or a document, by Daybook's numbers."""

    customer_id: int | None = None
    product_id: int | None = None
    document_id: int | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether no rollup has its sums: it names a customer or a document."""
        return self.customer_id is not None or self.document_id is not None


EVERYTHING = RevenueFilter()


@dataclass(frozen=True, slots=True)
class Figures:
    """Nets on the accounts, in minor units: booked + unbilled = recognized + remaining.

    `balance` is the obligation left by service date: as `remaining`, but a day that a
    lock moved counts where it was delivered.
    """

    booked: int = 0
    unbilled: int = 0
    recognized: int = 0
    balance: int = 0
    remaining: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        """Add each figure to the other's."""
        return Figures(
            self.booked + other.booked,
            self.unbilled + other.unbilled,
            self.recognized + other.recognized,
            self.balance + other.balance,
            self.remaining + other.remaining,
        )

    def with_moved(self, amount: int) -> "Figures":
        """The same with what locks moved past the day in the balance."""
        return replace(self, balance=self.balance + amount)


class DeferredSums(NamedTuple):
    """The deferred revenue report: families, and other manual journals.

    `moved` is what manual journals moved to a product from others.
    """

    families: Figures
    other: Figures
    moved: int

    @property
    def every(self) -> Figures:
        """The sums of all rows."""
        return self.families + self.other


class Tie(NamedTuple):
    """Two sums that must agree, from independent sources; `words` say what they are.

    They are amounts, or numbers of things (`is_count`).
    """

    name: str
    left: int
    right: int
    words: str
    is_count: bool = False
    """Whether the sides are numbers of something, and no amounts."""

    @property
    def difference(self) -> int:
        """By how much the sums differ: zero if the tie holds."""
        return self.left - self.right
