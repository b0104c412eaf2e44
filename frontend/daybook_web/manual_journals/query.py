"""The query string of the list of manual journals: reading it, and writing it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from daybook.calendar import parse_day
from daybook_graphql.kit.ids import encode, read_currency
from daybook_graphql.ledgers.ids import LedgerId
from daybook_web.kit.formats import MANUAL_KINDS, MANUAL_STATUSES
from daybook_web.kit.forms import Problem
from daybook_web.kit.saved import Kept

PATH = "/manual-journals"
FILTERS = ("search", "status", "waiting", "kind", "ledger", "from", "to", "by")
FOR_ME, ALL = "me", "all"
WAITING = {FOR_ME: "For me", ALL: "All that aren't posted"}
"""What waits: for a decision of the reader, or whatever isn't posted yet."""
NOT_POSTED = ("DRAFT", "SUBMITTED", "REJECTED")
PAGING = ("after", "before")
TEXT_MAX = 200


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The list's parameters by name; none is empty."""

    parameters: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, parameters: QueryParams) -> "ListQuery":
        """Read a query string; unknown parameters are left out."""
        texts = {name: parameters.get(name, "").strip() for name in (*FILTERS, *PAGING)}
        return cls({name: text for name, text in texts.items() if text})

    def __getitem__(self, name: str) -> str:
        """A parameter; empty if it was not given."""
        assert name in FILTERS or name in PAGING, f"the list has no parameter {name}"
        return self.parameters.get(name, "")

    @property
    def is_whole(self) -> bool:
        """Whether it is the first page without any filter."""
        return not self.parameters

    def filters(self) -> Iterable[tuple[str, str]]:
        """The filters that are set."""
        return [(name, self[name]) for name in FILTERS if self[name]]

    @property
    def kept(self) -> Kept:
        """What a saved filter keeps of the list: all filters."""
        return Kept.of("MANUAL_JOURNALS", PATH, self.filters())

    def url(self, **changes: str) -> str:
        """The address of the first page with other filters, or of another page."""
        changed = {**dict(self.filters()), **changes}
        query = urlencode([(name, text) for name, text in changed.items() if text])
        return f"{PATH}?{query}" if query else PATH

    def problems(self) -> list[Problem]:
        """What is wrong with the filters, by their fields."""
        found = []
        for name, known in (
            ("status", MANUAL_STATUSES),
            ("waiting", WAITING),
            ("kind", MANUAL_KINDS),
        ):
            if self[name] and self[name] not in known:
                found.append(Problem(name, f"There is no {name} “{self[name]}”."))
        if self["ledger"] and not _reads(read_currency, self["ledger"]):
            found.append(Problem("ledger", f"“{self['ledger']}” is not a currency."))
        for name in ("from", "to"):
            if self[name] and not _reads(parse_day, self[name]):
                message = f"“{self[name]}” is not a date such as 2026-10-31."
                found.append(Problem(name, message))
        for name in ("search", "by"):
            if len(self[name]) > TEXT_MAX or "\x00" in self[name]:
                message = f"At most {TEXT_MAX} characters can be searched for."
                found.append(Problem(name, message))
        if not found and self["from"] and self["to"] and self["from"] > self["to"]:
            found.append(Problem("to", "The range ends before it starts."))
        return found

    def variables(self) -> dict[str, Any]:
        """The API's filter; needs no problems."""
        statuses = NOT_POSTED if self["waiting"] == ALL else None
        days = {"from": self["from"] or None, "to": self["to"] or None}
        return {
            "status": [self["status"]] if self["status"] else statuses,
            "waitsForMe": self["waiting"] == FOR_ME,
            "kind": self["kind"] or None,
            "ledgerId": encode(LedgerId(self["ledger"])) if self["ledger"] else None,
            "date": days if self["from"] or self["to"] else None,
            "madeBy": self["by"] or None,
            "search": self["search"] or None,
        }

    def recurring(self) -> dict[str, Any] | None:
        """The API's filter of recurring ones, which a list of what waits begins with.

        They have a first month and no date; None where no others are listed.
        """
        if self.is_whole:
            return {"waitsForMe": True}
        others = ("search", "status", "kind", "by", *PAGING)
        if not self["waiting"] or any(self[name] for name in others):
            return None
        return {
            "status": NOT_POSTED if self["waiting"] == ALL else None,
            "waitsForMe": self["waiting"] == FOR_ME,
            "ledgerId": encode(LedgerId(self["ledger"])) if self["ledger"] else None,
            "begunBy": self["to"] or None,
        }


def _reads(read: Any, text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True
