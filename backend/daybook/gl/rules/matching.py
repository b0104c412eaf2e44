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
    """How an exported journal came back."""

    MATCHED = "MATCHED"
    MISSING = "MISSING"
    CHANGED = "CHANGED"
    DOUBLED = "DOUBLED"


class ExportedJournal(NamedTuple):
    """A journal of a file that was posted, by the number that the file gave it."""

    number: str
    day: Day
    amounts: Amounts


class BookedJournal(NamedTuple):
    """What the accounting system has booked of one source, corrections netted.

    `number` is what its narration begins with; it may be anything.
    """

    source_id: str
    number: str
    day: Day
    amounts: Amounts


class Match(NamedTuple):
    """An exported journal, and what was booked for it."""

    state: MatchState
    exported: ExportedJournal
    booked: Sequence[BookedJournal]

    @property
    def difference(self) -> Amounts:
        """What was booked less what was exported, by account code; without zeros."""
        sums: Counter[str] = Counter()
        for journal in self.booked:
            sums.update(journal.amounts)
        sums.subtract(self.exported.amounts)
        return {code: amount for code, amount in sums.items() if amount}

    @property
    def is_backwards(self) -> bool:
        """Whether debits and credits were exchanged."""
        turned = {code: -amount for code, amount in self.exported.amounts.items()}
        return len(self.booked) == 1 and self.booked[0].amounts == turned


def reconcile(
    exported: Iterable[ExportedJournal], booked: Iterable[BookedJournal]
) -> Iterator[Match]:
    """Each exported journal with what was booked for it, in the given order.

    A source whose amounts are all corrected away counts as not booked.
    """
    journals = [*exported]
    numbers = {journal.number for journal in journals}
    by_number: dict[str, list[BookedJournal]] = defaultdict(list)
    unnamed: dict[object, list[BookedJournal]] = defaultdict(list)
    for found in booked:
        if not found.amounts:
            continue
        if found.number in numbers:
            by_number[found.number].append(found)
        else:
            unnamed[_content(found)].append(found)
    alike = Counter(
        _content(journal) for journal in journals if journal.number not in by_number
    )
    for journal in journals:
        named = by_number.get(journal.number)
        if named:
            yield Match(_state(journal, named), journal, named)
            continue
        content = _content(journal)
        same = unnamed.get(content, [])
        is_unique = len(same) == 1 and alike[content] == 1
        state = MatchState.MATCHED if is_unique else MatchState.MISSING
        yield Match(state, journal, same if is_unique else ())


def _state(journal: ExportedJournal, named: Sequence[BookedJournal]) -> MatchState:
    if len(named) > 1:
        return MatchState.DOUBLED
    is_same = _content(named[0]) == _content(journal)
    return MatchState.MATCHED if is_same else MatchState.CHANGED


def _content(journal: ExportedJournal | BookedJournal) -> object:
    """The day, accounts and amounts of a journal."""
    return journal.day, frozenset(journal.amounts.items())
