"""Which tables an import writes, in an order that foreign keys allow."""

from daybook.tables import Base

MIGRATED = {"calendar", "organisations"}
"""What the migrations fill."""

IMPORTED = tuple(
    table.name for table in Base.metadata.sorted_tables if table.name not in MIGRATED
)
"""All others; rows are copied in the order of their keys, as an import writes them."""
