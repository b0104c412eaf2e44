"""The settings of a ledger: its lock, defaults, accounts; and the latest activity."""
