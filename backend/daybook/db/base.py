"""The metadata that every table belongs to, and the column types they share."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    SmallInteger,
    Text,
)
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

# Every constraint gets a name on both databases, so that a migration can drop it.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# Compared by code points, as SQLite does: text sorts alike on both databases.
PlainText = Text().with_variant(Text(collation="C"), "postgresql")

# SQLite stores any integer in as few bytes as it needs; PostgreSQL wants to be told.
SmallNumber = SmallInteger()
DayNumber = Integer()
Number = BigInteger()

SPARSE = {"is_sparse": True}
"""Marks columns that are empty in nearly all rows: rows in bulk leave them out."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; a naive one is our bug."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Store UTC."""
        assert value is None or value.tzinfo is not None, "moments carry their zone"
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """SQLite drops the zone: what is stored is UTC."""
        return value.replace(tzinfo=UTC) if value else None


class Base(DeclarativeBase):
    """The ledger tables' common ancestor; tables come to be by migrations only."""

    metadata = MetaData(naming_convention=NAMING)


class RuntimeBase(DeclarativeBase):
    """The ancestor of what the running program keeps: sessions and jobs.

    On SQLite these tables are a file of their own, which an import never locks, and no
    foreign key leads into the ledger's file; on PostgreSQL they stand beside the rest.
    """

    metadata = MetaData(naming_convention=NAMING)
