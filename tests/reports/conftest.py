"""Fixtures of the reports' tests."""

from daybook_history import history

__all__ = ["history"]
