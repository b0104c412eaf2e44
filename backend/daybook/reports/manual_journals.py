"""Lists of manual journals: filters and pages."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.adjustments.models import (
    ManualAuthor,
    ManualJournal,
    ManualStep,
    ManualVersion,
)
from daybook.adjustments.queries import (
    ListedManual,
    is_step,
    listed_of,
    select_manual,
)
from daybook.adjustments.rules import AdjustmentKind, Status, StepKind
from daybook.calendar import Day
from daybook.db.keyset import count_rows, one_page
from daybook.paging import Page, PageRequest
from daybook.reports.searching import contains
from daybook.sheets.columns import (
    Money,
    Sheet,
    date,
    integer,
    money,
    text,
    timestamp,
)


class ManualFilter(NamedTuple):
    """Which manual journals a list has.

    `waiting_for` is a user: what they may approve, since it is submitted and not their
    work. `author` is a name of the audit trail, who saved any version. `text` is part
    of a narrative, or the number with or without `MJ-`. `first` and `last` are days.
    """

    statuses: Collection[Status] = ()
    kinds: Collection[AdjustmentKind] = ()
    ledger_id: int | None = None
    author: str | None = None
    adjusts: int | None = None
    """Needs `ledger_id`."""
    waiting_for: int | None = None
    text: str | None = None
    first: Day | None = None
    last: Day | None = None


ALL_MANUAL = ManualFilter()

MANUAL_JOURNALS: Sheet[ListedManual] = Sheet(
    "manual_journals",
    "Manual journals",
    (
        integer("number", "No.", lambda row: row.number),
        text("ledger", "Ledger", lambda row: row.currency),
        text("status", "Status", lambda row: row.status.name),
        integer("version", "Version", lambda row: row.version),
        text("kind", "Kind", lambda row: row.kind.name),
        date("date", "Date", lambda row: row.day),
        date("reverses_on", "Reverses on", lambda row: row.reverses_on),
        integer("adjusts", "Adjusts", lambda row: row.adjusts),
        text("mode", "Mode", lambda row: None if row.mode is None else row.mode.name),
        money("debits", "Debits", lambda row: Money(row.amount, row.currency)),
        text("narrative", "Narrative", lambda row: row.narrative),
        timestamp("created_at", "Created (UTC)", lambda row: row.created_at),
        text("created_by", "By", lambda row: row.created_by),
        timestamp("changed_at", "Changed (UTC)", lambda row: row.changed_at),
        text("changed_by", "Changed by", lambda row: row.changed_by),
    ),
)
"""Manual journals, a row each."""


async def find_manual(
    session: AsyncSession,
    organisation_id: int,
    manual_filter: ManualFilter,
    request: PageRequest,
) -> Page[ListedManual]:
    """A page of manual journals by number, newest first; the number is the key."""
    statement = select_manual().where(
        *manual_conditions(organisation_id, manual_filter)
    )
    rows = await session.execute(
        one_page(statement, ManualJournal.number, request, is_descending=True)
    )
    return Page.of([listed_of(row) for row in rows], request)


async def count_manual(
    session: AsyncSession, organisation_id: int, manual_filter: ManualFilter
) -> int:
    """How many manual journals `find_manual` lists in all."""
    return await count_rows(
        session, ManualJournal, *manual_conditions(organisation_id, manual_filter)
    )


async def count_by_status(
    session: AsyncSession, organisation_id: int
) -> dict[Status, int]:
    """How many manual journals an organisation has in each state."""
    its = ManualJournal
    rows = await session.execute(
        select(its.status, func.count())
        .where(its.organisation_id == organisation_id)
        .group_by(its.status)
    )
    return {Status(status): count for status, count in rows}


def manual_conditions(
    organisation_id: int, wanted: ManualFilter
) -> Sequence[ColumnElement[bool]]:
    """The conditions on manual journals that a filter lets pass."""
    its = ManualJournal
    conditions: list[ColumnElement[bool]] = [its.organisation_id == organisation_id]
    if wanted.statuses:
        conditions.append(its.status.in_(sorted(map(int, wanted.statuses))))
    if wanted.kinds:
        conditions.append(its.kind.in_(sorted(map(int, wanted.kinds))))
    if wanted.ledger_id is not None:
        conditions.append(its.ledger_id == wanted.ledger_id)
    if wanted.adjusts is not None:
        conditions.append(its.adjusts == wanted.adjusts)
    if wanted.first is not None:
        conditions.append(its.day >= wanted.first)
    if wanted.last is not None:
        conditions.append(its.day <= wanted.last)
    if wanted.author is not None:
        conditions.append(its.number.in_(_saved_by(organisation_id, wanted.author)))
    if wanted.waiting_for is not None:
        conditions.append(its.status == int(Status.SUBMITTED))
        conditions.append(~_is_authors(wanted.waiting_for))
    if wanted.text is not None:
        conditions.append(_has_text(wanted.text.strip()))
    return conditions


def _saved_by(organisation_id: int, author: str) -> Select[int]:
    step = ManualStep
    return select(step.number).where(
        step.organisation_id == organisation_id,
        step.made_by == author,
        step.kind == int(StepKind.DRAFT),
    )


def _is_authors(user_id: int) -> ColumnElement[bool]:
    author = ManualAuthor
    return (
        exists()
        .where(
            author.organisation_id == ManualJournal.organisation_id,
            author.number == ManualJournal.number,
            author.user_id == user_id,
        )
        .correlate(ManualJournal)
    )


def _has_text(text: str) -> ColumnElement[bool]:
    digits = text.upper().removeprefix("MJ-")
    if digits.isascii() and digits.isdigit() and len(digits) <= 18:
        is_numbered = ManualJournal.number == int(digits)
        if digits != text:
            return is_numbered
        return is_numbered | _has_narrative(text)
    return _has_narrative(text)


def _has_narrative(text: str) -> ColumnElement[bool]:
    version = ManualVersion
    return (
        exists()
        .where(
            is_step(version.organisation_id, version.step, ManualJournal.saved_in),
            contains(version.narrative, text),
        )
        .correlate(ManualJournal)
    )
