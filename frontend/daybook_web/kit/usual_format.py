"""The format that an export begins with: the one place that chooses it. Pure."""

from collections.abc import Iterable


def usual_format(posted: Iterable[str | None]) -> str:
    """The format of the ledger's last posted file; empty where none is known.

    `posted` are the formats of its posted files, the newest first. None is one that
    only another version of Daybook knows.

    >>> usual_format([None, "XERO", "XLSX"])
    'XERO'
    """
    return next(filter(None, posted), "")
