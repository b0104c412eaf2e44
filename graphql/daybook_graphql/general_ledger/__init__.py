"""The general ledger that comes back: connections, what came in, and rates."""
