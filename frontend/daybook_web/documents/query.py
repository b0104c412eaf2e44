"""The query string of the list of documents: reading it, and writing it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from daybook.calendar import day_text, first_day_of, last_day_of, parse_month
from daybook.reports.journals.filter_kinds import OwnId, Text, Unfit
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import CustomerId
from daybook_web.kit.formats import sentence
from daybook_web.kit.forms import Problem
from daybook_web.kit.saved import Kept
from daybook_web.reports.address import is_month

PATH = "/documents"
FILTERS = ("currency", "month", "kind", "status", "customer", "search")
PAGING = ("after", "before")
ROWS = 50
"""How many documents a page has."""
KINDS = {
    "INVOICE": "Invoices",
    "CREDIT_NOTE": "Credit notes",
    "BILLING_SCHEDULE": "Billing schedules",
}
STATES = {"FINAL": "In force", "VOIDED": "Voided", "CANCELLED": "Cancelled"}


@dataclass(frozen=True, slots=True)
class DocumentsQuery:
    """The list's parameters by name; none is empty."""

    parameters: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, given: QueryParams) -> "DocumentsQuery":
        """Read a query string; unknown parameters are left out."""
        texts = {name: given.get(name, "").strip() for name in (*FILTERS, *PAGING)}
        for name in ("currency", "kind", "status"):
            texts[name] = texts[name].upper()
        return cls({name: text for name, text in texts.items() if text})

    def __getitem__(self, name: str) -> str:
        """A parameter; empty if it was not given."""
        assert name in FILTERS or name in PAGING, f"the list has no parameter {name}"
        return self.parameters.get(name, "")

    def of_ledger(self, currency: str) -> "DocumentsQuery":
        """The same list of a ledger."""
        return replace(self, parameters={**self.parameters, "currency": currency})

    @property
    def is_narrowed(self) -> bool:
        """Whether it has not all of the ledger's documents."""
        return any(self[name] for name in FILTERS if name != "currency")

    def pairs(self, *but: str) -> Iterable[tuple[str, str]]:
        """The filters that are set, without some."""
        return [
            (name, self[name]) for name in FILTERS if self[name] and name not in but
        ]

    def url(self, **changes: str) -> str:
        """The address of the first page with other filters, or of another page."""
        changed = {**dict(self.pairs()), **changes}
        query = urlencode([(name, text) for name, text in changed.items() if text])
        return f"{PATH}?{query}" if query else PATH

    @property
    def kept(self) -> Kept:
        """What a saved filter keeps of the list: all but the ledger and the month."""
        return Kept.of("DOCUMENTS", PATH, self.pairs(), "currency", "month")

    @property
    def here(self) -> str:
        """The address of this very page."""
        return self.url(**{name: self[name] for name in PAGING})

    def problems(self) -> list[Problem]:
        """What is wrong with the filters, by their fields."""
        found = []
        if self["month"] and not is_month(self["month"]):
            message = f"“{self['month']}” is not a month: write it as 2026-10."
            found.append(Problem("month", message))
        if self["kind"] and self["kind"] not in KINDS:
            found.append(Problem("", f"“{self['kind']}” is no kind of document."))
        if self["status"] and self["status"] not in STATES:
            message = f"“{self['status']}” is no state of a document."
            found.append(Problem("status", message))
        for name, its_kind in (("customer", OwnId()), ("search", Text())):
            try:
                its_kind.read(self[name])
            except Unfit as unfit:
                found.append(Problem(name, sentence(unfit.words)))
        return found

    def variables(self) -> dict[str, Any]:
        """What the operation takes; needs a ledger and no problems."""
        page: dict[str, Any] = {"last": ROWS, "before": self["before"] or None}
        if self["after"]:
            page = {"first": ROWS, "after": self["after"]}
        customer = encode(CustomerId(self["customer"])) if self["customer"] else None
        return {
            "ledgerId": encode(LedgerId(self["currency"])),
            "withDocuments": True,
            "kind": [self["kind"]] if self["kind"] else None,
            "status": [self["status"]] if self["status"] else None,
            "dated": self._days(),
            "customerId": customer,
            "named": [customer] if customer else [],
            "search": self["search"] or None,
            **page,
        }

    def _days(self) -> dict[str, str] | None:
        if not self["month"]:
            return None
        month = parse_month(self["month"])
        first, last = first_day_of(month), last_day_of(month)
        return {"from": day_text(first), "to": day_text(last)}
