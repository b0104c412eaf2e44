"""The report's parameters: links say what was asked for, and nothing breaks a page."""

from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.datastructures import QueryParams
from starlette.testclient import TestClient

from daybook.calendar import FIRST_DAY, LAST_DAY, day_text, parse_month
from daybook.ledger.rules import SourceKind
from daybook_markup import parse
from daybook_services.faults import examples
from daybook_web.journals.file_addresses import csv_url
from daybook_web.journals.journal_addresses import journal_url, row_url
from daybook_web.journals.query import ReportQuery

pytestmark = pytest.mark.either_database

days = st.integers(FIRST_DAY, LAST_DAY).map(day_text)
months = days.map(lambda day: day[:7])
texts = st.text(max_size=20).map(str.strip)
PARAMETERS = (
    *("currency", "month", "from", "to", "customer", "product"),
    *("source", "search", "after", "before"),
)


@st.composite
def queries(draw: st.DrawFn) -> ReportQuery:
    """What people ask for, with a range or a month."""
    is_range = draw(st.booleans())
    sources = draw(st.sets(st.sampled_from(list(SourceKind.__members__))))
    return ReportQuery().with_values(
        currency=draw(st.sampled_from(["USD", "JPY"])),
        month="" if is_range else draw(months),
        customer=draw(texts),
        product=draw(texts),
        source=sorted(sources),
        search=draw(texts),
        after=draw(texts),
        **{name: draw(days) if is_range else "" for name in ("from", "to")},
    )


def read(url: str) -> ReportQuery:
    return ReportQuery.of(QueryParams(url.partition("?")[2]))


@given(queries())
def test_an_address_says_all_of_a_query(query: ReportQuery) -> None:
    assert read(query.url()) == query


@given(queries(), st.integers(1, 10**18), st.none() | st.integers(1, 10**7))
def test_a_rows_address_is_its_journals_at_its_place(
    query: ReportQuery, number: int, row: int | None
) -> None:
    at_place = query.with_values(n="" if row is None else str(row))

    assert row_url(query, str(number), row) == journal_url(at_place, str(number))


@given(queries(), st.integers(1, 10**18))
def test_a_journals_address_leads_back_to_its_report(
    query: ReportQuery, number: int
) -> None:
    url = journal_url(query, str(number), entries_after="x")

    path = url.partition("?")[0]
    assert path == f"/journals/{query['currency']}/{number}"
    assert read(url).with_values(currency=query["currency"]) == query


@given(queries())
def test_another_month_keeps_the_filters_and_starts_anew(query: ReportQuery) -> None:
    other = query.in_month(parse_month("2025-10"))

    assert (other["month"], other["from"], other["to"]) == ("2025-10", "", "")
    assert (other["after"], other["before"]) == ("", "")
    assert other["customer"] == query["customer"]
    assert other.parameters.get("source") == query.parameters.get("source")


@given(queries())
def test_addresses_of_months_are_those_of_their_queries(query: ReportQuery) -> None:
    first, last = parse_month("2025-10"), parse_month("2026-02")
    ranged = query.restarted(month="", **{"from": "2025-10-01", "to": "2026-02-28"})

    urls = query.months_urls()

    assert urls(first, first) == query.in_month(first).url()
    assert urls(first, last) == ranged.url()


def test_a_csv_has_the_days_and_filters_of_the_report() -> None:
    query = ReportQuery().with_values(
        currency="USD", month="2025-10", customer="a&b", source="INVOICE", after="x"
    )
    period = query.period(parse_month("2025-10"))

    address = (
        "/journals.csv?currency=USD&format=SEQUENCE&granularity=daily"
        "&from=2025-10-01&to=2025-10-31&customer=a%26b&source=INVOICE"
    )
    assert csv_url(query, period, "daily", with_scheduled=False) == address
    assert csv_url(query, period, "daily", with_scheduled=True) == (
        f"{address}&include_scheduled=yes"
    )


@settings(
    max_examples=examples(30),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.tuples(st.sampled_from(PARAMETERS), st.text(max_size=30)), max_size=5)
)
def test_no_parameters_break_the_page(
    client: TestClient, given_: list[tuple[str, str]]
) -> None:
    answer = client.get(f"/journals?{urlencode(given_)}")

    assert answer.status_code in {200, 400, 404, 422}
    assert parse(answer.text).one("h1")


@pytest.mark.parametrize(
    "query", ["%", "%zz", "month=%ff%fe", "&&==&", "source=&source="]
)
def test_malformed_query_strings_are_read_as_far_as_they_go(
    client: TestClient, query: str
) -> None:
    assert client.get(f"/journals?{query}").status_code in {200, 422}
