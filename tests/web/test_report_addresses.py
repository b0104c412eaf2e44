"""Addresses of reports, and bars of amounts: what needs no ledger."""

import pytest
from starlette.datastructures import QueryParams

from daybook_web.kit.results import Money
from daybook_web.reports.address import (
    DEFERRED,
    POPULATION,
    ROLL_FORWARD,
    WATERFALL,
    Address,
    Report,
)
from daybook_web.reports.bars import bar_chart, bridge


def address(query: str, report: Report = DEFERRED) -> Address:
    return Address.of(report, QueryParams(query))


def test_an_address_is_written_as_it_was_read_without_what_is_empty() -> None:
    read = address("customer=+cus_1&currency=usd&on=2025-10-31&product=&open_only=yes")

    assert read.url() == (
        "/reports/deferred-revenue?currency=USD&on=2025-10-31&customer=cus_1"
        "&open_only=yes"
    )
    assert read.file_url("xlsx") == read.url().replace("revenue?", "revenue.xlsx?")


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("inv_1", ("INVOICE", "inv_1")),
        ("credit-note:cn_1", ("CREDIT_NOTE", "cn_1")),
        ("BILLING_SCHEDULE:bs:1", ("BILLING_SCHEDULE", "bs:1")),
        ("a:b", ("INVOICE", "a:b")),
        ("INVOICE:", None),
    ],
)
def test_a_document_has_a_kind(text: str, document: tuple[str, str] | None) -> None:
    assert address(f"document={text}").document == document


def test_another_report_keeps_the_day_and_the_parties_and_nothing_else() -> None:
    read = address(
        "currency=USD&on=2025-10-31&as_of=2025-11-05&customer=cus_1&apart=yes&after=x",
        WATERFALL,
    )

    assert read.of_report(ROLL_FORWARD).url() == (
        "/reports/roll-forward?currency=USD&on=2025-10-31&as_of=2025-11-05"
        "&customer=cus_1"
    )
    assert "on=" not in read.of_report(POPULATION).url()


def test_flags_are_repeated_or_separated_by_commas() -> None:
    read = address("flags=manual,round&flags=WEEKEND&currency=USD", POPULATION)

    assert read.flags == ("MANUAL", "ROUND", "WEEKEND")
    assert read.url().endswith("&flags=MANUAL&flags=ROUND&flags=WEEKEND")
    assert read.problems() == []


def test_a_page_of_a_report_is_left_for_any_other_selection() -> None:
    read = address("currency=USD&after=abc&totals=yes")

    assert read.url(customer="cus_1") == (
        "/reports/deferred-revenue?currency=USD&customer=cus_1"
    )
    assert read.totals_url().endswith("after=abc&totals=yes")


def test_bars_stand_on_zero_or_hang_from_it() -> None:
    chart = bar_chart(
        [("Oct", Money("300.00")), ("Nov", Money("-100.00"))], ["/a", "/b"]
    )

    assert chart is not None
    assert chart.zero == 750
    assert [(bar.top, bar.height) for bar in chart.bars] == [(0, 750), (750, 250)]
    assert bar_chart([("Oct", Money("0.00"))], [""]) is None
    assert bar_chart([], []) is None


def test_a_bridge_hangs_each_step_between_the_balances_around_it() -> None:
    chart = bridge(
        Money("100.00"),
        [("Billed", Money("300.00")), ("Recognized", Money("-200.00"))],
        Money("200.00"),
        ["", "", "", ""],
    )

    assert chart is not None
    assert [(bar.name, bar.top, bar.height, bar.style) for bar in chart.bars] == [
        ("Opening", 750, 250, "balance"),
        ("Billed", 0, 750, "up"),
        ("Recognized", 0, 500, "down"),
        ("Closing", 500, 500, "balance"),
    ]


@pytest.mark.parametrize(
    ("amount", "short"),
    [
        ("902114870.05", "902M"),
        ("15795.62", "15.8k"),
        ("-967.70", "-968"),
        ("0.05", "0.05"),
    ],
)
def test_a_bar_says_its_amount_in_three_digits(amount: str, short: str) -> None:
    chart = bar_chart([("Oct", Money(amount))], [""])

    assert chart is not None
    assert chart.bars[0].short.replace("\N{MINUS SIGN}", "-") == short
