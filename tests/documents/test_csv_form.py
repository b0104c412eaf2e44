"""CSV files with the format's own headers: rows, documents, and what is refused."""

import csv
import io
import json
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.documents.reading import Reading, read_documents, read_stream
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.rules import SourceKind

HEADER = (
    "type,id,status,currency,customer.id,customer.name,issued_on,line.id,"
    "product.id,product.name,description,amount,service_from,service_to,method,"
    "invoice_id,invoice_line_id"
)
SHORT_HEADER = [
    *("type", "id", "status", "currency", "customer.id", "customer.name"),
    *("issued_on", "product.id", "product.name", "description", "amount", "method"),
]
INVOICE_ROW = (
    "invoice,inv_1,FINAL,USD,cus_1,Acme,2025-01-01,1,prod_1,Platform,,1200.00,"
    "2025-01-01,2025-12-31,,,"
)
SECOND_ROW = INVOICE_ROW.replace("2025-01-01,1,", "2025-01-01,2,")
CREDIT_ROW = "credit_note,cn_1,FINAL,USD,cus_1,Acme,2025-10-01,1,,,,500.00,,,,inv_1,1"


def read(*rows: str, header: str = HEADER) -> Reading:
    text = "\n".join([header, *rows]) + "\n"
    return read_stream(io.BytesIO(text.encode()), None, bytes_max=10**6)


def refused(*rows: str, header: str = HEADER) -> list[Problem]:
    with pytest.raises(Rejected) as raised:
        read(*rows, header=header)
    return list(raised.value.problems)


def place(problem: Problem) -> tuple[int | None, str, str]:
    return problem.line, ".".join(problem.path), problem.code.value


def test_a_row_is_a_line_item_of_the_same_document_as_in_json() -> None:
    value = {
        "type": "invoice",
        "id": "inv_1",
        "status": "FINAL",
        "currency": "USD",
        "customer": {"id": "cus_1", "name": "Acme"},
        "issued_on": "2025-01-01",
        "lines": [
            {
                "id": "1",
                "product": {"id": "prod_1", "name": "Platform"},
                "amount": "1200.00",
                "service_from": "2025-01-01",
                "service_to": "2025-12-31",
            }
        ],
    }

    reading = read(INVOICE_ROW)

    assert reading.documents == read_documents([value]).documents
    assert reading.documents[0].line == 2
    assert (reading.rows, reading.drafts, reading.left_out) == (1, 0, {})


def test_rows_of_one_document_may_stand_apart() -> None:
    other = INVOICE_ROW.replace("inv_1", "inv_2")

    reading = read(INVOICE_ROW, other, SECOND_ROW)

    first, second = reading.documents
    assert (first.id, [line.id for line in first.lines]) == ("inv_1", ["1", "2"])
    assert (second.id, len(second.lines)) == ("inv_2", 1)


def test_a_credit_note_names_the_line_that_it_credits() -> None:
    reading = read(INVOICE_ROW, CREDIT_ROW)

    credit = reading.documents[1]
    assert credit.key == (SourceKind.CREDIT_NOTE, "cn_1")
    assert credit.invoice_id == "inv_1"
    assert credit.lines[0].invoice_line_id == "1"
    assert credit.lines[0].amount == 50_000


def test_a_line_without_an_id_is_known_by_its_position() -> None:
    unnamed = INVOICE_ROW.replace("2025-01-01,1,", "2025-01-01,,")

    reading = read(unnamed, unnamed)

    assert [line.id for line in reading.documents[0].lines] == ["1", "2"]


def test_spaces_around_cells_and_blank_rows_do_not_count() -> None:
    spaced = INVOICE_ROW.replace(",", " , ")

    reading = read(
        "", spaced, "," * HEADER.count(","), header=HEADER.replace(",", " ,")
    )

    assert reading.documents == read(INVOICE_ROW).documents
    assert reading.rows == 1


def test_a_quoted_cell_may_hold_delimiters_quotes_and_line_breaks() -> None:
    row = INVOICE_ROW.replace("Platform,,", 'Platform,"a ""b"", c\nd",')

    reading = read(row, SECOND_ROW.replace("inv_1", "inv_2"))

    assert reading.documents[0].lines[0].description == 'a "b", c\nd'
    assert reading.documents[1].line == 4


def test_problems_name_the_line_of_the_row_and_the_column() -> None:
    quoted = INVOICE_ROW.replace("Platform,,", 'Platform,"a\nb",')

    problems = refused(
        quoted,
        SECOND_ROW.replace("1200.00", "1200.001"),
        INVOICE_ROW.replace("inv_1", "inv_2").replace("Acme", ""),
        INVOICE_ROW.replace("inv_1", "inv_3").replace("prod_1,Platform", ","),
    )

    assert [place(problem) for problem in problems] == [
        (4, "amount", "INVALID_AMOUNT"),
        (5, "customer.name", "MISSING"),
        (6, "product.id", "MISSING"),
    ]


def test_a_line_id_twice_names_its_row() -> None:
    (problem,) = refused(INVOICE_ROW, INVOICE_ROW)

    assert place(problem) == (3, "line.id", "DUPLICATE")


def test_rows_of_one_document_agree_about_it() -> None:
    (problem,) = refused(INVOICE_ROW, SECOND_ROW.replace("cus_1", "cus_2"))

    assert place(problem) == (3, "customer.id", "MISMATCH")
    assert problem.message == (
        "'inv_1' is also on line 2, with other values: customer.id is 'cus_1' there and"
        " 'cus_2' here; write the same in all rows of a document, or, if they are two"
        " documents, give each a number of its own"
    )


def test_a_number_that_two_documents_have_is_one_problem() -> None:
    other = (
        SECOND_ROW.replace("cus_1", "cus_2")
        .replace("Acme", "Brio")
        .replace("2025-01-01,2,", "2025-02-01,2,")
    )

    (problem,) = refused(INVOICE_ROW, other, other.replace("02-01,2,", "02-01,3,"))

    assert place(problem) == (3, "id", "MISMATCH")
    assert (
        "customer.id is 'cus_1' there and 'cus_2' here, customer.name is 'Acme' there"
        " and 'Brio' here, issued_on is '2025-01-01' there and '2025-02-01' here;"
    ) in problem.message


def test_spellings_of_a_name_in_one_document_are_the_first_one() -> None:
    (document,) = read(INVOICE_ROW, SECOND_ROW.replace("Acme", "ACME ")).documents

    assert document.customer.name == "Acme"
    assert len(document.lines) == 2


def test_each_row_without_an_id_is_told() -> None:
    unnamed = INVOICE_ROW.replace("inv_1", "")

    problems = refused(unnamed, unnamed)

    assert [place(problem) for problem in problems] == [
        (2, "id", "MISSING"),
        (3, "id", "MISSING"),
    ]


def test_what_a_line_needs_is_told_as_in_json() -> None:
    (problem,) = refused(INVOICE_ROW.replace("2025-12-31,,", "2025-12-31,MILESTONE,"))

    assert place(problem) == (2, "milestones.amount", "MISSING")


def test_ragged_rows_are_refused() -> None:
    short, long = refused(INVOICE_ROW[:-1], INVOICE_ROW + ",")

    assert place(short) == (2, "", "UNREADABLE")
    assert "16 cells where the header has 17" in short.message
    assert "18 cells" in long.message


def test_a_header_lists_what_is_missing_unknown_and_twice() -> None:
    header = HEADER.replace("amount", "amuont").replace("service_to", "service_from")

    missing, unknown, twice = refused(INVOICE_ROW, header=header)

    assert place(missing) == (1, "amount", "MISSING")
    assert place(unknown) == (1, "amuont", "UNKNOWN_FIELD")
    assert place(twice) == (1, "service_from", "DUPLICATE")
    assert "is nearly of Daybook's own form, but lacks: amount;" in missing.message
    assert "unknown columns: amuont (did you mean amount?);" in unknown.message


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("Invoice No,Customer,Date,Net,VAT", "Invoice No, Customer, Date and 2 more"),
        ("Date,Amount", "what Date and Amount mean"),
        ("No;Kunde;Datum;Netto", "Datum and 1 more, separated by semicolons, mean"),
        ("No\tClient", "what No and Client, separated by tabs, mean"),
    ],
)
def test_a_header_of_another_form_is_told_in_one_line(
    header: str, columns: str
) -> None:
    (problem,) = refused(header=f"{header}\n1,2,3,4,5")

    assert place(problem) == (1, "", "UNREADABLE")
    assert columns in problem.message
    assert "--map" in problem.message
    assert "--make-map" in problem.message
    assert "type, id, status, currency, customer.id, customer.name" in problem.message
    assert len(problem.message) < 400


def test_a_letter_is_no_sheet() -> None:
    (problem,) = refused(header="Dear bookkeeper\nhere are the invoices")

    assert place(problem) == (1, "", "UNREADABLE")
    assert problem.message == (
        "'Dear bookkeeper' isn't a header of several columns: delete the lines above"
        " the header, so that the file begins with the names of its columns; JSON Lines"
        " begin with {, so this was read as CSV"
    )


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "no rows"),
        ([INVOICE_ROW.replace("Acme", '"Acme')], "quoted cell is not closed"),
        ([INVOICE_ROW.replace("Acme", '"Ac"me')], "quoted cell is not closed"),
        ([INVOICE_ROW.replace("Acme", "Ac\rme")], "bare carriage return"),
        ([INVOICE_ROW.replace("Acme", "A" * 150_000)], "131,072 characters"),
        ([INVOICE_ROW.replace("Acme", "Ac\0me")], "NUL"),
    ],
)
def test_what_is_not_csv_is_refused(rows: list[str], words: str) -> None:
    problem = refused(*rows)[-1]

    assert problem.code is ProblemCode.UNREADABLE
    assert words in problem.message


def test_columns_without_a_name_are_empty() -> None:
    reading = read(f"{INVOICE_ROW},, ", header=f"{HEADER},,")
    (problem,) = refused(f"{INVOICE_ROW},,note", header=f"{HEADER},,")

    assert reading.documents == read(INVOICE_ROW).documents
    assert problem.message.startswith("'note' stands in column 19, which has no name")


def test_a_header_of_nothing_or_of_too_much_is_refused() -> None:
    (nothing,) = refused(header=",,,")
    (too_much,) = refused(header=",".join(map(str, range(1_001))))

    assert "no header" in nothing.message
    assert too_much.code is ProblemCode.TOO_LARGE


cells = (
    st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=20)
    .map(str.strip)
    .filter(bool)
)


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), cells, cells, st.integers(-(10**9), 10**9)),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_csv_and_json_of_the_same_content_are_the_same_documents(
    rows: list[tuple[str, str, str, int]], quoting: Literal[0, 1]
) -> None:
    values: dict[str, Any] = {}
    written = io.StringIO()
    writer = csv.writer(written, quoting=quoting)
    writer.writerow(SHORT_HEADER)
    for id_, product, description, yen in rows:
        head = ["invoice", id_, "FINAL", "JPY", "c", "Customer", "2025-01-01"]
        line = [product, product, description, str(yen), "POINT_IN_TIME"]
        writer.writerow([*head, *line])
        value = values.setdefault(
            id_,
            {
                "type": "invoice",
                "id": id_,
                "status": "FINAL",
                "currency": "JPY",
                "customer": {"id": "c", "name": "Customer"},
                "issued_on": "2025-01-01",
                "lines": [],
            },
        )
        value["lines"].append(
            {
                "id": str(len(value["lines"]) + 1),
                "product": {"id": product, "name": product},
                "description": description,
                "amount": str(yen),
                "method": "POINT_IN_TIME",
            }
        )
    as_json = "\n".join(json.dumps(value) for value in values.values())

    from_csv = read_stream(
        io.BytesIO(written.getvalue().encode()), None, bytes_max=10**6
    )
    from_json = read_stream(io.BytesIO(as_json.encode()), None, bytes_max=10**6)

    assert from_csv.documents == from_json.documents
    assert from_csv.rows == len(rows)
