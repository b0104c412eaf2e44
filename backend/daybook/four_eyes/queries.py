"""Reading the four-eyes setting and requested changes."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.audit.rules import Details
from daybook.db.keyset import count_rows, one_page
from daybook.four_eyes.models import (
    StoredChangeRequest,
    StoredDecision,
    StoredFourEyes,
    StoredRequester,
)
from daybook.four_eyes.rules import ChangeKind, Outcome, loaded_json
from daybook.paging import Page, PageRequest


class ChangeRequest(NamedTuple):
    """A change that was requested, and what became of it; `outcome` is None if open.

    `arguments` and `effect` are as in `rules.AskedChange`.
    """

    number: int
    kind: ChangeKind
    currency: str | None
    summary: str
    reason: str | None
    arguments: Details
    effect: Details
    requested_at: datetime
    requested_by: str | None
    outcome: Outcome | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    decision_reason: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it waits for a decision."""
        return self.outcome is None


class RequestFilter(NamedTuple):
    """Which requests a list has; `waiting_for` are those that a person may decide."""

    is_open: bool | None = None
    kinds: Collection[ChangeKind] = ()
    waiting_for: int | None = None


ALL_REQUESTS = RequestFilter()


async def is_four_eyes_on(session: AsyncSession, organisation_id: int) -> bool:
    """Whether another person approves manual journals, opened locks and mappings."""
    return (await four_eyes_setting(session, organisation_id)).is_on


async def find_requests(
    session: AsyncSession,
    organisation_id: int,
    request_filter: RequestFilter,
    request: PageRequest,
) -> Page[ChangeRequest]:
    """A page of requests by number, newest first."""
    statement = _requests().where(*request_conditions(organisation_id, request_filter))
    rows = await session.execute(
        one_page(statement, StoredChangeRequest.number, request, is_descending=True)
    )
    return Page.of([_request_of(row) for row in rows], request)


async def all_requests(
    session: AsyncSession, organisation_id: int, request_filter: RequestFilter
) -> list[ChangeRequest]:
    """All requests that a filter lets pass, newest first."""
    rows = await session.execute(
        _requests()
        .where(*request_conditions(organisation_id, request_filter))
        .order_by(StoredChangeRequest.number.desc())
    )
    return [_request_of(row) for row in rows]


async def count_requests(
    session: AsyncSession, organisation_id: int, request_filter: RequestFilter
) -> int:
    """How many requests `find_requests` lists in all."""
    conditions = request_conditions(organisation_id, request_filter)
    return await count_rows(session, StoredChangeRequest, *conditions)


async def requests_by_number(
    session: AsyncSession, organisation_id: int, numbers: Collection[int]
) -> list[ChangeRequest]:
    """An organisation's requests with one of these numbers."""
    its = StoredChangeRequest
    rows = await session.execute(
        _requests().where(
            its.organisation_id == organisation_id, its.number.in_(numbers)
        )
    )
    return [_request_of(row) for row in rows]


async def last_change_of(
    session: AsyncSession, organisation_id: int
) -> tuple[int, int]:
    """The number of the last request, and how many requests are decided."""
    its, decision = StoredChangeRequest, StoredDecision
    last = await session.scalar(
        select(func.max(its.number)).where(its.organisation_id == organisation_id)
    )
    is_ours = decision.organisation_id == organisation_id
    return last or 0, await count_rows(session, StoredDecision, is_ours)


class FourEyesSetting(NamedTuple):
    """The four-eyes setting in force; without a time it was never set, and is off."""

    is_on: bool = False
    set_at: datetime | None = None
    set_by: str | None = None
    number: int = 0


async def four_eyes_setting(
    session: AsyncSession, organisation_id: int
) -> FourEyesSetting:
    """The setting as it is now."""
    its = StoredFourEyes
    rows = await session.execute(
        select(its.is_on, its.set_at, its.set_by, its.number)
        .where(its.organisation_id == organisation_id)
        .order_by(its.number.desc())
        .limit(1)
    )
    row = rows.one_or_none()
    return FourEyesSetting() if row is None else FourEyesSetting(*row)


async def requesters_of_requests(
    session: AsyncSession, organisation_id: int, numbers: Collection[int]
) -> dict[int, set[int]]:
    """The ids of the users whose requests these are, by the requests' numbers."""
    its = StoredRequester
    rows = await session.execute(
        select(its.request, its.user_id).where(
            its.organisation_id == organisation_id, its.request.in_(numbers)
        )
    )
    found: dict[int, set[int]] = {}
    for number, user_id in rows:
        found.setdefault(number, set()).add(user_id)
    return found


async def requesters_of(
    session: AsyncSession, organisation_id: int, number: int
) -> set[int]:
    """The ids of the users whose request it is."""
    its = StoredRequester
    found = await session.scalars(
        select(its.user_id).where(
            its.organisation_id == organisation_id, its.request == number
        )
    )
    return set(found)


def _requests() -> Select[*tuple[Any, ...]]:
    its, decision = StoredChangeRequest, StoredDecision
    return select(
        *(its.number, its.kind, its.currency, its.summary, its.reason),
        *(its.arguments, its.effect, its.requested_at, its.requested_by),
        *(decision.outcome, decision.decided_at, decision.decided_by),
        decision.reason.label("decision_reason"),
    ).outerjoin(decision, _is_decided())


def _is_decided() -> ColumnElement[bool]:
    its, decision = StoredChangeRequest, StoredDecision
    return and_(
        decision.organisation_id == its.organisation_id, decision.request == its.number
    )


def request_conditions(
    organisation_id: int, request_filter: RequestFilter
) -> Sequence[ColumnElement[bool]]:
    """The conditions on requested changes that a filter lets pass."""
    its, requester = StoredChangeRequest, StoredRequester
    conditions = [its.organisation_id == organisation_id]
    is_open = request_filter.is_open
    if request_filter.waiting_for is not None:
        is_open = True
        is_own = exists().where(
            requester.organisation_id == its.organisation_id,
            requester.request == its.number,
            requester.user_id == request_filter.waiting_for,
        )
        conditions.append(~is_own)
    if is_open is not None:
        # The list joins decisions, too: the condition is about the request alone.
        is_decided = exists().where(_is_decided()).correlate(its)
        conditions.append(~is_decided if is_open else is_decided)
    if request_filter.kinds:
        conditions.append(its.kind.in_(sorted(map(int, request_filter.kinds))))
    return conditions


def _request_of(row: Any) -> ChangeRequest:
    return ChangeRequest(*row)._replace(
        kind=ChangeKind(row.kind),
        arguments=loaded_json(row.arguments),
        effect=loaded_json(row.effect),
        outcome=None if row.outcome is None else Outcome(row.outcome),
    )
