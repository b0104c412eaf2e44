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
_NOT_FINAL = (Status.DRAFT.name, Status.VOIDED.name)
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
    """Add the status: of a column, or final.

    It is open if a column may have it: all rows would be revenue, void ones too.
    """
    column, texts = draft.fields.get("status"), draft.texts("status")
    if _draft_words(draft, "status", _names(Status)):
        return
    comment, is_open = "no column is known to have the status: each row counts", False
    if texts:
        comment = f"{column} has {len(texts)} different words. Is it the status?"
        is_open = True
    elif column is not None:
        comment = f"{column} is always empty: each row counts"
    elif (found := _likely_status(draft)) is not None:
        comment, is_open = f"{found}: is it the status?", True
    if is_open:
        comment += " Then map it; otherwise each row counts"
    draft.add("defaults", Entry("status", '"FINAL"', comment, is_open))


def _likely_status(draft: Draft) -> str | None:
    """The first column without a status's name that has words for drafts or voids."""
    for column in draft.free_columns:
        texts = draft.sample.texts(column)
        found = [text for text in texts if meant_by(text, _NOT_FINAL) is not None]
        if found:
            return f"{column} has {some(found)}"
    return None


def draft_method(draft: Draft) -> None:
    """Add the column that says how revenue is recognized, if there is one."""
    _draft_words(draft, "method", _names(Method))


def draft_type(draft: Draft) -> bool:
    """Add the column of the type; returns whether there is one."""
    return _draft_words(draft, "type", TYPES)


def _draft_words(draft: Draft, name: str, choices: tuple[str, ...]) -> bool:
    """Add a column with what its words mean; False if there is none.

    Each word that isn't known is open, even if none is: without the column, void rows
    and credit notes would count as invoices.
    """
    column = draft.fields.get(name)
    texts = draft.texts(name)
    known = meanings(draft, name, choices)
    if column is None or not texts or len(texts) > _DIFFERENT_MAX:
        draft.fields.pop(name, None)
        if len(texts) > _DIFFERENT_MAX and name != "status":
            words = (
                f"{column} has {len(texts)} different words, and isn't read as {name}"
            )
            draft.notes.append(f"{words}.")
        return False
    if texts == list(known.values()):
        draft.add("columns", Entry(name, quoted_toml(column)))
        return True
    comment = ""
    if not known:
        default = _ALSO.get(name, {})
        comment = f"if it isn't the {name}, delete this and put it under ignore"
        if default:
            usual = quoted_toml(next(iter(default.values())))
            comment += f", with {name} = {usual} under [defaults]"
    draft.add(f"columns.{name}", Entry("column", quoted_toml(column), comment))
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
