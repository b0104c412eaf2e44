"""JSON in plain words: the kind of a value, and what makes a text invalid."""

import re
from datetime import date, time
from json import JSONDecodeError
from types import NoneType

_OPENING_QUOTES = frozenset("“”„‟«»‘’‚")  # noqa: RUF001  (they are the quotes that people type)
"""What word processors turn a quote into."""
_CLOSED = re.compile(r"([“”„‟«»])\s*[,:}\]]")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')
_CLOSING = {"{": "}", "[": "]"}

_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (NoneType, "null"),
    (bool, "true or false"),
    ((int, float), "a number"),
    (str, "text"),
    (list, "a list […]"),
    ((date, time), "a date"),
    (object, "an object {…}"),
)

_WORDS = {
    "Expecting property name": "expected a field's name in double quotes",
    "Expecting ':'": "expected a colon after the field's name",
    "Extra data": "the document has ended; write the next one on a line of its own",
    "Unterminated string": "the text that begins here has no closing quote",
    "Invalid control character": (
        "a control character in a text; write a line break as \\n, a tab as \\t"
    ),
    "Invalid \\escape": "unknown escape in a text; write a backslash as \\\\",
    "Invalid \\uXXXX": "expected four hexadecimal digits after \\u",
}
"""Our words for the messages of `json`, by the beginning of these."""


def kind_of(value: object) -> str:
    """The kind of a JSON or TOML value: `a number`."""
    return next(words for kind, words in _KINDS if isinstance(value, kind))


def ends_too_early(error: JSONDecodeError) -> bool:
    """Whether the text ends before its value does."""
    return error.doc[error.pos :].isspace() or error.pos >= len(error.doc)


def syntax_words(error: JSONDecodeError) -> str:
    """What is wrong with a line, and at which column.

    `column 17: expected a comma or }`
    """
    quote = _typographic_quote(error)
    if quote is not None:
        words = f'{error.doc[quote]} is a typographic quote; write straight ones, "…"'
        return f"column {quote + 1}: {words}"
    words = _words(error)
    if ends_too_early(error):
        is_in_text = error.msg.startswith("Invalid control")
        words = "expected a closing quote" if is_in_text else words
        words = f"the line ends too early; {words}"
    return f"column {error.pos + 1}: {words}"


def _words(error: JSONDecodeError) -> str:
    here = error.doc[error.pos : error.pos + 1]
    if error.msg.startswith("Expecting ','"):
        return f"expected a comma or {_closing(error.doc[: error.pos])}"
    is_comma_too_many = error.msg.startswith("Illegal trailing comma") or (
        here in {"}", "]"} and error.doc[: error.pos].rstrip().endswith(",")
    )
    if is_comma_too_many:
        return "a comma before a closing bracket; leave it out"
    if here == "'":
        return "texts and names are in double quotes, not in single ones"
    for start, words in _WORDS.items():
        if error.msg.startswith(start):
            return words
    return "expected a value: text in quotes, a number, true, false, null, { or ["


def _typographic_quote(error: JSONDecodeError) -> int | None:
    """The index of a typographic quote in place of a straight one, if there is one.

    One that was meant to close a text is part of it, before a comma, colon or bracket.
    """
    doc, start, end = error.doc, error.pos, len(error.doc)
    if doc[start : start + 1] in _OPENING_QUOTES:
        return start
    if error.msg.startswith("Expecting"):
        before = [match.span() for match in _TEXT.finditer(doc, 0, start)][-1:]
        start, end = before[0] if before and before[0][1] == start else (end, end)
    elif not error.msg.startswith("Unterminated"):
        return None
    found = _CLOSED.search(doc, start, end)
    return found.start() if found else None


def _closing(text: str) -> str:
    """The bracket that closes the innermost open one."""
    opened: list[str] = []
    for token in _TOKEN.findall(text):
        if token in _CLOSING:
            opened.append(_CLOSING[token])
        elif token in {"}", "]"} and opened:
            opened.pop()
    return opened[-1] if opened else "}"
