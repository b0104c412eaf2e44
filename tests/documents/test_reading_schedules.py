"""Billing schedules: what they become, and what is refused."""

from typing import Any

import pytest

from daybook.calendar import parse_day
from daybook.documents.reading import read_documents
from daybook.documents.rules import (
    Defaults,
    Document,
    DocumentStatus,
    LedgerDefaults,
    ProductDetails,
)
from daybook.errors import Rejected
from daybook.ledger.rules import SourceKind
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Classification, Method, Terms, Timing

SCHEDULE = {
    "type": "billing_schedule",
    "id": "bs_1",
    "number": "BS-001",
    "status": "ACTIVE",
    "currency": "GBP",
    "customer": {"id": "cus_1", "name": "Acme"},
    "product": {"id": "prod_1", "name": "Platform"},
    "timing": "IN_ARREARS",
    "frequency": "MONTHLY",
    "price": "600.00",
    "service_from": "2025-01-16",
    "service_to": "2025-04-15",
    "method": "STRAIGHT_LINE",
    "cancelled_on": None,
}


def schedule(**fields: Any) -> Document:
    (one,) = read_documents([{**SCHEDULE, **fields}]).documents
    return one


def test_a_billing_schedule_has_one_line_with_the_terms_of_its_accrual() -> None:
    document = schedule()

    assert document.key == (SourceKind.BILLING_SCHEDULE, "bs_1")
    assert document.number == "BS-001"
    assert document.status is DocumentStatus.FINAL
    assert document.issued_on == document.accounting_date == parse_day("2025-01-16")
    (line,) = document.lines
    assert (line.id, line.amount) == ("1", 60_000)
    assert line.product == ProductDetails("prod_1", "Platform")
    assert line.terms == Terms(
        60_000,
        Method.STRAIGHT_LINE,
        Timing.IN_ARREARS,
        first_day=parse_day("2025-01-16"),
        last_day=parse_day("2025-04-15"),
        classification=Classification.ACCRUAL,
        months=1,
    )


def test_what_is_left_out_is_filled_in() -> None:
    left_out = dict.fromkeys(("number", "timing", "method"))

    document = schedule(**left_out, issued_on="2025-01-02")

    assert document.number == "bs_1"
    assert document.issued_on == document.accounting_date == parse_day("2025-01-02")
    assert document.lines[0].terms is not None
    assert document.lines[0].terms.timing is Timing.IN_ARREARS


@pytest.mark.parametrize(
    ("frequency", "months"),
    [("MONTHLY", 1), ("QUARTERLY", 3), ("SEMI_ANNUAL", 6), ("ANNUAL", 12)],
)
def test_a_frequency_is_a_number_of_months(frequency: str, months: int) -> None:
    terms = schedule(frequency=frequency).lines[0].terms

    assert terms is not None
    assert terms.months == months


@pytest.mark.parametrize("on", ["2025-01-16", "2025-02-28", "2025-04-16"])
@pytest.mark.parametrize("status", ["ACTIVE", "CANCELLED"])
def test_a_cancelled_schedule_says_from_when_on(status: str, on: str) -> None:
    document = schedule(status=status, cancelled_on=on)

    assert document.status is (
        DocumentStatus.CANCELLED if status == "CANCELLED" else DocumentStatus.FINAL
    )
    assert document.lines[0].terms is not None
    assert document.lines[0].terms.cancelled_on == parse_day(on)


def test_a_draft_schedule_is_counted() -> None:
    reading = read_documents([{**SCHEDULE, "status": "DRAFT"}])

    assert (reading.count, reading.drafts) == (0, 1)


def test_a_price_may_be_nothing() -> None:
    assert schedule(price="0").lines[0].amount == 0


@pytest.mark.parametrize(
    ("change", "path", "code", "words"),
    [
        ({"status": "FINAL"}, "status", "INVALID_VALUE", "ACTIVE or CANCELLED"),
        ({"product": None}, "product", "MISSING", "is missing"),
        ({"frequency": None}, "frequency", "MISSING", "write MONTHLY, QUARTERLY"),
        ({"frequency": "WEEKLY"}, "frequency", "INVALID_VALUE", "SEMI_ANNUAL"),
        ({"price": "-1.00"}, "price", "INVALID_AMOUNT", "is zero or more"),
        ({"price": 600}, "price", "INVALID_AMOUNT", "in quotes"),
        ({"method": "USAGE"}, "method", "INVALID_VALUE", "must be STRAIGHT_LINE"),
        ({"service_from": None}, "service_from", "MISSING", "YYYY-MM-DD"),
        ({"service_to": None}, "service_to", "MISSING", "YYYY-MM-DD"),
        ({"service_to": "2025-01-15"}, "service_from", "INVALID_PERIOD", "is after"),
        (
            {"status": "CANCELLED"},
            "cancelled_on",
            "MISSING",
            "first day that no longer counts",
        ),
        (
            {"cancelled_on": "2025-01-15"},
            "cancelled_on",
            "INVALID_DATE",
            "from 2025-01-16 to",
        ),
        (
            {"cancelled_on": "2025-04-17"},
            "cancelled_on",
            "INVALID_DATE",
            "to 2025-04-16: it is",
        ),
        ({"lines": []}, "lines", "UNKNOWN_FIELD", "those here are type, id"),
        ({"discount": "1"}, "discount", "UNKNOWN_FIELD", "not a field"),
        ({"strategy": "EXACT_DAYS"}, "strategy", "UNKNOWN_FIELD", "not a field"),
    ],
)
def test_a_billing_schedule_is_refused(
    change: dict[str, Any], path: str, code: str, words: str
) -> None:
    with pytest.raises(Rejected) as raised:
        schedule(**change)

    problem = raised.value.problems[0]
    assert (".".join(problem.path[1:]), problem.code.value) == (path, code)
    assert words in problem.message


@pytest.mark.parametrize(
    "change",
    [
        {"timing": None},
        {"frequency": "ANNUAL"},
        {"price": "600.01"},
        {"service_to": "2025-04-14"},
        {"cancelled_on": "2025-04-14"},
        {"cancelled_on": "2025-04-14", "status": "CANCELLED"},
        {"issued_on": "2025-01-01"},
    ],
)
def test_changed_content_changes_the_hash(change: dict[str, Any]) -> None:
    assert schedule(**change).content_hash() != schedule().content_hash()


def test_changed_settings_do_not_change_the_hash() -> None:
    settings = Defaults(ledgers={"GBP": LedgerDefaults(strategy=Strategy.EXACT_DAYS)})

    (document,) = read_documents([SCHEDULE], defaults=settings).documents

    assert document.content_hash() == schedule().content_hash()
