"""Integrations and mapped accounts: what reads them, and what changes them."""
