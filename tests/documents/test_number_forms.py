"""Numbers as files write them: each form reads its own, and nothing as another."""

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.documents.reading.number_forms import (
    PLAIN,
    NumberForm,
    forms_that_fit,
    way_out,
)

SIGNS = (("€", "EUR"), ("US$", "USD"), ("$", "CAD"))
WIDE = NumberForm(",", ".", parentheses=True, trailing_minus=True, signs=SIGNS)
FORMS = [
    NumberForm(decimal, thousands, is_bracketed, is_trailing, signs)
    for decimal, thousands, is_bracketed, is_trailing, signs in product(
        ".,", (None, ",", ".", " ", "'"), (False, True), (False, True), ((), SIGNS)
    )
    if decimal != thousands
]
numbers = st.decimals(
    min_value=-(10**12), max_value=10**12, places=2, allow_nan=False
).map(lambda number: number or abs(number))


def written(number: Decimal, form: NumberForm) -> list[str]:
    """All ways in which a form writes a number."""
    text = f"{abs(number):.2f}"
    whole, _, fraction = text.partition(".")
    wholes = [whole]
    if form.thousands is not None:
        wholes.append(f"{int(whole):,}".replace(",", form.thousands))
    plain = [f"{whole}{form.decimal}{fraction}" for whole in wholes]
    signed = list(plain)
    for sign, _ in form.signs:
        signed += [f"{sign}{each}" for each in plain]
        signed += [f"{each} {sign}" for each in plain]
    if number >= 0:
        return signed
    negative = [f"-{each}" for each in signed]
    if form.parentheses:
        negative += [f"({each})" for each in signed]
    if form.trailing_minus:
        negative += [f"{each}-" for each in signed]
    return negative


@given(numbers, st.sampled_from(FORMS))
def test_what_a_form_writes_it_reads(number: Decimal, form: NumberForm) -> None:
    for text in written(number, form):
        read = form.read(text)
        assert read is not None, text
        assert Decimal(read.text) == number


@given(numbers, st.sampled_from(FORMS), st.sampled_from(FORMS))
def test_no_form_with_the_same_decimals_reads_another_number(
    number: Decimal, form: NumberForm, other: NumberForm
) -> None:
    for text in written(number, form):
        read = other.read(text)
        if read is not None and other.decimal == form.decimal:
            assert Decimal(read.text) == number


@given(numbers, st.sampled_from(FORMS))
def test_without_a_declaration_no_separator_is_taken(
    number: Decimal, form: NumberForm
) -> None:
    for text in written(number, form):
        read = PLAIN.read(text)
        assert read is None or Decimal(read.text) == number


@given(st.lists(numbers, min_size=1, max_size=8), st.sampled_from(FORMS), st.data())
def test_the_form_of_a_column_is_found_or_left_open(
    column: list[Decimal], form: NumberForm, data: st.DataObject
) -> None:
    texts = [data.draw(st.sampled_from(written(number, form))) for number in column]

    forms = forms_that_fit(texts)

    readings = {
        tuple(Decimal(read.text) for read in map(found.read, texts) if read)
        for found in forms
    }
    assert tuple(column) in readings or not forms
    # Cents tell which separator is which, so there is nothing to choose.
    assert len(readings) <= 1


@given(st.text("0123456789.,' -()€$", max_size=12), st.sampled_from(FORMS))
def test_a_number_that_is_read_has_the_digits_of_its_text(
    text: str, form: NumberForm
) -> None:
    read = form.read(text)

    if read is not None:
        digits = [char for char in text if char.isdigit()]
        assert [char for char in read.text if char.isdigit()] == digits
        assert text.count(form.decimal) == read.text.count(".")
        is_negative = "-" in text or "(" in text
        assert read.text.startswith("-") is is_negative


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "()",
        "1.20",
        "12.34.567",
        "1.2345",
        "1234.567",
        ".123",
        "0.123",
        "1,234.50",
        "1,2,3",
        ",5",
        "5,",
        "--5",
        "(-5)",
        "(5)-",
        "-5-",
        "(5",
        "£5",
        "€€5",
        "5 000",
        "1'000",
        "1e3",
        "\u0661",
        "007",
    ],
)
def test_what_does_not_fit_the_declared_form_is_no_number(text: str) -> None:
    assert WIDE.read(text) is None


@pytest.mark.parametrize(
    ("text", "number", "currency"),
    [
        ("1.234,50", "1234.50", None),
        ("1234,5", "1234.5", None),
        ("1.200", "1200", None),
        ("-1.200,00", "-1200.00", None),
        ("\N{MINUS SIGN}1,00", "-1.00", None),
        ("(1.200,00)", "-1200.00", None),
        ("1.200,00-", "-1200.00", None),
        ("€ 1.200,00", "1200.00", "EUR"),
        ("1.200,00 €", "1200.00", "EUR"),
        ("-€5,00", "-5.00", "EUR"),
        ("€-5,00", "-5.00", "EUR"),
        ("(€5,00)", "-5.00", "EUR"),
        ("US$5,00", "5.00", "USD"),
        ("$5,00", "5.00", "CAD"),
    ],
)
def test_a_declared_form_is_read(text: str, number: str, currency: str | None) -> None:
    assert WIDE.read(text) == (number, currency)


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u202f", "\u2009"])
def test_a_space_of_any_width_separates_thousands(space: str) -> None:
    read = NumberForm(",", " ").read(f"1{space}234{space}567,89")

    assert read is not None
    assert read.text == "1234567.89"


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["12,000.00"], 'say thousands = "," under'),
        (["12.000,00"], 'say decimal = ",", thousands = "." under'),
        (["12,50"], 'say decimal = "," under'),
        (["1,200"], 'say decimal = "," or thousands = "," under'),
        (["1,200", "1,250,000"], 'say thousands = "," under'),
        (["1 200,00"], 'say decimal = ",", thousands = " " under'),
        (["1'200.00"], 'say thousands = "\'" under'),
        (["(12.00)", "3.00-"], "say parentheses = true, trailing_minus = true under"),
        (["€12.00", "3.00"], 'say currency_signs = { "€" = "EUR" } under'),
        (["1.200"], 'say decimal = ",", thousands = "." under'),
        (["12.00", "-3"], ""),
        (["1,200.00", "1.200,00"], ""),
        (["twelve"], ""),
    ],
)
def test_the_way_out_is_what_the_mapping_could_say(
    texts: list[str], words: str
) -> None:
    said = way_out(forms_that_fit(texts))

    assert words in said
    assert bool(words) is bool(said)


@pytest.mark.parametrize(
    ("texts", "thousands"),
    [
        (["1.000", "2.500"], [None, "."]),
        (["1.000", "2.5"], [None]),
        (["0.125"], [None]),
        (["1.2345"], [None]),
        (["12", "3.00"], [None]),
    ],
)
def test_dots_before_three_digits_may_be_thousands(
    texts: list[str], thousands: list[str | None]
) -> None:
    assert [form.thousands for form in forms_that_fit(texts)] == thousands
