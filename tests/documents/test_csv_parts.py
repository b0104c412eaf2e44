"""CSV: usage days, milestones, grants and billing schedules as rows."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from daybook.documents.reading import Reading, read_documents, read_stream
from daybook.documents.reading.mapping import Mapping, load_mapping
from daybook.errors import Problem, Rejected
from daybook.recognition.rules import Part

HEAD = {
    "type": "invoice",
    "id": "inv_1",
    "status": "FINAL",
    "currency": "USD",
    "customer.id": "cus_1",
    "customer.name": "Acme",
    "issued_on": "2025-04-01",
}
PRODUCT = {"product.id": "p", "product.name": "P"}
MARCH = {"service_from": "2025-03-01", "service_to": "2025-03-31"}
USAGE = {
    **HEAD,
    **PRODUCT,
    **MARCH,
    "line.id": "1",
    "amount": "5.00",
    "method": "USAGE",
    "usage.day": "2025-03-03",
    "usage.amount": "2.00",
}
MORE = {**HEAD, "line.id": "1", "usage.day": "2025-03-04", "usage.amount": "3.00"}
PROJECT = {
    **HEAD,
    **PRODUCT,
    "line.id": "1",
    "amount": "6.00",
    "method": "MILESTONE",
    "milestones.id": "a",
    "milestones.name": "A",
    "milestones.amount": "2.00",
    "milestones.completed_on": "2025-02-14",
}
SCHEDULE = {
    **HEAD,
    **PRODUCT,
    **MARCH,
    "type": "billing_schedule",
    "id": "bs_1",
    "status": "ACTIVE",
    "frequency": "MONTHLY",
    "price": "600.00",
}
JSON_HEAD: dict[str, Any] = {
    "type": "invoice",
    "id": "inv_1",
    "status": "FINAL",
    "currency": "USD",
    "customer": {"id": "cus_1", "name": "Acme"},
    "issued_on": "2025-04-01",
}


def read(*rows: dict[str, str], mapping: Mapping | None = None) -> Reading:
    written = io.StringIO()
    names = dict.fromkeys(name for row in rows for name in row)
    writer = csv.DictWriter(written, list(names), restval="")
    writer.writeheader()
    writer.writerows(rows)
    raw = io.BytesIO(written.getvalue().encode())
    return read_stream(raw, mapping, bytes_max=10**6)


def refused(*rows: dict[str, str]) -> list[Problem]:
    with pytest.raises(Rejected) as raised:
        read(*rows)
    return list(raised.value.problems)


def place(problem: Problem) -> tuple[int | None, str, str]:
    return problem.line, ".".join(problem.path), problem.code.value


def test_a_row_that_repeats_a_line_adds_a_usage_day() -> None:
    value = {
        **JSON_HEAD,
        "lines": [
            {
                "id": "1",
                "product": {"id": "p", "name": "P"},
                "amount": "5.00",
                "method": "USAGE",
                **MARCH,
                "usage": [
                    {"day": "2025-03-03", "amount": "2.00"},
                    {"day": "2025-03-04", "amount": "3.00"},
                ],
            }
        ],
    }

    reading = read(USAGE, MORE)

    assert reading.documents == read_documents([value]).documents
    assert reading.rows == 2


def test_a_row_that_repeats_a_line_may_repeat_its_cells_too() -> None:
    again = {**USAGE, "usage.day": "2025-03-04", "usage.amount": "3.00"}

    assert read(USAGE, again).documents == read(USAGE, MORE).documents


def test_rows_of_other_lines_may_stand_between() -> None:
    other = {**USAGE, "line.id": "2", "usage.amount": "5.00"}

    first, second = read(USAGE, other, MORE).documents[0].lines

    assert first.terms is not None
    assert second.terms is not None
    assert [part.amount for part in first.terms.parts] == [200, 300]
    assert [part.amount for part in second.terms.parts] == [500]


def test_a_line_without_an_id_counts_lines_not_rows() -> None:
    unnamed = {**USAGE, "line.id": "", "usage.amount": "5.00"}

    lines = read(USAGE, MORE, unnamed).documents[0].lines

    assert [line.id for line in lines] == ["1", "2"]


def test_milestones_are_completed_open_or_untouched() -> None:
    opened = {**HEAD, "line.id": "1", "milestones.id": "b", "milestones.name": "B"}
    opened |= {"milestones.amount": "1.00", "milestones.completed_on": "open"}
    untouched = {**opened, "milestones.id": "c", "milestones.amount": "3.00"}
    untouched["milestones.completed_on"] = ""

    (line,) = read(PROJECT, opened, untouched).documents[0].lines

    assert [milestone.amount for milestone in line.milestones] == [200, 100, 300]
    assert [milestone.completed_on is None for milestone in line.milestones] == [
        False,
        True,
        True,
    ]
    assert [milestone.is_untouched for milestone in line.milestones] == [
        False,
        False,
        True,
    ]


def test_milestones_may_be_percents() -> None:
    half = {**PROJECT, "milestones.amount": "", "milestones.percent": "50"}
    rest = {**half, "milestones.id": "b"}

    (line,) = read(half, rest).documents[0].lines

    assert [milestone.amount for milestone in line.milestones] == [300, 300]


def test_problems_of_parts_name_their_rows_and_columns() -> None:
    assert [
        place(one)
        for one in refused(
            USAGE, {**MORE, "usage.day": "2025-04-04", "usage.amount": "many"}
        )
    ] == [(3, "usage.amount", "INVALID_AMOUNT")]
    assert [place(one) for one in refused(USAGE, {**MORE, "usage.day": ""})] == [
        (3, "usage.day", "MISSING")
    ]
    assert [place(one) for one in refused(USAGE)] == [
        (2, "usage.amount", "INVALID_AMOUNT")
    ]


def test_a_further_row_says_nothing_else_of_its_line() -> None:
    (problem,) = refused(USAGE, {**MORE, "amount": "6.00"})

    assert place(problem) == (3, "amount", "MISMATCH")
    assert "line 2" in problem.message


def test_a_row_that_repeats_a_line_and_adds_nothing_is_refused() -> None:
    plain = {**HEAD, **PRODUCT, "line.id": "1", "amount": "5.00"}
    plain["method"] = "POINT_IN_TIME"

    (problem,) = refused(plain, plain)

    assert place(problem) == (3, "line.id", "DUPLICATE")


def test_prepayments_groups_and_burn_downs_have_columns() -> None:
    prepaid = {
        **HEAD,
        **PRODUCT,
        "line.id": "2",
        "amount": "500.00",
        "classification": "PREPAYMENT",
        "credit_grant.id": "cg_1",
        "credit_grant.expires_on": "2025-12-31",
    }
    burning = {**HEAD, **PRODUCT, "line.id": "3", "amount": "-2.00", "group": "1"}
    burning |= {"classification": "BURNDOWN", "credit_grant_id": "cg_1"}
    usage = {**USAGE, "usage.amount": "5.00", "discount": "1.00"}
    usage["billing_schedule_id"] = "bs_1"

    (document,) = read(
        usage,
        {**prepaid, "discount": "1.00", "billing_schedule_id": "bs_1"},
        {**burning, "discount": "1.00", "billing_schedule_id": "bs_1"},
    ).documents

    assert (document.discount, document.billing_schedule_id) == (100, "bs_1")
    assert [line.grant for line in document.lines] == [None, "cg_1", "cg_1"]
    assert document.lines[2].group == "1"


def test_a_grant_that_is_missing_is_told_by_its_column() -> None:
    line = {**HEAD, **PRODUCT, "line.id": "1", "amount": "5.00"}
    line["classification"] = "PREPAYMENT"

    (problem,) = refused(line)

    assert place(problem) == (2, "credit_grant.id", "MISSING")


def test_a_billing_schedule_is_one_row() -> None:
    value = {
        **JSON_HEAD,
        **MARCH,
        "type": "billing_schedule",
        "id": "bs_1",
        "status": "ACTIVE",
        "frequency": "MONTHLY",
        "price": "600.00",
        "product": {"id": "p", "name": "P"},
    }

    assert read(SCHEDULE).documents == read_documents([value]).documents
    (problem,) = refused(SCHEDULE, SCHEDULE)
    assert place(problem) == (3, "id", "DUPLICATE")


def test_billing_schedules_alone_need_no_amounts_and_no_dates_of_issue() -> None:
    row = {name: text for name, text in SCHEDULE.items() if name != "issued_on"}

    (document,) = read({**row, "cancelled_on": "2025-03-15"}).documents

    assert document.lines[0].terms is not None
    assert document.lines[0].terms.cancelled_on is not None


def test_a_billing_schedule_has_no_line_items() -> None:
    (problem,) = refused({**SCHEDULE, "amount": "5.00"})

    assert place(problem) == (2, "amount", "UNKNOWN_FIELD")


def test_schedules_and_invoices_may_share_a_file() -> None:
    reading = read({**USAGE, "usage.amount": "5.00"}, SCHEDULE)

    assert [document.id for document in reading.documents] == ["bs_1", "inv_1"]


def test_credit_notes_are_rebuilt_and_documents_voided() -> None:
    credit = {**HEAD, "type": "credit_note", "id": "cn_1", "invoice_id": "inv_1"}
    credit |= {"treatment": "REBUILD", "line.id": "1", "amount": "1.00"}
    credit |= {"invoice_line_id": "1", "status": "VOIDED"}

    (document,) = read(credit).documents

    assert document.treatment.name == "REBUILD"
    assert document.status.name == "VOIDED"


def test_a_mapping_names_the_columns_of_parts(tmp_path: Path) -> None:
    file = tmp_path / "meter.toml"
    file.write_text(
        '[columns]\nusage.day = { column = "Day", date_format = "%d.%m.%Y" }\n'
        'usage.amount = "Charge"\n[defaults]\nmethod = "USAGE"\n'
        '[credit_note]\nnegate = true\nwhen = [{ field = "id", starts_with = "C" }]\n'
    )
    row = {
        name: text
        for name, text in USAGE.items()
        if name not in {"type", "method", "usage.day", "usage.amount"}
    }
    first = {**row, "Day": "03.03.2025", "Charge": "2.00"}
    second = {**row, "Day": "04.03.2025", "Charge": "3.00"}
    minus = {**first, "id": "C1", "amount": "-5.00", "Charge": "-5.00"}

    invoice, credit = read(first, second, minus, mapping=load_mapping(file)).documents

    for document, amounts in ((invoice, [200, 300]), (credit, [500])):
        assert document.lines[0].terms is not None
        parts: tuple[Part, ...] = document.lines[0].terms.parts
        assert [part.amount for part in parts] == amounts
