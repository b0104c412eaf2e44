"""`/general-ledger/reconciliation`: how the journals of posted exports came back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daybook.gl.matching.words import STATES
from daybook_graphql.execution.operations import OperationFailed
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_web.general_ledger.refresh_results import CONNECTIONS
from daybook_web.general_ledger.results import Ledger
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.formats import count, sentence
from daybook_web.kit.links import Link, Pager
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.results import Money, PageInfo, Result
from daybook_web.kit.running import Running
from daybook_web.kit.site import Site
from daybook_web.kit.where import note_where
from daybook_web.reports.address import is_currency

PATH = "/general-ledger/reconciliation"
LINES = "/general-ledger/lines"
ROWS = 50
MATCHED = "MATCHED"
WRONG = {"INVALID_CURSOR", "NOT_FOUND"}
"""The codes of an address that names what isn't there."""


@dataclass(frozen=True, slots=True)
class AccountAmount(Result):
    """What an account gets: a credit is positive."""

    account_code: str
    amount: Money

    @property
    def side(self) -> str:
        """Debit or credit, shortly."""
        return "Dr" if self.amount.minor < 0 else "Cr"

    @property
    def absolute(self) -> Money:
        """The amount on its side."""
        return Money(self.amount.amount.removeprefix("-"))


@dataclass(frozen=True, slots=True)
class Booked(Result):
    """A journal that came back."""

    day: date
    amounts: tuple[AccountAmount, ...]


@dataclass(frozen=True, slots=True)
class Match(Result):
    """A journal of a posted file, and what was booked for it."""

    state: str
    number: str
    day: date
    record_number: str
    journal_number: str | None
    words: str
    exported: tuple[AccountAmount, ...]
    booked: tuple[Booked, ...]


@dataclass(frozen=True, slots=True)
class Matches(Result):
    """A page of them."""

    page_info: PageInfo
    nodes: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class StateTotal(Result):
    """The journals in a state."""

    state: str
    journals: int
    exported: Money
    booked: Money


@dataclass(frozen=True, slots=True)
class Taking(Result):
    """The connection that takes the exports."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Reconciliation(Result):
    """How a ledger's exports came back."""

    currency: str
    file_numbers: tuple[str, ...]
    other_file_numbers: tuple[str, ...]
    data_time: datetime | None
    last_journal: str | None
    connection: Taking | None
    totals: tuple[StateTotal, ...]
    matches: Matches


@dataclass(frozen=True, slots=True)
class TakingLedgers(Result):
    """The ledgers whose exports a connection takes."""

    takes_exports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GlReconciliationPage(Result):
    """The result of the page's operation; without a ledger, nothing is compared."""

    ledgers: tuple[Ledger, ...]
    gl_connections: tuple[TakingLedgers, ...]
    gl_reconciliation: Reconciliation | None = None


@dataclass(frozen=True, slots=True)
class StateRow:
    """A state with its sums, and the page of its journals."""

    words: str
    journals: str
    exported: Money
    booked: Money
    url: str
    is_shown: bool


@dataclass(frozen=True, slots=True)
class MatchRow:
    """A journal of a file, and where it is found."""

    state: str
    is_matched: bool
    number: str
    day: date
    journal_url: str
    file: str
    file_url: str
    exported: Sequence[AccountAmount]
    booked: Sequence[AccountAmount]
    lines_url: str
    words: str


@dataclass(frozen=True, slots=True)
class ReconciliationView(View):
    """The four states with their sums, and the journals; or why there are none.

    `connection_url` is the page of the connection that takes the exports; empty if
    none does.
    """

    page: ClassVar[str] = "general_ledger/reconciliation.html"
    fragment: ClassVar[str] = "general_ledger/_reconciliation.html"

    title: str
    currency: str
    ledgers: Sequence[Link]
    page_url: str
    connection: str
    connection_url: str
    status: str
    exports_url: str
    has_files: bool
    has_journals: bool
    last_journal: str
    data_time: datetime | None
    left_out: str
    states: Sequence[StateRow]
    shown: str
    rows: Sequence[MatchRow]
    pager: Pager | None
    amounts_in: str


def reconciliation_routes(site: Site) -> list[Route]:
    """The page."""

    async def handle(request: Request) -> Response:
        return await _Page(request, site.running(request)).show()

    return [site.guarded(PATH, handle)]


class _Page:
    """One request for the page."""

    def __init__(self, request: Request, running: Running) -> None:
        self.request = request
        self.running = running
        query = request.query_params
        self.currency = query.get("currency", "").strip().upper()
        self.state = query.get("state", "").strip().upper()

    async def show(self) -> Response:
        """The page of the ledger, or of the first that a connection takes."""
        if self.state and self.state not in {*STATES}:
            return self._missing("There is no such state.")
        try:
            found = await self._load()
            if found.ledgers and not self.currency:
                self.currency = _first(found)
                found = await self._load()
        except OperationFailed as failed:
            if failed.codes & WRONG:
                return self._missing("There is no such ledger, or no such page.")
            raise
        if found.ledgers and found.gl_reconciliation is None:
            return self._missing("There is no such ledger.")
        if self.currency:
            note_where(self.request, self.currency)
        return respond(self.request, self._view(found))

    async def _load(self) -> GlReconciliationPage:
        query = self.request.query_params
        page: dict[str, Any] = {"first": ROWS, "after": query.get("after")}
        if query.get("before"):
            page = {"last": ROWS, "before": query["before"]}
        has_ledger = is_currency(self.currency)
        variables = {
            "ledgerId": encode(LedgerId(self.currency)) if has_ledger else "",
            "withMatches": has_ledger,
            "state": self.state or None,
            **page,
        }
        return await self.running.run_kept(GlReconciliationPage, variables)

    def _missing(self, message: str) -> Response:
        links = [Link("Go to the reconciliation", PATH)]
        return error_page(self.request, 404, "Nothing to reconcile", message, links)

    def _view(self, found: GlReconciliationPage) -> ReconciliationView:
        its = found.gl_reconciliation
        title = (
            f"Reconciliation, {self.currency}" if self.currency else "Reconciliation"
        )
        connection = None if its is None else its.connection
        return ReconciliationView(
            title=title,
            currency=self.currency,
            ledgers=[
                Link(each.currency, url_of(each.currency)) for each in found.ledgers
            ],
            page_url=url_of(self.currency, self.state, **self._paging()),
            connection="" if connection is None else connection.name,
            connection_url=(
                "" if connection is None else f"{CONNECTIONS}/{connection.number}"
            ),
            status="" if its is None else _status(its),
            exports_url=f"/exports?{urlencode({'ledger': self.currency})}",
            has_files=its is not None and bool(its.file_numbers),
            has_journals=its is not None and its.last_journal is not None,
            last_journal="" if its is None else its.last_journal or "",
            data_time=None if its is None else its.data_time,
            left_out="" if its is None else ", ".join(its.other_file_numbers),
            states=[] if its is None else self._states(its.totals),
            shown=STATES_WORDS.get(self.state, ""),
            rows=[] if its is None else self._rows(its),
            pager=(
                None
                if its is None
                else Pager.of(
                    its.matches.page_info, partial(url_of, self.currency, self.state)
                )
            ),
            amounts_in="" if its is None else its.currency,
        )

    def _paging(self) -> Mapping[str, str]:
        query = self.request.query_params
        return {name: query[name] for name in ("after", "before") if query.get(name)}

    def _states(self, totals: Sequence[StateTotal]) -> list[StateRow]:
        return [
            StateRow(
                words=STATES_WORDS.get(total.state, total.state),
                journals=f"{total.journals:,}",
                exported=total.exported,
                booked=total.booked,
                url=url_of(self.currency, total.state),
                is_shown=self.state == total.state,
            )
            for total in totals
        ]

    def _rows(self, found: Reconciliation) -> list[MatchRow]:
        return [
            MatchRow(
                state=STATES_WORDS.get(match.state, match.state),
                is_matched=match.state == MATCHED,
                number=match.number,
                day=match.day,
                journal_url=(
                    f"/journals/{self.currency}/{match.journal_number}"
                    if match.journal_number is not None
                    else ""
                ),
                file=f"File {match.record_number}",
                file_url=f"/exports/files/{match.record_number}",
                exported=match.exported,
                booked=[amount for its in match.booked for amount in its.amounts],
                lines_url=_lines_url(found.connection, match),
                words=sentence(match.words),
            )
            for match in found.matches.nodes
        ]


STATES_WORDS: Mapping[str, str] = {
    state.value: words for state, words in STATES.items()
}


def url_of(currency: str, state: str = "", **paging: str) -> str:
    """The address of the page of a ledger, of all its journals or those in a state."""
    given = {"currency": currency, "state": state.lower(), **paging}
    query = urlencode({name: text for name, text in given.items() if text})
    return f"{PATH}?{query}" if query else PATH


def _lines_url(connection: Taking | None, match: Match) -> str:
    """The dataset's lines of the days and accounts that were booked, if any were."""
    if connection is None or not match.booked:
        return ""
    days = [its.day for its in match.booked]
    codes = {its.account_code for booked in match.booked for its in booked.amounts}
    query = {
        "connection": connection.number,
        "type": "ACTUAL",
        "account": sorted(codes),
        "from": min(days),
        "to": max(days),
    }
    return f"{LINES}?{urlencode(query, doseq=True)}"


def _first(found: GlReconciliationPage) -> str:
    """The first ledger whose exports a connection takes, else the first."""
    taken = {code for its in found.gl_connections for code in its.takes_exports}
    currencies = [ledger.currency for ledger in found.ledgers]
    return next((code for code in currencies if code in taken), currencies[0])


def _status(found: Reconciliation) -> str:
    """How many journals are compared, and how many came back otherwise."""
    journals = sum(total.journals for total in found.totals)
    other = sum(total.journals for total in found.totals if total.state != MATCHED)
    if not journals:
        return ""
    words = count(journals, "journal", "journals")
    return f"{other:,} of {words} to look at" if other else f"{words} came back alike"
