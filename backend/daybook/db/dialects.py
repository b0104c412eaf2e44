"""Statements that SQLite and PostgreSQL have in forms of their own."""

from typing import Any, TypeAlias

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from daybook.db.engine import WriteSession, is_postgresql

Insert: TypeAlias = sqlite.Insert | postgresql.Insert


async def advisory_lock(session: WriteSession, *numbers: int) -> None:
    """Hold an advisory lock until the transaction ends, on PostgreSQL.

    The numbers are a lock's own, and an organisation's if the lock is for one alone. On
    SQLite, a transaction that writes keeps out all others.
    """
    if is_postgresql(session):
        await session.execute(select(func.pg_advisory_xact_lock(*numbers)))


def insert_into(session: WriteSession, model: type[Any]) -> Insert:
    """An insert that can say `ON CONFLICT`."""
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    return insert(model)
