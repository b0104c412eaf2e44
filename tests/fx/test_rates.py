"""Look-back, cross rates and conversion, at the shipped rates and at invented ones."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import Day, day_of, day_text
from daybook.errors import ProblemCode, Rejected
from daybook.fx.rules import (
    CrossRate,
    NoRate,
    PublishedRate,
    Rates,
    Series,
    convert,
    is_business_day,
    parse_rate_day,
)
from daybook.fx.shipped import shipped_currencies, shipped_days, shipped_series

TODAY = day_of(date(2026, 11, 2))
CURRENCIES = ("USD", "GBP", "JPY", "HRK", "RUB", "BGN", "ISK", "ILS", "TRL", "TRY")
RATES = Rates(
    {currency: shipped_series(currency) for currency in CURRENCIES},
    TODAY,
    shipped_days()[-1],
    shipped_days()[-1],
    shipped_currencies(),
)
IN_USE = {"JPY": 0, "USD": 2, "GBP": 2, "BHD": 3}
amounts = st.integers(-(10**15), 10**15)
exact_rates = st.fractions(Fraction(1, 10**7), 10**7, max_denominator=10**9)


def rate(source: str, target: str, on: str) -> CrossRate:
    return RATES.rate(source, target, parse_rate_day(on))


def missing(source: str, target: str, on: str) -> NoRate:
    with pytest.raises(NoRate) as raised:
        rate(source, target, on)
    return raised.value


def test_a_cross_rate_is_the_target_s_rate_over_the_source_s() -> None:
    found = rate("USD", "GBP", "2025-01-31")

    # The ECB: 1 EUR was 1.0393 USD and 0.83608 GBP.
    assert found.value == Fraction(83608, 103930)
    assert found.text == "0.80446454"
    assert found.source_rate is not None and found.source_rate.text == "1.0393"
    assert found.target_rate is not None and found.target_rate.text == "0.83608"
    assert convert(1_000_00, "USD", "GBP", found.value) == 804_46


def test_the_euro_is_one() -> None:
    assert rate("EUR", "USD", "2025-01-31").value == Fraction("1.0393")
    assert rate("USD", "EUR", "2025-01-31").value == 1 / Fraction("1.0393")
    assert rate("EUR", "USD", "2025-01-31").source_rate is None


@pytest.mark.parametrize("currency", ["EUR", "USD", "HRK", "XXX"])
def test_a_currency_is_worth_itself_on_any_day(currency: str) -> None:
    found = rate(currency, currency, "2077-07-07")

    assert (found.text, found.source_rate) == ("1.00000000", None)


@pytest.mark.parametrize(
    ("on", "published"),
    [
        ("2025-04-17", "2025-04-17"),
        ("2025-04-18", "2025-04-17"),  # Good Friday
        ("2025-04-21", "2025-04-17"),  # Easter Monday
        ("2025-04-22", "2025-04-22"),
    ],
)
def test_a_day_without_a_rate_has_the_last_earlier_one(on: str, published: str) -> None:
    found = rate("USD", "EUR", on)

    assert found.source_rate is not None
    assert (day_text(found.day), day_text(found.source_rate.day)) == (on, published)


def test_a_rate_lies_at_most_seven_days_back() -> None:
    assert rate("HRK", "EUR", "2023-01-06").text == "0.13268759"

    assert missing("HRK", "EUR", "2023-01-07").problems[0].message == (
        "there is no ECB rate of HRK for 2023-01-07 or the 7 days before: the ECB"
        " stopped quoting it on 2022-12-30"
    )


@pytest.mark.parametrize(
    ("source", "target", "on", "message"),
    [
        ("EUR", "RUB", "2022-03-09", "RUB for 2022-03-09 or the 7 days before"),
        ("USD", "BGN", "2026-10-01", "the ECB stopped quoting it on 2025-12-31"),
        ("USD", "BGN", "2027-01-04", "the ECB stopped quoting it on 2025-12-31"),
        ("USD", "ISK", "2015-06-01", "the last earlier one is of 2008-12-09"),
        ("ILS", "USD", "2010-12-31", "ILS for 2010-12-31: its rates begin on 2011-01"),
        ("USD", "TRL", "2005-01-10", "the ECB stopped quoting it on 2004-12-31"),
    ],
)
def test_what_has_no_rate_is_named_with_its_currency_and_day(
    source: str, target: str, on: str, message: str
) -> None:
    found = missing(source, target, on)

    assert message in found.problems[0].message
    assert found.currency in {source, target} and day_text(found.day) == on
    assert found.problems[0].code is ProblemCode.NOT_FOUND


def test_a_currency_that_the_ecb_does_not_quote_is_refused() -> None:
    found = missing("usd", "EUR", "2025-01-31").problems[0]

    assert found.code is ProblemCode.UNKNOWN_CURRENCY
    assert found.message == "the ECB publishes no rate of 'usd'; did you mean USD?"


def test_a_day_in_the_future_has_the_latest_rate() -> None:
    found = rate("USD", "EUR", "2030-01-01")

    assert found.source_rate is not None
    assert day_text(found.source_rate.day) == "2026-10-30"


def test_no_rate_of_a_day_that_is_still_to_come_is_used() -> None:
    then = replace(RATES, today=parse_rate_day("2025-04-21"))

    found = then.rate("USD", "EUR", parse_rate_day("2025-12-31"))

    assert found.source_rate is not None
    assert day_text(found.source_rate.day) == "2025-04-17"
    with pytest.raises(NoRate, match="HRK for 2025-12-31"):
        then.rate("HRK", "EUR", parse_rate_day("2025-12-31"))


def test_a_past_day_after_the_rates_says_how_to_get_newer_ones() -> None:
    late = replace(RATES, today=TODAY + 60)

    words = "the last earlier one is of 2026-10-30; `daybook fx refresh FILE` adds"
    with pytest.raises(NoRate, match=words):
        late.rate("USD", "EUR", TODAY + 10)
    # What isn't over yet has the latest that is known.
    assert late.rate("USD", "EUR", TODAY + 61).source_rate is not None


def test_a_currency_that_a_newer_file_left_out_may_have_come_to_its_end() -> None:
    partly = replace(RATES, today=TODAY + 60, newest=TODAY + 30)

    for day in (TODAY + 30, TODAY + 90):
        with pytest.raises(NoRate, match="unless it stopped quoting the currency"):
            partly.rate("USD", "EUR", day)


@given(exact_rates, amounts, st.sampled_from(sorted(IN_USE)))
def test_an_amount_is_rounded_once_half_up_and_mirrored(
    value: Fraction, amount: int, target: str
) -> None:
    got = convert(amount, "USD", target, value)
    exact = amount * value * Fraction(10) ** (IN_USE[target] - 2)

    assert abs(got - exact) <= Fraction(1, 2)
    if abs(got - exact) == Fraction(1, 2):
        assert abs(got) > abs(exact)
    assert convert(-amount, "USD", target, value) == -got


@pytest.mark.parametrize(
    ("amount", "source", "target", "value", "converted"),
    [
        (1, "USD", "GBP", "0.5", 1),
        (-1, "USD", "GBP", "0.5", -1),
        (1, "USD", "GBP", "0.49999999", 0),
        (100, "USD", "JPY", "150.5", 151),
        (151, "JPY", "USD", "0.0066666", 101),
        (1, "JPY", "BHD", "0.0025", 3),
        (12_345_678_901_234_56, "USD", "USD", "1", 12_345_678_901_234_56),
    ],
)
def test_amounts_are_converted_between_minor_units(
    amount: int, source: str, target: str, value: str, converted: int
) -> None:
    assert convert(amount, source, target, Fraction(value)) == converted


@pytest.mark.parametrize("currencies", [("HRK", "EUR"), ("EUR", "TRL")], ids="-".join)
def test_a_currency_out_of_use_is_refused_in_words(currencies: tuple[str, str]) -> None:
    former = max(currencies)

    with pytest.raises(
        Rejected, match=f"'{former}' is not a currency in use"
    ) as raised:
        convert(1, *currencies, Fraction(1))

    assert raised.value.problems[0].code is ProblemCode.UNKNOWN_CURRENCY


days = st.integers(1, 60)
texts = st.tuples(st.integers(1, 10**6), st.integers(0, 6))


@given(
    st.dictionaries(days, texts, max_size=12), st.dictionaries(days, texts, max_size=12)
)
def test_added_rates_fill_the_days_that_are_free(
    first: dict[Day, tuple[int, int]], then: dict[Day, tuple[int, int]]
) -> None:
    def published(
        rates: dict[Day, tuple[int, int]], refresh: int
    ) -> list[PublishedRate]:
        return [PublishedRate("USD", day, *its, refresh) for day, its in rates.items()]

    series = Series("USD").with_added(published(first, 1))
    series = series.with_added(published(then, 2))

    expected = {rate.day: rate for rate in (*published(then, 2), *published(first, 1))}
    assert list(series.days) == sorted(expected)
    for position, day in enumerate(series.days):
        found = series.at(position)
        assert found.value == expected[day].value
        assert found.refresh == expected[day].refresh
        assert series.last_until(day) == found


@given(st.dictionaries(days, texts, max_size=12), days)
def test_the_last_rate_until_a_day_is_no_later_one(
    rates: dict[Day, tuple[int, int]], day: Day
) -> None:
    added = [PublishedRate("USD", its, *value) for its, value in rates.items()]
    found = Series("USD").with_added(added).last_until(day)

    before = [its for its in rates if its <= day]
    assert (found.day if found else None) == max(before, default=None)


@pytest.mark.parametrize(
    ("mantissa", "decimals", "text"),
    [(11172, 4, "1.1172"), (136, 0, "136"), (13600, 2, "136"), (13110, 0, "13110")],
)
def test_a_published_rate_is_written_as_the_ecb_does(
    mantissa: int, decimals: int, text: str
) -> None:
    assert PublishedRate("USD", 1, mantissa, decimals).text == text


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-10-30", ""),  # the last shipped day, a Friday
        ("2026-11-01", ""),  # a Sunday, which keeps Friday's rate
        ("2026-11-02", "the rate of USD for 2026-11-02 isn't known yet: `daybook fx"),
        ("2026-11-03", "the rate of 2026-11-03 is still to come"),
    ],
)
def test_a_rate_is_settled_once_no_refresh_can_change_it(day: str, words: str) -> None:
    found = RATES.unsettled_words("EUR", "USD", parse_rate_day(day))

    assert found.startswith(words)
    assert bool(found) == bool(words)


def test_a_later_rate_settles_nothing_before_it() -> None:
    later = PublishedRate("USD", parse_rate_day("2026-11-27"), 11_000, 4, 1)
    series = {"USD": RATES.series["USD"].with_added([later])}
    rates = replace(RATES, series=series, today=later.day, newest=later.day)

    assert not rates.unsettled_words("USD", "EUR", later.day)
    words = rates.unsettled_words("USD", "EUR", parse_rate_day("2026-11-02"))
    assert words.startswith("the rate of USD for 2026-11-02 isn't known yet")


def test_with_a_fixed_present_later_rates_settle_nothing() -> None:
    rates = replace(RATES, today=parse_rate_day("2026-03-31"))

    assert not rates.unsettled_words("USD", "EUR", rates.today)
    words = rates.unsettled_words("USD", "EUR", rates.today + 1)
    assert words == "the rate of 2026-04-01 is still to come"


def test_business_days_are_those_of_which_the_ecb_published_rates() -> None:
    first, last = parse_rate_day("2002-01-01"), shipped_days()[-1]

    expected = [day for day in range(first, last + 1) if is_business_day(day)]
    assert expected == [day for day in shipped_days() if day >= first]


@given(
    st.sets(st.integers(TODAY - 20, TODAY + 20)),
    st.integers(TODAY - 20, TODAY + 20),
    st.integers(TODAY - 20, TODAY + 20),
)
def test_a_settled_rate_stays_through_later_refreshes(
    added: set[Day], day: Day, today: Day
) -> None:
    complete = TODAY - 21
    business_days = [
        its for its in range(TODAY - 60, TODAY + 61) if is_business_day(its)
    ]
    known = [its for its in business_days if its <= complete or its in added]
    early, late = (
        Rates(
            {"USD": Series("USD", 4, days, [10_000 + its for its in days])},
            until,
            complete,
            days[-1],
            frozenset({"USD"}),
        )
        for days, until in ((known, today), (business_days, TODAY + 60))
    )

    is_settled = not early.unsettled_words("EUR", "USD", day)

    assert is_settled or day > today or day not in known
    if is_settled:
        assert early.rate("EUR", "USD", day) == late.rate("EUR", "USD", day)
