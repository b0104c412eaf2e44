"""Locks, settings and names of accounts: the mutations that change them."""
