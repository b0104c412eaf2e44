"""The general ledger's dataset at its address, for spreadsheets and programs."""
