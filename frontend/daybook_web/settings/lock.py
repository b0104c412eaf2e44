"""What the settings page shows of a change of the lock, before it is made and after."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from daybook.money import decimal_text
from daybook_web.kit.formats import (
    count,
    day,
    days,
    decimals_in,
    grouped,
    minor_units,
    month,
)

ROLES = ("BILLED", "UNBILLED", "DEFERRED", "RECOGNIZED")
DEBIT_NORMAL = frozenset(ROLES[:2])
VERBS = {"CLOSES": "Close", "OPENS": "Open", "NOTHING": "Save the lock"}


@dataclass(frozen=True, slots=True)
class MonthRow:
    """The days of a month that open or close, and each account's net change on them."""

    name: str
    days: str
    journals: int
    nets: Sequence[str]


@dataclass(frozen=True, slots=True)
class LockReview:
    """What a change would open or close, shown before it is made.

    `key` tells one reviewed change from another: it names the old and the new lock.
    """

    key: str
    words: str
    notes: Sequence[str]
    months: Sequence[MonthRow]
    total: MonthRow
    button: str
    needs_confirmation: bool
    needs_reason: bool


def review_of(change: Mapping[str, Any]) -> LockReview:
    """A change of a lock for people."""
    journals, total = change["journalCount"], _nets(change["totals"])
    is_whole = change["lastDay"] is None
    return LockReview(
        key="/".join(
            f"{change[when]['method']} {change[when]['lockedThrough'] or ''}"
            for when in ("before", "after")
        ),
        words=_review_words(change),
        notes=_notes(change),
        months=[
            MonthRow(
                month(one["month"]),
                days(one["firstDay"], one["lastDay"]),
                one["journalCount"],
                _nets(one["totals"]),
            )
            for one in change["months"]
        ],
        total=MonthRow("In all", "", journals, total),
        button=VERBS[change["effect"]] + ("" if is_whole else " these days"),
        needs_confirmation=change["needsConfirmation"],
        needs_reason=change["needsReason"],
    )


def saved_words(details: Mapping[str, Any]) -> str:
    """What a change of a lock did, by its audit record's details; empty for nothing.

    `closed all days through 31 May 2025: 5 journals (Recognized 500.00)`.
    """
    for done in ("closed", "opened"):
        if done in details:
            its = details[done]
            figures = count(its["journals"], "journal", "journals").lower()
            nets = ", ".join(_named_nets(its["amounts"]))
            amounts = f" ({nets})" if nets else ""
            return f"{done} {_days_words(its['from'], its['to'])}: {figures}{amounts}"
    return ""


def _review_words(change: Mapping[str, Any]) -> str:
    if change["effect"] == "NOTHING":
        return "The lock is set so already: there is nothing to change."
    verb = "closes" if change["effect"] == "CLOSES" else "opens"
    if change["lastDay"] is None:
        return f"This {verb} for each document the days before its accounting date."
    its_days = _days_words(change["firstDay"], change["lastDay"])
    figures = count(change["journalCount"], "journal has", "journals have")
    return f"This {verb} {its_days}. {figures} entries on these days."


def _notes(change: Mapping[str, Any]) -> list[str]:
    """What else it does where one of the locks is by accounting date."""
    if change["lastDay"] is None:
        return []
    notes = []
    if change["before"]["method"] == "ACCOUNTING_DATE":
        notes.append("It opens the days after for documents that are dated later.")
    if change["after"]["method"] == "ACCOUNTING_DATE":
        notes.append(
            "It closes for each document the days before its accounting date instead."
        )
    return notes


def _days_words(first: str | None, last: str) -> str:
    return f"all days through {day(last)}" if first is None else days(first, last)


def _nets(totals: Iterable[Mapping[str, Any]]) -> list[str]:
    """What each account gained on its normal side, in the order of accounts."""
    by_role = {one["account"]["role"]: one for one in totals}
    return [_net(by_role[role]) if role in by_role else "" for role in ROLES]


def _net(total: Mapping[str, Any]) -> str:
    debit, credit = (total[side]["amount"] for side in ("debit", "credit"))
    gain = minor_units(debit) - minor_units(credit)
    if total["account"]["normalBalance"] == "CREDIT":
        gain = -gain
    return grouped(decimal_text(gain, decimals_in(debit)))


def _named_nets(amounts: Iterable[Mapping[str, str]]) -> Iterable[str]:
    """The same of amounts between pairs of accounts; accounts without are left out."""
    gains, decimals = dict.fromkeys(ROLES, 0), 0
    for one in amounts:
        decimals = decimals_in(one["amount"])
        gains[one["debit"]] += minor_units(one["amount"])
        gains[one["credit"]] -= minor_units(one["amount"])
    for role, gain in gains.items():
        if gain:
            net = gain if role in DEBIT_NORMAL else -gain
            yield f"{role.capitalize()} {grouped(decimal_text(net, decimals))}"
