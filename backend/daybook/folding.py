"""Texts without differences of case and spaces, as ids that are made from names. Pure.

Notices compare texts more loosely (`documents/notices/spelling.py`).
"""


def folded(text: str) -> str:
    """A text in lower case, with single spaces."""
    return " ".join(text.casefold().split())
