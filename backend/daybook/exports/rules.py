"""What an export renders: movements and groups with all that their lines name. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from daybook.calendar import Day, Month
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.rules import AccountNames, Role
from daybook.reports.journals.group_keys import Granularity

__all__ = [
    "NOTHING",
    "TOTALS_DIFFER",
    "Accounts",
    "ExportFormat",
    "ExportGroup",
    "ExportLine",
    "ExportMovement",
    "Granularity",
    "Totals",
    "parse_format",
    "totals_of",
    "totals_of_groups",
]


TOTALS_DIFFER = "TOTALS_DIFFER"
"""Why a job failed: what was rendered isn't what the ledger says."""


class ExportFormat(IntEnum):
    """What a file is written as; the number is what is stored."""

    SEQUENCE = 1


def parse_format(text: str) -> ExportFormat:
    """A format by its name, in any case; raises Rejected with the list of them."""
    try:
        return ExportFormat[text.strip().upper()]
    except KeyError:
        known = ", ".join(ExportFormat.__members__)
        message = f"{text!r} is not a format: it is one of {known}"
        problem = Problem(ProblemCode.INVALID_VALUE, message, ("format",))
        raise Rejected([problem]) from None


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

    role: Role
    account: str
    amount: int


class ExportGroup(NamedTuple):
    """A journal group with the names that its lines carry; absent ones are empty."""

    key: str
    day: Day
    narrative: str
    debits: list[ExportLine]
    credits: list[ExportLine]
    product_name: str = ""
    customer_id: str = ""
    customer_name: str = ""
    invoice_id: str = ""
    invoice_number: str = ""


@dataclass(slots=True)
class Accounts:
    """Names of accounts by role, product and category; each is made out once."""

    names: AccountNames
    _known: dict[tuple[int, str | None, str | None], str]

    @classmethod
    def of(cls, names: AccountNames) -> "Accounts":
        """Of one moment's names."""
        return cls(names, {})

    def name(self, role: int, product_id: str | None, category: str | None) -> str:
        """An account's name for a product, if any, by the sender's own id."""
        key = (role, product_id, category)
        known = self._known.get(key)
        if known is None:
            known = self.names.of(Role(role), product_id, category).name
            self._known[key] = known
        return known


class Totals(NamedTuple):
    """How many lines a file has below its header, and what its debits sum to.

    Its credits sum to the same; in minor units.
    """

    lines: int
    amount: int

    def __add__(self, other: object) -> "Totals":
        assert isinstance(other, Totals), "totals are added to totals"
        return Totals(self.lines + other.lines, self.amount + other.amount)


NOTHING = Totals(0, 0)


def totals_of(movements: Sequence[ExportMovement], granularity: Granularity) -> Totals:
    """The lines that some journals' movements are rendered as, without rendering them.

    A journal's movements are all among them.
    """
    amount = sum(one.amount for one in movements)
    if granularity is Granularity.DAILY:
        return Totals(2 * sum(map(_entries, movements)), amount)
    debited = {(one.journal, one.debit, one.debit_account) for one in movements}
    credited = {(one.journal, one.credit, one.credit_account) for one in movements}
    return Totals(len(debited) + len(credited), amount)


def totals_of_groups(groups: Sequence[ExportGroup]) -> Totals:
    """The lines that some journal groups are rendered as."""
    lines = sum(len(one.debits) + len(one.credits) for one in groups)
    return Totals(lines, sum(line.amount for one in groups for line in one.debits))


def _entries(one: ExportMovement) -> int:
    """On how many days a movement has an amount."""
    days = one.last_day - one.first_day
    is_last = one.amount != one.daily * days
    return days + is_last if one.daily else int(is_last)
