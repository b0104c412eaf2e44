"""The close: tie-out with the general ledger, its balances, checks and checklist."""
