"""Columnar files and the engine that reads and writes them (DuckDB, Parquet)."""
