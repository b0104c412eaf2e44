"""The database: engines and transactions, column types, bulk writes, migrations."""
