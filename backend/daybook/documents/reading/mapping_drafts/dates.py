"""The forms of a sheet's dates."""

from collections.abc import Sequence
from itertools import product

from daybook.documents.reading.csv_fields import DATE_FIELDS
from daybook.documents.reading.date_forms import (
    KNOWN_FORMS,
    are_distinct,
    as_toml,
    forms_that_fit,
    mixed,
    unclear,
)
from daybook.documents.reading.mapping_drafts.draft import (
    Draft,
    Entry,
    quoted_toml,
    some,
)

_ISO = KNOWN_FORMS[0]


def draft_dates(draft: Draft) -> None:
    """Add the columns of dates; those whose day and month are uncertain are open."""
    by_field = {name: texts for name in DATE_FIELDS if (texts := draft.texts(name))}
    # A sheet mostly has the same forms of dates in all of its columns: what a column of
    # few dates doesn't tell, the others do.
    every = [text for texts in by_field.values() for text in texts]
    common = {*forms_that_fit(every), *_surely_used(every)}
    for name, texts in by_field.items():
        forms = _shared(texts, common)
        if forms:
            entry = _entry(draft.fields[name], name, forms, texts)
        else:
            entry = _mixed_entry(draft, name, texts, common)
        draft.add("columns", entry)
    for name in DATE_FIELDS:
        column = draft.fields.get(name)
        if column is not None and name not in by_field:
            draft.add("columns", Entry(name, quoted_toml(column), "always empty"))


def _surely_used(texts: Sequence[str]) -> set[str]:
    """The forms of texts that have no other one."""
    groups = [_without_twins(forms_that_fit(own)) for _, own in mixed(texts).by_form]
    return {forms[0] for forms in groups if len(forms) == 1}


def _shared(texts: Sequence[str], common: set[str]) -> list[str]:
    """The forms that fit texts: those of other columns, if there are any."""
    forms = _without_twins(forms_that_fit(texts))
    return [form for form in forms if form in common] or forms


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
        return Entry(name, _with_forms(column, forms))
    value = f"\n{name} = ".join(_with_forms(column, [form]) for form in forms)
    return Entry(
        name,
        value,
        f"day or month first? {some(texts)} may be either; keep one of these lines",
        is_open=True,
    )


def _mixed_entry(draft: Draft, name: str, texts: list[str], common: set[str]) -> Entry:
    """An entry for a column that has dates of several forms, or none that are known."""
    found = mixed(texts)
    column = draft.fields[name]
    ways = [_shared(own, common) for _, own in found.by_form]
    # A day that may be of two forms is refused, whichever of them are declared.
    choices = [
        [*dict.fromkeys(choice)]
        for choice in product(*ways)
        if choice
        and are_distinct(
            (form, own) for form, (_, own) in zip(choice, found.by_form, strict=True)
        )
    ]
    sentences = []
    if len(ways) > 1:
        groups = [
            (" or ".join(forms), draft.lines(name, {*own}))
            for forms, (_, own) in zip(ways, found.by_form, strict=True)
        ]
        end = ""
        if not choices:
            forms = [forms[0] for forms in ways]
            texts_of = [own for _, own in found.by_form]
            never = unclear(zip(forms, texts_of, strict=True))
            end = (
                f"; {draft.unclear_words([column], never, f'{column} of either form')}"
            )
        if len(choices) > 1:
            end = "; day or month first? Keep one of these lines"
        sentences.append(draft.in_forms(column, groups, end))
    if found.rest:
        lines = draft.on_lines(draft.lines(name, {*found.rest}), f"{column} unknown")
        sentences.append(f"dates of no known form: {some(found.rest)} on {lines}")
    values = [_with_forms(column, forms) for forms in choices]
    return Entry(
        name,
        f"\n{name} = ".join(values or [_with_forms(column, ["…"])]),
        ". ".join(sentences),
        is_open=len(choices) != 1 or bool(found.rest),
    )


def _with_forms(column: str, forms: Sequence[str]) -> str:
    return f"{{ column = {quoted_toml(column)}, date_format = {as_toml(forms)} }}"
