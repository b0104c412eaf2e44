"""Which accounts of the target systems a ledger's accounts are mapped to."""
