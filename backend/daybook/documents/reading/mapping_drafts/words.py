"""Columns of words that stand for the format's values: types, statuses, methods."""

from enum import Enum

from daybook.documents.reading.everyday_words import meant_by
from daybook.documents.reading.json_fields import Status
from daybook.documents.reading.mapping_drafts.draft import (
    Draft,
    Entry,
    quoted_toml,
    some,
)
from daybook.folding import folded
from daybook.recognition.rules import Method

TYPES = ("invoice", "credit_note")
_ALSO = {
    "type": {"Invoice": "invoice", "Credit note": "credit_note"},
    "status": {"Paid": "FINAL", "Draft": "DRAFT", "Void": "VOIDED"},
}
"""Words that the next sheet may have, if this one has not."""
_DIFFERENT_MAX = 30
"""A column with more different words has other words than those of a field."""


def meanings(draft: Draft, name: str, choices: tuple[str, ...]) -> dict[str, str]:
    """What the words of a field's column mean, as far as that is known."""
    return {
        text: meant
        for text in draft.texts(name)
        if (meant := meant_by(text, choices)) is not None
    }


def draft_status(draft: Draft) -> None:
    """Add the status: of a column, or final."""
    if not _draft_words(draft, "status", _names(Status)):
        comment = "no column says which rows are drafts or void"
        draft.add("defaults", Entry("status", '"FINAL"', comment))


def draft_method(draft: Draft) -> None:
    """Add the column that says how revenue is recognized, if there is one."""
    _draft_words(draft, "method", _names(Method))


def draft_type(draft: Draft) -> bool:
    """Add the column of the type; returns whether there is one."""
    return _draft_words(draft, "type", TYPES)


def _draft_words(draft: Draft, name: str, choices: tuple[str, ...]) -> bool:
    """Add a column with what its words mean; False if it has other words."""
    column = draft.fields.get(name)
    texts = draft.texts(name)
    known = meanings(draft, name, choices)
    if column is None or not known or len(texts) > _DIFFERENT_MAX:
        draft.fields.pop(name, None)
        return False
    if texts == list(known.values()):
        draft.add("columns", Entry(name, quoted_toml(column)))
        return True
    draft.add(f"columns.{name}", Entry("column", quoted_toml(column)))
    table = f"columns.{name}.values"
    for text, meant in known.items():
        draft.add(table, Entry(quoted_toml(text), quoted_toml(meant)))
    said = {folded(text) for text in texts}
    for text, meant in _ALSO.get(name, {}).items():
        if folded(text) not in said:
            comment = "not in this file"
            draft.add(table, Entry(quoted_toml(text), quoted_toml(meant), comment))
    unknown = [text for text in texts if text not in known]
    for text in unknown:
        comment = f"what is {some([text])}? One of {', '.join(choices)}"
        draft.add(table, Entry(quoted_toml(text), '"…"', comment, is_open=True))
    return True


def _names(kind: type[Enum]) -> tuple[str, ...]:
    return tuple(kind.__members__)
