"""A stored movement, and its amounts in another currency. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from daybook.calendar import Day
from daybook.ledger.rules import Movement, shares
from daybook.recognition.allocation import daily_amount
from daybook.recognition.replacing import Pair, pair_of

RowKey: TypeAlias = tuple[int, int]
"""A journal's number, and a movement's `seq` there."""

Amounts: TypeAlias = dict[RowKey, tuple[int, int]]
"""The converted amount and daily amount of movements; an amount of zero is no line."""


class Place(NamedTuple):
    """Where a movement is: its key, its family, and its journal's document.

    Movements of manual journals have no family.
    """

    journal: int
    seq: int
    family_id: int | None
    document_id: int


class Row(NamedTuple):
    """A stored movement of a member; `parts` are its service days if a lock moved it.

    A member is named by the first schedule of its line. Movements of a manual journal
    have its document's negative number for one.
    """

    key: RowKey
    member: int
    movement: Movement
    parts: tuple[Movement, ...]
    recorded_in: int
    superseded_in: int | None

    @property
    def pair(self) -> Pair:
        """Its accounts, whichever way it goes."""
        return pair_of(self.movement)

    @property
    def sign(self) -> int:
        """Its direction within the pair: 1 if it debits the first account."""
        return 1 if self.movement.debit is self.pair[0] else -1

    @property
    def service(self) -> Sequence[Movement]:
        """The movement by service days."""
        return self.parts or (self.movement,)

    def service_days(self) -> Iterator[Day]:
        """The service days, in order, each once."""
        days = {
            day
            for part in self.service
            for day in range(part.first_day, part.last_day + 1)
        }
        return iter(sorted(days))


@dataclass(slots=True)
class Converted:
    """A row with its amounts in the other currency; an amount of zero makes no line.

    `moved` are the service days of a row that a lock moved, signed within its pair.
    """

    row: Row
    amount: int
    daily: int
    moved: dict[Day, int] | None = None

    @property
    def movement(self) -> Movement:
        """The converted movement; its amount may be zero."""
        return self.row.movement._replace(amount=self.amount, daily=self.daily)

    def by_day(self) -> Iterable[tuple[Day, int]]:
        """What each service day has, signed within the pair."""
        if self.moved is not None:
            return self.moved.items()
        sign = self.row.sign
        return ((day, sign * share) for day, share in shares(self.movement))

    def add(self, change: int) -> None:
        """Change the amount; the last day takes the change where it can."""
        self.amount += change
        assert self.amount >= 0, "a converted movement keeps its direction"
        if self.moved is not None:
            last = max(self.moved, default=self.row.service[-1].last_day)
            self.moved[last] = self.moved.get(last, 0) + self.row.sign * change
        self.daily = daily_within(self.row.movement, self.amount, self.daily)


def daily_within(movement: Movement, amount: int, wanted: int) -> int:
    """The daily amount that is wanted, if the amount allows it, else that of rule 4."""
    days = movement.days
    if days == 1:
        return amount
    if wanted >= 0 and wanted * (days - 1) <= amount:
        return wanted
    return daily_amount(amount, days)
