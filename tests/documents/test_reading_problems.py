"""What is refused: each broken rule with its code, its place and what to do."""

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest

from daybook.documents.reading import read_documents, read_stream
from daybook.documents.reading.problems import KEPT_MAX
from daybook.errors import Problem, ProblemCode, Rejected

LINE = {
    "id": "1",
    "product": {"id": "prod_1", "name": "Platform"},
    "amount": "1200.00",
    "service_from": "2025-01-01",
    "service_to": "2025-12-31",
}
INVOICE = {
    "type": "invoice",
    "id": "inv_1",
    "status": "FINAL",
    "currency": "USD",
    "customer": {"id": "cus_1", "name": "Acme"},
    "issued_on": "2025-01-01",
    "lines": [LINE],
}
CREDITED_LINE = {"id": "1", "invoice_line_id": "1", "amount": "5.00"}
CREDIT = {
    **INVOICE,
    "type": "credit_note",
    "invoice_id": "inv_1",
    "lines": [CREDITED_LINE],
}


def without(value: Mapping[str, object], name: str) -> dict[str, object]:
    return {key: inner for key, inner in value.items() if key != name}


def found_in(*values: object) -> list[Problem]:
    with pytest.raises(Rejected) as raised:
        read_documents(values)
    assert raised.value.total == len(raised.value.problems)
    return list(raised.value.problems)


def told(problem: Problem) -> tuple[str, str]:
    return ".".join(problem.path[1:]), problem.code.value


@pytest.mark.parametrize(
    ("change", "path", "code", "words"),
    [
        ({"type": None}, "type", "MISSING", "write invoice, credit_note or billing"),
        ({"type": "bill"}, "type", "INVALID_VALUE", "invoice, credit_note or billing"),
        ({"type": "Invoices"}, "type", "INVALID_VALUE", "; did you mean invoice?"),
        ({"type": 1}, "type", "INVALID_VALUE", "billing_schedule, not a number"),
        ({"id": None}, "id", "MISSING", "is missing"),
        ({"id": 7}, "id", "INVALID_VALUE", "must be text in quotes, not a number"),
        ({"id": ""}, "id", "INVALID_VALUE", "not be empty"),
        ({"id": " a"}, "id", "INVALID_VALUE", "begin or end with a space"),
        ({"id": "a\n"}, "id", "INVALID_VALUE", "control characters"),
        ({"id": "a\0b"}, "id", "INVALID_VALUE", "control characters"),
        ({"id": "\ud800"}, "id", "INVALID_VALUE", "surrogate"),
        ({"id": "a" * 201}, "id", "TOO_LARGE", "200 characters"),
        ({"number": ""}, "number", "INVALID_VALUE", "not be empty"),
        ({"status": None}, "status", "MISSING", "DRAFT, FINAL or VOIDED"),
        ({"status": "ACTIVE"}, "status", "INVALID_VALUE", "DRAFT, FINAL or VOIDED"),
        ({"status": "final"}, "status", "INVALID_VALUE", "; did you mean FINAL?"),
        ({"currency": None}, "currency", "MISSING", "ISO 4217"),
        ({"currency": "usd"}, "currency", "UNKNOWN_CURRENCY", "did you mean USD?"),
        ({"currency": "GPB"}, "currency", "UNKNOWN_CURRENCY", "'GPB' must be"),
        ({"currency": "GPB"}, "currency", "UNKNOWN_CURRENCY", "did you mean GBP?"),
        ({"currency": "Euro"}, "currency", "UNKNOWN_CURRENCY", "did you mean EUR?"),
        ({"currency": "£"}, "currency", "UNKNOWN_CURRENCY", "did you mean GBP?"),
        ({"status": "Paid"}, "status", "INVALID_VALUE", "'Paid' must be DRAFT, FINAL"),
        ({"status": "Paid"}, "status", "INVALID_VALUE", "; did you mean FINAL?"),
        ({"status": "void"}, "status", "INVALID_VALUE", "; did you mean VOIDED?"),
        ({"type": "Credit memo"}, "type", "INVALID_VALUE", "did you mean credit_note?"),
        ({"currency": "XAU"}, "currency", "UNKNOWN_CURRENCY", "ISO 4217"),
        ({"currency": ["USD"]}, "currency", "UNKNOWN_CURRENCY", "not a list"),
        ({"customer": None}, "customer", "MISSING", "is missing"),
        ({"customer": "Acme"}, "customer", "INVALID_VALUE", "{…}, not text"),
        ({"customer": {"id": "1"}}, "customer.name", "MISSING", "is missing"),
        ({"issued_on": None}, "issued_on", "MISSING", "YYYY-MM-DD"),
        ({"issued_on": "2025-02-29"}, "issued_on", "INVALID_DATE", "YYYY-MM-DD"),
        ({"issued_on": "2025-W01-1"}, "issued_on", "INVALID_DATE", "YYYY-MM-DD"),
        ({"issued_on": "1999-12-31"}, "issued_on", "INVALID_DATE", "2000-01-01"),
        ({"issued_on": 20250101}, "issued_on", "INVALID_DATE", "not a number"),
        ({"accounting_date": ""}, "accounting_date", "INVALID_DATE", "YYYY-MM-DD"),
        ({"billing_schedule_id": ""}, "billing_schedule_id", "INVALID_VALUE", "empty"),
        ({"discount": "-0.01"}, "discount", "INVALID_AMOUNT", "positive amount"),
        ({"discount": 0}, "discount", "INVALID_AMOUNT", "in quotes"),
        ({"discount": "1200.01"}, "discount", "INVALID_AMOUNT", "sum to, 1200.00"),
        ({"treatment": "REBUILD"}, "treatment", "UNKNOWN_FIELD", "not a field"),
        ({"invoice_id": "i"}, "invoice_id", "UNKNOWN_FIELD", "those here are type, id"),
        ({"lines": None}, "lines", "MISSING", "is missing"),
        ({"lines": []}, "lines", "MISSING", "at least one"),
        ({"lines": {}}, "lines", "INVALID_VALUE", "must be a list […], not an object"),
        ({"lines": True}, "lines", "INVALID_VALUE", "not true or false"),
        ({"isued_on": "x"}, "isued_on", "UNKNOWN_FIELD", "did you mean issued_on?"),
        ({"customer_id": "c"}, "customer_id", "UNKNOWN_FIELD", "did you mean customer"),
        ({"lines": ["x"]}, "lines.0", "INVALID_VALUE", "must be an object"),
    ],
)
def test_a_document_is_refused(
    change: dict[str, object], path: str, code: str, words: str
) -> None:
    problem = found_in({**INVOICE, **change})[0]

    assert told(problem) == (path, code)
    assert words in problem.message


@pytest.mark.parametrize(
    ("change", "path", "code", "words"),
    [
        ({"amount": None}, "amount", "MISSING", 'as "12.34"'),
        ({"amount": 12.345}, "amount", "INVALID_AMOUNT", 'like "12.34", not a number'),
        ({"amount": 12}, "amount", "INVALID_AMOUNT", "in quotes"),
        ({"amount": "12.345"}, "amount", "INVALID_AMOUNT", "3 decimals, USD has 2"),
        ({"amount": "1,200.00"}, "amount", "INVALID_AMOUNT", "decimal number"),
        ({"amount": "1e3"}, "amount", "INVALID_AMOUNT", "decimal number"),
        ({"amount": 12.5}, "amount", "INVALID_AMOUNT", "amount 12.5 must be text in"),
        ({"method": "ratable"}, "method", "INVALID_VALUE", "mean STRAIGHT_LINE?"),
        ({"method": "One-off"}, "method", "INVALID_VALUE", "'One-off' must be"),
        ({"service_to": "soon"}, "service_to", "INVALID_DATE", "service_to 'soon' is"),
        ({"group": "l"}, "group", "UNKNOWN_DOCUMENT", "group 'l' is not a line of"),
        ({"amount": "9" * 16}, "amount", "INVALID_AMOUNT", "too large"),
        ({"amount": "9" * 500}, "amount", "INVALID_AMOUNT", "such as 1234.50"),
        ({"product": None}, "product", "MISSING", "is missing"),
        ({"product": {"id": "p"}}, "product.name", "MISSING", "is missing"),
        ({"method": "MILESTONE"}, "milestones", "MISSING", "needs at least one"),
        ({"method": "DAILY"}, "method", "INVALID_VALUE", "POINT_IN_TIME or"),
        ({"method": ["USAGE"]}, "method", "INVALID_VALUE", "not a list"),
        ({"timing": "LATER"}, "timing", "INVALID_VALUE", "IN_ADVANCE or IN_ARREARS"),
        ({"strategy": "EVEN"}, "strategy", "INVALID_VALUE", "EVEN_PERIODS"),
        (
            {"group": 1},
            "group",
            "INVALID_VALUE",
            "must be text in quotes, not a number",
        ),
        ({"usage": {}}, "usage", "INVALID_VALUE", "must be a list"),
        ({"usage": [5]}, "usage.0", "INVALID_VALUE", "must be an object"),
        ({"milestones": "m1"}, "milestones", "INVALID_VALUE", "must be a list"),
        ({"credit_grant": {"id": "1"}}, "credit_grant", "INVALID_VALUE", "leave it"),
        ({"credit_grant": {}}, "credit_grant.id", "MISSING", "is missing"),
        ({"credit_grant_id": "1"}, "credit_grant_id", "INVALID_VALUE", "leave it out"),
        (
            {"classification": "ACCRUAL"},
            "classification",
            "INVALID_VALUE",
            "EARNED, PRE",
        ),
        ({"colour": "red"}, "colour", "UNKNOWN_FIELD", "those here are id, product"),
        (
            {"serviceFrom": "2025-01-01"},
            "serviceFrom",
            "UNKNOWN_FIELD",
            "serviceFrom is not a field; did you mean service_from?",
        ),
        ({"method": "USE"}, "method", "INVALID_VALUE", "MILESTONE"),
        ({"method": "point-in-time"}, "method", "INVALID_VALUE", "mean POINT_IN_TIME?"),
        ({"invoice_line_id": "1"}, "invoice_line_id", "UNKNOWN_FIELD", "not a field"),
        ({"description": "a\x1bb"}, "description", "INVALID_VALUE", "line ends"),
        ({"service_from": None}, "service_from", "INVALID_PERIOD", "both or neither"),
        ({"service_to": None}, "service_from", "INVALID_PERIOD", "both or neither"),
        ({"service_to": "2024-12-31"}, "service_from", "INVALID_PERIOD", "is after"),
        ({"service_to": "soon"}, "service_to", "INVALID_DATE", "YYYY-MM-DD"),
        (
            {"recognized_on": "2025-01-01"},
            "recognized_on",
            "INVALID_VALUE",
            "leave it out with STRAIGHT_LINE",
        ),
    ],
)
def test_an_invoice_line_is_refused(
    change: dict[str, object], path: str, code: str, words: str
) -> None:
    (problem,) = found_in({**INVOICE, "lines": [{**LINE, **change}]})

    assert told(problem) == (f"lines.0.{path}", code)
    assert words in problem.message


@pytest.mark.parametrize(
    ("change", "path", "code", "words"),
    [
        ({"invoice_id": None}, "invoice_id", "MISSING", "is missing"),
        ({"treatment": "REDO"}, "treatment", "INVALID_VALUE", "REVERSAL or REBUILD"),
        ({"discount": "0.00"}, "discount", "UNKNOWN_FIELD", "not a field"),
        ({"lines": []}, "lines", "MISSING", "at least one"),
        (
            {"lines": [without(CREDITED_LINE, "invoice_line_id")]},
            "lines.0.invoice_line_id",
            "MISSING",
            "is missing",
        ),
        (
            {"lines": [{**CREDITED_LINE, "amount": "-5.00"}]},
            "lines.0.amount",
            "INVALID_AMOUNT",
            "as a positive amount",
        ),
        *(
            (
                {"lines": [{**CREDITED_LINE, name: value}]},
                f"lines.0.{name}",
                "UNKNOWN_FIELD",
                "comes from the invoice line",
            )
            for name, value in (
                ("product", {"id": "p", "name": "P"}),
                ("method", "POINT_IN_TIME"),
                ("service_from", "2025-01-01"),
                ("recognized_on", "2025-01-01"),
                ("group", "2"),
                ("usage", [{"day": "2025-01-01", "amount": "5.00"}]),
                ("milestones", []),
                ("credit_grant", {"id": "cg_1"}),
                ("credit_grant_id", "cg_1"),
            )
        ),
    ],
)
def test_a_credit_note_on_an_invoice_is_refused(
    change: dict[str, object], path: str, code: str, words: str
) -> None:
    (problem,) = found_in({**CREDIT, **change})

    assert told(problem) == (path, code)
    assert words in problem.message


def test_a_standalone_credit_has_positive_amounts_and_a_product() -> None:
    problems = found_in(
        {**CREDIT, "invoice_id": None, "lines": [{"id": "1", "amount": "-1.00"}]}
    )

    assert [told(problem) for problem in problems] == [
        ("lines.0.product", "MISSING"),
        ("lines.0.amount", "INVALID_AMOUNT"),
    ]


def test_line_ids_are_unique_and_that_is_told_beside_other_problems() -> None:
    problems = found_in({**INVOICE, "lines": [LINE, {**LINE, "amount": "x"}]})

    assert [told(problem) for problem in problems] == [
        ("lines.1.amount", "INVALID_AMOUNT"),
        ("lines.1.id", "DUPLICATE"),
    ]
    assert "lines.0" in problems[1].message


def test_a_document_has_at_most_30_000_lines() -> None:
    lines = [{**LINE, "id": str(number)} for number in range(30_001)]

    (problem,) = found_in({**INVOICE, "lines": lines})

    assert told(problem) == ("lines", "TOO_LARGE")
    assert "30,000" in problem.message
    assert read_documents([{**INVOICE, "lines": lines[1:]}]).rows == 1


def test_a_document_sums_to_no_more_than_the_largest_amount() -> None:
    most = {**LINE, "amount": "9999999999999.99"}

    (problem,) = found_in({**INVOICE, "lines": [most, {**most, "id": "2"}]})

    assert told(problem) == ("lines", "TOO_LARGE")


def test_names_of_fields_are_strings() -> None:
    value: dict[Any, Any] = {**INVOICE, 5: "five"}

    (problem,) = found_in(value)

    assert told(problem) == ("5", "UNKNOWN_FIELD")


def test_every_problem_of_a_document_is_told_at_once() -> None:
    problems = found_in(
        {
            **without(INVOICE, "customer"),
            "currency": "XXQ",
            "status": "VOID",
            "colour": "red",
            "lines": [
                {**LINE, "amount": "1.2.3", "service_from": "2025-13-01", "group": 1},
                {**LINE, "id": "2", "method": "USED", "service_to": None},
            ],
        }
    )

    assert {told(problem) for problem in problems} == {
        ("customer", "MISSING"),
        ("currency", "UNKNOWN_CURRENCY"),
        ("status", "INVALID_VALUE"),
        ("colour", "UNKNOWN_FIELD"),
        ("lines.0.amount", "INVALID_AMOUNT"),
        ("lines.0.service_from", "INVALID_DATE"),
        ("lines.0.group", "INVALID_VALUE"),
        ("lines.1.method", "INVALID_VALUE"),
        ("lines.1.service_from", "INVALID_PERIOD"),
    }


def test_problems_of_whole_lines_are_told_beside_others() -> None:
    problems = found_in(
        {
            **without(INVOICE, "customer"),
            "lines": [
                {**LINE, "classification": "PREPAYMENT"},
                {**LINE, "amount": "x"},
                {**LINE, "id": "3", "credit_grant_id": "cg_1"},
            ],
        }
    )

    assert [told(problem) for problem in problems] == [
        ("customer", "MISSING"),
        ("lines.1.amount", "INVALID_AMOUNT"),
        ("lines.1.id", "DUPLICATE"),
        ("lines.0.credit_grant", "MISSING"),
        ("lines.2.credit_grant_id", "INVALID_VALUE"),
    ]


def test_the_path_starts_with_the_index_of_the_document() -> None:
    problems = found_in(INVOICE, 5, {**INVOICE, "status": "FINAL", "id": None})

    assert [problem.path for problem in problems] == [("1",), ("2", "id")]
    assert problems[0].code is ProblemCode.INVALID_VALUE


@pytest.mark.parametrize("change", [{"number": "other"}, {"status": "DRAFT"}])
def test_one_id_with_two_contents_names_both(change: dict[str, object]) -> None:
    (problem,) = found_in(INVOICE, {**INVOICE, **change})

    assert problem.path == ("1", "id")
    assert problem.code is ProblemCode.DUPLICATE
    assert "invoice inv_1" in problem.message
    assert "document 0" in problem.message


def test_in_a_file_both_lines_are_named() -> None:
    text = "\n".join(json.dumps(one) for one in (INVOICE, {**INVOICE, "number": "2"}))

    with pytest.raises(Rejected) as raised:
        read_stream(io.BytesIO(text.encode()), None, bytes_max=10**6)

    (problem,) = raised.value.problems
    assert (problem.code, problem.line, problem.path) == (
        ProblemCode.DUPLICATE,
        2,
        ("id",),
    )
    assert "line 1" in problem.message


def test_so_many_problems_are_kept_and_the_others_counted() -> None:
    value = {**INVOICE, "id": None, "status": None}

    with pytest.raises(Rejected) as raised:
        read_documents([value] * 6_000)

    assert len(raised.value.problems) == KEPT_MAX
    assert raised.value.total == 12_000


def test_more_problems_than_can_be_listed_are_counted() -> None:
    fields = {f"field_{number}": 0 for number in range(200_001)}

    with pytest.raises(Rejected) as raised:
        read_documents([INVOICE | fields])

    assert raised.value.total == 200_001
    assert raised.value.problems[0].code is ProblemCode.TOO_LARGE


@pytest.mark.parametrize(
    "change",
    [
        {"type": "Bill!"},
        {"id": " a"},
        {"number": "n" * 300},
        {"status": "Payed"},
        {"currency": "DOL"},
        {"issued_on": "31/01/2025"},
        {"customer": {"id": "c", "name": " "}},
        {"discount": "1,00"},
        {"treatment": "REDO", "type": "credit_note", "invoice_id": "inv_2"},
        {"lines": [{**LINE, "method": "Slowly"}]},
        {"lines": [{**LINE, "timing": "Later"}]},
        {"lines": [{**LINE, "strategy": "Evenly"}]},
        {"lines": [{**LINE, "classification": "Other"}]},
        {"lines": [{**LINE, "amount": 12.34}]},
        {"lines": [{**LINE, "service_to": "2025-02-30"}]},
        {"lines": [{**LINE, "usage": [{"day": "x", "amount": "1.00"}]}]},
        {"lines": [{**LINE, "milestones": [{"id": "1", "name": "m", "percent": "0"}]}]},
    ],
)
def test_a_refused_value_is_quoted(change: dict[str, Any]) -> None:
    problems = found_in({**INVOICE, **change})

    quoting = [problem for problem in problems if problem.value is not None]
    assert quoting
    assert all(str(problem.value) in problem.message for problem in quoting)
    assert all(len(problem.message) < 300 for problem in problems)
