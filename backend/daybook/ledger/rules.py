"""What a movement is, and the arithmetic of its days. Pure: no I/O.

A movement is the stored unit (domain rule 1): within one posting month, an amount goes
from one account to another over the days `first_day … last_day`. Its entries, one a
day, are computed: each day but the last has `daily`, the last has the rest (rule 4).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from daybook.calendar import Day, month_of

RULES_VERSION = 1
"""The version of the rules by which documents become movements; recordings name it.

It is raised with every change after which the same documents, settings and locks come
to other movements, settlements or superseded rows than before, be it a mended fault:
here, in `daybook.recognition`, or in what documents make of their lines. What earlier
versions recorded is then told apart from what was tampered with.
"""


def stored_name(kind: type[IntEnum], number: int) -> str:
    """The name of a stored number; one that the program doesn't know as it is."""
    return kind(number).name if number in set(kind) else str(number)


def stored_role(number: int) -> str:
    """A ledger account's name for people, by its stored number: `Deferred`."""
    return stored_name(Role, number).title()


class Role(IntEnum):
    """The ledger's four accounts; the number is what is stored."""

    BILLED = 1
    UNBILLED = 2
    DEFERRED = 3
    RECOGNIZED = 4

    @property
    def is_debit_normal(self) -> bool:
        """Whether the account's balance stands on the debit side."""
        return self is Role.BILLED or self is Role.UNBILLED


AccountPair = tuple[Role, Role]
"""A debit and a credit account."""


class SourceKind(IntEnum):
    """What kind of document a journal comes from; the number is what is stored."""

    INVOICE = 1
    BILLING_SCHEDULE = 2
    CREDIT_NOTE = 3
    STANDALONE = 4


ACCOUNT_NAMES = {
    Role.BILLED: "Billed Revenue",
    Role.UNBILLED: "Unbilled Revenue",
    Role.DEFERRED: "Deferred Revenue",
    Role.RECOGNIZED: "Recognized Revenue",
}


class AccountName(NamedTuple):
    """What an account, or a sub-account of one, is called in reports and exports."""

    name: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class AccountNames:
    """The names and codes of a ledger's accounts and sub-accounts, of one moment.

    `named` is by role and scope: empty for the account itself, else `product_scope`
    or `category_scope`. What has no name of its own has the account's, and an account
    that was never renamed the one in `ACCOUNT_NAMES`.
    """

    named: Mapping[tuple[Role, str], AccountName] = field(default_factory=dict)

    def of(
        self, role: Role, product_id: str | None = None, category: str | None = None
    ) -> AccountName:
        """The account's name for a product: its own, else its category's, else all's.

        `product_id` is the sender's own id.
        """
        scopes = []
        if product_id is not None:
            scopes.append(product_scope(product_id))
        if category is not None:
            scopes.append(category_scope(category))
        for scope in (*scopes, ""):
            if (found := self.named.get((role, scope))) is not None:
                return found
        return AccountName(ACCOUNT_NAMES[role])


def product_scope(product_id: str) -> str:
    """The sub-account of a product, by the sender's own id."""
    return f"product:{product_id}"


def category_scope(category: str) -> str:
    """The sub-account of all products of a category."""
    return f"category:{category}"


def scope_of(scope: str) -> tuple[str | None, str | None]:
    """The product's own id or the category that a sub-account is for, if any."""
    kind, _, key = scope.partition(":")
    return (key if kind == "product" else None, key if kind == "category" else None)


class LockMethod(IntEnum):
    """What a period lock goes by; the number is what is stored (domain rule 5)."""

    CUSTOM_DATE = 1
    ACCOUNTING_DATE = 2


def lock_of(
    method: LockMethod, locked_through: Day | None, accounting_date: Day
) -> Day | None:
    """The last locked day for a document, or None if no day is locked.

    By accounting date it is the day before the document's own.
    """
    if method is LockMethod.ACCOUNTING_DATE:
        return accounting_date - 1
    return locked_through


def first_open_day(locked_through: Day | None) -> Day | None:
    """The day after the last locked one; None if every day is open."""
    return None if locked_through is None else locked_through + 1


class UndatedLines(IntEnum):
    """What becomes of a line without the service period that its method needs.

    It is refused, or recognized in full on its accounting date; the number is what is
    stored (domain rule 2).
    """

    REFUSE = 1
    ACCOUNTING_DATE = 2


class LedgerSettings(NamedTuple):
    """A ledger's lock and settings, of one moment; a new ledger's by default.

    `method` and `strategy` are the numbers that are stored: recognition knows them.
    """

    lock_method: LockMethod = LockMethod.CUSTOM_DATE
    locked_through: Day | None = None
    method: int = 1
    strategy: int = 1
    breakage: bool = False
    undated_lines: UndatedLines = UndatedLines.REFUSE


class Movement(NamedTuple):
    """`amount` goes from `credit` to `debit` over `first_day … last_day`, one month.

    In minor units, `amount > 0`, and every day's share is at least zero:
    `0 <= daily` and `daily * (days - 1) <= amount`. `daily` is fixed when the month's
    share is made and is carried unchanged through every cut.
    """

    debit: Role
    credit: Role
    amount: int
    daily: int
    first_day: Day
    last_day: Day

    @property
    def days(self) -> int:
        """How many days it covers, both ends included."""
        return self.last_day - self.first_day + 1

    @property
    def last_share(self) -> int:
        """What the last day gets: the amount less `daily` for each day before."""
        return self.amount - self.daily * (self.last_day - self.first_day)


class CatchUp(NamedTuple):
    """What a lock moved: service days that post as one entry on the first open day.

    `movement` is one day long, its posting date; `parts` are the days that it stands
    for, as they would have been posted, and sum to it (domain rule 5).
    """

    movement: Movement
    parts: tuple[Movement, ...]
    locked_through: Day

    @property
    def first_day(self) -> Day:
        """The first service day."""
        return min(one.first_day for one in self.parts)

    @property
    def last_day(self) -> Day:
        """The last service day."""
        return max(one.last_day for one in self.parts)


def movement(  # noqa: PLR0913, PLR0917  (the six columns of a movement)
    debit: Role, credit: Role, amount: int, daily: int, first_day: Day, last_day: Day
) -> Movement | None:
    """Make a movement; a negative amount exchanges the accounts, zero makes none."""
    if amount == 0:
        return None
    if amount < 0:
        return Movement(credit, debit, -amount, -daily, first_day, last_day)
    return Movement(debit, credit, amount, daily, first_day, last_day)


def net_change(pairs: Mapping[AccountPair, int], role: Role) -> int:
    """How much an account grew, on its normal side."""
    change = 0
    for (debit, credit), amount in pairs.items():
        if debit is role:
            change += amount
        if credit is role:
            change -= amount
    return change if role.is_debit_normal else -change


def shares(one: Movement) -> Iterator[tuple[Day, int]]:
    """Each day and its amount, in order; a day whose share is zero has no entry."""
    if one.daily:
        for day in range(one.first_day, one.last_day):
            yield day, one.daily
    if one.last_share:
        yield one.last_day, one.last_share


def amount_between(one: Movement, first: Day, last: Day) -> int:
    """The part of the amount that falls on the days `first … last`."""
    start, end = max(one.first_day, first), min(one.last_day, last)
    if start > end:
        return 0
    if end < one.last_day:
        return one.daily * (end - start + 1)
    return one.daily * (end - start) + one.last_share


def cut(one: Movement, first: Day, last: Day) -> Movement | None:
    """The movement of the same days that lie in `first … last`, or None if none do.

    Every day that stays has exactly the amount that it had (domain rule 4).
    """
    amount = amount_between(one, first, last)
    if amount == 0:
        return None
    return one._replace(
        amount=amount,
        first_day=max(one.first_day, first),
        last_day=min(one.last_day, last),
    )


def days_between(
    movements: Iterable[Movement], first: Day | None, last: Day | None
) -> list[Movement]:
    """The parts of movements on the days `first … last`; None is no limit there."""
    pieces = (
        cut(
            one,
            one.first_day if first is None else first,
            one.last_day if last is None else last,
        )
        for one in movements
    )
    return [one for one in pieces if one is not None]


def net_by_day(
    movements: Iterable[Movement], debit: Role, credit: Role
) -> dict[Day, int]:
    """What went from `credit` to `debit` on each day, less what came back."""
    net: dict[Day, int] = defaultdict(int)
    for one in movements:
        assert {one.debit, one.credit} == {debit, credit}, "one pair of accounts only"
        sign = 1 if one.debit == debit else -1
        for day, amount in shares(one):
            net[day] += sign * amount
    return net


def movements_of_days(
    by_day: Mapping[Day, int], debit: Role, credit: Role
) -> list[Movement]:
    """The fewest movements, read from left to right, that give exactly these days.

    A movement's days are equal but for the last, lie in one month and have one sign; a
    negative amount exchanges the accounts. Days without an amount are left out.
    """
    days = sorted(day for day, amount in by_day.items() if amount)
    made: list[Movement] = []
    start = 0
    while start < len(days):
        end = _end_of_run(days, by_day, start)
        amount = sum(by_day[day] for day in days[start : end + 1])
        daily = by_day[days[start]]
        one = movement(debit, credit, amount, daily, days[start], days[end])
        assert one is not None, "a run has amounts of one sign"
        made.append(one)
        start = end + 1
    return made


def _end_of_run(days: list[Day], by_day: Mapping[Day, int], start: int) -> int:
    """The index of the last day that one movement starting at `start` can hold."""
    daily, month = by_day[days[start]], month_of(days[start])
    for index in range(start + 1, len(days)):
        amount = by_day[days[index]]
        is_next = days[index] == days[index - 1] + 1 and month_of(days[index]) == month
        if not is_next or (amount > 0) != (daily > 0):
            return index - 1
        if amount != daily:
            return index
    return len(days) - 1
