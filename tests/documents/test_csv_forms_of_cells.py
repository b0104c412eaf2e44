"""What a mapping says about cells: numbers, dates, words for values, credit notes."""

import io
from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import ValidationError

from daybook.calendar import day_text
from daybook.documents.reading import Reading, read_stream
from daybook.documents.reading.mapping import Mapping
from daybook.errors import Problem, Rejected
from daybook.ledger.rules import SourceKind

HEADER = "No;Date;Who;Item;Net"
ROW = "A1;31.01.2025;Acme;Plan;1.200,00"
SHEET = {
    "delimiter": ";",
    "numbers": {"decimal": ",", "thousands": "."},
    "columns": {
        "id": "No",
        "issued_on": {"column": "Date", "date_format": "%d.%m.%Y"},
        "customer.id": {"column": "Who", "fold": True},
        "customer.name": "Who",
        "product.id": "Item",
        "product.name": "Item",
        "amount": "Net",
    },
    "defaults": {
        "type": "invoice",
        "status": "FINAL",
        "currency": "EUR",
        "method": "POINT_IN_TIME",
    },
}


def mapping_of(**parts: object) -> Mapping:
    return Mapping.model_validate({**SHEET, **parts})


def read(
    mapping: Mapping | None,
    *rows: str,
    header: str = HEADER,
    encoding: str = "utf-8",
) -> Reading:
    text = "\n".join([header, *rows])
    return read_stream(io.BytesIO(text.encode(encoding)), mapping, bytes_max=10**6)


def refused(
    mapping: Mapping | None, *rows: str, header: str = HEADER
) -> Sequence[Problem]:
    with pytest.raises(Rejected) as raised:
        read(mapping, *rows, header=header)
    return raised.value.problems


def amounts(reading: Reading) -> list[int]:
    return [line.amount for each in reading.documents for line in each.lines]


def test_thousands_and_decimals_are_read_as_they_are_declared() -> None:
    reading = read(mapping_of(), ROW, ROW.replace("A1", "A2").replace("1.200", "-12"))

    assert amounts(reading) == [120_000, -1_200]


TWO_FORMS = {"thousands": ",", "also": [{"decimal": ",", "thousands": "."}]}


def test_cells_of_two_forms_are_read_where_only_one_reads_them() -> None:
    mapping = mapping_of(numbers=TWO_FORMS)
    cells = ("1.200,50", "1,200.50", "950", "12,5", "12.5", "1,200.00")
    rows = [
        ROW.replace("1.200,00", cell).replace("A1", f"A{at}")
        for at, cell in enumerate(cells)
    ]

    assert amounts(read(mapping, *rows)) == [
        *(120_050, 120_050, 95_000, 1_250, 1_250, 120_000),
    ]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("1.200", "amount '1.200' may be 1.200 or 1200 by the mapping's numbers"),
        ("1,200", "amount '1,200' may be 1200 or 1.200 by the mapping's numbers"),
    ],
)
def test_a_number_that_two_forms_read_differently_is_refused(
    cell: str, message: str
) -> None:
    rows = (ROW, ROW.replace("1.200,00", cell).replace("A1", "A2"))

    (problem,) = refused(mapping_of(numbers=TWO_FORMS), *rows)

    assert problem.message == f"{message}: write it in one form in the sheet"


def test_quantity_and_price_may_have_two_forms() -> None:
    columns = {name: its for name, its in SHEET["columns"].items() if name != "amount"}  # type: ignore[attr-defined]  # one of its tables
    mapping = mapping_of(
        columns=columns,
        numbers=TWO_FORMS,
        amount={"quantity": "Qty", "price": "Net"},
    )
    header = f"{HEADER};Qty"

    reading = read(mapping, f"{ROW};2", f"{ROW};2,5".replace("A1", "A2"), header=header)
    (problem,) = refused(mapping, f"{ROW};1.000", header=header)

    assert amounts(reading) == [240_000, 300_000]
    assert problem.message.startswith("'1.000' may be 1.000 or 1000 by the mapping's")


def test_signs_of_a_further_form_count() -> None:
    form = {"also": [{"decimal": ",", "currency_signs": {"€": "EUR"}}]}
    defaults = {**SHEET["defaults"], "currency": "USD"}  # type: ignore[dict-item]  # one of its tables

    (problem,) = refused(
        mapping_of(numbers=form, defaults=defaults), ROW.replace("1.200,00", "5,00 €")
    )

    assert problem.message == "'5,00 €' is in EUR, the row in USD"


def dates_of(*forms: str) -> Mapping:
    date = {"column": "Date", "date_format": [*forms]}
    return mapping_of(columns={**SHEET["columns"], "issued_on": date})  # type: ignore[dict-item]  # one of its tables


def test_dates_of_two_forms_are_read_where_only_one_reads_them() -> None:
    both = dates_of("%d.%m.%Y", "%m/%d/%Y")

    first, second = read(
        both, ROW, ROW.replace("31.01.2025", "2/1/2025").replace("A1", "A2")
    ).documents

    assert day_text(first.issued_on) == "2025-01-31"
    assert day_text(second.issued_on) == "2025-02-01"
    (problem,) = refused(both, ROW.replace("31.01.2025", "soon"))
    assert problem.message == (
        "issued_on 'soon' is not a date of the form %d.%m.%Y or %m/%d/%Y"
    )


def test_a_date_that_two_forms_read_differently_is_refused() -> None:
    both = dates_of("%d/%m/%Y", "%m/%d/%Y")
    days = ("31/01/2025", "01/31/2025", "02/02/2025", "01/02/2025")
    rows = [
        ROW.replace("31.01.2025", day).replace("A1", f"A{at}")
        for at, day in enumerate(days)
    ]

    (problem,) = refused(both, *rows)

    assert problem.line == 5
    assert problem.message == (
        "issued_on '01/02/2025' may be 2025-02-01 or 2025-01-02 by the mapping's"
        " date_format: write it in one form in the sheet"
    )


@pytest.mark.parametrize("form", [[], ["%d.%m.%Y", "%d.%m."]])
def test_each_form_of_dates_has_day_month_and_year(form: list[str]) -> None:
    with pytest.raises(ValidationError, match="must hold day, month and year"):
        dates_of(*form)


def test_a_row_of_a_total_is_one_problem_with_the_way_out() -> None:
    (problem,) = refused(mapping_of(), ROW, "Total;;;;1.200,00")
    (of_own_form,) = refused(
        None,
        "invoice,1,FINAL,EUR,c,C,2025-01-31,p,P,POINT_IN_TIME,1.00",
        "Total,Total,,,,,,,,,1.00",
        header="type,id,status,currency,customer.id,customer.name,issued_on,product.id,"
        "product.name,method,amount",
    )

    assert (problem.line, problem.path) == (3, ("No",))
    assert problem.message == (
        "'Total' is no number of a document, and the row has no date: delete the row,"
        ' or say when = [{ field = "id", equals = "Total" }] and a reason under'
        " [[leave_out]] in the mapping"
    )
    assert of_own_form.message.endswith("has no date: delete the row")
    assert amounts(read(mapping_of(), ROW.replace("A1", "Total"))) == [120_000]


def test_a_column_may_have_a_form_of_its_own() -> None:
    own = {"column": "Net", "numbers": {"thousands": ","}}
    mapping = mapping_of(columns={**SHEET["columns"], "amount": own})  # type: ignore[dict-item]  # one of its tables

    assert amounts(read(mapping, ROW.replace("1.200,00", "1,200.00"))) == [120_000]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (
            "1,200.00",
            "amount '1,200.00' is not a number like 1.234,50: write it so",
        ),
        ("1200.00", "amount '1200.00' is not a number like 1.234,50"),
        ("1.20", "amount '1.20' is not a number like 1.234,50"),
        (
            "(12,00)",
            "'(12,00)' is not a number like 1.234,50: write it so, or say decimal = ",
        ),
        ("€ 12,00", 'say decimal = ",", currency_signs = { "€" = "EUR" }'),
    ],
)
def test_what_does_not_fit_is_refused_quoted_with_the_way_out(
    cell: str, words: str
) -> None:
    (problem,) = refused(mapping_of(), ROW.replace("1.200,00", cell))

    assert (problem.line, problem.path, problem.code.value) == (
        *(2, ("Net",), "INVALID_AMOUNT"),
    )
    assert words in problem.message


def test_the_way_out_is_what_fits_the_whole_column() -> None:
    header = "type,id,status,currency,customer.id,customer.name,issued_on,product.id,"
    rows = [
        f'invoice,{at},FINAL,EUR,c,C,{day},p,P,POINT_IN_TIME,"{amount}"'
        for at, (day, amount) in enumerate(
            [("01/02/2025", "1,200"), ("31/01/2025", "1,250,000"), ("x", "y")]
        )
    ]

    problems = refused(None, *rows, header=f"{header}product.name,method,amount")

    told = {(problem.line, *problem.path): problem.message for problem in problems}
    hint = ': write it so, or say thousands = "," under [numbers] in a mapping'
    for line, value in ((2, "1,200"), (3, "1,250,000")):
        assert told[(line, "amount")].startswith(f"amount {value!r} is not a decimal")
        assert told[(line, "amount")].endswith(hint)
    assert "say" not in told[(4, "amount")]
    hint = '; all dates of the column fit date_format = "%d/%m/%Y"'
    for line in (2, 3):
        assert told[(line, "issued_on")].endswith(hint)
    assert told[(4, "issued_on")].startswith("issued_on 'x' is not a calendar date")
    assert "fit" not in told[(4, "issued_on")]


def test_a_refused_date_is_quoted_with_the_declared_form_and_the_one_that_fits() -> (
    None
):
    first, second = refused(
        mapping_of(),
        ROW.replace("31.01.2025", "2025-01-31"),
        ROW.replace("31.01.2025", "2025-02-01").replace("A1", "A2"),
    )

    assert first.message == (
        "issued_on '2025-01-31' is not a date of the form %d.%m.%Y;"
        ' all dates of the column fit date_format = "%Y-%m-%d"'
    )
    assert "'2025-02-01'" in second.message


def test_dates_of_two_forms_have_no_form_that_fits_all() -> None:
    (problem,) = refused(
        mapping_of(), ROW, ROW.replace("31.01.2025", "2025-01-31").replace("A1", "A2")
    )

    assert problem.message.endswith(
        "is not a date of the form %d.%m.%Y; all dates of the column fit date_format"
        ' = ["%Y-%m-%d", "%d.%m.%Y"]'
    )


def test_a_currency_sign_gives_a_row_its_currency_or_agrees_with_it() -> None:
    signs = {"€": "EUR", "£": "GBP"}
    numbers = {"decimal": ",", "thousands": ".", "currency_signs": signs}
    defaults = {"type": "invoice", "status": "FINAL", "method": "POINT_IN_TIME"}
    by_sign = mapping_of(numbers=numbers, defaults=defaults)

    reading = read(by_sign, ROW.replace("1.200", "£1.200"))
    (problem,) = refused(mapping_of(numbers=numbers), ROW.replace("1.200", "£1.200"))
    (none,) = refused(by_sign, ROW)

    assert [document.currency for document in reading.documents] == ["GBP"]
    assert problem.code.value == "MISMATCH"
    assert problem.message == "'£1.200,00' is in GBP, the row in EUR"
    assert (none.code.value, none.path) == ("MISSING", ("currency",))


def test_conditions_and_products_read_declared_numbers() -> None:
    mapping = mapping_of(
        columns={
            name: column
            for name, column in SHEET["columns"].items()  # type: ignore[attr-defined]  # one of its tables
            if name != "amount"
        },
        defaults={"status": "FINAL", "currency": "EUR", "method": "POINT_IN_TIME"},
        numbers={"decimal": ",", "thousands": ".", "parentheses": True},
        amount={"quantity": "Count", "price": "Price"},
        credit_note={"when": [{"column": "Price", "is": "negative"}], "negate": True},
        leave_out=[{"reason": "free", "when": [{"column": "Price", "is": "zero"}]}],
    )
    header = HEADER.replace("Net", "Count;Price")

    reading = read(
        mapping,
        "A1;31.01.2025;Acme;Plan;1,5;1.200,00",
        "A2;31.01.2025;Acme;Plan;2;(600,50)",
        "A3;31.01.2025;Acme;Plan;2;0,00",
        header=header,
    )
    (problem,) = refused(mapping, "A1;31.01.2025;Acme;Plan;1.5;1,00", header=header)

    assert amounts(reading) == [180_000, 120_100]
    assert reading.documents[1].key == (SourceKind.CREDIT_NOTE, "A2")
    assert reading.left_out == {"free": 1}
    assert problem.message.startswith("'1.5' is not a number like 1.234,50")


def test_words_of_a_column_stand_for_values() -> None:
    columns = {
        **SHEET["columns"],  # type: ignore[dict-item]  # one of its tables
        "status": {"column": "State", "values": {"Paid": "FINAL", "void": "VOIDED"}},
    }
    header = f"{HEADER};State"

    (paid,) = read(
        mapping_of(columns=columns), f"{ROW}; PAID ", header=header
    ).documents
    (problem,) = refused(mapping_of(columns=columns), f"{ROW};Payed", header=header)

    assert paid.status.name == "FINAL"
    assert problem.message == (
        "status 'Payed' must be DRAFT, FINAL or VOIDED; or say what it stands for under"
        " [columns.status.values] in the mapping"
    )


def test_customers_are_folded_but_keep_their_names() -> None:
    reading = read(mapping_of(), ROW, ROW.replace("A1;", "A2;").replace("Acme", "ACME"))

    assert [document.customer.id for document in reading.documents] == ["acme", "acme"]
    assert [document.customer.name for document in reading.documents] == [
        *("Acme", "ACME"),
    ]


def test_a_credit_note_may_name_its_invoice_alone() -> None:
    columns = {
        **SHEET["columns"],  # type: ignore[dict-item]  # one of its tables
        "type": {
            "column": "Kind",
            "values": {"Invoice": "invoice", "CN": "credit_note"},
        },
        "invoice_id": "Credits",
    }
    mapping = mapping_of(
        columns=columns,
        defaults={"status": "FINAL", "currency": "EUR", "method": "POINT_IN_TIME"},
        credit_note={"negate": True, "invoice_line_id": "1", "drop_terms": True},
    )

    invoice, linked, alone = read(
        mapping,
        f"{ROW};invoice;",
        "C1;01.02.2025;Acme;Plan;-200,00;CN;A1",
        "C2;01.02.2025;Acme;Plan;-50,00;CN;",
        header=f"{HEADER};Kind;Credits",
    ).documents

    assert invoice.lines[0].amount == 120_000
    assert (linked.invoice_id, linked.lines[0].invoice_line_id) == ("A1", "1")
    assert (linked.lines[0].amount, linked.lines[0].product) == (20_000, None)
    assert alone.invoice_id is None
    assert alone.lines[0].amount == 5_000
    assert alone.lines[0].product is not None
    assert day_text(alone.accounting_date) == "2025-02-01"


def test_excel_s_own_encoding_can_be_declared() -> None:
    row = ROW.replace("Acme", "Müller")

    reading = read(mapping_of(encoding="cp1252"), row, encoding="cp1252")
    with pytest.raises(Rejected) as raised:
        read(mapping_of(), row, encoding="cp1252")

    assert reading.documents[0].customer.name == "Müller"
    assert 'encoding = "cp1252"' in raised.value.problems[0].message


def test_what_a_mapping_leaves_open_is_named() -> None:
    (problem,) = refused(mapping_of(defaults={"type": "invoice"}), ROW)

    assert problem.message == (
        "the mapping leaves open: status, currency; give each a column under"
        " [columns], or a value under [defaults]"
    )


SIGNED_HEADER = "No,Cur,Net,Gross"
SIGNED: dict[str, Any] = {
    "columns": {
        "id": "No",
        "currency": "Cur",
        "amount": {
            "column": "Net",
            "otherwise": "Gross",
            "strip_suffix": " net",
            "values": {"a hundred": "€100.00", "free": "0"},
        },
    },
    "numbers": {"currency_signs": {"€": "EUR", "$": "USD"}},
    "defaults": {
        "type": "invoice",
        "status": "FINAL",
        "currency": "EUR",
        "method": "POINT_IN_TIME",
        "issued_on": "2025-01-31",
        "customer": {"id": "c", "name": "C"},
        "product": {"id": "p", "name": "P"},
    },
}


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        (",€100.00", "Gross"),
        (",€100.00 net", "Gross"),
        ("€50.00 net,", "Net"),
        ("A hundred,", "Net"),
        ("€50.00,$50.00", "Net"),
    ],
)
def test_the_sign_of_another_currency_is_refused_wherever_the_amount_is_from(
    cells: str, column: str
) -> None:
    mapping = Mapping.model_validate(SIGNED)

    (problem,) = refused(mapping, f"A1,USD,{cells}", header=SIGNED_HEADER)

    assert (problem.code.value, problem.path) == ("MISMATCH", (column,))
    assert problem.message.endswith("is in EUR, the row in USD")


@pytest.mark.parametrize(
    ("cells", "currency"),
    [
        (",$100.00", "USD"),
        ("$100.00 net,€7.00", "USD"),
        ("a hundred,", "EUR"),
    ],
)
def test_the_sign_of_the_cell_that_is_taken_gives_the_currency(
    cells: str, currency: str
) -> None:
    defaults = {**SIGNED["defaults"]}
    del defaults["currency"]
    parts = {**SIGNED, "defaults": defaults}
    mapping = Mapping.model_validate(parts)

    reading = read(mapping, f"A1,,{cells}", header=SIGNED_HEADER)

    assert [document.currency for document in reading.documents] == [currency]
    assert amounts(reading) == [10_000]


def test_a_refused_cell_is_told_with_the_column_that_it_is_in() -> None:
    mapping = Mapping.model_validate(SIGNED)

    (problem,) = refused(mapping, "A1,USD,,1 000", header=SIGNED_HEADER)

    assert (problem.path, problem.value) == (("Gross",), "'1 000'")
    assert "'1 000' is not a number like 1234.50" in problem.message
    assert "thousands = " in problem.message


def test_a_condition_reads_the_other_column_as_the_amount() -> None:
    parts = {
        **SIGNED,
        "leave_out": [
            {"reason": "refund", "when": [{"column": "Gross", "is": "negative"}]}
        ],
    }
    mapping = Mapping.model_validate(parts)

    reading = read(mapping, "A1,USD,5.00,", "A2,USD,,-$100.00", header=SIGNED_HEADER)

    assert reading.left_out == {"refund": 1}
