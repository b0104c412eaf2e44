"""The ECB's euro reference rates: shipped history, refreshed rates and conversion."""
