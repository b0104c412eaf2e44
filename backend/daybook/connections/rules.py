"""Connections and their settings, and which are allowed. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from daybook.calendar import Day, date_of, day_text, first_day_of, last_day_of
from daybook.errors import Problem, ProblemCode, Rejected, check_all, did_you_mean
from daybook.money import decimals_of
from daybook.patches import UNSET, Unset, given

CONNECTIONS_MAX = 100
"""How many connections an organisation has at most."""
NAME_MAX = 100
ID_MAX = 100
"""How many characters an ID of the accounting system has at most."""


class System(IntEnum):
    """The accounting system; the number is stored."""

    XERO = 1


class AccountRole(StrEnum):
    """What synthetic journals post to, besides the accounts of documents' lines."""

    RECEIVABLE = "receivable"
    PAYABLE = "payable"
    TAX = "tax"
    REALISED = "realised"
    UNREALISED = "unrealised"
    REVALUATION = "revaluation"


class YearEnd(NamedTuple):
    """The last day of a financial year; that of 29 February is 28 in other years."""

    month: int
    day: int

    @property
    def text(self) -> str:
        """As it is typed: `02-29`."""
        return f"{self.month:02}-{self.day:02}"

    def year_of(self, day: Day) -> tuple[Day, Day]:
        """The first and last day of the financial year that a day belongs to."""
        year = date_of(day).year
        end = self._end_in(year)
        if day > end:
            return end + 1, self._end_in(year + 1)
        return self._end_in(year - 1) + 1, end

    def _end_in(self, year: int) -> Day:
        month = (year - 1970) * 12 + self.month - 1
        return min(first_day_of(month) + self.day - 1, last_day_of(month))


DECEMBER = YearEnd(12, 31)


class ConnectionSettings(NamedTuple):
    """What may be changed of a connection.

    Nothing posts into days until `period_lock`, and only advisers into those until
    `year_lock`. `takes_exports` are the currencies of the ledgers whose exports are
    loaded into it. `accounts` are the IDs of accounts by what they are for; those that
    are left out are found by the chart's own marks. `budget_id` is the budget that
    counts, None for the overall one; with `counts_forecasts`, drafts and forecasts
    count against it.
    """

    name: str
    year_end: YearEnd = DECEMBER
    period_lock: Day | None = None
    year_lock: Day | None = None
    takes_exports: tuple[str, ...] = ()
    accounts: Mapping[AccountRole, str] = MappingProxyType({})
    budget_id: str | None = None
    counts_forecasts: bool = False

    def details(self) -> dict[str, object]:
        """The settings as the audit trail has them."""
        return {
            "name": self.name,
            "yearEnd": self.year_end.text,
            "periodLock": _day_text(self.period_lock),
            "yearLock": _day_text(self.year_lock),
            "takesExports": list(self.takes_exports),
            "accounts": dict(sorted(self.accounts.items())),
            "budget": self.budget_id,
            "countsForecasts": self.counts_forecasts,
        }


class ConnectionPatch(NamedTuple):
    """Changes of a connection's settings; what is left out stays as it is.

    `accounts` adds to those that were chosen; an empty ID takes one away.
    """

    name: str | Unset = UNSET
    year_end: YearEnd | Unset = UNSET
    period_lock: Day | Unset | None = UNSET
    year_lock: Day | Unset | None = UNSET
    takes_exports: tuple[str, ...] | Unset = UNSET
    accounts: Mapping[AccountRole, str] | Unset = UNSET
    budget_id: str | Unset | None = UNSET
    counts_forecasts: bool | Unset = UNSET

    def applied_to(self, settings: ConnectionSettings) -> ConnectionSettings:
        """The settings with these changes."""
        changes: dict[str, Any] = given(self)
        if "accounts" in changes:
            chosen = {**settings.accounts, **changes["accounts"]}
            changes["accounts"] = {role: id_ for role, id_ in chosen.items() if id_}
        return settings._replace(**changes)


def checked_settings(
    settings: ConnectionSettings,
    others: Sequence[ConnectionSettings],
    ledgers: Sequence[str],
) -> ConnectionSettings:
    """Settings as they are stored; raises Rejected with every problem of them.

    `others` are the organisation's other connections: names are theirs alone, and so
    are the exports of a ledger. `ledgers` are the currencies of those that there are.
    """
    name = settings.name.strip()
    wanted = tuple(sorted(set(settings.takes_exports)))
    check_all(
        lambda: _check_name(name, [other.name for other in others]),
        *(lambda code=code: _check_ledger(code, ledgers) for code in wanted),
        lambda: _check_taken(wanted, others),
        *(
            lambda role=role, id_=id_: _check_id(id_, f"accounts.{role}")
            for role, id_ in settings.accounts.items()
        ),
        lambda: _check_id(settings.budget_id, "budgetId"),
    )
    return settings._replace(name=name, takes_exports=wanted)


def parse_year_end(text: str) -> YearEnd:
    """Parse `MM-DD`; raises ValueError for anything that is no day of a leap year."""
    month, dash, day = text.partition("-")
    is_right = dash and len(text) == 5 and (month + day).isdecimal() and text.isascii()
    if not is_right:
        raise ValueError("not a day MM-DD, such as 03-31")
    value = date(2000, int(month), int(day))
    return YearEnd(value.month, value.day)


def check_currency(code: str, field: str) -> None:
    """Raise Rejected for a currency that isn't in use."""
    try:
        decimals_of(code)
    except KeyError:
        message = f"{code!r} is not the ISO 4217 code of a currency in use, such as USD"
        raise connection_refused(message, field, ProblemCode.UNKNOWN_CURRENCY) from None


class UnknownConnection(Rejected):
    """A number or a name that no connection has."""


def unknown_connection(name: str = "", known: Sequence[str] = ()) -> UnknownConnection:
    """A rejection of a number, or of a name, that no connection has."""
    message = "there is no such connection"
    if name:
        message = f"there is no connection {name!r}{did_you_mean(name, known)}"
    return UnknownConnection([Problem(ProblemCode.NOT_FOUND, message, ("id",))])


def connection_refused(
    message: str, field: str, code: ProblemCode = ProblemCode.INVALID_VALUE
) -> Rejected:
    """A rejection with one problem of a field."""
    return Rejected([Problem(code, message, (field,))])


def _check_name(name: str, others: Sequence[str]) -> None:
    if not name:
        raise connection_refused(
            "a connection needs a name", "name", ProblemCode.MISSING
        )
    if len(name) > NAME_MAX or not name.isprintable():
        message = f"a name is one line of up to {NAME_MAX} printable characters"
        raise connection_refused(message, "name")
    if name.casefold() in {other.casefold() for other in others}:
        message = f"there is a connection {name!r} already: choose another name"
        raise connection_refused(message, "name", ProblemCode.DUPLICATE)


def _check_ledger(code: str, ledgers: Sequence[str]) -> None:
    """Raise Rejected for a currency without a ledger."""
    if code not in ledgers:
        message = "there is no ledger yet: import documents first"
        if ledgers:
            message = f"there is no {code} ledger, only {', '.join(ledgers)}"
        raise connection_refused(message, "takesExports", ProblemCode.NOT_FOUND)


def _check_taken(wanted: Sequence[str], others: Sequence[ConnectionSettings]) -> None:
    """Raise Rejected for a ledger whose exports another connection takes."""
    for currency in wanted:
        for other in others:
            if currency in other.takes_exports:
                message = (
                    f"{other.name} takes the exports of {currency}: let it take them no"
                    " longer first"
                )
                raise connection_refused(message, "takesExports", ProblemCode.DUPLICATE)


def _check_id(id_: str | None, field: str) -> None:
    if id_ is not None and not (0 < len(id_) <= ID_MAX and id_.isprintable()):
        message = f"an ID is one line of up to {ID_MAX} printable characters"
        raise connection_refused(message, field)


def _day_text(day: Day | None) -> str | None:
    return None if day is None else day_text(day)
