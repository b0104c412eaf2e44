"""What an export renders: movements and groups with all names of their lines. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from daybook.calendar import Day, Month
from daybook.exports.mapping.rules import LineSubject, TargetLine, Targets
from daybook.ledger.rules import AccountNames, Movement, Role, cut
from daybook.reports.journals.group_keys import Granularity
from daybook.reports.journals.narratives import Occasion

__all__ = [
    "NOTHING",
    "TOTALS_DIFFER",
    "AccountTotals",
    "Accounts",
    "ExportGroup",
    "ExportLine",
    "ExportMovement",
    "Granularity",
    "Groups",
    "JournalSlice",
    "Movements",
    "SideKey",
    "Totals",
    "Units",
    "account_totals",
    "alike",
    "code_of",
    "divided",
    "lines_of_sums",
    "slice_totals",
    "within",
]


TOTALS_DIFFER = "TOTALS_DIFFER"
"""The failure code of a job whose file differs from the ledger."""


class ExportMovement(NamedTuple):
    """A movement cut to the export's days, with the names that its lines carry.

    `customer_name` is the legal name, `customer` the one in reports. `invoice_id` and
    `invoice_number` of a credit note are its parent's, if it has one. The targets are
    what the lines get in the format's system, or in Xero while that is enabled. The
    occasion is None in an unchanged sale. Absent values are empty.
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
    debit_target: TargetLine | None = None
    credit_target: TargetLine | None = None
    occasion: Occasion | None = None

    @property
    def last_share(self) -> int:
        """The last day's amount, as a movement's; the fastest loops spell it out."""
        return self.amount - self.daily * (self.last_day - self.first_day)


def within(movement: ExportMovement, first: Day, last: Day) -> ExportMovement | None:
    """The movement's days within `first … last`, or None if they have no amount."""
    if first <= movement.first_day and movement.last_day <= last:
        return movement
    _, _, debit, credit, _, _, *moved = movement[:10]
    piece = cut(Movement(debit, credit, *moved), first, last)
    if piece is None:
        return None
    return movement._replace(
        amount=piece.amount, first_day=piece.first_day, last_day=piece.last_day
    )


def divided(movements: Iterable[ExportMovement], on: Day) -> Iterator[ExportMovement]:
    """The movements with their days up to `on` apart from the later ones."""
    for movement in movements:
        if movement.last_day <= on or movement.first_day > on:
            yield movement
            continue
        for first, last in ((movement.first_day, on), (on + 1, movement.last_day)):
            if (piece := within(movement, first, last)) is not None:
                yield piece


class ExportLine(NamedTuple):
    """One side of a group's lines: an account, and what it received or gave.

    `description` and `product_name` are the line's own where they aren't the group's.
    """

    is_debit: bool
    role: Role
    account: str
    amount: int
    target: TargetLine | None = None
    description: str = ""
    product_name: str = ""


class ExportGroup(NamedTuple):
    """Movements of one day: summed ones of a journal or journal group, or an entry.

    `key` is the journal's number or the group's key; in accounting systems that of the
    entry. Lines are never netted. Absent names are empty. `prefix` is what an entry's
    title begins with, before its key. `place` orders the units of a file. `is_entered`
    marks a manual journal, whose narrative and lines somebody entered.
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
    prefix: str = ""
    place: tuple[Any, ...] = ()
    document: str = ""
    is_entered: bool = False


def alike(group: ExportGroup) -> Iterable[ExportGroup]:
    """A group in parts whose lines have the same narrative and product.

    Each line of an entered group tells its own.
    """
    if not group.is_entered:
        return (group,)
    return [
        group._replace(
            narrative=line.description or group.narrative,
            product_name=line.product_name or group.product_name,
            lines=[line],
        )
        for line in group.lines
    ]


class JournalSlice(NamedTuple):
    """A slice of whole journals as movements, in the order of journal and `seq`.

    `entered` has the lines of those that somebody entered, by number.
    """

    movements: Sequence[ExportMovement]
    entered: Mapping[int, list[ExportLine]]


@dataclass(frozen=True, slots=True)
class Movements:
    """A slice of an export with daily lines: whole journals, movement by movement.

    In the order of journal number and `seq`.
    """

    units: Sequence[ExportMovement]


@dataclass(frozen=True, slots=True)
class Groups:
    """A slice of an export whose units have one date each, in the file's order."""

    units: Sequence[ExportGroup]


Units: TypeAlias = Movements | Groups
"""A slice of an export: none of its units continues in the next slice."""

AccountKey: TypeAlias = tuple[int, str | None, str | None]
"""A role, and a product's own id and category if there is a product."""


class Accounts(dict[AccountKey, str]):
    """The names of accounts at one moment, each resolved on first use.

    `targets` are what lines get in the file's system, if it has one: that of its
    format, or Xero while that is enabled.
    """

    def __init__(self, names: AccountNames, targets: Targets | None = None) -> None:
        super().__init__()
        self.names = names
        self.targets = targets

    def __missing__(self, key: AccountKey) -> str:
        role, product_id, category = key
        name = self[key] = self.names.of(Role(role), product_id, category).name
        return name

    def target(self, role: int, subject: LineSubject) -> TargetLine | None:
        """What a line gets in the file's system; None if nothing is mapped."""
        return None if self.targets is None else self.targets.line(role, subject)


def code_of(target: TargetLine | None) -> str:
    """The account of a target; empty if there is none."""
    return target.values[0] if target is not None and target.values else ""


class Totals(NamedTuple):
    """A file's rows below its header, and the sums of its sides in minor units."""

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


def slice_totals(units: Units) -> Totals:
    """The totals of a slice with a row for each line, without rendering it."""
    if isinstance(units, Movements):
        amount = sum(movement.amount for movement in units.units)
        return Totals(2 * sum(map(_entries, units.units)), amount, amount)
    lines = [line for group in units.units for line in group.lines]
    debits = sum(line.amount for line in lines if line.is_debit)
    return Totals(len(lines), debits, sum(line.amount for line in lines) - debits)


def _entries(movement: ExportMovement) -> int:
    """On how many days a movement has an amount."""
    days = movement.last_day - movement.first_day
    is_last = movement.amount != movement.daily * days
    return days + is_last if movement.daily else int(is_last)


AccountTotals: TypeAlias = dict[str, tuple[int, int]]
"""The debits and credits of each account of the ledger, by its name."""


def account_totals(units: Units, totals: AccountTotals) -> None:
    """Add the sums of a slice, account by account."""
    sums: dict[tuple[str, str], int] = {}
    if isinstance(units, Movements):
        for movement in units.units:
            pair = movement.debit_account, movement.credit_account
            sums[pair] = sums.get(pair, 0) + movement.amount
    else:
        for group in units.units:
            for is_debit, _, account, amount, *_ in group.lines:
                pair = (account, "") if is_debit else ("", account)
                sums[pair] = sums.get(pair, 0) + amount
    for pair, amount in sums.items():
        for side, account in enumerate(pair):
            if account:
                debits, credits_ = totals.get(account, (0, 0))
                more = (amount, 0) if side == 0 else (0, amount)
                totals[account] = debits + more[0], credits_ + more[1]


SideKey: TypeAlias = tuple[Role, str, TargetLine | None]
"""What the lines of a side are summed by: role, account, and what they get."""


def lines_of_sums(
    debits: Mapping[SideKey, int], credits_: Mapping[SideKey, int]
) -> list[ExportLine]:
    """Sums by role, account and target as lines: debits by account, then credits."""
    return [
        ExportLine(is_debit, role, account, sums[role, account, target], target)
        for is_debit, sums in ((True, debits), (False, credits_))
        for role, account, target in sorted(sums, key=_sorted_by)
    ]


def _sorted_by(key: SideKey) -> tuple[Role, str, tuple[str, ...]]:
    role, account, target = key
    return role, account, () if target is None else target.values
