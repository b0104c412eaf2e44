"""A version of a manual journal, and its full content for the audit trail. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from daybook.adjustments.legs import Account, Leg
from daybook.adjustments.rules import AdjustmentKind, AdjustmentMode
from daybook.calendar import Day, day_text
from daybook.ledger.rules import Role
from daybook.money import amount_text


class Party(NamedTuple):
    """A customer or product: its number, the sender's own id, its present name."""

    number: int
    id: str
    name: str
    category: str | None = None


class VersionLine(NamedTuple):
    """A line as it was entered; without customer or product it has the header's."""

    position: int
    is_mirror: bool
    role: Role
    is_debit: bool
    amount: int
    description: str
    customer: Party | None
    product: Party | None


class Version(NamedTuple):
    """What a step saved."""

    number: int
    version: int
    step: int
    ledger_id: int
    currency: str
    kind: AdjustmentKind
    day: Day
    narrative: str
    customer: Party | None
    product: Party | None
    adjusts: int | None
    mode: AdjustmentMode | None
    reverses_on: Day | None
    saved_at: datetime | None = None
    saved_by: str | None = None
    lines: tuple[VersionLine, ...] = ()

    def customer_of(self, line: VersionLine) -> Party | None:
        """The customer that a line really has."""
        return line.customer if line.is_mirror else line.customer or self.customer

    def product_of(self, line: VersionLine) -> Party | None:
        """The product that a line really has."""
        return line.product if line.is_mirror else line.product or self.product

    @property
    def taken_back(self) -> int | None:
        """The number of the ledger's journal that it takes back, if it takes one."""
        has_mirror = self.mode is not None and self.mode.has_mirror
        return self.adjusts if has_mirror else None

    @property
    def debits(self) -> int:
        """What its debit lines sum to."""
        return sum(line.amount for line in self.lines if line.is_debit)

    @property
    def credits(self) -> int:
        """What its credit lines sum to."""
        return sum(line.amount for line in self.lines if not line.is_debit)

    @property
    def is_balanced(self) -> bool:
        """Whether it has lines, and those of each customer balance."""
        nets: dict[int | None, int] = defaultdict(int)
        for leg in self.legs():
            nets[leg.customer_id] += leg.signed
        return bool(nets) and not any(nets.values())

    def legs(self) -> list[Leg]:
        """Its lines with the customers and products that they really have."""
        return [
            Leg(
                Account(line.role, number_of(self.product_of(line))),
                line.is_debit,
                line.amount,
                number_of(self.customer_of(line)),
                line.is_mirror,
            )
            for line in self.lines
        ]


def number_of(party: Party | None) -> int | None:
    """A customer's or product's number, if there is one."""
    return None if party is None else party.number


def content_of(version: Version) -> Mapping[str, object]:
    """Everything that was entered or derived: days and amounts as text."""
    reverses_on, mode = version.reverses_on, version.mode
    return {
        "currency": version.currency,
        "date": day_text(version.day),
        "kind": version.kind.name,
        "narrative": version.narrative,
        "customer": _id_of(version.customer),
        "product": _id_of(version.product),
        "adjusts": version.adjusts,
        "mode": None if mode is None else mode.name,
        "reversesOn": None if reverses_on is None else day_text(reverses_on),
        "lines": [
            {
                "account": line.role.name,
                "side": "DEBIT" if line.is_debit else "CREDIT",
                "amount": amount_text(line.amount, version.currency),
                "description": line.description,
                "customer": _id_of(line.customer),
                "product": _id_of(line.product),
                "mirror": line.is_mirror,
            }
            for line in version.lines
        ],
    }


def _id_of(party: Party | None) -> str | None:
    return None if party is None else party.id
