"""Saved filters: those that a reader sees, and the mutations that change them."""
