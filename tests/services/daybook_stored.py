"""What a database holds, read past the product's own queries."""

from collections import Counter, defaultdict
from typing import Any, NamedTuple

from sqlalchemy import select, text

from daybook.calendar import Day, parse_day
from daybook.db.engine import Database
from daybook.ledger.models import Journal, JournalMovement
from daybook.ledger.queries import value_of
from daybook.ledger.rules import Movement, Role
from daybook.tables import Base
from daybook_oracle import PAIRS, without_zeros

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
    """Every row of every table but the calendar, sorted."""
    tables = [one for one in Base.metadata.sorted_tables if one.name != "calendar"]
    async with database.reads() as session:
        return {
            table.name: sorted(
                (tuple(row) for row in await session.execute(select(table))), key=repr
            )
            for table in tables
        }


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
