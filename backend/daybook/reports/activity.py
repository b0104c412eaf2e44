"""Reading the activity log: its lines, newest first."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.activity.models import Activity
from daybook.activity.rules import ActivityKind
from daybook.db.keyset import count_rows, one_page
from daybook.ledger.models import Ledger
from daybook.ledger.queries import choose_ledger, ends_of_days
from daybook.ledger.rules import stored_name
from daybook.paging import Page, PageRequest
from daybook.reports.trail.filters import EVERY_RUN, ActivityFilter
from daybook.reports.trail.persons import persons_meant
from daybook.sheets.columns import Sheet, boolean, integer, text, timestamp


class ListedActivity(NamedTuple):
    """A line of the activity log; `currency` is that of its ledger, if it has one."""

    id: int
    started_at: datetime
    duration_ms: int
    kind: int
    ledger_id: int | None
    currency: str | None
    first_recording: int | None
    last_recording: int | None
    documents: int
    journals: int
    movements: int
    problems: int
    is_failed: bool
    message: str
    made_by: str | None


ACTIVITY: Sheet[ListedActivity] = Sheet(
    "activity",
    "Activity",
    (
        integer("number", "No.", lambda activity: activity.id),
        timestamp("started_at", "Started (UTC)", lambda activity: activity.started_at),
        integer("duration_ms", "Took (ms)", lambda activity: activity.duration_ms),
        text("kind", "What", lambda activity: stored_name(ActivityKind, activity.kind)),
        boolean("is_failed", "Failed", lambda activity: activity.is_failed),
        text("ledger", "Ledger", lambda activity: activity.currency),
        text("made_by", "Who", lambda activity: activity.made_by),
        integer("documents", "Documents", lambda activity: activity.documents),
        integer("journals", "Journals", lambda activity: activity.journals),
        integer("movements", "Movements", lambda activity: activity.movements),
        integer("problems", "Problems", lambda activity: activity.problems),
        text("message", "Message", lambda activity: activity.message),
    ),
)
"""The activity log, for a controller."""


async def find_activities(
    session: AsyncSession,
    organisation_id: int,
    request: PageRequest,
    wanted: ActivityFilter = EVERY_RUN,
) -> Page[ListedActivity]:
    """An organisation's activity log, newest first; keyed by the line's number.

    Raises Rejected for a ledger that doesn't exist.
    """
    conditions = await _conditions(session, organisation_id, wanted)
    # Too many columns for a typed row.
    statement: Select[*tuple[Any, ...]] = (
        select(
            *(Activity.id, Activity.started_at, Activity.duration_ms, Activity.kind),
            *(
                Activity.ledger_id,
                Ledger.currency,
                Activity.first_recording,
                Activity.last_recording,
            ),
            *(
                Activity.documents,
                Activity.journals,
                Activity.movements,
                Activity.problems,
            ),
            *(Activity.is_failed, Activity.message, Activity.made_by),
        )
        .outerjoin(Ledger, Ledger.id == Activity.ledger_id)
        .where(*conditions)
    )
    rows = await session.execute(
        one_page(statement, Activity.id, request, is_descending=True)
    )
    return Page.of([ListedActivity(*row) for row in rows], request)


async def count_activities(
    session: AsyncSession, organisation_id: int, wanted: ActivityFilter = EVERY_RUN
) -> int:
    """How many lines `find_activities` lists in all."""
    conditions = await _conditions(session, organisation_id, wanted)
    return await count_rows(session, Activity, *conditions)


async def _conditions(
    session: AsyncSession, organisation_id: int, wanted: ActivityFilter
) -> list[ColumnElement[bool]]:
    line = Activity
    conditions: list[ColumnElement[bool]] = [line.organisation_id == organisation_id]
    if wanted.who is not None:
        persons = await persons_meant(session, organisation_id, wanted.who)
        conditions.append(line.made_by.in_(persons or [wanted.who]))
    if wanted.kind is not None:
        conditions.append(line.kind == int(wanted.kind))
    if wanted.is_failed is not None:
        conditions.append(line.is_failed == wanted.is_failed)
    if wanted.currency is not None:
        ledger = await choose_ledger(session, organisation_id, wanted.currency)
        conditions.append(line.ledger_id == ledger.id)
    if wanted.since is not None or wanted.until is not None:
        ended = await ends_of_days(session, organisation_id)
        if wanted.since is not None:
            conditions.append(line.started_at >= ended(wanted.since - 1))
        if wanted.until is not None:
            conditions.append(line.started_at < ended(wanted.until))
    return conditions
