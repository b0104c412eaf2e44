"""Sums of the profit and loss, each with the address of its lines."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from daybook.calendar import (
    Month,
    day_of,
    day_text,
    first_day_of,
    last_day_of,
    month_of,
)
from daybook.money import decimals_of
from daybook_web.gl_reports.address import LINES, Address
from daybook_web.gl_reports.frame import CARRIED
from daybook_web.gl_reports.results import ProfitAccount, ProfitReport
from daybook_web.kit.results import Money
from daybook_web.reports.frame import Figure

INCOME, EXPENSES = "REVENUE", "EXPENSE"
NET = (INCOME, EXPENSES)
GROUPS: Mapping[str, Sequence[str]] = {
    "Actual": ("ACTUAL",),
    "Forecast": ("DRAFT_INVOICE", "FORECAST_INVOICE"),
    "Currency gains": ("FX_EXPOSURE",),
    "Budget": ("FORECAST_BUDGET",),
}
"""The types of journals that are told together."""


@dataclass(frozen=True, slots=True)
class ProfitSums:
    """What accounts of a report come to.

    `types` are the types of journals that are chosen, none for all.
    """

    report: ProfitReport
    months: Sequence[Month]
    types: Sequence[str]
    lines: Address
    shared: Collection[str]

    @classmethod
    def of(cls, address: Address, report: ProfitReport) -> "ProfitSums":
        """The sums of a report as its address asks for it."""
        first, last = (month_of(day_of(day)) for day in (report.first, report.last))
        kept = {name: address.all(name) for name in CARRIED}
        keys = Counter(account.key for account in report.accounts)
        return cls(
            report,
            range(first, last + 1),
            address.all("type"),
            Address(LINES, kept),
            {key for key, count in keys.items() if count > 1},
        )

    @property
    def accounts(self) -> list[ProfitAccount]:
        """The accounts that have anything of the chosen types."""
        return [
            account
            for account in self.report.accounts
            if not self.types or any(its.type in self.types for its in account.amounts)
        ]

    @property
    def filled(self) -> set[Month]:
        """The months in which there is anything, of any type."""
        return {
            month_of(day_of(its.month))
            for account in self.report.accounts
            for its in account.amounts
        }

    def has_forecast(self, month: Month) -> bool:
        """Whether anything of a month, of the chosen types, is to come yet."""
        to_come = {*GROUPS["Forecast"], *GROUPS["Budget"]}
        return any(
            its.type in to_come and month_of(day_of(its.month)) == month
            for account in self.accounts
            for its in account.amounts
            if not self.types or its.type in self.types
        )

    def of_classes(
        self,
        *classes: str,
        month: Month | None = None,
        types: Sequence[str] | None = None,
    ) -> Figure:
        """What accounts of some classes come to, in a month or in all.

        `types` are the chosen ones unless others are given; an empty one is all.
        """
        its = [each for each in self.report.accounts if each.account_class in classes]
        wanted = self.types if types is None else types
        return Figure(
            self._sum(its, month, wanted),
            self._url(month, wanted, class_=classes),
        )

    def of_account(self, account: ProfitAccount, month: Month | None = None) -> Figure:
        """What an account comes to, in a month or in all.

        Where its code is that of another account, too, its lines are those of the
        connections that have it.
        """
        narrow: dict[str, Iterable[str]] = {"account": [account.key]}
        if account.key in self.shared:
            narrow["connection"] = map(str, account.connection_numbers)
        return Figure(
            self._sum([account], month, self.types),
            self._url(month, self.types, **narrow),
        )

    def _sum(
        self,
        accounts: Sequence[ProfitAccount],
        month: Month | None,
        types: Sequence[str],
    ) -> Money:
        minor = sum(
            Money(its.amount).minor
            for account in accounts
            for its in account.amounts
            if (not types or its.type in types)
            and (month is None or month_of(day_of(its.month)) == month)
        )
        return Money.of(minor, decimals_of(self.report.reporting_currency or ""))

    def _url(
        self, month: Month | None, types: Sequence[str], **narrow: Iterable[str]
    ) -> str:
        first, last = day_of(self.report.first), day_of(self.report.last)
        if month is not None:
            first = max(first, first_day_of(month))
            last = min(last, last_day_of(month))
        days = {"from_": day_text(first), "to": day_text(last)}
        return self.lines.url(type=types, **days, **narrow)
