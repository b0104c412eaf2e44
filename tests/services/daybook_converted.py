"""A ledger of dollars with any history, and its movements in another currency."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import text

from daybook.db.engine import Database
from daybook.exports.conversion.exchange import Exchange
from daybook.exports.conversion.movements import Amounts, Place
from daybook.exports.conversion.reading import Conversion
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook_beside import Beside
from daybook_choosing import Chooser
from daybook_drawing import Drawing
from daybook_drawing_lines import Scope
from daybook_factories import invoice, pin
from daybook_stored import StoredMovement, stored_movements

SCOPE = Scope()
TODAY = "2026-06-30"
DAYS = range(SCOPE.first, SCOPE.last + 400)
"""All days that a document may have."""

SCHEDULES = """
SELECT s.id, COALESCE(s.family_id, s.id), COALESCE(s.credits_id, s.revises_id, s.id),
    r.classification
FROM schedules s JOIN schedules r
    ON r.ledger_id = s.ledger_id AND r.id = COALESCE(s.family_id, s.id)
WHERE s.ledger_id = :ledger_id
"""
ACCRUAL = 4


class Account(NamedTuple):
    """An account, of a family or of one invoiced line of a billing schedule's."""

    role: Role
    family: int
    line: int


@dataclass(slots=True)
class Books:
    """What a ledger ever stored, and which accounts each schedule's movements touch."""

    pin: Pin
    stored: list[StoredMovement]
    schedules: Mapping[int, tuple[int, int, bool]] = field(default_factory=dict)
    """Family, line, and whether the family accrues, by schedule."""

    def at(self, recording: int) -> Pin:
        """The ledger pinned to a recording."""
        return self.pin._replace(recording=recording)

    def in_force(self, recording: int) -> list[StoredMovement]:
        """The movements that stood after a recording."""
        return [movement for movement in self.stored if movement.is_in_force(recording)]

    def account(self, schedule_id: int, role: Role) -> Account:
        """Where a schedule's movements go; all of a family share their Unbilled."""
        family, line, is_accruing = self.schedules[schedule_id]
        if not is_accruing or role is Role.UNBILLED:
            line = family
        return Account(role, family, line)

    def nets(
        self, movements: Iterable[StoredMovement], amounts: Amounts | None = None
    ) -> Counter[Account]:
        """Debits less credits of each account, converted if there are `amounts`."""
        nets: Counter[Account] = Counter()
        for stored in movements:
            amount = stored.movement.amount
            if amounts is not None:
                amount, _ = amounts[stored.journal, stored.seq]
            nets[self.account(stored.schedule_id, stored.movement.debit)] += amount
            nets[self.account(stored.schedule_id, stored.movement.credit)] -= amount
        return nets


async def record_history(database: Database, choose: Chooser, files: int) -> Books:
    """Record files of any documents, with locks between them."""
    async for books in growing_history(database, choose, files):
        found = books
    return found


async def growing_history(
    database: Database, choose: Chooser, files: int
) -> AsyncIterator[Books]:
    """Record such files, and read the ledger after each of them."""
    beside = Beside(database, ["USD"])
    await beside.record([invoice()], SCOPE.first)
    on = SCOPE.first
    for number in range(files):
        on += choose.one_of([0, 1, 20, 45])
        model = beside.books["USD"].model.copy()
        file = Drawing(choose, model, "USD", SCOPE).file(f"f{number}")
        await beside.record(file, on)
        through = choose.one_of([None, None, on - choose.integer(0, 60)])
        await beside.lock("USD", through, on)
        yield await read_books(database)


async def read_books(database: Database, currency: str = "USD") -> Books:
    """All movements and schedules of a ledger."""
    at = await pin(database, currency, TODAY)
    async with database.reads() as session:
        rows = await session.execute(text(SCHEDULES), {"ledger_id": at.ledger_id})
        schedules = {
            id_: (family, line, root == ACCRUAL) for id_, family, line, root in rows
        }
    stored = await stored_movements(database)
    own = [movement for movement in stored if movement.ledger_id == at.ledger_id]
    return Books(at, own, schedules)


async def converted(
    database: Database,
    books: Books,
    at: Pin,
    currency: str,
    exchange: Exchange | None = None,
) -> Amounts:
    """All movements in force at a pin, in another currency.

    At the ECB's rates, or at one rate for all.
    """
    places = [
        Place(row.journal, row.seq, books.schedules[row.schedule_id][0], 0)
        for row in books.in_force(at.recording)
    ]
    async with database.reads() as session:
        conversion = await Conversion.of(session, at, currency)
        if exchange is not None:
            conversion.exchanges.update(dict.fromkeys(DAYS, exchange))
        return await conversion.amounts(session, places)
