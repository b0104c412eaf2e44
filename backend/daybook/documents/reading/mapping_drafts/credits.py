"""Credit notes of a sheet: which rows they are, their signs, what they credit."""

from collections import defaultdict

from daybook.documents.reading.everyday_words import meant_by
from daybook.documents.reading.mapping_drafts.column_names import recognized
from daybook.documents.reading.mapping_drafts.draft import (
    Draft,
    Entry,
    quoted_toml,
    some,
)
from daybook.documents.reading.mapping_drafts.words import (
    TYPES,
    draft_type,
    meanings,
)

_NUMBER_LENGTH_MIN = 3
"""Shorter cells may be quantities that are numbers of invoices by chance."""
_NEGATIVE = '[{ field = "amount", is = "negative" }]'


def draft_credits(draft: Draft, signs: list[int]) -> list[bool]:
    """Add type and credit notes; returns which rows are of credit notes."""
    known = meanings(draft, "type", TYPES)
    if draft_type(draft):
        are_credits = [known.get(text) == "credit_note" for text in draft.cells("type")]
        _draft_signs(draft, signs, are_credits)
    else:
        are_credits = _draft_by_sign(draft, signs)
    _find_links(draft, are_credits)
    if "invoice_id" in draft.fields:
        _draft_links(draft, are_credits)
    return are_credits


def _draft_signs(draft: Draft, signs: list[int], are_credits: list[bool]) -> None:
    """Say whether the amounts of credit notes are negative, as rows of a type tell."""
    found = {
        sign for sign, is_credit in zip(signs, are_credits, strict=True) if is_credit
    } - {0}
    unknown = {
        sign
        for sign, text in zip(signs, draft.cells("type"), strict=True)
        if text and meant_by(text, TYPES) is None
    }
    if not found and -1 in unknown:
        comment = "rows of an open type have negative amounts: are they credit notes?"
        draft.add("credit_note", Entry("negate", "true", comment, is_open=True))
    elif found == {-1}:
        comment = "their amounts are negative in the file"
        draft.add("credit_note", Entry("negate", "true", comment))
    elif len(found) > 1:
        comment = "credit notes have negative and positive amounts: which is right?"
        draft.add("credit_note", Entry("negate", "true", comment, is_open=True))


def _draft_by_sign(draft: Draft, signs: list[int]) -> list[bool]:
    """Take documents with negative amounts alone as credit notes."""
    by_document: dict[str, set[int]] = defaultdict(set)
    ids = draft.cells("id")
    for id_, sign in zip(ids, signs, strict=True):
        by_document[id_].add(sign)
    negative = {id_ for id_, found in by_document.items() if found <= {-1, 0}}
    negative = {id_ for id_ in negative if -1 in by_document[id_]}
    mixed = [id_ for id_, found in by_document.items() if {1, -1} <= found]
    if negative and not mixed:
        comment = f"documents with negative amounts alone: {some(sorted(negative))}"
        draft.add("credit_note", Entry("when", _NEGATIVE, comment))
        draft.add("credit_note", Entry("negate", "true"))
        return [id_ in negative for id_ in ids]
    draft.add("defaults", Entry("type", '"invoice"'))
    if negative:
        comment = (
            f"are {some(sorted(negative))} credit notes? {some(mixed)} have negative"
            " lines among others; for this, take the type out of [defaults]"
        )
        draft.add("credit_note", Entry("when", _NEGATIVE, comment, is_open=True))
    return [False] * len(ids)


def _find_links(draft: Draft, are_credits: list[bool]) -> None:
    """Take a column by its cells if none is named as one of credited invoices.

    Only credit notes have cells in it, and each is the number of an invoice.
    """
    if "invoice_id" in draft.fields or "id" not in draft.fields:
        return
    invoices = {
        id_
        for id_, is_credit in zip(draft.cells("id"), are_credits, strict=True)
        if not is_credit
    }
    found = []
    for column in draft.free_columns:
        cells = draft.sample.cells(column)
        filled = {
            (text, is_credit)
            for text, is_credit in zip(cells, are_credits, strict=True)
            if text
        }
        if filled and all(
            is_credit and text in invoices and len(text) >= _NUMBER_LENGTH_MIN
            for text, is_credit in filled
        ):
            found.append(column)
    if len(found) == 1:
        draft.fields["invoice_id"] = found[0]


def _draft_links(draft: Draft, are_credits: list[bool]) -> None:
    """Say what credit notes credit: an invoice, and which line of it."""
    column = draft.fields["invoice_id"]
    is_by_name = "invoice_id" in recognized(draft.sample.header)
    comment = "" if is_by_name else "its cells are numbers of invoices"
    draft.add("columns", Entry("invoice_id", quoted_toml(column), comment))
    ids, links = draft.cells("id"), draft.cells("invoice_id")
    rows: dict[str, int] = defaultdict(int)
    for id_, is_credit in zip(ids, are_credits, strict=True):
        rows[id_] += not is_credit
    named = {
        link
        for link, is_credit in zip(links, are_credits, strict=True)
        if is_credit and link
    }
    if not named:
        return
    absent = sorted(link for link in named if not rows[link])
    if absent:
        draft.notes.append(f"Credited, but not an invoice here: {some(absent)}.")
    if "invoice_line_id" in draft.fields:
        line_column = quoted_toml(draft.fields["invoice_line_id"])
        draft.add("columns", Entry("invoice_line_id", line_column))
    else:
        several = sorted(link for link in named if rows[link] > 1)
        comment = "each invoice that is credited has one line"
        doubts = []
        if several:
            doubts.append(f"{some(several)} has several lines")
        if absent:
            doubts.append(
                f"{some(absent)} is not in this file: check that it has one line"
            )
        if doubts:
            comment = (
                f"{'; '.join(doubts)}. This says the first line is always credited;"
                " otherwise, add a column with the line, as invoice_line_id"
            )
        is_open = bool(doubts)
        draft.add("credit_note", Entry("invoice_line_id", '"1"', comment, is_open))
    comment = "product and dates are those of the line that is credited"
    draft.add("credit_note", Entry("drop_terms", "true", comment))
