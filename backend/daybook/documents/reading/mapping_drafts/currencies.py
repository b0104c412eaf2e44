"""The currency of a sheet: its column, by name or by its cells, and its words."""

from collections.abc import Collection

from daybook.documents.reading.everyday_words import CURRENCY_SIGNS, nearest_currency
from daybook.documents.reading.mapping_drafts.column_names import recognized
from daybook.documents.reading.mapping_drafts.draft import (
    Draft,
    Entry,
    quoted_toml,
    some,
)
from daybook.money import currencies_in_use

_DIFFERENT_MAX = 100
"""A column with more different cells has no currencies."""


def find_currency(draft: Draft) -> None:
    """Take a column by its cells if none has a currency's name.

    All of its cells are codes of currencies or nearly so, at least one is exactly.
    """
    if "currency" in draft.fields:
        return
    found = [
        column
        for column in draft.free_columns
        if not _unlike_currencies(texts := draft.sample.texts(column))
        and any(_code_of(text) for text in texts)
    ]
    if len(found) == 1:
        draft.fields["currency"] = found[0]


def draft_currency(draft: Draft, named: Collection[str], *, has_signs: bool) -> None:
    """Add the currency: of a column, by a column's name, or open.

    `named` are the currencies in the names of columns of numbers. No default is
    suggested while a column has codes of currencies: it would hold for all rows.
    """
    if "currency" in draft.fields:
        _draft_column(draft)
        return
    columns = [
        column
        for column in draft.free_columns
        if _are_mostly_codes(draft.sample.texts(column))
    ]
    if columns:
        cells = "; ".join(
            f"{column} has {some(draft.sample.texts(column))}" for column in columns
        )
        comment = f"which column has the currency? {cells}"
        value = quoted_toml(columns[0])
        draft.add("columns", Entry("currency", value, comment, is_open=True))
    elif len(named) == 1:
        (code,) = named
        comment = "by a column's name"
        draft.add("defaults", Entry("currency", quoted_toml(code), comment))
    elif not has_signs:
        comment = "no column has the currency; which is it?"
        draft.add("defaults", Entry("currency", '"…"', comment, is_open=True))


def _are_mostly_codes(texts: list[str]) -> bool:
    codes = [text for text in texts[:_DIFFERENT_MAX] if _code_of(text)]
    return bool(codes) and 2 * len(codes) >= len(texts)


def _unlike_currencies(texts: list[str]) -> list[str]:
    """The texts that are neither codes of currencies nor nearly so."""
    if len(texts) > _DIFFERENT_MAX:
        return texts
    codes = currencies_in_use()
    return [
        text
        for text in texts
        if _code_of(text) is None and not nearest_currency(text, codes)
    ]


def _draft_column(draft: Draft) -> None:
    """Add the column, with what its words mean; near misses are a note."""
    column = quoted_toml(draft.fields["currency"])
    texts = draft.texts("currency")
    meant = {
        text: code for text in texts if (code := _code_of(text)) not in {None, text}
    }
    if meant:
        pairs = ", ".join(
            f"{quoted_toml(text)} = {quoted_toml(code or '')}"
            for text, code in meant.items()
        )
        column = f"{{ column = {column}, values = {{ {pairs} }} }}"
    is_by_name = "currency" in recognized(draft.sample.header)
    comment = "" if is_by_name else "by its cells"
    draft.add("columns", Entry("currency", column, comment))
    others = [text for text in texts if _code_of(text) is None]
    if others:
        lines = draft.lines("currency", others)
        draft.notes.append(
            f"Not codes of currencies, and so refused: {some(others)} on"
            f" {draft.on_lines(lines, 'not a currency')}."
        )


def _code_of(text: str) -> str | None:
    """The currency that a code, in any case, or a sign surely is."""
    if text.upper() in currencies_in_use():
        return text.upper()
    return CURRENCY_SIGNS.get(text)
