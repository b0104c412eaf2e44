"""Which posted files have entries of days that a lock would open."""

from collections.abc import Sequence
from urllib.parse import parse_qs

from daybook.calendar import FIRST_DAY, LAST_DAY, Day, parse_day
from daybook_web.closing.lock_results import FileOfDays

DAYS = ("from", "to")
"""The filters that name a file's first and last day."""


def posted_words(files: Sequence[FileOfDays], days: tuple[Day, Day]) -> str:
    """The files with some of the days: `File 6 (MJ-0934)`; empty if there are none."""
    first, last = days
    names = [
        f"file {file.number} ({file.posting.reference})"
        for file in files
        if _starts(file) <= last and first <= _ends(file)
    ]
    words = ", ".join(names)
    return f"{words[:1].upper()}{words[1:]}"


def _starts(file: FileOfDays) -> Day:
    return _day(file, DAYS[0]) or FIRST_DAY


def _ends(file: FileOfDays) -> Day:
    return _day(file, DAYS[1]) or LAST_DAY


def _day(file: FileOfDays, name: str) -> Day | None:
    """A day of the file's filters; None if they don't name one."""
    text = parse_qs(file.filters or "").get(name, [""])[-1]
    return parse_day(text) if text else None
