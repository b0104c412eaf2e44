"""Fixtures for the real programs that tests need, each started when first asked for."""
