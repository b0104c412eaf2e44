"""Idempotency keys: a request that is sent again returns what it created before."""
