"""Drafts a mapping for a sheet, table by table."""

from dataclasses import replace

from daybook.documents.reading.csv_fields import HEAD_FIELDS, LINE_FIELDS
from daybook.documents.reading.everyday_words import is_total
from daybook.documents.reading.mapping_drafts.amounts import draft_amounts
from daybook.documents.reading.mapping_drafts.column_names import recognized
from daybook.documents.reading.mapping_drafts.credits import draft_credits
from daybook.documents.reading.mapping_drafts.currencies import find_currency
from daybook.documents.reading.mapping_drafts.dates import draft_dates
from daybook.documents.reading.mapping_drafts.draft import Draft, Entry, quoted_toml
from daybook.documents.reading.mapping_drafts.parties import (
    draft_customers,
    draft_products,
    draft_undated_products,
)
from daybook.documents.reading.mapping_drafts.samples import Sample
from daybook.documents.reading.mapping_drafts.words import draft_method, draft_status

_TABLES = ("columns", "defaults", "numbers", "amount", "credit_note", "leave_out")
_AS_THEY_ARE = ("number", "line.id", "description", "discount")
"""Fields whose cells are taken as they stand."""


def draft_of(sample: Sample) -> Draft:
    """What a mapping for a sheet would say."""
    fields = recognized(sample.header)
    draft = Draft(_without_totals(sample, fields), fields)
    find_currency(draft)
    _draft_id(draft, sample)
    draft_status(draft)
    draft_customers(draft)
    draft_dates(draft)
    draft_products(draft)
    for name in _AS_THEY_ARE:
        if name in draft.fields:
            draft.add("columns", Entry(name, quoted_toml(draft.fields[name])))
    signs = draft_amounts(draft)
    are_credits = draft_credits(draft, signs)
    draft_method(draft)
    draft_undated_products(draft, are_credits)
    if "issued_on" not in draft.fields:
        comment = "which column has the date of the document?"
        draft.add("columns", Entry("issued_on", '"…"', comment, is_open=True))
    _put_in_order(draft)
    _ignore_the_others(draft)
    return draft


def _without_totals(sample: Sample, fields: dict[str, str]) -> Sample:
    """The rows with a document's number: others are mostly totals.

    A word such as `Total` in the number's column is none, if the row has no date.
    """
    column = fields.get("id")
    if column is None or not any(sample.cells(column)):
        return sample
    dates = [""] * len(sample.rows)
    if "issued_on" in fields:
        dates = sample.cells(fields["issued_on"])
    rows = zip(sample.cells(column), dates, strict=True)
    kept = [
        at
        for at, (number, day) in enumerate(rows)
        if number and (day or not is_total(number))
    ]
    if not kept:
        return sample
    return replace(
        sample,
        rows=tuple(sample.rows[at] for at in kept),
        lines=tuple(sample.lines[at] for at in kept),
    )


def _draft_id(draft: Draft, sample: Sample) -> None:
    column = draft.fields.get("id")
    if column is None:
        comment = "which column has the number of the document?"
        draft.add("columns", Entry("id", '"…"', comment, is_open=True))
        return
    ids = draft.cells("id")
    comment = "each row is a document"
    if len(set(ids)) < len(ids):
        comment = "rows with the same one are lines of one document"
    draft.add("columns", Entry("id", quoted_toml(column), comment))
    kept = {*draft.sample.lines}
    without: dict[str, list[int]] = {}
    for line, number in zip(sample.lines, sample.cells(column), strict=True):
        if line not in kept:
            without.setdefault(number, []).append(line)
    findings, rules = [], []
    for number, its in without.items():
        test = f"equals = {quoted_toml(number)}" if number else 'is = "empty"'
        what = f"{number[:40]!r} in place of a number" if number else "without a number"
        findings.append(f"{what} on {draft.on_lines(its, what)}")
        reason = quoted_toml(number or "no number")
        rules.append(f'{reason}\nwhen = [{{ field = "id", {test} }}]')
    if rules:
        comment = f"{', '.join(findings)}: a total? Then leave it out"
        value = "\n[[leave_out]]\nreason = ".join(rules)
        draft.add("[leave_out]", Entry("reason", value, comment, is_open=True))


def _put_in_order(draft: Draft) -> None:
    """Order fields as the format does, and tables so that TOML takes them."""
    order = {name: at for at, name in enumerate((*HEAD_FIELDS, *LINE_FIELDS))}
    for table in ("columns", "defaults"):
        if table in draft.tables:
            draft.tables[table].sort(key=lambda entry: order[entry.key])
    rank = {table: at for at, table in enumerate(_TABLES)}
    draft.tables = dict(
        sorted(
            draft.tables.items(),
            key=lambda item: rank.get(item[0].strip("[]").partition(".")[0], 9),
        )
    )


def _ignore_the_others(draft: Draft) -> None:
    """List the columns that nothing names, and those of open entries."""
    used = {
        draft.fields[name]
        for name in draft.fields
        if name in (*HEAD_FIELDS, *LINE_FIELDS)
    }
    used |= {
        draft.fields[name]
        for name in ("quantity", "unit price")
        if "amount" in draft.tables and name in draft.fields
    }
    header = dict.fromkeys(name for name in draft.sample.header if name)
    draft.ignored = [name for name in header if name not in used]
