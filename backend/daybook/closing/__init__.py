"""Closing a month: balances of the general ledger, tie-out, checks and checklist."""
