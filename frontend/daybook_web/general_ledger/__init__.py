"""Pages of the general ledger: connections, and what came in of each."""
