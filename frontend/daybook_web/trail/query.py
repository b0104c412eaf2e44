"""The query strings of both lists: reading them, and writing them for links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from daybook.calendar import day_text
from daybook.errors import Rejected
from daybook.reports.trail.filters import (
    ACTIVITY_NAMES,
    TRAIL_NAMES,
    ActivityFilter,
    TrailFilter,
)
from daybook_web.kit.forms import Problem
from daybook_web.kit.saved import Kept

PAGES = ("after", "before")
"""The parameters that choose a page of the list."""
ROWS = 50
"""How many rows a page has."""


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A list's address: its path, its filters' texts by name, and its page.

    `page_name` is what the API calls the list.
    """

    path: str
    page_name: str
    texts: Mapping[str, str]
    page: Mapping[str, str]

    @classmethod
    def of(
        cls, path: str, page_name: str, names: Sequence[str], given: QueryParams
    ) -> "ListQuery":
        """The known parameters of an address; others are left out."""
        texts = {name: given.get(name, "").strip() for name in names}
        page = {name: given[name] for name in PAGES if given.get(name)}
        return cls(path, page_name, texts, page)

    def __getitem__(self, name: str) -> str:
        """A filter's text, empty if it is absent."""
        return self.texts[name]

    @property
    def is_filtered(self) -> bool:
        """Whether any filter narrows the list."""
        return any(self.texts.values())

    @property
    def kept(self) -> Kept:
        """What a saved filter keeps of the list: all filters."""
        pairs = ((name, text) for name, text in self.texts.items() if text)
        return Kept.of(self.page_name, self.path, pairs)

    def url(self, path: str = "", **changes: str) -> str:
        """The first page with other filters or values."""
        values = {**self.texts, **changes}
        pairs = [(name, value) for name, value in values.items() if value]
        where = path or self.path
        return f"{where}?{urlencode(pairs)}" if pairs else where

    def page_variables(self) -> dict[str, Any]:
        """The variables that choose the page."""
        if "before" in self.page:
            return {"last": ROWS, "before": self.page["before"]}
        return {"first": ROWS, "after": self.page.get("after")}


def audit_query(given: QueryParams) -> ListQuery:
    """The address of the audit trail."""
    return ListQuery.of("/audit", "AUDIT_TRAIL", TRAIL_NAMES, given)


def activity_query(given: QueryParams) -> ListQuery:
    """The address of the activity log."""
    return ListQuery.of("/activity", "ACTIVITY", ACTIVITY_NAMES, given)


def trail_variables(wanted: TrailFilter) -> dict[str, Any]:
    """The filter as the API takes it."""
    return {
        "madeBy": wanted.who,
        "action": wanted.action,
        "recorded": _days(wanted),
        "subjectKind": wanted.kind,
        "subjectId": wanted.id,
        "currency": wanted.currency,
        "afterClose": wanted.is_after_close,
    }


def activity_variables(wanted: ActivityFilter) -> dict[str, Any]:
    """The filter as the API takes it."""
    return {
        "madeBy": wanted.who,
        "kind": None if wanted.kind is None else wanted.kind.name,
        "started": _days(wanted),
        "currency": wanted.currency,
        "isFailed": wanted.is_failed,
    }


def _days(wanted: TrailFilter | ActivityFilter) -> dict[str, str | None]:
    ends = {"from": wanted.since, "to": wanted.until}
    return {name: None if day is None else day_text(day) for name, day in ends.items()}


def problems_of(rejected: Rejected) -> list[Problem]:
    """The domain's problems, each at its field."""
    return [
        Problem("".join(map(str, problem.path)), problem.message)
        for problem in rejected.problems
    ]
