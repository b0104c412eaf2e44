"""What a connection's part of the dataset depends on, besides its inputs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeAlias

from daybook.calendar import Day
from daybook.connections.rules import AccountRole
from daybook.gl.kinds import Kind

Inputs: TypeAlias = Mapping[Kind, Sequence[Path]]
"""The files of each kind, in the order of their imports."""


class MainAccount(NamedTuple):
    """An account of the main connection, whose name stands where codes agree."""

    code: str
    name: str
    class_: str


class Pinned(NamedTuple):
    """A connection as it was when its refresh was asked for.

    `roles` are the accounts that were chosen for synthetic journals, by their IDs;
    `budget_id` is the chosen budget, None for the overall one. With `counts_forecasts`,
    drafts and forecasts count against the budget. `data_time` is of the newest journals
    that came in. `main` are the main connection's accounts; of the main connection
    itself there are none.
    """

    number: int
    name: str
    base_currency: str
    reporting_currency: str
    today: Day
    data_time: datetime
    roles: Mapping[AccountRole, str]
    budget_id: str | None = None
    counts_forecasts: bool = False
    main: Sequence[MainAccount] = ()
