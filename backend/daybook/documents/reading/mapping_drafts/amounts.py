"""The amounts of a sheet: which column, in which form, in which currency."""

import re
from collections.abc import Sequence

from daybook.documents.reading.everyday_words import CURRENCY_SIGNS
from daybook.documents.reading.json_fields import decimals_or_none
from daybook.documents.reading.mapping_drafts.column_names import (
    QUANTITY,
    UNIT_PRICE,
    may_hold_tax,
    plain_name,
)
from daybook.documents.reading.mapping_drafts.currencies import draft_currency
from daybook.documents.reading.mapping_drafts.draft import (
    Draft,
    Entry,
    quoted_toml,
    some,
)
from daybook.documents.reading.number_forms import (
    PLAIN,
    NumberForm,
    are_distinct,
    forms_that_fit,
    mixed,
    possible_forms,
    together,
    unclear,
)
from daybook.money import currencies_in_use

_DECIMALS_MAX = 18
_CODE = re.compile(r"\b[A-Z]{3}\b")


def draft_amounts(draft: Draft) -> list[int]:
    """Add amount, form of numbers and currency; returns the sign of each row's amount.

    A sign is 1, 0 or -1; 0 where it isn't known. It is the same in each form that reads
    a number, so that credit notes are known before the form is.
    """
    names = ["amount"] if "amount" in draft.fields else [QUANTITY, UNIT_PRICE]
    names = [name for name in names if name in draft.fields]
    names = [] if names == [QUANTITY] else names
    columns = [draft.fields[name] for name in names] or _likely_columns(draft)
    texts = [text for column in columns for text in draft.sample.texts(column)]
    numbers = [text for text in texts if forms_that_fit([text])]
    forms = _forms(draft, numbers, is_money=QUANTITY not in names)
    known = {*numbers}
    others = [text for text in texts if text not in known]
    if others:
        lines = draft.lines_in(columns, others)
        draft.notes.append(
            f"Not numbers, and so refused: {some(others)} on"
            f" {draft.on_lines(lines, 'not a number')}."
        )
    _draft_column(draft, names, columns)
    by_form = mixed(numbers).by_form if numbers and not forms else []
    if by_form and are_distinct(by_form):
        forms = [together([_with_currencies(draft, form) for form, _ in by_form])]
    _draft_form(draft, forms, numbers, columns)
    has_signs = len(forms) == 1 and forms[0].has_signs
    draft_currency(draft, _named_currencies(draft), has_signs=has_signs)
    return _signs(draft, columns, possible_forms(numbers))


def _likely_columns(draft: Draft) -> list[str]:
    """The column that may have the amounts, where none is named as one.

    It has a number in each row, and cents or separators if several have numbers.
    """
    found = [
        column
        for column in draft.free_columns
        if all(draft.sample.cells(column))
        and all(forms_that_fit([text]) for text in draft.sample.texts(column))
    ]
    if len(found) == 1:
        return found
    counts = {
        column for column in found if all(map(str.isdigit, draft.sample.texts(column)))
    }
    return [column for column in found if column not in counts][:1]


def _signs(
    draft: Draft, columns: Sequence[str], forms: Sequence[NumberForm]
) -> list[int]:
    """The sign of each row's product of the columns."""
    signs = []
    factors = [draft.sample.cells(column) for column in columns]
    for cells in zip(*factors, strict=True):
        sign = 1
        for cell in cells:
            found = filter(None, (form.read(cell) for form in forms))
            number = next(found, None)
            text = number.text if number is not None else "0"
            sign *= 0 if not text.strip("-0.") else -1 if text.startswith("-") else 1
        signs.append(sign)
    return signs or [0] * len(draft.sample.rows)


def _forms(draft: Draft, numbers: Sequence[str], *, is_money: bool) -> list[NumberForm]:
    """The forms that fit, with the currencies of signs as the rows have them."""
    forms = forms_that_fit(numbers) if numbers else []
    if is_money and len(forms) > 1:
        most = _decimals(draft, forms[0])
        fitting = [form for form in forms if _has_decimals(form, numbers, most)]
        forms = fitting or forms
    return [_with_currencies(draft, form) for form in forms]


def _decimals(draft: Draft, form: NumberForm) -> int:
    """The largest number of decimals of the sheet's currencies, as far as known.

    An unknown currency may have any number, so that nothing follows from it.
    """
    codes = {*draft.texts("currency"), *_named_currencies(draft)}
    codes |= {code for _, code in form.signs}
    found = [decimals_or_none(CURRENCY_SIGNS.get(code, code)) for code in codes]
    if not found or None in found:
        return _DECIMALS_MAX
    return max(decimals for decimals in found if decimals is not None)


def _has_decimals(form: NumberForm, numbers: Sequence[str], most: int) -> bool:
    """Whether all numbers have so many decimals at most."""
    readings = [form.read(text) for text in numbers]
    return all(
        read is not None and len(read.text.partition(".")[2]) <= most
        for read in readings
    )


def _with_currencies(draft: Draft, form: NumberForm) -> NumberForm:
    """A form whose signs stand for the currency that their rows have, if it is one."""
    if not form.signs or "currency" not in draft.fields:
        return form
    amounts, currencies = draft.cells("amount"), draft.cells("currency")
    signs = []
    for sign, usual in form.signs:
        beside = {
            currency
            for amount, currency in zip(amounts, currencies, strict=True)
            if sign in amount and decimals_or_none(currency) is not None
        }
        signs.append((sign, beside.pop() if len(beside) == 1 else usual))
    return NumberForm(
        form.decimal,
        form.thousands,
        form.parentheses,
        form.trailing_minus,
        tuple(signs),
    )


def _draft_column(draft: Draft, names: Sequence[str], columns: Sequence[str]) -> None:
    if names == ["amount"]:
        column = draft.fields["amount"]
        comment = ""
        if may_hold_tax(column):
            comment = "without tax? Revenue is what is invoiced without it"
        draft.add("columns", Entry("amount", quoted_toml(column), comment))
    elif len(names) == 2:
        draft.add("amount", Entry("quantity", quoted_toml(draft.fields[QUANTITY])))
        draft.add("amount", Entry("price", quoted_toml(draft.fields[UNIT_PRICE])))
    elif names == [UNIT_PRICE]:
        draft.fields["amount"] = draft.fields[UNIT_PRICE]
        column = quoted_toml(draft.fields["amount"])
        draft.add("columns", Entry("amount", column))
    else:
        comment = "which column has the amount of the line, without tax?"
        likely = quoted_toml(columns[0]) if columns else '"…"'
        if columns:
            cells = some(draft.sample.texts(columns[0]))
            comment = f"{comment} {columns[0]} has {cells}; the rest is by that one"
        draft.add("columns", Entry("amount", likely, comment, is_open=True))


def _draft_form(
    draft: Draft,
    forms: Sequence[NumberForm],
    numbers: Sequence[str],
    columns: Sequence[str],
) -> None:
    """Say how numbers are written, unless they are written as in the format."""
    if forms == [PLAIN] or not numbers:
        return
    by_form = mixed(numbers).by_form if not forms or forms[0].also else []
    rows = [
        (form, draft.lines_in(columns, texts), f"like {form.example}")
        for form, texts in by_form
    ]
    groups = [(words, lines) for _, lines, words in rows]
    if len(forms) == 1:
        comment = draft.in_forms("numbers", groups) if groups else ""
        _add_form(draft, forms[0], comment)
        return
    if forms:
        comment = f"{some(list(numbers))} can be read in several ways; keep one of them"
    else:
        words = draft.unclear_words(columns, unclear(by_form), "numbers of either form")
        comment = draft.in_forms("numbers", groups, f"; {words}")
        most, _, _ = max(rows, key=lambda row: len(row[1]))
        forms = [_with_currencies(draft, most)]
    ways = [
        "\n".join(f"{key} = {setting}" for key, setting in _settings(form))
        for form in forms
    ]
    value = "\nor\n".join(ways).removeprefix("decimal = ")
    draft.add("numbers", Entry("decimal", value, comment, is_open=True))


def _add_form(draft: Draft, form: NumberForm, comment: str) -> None:
    """Add what a form says; the comment is of the first entry."""
    for key, value in _settings(form):
        if (key, value) == ("decimal", '"."') and not form.also:
            continue
        if key == "currency_signs" and ("$" in value or "¥" in value):
            comment = "is it this currency? Other countries have the same sign"
        draft.add("numbers", Entry(key, value, comment))
        comment = ""


def _settings(form: NumberForm) -> list[tuple[str, str]]:
    """What `[numbers]` says for a form, key by key."""
    signs = ", ".join(
        f"{quoted_toml(sign)} = {quoted_toml(code)}" for sign, code in form.signs
    )
    pairs = (
        ("decimal", quoted_toml(form.decimal)),
        ("thousands", quoted_toml(form.thousands) if form.thousands else ""),
        ("parentheses", "true" if form.parentheses else ""),
        ("trailing_minus", "true" if form.trailing_minus else ""),
        ("currency_signs", f"{{ {signs} }}" if signs else ""),
        ("also", form.also_words),
    )
    return [(key, value) for key, value in pairs if value]


def _named_currencies(draft: Draft) -> set[str]:
    """The currencies that columns of numbers have in their names: `Net (EUR)`."""
    return {
        code
        for name in ("amount", UNIT_PRICE)
        if name in draft.fields and plain_name(draft.fields[name])
        for code in _CODE.findall(draft.fields[name])
        if code in currencies_in_use()
    }
