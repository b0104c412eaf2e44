"""Moments for people: in the time zone of the reader's organisation, which is named.

Who asks for a page is known before anything of it is made, and with them their zone, so
nothing of a page takes the zone as an argument or reads it again.
"""

from contextvars import ContextVar
from datetime import UTC, datetime

from markupsafe import Markup

from daybook.clock import moment_words

_ZONE: ContextVar[str] = ContextVar("page_time_zone", default="UTC")


def note_zone(time_zone: str) -> None:
    """Note the zone of all moments in what is answered to the present request."""
    _ZONE.set(time_zone)


def moment(value: datetime) -> Markup:
    """A moment as markup that holds it exactly, in UTC: `1 Oct 2025, 10:30 BST`.

    In a sentence: `Markup("{} left at {}").format(name, moment(at))`.
    """
    utc = value.astimezone(UTC)
    return _TIME.format(
        f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03}Z",
        f"{utc.day} {utc:%b %Y, %H:%M:%S} UTC",
        moment_plain(value),
    )


_TIME = Markup('<time datetime="{}" title="{}">{}</time>')


def moment_plain(value: datetime) -> str:
    """A moment as text, for attributes: `1 Oct 2025, 10:30 BST`."""
    return moment_words(value, _ZONE.get())
