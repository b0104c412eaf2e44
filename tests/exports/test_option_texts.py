"""Options as texts: what each may be, and that all problems are named."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.errors import Rejected
from daybook.exports.file_spec import DEFAULT_OPTIONS, FileOptions
from daybook.exports.formats.contract import Opens
from daybook.exports.mapping.forms import DateForm, Preset
from daybook.exports.option_texts import ACCOUNT_MAX, OPTION_NAMES, read_options
from daybook.exports.stored_spec import options_of, options_text


@pytest.mark.parametrize(
    ("texts", "options"),
    [
        ({}, DEFAULT_OPTIONS),
        (dict.fromkeys(OPTION_NAMES, " "), DEFAULT_OPTIONS),
        ({"preset": "normal-balance"}, FileOptions(preset=Preset.NORMAL_BALANCE)),
        ({"preset": " VENDOR "}, FileOptions(preset=Preset.VENDOR)),
        ({"date_form": "dd/mm/yyyy"}, FileOptions(date_form=DateForm.DAY_MONTH_YEAR)),
        ({"date_form": "ISO"}, FileOptions(date_form=DateForm.ISO)),
        ({"convert": "yes"}, FileOptions(converts=True)),
        ({"convert": "no"}, DEFAULT_OPTIONS),
        ({"max_rows": "0"}, FileOptions(max_rows=0)),
        ({"max_rows": "1000000000"}, FileOptions(max_rows=1_000_000_000)),
        ({"default_account": " 4000 "}, FileOptions(default_account="4000")),
        ({"opens": "ALL"}, FileOptions(opens=Opens.ALL)),
        ({"opens": "used"}, DEFAULT_OPTIONS),
    ],
    ids=str,
)
def test_texts_are_read(texts: dict[str, str], options: FileOptions) -> None:
    assert read_options(texts) == options


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("preset", "vendors", "is not one of normal-balance, vendor; did you mean"),
        ("date_form", "yyyy/mm/dd", "is not one of dd mmm yyyy, dd/mm/yyyy"),
        ("convert", "maybe", "'maybe' is neither yes nor no"),
        ("max_rows", "-1", "'-1' is not a number of rows"),
        ("max_rows", "1e3", "'1e3' is not a number of rows"),
        ("max_rows", "1000000001", "is not a number of rows from 2 to 1,000,000,000"),
        ("max_rows", "١٢", "is not a number of rows"),
        ("opens", "al", "'al' is not one of used, all, none"),
        ("default_account", "x" * (ACCOUNT_MAX + 1), "up to 500 characters, not 501"),
    ],
    ids=str,
)
def test_a_text_that_is_none_is_refused_with_what_may_be(
    name: str, text: str, message: str
) -> None:
    with pytest.raises(Rejected) as refused:
        read_options({name: text})

    (problem,) = refused.value.problems
    assert problem.path == (name,)
    assert message in problem.message


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(Rejected) as refused:
        read_options({"preset": "a", "max_rows": "b", "convert": "c"})

    paths = [problem.path for problem in refused.value.problems]
    assert paths == [("preset",), ("convert",), ("max_rows",)]


@settings(max_examples=30)
@given(
    st.builds(
        FileOptions,
        preset=st.none() | st.sampled_from(Preset),
        date_form=st.none() | st.sampled_from(DateForm),
        converts=st.booleans(),
        opens=st.sampled_from(Opens),
        max_rows=st.none() | st.integers(0, 10**9),
        default_account=st.none() | st.text(min_size=1, max_size=10).map(str.strip),
    )
)
def test_options_are_stored_and_read_again(options: FileOptions) -> None:
    assert options_of(options_text(options)) == options
