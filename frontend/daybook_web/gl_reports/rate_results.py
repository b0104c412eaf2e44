"""What the operations of the rates answer."""

from dataclasses import dataclass
from datetime import date, datetime

from daybook_web.gl_reports.results import NamedConnection
from daybook_web.kit.results import PageInfo, Result


@dataclass(frozen=True, slots=True)
class Rate(Result):
    """A rate of lines; `rates_refresh` is the refresh of the ECB's rates it is of."""

    base: str
    reporting: str
    value: str
    day: date
    published_on: date
    source: str
    rates_refresh: str | None


@dataclass(frozen=True, slots=True)
class UsedRate(Result):
    """A rate, and how many lines are valued at it."""

    rate: Rate
    lines: str


@dataclass(frozen=True, slots=True)
class UsedRates(Result):
    """A page of rates, and the state of the dataset that it is of."""

    refresh: str | None
    data_current_as_of: datetime | None
    reporting_currency: str | None
    page_info: PageInfo
    nodes: tuple[UsedRate, ...]


@dataclass(frozen=True, slots=True)
class EuroRate(Result):
    """A rate of a euro that another one is made of."""

    refresh: str | None


@dataclass(frozen=True, slots=True)
class DayRate(Result):
    """A pair's rate of a day."""

    day: date
    value: str
    published_on: date | None
    source: str | None
    euro_rates: tuple[EuroRate, ...]


@dataclass(frozen=True, slots=True)
class ManualRate(Result):
    """A rate that the organisation entered: so many units for a euro."""

    currency: str
    day: date
    rate: str
    reason: str
    entered_at: datetime
    entered_by: str | None

    @property
    def iso_day(self) -> str:
        """The day as forms have it."""
        return self.day.isoformat()


@dataclass(frozen=True, slots=True)
class ManualRates(Result):
    """The rates that were entered last, and how many there are."""

    total_count: int
    nodes: tuple[ManualRate, ...]


@dataclass(frozen=True, slots=True)
class Failure(Result):
    """Why a refresh made nothing."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Refresh(Result):
    """A connection's last refresh."""

    failure: Failure | None


@dataclass(frozen=True, slots=True)
class RefreshedConnection(NamedConnection):
    """A connection, and its last refresh."""

    refresh: Refresh | None


@dataclass(frozen=True, slots=True)
class GlRatesPage(Result):
    """The result of the operation; without what wasn't asked for."""

    manual_rates: ManualRates
    gl_connections: tuple[RefreshedConnection, ...]
    gl_rates_used: UsedRates | None = None
    fx_rates: tuple[DayRate, ...] | None = None


@dataclass(frozen=True, slots=True)
class RatesSlice(Result):
    """Some rates of a file, and the state that they are of."""

    refresh: str | None
    page_info: PageInfo
    nodes: tuple[UsedRate, ...]


@dataclass(frozen=True, slots=True)
class GlRatesFile(Result):
    """The result of the operation."""

    gl_rates_used: RatesSlice
