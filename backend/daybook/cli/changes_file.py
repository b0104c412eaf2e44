"""The CSV file of the documents that an import changed (`--changes`)."""

from pathlib import Path
from typing import NamedTuple

from daybook.cli.tables_of_imports import ImportTable
from daybook.documents.results import ChangedDocument
from daybook.sheets.columns import Money, Sheet, money, text


class Changed(NamedTuple):
    """A changed document, and the file that changed it."""

    document: ChangedDocument
    file: str


def _before(changed: Changed) -> Money:
    return Money(changed.document.before, changed.document.currency)


def _after(changed: Changed) -> Money | None:
    after = changed.document.after
    return None if after is None else Money(after, changed.document.currency)


_CHANGES: Sheet[Changed] = Sheet(
    "changes",
    "Changes",
    (
        text("change", "Change", lambda changed: changed.document.done.upper()),
        text("kind", "Kind", lambda changed: changed.document.kind.name),
        text("id", "Id", lambda changed: changed.document.id),
        text("number", "Number", lambda changed: changed.document.number),
        text("currency", "Currency", lambda changed: changed.document.currency),
        money("total_before", "Total before", _before),
        money("total_after", "Total after", _after),
        text("file", "File", lambda changed: changed.file),
    ),
)


def changes_file(path: Path | None) -> ImportTable[Changed]:
    """The table at a path."""
    return ImportTable("--changes", _CHANGES, path)
