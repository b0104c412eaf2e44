"""Texts without differences of case and spaces. Pure."""


def folded(text: str) -> str:
    """A text in lower case, with single spaces."""
    return " ".join(text.casefold().split())
