"""Exports: asking for them, listing them, listening to them."""
