"""Ledgers and their accounts."""
