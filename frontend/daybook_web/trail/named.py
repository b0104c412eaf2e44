"""What a line of the activity log names at its beginning, with its page. Pure."""

import re
from typing import NamedTuple

from daybook_web.kit.links import Link

_NAMED = re.compile(
    r"(?P<before>posting of |)"
    r"(?:(?P<journal>MJ-(?P<mj>\d+))"
    r"|(?P<recurrence>R-(?P<r>\d+))"
    r"|(?P<file>file (?P<number>\d+))"
    r"|(?P<ledger>(?P<currency>[A-Z]{3}) ledger)(?= locked| unlocked))\b"
)
"""What Daybook itself writes there; the rest of a line may be anybody's words."""


class Told(NamedTuple):
    """A line in three parts: `named` is what it is about, None if that has no page."""

    before: str
    named: Link | None
    after: str


def told(message: str) -> Told:
    """A line of the log, with a link to what it names first."""
    found = _NAMED.match(message)
    if found is None:
        return Told("", None, message)
    if found["journal"]:
        link = Link(found["journal"], f"/manual-journals/{found['mj']}")
    elif found["recurrence"]:
        link = Link(found["recurrence"], f"/manual-journals/recurring/{found['r']}")
    elif found["file"]:
        link = Link(found["file"], f"/exports/files/{found['number']}")
    else:
        link = Link(found["ledger"], f"/settings/locks?currency={found['currency']}")
    return Told(found["before"], link, message[found.end() :])
