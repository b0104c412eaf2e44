"""What an export renders: movements and groups with all that their lines name. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from daybook.calendar import Day, Month
from daybook.ledger.rules import AccountNames, Role
from daybook.reports.journals.group_keys import Granularity

__all__ = [
    "NOTHING",
    "TOTALS_DIFFER",
    "Accounts",
    "ExportGroup",
    "ExportLine",
    "ExportMovement",
    "Granularity",
    "Groups",
    "Movements",
    "Totals",
    "Units",
    "lines_of",
    "totals_of",
]


TOTALS_DIFFER = "TOTALS_DIFFER"
"""Why a job failed: what was rendered isn't what the ledger says."""


class ExportMovement(NamedTuple):
    """A movement cut to the export's days, with the names that its lines carry.

    `customer_name` is the legal one, `customer` that of reports. `invoice_id` and
    `invoice_number` are a credit note's parent's, if it has one. What there isn't is
    empty.
    """

    journal: int
    month: Month
    debit: Role
    credit: Role
    debit_account: str
    credit_account: str
    amount: int
    daily: int
    first_day: Day
    last_day: Day
    narrative: str
    product_name: str
    customer_id: str
    customer_name: str
    invoice_id: str
    invoice_number: str
    customer: str
    document: str


class ExportLine(NamedTuple):
    """One side of a group's lines: an account, and what it received or gave."""

    is_debit: bool
    role: Role
    account: str
    amount: int


class ExportGroup(NamedTuple):
    """Movements summed on one day: a journal's, or those of a journal group.

    `key` is the journal's number or the group's key. Lines are never netted. Names are
    those that the lines carry; absent ones are empty.
    """

    key: str
    day: Day
    narrative: str
    lines: list[ExportLine]
    product_name: str = ""
    customer_id: str = ""
    customer_name: str = ""
    invoice_id: str = ""
    invoice_number: str = ""


@dataclass(frozen=True, slots=True)
class Movements:
    """A slice of an export with daily lines: whole journals, movement by movement.

    They are in the order of journal number and place in the journal.
    """

    units: Sequence[ExportMovement]


@dataclass(frozen=True, slots=True)
class Groups:
    """A slice of an export with one date a unit, in the order of the file."""

    units: Sequence[ExportGroup]


Units: TypeAlias = Movements | Groups
"""A slice of what is exported: none of its units continues in the next slice."""


AccountKey: TypeAlias = tuple[int, str | None, str | None]
"""A role, and the sender's own id and the category of a product, if there is any."""


class Accounts(dict[AccountKey, str]):
    """The accounts' names of one moment, each resolved when it is first needed."""

    def __init__(self, names: AccountNames) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, key: AccountKey) -> str:
        role, product_id, category = key
        name = self[key] = self._names.of(Role(role), product_id, category).name
        return name


class Totals(NamedTuple):
    """How many rows a file has below its header, and what its sides sum to.

    In minor units.
    """

    rows: int
    debits: int
    credits: int

    def __add__(self, other: object) -> "Totals":
        assert isinstance(other, Totals), "totals are added to totals"
        return Totals(
            self.rows + other.rows,
            self.debits + other.debits,
            self.credits + other.credits,
        )


NOTHING = Totals(0, 0, 0)


def totals_of(units: Units) -> Totals:
    """The totals of a slice with a row for each line, without rendering it."""
    if isinstance(units, Movements):
        amount = sum(movement.amount for movement in units.units)
        return Totals(2 * sum(map(_entries, units.units)), amount, amount)
    lines = [line for one in units.units for line in one.lines]
    debits = sum(line.amount for line in lines if line.is_debit)
    return Totals(len(lines), debits, sum(line.amount for line in lines) - debits)


def _entries(one: ExportMovement) -> int:
    """On how many days a movement has an amount."""
    days = one.last_day - one.first_day
    is_last = one.amount != one.daily * days
    return days + is_last if one.daily else int(is_last)


def lines_of(
    debits: Mapping[tuple[Role, str], int], credits_: Mapping[tuple[Role, str], int]
) -> list[ExportLine]:
    """Sums by role and account as lines: debits by account, then credits."""
    return [
        ExportLine(is_debit, *key, sums[key])
        for is_debit, sums in ((True, debits), (False, credits_))
        for key in sorted(sums)
    ]
