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
    in_forms,
    quoted_toml,
    some,
)
from daybook.documents.reading.number_forms import (
    PLAIN,
    NumberForm,
    forms_that_fit,
    mixed,
)
from daybook.money import currencies_in_use

_DECIMALS_MAX = 18
_CODE = re.compile(r"\b[A-Z]{3}\b")


def draft_amounts(draft: Draft) -> NumberForm | None:
    """Add amount, form of numbers and currency; returns the form if it is known."""
    names = ["amount"] if "amount" in draft.fields else [QUANTITY, UNIT_PRICE]
    names = [name for name in names if name in draft.fields]
    texts = [text for name in names for text in draft.texts(name)]
    numbers = [text for text in texts if forms_that_fit([text])]
    forms = _forms(draft, numbers, is_money=names == ["amount"])
    form = forms[0] if len(forms) == 1 else None
    others = [text for text in texts if text not in numbers]
    if others:
        draft.notes.append(f"Not numbers, and so refused: {some(others)}.")
    _draft_column(draft, names)
    _draft_form(draft, forms, numbers, names)
    has_signs = form is not None and bool(form.signs)
    draft_currency(draft, _named_currencies(draft), has_signs=has_signs)
    return form


def read_amounts(draft: Draft, form: NumberForm | None) -> list[int]:
    """The sign of each row's amount: 1, 0 or -1; 0 where it isn't known."""
    name = "amount" if "amount" in draft.fields else UNIT_PRICE
    factors = [draft.cells(name)]
    if name == UNIT_PRICE and QUANTITY in draft.fields:
        factors.append(draft.cells(QUANTITY))
    signs = []
    for cells in zip(*factors, strict=True):
        sign = 1
        for cell in cells:
            number = form.read(cell) if form is not None else None
            text = number.text if number is not None else "0"
            sign *= 0 if not text.strip("-0.") else -1 if text.startswith("-") else 1
        signs.append(sign)
    return signs


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


def _draft_column(draft: Draft, names: Sequence[str]) -> None:
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
        draft.add("columns", Entry("amount", '"…"', comment, is_open=True))


def _draft_form(
    draft: Draft,
    forms: Sequence[NumberForm],
    numbers: Sequence[str],
    names: Sequence[str],
) -> None:
    """Say how numbers are written, unless they are written as in the format."""
    if forms == [PLAIN] or not numbers:
        return
    if len(forms) != 1:
        ways = " or ".join(form.words or 'decimal = "."' for form in forms)
        comment = f"{some(list(numbers))} can be read in several ways: {ways}"
        if not forms:
            comment = _in_several_forms(draft, numbers, names)
        draft.add("numbers", Entry("decimal", '"…"', comment, is_open=True))
        return
    (form,) = forms
    for key, value in (
        ("decimal", quoted_toml(form.decimal) if form.decimal != "." else ""),
        ("thousands", quoted_toml(form.thousands) if form.thousands else ""),
        ("parentheses", "true" if form.parentheses else ""),
        ("trailing_minus", "true" if form.trailing_minus else ""),
    ):
        if value:
            draft.add("numbers", Entry(key, value))
    if form.signs:
        pairs = ", ".join(
            f"{quoted_toml(sign)} = {quoted_toml(code)}" for sign, code in form.signs
        )
        comment = "is it this currency? Other countries have the same sign"
        comment = comment if "$" in pairs or "¥" in pairs else ""
        draft.add("numbers", Entry("currency_signs", f"{{ {pairs} }}", comment))


def _in_several_forms(
    draft: Draft, numbers: Sequence[str], names: Sequence[str]
) -> str:
    """What to say of numbers that no one form fits, with their rows."""
    return in_forms(
        (
            f"like {form.example}",
            sorted({line for name in names for line in draft.lines(name, {*texts})}),
        )
        for form, texts in mixed(numbers).by_form
    )


def _named_currencies(draft: Draft) -> set[str]:
    """The currencies that columns of numbers have in their names: `Net (EUR)`."""
    return {
        code
        for name in ("amount", UNIT_PRICE)
        if name in draft.fields and plain_name(draft.fields[name])
        for code in _CODE.findall(draft.fields[name])
        if code in currencies_in_use()
    }
