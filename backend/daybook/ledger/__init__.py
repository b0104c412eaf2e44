"""The double-entry ledger: accounts, movements, journals and the entries they give."""
