"""What was done to webhooks, in words. Pure."""

from collections.abc import Mapping

from daybook.audit.rules import Action, Record
from daybook.reports.trail.changes import (
    Change,
    Details,
    Field,
    Tell,
    Told,
    changed,
    plain,
    spelled,
)


def tell_creation(record: Record, details: Details) -> Told:
    """A new webhook: its host and the events that it wants."""
    events = _listed(details["events"])
    return Told(f"Created webhook {record.subject_id} to {details['host']}: {events}")


def tell_update(record: Record, details: Details) -> Told:
    """A webhook's address, events or state, from one to another."""
    before, after = details["before"], details["after"]
    changes = changed(before, after, FIELDS)
    if details["isOtherAddress"] and before["host"] == after["host"]:
        changes = (Change("Address", "one", "another of the same host"), *changes)
    return Told(f"Changed webhook {record.subject_id} to {after['host']}", changes)


def tell_deletion(record: Record, details: Details) -> Told:
    """A webhook that is no more."""
    return Told(f"Deleted webhook {record.subject_id} to {details['host']}")


def tell_rotation(record: Record, details: Details) -> Told:
    """A webhook with another secret."""
    return Told(
        f"Replaced the secret of webhook {record.subject_id} to {details['host']}:"
        f" version {details['version']}"
    )


def tell_disabling(record: Record, details: Details) -> Told:
    """A webhook that Daybook disabled, and why."""
    return Told(
        f"Disabled webhook {record.subject_id} to {details['host']}",
        reason=str(details["because"]),
    )


def _listed(events: object) -> str:
    assert isinstance(events, list), "stored as a list"
    return ", ".join(map(str, events))


FIELDS: Mapping[str, Field] = {
    "host": Field("Host", plain),
    "events": Field("Events", _listed),
    "isEnabled": Field("Enabled", spelled),
}
TELLING: Mapping[Action, Tell] = {
    Action.CREATE_WEBHOOK: tell_creation,
    Action.UPDATE_WEBHOOK: tell_update,
    Action.DELETE_WEBHOOK: tell_deletion,
    Action.ROTATE_WEBHOOK_SECRET: tell_rotation,
    Action.DISABLE_WEBHOOK: tell_disabling,
}
