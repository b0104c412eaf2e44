"""States of the dataset: which one an operation reads, and what is asked of it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

import strawberry

from daybook.gl.dataset.reading import Work, dataset_of
from daybook.gl.dataset.snapshots import Snapshot, snapshot_at
from daybook_graphql.context import Context, loader
from daybook_graphql.general_ledger.ids import GlConnectionId
from daybook_graphql.kit.errors import ErrorCode, failure
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.scalars import CurrencyCode

Result = TypeVar("Result")

REFRESH = (
    "As the dataset was after this refresh; without one, as it is now. A page's"
    " `refresh` names its state for the next one."
)
"""The description of the argument `refresh`."""
STATE = "The last refresh in it, which names this state; null before the first."
DATA_TIME = (
    "All of it is as the accounting systems had it at this moment; null before the"
    " first refresh."
)
CURRENCY = (
    "The currency that amounts are valued in; null before the first refresh, and while"
    " connections are valued in several."
)


class State(NamedTuple):
    """A state of the dataset, and the part of it that is asked for, if it has one."""

    refresh: int
    part: Snapshot | None

    @property
    def data_time(self) -> datetime | None:
        """The part is current as of this moment."""
        return None if self.part is None else self.part.data_time

    @property
    def reporting_currency(self) -> str | None:
        """The currency that the part's amounts can be summed in."""
        return None if self.part is None else self.part.reporting_currency


@loader()
async def _snapshots(
    context: Context, refreshes: list[int | None]
) -> Sequence[Snapshot | None]:
    """States by their refreshes: all fields of an operation read the same."""
    async with context.database.reads() as session:
        return [
            await snapshot_at(session, context.organisation_id, refresh)
            for refresh in refreshes
        ]


async def state_at(
    context: Context,
    refresh: int | None,
    connections: Collection[int] | None = None,
) -> State | None:
    """The dataset after a refresh, or as it is now; None before the first.

    Raises NOT_FOUND if there is no such refresh.
    """
    found = await _snapshots(context).load(refresh)
    if found is None:
        if refresh is None:
            return None
        message = f"there is no refresh {refresh}, or it made nothing"
        raise failure(ErrorCode.NOT_FOUND, message, "refresh")
    part = found if connections is None else found.of(connections)
    return State(found.refresh, part)


async def ask(context: Context, part: Snapshot, work: Work[Result]) -> Result:
    """What is asked of a part of a state, in a thread."""
    return await dataset_of(context.database, context.settings).read(part, work)


def numbers_of(
    ids: Sequence[strawberry.ID] | None, argument: str
) -> frozenset[int] | None:
    """The numbers of connections; raises INVALID_ID."""
    if ids is None:
        return None
    return frozenset(expect(its_id, GlConnectionId, argument).number for its_id in ids)


def names_of(part: Snapshot) -> dict[int, str]:
    """The connections' names in a state, by their numbers."""
    return {number: name for name, number in part.connections.items()}


def currency_or_none(code: str | None) -> CurrencyCode | None:
    """A currency that may be missing, as the schema's type."""
    return None if code is None else CurrencyCode(code)
