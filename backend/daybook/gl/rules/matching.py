"""What was exported against what was booked: matched, missing, changed or doubled.

Amounts are minor units by account code, a credit positive. A journal is known by the
number that its export gave it, which the accounting system shows in its narration; else
by its day, accounts and amounts, if nothing else has the same.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from daybook.calendar import Day

Amounts: TypeAlias = Mapping[str, int]
"""Sums by account code, none of them zero."""


class MatchState(StrEnum):
    """How an exported journal came back; what needs a look comes first."""

    MISSING = "MISSING"
    CHANGED = "CHANGED"
    DOUBLED = "DOUBLED"
    MATCHED = "MATCHED"


class ExportedJournal(NamedTuple):
    """A journal of a file that was posted, by the number that the file gave it.

    `record` is the file's number, and `journal` that of the ledger's journal; None for
    a group of journals.
    """

    number: str
    day: Day
    amounts: Amounts
    record: int = 0
    journal: int | None = None


class BookedJournal(NamedTuple):
    """What the accounting system has booked of one source, corrections netted.

    `number` is what its narration begins with; it may be anything. `journals` are the
    accounting system's own numbers of what was netted.
    """

    source_id: str
    number: str
    day: Day
    amounts: Amounts
    journals: tuple[int, ...] = ()


class Match(NamedTuple):
    """An exported journal, and what was booked for it.

    `reversed` are journals of its number that were booked and taken back.
    """

    state: MatchState
    exported: ExportedJournal
    booked: Sequence[BookedJournal]
    reversed: Sequence[BookedJournal] = ()

    @property
    def booked_amounts(self) -> Amounts:
        """What was booked, by account code; without zeros."""
        sums: Counter[str] = Counter()
        for journal in self.booked:
            sums.update(journal.amounts)
        return _without_zeros(sums)

    @property
    def difference(self) -> Amounts:
        """What was booked less what was exported, by account code; without zeros."""
        sums = Counter(self.booked_amounts)
        sums.subtract(self.exported.amounts)
        return _without_zeros(sums)

    @property
    def is_backwards(self) -> bool:
        """Whether debits and credits were exchanged."""
        turned = {code: -amount for code, amount in self.exported.amounts.items()}
        return len(self.booked) == 1 and self.booked[0].amounts == turned


def credits_of(amounts: Amounts) -> int:
    """The sum of a journal's credits, which is that of its debits."""
    return sum(amount for amount in amounts.values() if amount > 0)


def reconcile(
    exported: Iterable[ExportedJournal], booked: Iterable[BookedJournal]
) -> Iterator[Match]:
    """Each exported journal with what was booked for it, in the given order.

    A source whose amounts are all corrected away counts as not booked. Two files may
    have journals of one number, each with a part of a month.
    """
    journals = [*exported]
    numbered = _Numbered(journals)
    unnamed: dict[object, list[BookedJournal]] = defaultdict(list)
    for found in numbered.take(booked):
        if found.amounts:
            unnamed[_content(found)].append(found)
    alike = Counter(
        _content(journal)
        for journal, named in zip(journals, numbered.booked, strict=True)
        if not named
    )
    for place, journal in enumerate(journals):
        named = numbered.booked[place]
        if named:
            yield Match(_state(journal, named), journal, named)
            continue
        content = _content(journal)
        same = unnamed.get(content, [])
        is_unique = len(same) == 1 and alike[content] == 1
        state = MatchState.MATCHED if is_unique else MatchState.MISSING
        taken_back = numbered.reversed.get(journal.number, ())
        yield Match(state, journal, same if is_unique else (), taken_back)


class _Numbered:
    """What was booked for each exported journal by its number."""

    def __init__(self, journals: Sequence[ExportedJournal]) -> None:
        self._journals = journals
        self._places: dict[str, list[int]] = defaultdict(list)
        for place, journal in enumerate(journals):
            self._places[journal.number].append(place)
        self.booked: list[list[BookedJournal]] = [[] for _ in journals]
        self.reversed: dict[str, list[BookedJournal]] = defaultdict(list)

    def take(self, booked: Iterable[BookedJournal]) -> list[BookedJournal]:
        """Place what has a number of theirs; returns the rest.

        Equal journals find one another first.
        """
        others, rest = [], []
        for found in booked:
            places = self._places_of(found)
            if not places:
                rest.append(found)
            elif not found.amounts:
                self.reversed[found.number].append(found)
            elif (place := self._free_and_equal(found, places)) is not None:
                self.booked[place].append(found)
            else:
                others.append((found, places))
        for found, places in others:
            self.booked[min(places, key=lambda at: self._order(found, at))].append(
                found
            )
        return rest

    def _places_of(self, found: BookedJournal) -> list[int]:
        """Whose number it has.

        A narration such as `7 days of rent` begins with a journal's number, too: then
        an account of the journal has to be among its own.
        """
        places = self._places.get(found.number, [])
        if not found.number.isdecimal() or not found.amounts:
            return places
        return [
            place
            for place in places
            if self._journals[place].amounts.keys() & found.amounts.keys()
        ]

    def _free_and_equal(
        self, found: BookedJournal, places: Sequence[int]
    ) -> int | None:
        content = _content(found)
        for place in places:
            if not self.booked[place] and _content(self._journals[place]) == content:
                return place
        return None

    def _order(self, found: BookedJournal, place: int) -> tuple[bool, bool, int]:
        """One without any comes first, then one of the day."""
        return bool(self.booked[place]), self._journals[place].day != found.day, place


def _state(journal: ExportedJournal, named: Sequence[BookedJournal]) -> MatchState:
    if len(named) > 1:
        return MatchState.DOUBLED
    is_same = _content(named[0]) == _content(journal)
    return MatchState.MATCHED if is_same else MatchState.CHANGED


def _content(journal: ExportedJournal | BookedJournal) -> object:
    """The day, accounts and amounts of a journal."""
    return journal.day, frozenset(journal.amounts.items())


def _without_zeros(sums: Mapping[str, int]) -> Amounts:
    return {code: amount for code, amount in sums.items() if amount}
