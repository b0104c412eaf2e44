"""The addresses of the dataset's pages: what they show of it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from daybook.calendar import parse_day
from daybook.errors import did_you_mean
from daybook.money import currencies_in_use
from daybook_graphql.general_ledger.ids import GlConnectionId
from daybook_graphql.kit.ids import encode
from daybook_web.kit.forms import Problem

PATH = "/general-ledger"
LINES = f"{PATH}/lines"
EXPOSURE = f"{PATH}/exposure"
FILE = "/datasets/journals"
"""The address of the dataset as a file, without its ending."""

TYPES: Mapping[str, str] = {
    "ACTUAL": "Actual",
    "DRAFT_INVOICE": "Drafts",
    "FORECAST_INVOICE": "Forecast",
    "FX_EXPOSURE": "FX exposure",
    "FORECAST_BUDGET": "Budget",
}
"""What pages call the types of journals."""
CLASSES: Mapping[str, str] = {
    "REVENUE": "Income",
    "EXPENSE": "Expenses",
    "ASSET": "Assets",
    "LIABILITY": "Liabilities",
    "EQUITY": "Equity",
}
"""What pages call the classes of accounts."""
GAINS: Mapping[str, str] = {
    "UNREALISED": "Unrealised",
    "REVERSAL": "Unrealised, turned",
    "REALISED": "Realised",
    "REVALUATION": "Bank revaluation",
}
"""What pages call the kinds of gains."""

LISTS: Mapping[str, Mapping[str, str] | None] = {
    "connection": None,
    "type": TYPES,
    "account": None,
    "class": CLASSES,
    "gain": GAINS,
}
"""The parameters that may be repeated, with the values that they may have."""
CURRENCY = "document_currency"
TEXTS = (
    *("from", "to", "contact", "tracking", "search"),
    *(CURRENCY, "refresh"),
)
PAGES = ("after", "before")
NAMES = (*LISTS, *TEXTS, *PAGES)
PARAMETERS: Mapping[str, Sequence[str]] = {
    PATH: ("connection", "type", "from", "to", "refresh"),
    LINES: NAMES,
    EXPOSURE: ("connection", "from", "to", "refresh"),
}
"""What each page's address may say."""
LENGTH_MAX = 200
VALUES_MAX = 100
REFRESH_MAX = 10**18


@dataclass(frozen=True, slots=True)
class Address:
    """What a page shows: the values of each parameter, none of them blank."""

    path: str
    values: Mapping[str, Sequence[str]]
    unknown: Sequence[str] = ()

    @classmethod
    def of(cls, path: str, query: QueryParams) -> "Address":
        """Read the address of a request; other parameters than `at` are unknown."""
        known = PARAMETERS[path]
        values: dict[str, list[str]] = {}
        for name, text in query.multi_items():
            given = text.strip()
            if given and name in known:
                values.setdefault(name, []).append(_value(name, given))
        unknown = [name for name in query if name not in known and name != "at"]
        return cls(path, values, unknown)

    def __getitem__(self, name: str) -> str:
        """The value of a parameter, the last of several; empty without one."""
        return self.values.get(name, ("",))[-1]

    def all(self, name: str) -> Sequence[str]:
        """All values of a parameter, each once, in their order."""
        return [*dict.fromkeys(self.values.get(name, ()))]

    def with_values(self, **changes: Iterable[str] | str) -> "Address":
        """The first page with other values; the parameter `from` is `from_`."""
        values = {name: its for name, its in self.values.items() if name not in PAGES}
        for given, change in changes.items():
            texts = [change] if isinstance(change, str) else [*change]
            values[given.rstrip("_")] = [text for text in texts if text]
        return replace(self, values=values)

    def at_path(self, path: str) -> "Address":
        """The same of another page."""
        return replace(self, path=path)

    def pairs(self, *names: str) -> list[tuple[str, str]]:
        """Some parameters in the order of addresses; all of them by default."""
        return [
            (name, text)
            for name in NAMES
            if not names or name in names
            for text in self.all(name)
        ]

    def url(self, **changes: Iterable[str] | str) -> str:
        """The address of the first page with other values, or of another page."""
        return _url(self.path, self.with_values(**changes).pairs())

    @property
    def here(self) -> str:
        """The address itself, with the page of the list."""
        return _url(self.path, self.pairs())

    def file_url(self, suffix: str) -> str:
        """The address of all that fits as a file."""
        return _url(f"{FILE}.{suffix}", self.with_values().pairs())

    def problems(self) -> list[Problem]:
        """What is wrong with the parameters, each at its field."""
        found = [
            Problem("", f"There is no filter “{name}”{self._near(name)}")
            for name in self.unknown
        ]
        for name, text in self.pairs():
            message = _problem(name, text)
            if message:
                found.append(Problem(name, message))
        found += [
            Problem(name, f"At most {VALUES_MAX} at a time.")
            for name in LISTS
            if len(self.all(name)) > VALUES_MAX
        ]
        if self["after"] and self["before"]:
            found.append(Problem("", "A page is after a line or before one, not both."))
        if not found and self["from"] and self["to"] and self["from"] > self["to"]:
            found.append(Problem("to", "The range ends before it starts."))
        return found

    def _near(self, name: str) -> str:
        return did_you_mean(name, PARAMETERS[self.path]) or "."

    @property
    def refresh(self) -> str | None:
        """The refresh that is asked for, as operations take it."""
        return self["refresh"] or None

    def connection_ids(self) -> list[str] | None:
        """The ids of the connections that are asked for; None for all."""
        numbers = self.all("connection")
        return [encode(GlConnectionId(int(its))) for its in numbers] or None

    def line_filter(self) -> dict[str, Any]:
        """What narrows lines, as operations take it; needs no problems."""
        found: dict[str, Any] = {
            "connectionIds": self.connection_ids(),
            "types": self.all("type"),
            "accounts": self.all("account"),
            "accountClasses": self.all("class"),
            "contactId": self["contact"],
            "tracking": self["tracking"],
            "search": self["search"],
            "currency": self["document_currency"],
            "gains": self.all("gain"),
        }
        days = {name: self[name] for name in ("from", "to") if self[name]}
        return {
            **{name: value for name, value in found.items() if value},
            **({"posted": days} if days else {}),
        }

    def page_variables(self, rows: int) -> dict[str, Any]:
        """The variables that choose a page of so many rows."""
        if self["before"]:
            return {"last": rows, "before": self["before"]}
        return {"first": rows, "after": self["after"] or None}


def _value(name: str, text: str) -> str:
    """A value as operations take it: `draft-invoice` is DRAFT_INVOICE."""
    if LISTS.get(name) or name == CURRENCY:
        return text.upper().replace("-", "_").replace(" ", "_")
    return text


def _problem(name: str, text: str) -> str:
    """What is wrong with a parameter's value; empty if nothing is."""
    known = LISTS.get(name)
    if len(text) > LENGTH_MAX:
        return f"It has more than {LENGTH_MAX} characters."
    if known is not None and text not in known:
        return f"“{text}” is none of these{did_you_mean(text, [*known]) or '.'}"
    if name in ("connection", "refresh") and not _is_number(text):
        return f"“{text}” is not the number of a {name}."
    if name in ("from", "to"):
        try:
            parse_day(text)
        except ValueError:
            return f"“{text}” is not a day: write it as 2026-10-31."
    if name == CURRENCY and text not in currencies_in_use():
        return f"“{text}” is not the code of a currency, such as USD."
    return ""


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 0 < int(text) < REFRESH_MAX


def _url(path: str, pairs: Sequence[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(pairs)}" if pairs else path
