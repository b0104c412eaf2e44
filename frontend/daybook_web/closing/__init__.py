"""The close of a month: checklist, checks, and the general ledger's balances."""
