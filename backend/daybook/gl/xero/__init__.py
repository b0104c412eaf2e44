"""Input from Xero: its pages of JSON, CSV with the same fields, and its live API."""
