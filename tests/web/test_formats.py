"""What the templates' filters make of values."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.money import amount_text
from daybook_graphql.documents.enums import SourceKind
from daybook_graphql.ledgers.enums import AllocationStrategy
from daybook_graphql.parties.enums import RecognitionMethod
from daybook_web.kit import formats
from daybook_web.kit.results import Money


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0.00", "0.00"),
        ("-0.05", "\N{MINUS SIGN}0.05"),
        ("1234.50", "1,234.50"),
        ("-1234567.89", "\N{MINUS SIGN}1,234,567.89"),
        ("1200000", "1,200,000"),
        ("12345.678", "12,345.678"),
    ],
)
def test_amounts_have_their_thousands_apart(amount: str, text: str) -> None:
    assert formats.money(Money(amount)) == text


@given(st.integers(-(10**24), 10**24), st.sampled_from(["JPY", "USD", "BHD"]))
def test_a_grouped_amount_of_any_size_is_the_same_amount(
    minor: int, currency: str
) -> None:
    text = formats.grouped(amount_text(minor, currency))

    plain = text.replace(",", "").replace("\N{MINUS SIGN}", "-")
    assert Decimal(plain) == Decimal(amount_text(minor, currency))
    assert Money(plain).minor == minor


def test_a_dash_stands_for_nothing() -> None:
    assert formats.money_or_dash(Money("0.00")) == "\N{EN DASH}"
    assert formats.money_or_dash(Money("0")) == "\N{EN DASH}"
    assert formats.money_or_dash(Money("0.01")) == "0.01"


@pytest.mark.parametrize(
    ("minor", "decimals", "text"),
    [
        (0, 2, "0"),
        (50, 2, "0.5"),
        (4_000, 2, "40"),
        (25_000_000, 2, "250k"),
        (125_000_000, 2, "1.25M"),
        (-4_000_000, 0, "\N{MINUS SIGN}4M"),
        (2_000_000_000_000, 3, "2B"),
    ],
)
def test_axes_show_amounts_in_few_letters(minor: int, decimals: int, text: str) -> None:
    assert formats.compact_amount(minor, decimals) == text


def test_dates_are_for_people() -> None:
    first = date(2025, 10, 1)
    assert formats.day(first) == "1 Oct 2025"
    assert formats.month(first) == "October 2025"
    assert formats.month_short(first) == "Oct"
    assert formats.month_name(first) == "October"
    assert formats.month_of_year(first) == "Oct 2025"
    assert formats.day_of_year(first) == "1 Oct"
    assert formats.weekday(first) == "Wednesday"
    assert formats.long_day(first) == "1 October 2025"
    assert formats.year(first) == "2025"
    assert formats.days(first, date(2025, 10, 31)) == "1–31 Oct 2025"
    assert formats.days(None, None) == "–"


def test_things_are_counted_in_words() -> None:
    counted = [formats.count(number, "entry", "entries") for number in (0, 1, 1_204)]

    assert counted == ["No entries", "1 entry", "1,204 entries"]


def test_every_value_of_an_enumeration_has_its_words() -> None:
    assert all(formats.source(member.name) for member in SourceKind)
    assert all(formats.method(member.name) for member in RecognitionMethod)
    assert all(formats.strategy(member.name) for member in AllocationStrategy)
    assert formats.method(None) == "Various"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("locked through 2025-10-31: test", "locked through 31 Oct 2025: test"),
        ("(2025-10-01 … 2025-10-31).", "(1–31 Oct 2025)."),
        ("5 journals in 2025-05 (no", "5 journals in May 2025 (no"),
        ("3 journals in 2025-05 … 2025-07 (x", "3 journals in May 2025 – July 2025 (x"),
        ("import of in 2025-05-01.csv", "import of in 2025-05-01.csv"),
        ("named in 2025-13", "named in 2025-13"),
        ("import of 2025-10-31.jsonl", "import of 2025-10-31.jsonl"),
        ("import of out/2025-10-31", "import of out/2025-10-31"),
        ("invoice INV-2025-10-31", "invoice INV-2025-10-31"),
        ("at 2025-10-31T09:30", "at 2025-10-31T09:30"),
        ("'2025-10-31' is no amount", "'2025-10-31' is no amount"),
        ("on 2025-02-30", "on 2025-02-30"),
        (
            "account USD:DEFERRED named 2025-10-01 fund (2400)",
            "account USD:DEFERRED named 2025-10-01 fund (2400)",
        ),
        ("product 2025-10-01: method USAGE", "product 2025-10-01: method USAGE"),
        ("import of 2025-10-31 late.csv", "import of 2025-10-31 late.csv"),
        ("is not a date such as 2026-10-31", "is not a date such as 2026-10-31"),
        ("write it as 2025-10-31, or so", "write it as 2025-10-31, or so"),
        ("`daybook lock 2025-10-31`", "`daybook lock 2025-10-31`"),
    ],
)
def test_days_of_recorded_texts_are_as_on_the_page(text: str, shown: str) -> None:
    assert formats.dated(text) == shown


def test_dates_are_written_by_these_functions_only() -> None:
    pages = Path(formats.__file__).parents[1]
    written = {
        path.relative_to(pages).as_posix()
        for path in [*pages.rglob("*.py"), *pages.rglob("*.html")]
        if re.search(r"\{[^{}]*:%|strftime|%[aAbBdmyY]", path.read_text())
    }

    assert written == {"kit/formats.py", "kit/times.py"}
