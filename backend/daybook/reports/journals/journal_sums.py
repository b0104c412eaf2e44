"""What journals move between accounts on the selected days, in all and posted."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from sqlalchemy import BigInteger, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.fast.compiled import CompiledSelect, fetch_rows_in
from daybook.db.lists import in_numbers, numbered
from daybook.ledger.amount_conditions import amount_within
from daybook.ledger.models import Journal, JournalMovement
from daybook.ledger.pins import Pin
from daybook.ledger.rules import AccountPair, Role
from daybook.reports.journals.conditions import AnySelect, movement_conditions
from daybook.reports.journals.filters import JournalFilter

_ROLES = {role.value: role for role in Role}
STATEMENTS_MAX = 64
"""How many statements are cached."""


class PostingState(StrEnum):
    """Whether what is selected is posted by a day, or scheduled after it."""

    POSTED = "POSTED"
    SCHEDULED = "SCHEDULED"
    PARTLY = "PARTLY"
    """Some of it is posted, the rest scheduled."""
    NOTHING = "NOTHING"
    """It has no amount on the selected days, as a journal of which nothing is left."""


@dataclass(slots=True)
class PairSums:
    """The amounts between each pair of accounts, and what is posted of them."""

    pairs: dict[AccountPair, int] = field(default_factory=dict)
    posted: dict[AccountPair, int] = field(default_factory=dict)

    @property
    def scheduled(self) -> dict[AccountPair, int]:
        """The scheduled amounts, of the pairs of accounts that have any."""
        return {
            pair: amount - posted
            for pair, amount in self.pairs.items()
            if amount != (posted := self.posted.get(pair, 0))
        }

    @property
    def state(self) -> PostingState:
        """Whether it is posted."""
        if not self.pairs:
            return PostingState.NOTHING
        posted = sum(self.posted.values())
        if posted == sum(self.pairs.values()):
            return PostingState.POSTED
        return PostingState.PARTLY if posted else PostingState.SCHEDULED


async def sums_of_journals(
    session: AsyncSession,
    pin: Pin,
    journal_filter: JournalFilter,
    numbers: Iterable[int],
) -> dict[int, PairSums]:
    """What journals with these numbers move, of what the filter selects of them."""
    found: dict[int, PairSums] = defaultdict(PairSums)
    for parameters in numbered(numbers):
        statement = _statement(pin, journal_filter, len(parameters))
        for row in await fetch_rows_in(session, statement, parameters):
            number, debit, credit, amount, posted_amount = row
            pair = _ROLES[debit], _ROLES[credit]
            found[number].pairs[pair] = int(amount)
            found[number].posted[pair] = int(posted_amount)
    return found


# Each page of a list reads the sums of its journals by the same statement.
@lru_cache(maxsize=STATEMENTS_MAX)
def _statement(pin: Pin, journal_filter: JournalFilter, length: int) -> CompiledSelect:
    """The sums of so many journals."""
    first, last = journal_filter.first_day(), journal_filter.last_day(pin)
    until = min(last, journal_filter.divides_on(pin))
    its = JournalMovement
    key = (its.journal, its.debit_role, its.credit_role)
    posted = amount_within(first, until) if first <= until else literal(0)
    sums = [
        cast(func.sum(amount), BigInteger)
        for amount in (amount_within(first, last), posted)
    ]
    statement: AnySelect = (
        select(*key, *sums)
        .join(
            Journal,
            (Journal.ledger_id == its.ledger_id) & (Journal.number == its.journal),
        )
        .where(
            *movement_conditions(pin, journal_filter), in_numbers(its.journal, length)
        )
        .group_by(*key)
    )
    return CompiledSelect(statement, is_short=True)
