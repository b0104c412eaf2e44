"""A file's options as texts: what the command line and addresses are given. Pure.

Each text is by its option's name: `preset`, `date_form`, `convert`, `max_rows`,
`default_account`, `opens`. Empty texts are options that were not given.
"""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from daybook.errors import Problem, ProblemCode, Rejected, did_you_mean
from daybook.exports.file_spec import FileOptions
from daybook.exports.formats.contract import Opens
from daybook.exports.mapping.forms import DateForm, Preset

ROWS_MAX = 1_000_000_000
"""More rows than any file has."""
ACCOUNT_MAX = 500
"""The longest name of an account that a system takes."""

Member = TypeVar("Member", bound=StrEnum)


def read_options(texts: Mapping[str, str]) -> FileOptions:
    """The options that texts ask for; raises Rejected with all problems.

    A problem's path is its option's name.
    """
    values: dict[str, Any] = {}
    problems = []
    for name, (field, read) in _READERS.items():
        text = texts.get(name, "").strip()
        if not text:
            continue
        try:
            values[field] = read(text)
        except ValueError as error:
            problem = Problem(ProblemCode.INVALID_VALUE, str(error), (name,))
            problems.append(problem)
    if problems:
        raise Rejected(problems)
    return FileOptions(**values)


def _member(kind: type[Member]) -> Callable[[str], Member]:
    def read(text: str) -> Member:
        # NORMAL_BALANCE is what the API calls normal-balance.
        for member in kind:
            if text.casefold() in {member.value, member.name.casefold()}:
                return member
        near = did_you_mean(text, [*kind])
        message = f"{_quoted(text)} is not one of {', '.join(kind)}{near}"
        raise ValueError(message)

    return read


def _yes_or_no(text: str) -> bool:
    if text.casefold() in {"yes", "no"}:
        return text.casefold() == "yes"
    message = f"{_quoted(text)} is neither yes nor no"
    raise ValueError(message)


def _rows(text: str) -> int:
    if re.fullmatch(r"[0-9]{1,10}", text, re.ASCII) and int(text) <= ROWS_MAX:
        return int(text)
    message = (
        f"{_quoted(text)} is not a number of rows from 2 to {ROWS_MAX:,}, or 0 for one"
        " file"
    )
    raise ValueError(message)


def _account(text: str) -> str:
    if len(text) > ACCOUNT_MAX:
        message = f"an account has up to {ACCOUNT_MAX} characters, not {len(text):,}"
        raise ValueError(message)
    return text


def _quoted(text: str) -> str:
    """A text as a message names it, cut if it is long."""
    return repr(text if len(text) <= ACCOUNT_MAX else f"{text[:ACCOUNT_MAX]}…")


_READERS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "preset": ("preset", _member(Preset)),
    "date_form": ("date_form", _member(DateForm)),
    "convert": ("converts", _yes_or_no),
    "max_rows": ("max_rows", _rows),
    "default_account": ("default_account", _account),
    "opens": ("opens", _member(Opens)),
}
"""By name, the field of `FileOptions` and what reads it."""

OPTION_NAMES = tuple(_READERS)
"""The options' names, in their order."""
