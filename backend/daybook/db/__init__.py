"""The database: engines, transactions, column types, bulk writes and migrations."""
