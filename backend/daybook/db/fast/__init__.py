"""The door to private interfaces of SQLAlchemy and the drivers: the fast ways.

visits   SQLite's cursors and connections, with one visit to aiosqlite's thread each
kept     statements whose text is made once, and run by the driver
bulk     many rows at once: COPY, and INSERTs of many rows

Each file names the private names that it uses, and what runs with `DAYBOOK_FAST=no`.
Nothing else below `daybook.db` uses any. `PINNED` is what they were looked at with:
a test fails where another version is installed.
"""

PINNED = {"aiosqlite": "0.22.1", "asyncpg": "0.32.0", "sqlalchemy": "2.1.9"}
