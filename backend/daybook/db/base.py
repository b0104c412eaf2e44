"""The metadata of all tables, and the column types they share."""

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

# Compared by code points, as SQLite does, so that both databases sort text alike.
PlainText = Text().with_variant(Text(collation="C"), "postgresql")

# SQLite stores any integer in as few bytes as it needs; PostgreSQL has sized types.
SmallNumber = SmallInteger()
DayNumber = Integer()
Number = BigInteger()

SPARSE = {"sparse": 1}
"""Marks columns that are empty in nearly all rows; bulk inserts leave them out."""
SPARSE_LATER = {"sparse": 2}
"""Marks sparse columns of a table whose other sparse columns were digested before."""


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
        """Add the zone, which SQLite drops; stored moments are in UTC."""
        return value.replace(tzinfo=UTC) if value else None


class Base(DeclarativeBase):
    """The base class of the ledger's tables, which only migrations create."""

    metadata = MetaData(naming_convention=NAMING)


class RuntimeBase(DeclarativeBase):
    """The base class of the running program's tables, such as sessions and jobs.

    On SQLite these tables have a file of their own, which an import never locks, so no
    foreign key leads into the ledger's file. On PostgreSQL they are in its database.
    """

    metadata = MetaData(naming_convention=NAMING)
