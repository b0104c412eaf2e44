"""What the dataset's pages have around their contents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from daybook_web.gl_reports.address import (
    ADDRESS,
    EXPOSURE,
    LINES,
    PATH,
    RATES,
    Address,
)
from daybook_web.gl_reports.results import NamedConnection
from daybook_web.journals.chips import Chip
from daybook_web.kit.formats import day_or_month
from daybook_web.kit.forms import Problem
from daybook_web.reports.frame import Choice

TITLES = {
    PATH: "Profit and loss",
    LINES: "Journal lines",
    EXPOSURE: "Currency exposure",
    RATES: "Rates",
    ADDRESS: "Excel and Power BI",
}
CONNECTIONS = "/general-ledger/connections"
CARRIED = ("connection", "refresh")
"""What other pages of the dataset show likewise."""


class Shown(Protocol):
    """The state of the dataset that something is of."""

    @property
    def refresh(self) -> str | None:
        """The number of its last refresh; None before the first."""

    @property
    def data_current_as_of(self) -> datetime | None:
        """When it was so in the accounting systems."""

    @property
    def reporting_currency(self) -> str | None:
        """The currency of its amounts; None if they are several."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The toolbar: other pages, connections, the state of the dataset.

    `refresh` is empty before the first; `is_earlier` if a state is asked for by its
    number. `has_several` reporting currencies, nothing can be summed.
    """

    title: str
    address: Address
    tabs: Sequence[Choice]
    connections: Sequence[Choice]
    problems: Sequence[Problem] = ()
    refresh: str = ""
    data_time: datetime | None = None
    is_earlier: bool = False
    has_several: bool = False
    has_connections: bool = False
    chips: Sequence[Chip] = ()

    @property
    def newest_url(self) -> str:
        """The page as the dataset is now."""
        return self.address.url(refresh="")


def frame_of(
    address: Address,
    connections: Sequence[NamedConnection],
    shown: Shown | None,
    problems: Sequence[Problem] = (),
    chips: Sequence[Chip] = (),
) -> Frame:
    """A page's frame; `shown` is None if nothing of the dataset could be read."""
    has_part = shown is not None and shown.data_current_as_of is not None
    return Frame(
        title=TITLES[address.path],
        address=address,
        tabs=_tabs(address),
        connections=_choices(address, connections),
        problems=problems,
        refresh=(shown.refresh or "") if shown is not None else "",
        data_time=None if shown is None else shown.data_current_as_of,
        is_earlier=bool(address["refresh"]),
        has_several=has_part and shown is not None and not shown.reporting_currency,
        has_connections=bool(connections),
        chips=chips,
    )


def _tabs(address: Address) -> list[Choice]:
    kept = {name: address.all(name) for name in CARRIED}
    tabs = [
        Choice(title, Address(path, kept).url(), path == address.path)
        for path, title in TITLES.items()
    ]
    return [*tabs, Choice("Connections", CONNECTIONS, is_current=False)]


def _choices(address: Address, connections: Sequence[NamedConnection]) -> list[Choice]:
    """All connections together or one of them, where there are several."""
    if len(connections) < 2:
        return []
    chosen = address.all("connection")
    return [
        Choice("All", address.url(connection=""), not chosen),
        *(
            Choice(
                its.name,
                address.url(connection=str(its.number)),
                chosen == [str(its.number)],
            )
            for its in connections
        ),
    ]


def days_words(address: Address) -> str:
    """The days that lines are of: `1 Oct 2026 – 31 Oct 2026`, `From 1 Oct 2026`."""
    first, last = (day_or_month(address[name]) for name in ("from", "to"))
    if first and last:
        return first if first == last else f"{first} – {last}"
    return f"From {first}" if first else f"To {last}"
