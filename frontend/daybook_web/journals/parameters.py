"""The report's parameters: their names, their texts as given, and addresses of both."""

import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from daybook.reports.journals.filters import FILTERS
from daybook.reports.journals.sorting import SortColumn

GROUPINGS = ("customer", "product", "document")
NO_GROUPING = "none"
"""A single group of all journals of a month or a day."""
YES, NO = "yes", "no"
KEPT_LENGTH = 100
"""Longer values of parameters are not kept."""
ROW = re.compile(r"[1-9][0-9]{0,6}", re.ASCII)
"""The number of a row in the list."""
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
DAYS = ("from", "to")
"""The filters that are the report's period; in an address they follow its month."""
OWN = (
    *("currency", "month", "group_by", "granularity", "sort", "columns"),
    *("after", "before", "n", "print", "figures"),
)
"""Parameters beside the filters."""
PLACE = ("after", "before", "n", "print", "figures")
"""Where a page is in the list, and how long it is: its cursor, the number of its first
row, and whether all that follow are on it, to be printed. A link elsewhere leaves slow
figures to be counted later, too."""
PRINT_ALL = "all"
NAMES = (
    *OWN[:2],
    *(declared.name for declared in FILTERS if not declared.is_many),
    *OWN[2:],
    *(declared.name for declared in FILTERS if declared.is_many),
)
"""The report's parameters, in the order of addresses."""
POSITIONS = {name: position for position, name in enumerate(NAMES)}
"""Where each stands in an address."""
BY_NUMBER = "number"
SORTS = tuple(
    f"{sign}{name}"
    for name in (BY_NUMBER, *(column.value.lower() for column in SortColumn))
    for sign in ("", "-")
)
"""What the list can be sorted by, in either direction; without any it is by number."""
OPTIONAL = ("product", "source", "unbilled", "status")
"""The columns, or lines of them, that a reader may leave out."""
NO_OPTIONAL = "none"


def read_texts(parameters: QueryParams) -> dict[str, list[str]]:
    """The values of each parameter, tidied, by its name; empty if it was not given."""
    texts = {name: _given(parameters, name) for name in NAMES}
    texts["currency"] = [text.upper() for text in texts["currency"]]
    for declared in FILTERS:
        tidy = list(dict.fromkeys(map(declared.tidy, texts[declared.name])))
        texts[declared.name] = sorted(tidy) if declared.is_many else tidy
    if not texts["group_by"]:
        texts["granularity"] = []
    if texts["group_by"] or texts["sort"] == [BY_NUMBER]:
        texts["sort"] = []  # groups are by their keys
    texts["columns"] = _tidy_columns(texts["columns"])
    return texts


def address(path: str, pairs: Sequence[tuple[str, str]]) -> str:
    """A path with parameters."""
    return f"{path}?{'&'.join(map(_parameter, pairs))}" if pairs else path


def _given(parameters: QueryParams, name: str) -> list[str]:
    """The values of a parameter, each once."""
    return list(dict.fromkeys(filter(None, map(str.strip, parameters.getlist(name)))))


def _tidy_columns(texts: Sequence[str]) -> list[str]:
    """The chosen columns in one text, in their order; a form sends one text of each."""
    names = {name for text in texts for name in text.split(",") if name}
    if names - {NO_OPTIONAL}:
        names.discard(NO_OPTIONAL)  # what the form sends where nothing is chosen
    known = [name for name in OPTIONAL if name in names]
    return [",".join([*known, *sorted(names - {*known})])] if names else []


def _parameter(pair: tuple[str, str]) -> str:
    return _kept_parameter(pair) if len(pair[1]) <= KEPT_LENGTH else urlencode([pair])


@lru_cache(maxsize=1_024)
def _kept_parameter(pair: tuple[str, str]) -> str:
    """A parameter of an address: a page has some hundred addresses of the same few."""
    return urlencode([pair])
