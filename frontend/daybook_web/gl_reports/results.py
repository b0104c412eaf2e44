"""What the operations of the dataset's pages answer."""

from dataclasses import dataclass
from datetime import date, datetime

from daybook_web.kit.results import Money, PageInfo, Result


@dataclass(frozen=True, slots=True)
class NamedConnection(Result):
    """A connection, by its number and name."""

    id: str
    number: int
    name: str


@dataclass(frozen=True, slots=True)
class LineRate(Result):
    """The rate that a line is valued at; without a source, it is the same currency."""

    value: str
    day: date
    source: str | None


@dataclass(frozen=True, slots=True)
class Line(Result):
    """A line of a journal."""

    connection_name: str
    journal_date: date
    journal_type: str
    journal_number: str
    account_code: str
    account_name: str
    contact_id: str
    contact_name: str
    description: str
    reference: str
    source_table: str
    tracking_option0: str
    tracking_option1: str
    journal_currency: str
    debit: str
    credit: str
    net_amount_rc: str
    rate: LineRate


@dataclass(frozen=True, slots=True)
class TypeTotal(Result):
    """What the lines of a type sum to."""

    type: str
    net_rc: str

    @property
    def net(self) -> Money:
        """The sum as an amount."""
        return Money(self.net_rc)


@dataclass(frozen=True, slots=True)
class LineTotals(Result):
    """What all lines sum to; a sum is None where it would be of several currencies."""

    lines: int
    base_currency: str | None
    debit: str | None
    credit: str | None
    net_rc: str | None
    by_type: tuple[TypeTotal, ...]


@dataclass(frozen=True, slots=True)
class LineListing(Result):
    """A page of lines, and the state of the dataset that it is of."""

    refresh: str | None
    data_current_as_of: datetime | None
    reporting_currency: str | None
    page_info: PageInfo
    nodes: tuple[Line, ...]
    totals: LineTotals


@dataclass(frozen=True, slots=True)
class GlLinesPage(Result):
    """The result of the operation of the lines; without lines if they aren't asked."""

    gl_connections: tuple[NamedConnection, ...]
    gl_journal_lines: LineListing | None = None


@dataclass(frozen=True, slots=True)
class ProfitAmount(Result):
    """What an account comes to in a month, of one type of journals."""

    month: date
    type: str
    amount: str


@dataclass(frozen=True, slots=True)
class ProfitAccount(Result):
    """An account of the profit and loss."""

    account_class: str
    code: str
    name: str
    connection_numbers: tuple[int, ...]
    amounts: tuple[ProfitAmount, ...]

    @property
    def key(self) -> str:
        """What lines are found by: the code, or the name of an account without one."""
        return self.code or self.name


@dataclass(frozen=True, slots=True)
class ProfitReport(Result):
    """Income and expenses of a period, and the state of the dataset."""

    first: date
    last: date
    refresh: str | None
    data_current_as_of: datetime | None
    reporting_currency: str | None
    accounts: tuple[ProfitAccount, ...]


@dataclass(frozen=True, slots=True)
class GeneralLedgerPage(Result):
    """The result of the operation; without a report if none is asked for."""

    gl_connections: tuple[NamedConnection, ...]
    report: ProfitReport | None = None


@dataclass(frozen=True, slots=True)
class CurrencyExposure(Result):
    """What a connection has open in a currency, and what that gained."""

    connection_number: int
    connection_name: str
    base_currency: str
    currency: str
    open: str
    valuation: str
    unrealised: str
    realised: str
    revaluation: str
    documents: int


@dataclass(frozen=True, slots=True)
class MonthGain(Result):
    """What rates gained in a month."""

    month: date
    amount: str


@dataclass(frozen=True, slots=True)
class ExposureReport(Result):
    """The exposure on a day, and the state of the dataset."""

    first: date
    last: date
    refresh: str | None
    data_current_as_of: datetime | None
    reporting_currency: str | None
    by_currency: tuple[CurrencyExposure, ...]
    by_month: tuple[MonthGain, ...]


@dataclass(frozen=True, slots=True)
class GlExposurePage(Result):
    """The result of the operation; without a report if none is asked for."""

    gl_connections: tuple[NamedConnection, ...]
    report: ExposureReport | None = None
