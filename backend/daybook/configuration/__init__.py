"""Changing the locks and settings of ledgers, products and the organisation."""
