"""Fast paths that use private interfaces of SQLAlchemy and the drivers.

visits    SQLite's cursors and connections, with one visit to aiosqlite's thread each
compiled  statements that are compiled once and run by the driver
bulk      many rows at once: COPY, and INSERTs of many rows
copied    many rows of a statement, by COPY into a file

Each file lists the private names that it uses, and what runs with `DAYBOOK_FAST=no`.
Nothing else below `daybook.db` uses any. `PINNED` has the versions they were checked
with; a test fails if another version is installed.
"""

PINNED = {"aiosqlite": "0.22.1", "asyncpg": "0.32.0", "sqlalchemy": "2.1.9"}
