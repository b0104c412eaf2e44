"""The names of files: by themselves they say what is in them."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import FIRST_DAY, LAST_DAY, parse_day
from daybook.exports.file_spec import FileOptions, FileSpec
from daybook.exports.formats import SEQUENCE, Format
from daybook.exports.formats.beancount import BEANCOUNT
from daybook.exports.formats.contract import Opens
from daybook.exports.formats.parquet import PARQUET
from daybook.exports.formats.xero import XERO
from daybook.exports.formats.xlsx import XLSX
from daybook.exports.mapping.forms import DateForm, Preset
from daybook.exports.names import file_name
from daybook.exports.rules import Granularity
from daybook.exports.writing.compression import GZIP, ZSTD, Compression
from daybook.ledger.pins import Pin
from daybook.ledger.rules import SourceKind
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Grouping
from daybook_history import filters

POUNDS = Pin(1, 1, "GBP", 2, 1, parse_day("2026-10-31"))
POSTED = JournalFilter(include_scheduled=False)
SAFE = re.compile(r"journals-GBP-[a-z0-9-]+\.csv")


def named(start: str | None, end: str | None) -> str:
    """The middle of the name of a file of what is posted on some days."""
    wanted = JournalFilter(
        posted_from=None if start is None else parse_day(start),
        posted_to=None if end is None else parse_day(end),
        include_scheduled=False,
    )
    name = file_name(FileSpec(POUNDS, wanted, Granularity.DAILY))
    return name.removeprefix("journals-GBP-").removesuffix("-daily.csv")


@pytest.mark.parametrize(
    ("start", "end", "period"),
    [
        ("2026-10-01", "2026-10-31", "2026-10"),
        ("2028-02-01", "2028-02-29", "2028-02"),
        ("2028-02-01", "2028-02-28", "2028-02-01-to-2028-02-28"),
        ("2026-10-01", "2026-12-31", "2026-10-to-2026-12"),
        ("2026-01-01", "2026-12-31", "2026"),
        ("2025-01-01", "2026-12-31", "2025-to-2026"),
        ("2025-07-01", "2026-06-30", "2025-07-to-2026-06"),
        ("2026-10-05", "2026-10-05", "2026-10-05"),
        ("2026-10-05", "2026-11-30", "2026-10-05-to-2026-11-30"),
        ("2026-10-01", None, "from-2026-10"),
        ("2026-10-05", None, "from-2026-10-05"),
        (None, "2026-10-31", "until-2026-10"),
        (None, "2026-10-30", "until-2026-10-30"),
        (None, None, "all"),
    ],
)
def test_a_name_tells_the_period(
    start: str | None, end: str | None, period: str
) -> None:
    assert named(start, end) == period


OCTOBER = JournalFilter(
    posted_from=parse_day("2026-10-01"),
    posted_to=parse_day("2026-10-31"),
    include_scheduled=False,
)
DAY = parse_day("2026-10-15")
EVERYTHING = replace(
    OCTOBER, include_scheduled=True, on=DAY, sources=(SourceKind.INVOICE,)
)


@pytest.mark.parametrize(
    ("wanted", "rest"),
    [
        (OCTOBER, ""),
        (replace(OCTOBER, include_scheduled=True), "-with-scheduled"),
        (replace(OCTOBER, on=DAY), "-posted-to-2026-10-15"),
        (replace(OCTOBER, customer_id=7), "-filtered"),
        (replace(OCTOBER, shifted=False), "-filtered"),
        (replace(OCTOBER, search="../é"), "-filtered"),
        (EVERYTHING, "-filtered-with-scheduled-posted-to-2026-10-15"),
    ],
)
def test_a_name_tells_what_else_makes_it_another_file(
    wanted: JournalFilter, rest: str
) -> None:
    name = file_name(FileSpec(POUNDS, wanted, Granularity.DAILY))

    assert name == f"journals-GBP-2026-10-daily{rest}.csv"


@pytest.mark.parametrize(
    ("file_format", "compression", "end"),
    [
        (SEQUENCE, GZIP, ".csv.gz"),
        (SEQUENCE, ZSTD, ".csv.zst"),
        (BEANCOUNT, None, ".beancount"),
        (BEANCOUNT, ZSTD, ".beancount.zst"),
        (PARQUET, None, ".parquet"),
        (XLSX, None, ".xlsx"),
        (XERO, None, "-xero.csv"),
    ],
)
def test_a_name_tells_the_format_and_the_compression(
    file_format: Format, compression: Compression | None, end: str
) -> None:
    form: dict[str, Any] = {"file_format": file_format, "compression": compression}

    name = file_name(FileSpec(POUNDS, OCTOBER, Granularity.DAILY, **form))

    assert name == f"journals-GBP-2026-10-daily{end}"


def test_a_name_tells_groups_and_the_as_of_day() -> None:
    parties = (Grouping.CUSTOMER, Grouping.PRODUCT)
    names = [
        file_name(FileSpec(POUNDS, OCTOBER, Granularity.MONTHLY, by), as_of)
        for by, as_of in ((parties, None), ((), None), (None, DAY), (parties, DAY))
    ]

    assert names == [
        "journals-GBP-2026-10-monthly-by-customer-product.csv",
        "journals-GBP-2026-10-monthly-by-period.csv",
        "journals-GBP-2026-10-monthly-as-of-2026-10-15.csv",
        "journals-GBP-2026-10-monthly-by-customer-product-as-of-2026-10-15.csv",
    ]


@given(
    filters(),
    st.sampled_from(Granularity),
    st.none() | st.sets(st.sampled_from(Grouping)).map(tuple),
    st.none() | st.integers(FIRST_DAY, LAST_DAY),
)
def test_a_name_is_safe_everywhere(
    wanted: JournalFilter,
    granularity: Granularity,
    by: tuple[Grouping, ...] | None,
    as_of: int | None,
) -> None:
    name = file_name(FileSpec(POUNDS, wanted, granularity, by), as_of)

    assert SAFE.fullmatch(name)
    assert len(name) < 160


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (FileOptions(), ""),
        (FileOptions(preset=Preset.VENDOR), "-vendor"),
        (FileOptions(date_form=DateForm.ISO), "-dates-iso"),
        (FileOptions(converts=True, currency="EUR", refresh=3), "-converted"),
        (FileOptions(max_rows=0), "-one-file"),
        (FileOptions(max_rows=1_000), "-1000-rows"),
        (FileOptions(default_account="=../../x"), "-default-account"),
        (FileOptions(opens=Opens.ALL), "-opens-all"),
        (FileOptions(opens=Opens.NONE), "-opens-none"),
    ],
    ids=str,
)
def test_options_that_make_other_files_are_told(
    options: FileOptions, told: str
) -> None:
    spec = FileSpec(*(POUNDS, POSTED, Granularity.MONTHLY, None, XERO), options=options)

    assert file_name(spec) == f"journals-GBP-all-monthly-xero{told}.csv"
