"""The query string of the list of exports: reading it, and writing it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from daybook.money import decimals_of
from daybook.reports.searching import can_be_stored
from daybook_web.exports.words import FORMAT_NAMES, STATES
from daybook_web.kit.forms import Problem
from daybook_web.kit.saved import Kept

PATH = "/exports"
FILTERS = ("ledger", "state", "format", "by", "posted")
PAGING = ("after", "before")
FILES_AFTER = "files_after"
"""The cursor of the second list, that of files of commands."""
ROWS = 25
"""How many rows a page of either list has."""
POSTED: Mapping[str, str] = {"yes": "Marked as posted", "no": "Not marked as posted"}


@dataclass(frozen=True, slots=True)
class ExportsQuery:
    """The list's filters and pages by name; absent ones are empty."""

    texts: Mapping[str, str]
    pages: Mapping[str, str]

    @classmethod
    def of(cls, given: QueryParams) -> "ExportsQuery":
        """Read a query string; unknown parameters are left out."""
        texts = {name: given.get(name, "").strip() for name in FILTERS}
        texts["ledger"] = texts["ledger"].upper()
        pages = {
            name: given[name] for name in (*PAGING, FILES_AFTER) if given.get(name)
        }
        return cls(texts, pages)

    def __getitem__(self, name: str) -> str:
        """A filter's text."""
        return self.texts[name]

    @property
    def is_filtered(self) -> bool:
        """Whether any filter narrows the list."""
        return any(self.texts.values())

    @property
    def kept(self) -> Kept:
        """What a saved filter keeps of the list: all filters."""
        pairs = ((name, text) for name, text in self.texts.items() if text)
        return Kept.of("EXPORTS", PATH, pairs)

    def here(self) -> str:
        """The address of this very page."""
        return self.url(**self.pages)

    def url(self, **changes: str) -> str:
        """The first page with other filters, or another page."""
        given = {**self.texts, **changes}
        pairs = [(name, text) for name, text in given.items() if text]
        return f"{PATH}?{urlencode(pairs)}" if pairs else PATH

    def problems(self) -> list[Problem]:
        """What is wrong with the filters, each at its field."""
        known = {"state": STATES, "format": FORMAT_NAMES, "posted": POSTED}
        found = [
            Problem(name, f"There is no choice “{self[name]}”.")
            for name, choices in known.items()
            if self[name] and self[name] not in choices
        ]
        if self["ledger"] and not is_currency(self["ledger"]):
            found.append(Problem("ledger", f"“{self['ledger']}” is not a currency."))
        if not can_be_stored(self["by"]):
            found.append(Problem("by", "Nobody has a name with such a character."))
        return found

    def variables(self) -> dict[str, Any]:
        """The filter and the pages as the API takes them; needs no problems."""
        return {
            "filter": {
                "status": [self["state"]] if self["state"] else None,
                "currency": self["ledger"] or None,
                "format": self["format"] or None,
                "requestedBy": self["by"] or None,
                "isPosted": self["posted"] == "yes" if self["posted"] else None,
            },
            **self._page(),
            "files": ROWS,
            "filesAfter": self.pages.get(FILES_AFTER),
        }

    def _page(self) -> dict[str, Any]:
        if "before" in self.pages:
            return {"last": ROWS, "before": self.pages["before"]}
        return {"first": ROWS, "after": self.pages.get("after")}


def is_currency(text: str) -> bool:
    """Whether a text is the code of a currency in use."""
    try:
        decimals_of(text)
    except KeyError:
        return False
    return True
