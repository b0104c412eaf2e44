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
"""The version of the rules that turn documents into movements; recordings name it.

Raise it with every change, also a fix, after which the same documents, settings and
locks give other movements, settlements or superseded rows: here, in
`daybook.recognition`, or in how documents read their lines. A check can then tell what
an earlier version recorded from what was tampered with.
"""


def stored_name(kind: type[IntEnum], number: int) -> str:
    """The name of a stored number; an unknown number as its digits."""
    return kind(number).name if number in set(kind) else str(number)


def name_in_words(name: str) -> str:
    """The name of a member of an enum in words: `After close`."""
    return name.capitalize().replace("_", " ")


def stored_role(number: int) -> str:
    """A ledger account's name for people, by its stored number: `Deferred`."""
    return stored_name(Role, number).title()


class Role(IntEnum):
    """The ledger's four accounts; stored by its number."""

    BILLED = 1
    UNBILLED = 2
    DEFERRED = 3
    RECOGNIZED = 4

    @property
    def is_debit_normal(self) -> bool:
        """Whether the account's normal balance is a debit."""
        return self is Role.BILLED or self is Role.UNBILLED


AccountPair = tuple[Role, Role]
"""A debit and a credit account."""


class SourceKind(IntEnum):
    """What kind of document a journal comes from; stored by its number."""

    INVOICE = 1
    BILLING_SCHEDULE = 2
    CREDIT_NOTE = 3
    STANDALONE = 4


class Cause(IntEnum):
    """Why a movement is a correction, where it is one; stored by its number.

    `VOID` and `REVISION` are differences that a recording appended because it voided or
    revised something, `BREAKAGE` is what is recognized when a credit grant expires.
    """

    VOID = 1
    REVISION = 2
    BREAKAGE = 3


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
    """The names and codes of a ledger's accounts and sub-accounts at one moment.

    `named` is by role and scope: empty for the account itself, else `product_scope`
    or `category_scope`. A sub-account without a name has its account's, and an account
    that was never renamed has its name in `ACCOUNT_NAMES`.
    """

    named: Mapping[tuple[Role, str], AccountName] = field(default_factory=dict)

    def of(
        self, role: Role, product_id: str | None = None, category: str | None = None
    ) -> AccountName:
        """The account's name for a product: the product's, its category's or all's.

        `product_id` is the sender's own id.
        """
        for scope in scopes_of(product_id, category):
            if (found := self.named.get((role, scope))) is not None:
                return found
        return AccountName(ACCOUNT_NAMES[role])


def product_scope(product_id: str) -> str:
    """The sub-account of a product, by the sender's own id."""
    return f"product:{product_id}"


def category_scope(category: str) -> str:
    """The sub-account of all products of a category."""
    return f"category:{category}"


def scopes_of(product_id: str | None, category: str | None) -> Iterator[str]:
    """The scopes that apply to a product's lines, the most specific first."""
    if product_id is not None:
        yield product_scope(product_id)
    if category is not None:
        yield category_scope(category)
    yield ""


def scope_of(scope: str) -> tuple[str | None, str | None]:
    """The product's own id or the category that a sub-account is for, if any."""
    kind, _, key = scope.partition(":")
    return (key if kind == "product" else None, key if kind == "category" else None)


class LockMethod(IntEnum):
    """How a period lock finds its last day (domain rule 5); the number is stored."""

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

    It is refused, or recognized in full on its accounting date (domain rule 2).
    Stored by its number.
    """

    REFUSE = 1
    ACCOUNTING_DATE = 2


class LedgerSettings(NamedTuple):
    """A ledger's lock and settings at one moment; the defaults are a new ledger's.

    `method` and `strategy` are stored numbers, which `daybook.recognition` names.
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
    share is computed, and no later cut changes it.
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


class Sides(NamedTuple):
    """The products of a movement's sides, where they aren't the journal's."""

    debit_product_id: int | None = None
    credit_product_id: int | None = None


class SpanSide(IntEnum):
    """Which accounts of a span total are of its product; stored by its number.

    A movement whose sides have different products counts in two totals: by its debited
    and by its credited product.
    """

    BOTH = 0
    DEBITED = 1
    CREDITED = 2


class CatchUp(NamedTuple):
    """Service days that a lock moved into one entry on the first open day.

    `movement` is one day long, its posting date; `parts` are the days that it stands
    for, as they would have been posted, and sum to it (domain rule 5).
    """

    movement: Movement
    parts: tuple[Movement, ...]
    locked_through: Day

    @property
    def first_day(self) -> Day:
        """The first service day."""
        return min(part.first_day for part in self.parts)

    @property
    def last_day(self) -> Day:
        """The last service day."""
        return max(part.last_day for part in self.parts)


def signed_movement(  # noqa: PLR0913, PLR0917  (the six columns of a movement)
    debit: Role, credit: Role, amount: int, daily: int, first_day: Day, last_day: Day
) -> Movement | None:
    """A movement of a signed amount: if negative, the accounts swap; None for zero."""
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


def shares(movement: Movement) -> Iterator[tuple[Day, int]]:
    """Each day and its amount, in order; a day whose share is zero has no entry."""
    if movement.daily:
        for day in range(movement.first_day, movement.last_day):
            yield day, movement.daily
    if movement.last_share:
        yield movement.last_day, movement.last_share


def amount_between(movement: Movement, first: Day, last: Day) -> int:
    """The part of the amount that falls on the days `first … last`."""
    start, end = max(movement.first_day, first), min(movement.last_day, last)
    if start > end:
        return 0
    if end < movement.last_day:
        return movement.daily * (end - start + 1)
    return movement.daily * (end - start) + movement.last_share


def cut(movement: Movement, first: Day, last: Day) -> Movement | None:
    """The movement's days within `first … last`, or None if they have no amount.

    Every day that stays keeps exactly its amount (domain rule 4).
    """
    amount = amount_between(movement, first, last)
    if amount == 0:
        return None
    return movement._replace(
        amount=amount,
        first_day=max(movement.first_day, first),
        last_day=min(movement.last_day, last),
    )


def days_between(
    movements: Iterable[Movement], first: Day | None, last: Day | None
) -> list[Movement]:
    """The parts of movements on the days `first … last`; None sets no limit."""
    pieces = (
        cut(
            movement,
            movement.first_day if first is None else first,
            movement.last_day if last is None else last,
        )
        for movement in movements
    )
    return [piece for piece in pieces if piece is not None]


def net_by_day(
    movements: Iterable[Movement], debit: Role, credit: Role
) -> dict[Day, int]:
    """The amount from `credit` to `debit` on each day, less what came back."""
    net: dict[Day, int] = defaultdict(int)
    for movement in movements:
        assert {movement.debit, movement.credit} == {debit, credit}, (
            "one pair of accounts only"
        )
        sign = 1 if movement.debit == debit else -1
        for day, amount in shares(movement):
            net[day] += sign * amount
    return net


def movements_of_days(
    by_day: Mapping[Day, int], debit: Role, credit: Role
) -> list[Movement]:
    """The fewest movements, built from the first day on, that give exactly these days.

    Within a movement all days but the last are equal, of one month and of one sign; a
    negative amount swaps the accounts. Days without an amount are left out.
    """
    days = sorted(day for day, amount in by_day.items() if amount)
    movements: list[Movement] = []
    start = 0
    while start < len(days):
        end = _end_of_run(days, by_day, start)
        amount = sum(by_day[day] for day in days[start : end + 1])
        daily = by_day[days[start]]
        run = signed_movement(debit, credit, amount, daily, days[start], days[end])
        assert run is not None, "a run has amounts of one sign"
        movements.append(run)
        start = end + 1
    return movements


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
