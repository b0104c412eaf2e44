"""Pages of JSON as Xero's API returns them, as rows of their kind. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from daybook.errors import Problem, ProblemCode, Rejected
from daybook.gl.kinds import FORMS, Column, Form, Kind, Type
from daybook.gl.xero.values import Unreadable, at_path, moment_of, text_of

PROBLEMS_MAX = 100
"""How many problems of a page are told."""
MADE_AT = "DateTimeUTC"

Row: TypeAlias = tuple[str, ...]
"""A row in the order of its kind's columns; blank where there is nothing."""


class Page(NamedTuple):
    """A page's documents as rows; `made_at` is when Xero made it, if it says so."""

    kind: Kind
    rows: Sequence[Row]
    made_at: datetime | None


def read_page(content: bytes, kind: Kind | None = None) -> Page:
    """A page's rows; the kind is that of its root, and must be the one that is given.

    No number becomes a float. Raises Rejected with all problems, up to `PROBLEMS_MAX`.
    """
    page = _object(content)
    found = _kind(page)
    if kind not in {None, found}:
        expected = FORMS[kind].root if kind else ""
        message = f"this is a page of {FORMS[found].root}, and not of {expected}"
        raise _rejected(message)
    form = FORMS[found]
    documents = page[form.root]
    # A single budget comes as an object of its own.
    documents = [documents] if isinstance(documents, Mapping) else documents
    problems: list[Problem] = []
    rows = [
        row
        for position, document in enumerate(documents)
        for row in _Document(form, position, document, problems).rows()
    ]
    problems = problems or [*_repeated(form, documents)]
    if problems:
        raise Rejected(problems[:PROBLEMS_MAX])
    return Page(found, rows, _made_at(page))


def _repeated(form: Form, documents: Sequence[Any]) -> Iterator[Problem]:
    """Documents whose ID an earlier one of the page has: their lines would be mixed."""
    first_positions: dict[str, int] = {}
    for position, document in enumerate(documents):
        id_ = document.get(form.id.field) if isinstance(document, Mapping) else None
        if not isinstance(id_, str) or not id_:
            continue
        first = first_positions.setdefault(id_, position)
        if first != position:
            message = (
                f"{form.name} {id_} is on the page twice, at positions {first + 1} and"
                f" {position + 1}"
            )
            path = (form.root, str(position), form.id.field)
            yield Problem(ProblemCode.DUPLICATE, message, path)


def _made_at(page: Mapping[str, Any]) -> datetime | None:
    """When Xero made a page; raises Rejected if that can't be read."""
    text = page.get(MADE_AT)
    if not text:
        return None
    try:
        return moment_of(str(text))
    except Unreadable as unreadable:
        raise _rejected(f"{MADE_AT}: {unreadable}") from None


def page_kind(content: bytes) -> Kind:
    """The kind of a page; raises Rejected for what isn't one."""
    return _kind(_object(content))


def _kind(page: Mapping[str, Any]) -> Kind:
    found = kind_of(page)
    if found is None:
        roots = ", ".join(form.root for form in FORMS.values())
        raise _rejected(f"this isn't a page of Xero's API: it has none of {roots}")
    return found


def kind_of(page: Mapping[str, Any]) -> Kind | None:
    """The kind whose root a page has."""
    for kind, form in FORMS.items():
        if isinstance(page.get(form.root), list | Mapping):
            return kind
    return None


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        page = json.loads(content, parse_float=str, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise _rejected("this isn't JSON: it isn't UTF-8") from None
    except (json.JSONDecodeError, RecursionError) as error:
        where = f": {error}" if isinstance(error, json.JSONDecodeError) else ""
        raise _rejected(f"this isn't JSON{where}") from None
    except ValueError as error:
        raise _rejected(f"this isn't JSON: {error}") from None
    if not isinstance(page, Mapping):
        raise _rejected("this isn't a page of Xero's API: it isn't an object")
    return page


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _rejected(message: str) -> Rejected:
    return Rejected([Problem(ProblemCode.UNREADABLE, message)])


class _Document:
    """One document of a page; what is wrong with it goes to `problems`."""

    def __init__(
        self, form: Form, position: int, document: Any, problems: list[Problem]
    ) -> None:
        self._form = form
        self._document = document
        self._path = (form.root, str(position))
        self._problems = problems

    def rows(self) -> Iterator[Row]:
        """A row for each of its lines; one if it has none and needs none."""
        if not isinstance(self._document, Mapping):
            self._add(ProblemCode.UNREADABLE, "is not an object", self._path)
            return
        count = 0
        for holders, positions in self._lines((self._document,), (), self._path):
            count += 1
            yield tuple(
                self._text(column, holders, positions) for column in self._form.columns
            )
        if not count:
            if self._form.needs_lines:
                self._add(ProblemCode.MISSING, "has no lines", self._path)
            alone = (self._document,)
            yield tuple(self._text(column, alone, ()) for column in self._form.columns)

    def _lines(
        self,
        holders: tuple[Mapping[str, Any], ...],
        positions: tuple[int, ...],
        path: tuple[str, ...],
    ) -> Iterator[tuple[tuple[Mapping[str, Any], ...], tuple[int, ...]]]:
        """The objects from the document down to each innermost line."""
        level = len(holders) - 1
        if level == len(self._form.levels):
            yield holders, positions
            return
        name = self._form.levels[level]
        lines = holders[-1].get(name) or []
        if not isinstance(lines, list):
            self._add(ProblemCode.UNREADABLE, f"{name} is not a list", (*path, name))
            return
        for position, line in enumerate(lines):
            line_path = (*path, name, str(position))
            if isinstance(line, Mapping):
                yield from self._lines(
                    (*holders, line), (*positions, position), line_path
                )
            else:
                self._add(ProblemCode.UNREADABLE, "is not an object", line_path)

    def _text(
        self,
        column: Column,
        holders: Sequence[Mapping[str, Any]],
        positions: Sequence[int],
    ) -> str:
        """A column's text; blank for a level that this row hasn't."""
        if column.level >= len(holders):
            return "[]" if column.type is Type.LIST else ""
        if column.type is Type.POSITION:
            return str(positions[column.level - 1])
        try:
            text = text_of(at_path(holders[column.level], column.field), column)
        except Unreadable as unreadable:
            message = f"{column.field} {unreadable}"
            code = ProblemCode.INVALID_VALUE
            self._add(code, message, self._path_of(column, positions))
            return ""
        if not text and column.is_required:
            message = f"{column.field} is missing"
            self._add(ProblemCode.MISSING, message, self._path_of(column, positions))
        return text

    def _path_of(self, column: Column, positions: Sequence[int]) -> tuple[str, ...]:
        lines = [
            part
            for name, position in zip(
                self._form.levels[: column.level],
                positions[: column.level],
                strict=True,
            )
            for part in (name, str(position))
        ]
        return (*self._path, *lines, *column.field.split("."))

    def _add(self, code: ProblemCode, message: str, path: tuple[str, ...]) -> None:
        name = f"{self._form.name} {self._named()}"
        self._problems.append(Problem(code, f"{name}: {message}", path))

    def _named(self) -> str:
        """The document as people know it: its number and ID, else its position."""
        if isinstance(self._document, Mapping):
            names = ("number", "name", self._form.id.name)
            fields = {column.name: column.field for column in self._form.columns}
            found = [
                str(value)
                for name in names
                if name in fields
                and isinstance(value := self._document.get(fields[name]), str | int)
            ]
            if len(found) > 1:
                return f"{found[0]} ({found[-1]})"
            if found:
                return found[0]
        return f"at position {int(self._path[1]) + 1}"
