"""JSON Lines: one document a line."""

import json
from collections.abc import Iterable, Iterator

from daybook.documents.reading.json_wording import (
    ends_too_early,
    kind_of,
    syntax_words,
)
from daybook.documents.reading.problems import Problems, Unreadable
from daybook.errors import ProblemCode


def objects_of(
    lines: Iterable[str], problems: Problems, first_line: int = 1
) -> Iterator[tuple[int, dict[str, object]]]:
    """The objects of a file with their line numbers; blank lines are skipped.

    A line that isn't an object is added to the problems, and reading goes on. Raises
    `Unreadable` where that is pointless: the file is one list, or its first document
    spans several lines.
    """
    is_cut = False
    for number, text in enumerate(lines, start=first_line):
        if text.isspace():
            continue
        if number == first_line and text.lstrip().startswith("["):
            message = "the file is one list; write each document on a line of its own"
            raise Unreadable(f"{message}, without [ and ]", number)
        if is_cut and not text.lstrip().startswith("{"):
            message = f"the document of line {first_line} goes on here"
            raise Unreadable(f"{message}; write each document on one line", number)
        try:
            value = _object_of(text)
        except _NotADocument as reason:
            problems.add(reason.code, str(reason), line=number)
            is_cut = reason.is_cut and number == first_line
        else:
            is_cut = False
            yield number, value


class _NotADocument(Exception):
    """Why a line is not a document; with `is_cut`, it ends before the document does."""

    def __init__(
        self,
        message: str,
        code: ProblemCode = ProblemCode.UNREADABLE,
        *,
        is_cut: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.is_cut = is_cut


def _object_of(text: str) -> dict[str, object]:
    """The object that a line is; raises `_NotADocument`."""
    try:
        value = _decode(text)
    except json.JSONDecodeError as error:
        is_cut = ends_too_early(error)
        raise _NotADocument(syntax_words(error), is_cut=is_cut) from None
    except _Repeated as repeated:
        message = f"an object has the field {repeated} twice; give it once"
        raise _NotADocument(message, ProblemCode.DUPLICATE) from None
    except RecursionError:
        message = "not a document: brackets are nested too deeply"
        raise _NotADocument(message) from None
    except ValueError:
        message = "a number is too long, or is NaN or Infinity; write amounts in"
        raise _NotADocument(f'{message} quotes, like "1234.50"') from None
    if not isinstance(value, dict):
        message = f"a line must be one object {{…}}, not {kind_of(value)}"
        raise _NotADocument(message)
    return value


class _Repeated(ValueError):
    """A field that occurs twice in an object, so that its value is ambiguous."""


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _Repeated(name[:100])
            seen.add(name)
    return value


def _constant(name: str) -> object:
    raise ValueError(name)


_decode = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant).decode
