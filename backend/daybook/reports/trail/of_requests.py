"""What was done with four eyes and changes that wait for it, in words. Pure."""

import re
from collections.abc import Iterator, Mapping

from daybook.audit.rules import Action, Record
from daybook.reports.trail.changes import (
    Change,
    Details,
    Field,
    Tell,
    Told,
    changed,
    day,
    listed,
    spelled,
    told_of_many,
)
from daybook.reports.trail.of_adjustments import reversal_words
from daybook.reports.trail.of_mapping import SYSTEMS, charted, mapped, settings_changes
from daybook.reports.trail.of_settings import LOCK

SETTINGS = {**LOCK, "fourEyes": Field("Four eyes", spelled)}
_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_SYSTEM = re.compile(rf"\b({'|'.join(SYSTEMS)})\b")


def tell_four_eyes(_record: Record, details: Details) -> Told:
    """Whether another person approves from then on."""
    before, after = details["before"], details["after"]
    return Told(
        f"Turned four eyes {spelled(after['fourEyes'])}",
        changed(before, after, SETTINGS),
        details.get("reason"),
    )


def tell_requested(record: Record, details: Details) -> Told:
    """A change that waits for another person, and what it would do."""
    kind, effect = str(details["kind"]), details["effect"]
    what = f"{_summary(details)}{_chart_words(effect) if kind == 'CHART' else ''}"
    return told_of_many(
        f"Requested, as change request {record.subject_id}: {what}",
        list(requested_changes(kind, effect)),
        details.get("reason"),
    )


def tell_approved(record: Record, details: Details) -> Told:
    """A requested change that was approved, and so made."""
    return _decided(record, details, "Approved", "approved")


def tell_rejected(record: Record, details: Details) -> Told:
    """A requested change that another person refused."""
    return _decided(record, details, "Rejected", "rejected")


def tell_withdrawn(record: Record, details: Details) -> Told:
    """A requested change that was taken back."""
    return _decided(record, details, "Withdrew", "withdrawn")


def _decided(record: Record, details: Details, verb: str, outcome: str) -> Told:
    return Told(
        f"{verb} change request {record.subject_id}: {_summary(details)}",
        (Change("Status", "open", outcome),),
        details.get("reason"),
    )


def _summary(details: Details) -> str:
    """What is requested, with days and systems as elsewhere in the trail."""
    words = _DAY.sub(lambda found: day(found[0]), str(details["summary"]))
    return _SYSTEM.sub(lambda found: SYSTEMS[found[0]], words)


def requested_changes(kind: str, effect: Details) -> Iterator[Change]:
    """All that a requested change would do, before and after; `kind` is its name."""
    if kind in {"LOCK", "FOUR_EYES_OFF"}:
        yield from changed(effect["before"], effect["after"], SETTINGS)
    elif kind == "REVERSE_JOURNAL":
        yield Change(effect["journal"], "posted", reversal_words(effect["postsOn"]))
    elif kind == "INTEGRATION":
        yield from settings_changes(effect)
    elif kind == "MAPPINGS":
        for currency, mappings in effect.items():
            for each in mappings:
                yield mapped(each, currency)
    elif kind == "CHART":
        for currency, accounts in effect["changed"].items():
            for each in accounts:
                yield charted(each, currency)


def _chart_words(effect: Details) -> str:
    """How many accounts of a chart a ledger doesn't know as they are."""
    differing = [
        f"{len(accounts):,} of {currency}"
        for currency, accounts in effect["changed"].items()
    ]
    return f" ({listed(differing)} new, changed or gone)"


TELLING: Mapping[Action, Tell] = {
    Action.SET_FOUR_EYES: tell_four_eyes,
    Action.REQUEST_CHANGE: tell_requested,
    Action.APPROVE_CHANGE: tell_approved,
    Action.REJECT_CHANGE: tell_rejected,
    Action.WITHDRAW_CHANGE: tell_withdrawn,
}
