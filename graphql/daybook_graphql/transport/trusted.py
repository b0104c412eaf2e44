"""Trusted documents: operations that an installation knows by the hash of their text.

They are Daybook's own named operations and those of the operator's folder. A program
may send `documentId: "sha256:…"` instead of a query; an operator may allow no other
operations. Limits and permissions hold for them as for all operations.
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from graphql import GraphQLError, GraphQLSyntaxError, parse, validate

from daybook.settings import Settings
from daybook_graphql.execution.inside import core_schema
from daybook_graphql.execution.operations import (
    SUFFIX,
    InvalidOperation,
    operation_texts,
)
from daybook_graphql.execution.schema import Schema
from daybook_graphql.kit.errors import ErrorCode, failure

PREFIX = "sha256:"


class TrustedDocuments:
    """The texts that are trusted, by their ids."""

    def __init__(self, texts: Mapping[str, str], *, is_only: bool = False) -> None:
        self._texts = {document_id(text): text for text in texts.values()}
        self._is_only = is_only

    def text_of(self, id_: str) -> str:
        """The text of an id's document; raises UNKNOWN_DOCUMENT."""
        text = self._texts.get(id_)
        if text is None:
            raise _unknown(f"no document {id_[:80]!r} is known here")
        return text

    def check(self, text: str) -> None:
        """Raise UNKNOWN_DOCUMENT for a text that may not be run here."""
        if self._is_only and document_id(text) not in self._texts:
            raise _unknown("only documents that this installation trusts are run here")


def document_id(text: str) -> str:
    """A text's id."""
    return PREFIX + sha256(text.encode(errors="surrogatepass")).hexdigest()


def load_trusted(schema: Schema, settings: Settings) -> TrustedDocuments:
    """Daybook's own operations and those of the settings' folder.

    Raises InvalidOperation, naming the file, for documents that the schema refuses.
    """
    texts = operation_texts()
    for path in _files(settings.trusted_documents):
        text = path.read_text(encoding="utf-8")
        _check(schema, path, text)
        texts[str(path)] = text
    return TrustedDocuments(texts, is_only=settings.trusted_only)


def _files(folder: Path | None) -> list[Path]:
    return [] if folder is None else sorted(folder.rglob(f"*{SUFFIX}"))


def _check(schema: Schema, path: Path, text: str) -> None:
    try:
        errors = validate(core_schema(schema), parse(text))
    except GraphQLSyntaxError as error:
        errors = [error]
    if errors:
        raise InvalidOperation(f"{path}: {errors[0]}")


def _unknown(message: str) -> GraphQLError:
    return failure(ErrorCode.UNKNOWN_DOCUMENT, message)
