"""The ledger and the month of a page, which the links of its frame lead on with.

A page that has a ledger names both in its own parameters. Others, as the audit trail,
only carry them along: `?at=USD.2026-10`. What leads to a page without either, such as
a link of a list, is known by the page it came from. Forms carry them along, too, and so
does what answers them (`leading_on`).
"""

import re
from dataclasses import dataclass, replace
from urllib.parse import urlencode, urlsplit, urlunsplit

from sqlalchemy import bindparam, select
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from daybook.calendar import (
    date_of,
    day_text,
    first_day_of,
    last_day_of,
    parse_month,
)
from daybook.db.engine import Database
from daybook.db.fast.compiled import CompiledSelect, fetch_rows
from daybook.ledger.models import Ledger
from daybook_web.kit.formats import month

AT = "at"
"""The parameter of pages without a ledger: where their reader came from."""
BY_MONTH = frozenset(
    {
        *("/journals", "/close", "/close/lock", "/documents", "/exports/new"),
        *("/settings", "/settings/locks", "/settings/accounts"),
        "/settings/integrations",
    }
)
"""Pages of a ledger, most of them of a month."""
BY_DAY = frozenset({"/reports"})
"""Pages of a ledger on a day."""

_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])", re.ASCII)
_LEDGER = CompiledSelect(
    select(Ledger.id).where(
        Ledger.organisation_id == bindparam("organisation", required=False),
        Ledger.currency == bindparam("currency", required=False),
    ),
    is_short=True,
)


@dataclass(frozen=True, slots=True)
class Where:
    """A ledger by its currency and a month, such as `2026-10`; empty if unknown."""

    currency: str = ""
    month: str = ""

    @property
    def month_words(self) -> str:
        """The month for people, `October 2026`; empty if unknown."""
        if not self.month:
            return ""
        return month(date_of(first_day_of(parse_month(self.month))))

    @property
    def at(self) -> str:
        """What the parameter `at` says of it; empty without a ledger."""
        return ".".join(filter(None, (self.currency, self.month)))

    def url(self, path: str) -> str:
        """The address of a page of this ledger and month; one with a query is whole."""
        if not self.currency or "?" in path:
            return path
        parameters = {"currency": self.currency}
        if path in BY_MONTH and self.month:
            parameters["month"] = self.month
        elif path in BY_DAY and self.month:
            parameters["on"] = day_text(last_day_of(parse_month(self.month)))
        elif path not in BY_MONTH | BY_DAY:
            parameters = {AT: self.at}
        return f"{path}?{urlencode(parameters)}"

    def carried_to(self, url: str) -> str:
        """An address of this site, with what it doesn't name itself of the place."""
        parts = urlsplit(url)
        given = QueryParams(parts.query)
        named = _named_by(parts.path, given)
        if parts.netloc or not self.currency or AT in given:
            return url
        added = urlsplit(self.url(parts.path)).query
        if named.currency:
            is_its = named.currency == self.currency and parts.path in BY_MONTH
            if not is_its or named.month or not self.month:
                return url
            added = urlencode({"month": self.month})
        query = "&".join(filter(None, (parts.query, added)))
        return urlunsplit(parts._replace(query=query))


class KnownLedgers:
    """The ledgers that were found. None is ever removed, so each is read once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = set[tuple[int, str]]()

    async def has(self, organisation_id: int, currency: str) -> bool:
        """Whether an organisation has a ledger in a currency."""
        key = (organisation_id, currency)
        if key not in self._known:
            values = {"organisation": organisation_id, "currency": currency}
            if not await fetch_rows(self._database, _LEDGER, values):
                return False
            self._known.add(key)
        return True


def where_of(request: Request) -> Where:
    """What was noted of a page; nothing where no ledger is known."""
    found = getattr(request.state, "where", Where())
    assert isinstance(found, Where), "only a place is put there"
    return found


def note_where(request: Request, currency: str, month: str | None = None) -> None:
    """Note the ledger that a page shows, and its month; None keeps the address's."""
    if month is None:
        named = named_where(request)
        month = named.month if named.currency in {"", currency} else ""
    request.state.where = Where(currency, month)


def leading_on(request: Request, answer: Response) -> Response:
    """The answer to a form: where it redirects to, the place is kept."""
    if request.method == "POST":
        for header in ("location", "hx-redirect"):
            if header in answer.headers:
                url = where_of(request).carried_to(answer.headers[header])
                answer.headers[header] = url
    return answer


def named_where(request: Request) -> Where:
    """What the address names, and else the page that led to it; may not exist."""
    here = _named_by(request.url.path, request.query_params)
    if here.currency and here.month:
        return here
    before = _of_referrer(request)
    if here.currency not in {"", before.currency}:
        return here
    return replace(before, month=here.month or before.month)


def where_of_address(url: str) -> Where:
    """What an address of this site names; may not exist."""
    address = urlsplit(url)
    return _named_by(address.path, QueryParams(address.query))


def _of_referrer(request: Request) -> Where:
    try:
        address = urlsplit(request.headers.get("referer", ""))
    except ValueError:  # it isn't an address
        return Where()
    if address.netloc != request.headers.get("host"):
        return Where()
    return _named_by(address.path, QueryParams(address.query))


def _named_by(path: str, given: QueryParams) -> Where:
    currency, _, month = given.get(AT, "").partition(".")
    if path.startswith("/journals/"):
        currency = path.split("/")[2]
    currency = given.get("currency", currency).strip().upper()
    for name in ("on", "to", "from", "month"):  # the last that is given counts
        month = given.get(name, "").strip()[:7] or month
    return Where(
        currency if _CURRENCY.fullmatch(currency) else "",
        month if _MONTH.fullmatch(month) else "",
    )
