"""What is raised where a database can't be reached or fails, by whichever layer."""

import sqlite3

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

DATABASE_ERRORS: tuple[type[Exception], ...] = (
    SQLAlchemyError,
    OSError,
    sqlite3.Error,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)
"""The drivers' own too: kept statements are run without SQLAlchemy."""
