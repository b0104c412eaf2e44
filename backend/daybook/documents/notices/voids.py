"""Notices about documents that are void here and in force where they come from. Pure.

A document that was voided in Daybook and is sent again as it was is unchanged, so its
sender would never learn that revenue was taken back.
"""

from collections.abc import Iterable, Mapping

from daybook.documents.named_documents import kind_words
from daybook.documents.queries import KnownDocument
from daybook.documents.rules import Document, DocumentStatus
from daybook.errors import Notice, NoticeCode
from daybook.ledger.rules import SourceKind


def void_here(
    unchanged: Iterable[Document],
    known: Mapping[tuple[SourceKind, str], KnownDocument],
) -> list[Notice]:
    """A notice for each unchanged document that is void, but wasn't sent as void."""
    return [
        _notice(document)
        for document in unchanged
        if document.status is not DocumentStatus.VOIDED
        and document.key in known
        and known[document.key].is_void
    ]


def _notice(document: Document) -> Notice:
    message = (
        f"{kind_words(document.kind)} {document.id!r} is void here and FINAL in the"
        " file, and stays void; void it where it comes from too, or send it under"
        " another id if it was voided by mistake"
    )
    return Notice(
        *(NoticeCode.VOID_HERE, message, ("status",), document.line, repr(document.id)),
        is_taken=False,
    )
