"""What JSON documents mean: defaults, forms of credit notes, drafts, repeats."""

import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from daybook.calendar import parse_day
from daybook.documents.reading import Reading, read_documents, read_file, read_stream
from daybook.documents.rules import CustomerDetails, Document, ProductDetails
from daybook.errors import Rejected
from daybook.ledger.rules import SourceKind
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Method, Terms, Timing

LINE = {
    "id": "1",
    "product": {"id": "prod_1", "name": "Platform", "category": "SaaS"},
    "description": "Platform, annual",
    "amount": "1200.00",
    "service_from": "2025-01-01",
    "service_to": "2025-12-31",
    "timing": "IN_ADVANCE",
    "method": "STRAIGHT_LINE",
    "strategy": "EXACT_DAYS",
    "group": None,
    "classification": "EARNED",
    "recognized_on": None,
}
INVOICE = {
    "type": "invoice",
    "id": "inv_1",
    "number": "INV-001",
    "status": "FINAL",
    "currency": "USD",
    "customer": {"id": "cus_1", "name": "Acme", "legal_name": "Acme Ltd"},
    "issued_on": "2025-01-01",
    "accounting_date": "2025-01-02",
    "billing_schedule_id": None,
    "discount": "0.00",
    "lines": [LINE],
}
SHORT_LINE = {"id": "1", "product": {"id": "p", "name": "Setup"}, "amount": "10.00"}
SHORT = {
    "type": "invoice",
    "id": "inv_2",
    "status": "FINAL",
    "currency": "USD",
    "customer": {"id": "cus_1", "name": "Acme"},
    "issued_on": "2025-03-31",
}
CREDIT = {**SHORT, "type": "credit_note", "id": "cn_1"}


def one_of(value: object) -> Document:
    (document,) = read_documents([value]).documents
    return document


def terms_of(value: Mapping[str, object], **line: object) -> Terms:
    document = one_of({**value, "lines": [{**SHORT_LINE, **line}]})
    terms = document.lines[0].terms
    assert terms is not None
    return terms


def read_lines(*values: object) -> Reading:
    text = "\n".join(json.dumps(value) for value in values)
    return read_stream(io.BytesIO(text.encode()), None, bytes_max=10**6)


def test_every_field_of_an_invoice_is_taken_over() -> None:
    document = one_of(INVOICE)

    assert document.key == (SourceKind.INVOICE, "inv_1")
    assert document.number == "INV-001"
    assert document.currency == "USD"
    assert document.customer == CustomerDetails("cus_1", "Acme", "Acme Ltd")
    assert document.issued_on == parse_day("2025-01-01")
    assert document.accounting_date == parse_day("2025-01-02")
    (line,) = document.lines
    assert line.product == ProductDetails("prod_1", "Platform", "SaaS")
    assert (line.id, line.amount, line.description) == (
        "1",
        120_000,
        "Platform, annual",
    )
    assert line.terms == Terms(
        amount=120_000,
        method=Method.STRAIGHT_LINE,
        timing=Timing.IN_ADVANCE,
        strategy=Strategy.EXACT_DAYS,
        first_day=parse_day("2025-01-01"),
        last_day=parse_day("2025-12-31"),
    )


def test_what_is_left_out_is_filled_in() -> None:
    document = one_of({**SHORT, "lines": [{**SHORT_LINE, "method": "POINT_IN_TIME"}]})

    assert document.number == "inv_2"
    assert document.customer.legal_name == "Acme"
    assert document.accounting_date == parse_day("2025-03-31")
    assert document.lines[0].description is None
    terms = document.lines[0].terms
    assert terms == Terms(
        1_000,
        Method.POINT_IN_TIME,
        Timing.IN_ADVANCE,
        recognized_on=parse_day("2025-03-31"),
    )


def test_the_method_of_an_invoice_line_is_straight_line_by_default() -> None:
    terms = terms_of(SHORT, service_from="2025-01-01", service_to="2025-02-28")

    assert terms.method is Method.STRAIGHT_LINE
    assert terms.strategy is Strategy.DAILY_RATE_EVEN_MONTHS
    assert terms.timing is Timing.IN_ARREARS, "the accounting date is after the service"


@pytest.mark.parametrize(
    ("timing", "day"), [("IN_ADVANCE", "2025-05-01"), ("IN_ARREARS", "2025-05-31")]
)
def test_a_point_in_time_is_an_end_of_its_period(timing: str, day: str) -> None:
    terms = terms_of(
        SHORT,
        method="POINT_IN_TIME",
        timing=timing,
        service_from="2025-05-01",
        service_to="2025-05-31",
    )

    assert terms.recognized_on == parse_day(day)


def test_null_is_the_same_as_leaving_out() -> None:
    optional = (
        "description method timing strategy service_from service_to recognized_on "
        "classification group usage milestones credit_grant credit_grant_id"
    )
    nothing = dict.fromkeys(optional.split())
    period = {"service_from": "2025-01-01", "service_to": "2025-01-31"}

    said = one_of({**SHORT, "lines": [{**SHORT_LINE, **nothing, **period}]})
    unsaid = one_of({**SHORT, "lines": [{**SHORT_LINE, **period}]})

    assert said == unsaid
    assert said.content_hash() == unsaid.content_hash()


def test_a_credit_of_an_invoice_line_has_no_terms_of_its_own() -> None:
    line = {"id": "1", "invoice_line_id": "7", "amount": "5.00"}

    document = one_of(
        {**CREDIT, "invoice_id": "inv_1", "treatment": "REVERSAL", "lines": [line]}
    )

    assert document.key == (SourceKind.CREDIT_NOTE, "cn_1")
    assert document.invoice_id == "inv_1"
    (credited,) = document.lines
    assert (credited.invoice_line_id, credited.amount) == ("7", 500)
    assert credited.product is None
    assert credited.terms is None


def test_a_standalone_credit_is_recognized_on_its_accounting_date() -> None:
    terms = terms_of(CREDIT, service_from="2025-01-01", service_to="2025-01-31")

    assert terms.method is Method.POINT_IN_TIME
    assert terms.amount == 1_000, "the amount stays positive"
    assert terms.recognized_on == parse_day("2025-03-31")


def test_a_standalone_credit_can_be_straight_line() -> None:
    terms = terms_of(
        CREDIT,
        method="STRAIGHT_LINE",
        service_from="2025-04-01",
        service_to="2025-04-30",
    )

    assert terms.method is Method.STRAIGHT_LINE
    assert terms.recognized_on is None


def test_negative_and_zero_amounts_are_invoice_lines() -> None:
    period = {"service_from": "2025-04-01", "service_to": "2025-04-30"}

    assert terms_of(SHORT, amount="-0.05", **period).amount == -5
    assert terms_of(SHORT, amount="0", **period).amount == 0


def test_amounts_have_the_decimals_of_their_currency() -> None:
    period = {"service_from": "2025-04-01", "service_to": "2025-04-30"}

    assert terms_of({**SHORT, "currency": "JPY"}, amount="12", **period).amount == 12
    bahrain = terms_of({**SHORT, "currency": "BHD"}, amount="1.234", **period)
    assert bahrain.amount == 1_234


def test_drafts_are_checked_and_counted_but_not_returned() -> None:
    reading = read_lines({**INVOICE, "status": "DRAFT"}, {**INVOICE, "id": "inv_9"})

    assert [document.id for document in reading.documents] == ["inv_9"]
    assert (reading.drafts, reading.rows, reading.left_out) == (1, 2, {})
    with pytest.raises(Rejected):
        read_lines({**INVOICE, "status": "DRAFT", "lines": []})


def test_the_same_document_twice_is_taken_once() -> None:
    again = {**INVOICE, "lines": [dict(reversed(LINE.items()))]}

    reading = read_lines(INVOICE, {**INVOICE, "id": "inv_9"}, again)

    assert [document.id for document in reading.documents] == ["inv_1", "inv_9"]
    assert reading.rows == 3


def test_an_invoice_and_a_credit_note_may_share_an_id() -> None:
    line = {**SHORT_LINE, "method": "POINT_IN_TIME"}

    reading = read_lines(
        {**SHORT, "id": "1", "lines": [line]}, {**CREDIT, "id": "1", "lines": [line]}
    )

    assert len(reading.documents) == 2


def test_documents_know_their_line_and_their_hash_does_not(tmp_path: Path) -> None:
    file = tmp_path / "documents.jsonl"
    text = json.dumps({**INVOICE, "id": "inv_9"}) + "\n\n" + json.dumps(INVOICE) + "\n"
    file.write_text(text, encoding="utf-8-sig")

    reading = read_file(file, None, bytes_max=10**6)

    document = reading.documents[1]
    assert document.line == 3
    assert document.content_hash() == one_of(INVOICE).content_hash()
    assert document == one_of(INVOICE)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other"},
        {"number": "other"},
        {"type": "credit_note", "discount": None, "billing_schedule_id": None},
        {"currency": "EUR"},
        {"customer": {"id": "cus_1", "name": "Acme", "legal_name": "Acme Inc"}},
        {"issued_on": "2025-01-03"},
        {"accounting_date": "2025-01-03"},
        {"lines": [{**LINE, "description": None}]},
        {"lines": [{**LINE, "amount": "1200.01"}]},
        {"lines": [{**LINE, "timing": "IN_ARREARS"}]},
        {"lines": [{**LINE, "strategy": None}]},
        {"lines": [{**LINE, "service_to": "2026-12-31"}]},
        {"lines": [{**LINE, "product": {"id": "prod_1", "name": "Platform"}}]},
        {"lines": [LINE, {**LINE, "id": "2"}]},
        {"status": "VOIDED"},
        {"discount": "0.01"},
        {"billing_schedule_id": "bs_1"},
    ],
)
def test_changed_content_changes_the_hash(change: dict[str, object]) -> None:
    value = {**INVOICE, **change}
    if value["type"] == "credit_note":
        del value["discount"], value["billing_schedule_id"]

    assert one_of(value).content_hash() != one_of(INVOICE).content_hash()


def test_nothing_sent_is_nothing_read() -> None:
    reading = read_documents([])

    assert (reading.documents, reading.count) == ([], 0)
    assert (reading.drafts, reading.rows, reading.left_out) == (0, 0, {})
