"""Locks and settings of ledgers, products and the organisation: changing them."""
