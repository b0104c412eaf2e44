"""Changes that are made only if what their sender looked at is still so."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple, NoReturn

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.audit.models import AuditRecord
from daybook.audit.rules import Action, Details, Subject, is_erased
from daybook.clock import moment_words
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.models import Organisation

EXPECTED = "expected_audit_record"
"""Where the problem is of a change that was expected to follow another record."""


class Setting(NamedTuple):
    """Something that a change is about to set.

    `field` is the place of problems, `words` its name, and `present` its value now, for
    people. `key` is what the details of records call it within `before` and `after`;
    empty where those are the setting itself.
    """

    field: str
    words: str
    present: str
    key: str = ""

    def is_changed_by(self, details: Details) -> bool:
        """Whether the record with these details changed it."""
        before, after = details.get("before"), details.get("after")
        if self.key and isinstance(before, dict) and isinstance(after, dict):
            return before.get(self.key) != after.get(self.key)
        return True


class _RecordedSince(Exception):
    """Leaves the transaction of a change whose sender looked at an earlier record."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__()
        self.problems = problems


def check_expected(expected: int | None, last: int) -> None:
    """Leave the transaction unless the trail's last record is the expected one.

    Call it with the organisation locked, inside `recorded_since_refused`. Without an
    expected record, any is right; 0 is before the first.
    """
    if expected in {None, last}:
        return
    message = (
        f"something was recorded since: the audit trail is at record {last} now; look"
        " again at what it would do"
    )
    raise _RecordedSince([Problem(ProblemCode.CONFLICT, message, (EXPECTED,))])


def check_not_ahead(expected: int, last: int) -> None:
    """Leave the transaction for a record that there isn't, perhaps of another trail."""
    if expected > last:
        message = (
            f"the audit trail has no record {expected} yet, it is at {last}: look again"
            " at what is to be changed"
        )
        raise _RecordedSince([Problem(ProblemCode.CONFLICT, message, (EXPECTED,))])


async def check_unchanged(  # noqa: PLR0913  (keyword-only, each has its meaning)
    session: AsyncSession,
    organisation: Organisation,
    *,
    expected: int | None,
    subject: Subject,
    actions: Collection[Action],
    settings: Iterable[Setting],
) -> None:
    """Leave the transaction if a setting was changed after the expected record.

    `actions` are those that change the subject's settings. Call it as `check_expected`,
    with only the settings that would get another value.
    """
    changes = await _changes_since(session, organisation, expected, subject, actions)
    problems = []
    for setting in settings:
        for who, at, details in changes:
            if setting.is_changed_by(details):
                message = (
                    f"{who} changed {setting.words} on"
                    f" {moment_words(at, organisation.time_zone)}, after you looked: it"
                    f" is {setting.present} now; send yours again to replace that"
                )
                place = (setting.field,)
                problems.append(Problem(ProblemCode.CONFLICT, message, place))
                break
    if problems:
        raise _RecordedSince(problems)


async def check_not_touched(  # noqa: PLR0913  (keyword-only, each has its meaning)
    session: AsyncSession,
    organisation: Organisation,
    *,
    expected: int | None,
    subject: Subject,
    actions: Collection[Action],
    words: str,
) -> None:
    """Leave the transaction if any of the actions came after the expected record.

    `words` name the subject. Call it as `check_expected`.
    """
    changes = await _changes_since(session, organisation, expected, subject, actions)
    for who, at, _ in changes[:1]:
        moment = moment_words(at, organisation.time_zone)
        refuse_recorded_since(
            f"{who} changed {words} on {moment}, after you looked: look at it again"
        )


async def _changes_since(
    session: AsyncSession,
    organisation: Organisation,
    expected: int | None,
    subject: Subject,
    actions: Collection[Action],
) -> Sequence[tuple[str, datetime, Details]]:
    """Who changed a subject after the expected record, when, and how; latest first."""
    if expected is None or expected == organisation.audit_records:
        return []
    check_not_ahead(expected, organisation.audit_records)
    since = await session.execute(
        select(AuditRecord.made_by, AuditRecord.recorded_at, AuditRecord.details)
        .where(
            AuditRecord.organisation_id == organisation.id,
            AuditRecord.subject_kind == subject.kind.value,
            AuditRecord.subject_id == subject.id,
            AuditRecord.action.in_([action.value for action in actions]),
            AuditRecord.number > expected,
        )
        .order_by(AuditRecord.number.desc())
    )
    return [
        (_who(made_by), datetime.fromisoformat(at), json.loads(details))
        for made_by, at, details in since
    ]


def refuse_recorded_since(message: str) -> NoReturn:
    """Leave the transaction: its subject was recorded anew after the expected record.

    Call it as `check_expected`.
    """
    raise _RecordedSince([Problem(ProblemCode.CONFLICT, message, (EXPECTED,))])


def _who(made_by: str | None) -> str:
    return "Somebody" if made_by is None or is_erased(made_by) else made_by


@contextmanager
def recorded_since_refused() -> Iterator[None]:
    """Raise Rejected where one of the checks left.

    Wrap it around the log of failures: nothing was looked at, so nothing failed.
    """
    try:
        yield
    except _RecordedSince as since:
        raise Rejected(since.problems) from None
