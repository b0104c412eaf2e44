"""The filters of the audit trail and the activity log, to the domain's own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from daybook.activity.rules import ActivityKind as StoredActivity
from daybook.audit.rules import SubjectKind
from daybook.calendar import Day
from daybook.errors import Rejected
from daybook.reports.trail.filters import (
    EVERY_RUN,
    TrailFilter,
    read_activity_filter,
    read_trail_filter,
)
from daybook.reports.trail.filters import ActivityFilter as RunsWanted
from daybook_graphql.audit.enums import ActivityKind
from daybook_graphql.kit.errors import ErrorCode, failure, refusal
from daybook_graphql.kit.ids import decode
from daybook_graphql.kit.money import DateRangeInput, checked

SUBJECTS: Mapping[str, SubjectKind] = {
    "Ledger": SubjectKind.LEDGER,
    "LedgerAccount": SubjectKind.LEDGER_ACCOUNT,
    "Product": SubjectKind.PRODUCT,
    "Invoice": SubjectKind.INVOICE,
    "BillingSchedule": SubjectKind.BILLING_SCHEDULE,
    "CreditNote": SubjectKind.CREDIT_NOTE,
    "ExportRecord": SubjectKind.EXPORT,
    "ManualJournal": SubjectKind.MANUAL_JOURNAL,
    "RecurringManualJournal": SubjectKind.RECURRENCE,
    "ChangeRequest": SubjectKind.CHANGE_REQUEST,
}
"""The subjects of audit records, by the types of global ids."""
PREFIXES: Mapping[str, str] = {"ManualJournal": "MJ-", "RecurringManualJournal": "R-"}
"""What records write before the number of such a thing."""
FIELDS = {
    "who": "made_by",
    "action": "action",
    "kind": "subject_kind",
    "id": "subject_id",
    "currency": "currency",
}
"""The filters' fields with texts, by the domain's names of them."""


@strawberry.input(
    description="Which audit records to select. Absent fields do not narrow; present"
    " ones all apply."
)
class AuditFilter:
    made_by: str | None = strawberry.field(
        default=None,
        description="Who did it: a whole address, or a part of one or of a name, in any"
        " case; a whole address means itself alone.",
    )
    action: str | None = strawberry.field(
        default=None, description="What was done: `SET_LOCK`, `IMPORT`, …"
    )
    recorded: DateRangeInput | None = strawberry.field(
        default=None,
        description="Days on which it was done, in the organisation's time zone.",
    )
    subject_kind: str | None = strawberry.field(
        default=None, description="What kind of thing it was done to: `INVOICE`, …"
    )
    subject_id: str | None = strawberry.field(
        default=None,
        description="The natural id of what it was done to; needs `subjectKind`."
        " Records about a ledger or a document include those of its recordings, and"
        " records about a manual journal (`MJ-7`) that of its import.",
    )
    currency: str | None = strawberry.field(
        default=None, description="Only what concerns this ledger."
    )
    after_close: bool = strawberry.field(
        default=False,
        description="Only what changed a day, or opened it, after that day had been"
        " closed: after its month was over and a lock covered it.",
    )


@strawberry.input(
    description="Which runs to select. Absent fields do not narrow; present ones all"
    " apply."
)
class ActivityFilter:
    made_by: str | None = strawberry.field(
        default=None,
        description="Who ran it: a whole address, or a part of one or of a name, in any"
        " case; a whole address means itself alone.",
    )
    kind: ActivityKind | None = strawberry.field(
        default=None, description="What it was about."
    )
    started: DateRangeInput | None = strawberry.field(
        default=None,
        description="Days on which it began, in the organisation's time zone.",
    )
    currency: str | None = strawberry.field(
        default=None, description="Only runs in this ledger."
    )
    is_failed: bool | None = strawberry.field(
        default=None, description="Whether it failed."
    )


def trail_filter(given: AuditFilter | None, node_id: str | None) -> TrailFilter:
    """The domain's filter of both arguments; raises an error for what doesn't fit."""
    texts = _texts(given)
    if node_id is not None:
        if texts.get("kind") or texts.get("id"):
            message = "give nodeId or the filter's subject, not both"
            raise failure(ErrorCode.INVALID_VALUE, message, "nodeId")
        kind, texts["id"] = _subject(node_id)
        texts["kind"] = kind.value
    with _refused():
        wanted = read_trail_filter(texts)
    if given is None:
        return wanted
    since, until = _days(given.recorded)
    return replace(wanted, since=since, until=until, is_after_close=given.after_close)


def runs_wanted(given: ActivityFilter | None) -> RunsWanted:
    """The domain's filter of runs; raises an error for what doesn't fit."""
    if given is None:
        return EVERY_RUN
    with _refused():
        wanted = read_activity_filter(_texts(given))
    since, until = _days(given.started)
    number: Any = given.kind and given.kind.value
    kind = StoredActivity(number) if number else None
    return replace(
        wanted, kind=kind, since=since, until=until, is_failed=given.is_failed
    )


def _texts(given: AuditFilter | ActivityFilter | None) -> dict[str, str]:
    """The texts of a filter by the domain's names; other values are read apart."""
    found = {name: getattr(given, field, None) for name, field in FIELDS.items()}
    return {name: text for name, text in found.items() if isinstance(text, str)}


@contextmanager
def _refused() -> Iterator[None]:
    """Raise the domain's problems under the filter's own names."""
    try:
        yield
    except Rejected as rejected:
        problems = [
            replace(problem, path=tuple(map(_public, problem.path)))
            for problem in rejected.problems
        ]
        raise refusal(problems, ("filter",)) from None


def _public(step: str | int) -> str:
    return to_camel_case(FIELDS.get(str(step), str(step)))


def _days(given: DateRangeInput | None) -> tuple[Day | None, Day | None]:
    return (None, None) if given is None else checked(given, "filter")


def _subject(node_id: str) -> tuple[SubjectKind, str]:
    """The subject that an id names; raises INVALID_ID for types without records."""
    name, _, key = str(decode(node_id, "nodeId")).partition(":")
    if name not in SUBJECTS:
        message = f"nodeId: the audit trail has no records about a {name}"
        raise failure(ErrorCode.INVALID_ID, message, "nodeId")
    return SUBJECTS[name], f"{PREFIXES.get(name, '')}{key}"
