"""What the overview says after a lock was set, or a change of it was requested."""

from collections.abc import Mapping
from dataclasses import dataclass

from daybook_web.kit.links import Link
from daybook_web.kit.requests import REQUESTED, requested_link
from daybook_web.kit.results import Result

SAVED: Mapping[str, str] = {
    "lock": "The lock is saved.",
    "same-lock": "The lock was set so already: nothing was changed.",
    "requested": REQUESTED,
}
"""What the overview says, by the parameter `saved` of its address."""


@dataclass(frozen=True, slots=True)
class LedgerRecording(Result):
    """The last recording that an audit record covers in a ledger."""

    currency: str
    last: str


@dataclass(frozen=True, slots=True)
class LockRecord(Result):
    """An audit record of a lock, in words."""

    sentence: str
    recordings: tuple[LedgerRecording, ...]


@dataclass(frozen=True, slots=True)
class LockRecords(Result):
    """The last audit records of a ledger's locks."""

    nodes: tuple[LockRecord, ...]


@dataclass(frozen=True, slots=True)
class LockSaved:
    """What became of a lock that was sent, and where to go on."""

    words: str
    link: Link | None

    @classmethod
    def of(
        cls,
        query: Mapping[str, str],
        records: LockRecords | None,
        currency: str,
        export: Link,
    ) -> "LockSaved | None":
        """By the parameters that the page of the lock leads on with; None for others.

        `export` is the preflight of the month's export, which comes next.
        It says what the lock closed or opened if its record is among those given.
        """
        words = SAVED.get(query.get("saved", ""))
        if words is None:
            return None
        if query["saved"] == "requested":
            return cls(words, requested_link(query))
        recorded = LedgerRecording(currency, query.get("recording", ""))
        for record in records.nodes if records else ():
            if recorded in record.recordings:
                words = f"{words} {record.sentence}."
        return cls(words, export)
