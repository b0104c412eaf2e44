"""What the page of saved filters shows: the filters, and a question about one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from daybook_web.kit.forms import Problem
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View
from daybook_web.kit.results import Result
from daybook_web.kit.saved import PATH, Kept, SavedFilters
from daybook_web.saved_filters.pages import PAGES, read_address, words_of

SAVED = {
    "renamed": "The filter has another name.",
    "deleted": "The filter is deleted.",
}
"""What the page says after a form."""


@dataclass(frozen=True, slots=True)
class ListedFilter(Result):
    """A saved filter of any page."""

    id: str
    page: str
    name: str
    query: str
    is_shared: bool
    can_change: bool


@dataclass(frozen=True, slots=True)
class SavedFiltersPage(Result):
    """The result of the page's operation."""

    saved_filters: tuple[ListedFilter, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A form that asks before something is done, or for what it needs to be done.

    `hidden` are the fields that say what is done to which filter. `name` is typed
    unless it is None.
    """

    heading: str
    words: str
    button: str
    hidden: Sequence[tuple[str, str]]
    name: str | None = None
    shares: bool | None = None
    """Whether it is ticked that everybody gets the filter; None asks nobody."""


@dataclass(frozen=True, slots=True)
class FilterRow:
    """A saved filter; the addresses are empty where its reader may not change it."""

    link: Link
    words: str
    owner: str
    rename_url: str
    delete_url: str


@dataclass(frozen=True, slots=True)
class FilterGroup:
    """The filters of a page."""

    page: str
    title: str
    rows: Sequence[FilterRow]


@dataclass(frozen=True, slots=True)
class SavedFiltersView(View):
    """All saved filters of the reader; `back` is the page that led here, if known."""

    page: ClassVar[str] = "saved_filters/saved_filters.html"

    title: str
    groups: Sequence[FilterGroup]
    question: Question | None
    back: Link | None
    back_url: str
    saved: str
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class ChipsView(View):
    """The chips of a page, alone."""

    page: ClassVar[str] = "kit/_saved_filters.html"

    saved: SavedFilters


def own_path(kept: Kept | None, **parameters: str) -> str:
    """The page of saved filters, which leads back to another page if one is known."""
    if kept is not None:
        return kept.own_url(**parameters)
    return f"{PATH}?{urlencode(parameters)}" if parameters else PATH


def groups_of(found: Iterable[ListedFilter], kept: Kept | None) -> list[FilterGroup]:
    """The filters by their pages."""
    by_page: dict[str, list[FilterRow]] = {page: [] for page in PAGES}
    for saved in found:
        by_page[saved.page].append(_row(saved, kept))
    return [
        FilterGroup(page, PAGES[page].title, rows)
        for page, rows in by_page.items()
        if rows
    ]


def _row(saved: ListedFilter, kept: Kept | None) -> FilterRow:
    def asking(what: str) -> str:
        return own_path(kept, ask=what, filter=saved.id) if saved.can_change else ""

    return FilterRow(
        link=Link(saved.name, read_address(saved.page, saved.query).kept.url),
        words=words_of(saved.page, saved.query),
        owner="Everybody" if saved.is_shared else "You",
        rename_url=asking("rename"),
        delete_url=asking("delete"),
    )


def renaming(saved: ListedFilter, name: str | None = None) -> Question:
    """The form of another name."""
    return Question(
        heading=f"Rename “{saved.name}”",
        words=_for_whom(saved),
        button="Rename",
        hidden=[("form", "rename"), ("filter", saved.id)],
        name=saved.name if name is None else name,
    )


def deletion(saved: ListedFilter) -> Question:
    """Whether a filter is deleted."""
    return Question(
        heading=f"Delete the filter “{saved.name}”?",
        words=_for_whom(saved),
        button=f"Delete “{saved.name}”",
        hidden=[("form", "delete"), ("filter", saved.id)],
    )


def replacement(kept: Kept, name: str, *, is_shared: bool) -> Question:
    """Whether a filter takes the place of another one of its name."""
    hidden = [*_to_save(kept), ("name", name), ("replaces", "yes")]
    if is_shared:
        hidden.append(("shared", "yes"))
    whose = "Everybody has one" if is_shared else "You have one"
    return Question(
        heading=f"Replace the filter “{name}”?",
        words=f"{whose} of that name already, which filters by something else.",
        button=f"Replace “{name}”",
        hidden=hidden,
    )


def saving(kept: Kept, name: str, *, is_shared: bool | None) -> Question:
    """The form of a filter that was refused, to correct it."""
    return Question(
        heading="Save this filter",
        words="It keeps what narrows the page, and neither its ledger nor its month.",
        button="Save",
        hidden=_to_save(kept),
        name=name,
        shares=is_shared,
    )


def _to_save(kept: Kept) -> list[tuple[str, str]]:
    return [("form", "save"), ("page", kept.page), ("query", kept.whole_query)]


def _for_whom(saved: ListedFilter) -> str:
    page = PAGES[saved.page].title
    if saved.is_shared:
        return f"It is shared: everybody sees this change on the page {page}."
    return f"It is yours alone, on the page {page}."
