"""Which tables an import writes, in an order that foreign keys allow."""

from daybook.tables import Base

MIGRATED = {"calendar", "organisations"}
"""What the migrations fill."""

IMPORTED = tuple(
    table.name for table in Base.metadata.sorted_tables if table.name not in MIGRATED
)
"""All others; rows are copied in the order of their keys, as an import writes them."""

SQLITE_GUARDS = """
SELECT name FROM sqlite_master
WHERE type = 'trigger' AND sql LIKE '%INSERT ON%'
"""
POSTGRESQL_GUARDS = """
SELECT tgrelid::regclass::text, tgname FROM pg_trigger
WHERE NOT tgisinternal AND (tgtype & 4) <> 0
"""
"""The triggers that look at new rows: bare rows come without a recording in progress,
and what the triggers cost is the import's to pay."""
