"""Dates as files write them: each form reads its own, and nothing as another day."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.documents.reading.date_forms import (
    KNOWN_FORMS,
    NotADate,
    date_text,
    forms_that_fit,
    way_out,
)
from daybook.documents.reading.mapping_parts import CsvColumn

days = st.dates(date(2000, 1, 1), date(2068, 12, 31))


@given(days, st.sampled_from(KNOWN_FORMS))
def test_what_a_form_writes_it_reads(day: date, form: str) -> None:
    assert date_text(day.strftime(form), form) == day.isoformat()


@given(st.lists(days, min_size=1, max_size=10), st.sampled_from(KNOWN_FORMS))
def test_the_form_of_a_column_is_among_those_that_fit(
    column: list[date], form: str
) -> None:
    texts = [day.strftime(form) for day in column]

    forms = forms_that_fit(texts)

    assert form in forms
    readings = {tuple(date_text(text, fit) for text in texts) for fit in forms}
    # Only days of up to the 12th leave open which number is the month.
    if len(readings) > 1 and "%y" not in form:
        assert all(day.day <= 12 for day in column)


@pytest.mark.parametrize("form", KNOWN_FORMS)
def test_each_known_form_can_be_declared(form: str) -> None:
    assert CsvColumn(column="Date", date_format=[form]).date_format == [form]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2025111", "%Y%m%d"),
        ("31.02.2025", "%d.%m.%Y"),
        ("31.12.1999", "%d.%m.%Y"),
        ("01.01.2100", "%d.%m.%Y"),
        ("1.1.25", "%d.%m.%Y"),
        ("2025-01-31", "%d.%m.%Y"),
    ],
)
def test_what_does_not_fit_is_no_date(text: str, form: str) -> None:
    with pytest.raises(NotADate):
        date_text(text, form)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["31.01.2025", "1.2.2025"], '; all dates of the column fit date_format = "%d'),
        (["01/02/2025"], 'fit "%d/%m/%Y" and "%m/%d/%Y": say which'),
        (["45688"], "; it is a spreadsheet's number of a day"),
        (["soon"], ""),
    ],
)
def test_the_way_out_names_the_forms_that_fit(texts: list[str], words: str) -> None:
    said = way_out(forms_that_fit(texts), texts[0])

    assert words in said
    assert bool(words) is bool(said)
