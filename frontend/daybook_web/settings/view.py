"""What the settings page shows, made from the data of its operations."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from daybook_graphql.ids import ProductId, decode
from daybook_web.journals.view import Ledger, Problem
from daybook_web.kit.formats import MINUS, count, day, method, moment, strategy
from daybook_web.settings.lock import LockReview, saved_words

METHODS = ("STRAIGHT_LINE", "USAGE", "POINT_IN_TIME", "MILESTONE")
STRATEGIES = (
    "DAILY_RATE_EVEN_MONTHS",
    "CALENDAR_FRACTION",
    "EXACT_DAYS",
    "EVEN_PERIODS",
    "THIRTY_360",
)
UNDATED_LINES = {
    "REFUSE": "are refused",
    "ACCOUNTING_DATE": "are recognized on their accounting date",
}
"""What becomes of lines without the dates they need, as the page says it."""
SAVED = {
    "lock": "The lock is saved.",
    "same-lock": "The lock was set so already: nothing was changed.",
    "defaults": "The settings are saved.",
    "product": "The product's method is saved.",
    "account": "The account's name is saved.",
}
"""What the page says after each form, by the form's name."""


_NAMES = {"undatedLines": "undated lines"}
"""Details' names in words."""
_NEGATIVE = re.compile(r"(?<=\w )-(?=\d[\d,]*(?:\.\d+)?[,)])")
"""The sign of an amount in the log's list of amounts: `(Deferred -100.00, …)`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that a form offers."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Account:
    """An account or a sub-account with what it is called."""

    role: str
    built_in: str
    name: str
    code: str
    product: str = ""
    category: str = ""

    @property
    def of(self) -> str:
        """What the sub-account is for, in words; empty for the account itself."""
        if self.product:
            return f"product {self.product}"
        return f"category {self.category}" if self.category else ""


@dataclass(frozen=True, slots=True)
class SettingsView:
    """A ledger's lock and settings, and what was done lately."""

    page: ClassVar[str] = "settings/settings.html"
    fragment: ClassVar[str] = "settings/settings.html"

    title: str
    ledgers: Sequence[Ledger]
    currency: str
    lock_words: str
    given: Mapping[str, str]
    review: LockReview | None
    methods: Sequence[Choice]
    strategies: Sequence[Choice]
    undated: Sequence[Choice]
    products: Sequence[Mapping[str, Any]]
    products_more: int
    accounts: Sequence[Account]
    activity: Sequence[Mapping[str, Any]]
    records: Sequence[Mapping[str, Any]]
    saved: str
    problems: Sequence[Problem]


def choices() -> tuple[list[Choice], list[Choice], list[Choice]]:
    """The methods, the strategies, and what becomes of undated lines."""
    return (
        [Choice(one, method(one)) for one in METHODS],
        [Choice(one, strategy(one).capitalize()) for one in STRATEGIES],
        [Choice(one, words.capitalize()) for one, words in UNDATED_LINES.items()],
    )


def lock_words(ledger: Mapping[str, Any]) -> str:
    """How a ledger is locked, for people."""
    if ledger["lockMethod"] == "ACCOUNTING_DATE":
        return "Each document is locked up to the day before its accounting date."
    if ledger["lockedThrough"] is None:
        return "No day is locked."
    through, first = day(ledger["lockedThrough"]), day(ledger["firstOpenDay"])
    return f"Locked through {through}; the first open day is {first}."


def given_by(ledger: Mapping[str, Any]) -> dict[str, str]:
    """What the forms hold when nothing was typed yet."""
    return {
        "lock_method": ledger["lockMethod"],
        "locked_through": ledger["lockedThrough"] or "",
        "reason": "",
        "confirm_future": "",
        "method": ledger["defaultMethod"],
        "strategy": ledger["defaultStrategy"],
        "breakage": "on" if ledger["recognizesBreakage"] else "",
        "undated_lines": ledger["undatedLines"],
        "sold": "",
        "sold_method": "",
        "role": "",
        "product": "",
        "category": "",
        "name": "",
        "code": "",
    }


def accounts_of(ledger: Mapping[str, Any]) -> list[Account]:
    """The four accounts, each followed by its sub-accounts."""
    named = ledger["accountNames"]
    accounts = []
    for one in ledger["accounts"]:
        role, built_in = one["role"], one["role"].capitalize()
        its = [name for name in named if name["role"] == role]
        own = [name for name in its if not (name["productId"] or name["category"])]
        name, code = (own[0]["name"], own[0]["code"] or "") if own else ("", "")
        accounts.append(Account(role, built_in, name, code))
        accounts += [
            Account(
                role,
                built_in,
                sub["name"],
                sub["code"] or "",
                product=_product(sub["productId"]),
                category=sub["category"] or "",
            )
            for sub in its
            if sub not in own
        ]
    return accounts


def clock_words(clock: Mapping[str, Any]) -> str:
    """What somebody is told who can't change anything, because of the clock."""
    beside = "last recording", clock["lastRecordedAt"]
    if clock["state"] == "AHEAD":
        beside = "database server", clock["databaseNow"]
    name, its = beside
    times = f"clock: {moment(clock['now'])}"
    times += f"; {name}: {moment(its)}" if its else ""
    return (
        f"The server's clock doesn't fit what was recorded ({times}): ask whoever runs"
        " Daybook."
    )


def activity_of(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line of the activity log, with the minus signs of its amounts as elsewhere."""
    if line["kind"] != "LOCK":
        return dict(line)
    return {**line, "message": _NEGATIVE.sub(MINUS, line["message"])}


def record_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """An audit record with its details in words."""
    subject = record["subject"]
    return {
        "number": record["number"],
        "at": record["recordedAt"],
        "by": record["madeBy"] or "",
        "action": _words(record["action"]),
        "about": f"{_words(subject['kind'])} {subject['id']}".strip(),
        "details": _details(json.loads(record["details"])),
    }


def lock_saved(
    records: Iterable[Mapping[str, Any]], currency: str, recording: str
) -> str:
    """What the change of the lock that a recording made did, if it is a late one."""
    for record in records:
        details = json.loads(record["details"])
        its = details.get("recordings", {}).get(currency, {})
        if record["action"] == "SET_LOCK" and str(its.get("recording")) == recording:
            done = saved_words(details)
            return f"{SAVED['lock']} It {done}." if done else SAVED["lock"]
    return SAVED["lock"]


def _product(product_id: str | None) -> str:
    if product_id is None:
        return ""
    found = decode(product_id)
    assert isinstance(found, ProductId), "a sub-account is a product's"
    return found.external_id


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _details(details: Mapping[str, Any]) -> str:
    """What was changed, from what to what; other details by name."""
    before, after = details.get("before"), details.get("after")
    if isinstance(after, Mapping) and "lockMethod" in after:
        return _lock_details(details)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        changes = [
            f"{_NAMES.get(name, name)}: {_spelled(before.get(name))} →"
            f" {_spelled(after[name])}"
            for name in after
            if after[name] != before.get(name)
        ]
        return ", ".join([*(["ledger made"] if "made" in details else []), *changes])
    if "before" in details:
        return f"{_spelled(before)} → {_spelled(after)}"
    if "reason" in details:
        return _spelled(details["reason"])
    recordings = details.get("recordings", {})
    told = [
        f"{count(one['documents'], 'document', 'documents')} in {currency}"
        for currency, one in recordings.items()
        if "documents" in one
    ]
    return ", ".join(told)


def _lock_details(details: Mapping[str, Any]) -> str:
    """A change of a lock: from what to what, what that opened or closed, and why."""
    told = [" → ".join(_lock_state(details[one]) for one in ("before", "after"))]
    if done := saved_words(details):
        told.append(done)
    if "reason" in details:
        told.append(f"reason: {details['reason']}")
    return "; ".join(told)


def _lock_state(lock: Mapping[str, Any]) -> str:
    if lock["lockMethod"] == "ACCOUNTING_DATE":
        return "by accounting date"
    through = lock["lockedThrough"]
    return "unlocked" if through is None else f"locked through {day(through)}"


def _spelled(value: object) -> str:
    if value in {None, ""}:
        return "none"
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
