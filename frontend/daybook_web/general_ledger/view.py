"""What the pages of connections show, and their forms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from daybook.connections.rules import DECEMBER, AccountRole
from daybook.money import currencies_in_use
from daybook_web.general_ledger.refresh_results import RefreshedConnection, Refreshes
from daybook_web.general_ledger.results import (
    Dataset,
    GlConnectionPage,
    GlConnectionsPage,
    Ledger,
    ListedConnection,
    ShownConnection,
)
from daybook_web.kit.forms import Choice, Problem
from daybook_web.kit.live import REFRESHES_URL
from daybook_web.kit.rendering import View

ROLES: Mapping[AccountRole, str] = {
    AccountRole.RECEIVABLE: "Receivables",
    AccountRole.PAYABLE: "Payables",
    AccountRole.TAX: "Tax",
    AccountRole.REALISED: "Realised currency gains",
    AccountRole.UNREALISED: "Unrealised currency gains",
    AccountRole.REVALUATION: "Bank revaluations",
}
"""What synthetic journals post to, for people."""


def account_field(role: str) -> str:
    """The name of the field of an account."""
    return f"account_{role}"


FOLDED = frozenset({"budget_id", *map(account_field, AccountRole)})
"""The fields that the form folds away."""


class RoleField(NamedTuple):
    """The field of an account, what it is for, and the ID in it."""

    name: str
    text: str
    value: str


@dataclass(frozen=True, slots=True)
class ConnectionForm:
    """The fields of the form of a connection, as text."""

    name: str = ""
    base_currency: str = ""
    year_end: str = DECEMBER.text
    period_lock: str = ""
    year_lock: str = ""
    takes: Sequence[str] = ()
    accounts: Mapping[str, str] | None = None
    budget_id: str = ""
    counts_forecasts: bool = False

    @classmethod
    def typed(cls, form: Mapping[str, str], takes: Sequence[str]) -> "ConnectionForm":
        """The fields as they were sent."""
        return cls(
            form.get("name", ""),
            form.get("base_currency", ""),
            form.get("year_end", ""),
            form.get("period_lock", ""),
            form.get("year_lock", ""),
            takes,
            {role: form.get(account_field(role), "") for role in AccountRole},
            form.get("budget_id", ""),
            form.get("counts_forecasts") == "on",
        )

    @classmethod
    def of(cls, connection: ShownConnection) -> "ConnectionForm":
        """The fields as they are."""
        its = connection.accounts
        accounts = {
            AccountRole.RECEIVABLE: its.receivable,
            AccountRole.PAYABLE: its.payable,
            AccountRole.TAX: its.tax,
            AccountRole.REALISED: its.realised,
            AccountRole.UNREALISED: its.unrealised,
            AccountRole.REVALUATION: its.revaluation,
        }
        return cls(
            connection.name,
            connection.base_currency,
            connection.year_end,
            _iso(connection.period_lock),
            _iso(connection.year_lock),
            connection.takes_exports,
            {role: id_ or "" for role, id_ in accounts.items()},
            connection.budget_id or "",
            connection.counts_forecasts,
        )

    @property
    def roles(self) -> list[RoleField]:
        """The fields of accounts."""
        accounts = self.accounts or {}
        return [
            RoleField(account_field(role), words, accounts.get(role, ""))
            for role, words in ROLES.items()
        ]


@dataclass(frozen=True, slots=True)
class ConnectionsView(View):
    """All connections, their dataset, and the form of a new one.

    `once` identifies the form, which adds nothing when it is sent again, and `record`
    is the audit trail's last one before the page was read. A refresh would make
    something new of one of them if it `is_behind`.
    """

    page: ClassVar[str] = "general_ledger/connections.html"
    fragment: ClassVar[str] = "general_ledger/_list.html"

    title: str
    connections: Sequence[ListedConnection]
    events_url: str
    has_inputs: bool
    is_behind: bool
    dataset: Dataset
    reporting: str
    main_currency: str
    currencies: Sequence[Choice]
    ledgers: Sequence[str]
    form: ConnectionForm
    once: str
    record: str
    saved: str
    problems: Sequence[Problem]

    @classmethod
    def of(  # noqa: PLR0913  (keyword-only, each a part of the page)
        cls,
        found: GlConnectionsPage,
        form: ConnectionForm | None,
        *,
        once: str,
        record: str,
        saved: str,
        problems: Sequence[Problem],
    ) -> "ConnectionsView":
        """The list, with what was typed after problems."""
        dataset = found.gl_dataset
        is_chosen = dataset.is_reporting_currency_chosen
        main = [its.base_currency for its in found.gl_connections if its.is_main]
        shown = form or ConnectionForm()
        return cls(
            title="Connections",
            connections=found.gl_connections,
            events_url=REFRESHES_URL,
            has_inputs=any(its.inputs for its in found.gl_connections),
            is_behind=any(
                its.is_behind and not its.is_moving for its in found.gl_connections
            ),
            dataset=dataset,
            reporting=(dataset.reporting_currency or "") if is_chosen else "",
            main_currency="".join(main),
            currencies=[
                Choice(code, f"{code} {name}")
                for code, name in currencies_in_use().items()
            ],
            ledgers=_takeable(found.ledgers, shown.takes),
            form=shown,
            once=once,
            record=record,
            saved=saved,
            problems=problems,
        )


@dataclass(frozen=True, slots=True)
class ConnectionView(View):
    """A connection with what came in, and the form of its settings.

    `asks` is what it asks about before it is done: `remove`, `disconnect` or nothing.
    `opens_more` is whether there is a problem of a field that is folded away.
    """

    page: ClassVar[str] = "general_ledger/connection.html"
    fragment: ClassVar[str] = "general_ledger/_inputs.html"
    fragments: ClassVar[tuple[str, ...]] = ("general_ledger/_refreshes.html",)

    title: str
    connection: ShownConnection
    refreshes: Refreshes
    budgets: Sequence[Choice]
    ledgers: Sequence[str]
    events_url: str
    record: str
    asks: str
    opens_more: bool
    form: ConnectionForm
    saved: str
    problems: Sequence[Problem]

    @classmethod
    def of(  # noqa: PLR0913  (keyword-only, each a part of the page)
        cls,
        found: GlConnectionPage,
        connection: ShownConnection,
        form: ConnectionForm | None,
        *,
        record: str,
        asks: str,
        saved: str,
        problems: Sequence[Problem],
    ) -> "ConnectionView":
        """A connection with its own values in the form, or with what was typed."""
        shown = form or ConnectionForm.of(connection)
        return cls(
            title=connection.name,
            connection=connection,
            refreshes=found.gl_refreshes,
            budgets=_budgets(connection, shown.budget_id),
            ledgers=_takeable(found.ledgers, shown.takes),
            events_url=REFRESHES_URL,
            record=record,
            asks=asks,
            opens_more=any(problem.field in FOLDED for problem in problems),
            form=shown,
            saved=saved,
            problems=problems,
        )


@dataclass(frozen=True, slots=True)
class RefreshesView(View):
    """A connection's part of the dataset, its refreshes, and its sync with Xero."""

    page: ClassVar[str] = "general_ledger/_refreshes_news.html"

    connection: RefreshedConnection
    refreshes: Refreshes


def _budgets(connection: ShownConnection, chosen: str) -> list[Choice]:
    """The budgets that may be chosen; empty if none came in.

    The first one is the overall one, whichever that is. A chosen one that didn't come
    in is among them.
    """
    if not connection.budgets:
        return []
    choices = {its.budget_id: its.words for its in connection.budgets}
    if chosen:
        choices.setdefault(chosen, f"{chosen}, which has not come in")
    overall = "The overall one that was changed last"
    counting = [its.words for its in connection.budgets if its.counts]
    if counting and not connection.budget_id:
        overall += f": {counting[0]}"
    return [
        Choice("", overall),
        *(Choice(id_, words) for id_, words in choices.items()),
    ]


def _takeable(ledgers: Sequence[Ledger], taken: Sequence[str]) -> list[str]:
    """The currencies of ledgers, and of those that are to come and taken already."""
    return sorted({*(ledger.currency for ledger in ledgers), *taken})


def _iso(day: object) -> str:
    return "" if day is None else str(day)
