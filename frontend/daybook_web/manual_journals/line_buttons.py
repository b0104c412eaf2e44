"""The buttons of the form that change its lines. Pure.

Each makes another entry of what was typed, and names the field to go on with.
"""

from collections.abc import Callable, Mapping

from daybook_web.manual_journals.entry import Entry, Figures


def _add(entry: Entry, _: str) -> tuple[Entry, str]:
    entry = entry.with_line()
    return entry, f"line-{len(entry.lines)}-account"


def _enter(entry: Entry, _: str) -> tuple[Entry, str]:
    """Enter works the sums out, and goes on to a new line after the last one."""
    last = entry.lines[-1] if entry.lines else None
    if last is None or (last.account and last.has_amount):
        return _add(entry, "")
    return entry, ""


def _remove(entry: Entry, number: str) -> tuple[Entry, str]:
    place = _line_number(number)
    entry = entry.without_line(place)
    return entry, f"line-{min(place, len(entry.lines)) or 1}-account"


def _put(entry: Entry, _: str) -> tuple[Entry, str]:
    """The difference into a line that has no amount yet."""
    figures = Figures.of(entry)
    side = "credit" if figures.difference > 0 else "debit"
    return entry.balanced(), f"line-{figures.place}-{side}"


def _line_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


EDITS: Mapping[str, Callable[[Entry, str], tuple[Entry, str]]] = {
    "add": _add,
    "enter": _enter,
    "remove": _remove,
    "put": _put,
}
"""What a button makes of the lines, by its name, and the field to go on with."""
