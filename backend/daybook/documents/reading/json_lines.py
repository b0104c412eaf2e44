"""JSON Lines: one document a line."""

import json
from collections.abc import Iterable, Iterator

from daybook.documents.reading.problems import Problems
from daybook.errors import ProblemCode


def objects_of(
    lines: Iterable[str], problems: Problems, first_line: int = 1
) -> Iterator[tuple[int, dict[str, object]]]:
    """The objects of a file with their line numbers; blank lines are nothing.

    What isn't an object is noted among the problems, and the next line is read.
    """
    for number, text in enumerate(lines, start=first_line):
        if text.isspace():
            continue
        try:
            value = _decode(text)
        except json.JSONDecodeError as error:
            message = f"not JSON: {error.msg} at column {error.colno}"
            problems.add(ProblemCode.UNREADABLE, message, line=number)
        except _Repeated as repeated:
            message = f"an object has the field {repeated} twice; give it once"
            problems.add(ProblemCode.DUPLICATE, message, line=number)
        except RecursionError:
            message = "not a document: brackets are nested too deeply"
            problems.add(ProblemCode.UNREADABLE, message, line=number)
        except ValueError:
            message = "not JSON: a number is too long, infinite or NaN"
            problems.add(ProblemCode.UNREADABLE, message, line=number)
        else:
            if isinstance(value, dict):
                yield number, value
            else:
                message = "each line must be one object {…}, at column 1"
                problems.add(ProblemCode.UNREADABLE, message, line=number)


class _Repeated(ValueError):
    """A field that an object names twice: which of the two is meant, nobody knows."""


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
