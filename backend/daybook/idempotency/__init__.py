"""Requests that may be sent twice: what was created is told again, not made again."""
