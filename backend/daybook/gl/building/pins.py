"""What a refresh is pinned to, so that it makes the same segment whenever it runs.

These are the imports, the rates and the day that count, and the connection's settings
as they were: a job and its segment have them in columns of the same names.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from daybook.calendar import Day
from daybook.connections.models import GlConnection
from daybook.connections.queries import settings_of
from daybook.connections.rules import AccountRole
from daybook.gl.building.pinned import MainAccount, Pinned
from daybook.gl.models import GlRefresh, GlSegment


class Pins(NamedTuple):
    """The columns of a job and of a segment that say what it is made from.

    Imports, refreshes of rates and manual rates count up to these numbers.
    """

    connection: int
    imports_through: int
    rates_refresh: int
    manual_through: int
    today: Day
    settings: str
    reporting_currency: str


def pins_of(row: GlRefresh | GlSegment) -> Pins:
    """The pins of a job or of a segment."""
    return Pins(*(getattr(row, name) for name in Pins._fields))


class MainConnection(NamedTuple):
    """The connection whose names of accounts stand where codes agree."""

    number: int
    name: str
    base_currency: str


class PinnedSettings(NamedTuple):
    """The settings of a connection that its segment depends on.

    `main` is None for the main connection itself.
    """

    name: str
    base_currency: str
    accounts: Mapping[AccountRole, str]
    budget_id: str | None
    counts_forecasts: bool
    main: MainConnection | None = None

    @classmethod
    def of(cls, connection: GlConnection, main: GlConnection) -> "PinnedSettings":
        """The settings as they are now."""
        settings = settings_of(connection)
        return cls(
            settings.name,
            connection.base_currency,
            settings.accounts,
            settings.budget_id,
            settings.counts_forecasts,
            None
            if main is connection
            else MainConnection(main.number, main.name, main.base_currency),
        )

    @classmethod
    def read(cls, text: str) -> "PinnedSettings":
        """The settings that `text` wrote."""
        stored = json.loads(text)
        main = stored.pop("main")
        accounts = {AccountRole(role): id_ for role, id_ in stored["accounts"].items()}
        return cls(
            **{**stored, "accounts": accounts, "main": main and MainConnection(**main)}
        )

    @property
    def text(self) -> str:
        """The settings as JSON, to store them."""
        main = None if self.main is None else self.main._asdict()
        return json.dumps({**self._asdict(), "main": main}, sort_keys=True)


def pinned(pins: Pins, data_time: datetime, main: Sequence[MainAccount] = ()) -> Pinned:
    """A connection as its segment is built; `main` are the main one's accounts."""
    settings = PinnedSettings.read(pins.settings)
    return Pinned(
        number=pins.connection,
        name=settings.name,
        base_currency=settings.base_currency,
        reporting_currency=pins.reporting_currency,
        today=pins.today,
        data_time=data_time,
        roles=settings.accounts,
        budget_id=settings.budget_id,
        counts_forecasts=settings.counts_forecasts,
        main=main,
    )
