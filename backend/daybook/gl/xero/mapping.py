"""Mapping files: which columns of a program's CSV files are which fields of Xero's.

A mapping is TOML. Each kind names its files, the columns that join them, and for each
field the column it comes from; a field whose column has its header needs no entry.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from daybook.errors import Problem, ProblemCode, Rejected, did_you_mean
from daybook.gl.kinds import FORMS, Kind, Type

HEADER, LINES, TRACKING = "header", "lines", "tracking"
PARTS = (HEADER, LINES, TRACKING)


@dataclass(frozen=True, slots=True)
class KindMapping:
    """One kind's files, by their parts' names, and where its columns come from.

    `join` is the column that the parts share, `line` that which lines and their
    tracking share. `columns` are columns of files by the names of ours; `ignored` are
    columns of files that mean nothing.
    """

    files: Mapping[str, str]
    join: str
    line: str
    columns: Mapping[str, str]
    tracking: Mapping[str, str]


def read_mapping(text: str) -> Mapping[Kind, KindMapping]:
    """A mapping file's kinds; raises Rejected with all problems."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also a number of too many digits
        problem = Problem(ProblemCode.UNREADABLE, f"the mapping isn't TOML: {error}")
        raise Rejected([problem]) from None
    problems: list[Problem] = []
    kinds = {kind.name.lower(): kind for kind in Kind}
    found = {}
    for name, table in document.items():
        kind = kinds.get(name)
        if kind is None:
            words = did_you_mean(name, kinds)
            _add(problems, f"{name!r} is no kind of input{words}", name)
        elif not isinstance(table, dict):
            _add(problems, f"{name} is not a table", name)
        else:
            found[kind] = _Reading(kind, table, problems).mapping()
    if problems:
        raise Rejected(problems)
    return found


class _Reading:
    """Reads one kind's table."""

    def __init__(
        self, kind: Kind, table: Mapping[str, Any], problems: list[Problem]
    ) -> None:
        self._kind = kind
        self._name = kind.name.lower()
        self._table = table
        self._problems = problems

    def mapping(self) -> KindMapping:
        """What it says; what is wrong goes to the problems."""
        known = ("files", "join", "line", "columns", TRACKING)
        for name in self._table:
            self._check(name, known, "setting")
        files = self._texts("files")
        for part in files:
            self._check(part, PARTS, "part", "files")
        if HEADER not in files:
            message = f"{self._name}.files names no {HEADER} file"
            _add(self._problems, message, self._name, "files")
        fields = {header: name for name, header in plain(self._kind).items()}
        columns = {}
        for field, column in self._texts("columns").items():
            self._check(field, fields, "field", "columns")
            columns[fields.get(field, field)] = column
        join = self._text("join")
        if len(files) > 1 and not join:
            message = f"{self._name} has several files, and no column to join them"
            _add(self._problems, message, self._name, "join")
        tracking = self._texts(TRACKING)
        if TRACKING in files:
            for needed in ("category_id", "option"):
                if needed not in tracking:
                    message = f"{self._name}.tracking names no column of the {needed}"
                    _add(self._problems, message, self._name, TRACKING)
        return KindMapping(files, join, self._text("line"), columns, tracking)

    def _texts(self, name: str) -> dict[str, str]:
        table = self._table.get(name, {})
        is_right = isinstance(table, dict) and all(
            isinstance(value, str) for value in table.values()
        )
        if not is_right:
            message = f"{self._name}.{name} is not a table of texts"
            _add(self._problems, message, self._name, name)
            return {}
        return dict(table)

    def _text(self, name: str) -> str:
        value = self._table.get(name, "")
        if not isinstance(value, str):
            message = f"{self._name}.{name} is not a text"
            _add(self._problems, message, self._name, name)
            return ""
        return value

    def _check(self, name: str, known: Any, what: str, *path: str) -> None:
        if name not in known:
            words = did_you_mean(name, known)
            message = f"{self._name} has no {what} {name!r}{words}"
            _add(self._problems, message, self._name, *path, name)


def _add(problems: list[Problem], message: str, *path: str) -> None:
    problems.append(Problem(ProblemCode.INVALID_VALUE, message, path))


def plain(kind: Kind) -> Mapping[str, str]:
    """The columns of a CSV file with Xero's own fields: headers by our names."""
    return {
        column.name: column.header
        for column in FORMS[kind].columns
        if column.type is not Type.POSITION
    }
