"""The lines of a manual journal with what they really have. Pure."""

from typing import NamedTuple

from daybook.ledger.rules import Role


class Account(NamedTuple):
    """An account of a role, and the product whose sub-account it is, by its number."""

    role: Role
    product_id: int | None


class Leg(NamedTuple):
    """A line with the customer and product that it really has, by their numbers."""

    account: Account
    is_debit: bool
    amount: int
    customer_id: int | None
    is_mirror: bool = False

    @property
    def signed(self) -> int:
        """The amount; credits are negative."""
        return self.amount if self.is_debit else -self.amount
