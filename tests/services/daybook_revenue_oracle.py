"""Domain rule 8 a second time: the reports, added up from daily entries.

Slow and simple on purpose: every day of every movement is an entry with two sides, and
each report is a sum of sides. It shares no code with `daybook.reports`, and derives the
causes of movements from what recordings voided and revised.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from daybook.calendar import Day, Month, first_day_of, last_day_of, month_of
from daybook.db.engine import Database
from daybook.ledger.rules import Movement, Role, SourceKind
from daybook_causes_oracle import Causes, Why
from daybook_revenue_rows import Row, Stored, days_of, stored_rows

BILLS = {Role.BILLED, Role.UNBILLED}


class Line(NamedTuple):
    """A row of the reports: a line of a document, or a manual journal's product."""

    is_manual: bool
    family: int
    """The family, or the document of a manual journal."""
    line: int | None
    document_id: int
    customer_id: int | None
    product_id: int | None
    is_credit: bool


class Side(NamedTuple):
    """One side of an entry: `amount` is a debit, a credit is negative."""

    line: Line
    journal: int
    day: Day
    role: Role
    other: Role
    amount: int
    column: str | None
    """The column of the account's roll-forward, for Deferred and Unbilled."""
    touches_deferred: bool


class Narrow(NamedTuple):
    """A filter, by Daybook's numbers."""

    customer_id: int | None = None
    product_id: int | None = None
    document_id: int | None = None

    def lets_pass(self, line: Line) -> bool:
        """Whether a row is selected."""
        return (
            self.customer_id in {None, line.customer_id}
            and self.product_id in {None, line.product_id}
            and self.document_id in {None, line.document_id}
        )


ALL = Narrow()


class Nets(NamedTuple):
    """The figures of a row, each on its normal side."""

    booked: int = 0
    unbilled: int = 0
    recognized: int = 0
    balance: int = 0
    remaining: int = 0

    def plus(self, other: "Nets") -> "Nets":
        """Both together."""
        return Nets(*map(sum, zip(self, other, strict=True)))


@dataclass
class Falls:
    """A row of the waterfall."""

    booked: int = 0
    unbilled: int = 0
    recognized: int = 0
    remaining: int = 0
    taken_back_later: int = 0
    months: Counter[Month] = field(default_factory=Counter)
    unscheduled: int = 0

    def plus(self, other: "Falls") -> "Falls":
        """Both together."""
        return Falls(
            self.booked + other.booked,
            self.unbilled + other.unbilled,
            self.recognized + other.recognized,
            self.remaining + other.remaining,
            self.taken_back_later + other.taken_back_later,
            _added(self.months, other.months),
            self.unscheduled + other.unscheduled,
        )

    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        return not any(vars(self).values()) or self == Falls()


@dataclass
class CohortSums:
    """What one month booked: recognized when, scheduled when, and what is left."""

    booked: int = 0
    recognized: Counter[Month] = field(default_factory=Counter)
    scheduled: Counter[Month] = field(default_factory=Counter)
    remaining: int = 0
    unbilled: int = 0
    unscheduled: int = 0


@dataclass
class Forward:
    """A month of a roll-forward."""

    opening: int = 0
    columns: Counter[str] = field(default_factory=Counter)
    closing: int = 0


class Oracle:
    """The reports of one ledger, at any of its recordings."""

    def __init__(self, stored: Stored) -> None:
        self.stored = stored
        self._sides: dict[int, list[Side]] = {}

    @classmethod
    async def of(cls, database: Database, ledger_id: int) -> "Oracle":
        """Read a ledger whole."""
        return cls(await stored_rows(database, ledger_id))

    @cached_property
    def causes(self) -> Causes:
        """Why each movement was made."""
        return Causes(self.stored)

    def sides(self, recording: int) -> list[Side]:
        """Both sides of every entry in force, on its posting date."""
        if recording not in self._sides:
            self._sides[recording] = [
                side
                for row in self.stored.rows
                if row.is_in_force(recording)
                for side in self._sides_of(row, row.movement)
            ]
        return self._sides[recording]

    def _sides_of(self, row: Row, movement: Movement) -> Iterator[Side]:
        why = self.causes.of(row)
        debit, credit = movement.debit, movement.credit
        touches = Role.DEFERRED in {debit, credit}
        for day, amount in days_of(movement):
            if amount:
                for role, other, product, signed in (
                    (debit, credit, row.debit_product, amount),
                    (credit, debit, row.credit_product, -amount),
                ):
                    column = column_of(row, why, role, other)
                    line = line_of(row, product)
                    yield Side(
                        *(line, row.journal, day, role, other, signed, column, touches)
                    )

    def _reported(self, recording: int, narrow: Narrow) -> Iterator[Side]:
        """What the reports are of; of manual entries those that touch Deferred."""
        for side in self.sides(recording):
            is_of_it = side.touches_deferred or not side.line.is_manual
            if is_of_it and narrow.lets_pass(side.line):
                yield side

    def account(self, recording: int, role: Role, on: Day) -> int:
        """An account's balance by all entries posted up to a day."""
        return sum(
            _normal(side)
            for side in self.sides(recording)
            if side.role is role and side.day <= on
        )

    def deferred(
        self, recording: int, on: Day, narrow: Narrow = ALL
    ) -> dict[Line, Nets]:
        """The deferred revenue report: rows with an entry posted up to `on`.

        And rows that a lock posts later, but which are to be delivered by service date.
        """
        nets: dict[Line, Counter[Role]] = defaultdict(Counter)
        for side in self._reported(recording, narrow):
            if side.day <= on:
                nets[side.line][side.role] += _normal(side)
        balances = self._balances(recording, on)
        for line, balance in balances.items():
            if balance and narrow.lets_pass(line):
                nets[line].update()
        return {
            line: Nets(
                net[Role.BILLED],
                net[Role.UNBILLED],
                net[Role.RECOGNIZED],
                balances[line],
                net[Role.DEFERRED],
            )
            for line, net in nets.items()
        }

    def other_manual_journals(
        self, recording: int, on: Day, narrow: Narrow = ALL
    ) -> Nets:
        """What entries of manual journals without Deferred come to up to a day."""
        net: Counter[Role] = Counter()
        for side in self.sides(recording):
            is_other = side.line.is_manual and not side.touches_deferred
            if is_other and side.day <= on and narrow.lets_pass(side.line):
                net[side.role] += _normal(side)
        return Nets(net[Role.BILLED], net[Role.UNBILLED], net[Role.RECOGNIZED], 0, 0)

    def _balances(self, recording: int, on: Day) -> Counter[Line]:
        """Deferred by service date, of each row."""
        balances: Counter[Line] = Counter()
        for row in self.stored.rows:
            if row.is_in_force(recording):
                for part in row.service:
                    for side in self._sides_of(row, part):
                        if side.role is Role.DEFERRED and side.day <= on:
                            balances[side.line] += _normal(side)
        return balances

    def open_parts(self, recording: int, on: Day) -> set[tuple[bool, int]]:
        """Families, and manual journals, with something remaining or to deliver."""
        parts: dict[tuple[bool, int], Nets] = defaultdict(Nets)
        for line, its in self.deferred(recording, on).items():
            key = (line.is_manual, line.family)
            parts[key] = parts[key].plus(its)
        return {key for key, its in parts.items() if its.balance or its.remaining}

    def open_families(self, recording: int, on: Day) -> set[int]:
        """Families with something on Deferred on a day."""
        nets: Counter[int] = Counter()
        for side in self.sides(recording):
            is_manual = side.line.is_manual
            if side.role is Role.DEFERRED and side.day <= on and not is_manual:
                nets[side.line.family] += side.amount
        return {family for family, amount in nets.items() if amount}

    def _begun(self, recording: int, on: Day) -> set[int]:
        """Documents of manual journals with an entry on Deferred up to a day."""
        return {
            side.line.family
            for side in self.sides(recording)
            if side.line.is_manual and side.touches_deferred and side.day <= on
        }

    def waterfall(
        self, recording: int, on: Day, narrow: Narrow = ALL, *, apart: bool = False
    ) -> dict[tuple[int | None, int | None, bool], Falls]:
        """By customer, product and whether it is manual journals."""
        open_, begun = self.open_families(recording, on), self._begun(recording, on)
        rows: dict[tuple[int | None, int | None, bool], Falls] = defaultdict(Falls)
        for side in self._reported(recording, narrow):
            line = side.line
            if line.is_manual:
                if apart or line.family not in begun:
                    continue
            elif (line.family in open_) is apart:
                continue
            product = None if line.is_manual else line.product_id
            _fall(rows[line.customer_id, product, line.is_manual], side, on)
        return {key: its for key, its in rows.items() if not its.is_empty()}

    def waterfall_total(
        self, recording: int, on: Day, narrow: Narrow = ALL, *, apart: bool = False
    ) -> Falls:
        """The sum of all rows."""
        total = Falls()
        for its in self.waterfall(recording, on, narrow, apart=apart).values():
            total = total.plus(its)
        return total

    def cohorts(
        self, recording: int, on: Day, narrow: Narrow = ALL
    ) -> dict[Month | None, CohortSums]:
        """By the month in which a family was first billed; None for manual journals.

        These are all, also those that don't touch Deferred.
        """
        month_of_family = self._cohort_months(recording)
        open_, begun = self.open_families(recording, on), self._begun(recording, on)
        cohorts: dict[Month | None, CohortSums] = defaultdict(CohortSums)
        for side in self.sides(recording):
            line = side.line
            if not narrow.lets_pass(line):
                continue
            its = cohorts[None if line.is_manual else month_of_family[line.family]]
            is_posted = side.day <= on
            in_waterfall = line.family in (begun if line.is_manual else open_)
            if side.role is Role.DEFERRED and in_waterfall:
                its.unscheduled -= side.amount
            if side.role is Role.RECOGNIZED:
                months = its.recognized if is_posted else its.scheduled
                months[month_of(side.day)] -= side.amount
            elif side.role is Role.DEFERRED and is_posted:
                its.remaining -= side.amount
            elif side.role is Role.BILLED and is_posted:
                its.booked += side.amount
            elif side.role is Role.UNBILLED and is_posted:
                its.unbilled += side.amount
        for its in cohorts.values():
            its.recognized = _without_zeros(its.recognized)
            its.scheduled = _without_zeros(its.scheduled)
        return {month: its for month, its in cohorts.items() if its != CohortSums()}

    def _cohort_months(self, recording: int) -> dict[int, Month]:
        firsts: dict[int, tuple[bool, Month]] = {}
        for row in self.stored.rows:
            if row.schedule is not None and row.is_in_force(recording):
                its = row.movement
                is_other = Role.BILLED not in {its.debit, its.credit}
                first = (is_other, month_of(its.first_day))
                family = row.schedule.family
                firsts[family] = min(first, firsts.get(family, first))
        return {family: month for family, (_, month) in firsts.items()}

    def roll_forward(
        self,
        recording: int,
        role: Role,
        first: Month,
        on: Day,
        narrow: Narrow = ALL,
    ) -> dict[Month, Forward]:
        """Each month of an account; the last up to a day."""
        months = {month: Forward() for month in range(first, month_of(on) + 1)}
        start = first_day_of(first)
        opening = 0
        for side in self.sides(recording):
            if side.role is not role or side.day > on:
                continue
            if not narrow.lets_pass(side.line):
                continue
            if side.day < start:
                opening += _normal(side)
            else:
                assert side.column is not None
                months[month_of(side.day)].columns[side.column] += _normal(side)
        for its in months.values():
            its.columns = _without_zeros(its.columns)
            its.opening = opening
            opening += sum(its.columns.values())
            its.closing = opening
        return months

    def recognized_from_opening(
        self, recording: int, first: Day, on: Day, narrow: Narrow = ALL
    ) -> int:
        """By family, what was in Deferred at the start and is recognized since."""
        opening: Counter[tuple[bool, int]] = Counter()
        since: Counter[tuple[bool, int]] = Counter()
        for side in self._reported(recording, narrow):
            if side.role is not Role.DEFERRED or side.day > on:
                continue
            key = (side.line.is_manual, side.line.family)
            if side.day < first:
                opening[key] -= side.amount
            elif side.other is Role.RECOGNIZED:
                since[key] += side.amount
        return sum(max(min(opening[key], since[key]), 0) for key in since)

    def maturity(
        self, recording: int, on: Day, narrow: Narrow = ALL
    ) -> tuple[int, int, int, int]:
        """Within twelve months of a day, later, not scheduled, and taken back later."""
        total = self.waterfall_total(recording, on, narrow)
        apart = self.waterfall_total(recording, on, narrow, apart=True)
        if apart.remaining:
            total = total.plus(apart)
        start = month_of(on + 1)
        within = sum(its for month, its in total.months.items() if month < start + 12)
        later = sum(total.months.values()) - within
        return within, later, total.unscheduled, total.taken_back_later


def line_of(row: Row, product_id: int | None) -> Line:
    """The row that a movement's side belongs to."""
    schedule = row.schedule
    if schedule is None:
        return Line(
            *(True, row.document_id, None, row.document_id, row.customer_id),
            *(product_id, False),
        )
    return Line(
        *(False, schedule.family, schedule.line, row.document_id, row.customer_id),
        *(product_id, row.source is SourceKind.CREDIT_NOTE),
    )


def column_of(row: Row, why: Why | None, role: Role, other: Role) -> str | None:
    """The one column of an account's roll-forward that a movement is in."""
    if role not in {Role.DEFERRED, Role.UNBILLED}:
        return None
    if row.is_manual:
        return "MANUAL"
    if why is not None:
        return {Why.VOID: "VOIDS", Why.REVISION: "REVISIONS"}.get(why, "BREAKAGE")
    if other is Role.BILLED:
        is_credit_note = row.source is SourceKind.CREDIT_NOTE
        return "CREDIT_NOTES" if is_credit_note else "BILLED"
    return "RECOGNIZED" if other is Role.RECOGNIZED else "APPLIED"


def _fall(falls: Falls, side: Side, on: Day) -> None:
    if side.role is Role.DEFERRED:
        falls.unscheduled -= side.amount
    if side.day > on:
        if side.role is not Role.DEFERRED:
            return
        if side.other is Role.RECOGNIZED:
            falls.months[month_of(side.day)] += side.amount
            falls.months = _without_zeros(falls.months)
        else:
            falls.taken_back_later += side.amount
    elif side.role is Role.BILLED:
        falls.booked += side.amount
    elif side.role is Role.UNBILLED:
        falls.unbilled += side.amount
    elif side.role is Role.DEFERRED:
        falls.remaining -= side.amount
    else:
        falls.recognized -= side.amount


def _normal(side: Side) -> int:
    """An amount on its account's normal side."""
    return side.amount if side.role in BILLS else -side.amount


def _added(first: Counter[Month], second: Counter[Month]) -> Counter[Month]:
    return _without_zeros(
        Counter({key: first[key] + second[key] for key in {*first, *second}})
    )


def _without_zeros(sums: Counter[Month] | Counter[str]) -> Counter:  # type: ignore[type-arg]
    return Counter({key: amount for key, amount in sums.items() if amount})


def month_end(month: Month, on: Day) -> Day:
    """The last day of a month, or `on` if that is earlier."""
    return min(last_day_of(month), on)
