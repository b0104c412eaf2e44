"""The forms of a sheet's dates."""

from daybook.documents.reading.csv_fields import DATE_FIELDS
from daybook.documents.reading.date_forms import KNOWN_FORMS, forms_that_fit, mixed
from daybook.documents.reading.mapping_drafts.draft import (
    Draft,
    Entry,
    first,
    in_forms,
    quoted_toml,
    some,
)

_ISO = KNOWN_FORMS[0]


def draft_dates(draft: Draft) -> None:
    """Add the columns of dates; those whose day and month are uncertain are open."""
    by_field = {name: texts for name in DATE_FIELDS if (texts := draft.texts(name))}
    # A sheet mostly has one form of dates: a column of few dates is read as the others.
    common = forms_that_fit(text for texts in by_field.values() for text in texts)
    for name, texts in by_field.items():
        forms = _without_twins(forms_that_fit(texts))
        shared = [form for form in forms if form in common]
        if forms:
            entry = _entry(draft.fields[name], name, shared or forms, texts)
        else:
            entry = _mixed_entry(draft, name, texts)
        draft.add("columns", entry)
    for name in DATE_FIELDS:
        column = draft.fields.get(name)
        if column is not None and name not in by_field:
            draft.add("columns", Entry(name, quoted_toml(column), "always empty"))


def _without_twins(forms: list[str]) -> list[str]:
    """The forms without those that name months in full: in May, both fit, and agree."""
    return [
        form
        for form in forms
        if form.replace("%B", "%b") not in forms or "%B" not in form
    ]


def _entry(column: str, name: str, forms: list[str], texts: list[str]) -> Entry:
    if forms == [_ISO] and all(len(text) == len("2025-01-31") for text in texts):
        return Entry(name, quoted_toml(column))
    if len(forms) == 1:
        return Entry(name, _with_form(column, forms[0]))
    value = f"\n{name} = ".join(_with_form(column, form) for form in forms)
    return Entry(
        name,
        value,
        f"day or month first? {some(texts)} may be either; keep one of these lines",
        is_open=True,
    )


def _mixed_entry(draft: Draft, name: str, texts: list[str]) -> Entry:
    """An entry for a column that has dates of several forms, or none that are known."""
    found = mixed(texts)
    sentences = []
    if len(found.by_form) > 1:
        sentences.append(
            in_forms(
                (form, draft.lines(name, {*of_form})) for form, of_form in found.by_form
            )
        )
    if found.rest:
        lines = first(draft.lines(name, {*found.rest}))
        sentences.append(f"dates of no known form: {some(found.rest)} on line {lines}")
    form = found.by_form[0][0] if len(found.by_form) == 1 else "…"
    column = draft.fields[name]
    return Entry(name, _with_form(column, form), ". ".join(sentences), is_open=True)


def _with_form(column: str, form: str) -> str:
    form = form.replace('"', "")
    return f'{{ column = {quoted_toml(column)}, date_format = "{form}" }}'
