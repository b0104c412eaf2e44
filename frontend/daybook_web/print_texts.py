"""Prints the English texts of pages as a catalogue for translators (gettext's POT).

    python -m daybook_web.print_texts > texts.pot

A text of a template is what stands between two tags, or in an attribute that is read;
`{…}` are values in it. Of Python it is each literal with words in the pages' modules.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from daybook_web.kit.rendering import make_environment

FOLDER = Path(__file__).parent
READ_ATTRIBUTES = {"alt", "aria-label", "data-label", "label", "placeholder", "title"}
NOT_SHOWN = {"script", "style", "code"}
_LETTERS = re.compile(r"[A-Za-z]{2}")
_VALUE = re.compile(r"\{[^{}]*\}")
_WORDS = re.compile(
    r"[A-Z][a-z]+[.:…]?|.*(?:[a-z]+[,:;]? [\w{(“]|[}”] [a-z]+).*", re.DOTALL
)
"""A word with a capital, or several: no field's name, and no part of an address."""


class Text(NamedTuple):
    """A text, and the file and line where it stands."""

    words: str
    path: str
    line: int


def texts() -> Iterator[Text]:
    """All texts, by file."""
    for path in sorted(FOLDER.rglob("*")):
        name = path.relative_to(FOLDER).as_posix()
        if path.suffix == ".html":
            yield from texts_of_template(path.read_text(), name)
        elif path.suffix == ".py":
            yield from texts_of_python(path.read_text(), name)


def texts_of_template(source: str, path: str) -> Iterator[Text]:
    """The texts of a template, in its order."""
    reader = _Reader(path)
    reader.feed(_html_of(source))
    reader.close()
    yield from reader.found


def _html_of(source: str) -> str:
    """A template as HTML: `{name}` for a value, a comment for a statement."""
    pieces, value = list[str](), list[str]()
    of_value = False
    for _line, kind, text in make_environment().lex(source):
        if kind == "variable_begin":
            of_value, value = True, []
        elif kind == "variable_end":
            of_value = False
            name = " ".join("".join(value).split())
            pieces.append(f"{{{name}}}".replace('"', "'"))
        elif of_value:
            value.append(text)
        elif kind == "data":
            pieces.append(text)
        else:  # of a statement or a comment only the lines count
            pieces.append("\n" * text.count("\n"))
            pieces.append(BREAK if kind == "block_end" else "")
    return "".join(pieces)


BREAK = "\x00"
"""Stands where a statement was: texts on its two sides are two."""


class _Reader(HTMLParser):
    """Finds the texts in HTML."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.found: list[Text] = []
        self._path = path
        self._hidden = 0

    def handle_starttag(
        self, tag: str, attrs: Sequence[tuple[str, str | None]]
    ) -> None:
        self._hidden += tag in NOT_SHOWN
        for name, value in attrs:
            if name in READ_ATTRIBUTES:
                self._add(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in NOT_SHOWN

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._add(data)

    def _add(self, data: str) -> None:
        for piece in data.split(BREAK):
            words = " ".join(piece.split())
            if _LETTERS.search(_VALUE.sub("", words)):
                self.found.append(Text(words, self._path, self.getpos()[0]))


def texts_of_python(source: str, path: str) -> Iterator[Text]:
    """The literals with words of a module, but for what only programmers read."""
    tree = ast.parse(source)
    passed = set[ast.AST]()
    for node in ast.walk(tree):
        if node in passed:
            continue
        if _is_for_programmers(node):
            passed |= set(ast.walk(node))
        elif isinstance(node, (ast.Constant, ast.JoinedStr)):
            words = _words_of(node)
            passed |= set(ast.walk(node))  # a part of a text is none of its own
            if _WORDS.fullmatch(_VALUE.sub("{}", words)):
                yield Text(words, path, node.lineno)


def _is_for_programmers(node: ast.AST) -> bool:
    is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_docstring or isinstance(node, ast.Assert)


def _words_of(node: ast.Constant | ast.JoinedStr) -> str:
    """A literal's text, with `{…}` for values."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return "".join(
        f"{{{ast.unparse(part.value)}}}"
        if isinstance(part, ast.FormattedValue)
        else _words_of(part)
        for part in node.values
        if isinstance(part, (ast.Constant, ast.FormattedValue))
    )


def catalogue(found: Iterable[Text]) -> str:
    """The texts as POT, each once, with all its places."""
    places = defaultdict[str, list[str]](list)
    for text in found:
        places[text.words].append(f"{text.path}:{text.line}")
    return "\n".join([HEADER, *_entries(places)])


HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'


def _entries(places: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for words, its in places.items():
        quoted = words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        yield f'#: {" ".join(its)}\nmsgid "{quoted}"\nmsgstr ""\n'


if __name__ == "__main__":
    sys.stdout.write(catalogue(texts()))
