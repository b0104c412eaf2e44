"""Checking the audit trail's chain, in constant memory."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TypeAlias

from sqlalchemy import func, select

from daybook.audit.models import AuditRecord
from daybook.audit.rules import Chain, Misfit, Record, Verification
from daybook.db.engine import Database
from daybook.ledger.models import Organisation

SLICE = 500
"""How many records are read at once."""

Check: TypeAlias = Callable[[Database, Record], Awaitable[str | None]]
"""Compares what a record says with what is stored; says what doesn't agree."""


async def verify_chain(
    database: Database, organisation_id: int, checks: Mapping[str, Check]
) -> Verification:
    """Check all records of an organisation, and name the first that doesn't fit.

    `checks` are by action. What is appended meanwhile is left to the next time.
    """
    async with database.reads() as session:
        # One statement: the head and the last record are those of one moment.
        found = await session.execute(
            select(
                Organisation.audit_records,
                Organisation.audit_hash,
                select(func.max(AuditRecord.number))
                .where(AuditRecord.organisation_id == organisation_id)
                .scalar_subquery(),
            ).where(Organisation.id == organisation_id)
        )
        records, last_hash, last = found.one()
    chain = Chain()
    async for one in _records(database, organisation_id, max(records, last or 0)):
        misfit = chain.add(one)
        if misfit is None and (check := checks.get(one.action)) is not None:
            problem = await check(database, one)
            misfit = Misfit(one.number, problem) if problem else None
        if misfit is not None:
            return Verification(one.number - 1, misfit)
    return Verification(chain.records, chain.end(records, last_hash))


async def _records(
    database: Database, organisation_id: int, last: int
) -> AsyncIterator[Record]:
    """The records up to a number, in their order, in slices of a transaction each."""
    statement = (
        select(*AuditRecord.__table__.columns)
        .where(
            AuditRecord.organisation_id == organisation_id, AuditRecord.number <= last
        )
        .order_by(AuditRecord.number)
        .limit(SLICE)
    )
    wanted = statement
    while True:
        async with database.reads() as session:
            rows = (await session.execute(wanted)).all()
        for row in rows:
            yield Record(*row)
        if len(rows) < SLICE:
            return
        wanted = statement.where(AuditRecord.number > rows[-1][1])
