"""The general ledger's journals as a dataset: actual, draft, forecast, FX, budget."""
