"""Daybook against PostgreSQL, DuckDB and bare sqlite3, on one machine in one run."""
