"""What a database holds, read past the product's own queries."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import select, text

from daybook.calendar import Day, parse_day
from daybook.db.engine import Database
from daybook.ledger.models import Journal, JournalMovement
from daybook.ledger.queries import value_of
from daybook.ledger.rules import Movement, Role
from daybook.tables import Base
from daybook_oracle import PAIRS, net_of, without_zeros

Posted = dict[tuple[str, str, Day, Role, Role], int]
"""What went from the second account to the first, less what came back.

By document, product and day.
"""


class Numbered(NamedTuple):
    """A journal as it is numbered."""

    number: int
    month: int
    document_id: int
    product_id: int
    source: int


async def dump(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but the calendar and the activity log, sorted.

    The log also tells of what changed nothing.
    """
    left_out = {"calendar", "activities"}
    tables = [
        table for table in Base.metadata.sorted_tables if table.name not in left_out
    ]
    async with database.reads() as session:
        return {
            table.name: sorted(
                (
                    tuple(row)
                    for row in await session.execute(
                        select(*(one for one in table.c if one.name != "activities"))
                    )
                ),
                key=repr,
            )
            for table in tables
        }


SALTED = {"export_records", "persons", "audit_records", "row_digests", "organisations"}
"""The salts of persons' names are random, and so are the hashes made with them."""


async def dump_without_salts(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """The same of tables that are equal wherever the same was recorded."""
    rows = await dump(database)
    return {name: rows[name] for name in rows.keys() - SALTED}


async def entries(database: Database, currency: str = "USD") -> list[tuple[Any, ...]]:
    """The rows of the view, in their order."""
    async with database.reads() as session:
        rows = await session.execute(
            text(
                "SELECT journal_number, movement, entry_date, debit_account,"
                " credit_account, amount_minor, document_id, product_id"
                " FROM journal_entries WHERE currency = :currency"
                " ORDER BY journal_number, movement, entry_date"
            ),
            {"currency": currency},
        )
        return [tuple(row) for row in rows]


async def posted(database: Database, currency: str = "USD") -> Posted:
    """The days of each document and product, by the view."""
    net: Posted = defaultdict(int)
    for row in await entries(database, currency):
        _, _, date, debit, credit, amount, document, product = row
        pair, sign = (Role[debit], Role[credit]), 1
        if pair not in PAIRS:
            pair, sign = (Role[credit], Role[debit]), -1
        net[document, product, parse_day(date), *pair] += sign * amount
    return without_zeros(net)


class StoredMovement(NamedTuple):
    """A movement with whose it is; `parts` are the service days of a catch-up."""

    ledger_id: int
    journal: int
    seq: int
    month: int
    document: str
    product: str
    schedule_id: int
    source: int
    recorded_in: int
    superseded_in: int | None
    movement: Movement
    parts: tuple[Movement, ...] = ()
    locked_through: Day | None = None

    @property
    def service(self) -> tuple[Movement, ...]:
        """The same by service days."""
        return self.parts or (self.movement,)

    def is_in_force(self, recording: int | None = None) -> bool:
        """Whether it counts now, or at a recording."""
        if recording is None:
            return self.superseded_in is None
        is_over = self.superseded_in is not None and self.superseded_in <= recording
        return self.recorded_in <= recording and not is_over


MOVEMENTS = """
SELECT m.ledger_id, m.journal, m.seq, j.month, d.external_id, p.external_id,
    m.schedule_id, j.source, m.recorded_in, m.superseded_in,
    m.debit_role, m.credit_role, m.amount, m.daily, m.first_day, m.last_day
FROM movements m
JOIN journals j ON j.ledger_id = m.ledger_id AND j.number = m.journal
JOIN documents d ON d.ledger_id = m.ledger_id AND d.id = j.document_id
JOIN products p ON p.id = j.product_id
ORDER BY m.ledger_id, m.journal, m.seq
"""
CATCH_UPS = """
SELECT ledger_id, journal, seq, first_day, last_day, locked_through FROM catch_ups
"""
CATCH_UP_PARTS = """
SELECT ledger_id, journal, seq, amount, daily, first_day, last_day
FROM catch_up_parts ORDER BY ledger_id, journal, seq, position
"""


async def stored_movements(database: Database) -> list[StoredMovement]:
    """All movements there ever were, in force or not, of all ledgers."""
    parts: dict[tuple[int, ...], list[tuple[int, ...]]] = defaultdict(list)
    async with database.reads() as session:
        rows = (await session.execute(text(MOVEMENTS))).all()
        catch_ups = {
            tuple(row[:3]): tuple(row[3:])
            for row in await session.execute(text(CATCH_UPS))
        }
        for row in await session.execute(text(CATCH_UP_PARTS)):
            parts[tuple(row[:3])].append(tuple(row[3:]))
    found = []
    for row in rows:
        key, (debit, credit, *amounts) = tuple(row[:3]), row[10:]
        movement = Movement(Role(debit), Role(credit), *amounts)
        one = StoredMovement._make((*row[:10], movement, (), None))
        if key in catch_ups:
            first, last, locked_through = catch_ups[key]
            made = tuple(_part(one.movement, *its) for its in parts[key])
            assert (first, last) == (
                min(its.first_day for its in made),
                max(its.last_day for its in made),
            )
            one = one._replace(parts=made, locked_through=locked_through)
        found.append(one)
    assert catch_ups.keys() == parts.keys()
    return found


def _part(whole: Movement, amount: int, daily: int, first: Day, last: Day) -> Movement:
    """A part of a catch-up, in its direction; a negative one is exchanged."""
    if amount < 0:
        return Movement(whole.credit, whole.debit, -amount, -daily, first, last)
    return Movement(whole.debit, whole.credit, amount, daily, first, last)


def posted_of(found: Iterable[StoredMovement]) -> Posted:
    """The days of each document and product on which movements are posted."""
    return _by_day((one, (one.movement,)) for one in found)


def serviced_of(found: Iterable[StoredMovement]) -> Posted:
    """The same by service days, wherever a lock posted them."""
    return _by_day((one, one.service) for one in found)


def _by_day(found: Iterable[tuple[StoredMovement, tuple[Movement, ...]]]) -> Posted:
    total: Counter[tuple[str, str, Day, Role, Role]] = Counter()
    for one, movements in found:
        for key, amount in net_of(movements).items():
            total[one.document, one.product, *key] += amount
    return without_zeros(total)


async def journals(database: Database) -> list[Numbered]:
    """All journals, by number."""
    columns = [getattr(Journal, name) for name in Numbered._fields]
    async with database.reads() as session:
        rows = await session.execute(select(*columns).order_by(Journal.number))
        return [Numbered(*row) for row in rows]


async def in_force(
    database: Database, recording: int, ledger_id: int = 1
) -> Counter[tuple[int, int, Movement]]:
    """What was in force at a ledger's recording: journal, place and movement."""
    async with database.reads() as session:
        rows = await session.scalars(
            select(JournalMovement).where(JournalMovement.ledger_id == ledger_id)
        )
        return Counter(
            (row.journal, row.seq, value_of(row))
            for row in rows
            if row.recorded_in <= recording
            and (row.superseded_in is None or row.superseded_in > recording)
        )
