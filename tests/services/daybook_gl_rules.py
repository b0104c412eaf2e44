"""A small chart of accounts and made-up rates, for the rules of synthetic journals."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction

from daybook.calendar import Day, day_of
from daybook.gl.rules.basis import Basis
from daybook.gl.rules.chart import CLASSES, Account, Chart
from daybook.gl.rules.lines import SyntheticLine

RECEIVABLE, PAYABLE, TAX = "receivable", "payable", "tax"
SALES, RENT, BANK = "sales", "rent", "bank"
REALISED, UNREALISED, REVALUATION = "realised", "unrealised", "revaluation"

ACCOUNTS = (
    ("610", "Accounts Receivable", "CURRENT", RECEIVABLE, "DEBTORS"),
    ("800", "Accounts Payable", "CURRLIAB", PAYABLE, "CREDITORS"),
    ("820", "GST", "CURRLIAB", TAX, "GST"),
    ("200", "Sales", "REVENUE", SALES, ""),
    ("469", "Rent", "OVERHEADS", RENT, ""),
    ("", "USD account", "BANK", BANK, ""),
    ("499", "Realised Currency Gains", "EXPENSE", REALISED, "REALISEDCURRENCYGAIN"),
    ("498", "Unrealised Gains", "EXPENSE", UNREALISED, "UNREALISEDCURRENCYGAIN"),
    ("497", "Bank Revaluations", "EXPENSE", REVALUATION, "BANKCURRENCYGAIN"),
)
CHART = Chart(
    Account(account_id, code, name, type_, CLASSES[type_], system)
    for code, name, type_, account_id, system in ACCOUNTS
)


def day(text: str) -> Day:
    """The day of `YYYY-MM-DD`."""
    return day_of(date.fromisoformat(text))


def basis(
    today: str,
    rates: Mapping[str, str] | None = None,
    base: str = "GBP",
    chart: Chart = CHART,
) -> Basis:
    """A connection whose base has one foreign rate a day, for every other currency."""
    by_day = {day(text): Fraction(rate) for text, rate in (rates or {}).items()}
    days = sorted(by_day)

    def rate(_: str, wanted: Day) -> Fraction:
        return by_day[days[bisect_right(days, wanted) - 1]]

    def between(_: str, first: Day, last: Day) -> Sequence[Day]:
        return [known for known in days if first <= known <= last]

    return Basis(chart, base, day(today), rate, between)


def nets(lines: Sequence[SyntheticLine]) -> list[tuple[str, int]]:
    """The account and net of each line."""
    return [(line.account_id, line.net) for line in lines]
