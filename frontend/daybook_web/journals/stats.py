"""What accounts gained, their balances, and what is scheduled, with links to the lists.

Each link leads to journals that add up to its number. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from daybook.calendar import Day, day_of, day_text
from daybook.reports.journals.filters import Purpose
from daybook_web.journals.parameters import DAYS
from daybook_web.journals.periods import Period
from daybook_web.journals.query import ReportQuery
from daybook_web.journals.results import (
    ROLES,
    GroupListing,
    JournalListing,
    JournalSums,
)
from daybook_web.kit.results import LedgerAccount, Money


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount, and the list of what makes it; no address where the page is that."""

    amount: Money
    url: str


@dataclass(frozen=True, slots=True)
class Balance:
    """What stands on an account at the end of a day; None is loaded late.

    It is `of_these` journals alone if filters select them.
    """

    of_these: bool
    role: str
    name: str
    on: date
    figure: Figure | None


@dataclass(frozen=True, slots=True)
class Stat:
    """An account: its gain on its own side, its balance, and what is scheduled.

    `scheduled` is None where no day of the period can have scheduled entries.
    """

    name: str
    gain: Figure
    scheduled: Figure | None
    balance: Balance


def stats_of(
    accounts: Sequence[LedgerAccount],
    listing: JournalListing | GroupListing,
    figures: JournalSums,
    query: ReportQuery,
    scheduled: tuple[Day, Day | None] | None,
) -> list[Stat]:
    """A stat for each account, Unbilled only where there is any; none without journals.

    `scheduled` are the first and the last day of the period with scheduled entries.
    """
    balances = balances_of(accounts, figures, query)
    if not listing.total_count and not any(map(_is_something, balances)):
        return []
    lists = _Lists(query)
    return [
        Stat(
            name=its.name,
            gain=Figure(listing.gains.of(its.role), lists.moving(its.role)),
            scheduled=scheduled
            and Figure(
                listing.scheduled_gains.of(its.role),
                lists.moving(its.role, *scheduled),
            ),
            balance=its,
        )
        for its in balances
        if its.role != "UNBILLED" or listing.moves("UNBILLED") or _is_something(its)
    ]


def balances_of(
    accounts: Sequence[LedgerAccount], figures: JournalSums, query: ReportQuery
) -> list[Balance]:
    """The balance of each account, of all that the filters select up to a day."""
    names = {account.role: account.name for account in accounts}
    balances, on = figures.balances, figures.balances_on
    url = _Lists(query).on_days(None, day_of(on))
    return [
        Balance(
            query.is_filtered,
            role,
            names[role],
            on,
            None if balances is None else Figure(balances.of(role), url),
        )
        for role in ROLES
    ]


def scheduled_days(
    query: ReportQuery, period: Period, divide: Day
) -> tuple[Day, Day | None] | None:
    """The days of a period after the dividing day; None if there are none."""
    if not query.selection(period).includes_scheduled(Purpose.REPORT):
        return None
    first = divide + 1 if period.start is None else max(period.start, divide + 1)
    if period.end is not None and period.end < first:
        return None
    return first, period.end


def _is_something(balance: Balance) -> bool:
    return balance.figure is not None and balance.figure.amount.minor != 0


class _Lists:
    """Addresses of journals with the page's filters; empty for the page's own."""

    def __init__(self, query: ReportQuery) -> None:
        self._query, self._here = query, query.restarted().url()

    def moving(self, role: str, *days: Day | None) -> str:
        """Those that move an account on the page's days, or on others."""
        account = self._query["account"] or role
        if days:
            return self.on_days(*days, account=account)
        return self._url(account=account)

    def on_days(self, first: Day | None, last: Day | None, **changes: str) -> str:
        """Those of a range of days, which may be open at either end."""
        texts = ("" if day is None else day_text(day) for day in (first, last))
        days = dict(zip(DAYS, texts, strict=True))
        return self._url(month="", **days, **changes)

    def _url(self, **changes: str) -> str:
        listed = self._query.restarted(group_by="", granularity="", **changes)
        return "" if (url := listed.url()) == self._here else url
