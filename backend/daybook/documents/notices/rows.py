"""Notices about rows of a sheet that are there twice. Pure.

A row without the id of a line is a line item of its own, so a row that was pasted twice
counts twice. The same product twice at the same price is usual, so such rows are taken.
"""

from collections.abc import Iterable

from daybook.documents.named_documents import kind_words
from daybook.documents.rules import Document, DocumentStatus
from daybook.errors import Notice, NoticeCode

_LINES_NAMED = 5
"""How many lines of a row a message names."""


def repeated_rows(documents: Iterable[Document]) -> list[Notice]:
    """A notice for each document that has the same row twice."""
    return [
        _notice(document, document.rows.repeated)
        for document in documents
        if document.status is DocumentStatus.FINAL
        and document.rows is not None
        and document.rows.repeated
    ]


def _notice(document: Document, repeated: tuple[tuple[int, ...], ...]) -> Notice:
    first, *others = repeated
    more = ""
    if others:
        word = "row" if len(others) == 1 else "rows"
        more = f" (and {len(others):,} other {word} twice)"
    message = (
        f"{kind_words(document.kind)} {document.id!r} has the same row on lines"
        f" {_in_words(first)}{more}, and each counts; if a row was pasted twice, remove"
        " it and send the file again"
    )
    code = NoticeCode.REPEATED_ROW
    return Notice(code, message, (), first[1], repr(document.id))


def _in_words(lines: tuple[int, ...]) -> str:
    named = [str(line) for line in lines]
    if len(named) > _LINES_NAMED:
        left = len(named) - _LINES_NAMED
        return f"{', '.join(named[:_LINES_NAMED])} and {left:,} more"
    return f"{', '.join(named[:-1])} and {named[-1]}"
