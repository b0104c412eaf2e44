"""How far an organisation has come: what pages that listen compare with what they know.

One short statement for all who listen to an organisation.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, func, select

from daybook.activity.models import Activity
from daybook.adjustments.models import ManualStep
from daybook.adjustments.recurring.models import RecurrenceStep
from daybook.db.engine import Database
from daybook.db.fast.compiled import CompiledSelect, fetch_rows
from daybook.four_eyes.models import (
    StoredChangeRequest,
    StoredDecision,
    StoredFourEyes,
)
from daybook.ledger.models import Ledger, Organisation


class LedgerHead(NamedTuple):
    """A ledger and the number of its last recording; 0 before the first one."""

    ledger_id: int
    recording: int


class Newest(NamedTuple):
    """What an organisation has come to; each part differs whenever its subject does.

    `manual` is of manual and recurring journals, requested changes and four eyes,
    `activity` of the activity log and the audit trail.
    """

    ledgers: Mapping[str, LedgerHead]
    """By currency."""
    manual: tuple[int, ...]
    activity: tuple[int, ...]


async def read_newest(database: Database, organisation_id: int) -> Newest:
    """What an organisation has come to, all at one moment."""
    rows = await fetch_rows(database, _NEWEST, {"organisation": organisation_id})
    counts = [number or 0 for number in rows[0][3:]]
    return Newest(
        ledgers={
            currency: LedgerHead(ledger_id, recordings)
            for currency, ledger_id, recordings, *_ in rows
            if currency is not None
        },
        manual=tuple(counts[: len(_MANUAL)]),
        activity=tuple(counts[len(_MANUAL) :]),
    )


_OURS: Any = bindparam("organisation", required=False)


def _of_ours(value: Any, model: Any) -> ColumnElement[int]:
    found = select(value).where(model.organisation_id == _OURS)
    return found.scalar_subquery()


_MANUAL = (
    _of_ours(func.max(ManualStep.id), ManualStep),
    _of_ours(func.max(RecurrenceStep.id), RecurrenceStep),
    _of_ours(func.max(StoredChangeRequest.number), StoredChangeRequest),
    # Decisions have the numbers of their requests, in whichever order they came.
    _of_ours(func.count(), StoredDecision),
    _of_ours(func.max(StoredFourEyes.number), StoredFourEyes),
)
_ACTIVITY = (_of_ours(func.max(Activity.id), Activity), Organisation.audit_records)
_NEWEST = CompiledSelect(
    select(Ledger.currency, Ledger.id, Ledger.recordings, *_MANUAL, *_ACTIVITY)
    .select_from(Organisation)
    .outerjoin(Ledger, Ledger.organisation_id == Organisation.id)
    .where(Organisation.id == _OURS)
    .order_by(Ledger.currency),
    is_short=True,
)
"""Compiled once, since it is read at each change while anybody listens."""
