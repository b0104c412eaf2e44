"""What manual journals and recurrences hold, in words, and how two versions differ.

Contents are those of `daybook.adjustments`: `content_of` a journal's version, and
`recurrence_content` of a recurrence's. Pure.
"""

from collections.abc import Sequence
from itertools import zip_longest

from daybook.calendar import parse_month
from daybook.ledger.rules import Role
from daybook.money import grouped_text, parse_amount
from daybook.reports.journals.narratives import month_words
from daybook.reports.trail.changes import (
    NONE,
    Change,
    Details,
    Field,
    changed,
    day,
    plain,
    spelled,
)

SIDES = {"DEBIT": "Dr", "CREDIT": "Cr"}
MODES = {
    "REVERSE": "reverses it",
    "REPLACE": "reverses and replaces it",
    "DIFFERENCE": "adds a difference",
}


def month(value: object) -> str:
    """A stored month for people: `Oct 2026`."""
    return NONE if value is None else month_words(parse_month(str(value)))


FIELDS = {
    "date": Field("Date", day),
    "dayOfMonth": Field("Day of the month", plain),
    "firstMonth": Field("First month", month),
    "untilMonth": Field("Last month", month),
    "kind": Field("Kind", lambda value: spelled(value).replace("One off", "One-off")),
    "narrative": Field("Narrative", plain),
    "customer": Field("Customer", plain),
    "product": Field("Product", plain),
    "adjusts": Field("Adjusts journal", plain),
    "mode": Field("How", lambda value: MODES.get(value, plain(value))),
    "reversesOn": Field("Reverses on", day),
    "reversesNextMonth": Field(
        "Reverses in the next month", lambda value: "yes" if value else "no"
    ),
}
"""The fields of a header; a journal never leaves its ledger, so no currency."""


def content_words(content: Details) -> str:
    """A content in a few words: `50.00 USD on 15 Mar 2025, “Billed twice”`."""
    when = f"on {day(content['date'])}" if "date" in content else _schedule(content)
    narrative = f", “{content['narrative']}”" if content["narrative"] else ""
    return f"{_amount(content)} {when}{narrative}"


def content_changes(before: Details | None, after: Details) -> list[Change]:
    """What a version changed: fields of the header, then lines by their positions.

    Of a first version it is all that was entered.
    """
    before = before or {"lines": []}
    currency = str(after["currency"])
    return [
        *changed(_header(before), _header(after), FIELDS),
        *_line_changes(_lines(before, currency), _lines(after, currency)),
    ]


def _header(content: Details) -> Details:
    return {name: content[name] for name in FIELDS if name in content}


def _lines(content: Details, currency: str) -> list[str]:
    return [_line(line, currency) for line in content["lines"]]


def _line_changes(before: Sequence[str], after: Sequence[str]) -> list[Change]:
    return [
        Change(f"Line {position}", old, new)
        for position, (old, new) in enumerate(
            zip_longest(before, after, fillvalue=NONE), 1
        )
        if old != new
    ]


def _line(line: Details, currency: str) -> str:
    """A line: `Cr Recognized of p2 for cus_1 1,250.00, October`."""
    role = Role[line["account"]].name.capitalize()
    product = f" of {line['product']}" if line["product"] else ""
    customer = f" for {line['customer']}" if line["customer"] else ""
    amount = grouped_text(parse_amount(line["amount"], currency), currency)
    description = f", {line['description']}" if line["description"] else ""
    derived = " (of the adjusted journal)" if line["mirror"] else ""
    account = f"{SIDES[line['side']]} {role}{product}{customer}"
    return f"{account} {amount}{description}{derived}"


def _amount(content: Details) -> str:
    """What the debits sum to."""
    currency = str(content["currency"])
    debits = [line for line in content["lines"] if line["side"] == "DEBIT"]
    total = sum(parse_amount(line["amount"], currency) for line in debits)
    return f"{grouped_text(total, currency)} {currency}"


def _schedule(content: Details) -> str:
    """When a recurrence makes its journals."""
    until = content["untilMonth"]
    last = f" to {month(until)}" if until is not None else " on"
    first = month(content["firstMonth"])
    return f"on day {content['dayOfMonth']} of each month from {first}{last}"
