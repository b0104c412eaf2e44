"""CSV by a mapping file: what each part of it changes."""

import io
import tomllib
from pathlib import Path

import pytest

from daybook.calendar import day_text
from daybook.documents.reading import Reading, read_stream
from daybook.documents.reading.mapping import Mapping, load_mapping
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.rules import SourceKind
from daybook.recognition.rules import Method

SHOP = """
delimiter = ";"
ignore = ["Country"]

[columns]
id = "No"
issued_on = { column = "When", date_format = "%d.%m.%Y" }
customer.id = { column = "Who", strip_suffix = ".0" }
customer.name = { column = "Who", strip_suffix = ".0", add_prefix = "Customer " }
product.id = "Code"
product.name = { column = "Text", otherwise = "Code" }

[defaults]
status = "FINAL"
currency = "GBP"
customer.id = "walk-in"
customer.name = "Walk-in customers"
method = "POINT_IN_TIME"

[products.PLAN]
method = "STRAIGHT_LINE"
service_from = "2025-01-01"
service_to = "2025-12-31"

[amount]
quantity = "Count"
price = "Price"

[credit_note]
when = [{ column = "Count", is = "negative" }]
negate = true

[[leave_out]]
reason = "test order"
when = [{ column = "No", starts_with = "T" }, { column = "Who", equals = "99" }]

[[leave_out]]
reason = "nothing to pay"
when = [{ field = "amount", is = "zero" }]

[[leave_out]]
reason = "no code"
when = [{ field = "product.id", is = "empty" }]
"""
HEADER = "No;When;Who;Country;Code;Text;Count;Price"
ROW = "A1;31.01.2025;17.0;UK;MUG;A mug;3;1.50"


def mapping_of(text: str, folder: Path) -> Mapping:
    file = folder / "shop.toml"
    file.write_text(text, encoding="utf-8")
    return load_mapping(file)


def read(mapping: Mapping, *rows: str, header: str = HEADER) -> Reading:
    text = "\n".join([header, *rows])
    return read_stream(io.BytesIO(text.encode()), mapping, bytes_max=10**6)


@pytest.fixture
def shop(tmp_path: Path) -> Mapping:
    return mapping_of(SHOP, tmp_path)


def refused(mapping: Mapping, *rows: str, header: str = HEADER) -> list[Problem]:
    with pytest.raises(Rejected) as raised:
        read(mapping, *rows, header=header)
    return list(raised.value.problems)


def test_a_folded_customer_may_be_spelled_in_two_ways_in_one_document() -> None:
    text = """
        defaults = { type = "invoice", status = "FINAL", currency = "EUR" }
        columns.customer.id = { column = "Customer", fold = true }
        columns.customer.name = "Customer"
    """
    header = "id,Customer,issued_on,product.id,product.name,amount,method"
    row = "A1,Alpha GmbH,2025-01-31,setup,Setup,10.00,POINT_IN_TIME"
    mapping = Mapping.model_validate(tomllib.loads(text))

    rows = f"{header}\n{row}\n{row.replace('Alpha GmbH', 'ALPHA  GMBH')}\n"
    reading = read_stream(io.BytesIO(rows.encode()), mapping, bytes_max=10**6)

    (document,) = reading.documents
    assert document.customer.id == "alpha gmbh"
    assert document.customer.name == "Alpha GmbH"
    assert len(document.lines) == 2


def test_columns_are_renamed_cleaned_and_multiplied(shop: Mapping) -> None:
    (document,) = read(shop, ROW).documents

    assert document.id == "A1"
    assert day_text(document.issued_on) == "2025-01-31"
    assert (document.customer.id, document.customer.name) == ("17", "Customer 17")
    (line,) = document.lines
    assert line.product is not None
    assert (line.product.id, line.product.name) == ("MUG", "A mug")
    assert line.amount == 450


def test_an_empty_cell_takes_the_other_column_or_the_default(shop: Mapping) -> None:
    (document,) = read(shop, "A1;31.01.2025; ;;MUG;;3;1.50").documents

    assert document.customer.id == "walk-in"
    assert document.customer.name == "Walk-in customers"
    assert document.lines[0].product is not None
    assert document.lines[0].product.name == "MUG"


def test_a_method_can_follow_from_the_product(shop: Mapping) -> None:
    plan = ROW.replace("MUG", "PLAN")

    (document,) = read(shop, ROW, plan).documents

    methods = [line.terms and line.terms.method for line in document.lines]
    assert methods == [Method.POINT_IN_TIME, Method.STRAIGHT_LINE]


@pytest.mark.parametrize(
    ("count", "price", "pence"),
    [
        ("3", "1.005", 302),
        ("1", "0.005", 1),
        ("1", "0.0049", 0),
        ("7", "0.0315", 22),
        ("0.5", "0.25", 13),
        ("123456789", "0.01", 123_456_789),
    ],
)
def test_amounts_are_exact_and_rounded_half_up(
    shop: Mapping, count: str, price: str, pence: int
) -> None:
    kept = shop.model_copy(update={"leave_out": []})

    (invoice,) = read(kept, f"A1;31.01.2025;1;;MUG;;{count};{price}").documents
    (credit,) = read(kept, f"A1;31.01.2025;1;;MUG;;-{count};{price}").documents

    assert invoice.lines[0].amount == pence
    assert credit.lines[0].amount == pence


def test_a_negative_quantity_makes_a_credit_note_of_the_same_number(
    shop: Mapping,
) -> None:
    invoice, credit = read(shop, ROW, ROW.replace(";3;", ";-2;")).documents

    assert invoice.key == (SourceKind.INVOICE, "A1")
    assert credit.key == (SourceKind.CREDIT_NOTE, "A1")
    assert credit.lines[0].amount == 300
    assert credit.lines[0].terms is not None
    assert credit.lines[0].terms.recognized_on == credit.accounting_date


def test_rows_are_left_out_by_the_first_rule_that_holds(shop: Mapping) -> None:
    test_order = ROW.replace("A1", "T1").replace("17.0", "99")

    reading = read(
        shop,
        ROW,
        test_order,
        ROW.replace("A1", "T1"),
        ROW.replace("1.50", "0.00"),
        ROW.replace("MUG", ""),
        test_order.replace("1.50", "many"),
    )

    assert reading.left_out == {"test order": 2, "nothing to pay": 1, "no code": 1}
    assert [document.id for document in reading.documents] == ["A1", "T1"]
    assert reading.rows == 6


def test_a_condition_can_be_turned_round(tmp_path: Path) -> None:
    mapping = mapping_of(
        'leave_out = [{ reason = "no A", when = '
        '[{ column = "No", starts_with = "A", not = true }] }]\n'
        + SHOP.partition("[[leave_out]]")[0],
        tmp_path,
    )

    reading = read(mapping, ROW, ROW.replace("A1", "B1"))

    assert reading.left_out == {"no A": 1}


def test_a_field_that_a_file_lacks_is_empty(shop: Mapping) -> None:
    rule = {"reason": "no period", "when": [{"field": "timing", "is": "empty"}]}
    mapping = Mapping.model_validate(
        {**shop.model_dump(by_alias=True, exclude_none=True), "leave_out": [rule]}
    )

    assert read(mapping, ROW).left_out == {"no period": 1}


def test_columns_that_a_mapping_does_not_name_are_fields(tmp_path: Path) -> None:
    mapping = mapping_of(
        '[defaults]\ntype = "invoice"\nstatus = "FINAL"\nmethod = "POINT_IN_TIME"\n'
        'customer.name = "Someone"\n[columns]\nid = "No"',
        tmp_path,
    )
    header = "No,currency,customer.id,issued_on,product.id,product.name,amount,method"

    first, second = read(
        mapping,
        "1,EUR,c,2025-01-01,p,P,-1.00,",
        "2,EUR,c,2025-01-01,p,P,1.00,POINT_IN_TIME",
        header=header,
    ).documents

    assert (first.id, second.id) == ("1", "2")
    assert first.lines[0].amount == -100


def test_defaults_leave_credited_lines_alone(tmp_path: Path) -> None:
    mapping = mapping_of(
        '[defaults]\nstatus = "FINAL"\nmethod = "POINT_IN_TIME"\ncurrency = "EUR"\n'
        'customer = { id = "c", name = "C" }\nissued_on = "2025-01-01"',
        tmp_path,
    )

    invoice, credit = read(
        mapping,
        "invoice,1,p,P,10.00,,",
        "credit_note,2,,,4.00,1,1",
        header="type,id,product.id,product.name,amount,invoice_id,invoice_line_id",
    ).documents

    assert invoice.lines[0].terms is not None
    assert credit.lines[0].terms is None


def test_a_mapping_is_not_ignored_for_json_lines(shop: Mapping) -> None:
    with pytest.raises(Rejected) as raised:
        read_stream(io.BytesIO(b"\n{}"), shop, bytes_max=10**6)

    (problem,) = raised.value.problems
    assert problem.message.startswith("the file is JSON Lines")
    assert "leave out --map" in problem.message


def test_cells_that_do_not_fit_are_told_once_with_their_column(shop: Mapping) -> None:
    problems = refused(
        shop,
        "A1;2025-01-31;1;;MUG;;3;1.50",
        "A2;31.01.2025;1;;MUG;;three;1.50",
        "A3;31.01.2025;1;;MUG;;3;1,50",
        "A4;31.01.2025;1;;MUG;;3;",
        "A5;;1;;MUG;;3;1.50",
        "A6;31.01.2025;1;;MUG;;3;123456789012345678",
        "A7;31.01.2025;1;;MUG;;-3;",
    )

    places = [(problem.line, *problem.path, problem.code.value) for problem in problems]
    assert places == [
        (2, "When", "INVALID_DATE"),
        (3, "Count", "INVALID_AMOUNT"),
        (4, "Price", "INVALID_AMOUNT"),
        (5, "Price", "INVALID_AMOUNT"),
        (6, "When", "MISSING"),
        (7, "Price", "INVALID_AMOUNT"),
        (8, "Price", "INVALID_AMOUNT"),
    ]
    assert "%d.%m.%Y" in problems[0].message
    assert "'1,50' is not a number" in problems[2].message


def test_an_unknown_currency_is_the_only_problem_told(shop: Mapping) -> None:
    mapping = shop.model_copy(update={"defaults": {**shop.defaults, "currency": "XXQ"}})

    (problem,) = refused(mapping, ROW)

    assert problem.code is ProblemCode.UNKNOWN_CURRENCY
    assert problem.path == ("currency",)


def test_a_header_must_have_the_columns_of_the_mapping(shop: Mapping) -> None:
    header = HEADER.replace("Price", "Cost").replace("Country", "County")

    missing, unknown = refused(shop, ROW, header=header)

    assert missing.code is ProblemCode.MISSING
    assert "lacks: Price;" in missing.message
    assert "expected are No, When, Who, Code, Text, Count, Price" in missing.message
    assert unknown.message.startswith(
        "the header has unknown columns: County (did you mean Country?), Cost; give"
    )
    assert "under ignore in the mapping" in unknown.message
