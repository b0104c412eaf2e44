"""How much waits for a person's approval, which each page of theirs says."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select

from daybook.adjustments.models import ManualJournal
from daybook.adjustments.recurring.models import Recurrence
from daybook.adjustments.recurring.queries import (
    RecurrenceFilter,
    recurrence_conditions,
)
from daybook.db.engine import Database
from daybook.db.fast.compiled import CompiledSelect, fetch_rows
from daybook.four_eyes.models import StoredChangeRequest
from daybook.four_eyes.queries import RequestFilter, request_conditions
from daybook.reports.manual_journals import ManualFilter, manual_conditions

_OURS: Any = bindparam("organisation", required=False)
_WHO: Any = bindparam("user", required=False)


async def count_waiting(database: Database, organisation_id: int, user_id: int) -> int:
    """How many manual journals, recurring ones and changes a person may decide.

    That is what others submitted; whether the person may approve isn't looked at.
    """
    values = {"organisation": organisation_id, "user": user_id}
    ((count,),) = await fetch_rows(database, _WAITING, values)
    return int(count)


def _number(
    model: Any, conditions: Sequence[ColumnElement[bool]]
) -> ColumnElement[int]:
    return select(func.count()).select_from(model).where(*conditions).scalar_subquery()


_WAITING = CompiledSelect(
    select(
        _number(ManualJournal, manual_conditions(_OURS, ManualFilter(waiting_for=_WHO)))
        + _number(
            Recurrence,
            recurrence_conditions(_OURS, RecurrenceFilter(waiting_for=_WHO)),
        )
        + _number(
            StoredChangeRequest,
            request_conditions(_OURS, RequestFilter(waiting_for=_WHO)),
        )
    ),
    is_short=True,
)
"""Compiled once, since each page asks."""
