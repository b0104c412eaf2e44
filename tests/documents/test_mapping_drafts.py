"""Mappings that are drafted from sheets: what is recognized, and what stays open."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import day_text
from daybook.documents.reading import Reading, read_file
from daybook.documents.reading.mapping import Mapping
from daybook.documents.reading.mapping_drafts import (
    Draft,
    draft_of,
    read_sample,
    toml_of,
)
from daybook.documents.reading.mapping_parts import Numbers
from daybook.documents.rules import DocumentStatus
from daybook.errors import Problem, Rejected
from daybook.ledger.rules import SourceKind

BYTES_MAX = 10**7
EUROPEAN = """\
Rechnungsnummer;Datum;Kunde;Produkt;Von;Bis;Netto (EUR);Fällig am
R-1;31.01.2025;Müller AG;Plattform;01.02.2025;31.01.2026;12.000,00;28.02.2025
R-1;31.01.2025;Müller AG;Beratung;;;1.500,50;28.02.2025
R-2;15.02.2025;Ärzte eG;Beratung;;;-50,00;15.03.2025
"""
XERO = """\
*ContactName,*InvoiceNumber,*InvoiceDate,*DueDate,Description,*Quantity,*UnitAmount,\
*AccountCode,*TaxType,Currency
Acme Ltd,INV-1,25/01/2025,25/02/2025,Platform,2,"1,000.00",200,20% VAT,GBP
Brio,INV-2,26/01/2025,26/02/2025,Setup,1,500.00,200,20% VAT,GBP
"""
STRIPE = """\
id,Number,Created (UTC),Customer,Customer Name,Status,Currency,Subtotal,Tax,Total
in_1,A-0001,2025-01-31 10:15,cus_1,Acme,paid,usd,100.00,20.00,120.00
in_2,A-0002,2025-02-28 23:59,cus_2,Brio,void,usd,50.00,10.00,60.00
"""
QUICKBOOKS = """\
Date,Transaction Type,Num,Name,Product/Service,Memo/Description,Qty,Sales Price,Amount
01/31/2025,Invoice,1001,Acme,Hosting,January,1,"$1,200.00","$1,200.00"
02/14/2025,Credit Memo,1002,Acme,Hosting,Credit,1,"-$200.00","-$200.00"
"""


def sheet(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "sheet.csv"
    path.write_bytes(text.encode(encoding))
    return path


def drafted(path: Path) -> tuple[Draft, Mapping]:
    draft = draft_of(read_sample(path, BYTES_MAX))
    return draft, Mapping.model_validate(tomllib.loads(toml_of(draft, path.name)))


def refused(path: Path, mapping: Mapping) -> list[Problem]:
    with pytest.raises(Rejected) as raised:
        read(path, mapping)
    return list(raised.value.problems)


def mapping_with(column: str, form: str) -> Mapping:
    """A mapping of a sheet with the columns that these tests have."""
    text = f"""
        [columns]
        id = "Invoice"
        customer.id = "Customer"
        customer.name = "Customer"
        product.id = "Product"
        product.name = "Product"
        amount = "Net"
        currency = "Currency"
        issued_on = {{ column = "{column}", date_format = {form} }}
        [defaults]
        type = "invoice"
        status = "FINAL"
        method = "POINT_IN_TIME"
    """
    return Mapping.model_validate(tomllib.loads(text))


def numbers(**form: str) -> dict[str, Numbers]:
    return {"numbers": Numbers.model_validate(form)}


def read(path: Path, mapping: Mapping) -> Reading:
    return read_file(path, mapping, bytes_max=BYTES_MAX)


def opened(draft: Draft) -> set[str]:
    return {entry.key for entry in draft.open_entries}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_european_sheet_of_excel(encoding: str, tmp_path: Path) -> None:
    path = sheet(tmp_path, EUROPEAN, encoding)

    draft, mapping = drafted(path)
    invoice, credit = read(path, mapping).documents

    assert opened(draft) == set()
    assert mapping.delimiter == ";"
    assert mapping.encoding == ("cp1252" if encoding == "cp1252" else "utf-8")
    assert draft.ignored == ["Fällig am"]
    assert invoice.customer.name == "Müller AG"
    assert [line.amount for line in invoice.lines] == [1_200_000, 150_050]
    assert credit.key == (SourceKind.CREDIT_NOTE, "R-2")
    assert credit.lines[0].amount == 5_000
    assert credit.currency == "EUR"


def test_quantity_times_price_as_xero_has_it(tmp_path: Path) -> None:
    path = sheet(tmp_path, XERO)

    draft, mapping = drafted(path)
    first, second = read(path, mapping).documents

    assert opened(draft) == set()
    assert (first.id, first.customer.name, first.currency) == (
        "INV-1",
        *("Acme Ltd", "GBP"),
    )
    assert [first.lines[0].amount, second.lines[0].amount] == [200_000, 50_000]
    assert draft.ignored == ["*DueDate", "*AccountCode", "*TaxType"]


def test_amounts_without_tax_and_a_time_of_day_as_stripe_has_them(
    tmp_path: Path,
) -> None:
    path = sheet(tmp_path, STRIPE.replace("usd", "USD"))

    draft, mapping = drafted(path)
    void, first = read(path, mapping).documents

    assert opened(draft) == set()
    assert mapping.columns["amount"].column == "Subtotal"
    assert first.number == "A-0001"
    assert void.status is DocumentStatus.VOIDED
    assert draft.ignored == ["Tax", "Total"]


def test_types_and_signs_as_quickbooks_has_them(tmp_path: Path) -> None:
    path = sheet(tmp_path, QUICKBOOKS)

    draft, mapping = drafted(path)
    invoice, credit = read(path, mapping).documents

    assert opened(draft) == set()
    assert mapping.columns["issued_on"].date_format == ["%m/%d/%Y"]
    assert mapping.numbers.currency_signs == {"$": "USD"}
    assert credit.key == (SourceKind.CREDIT_NOTE, "1002")
    assert [invoice.lines[0].amount, credit.lines[0].amount] == [120_000, 20_000]


def test_day_and_month_that_nothing_tells_apart_are_open(tmp_path: Path) -> None:
    path = sheet(tmp_path, XERO.replace("25/", "05/").replace("26/", "06/"))

    draft, mapping = drafted(path)
    with pytest.raises(Rejected) as raised:
        read(path, mapping)

    assert opened(draft) == {"issued_on"}
    text = toml_of(draft, path.name)
    assert (
        "# OPEN: day or month first? '05/01/2025', '06/01/2025' may be either" in text
    )
    for form in ("%d/%m/%Y", "%m/%d/%Y"):
        line = f'issued_on = {{ column = "*InvoiceDate", date_format = "{form}" }}'
        assert f"# {line}" in text
        decided = Mapping.model_validate(tomllib.loads(text.replace(f"# {line}", line)))
        assert read(path, decided).count == 2
    assert "leaves open: issued_on" in raised.value.problems[0].message


def test_a_currency_is_known_by_its_cells(tmp_path: Path) -> None:
    path = sheet(
        tmp_path,
        "Invoice,Customer,Product,Date,Net,Abrechnung in,Payment\n"
        "R-1,Acme,Setup,2025-01-31,1.00,EUR,CARD\n"
        "R-2,Brio,Setup,2025-01-31,1.00,usd,BANK\n"
        "R-3,Brio,Setup,2025-01-31,1.00,GPB,BANK\n",
    )

    draft, mapping = drafted(path)

    assert opened(draft) == set()
    column = mapping.columns["currency"]
    assert (column.column, column.values) == ("Abrechnung in", {"usd": "USD"})
    assert "Not codes of currencies, and so refused: 'GPB' on line 4." in draft.notes
    (problem,) = refused(path, mapping)
    assert "did you mean GBP?" in problem.message


@pytest.mark.parametrize("name", ["Cur.", "Cur", "CCY", "Currency"])
def test_a_currency_is_known_by_its_usual_names(name: str, tmp_path: Path) -> None:
    path = sheet(
        tmp_path,
        f"Invoice,Customer,Product,Date,Net,{name}\n"
        "R-1,Acme,Setup,2025-01-31,1.00,EUR\nR-2,Acme,Setup,2025-01-31,1.00,USD\n",
    )

    _, mapping = drafted(path)

    assert mapping.columns["currency"].column == name
    assert "currency" not in mapping.defaults
    assert {each.currency for each in read(path, mapping).documents} == {"EUR", "USD"}


def test_no_default_is_suggested_while_a_column_has_currencies(
    tmp_path: Path,
) -> None:
    path = sheet(
        tmp_path,
        "Invoice,Customer,Product,Date,Net,Paid in\n"
        "R-1,Acme,Setup,2025-01-31,1.00,EUR\n"
        "R-2,Acme,Setup,2025-01-31,1.00,by card\n",
    )

    draft, _ = drafted(path)

    (entry,) = draft.open_entries
    assert (entry.key, entry.value) == ("currency", '"Paid in"')
    assert "Paid in has 'EUR', 'by card'" in entry.comment
    assert "currency" not in toml_of(draft, path.name).partition("[defaults]")[2]


@pytest.mark.parametrize("name", ["Ref. Invoice", "Belongs to"])
def test_a_credited_invoice_is_known_by_name_or_cells(
    name: str, tmp_path: Path
) -> None:
    path = sheet(
        tmp_path,
        f"Invoice,Customer,Product,Date,Net,Currency,{name},Qty\n"
        "101,Acme,Setup,2025-01-31,10.00,EUR,,1\n"
        "102,Acme,Setup,2025-01-31,-1.00,EUR,101,1\n",
    )

    _, mapping = drafted(path)

    assert mapping.columns["invoice_id"].column == name
    credit = read(path, mapping).documents[1]
    assert (credit.kind, credit.invoice_id) == (SourceKind.CREDIT_NOTE, "101")


def test_numbers_of_other_invoices_are_no_credits(tmp_path: Path) -> None:
    path = sheet(
        tmp_path,
        "Invoice,Customer,Product,Date,Net,Currency,Renews\n"
        "R-1,Acme,Setup,2025-01-31,10.00,EUR,\n"
        "R-2,Acme,Setup,2026-01-31,10.00,EUR,R-1\n",
    )

    _, mapping = drafted(path)

    assert "Renews" in mapping.ignore
    assert read(path, mapping).count == 2


def test_dates_of_two_forms_are_told_with_their_rows(tmp_path: Path) -> None:
    rows = "".join(
        f"R-{at},Acme,Setup,{day},100.00,EUR\n"
        for at, day in enumerate(
            ("31.01.2025", "01/31/2025", "15.02.2025", "02/14/2025", "20.02.2025")
        )
    )
    path = sheet(tmp_path, f"Invoice,Customer,Product,Date,Net,Currency\n{rows}")

    draft, mapping = drafted(path)

    assert opened(draft) == set()
    assert mapping.columns["issued_on"].date_format == ["%d.%m.%Y", "%m/%d/%Y"]
    assert (
        "# 2 forms: %d.%m.%Y on 3 rows (lines 2, 4, 6), %m/%d/%Y on 2 rows (lines 3, 5)"
        in toml_of(draft, path.name)
    )
    days = [document.issued_on for document in read(path, mapping).documents]
    assert [*map(day_text, days)] == [
        *("2025-01-31", "2025-01-31", "2025-02-15", "2025-02-14", "2025-02-20"),
    ]
    problems = refused(path, mapping_with("Date", '"%d.%m.%Y"'))
    assert [problem.line for problem in problems] == [3, 5]
    assert problems[0].message == (
        "issued_on '01/31/2025' is not a date of the form %d.%m.%Y; all dates of the"
        ' column fit date_format = ["%d.%m.%Y", "%m/%d/%Y"]'
    )


def test_a_column_of_few_dates_has_the_forms_of_the_others(tmp_path: Path) -> None:
    rows = (
        "R-1,Acme,P,31.01.2025,01.02.2025,28.02.2025,1.00,EUR\n"
        "R-2,Acme,P,1/31/2025,2/1/2025,2/28/2025,1.00,EUR\n"
    )
    header = "Invoice,Customer,Product,Date,From,To,Net,Currency\n"
    path = sheet(tmp_path, header + rows)

    draft, mapping = drafted(path)

    assert opened(draft) == set()
    forms = ["%d.%m.%Y", "%m/%d/%Y"]
    for name in ("issued_on", "service_from", "service_to"):
        assert mapping.columns[name].date_format == forms
    first, second = read(path, mapping).documents
    assert first.lines[0].terms == second.lines[0].terms


def test_day_and_month_of_a_second_form_are_open(tmp_path: Path) -> None:
    path = sheet(
        tmp_path,
        "Invoice,Customer,Product,Date,Net,Currency\n"
        "R-1,Acme,Setup,31.01.2025,1.00,EUR\nR-2,Acme,Setup,1/2/2025,1.00,EUR\n",
    )

    draft, _ = drafted(path)

    (entry,) = draft.open_entries
    assert entry.comment == (
        "2 forms: %d.%m.%Y on 1 row (line 2), %d/%m/%Y or %m/%d/%Y on 1 row (line 3);"
        " day or month first? Keep one of these lines"
    )
    assert entry.value.count('["%d.%m.%Y", "%d/%m/%Y"]') == 1
    assert entry.value.count('["%d.%m.%Y", "%m/%d/%Y"]') == 1


def test_days_that_two_forms_read_differently_are_open(tmp_path: Path) -> None:
    path = sheet(
        tmp_path,
        "Invoice,Customer,Product,Date,Net,Currency\nR-1,A,S,31/01/2025,1.00,EUR\n"
        "R-2,A,S,01/31/2025,1.00,EUR\nR-3,A,S,05/01/2025,1.00,EUR\n",
    )

    draft, _ = drafted(path)

    (entry,) = draft.open_entries
    assert entry.comment.endswith(
        "; line 4 '05/01/2025' may be of either: write that cell so that only one of"
        " the forms fits, or split the sheet into a file for each form: first those of"
        " invoices, then those of their credit notes"
    )
    cleared = path.read_text().replace("05/01/2025", "5 Jan 2025")
    assert opened(drafted(sheet(tmp_path, cleared))[0]) == set()


def test_all_lines_are_in_the_file(tmp_path: Path) -> None:
    days = ["31.01.2025", "01/31/2025", "31/01/2025"]
    rows = "".join(
        f"R-{at},Acme,Setup,{days[at % 3 if at < 21 else 2]},1.00,GPB\n"
        for at in range(30)
    )
    path = sheet(tmp_path, f"Invoice,Customer,Product,Date,Net,Currency\n{rows}")

    draft, _ = drafted(path)

    text = toml_of(draft, path.name)
    assert "%d.%m.%Y on 7 rows (lines 2, 5, 8, 11, 14, …)" in text
    assert "#   Date %d.%m.%Y: 2, 5, 8, 11, 14, 17, 20\n" in text
    assert "#   Date %d/%m/%Y: 4, 7, 10, 13, 16, 19, 22-31\n" in text


def test_dates_of_no_known_form_are_told_with_their_lines(tmp_path: Path) -> None:
    path = sheet(
        tmp_path,
        "Invoice,Customer,Product,Date,Net,Currency\n"
        "R-1,Acme,Setup,31.01.2025,1.00,EUR\nR-2,Acme,Setup,soon,1.00,EUR\n",
    )

    draft, _ = drafted(path)

    (entry,) = draft.open_entries
    assert entry.comment == "dates of no known form: 'soon' on line 3"
    assert '"%d.%m.%Y"' in entry.value


def test_numbers_of_two_forms_are_told_with_their_rows(tmp_path: Path) -> None:
    path = sheet(
        tmp_path,
        "Invoice;Customer;Product;Date;Net;Currency\n"
        "R-1;Acme;Setup;2025-01-31;12.000,00;EUR\n"
        "R-2;Acme;Setup;2025-01-31;1,500.00;EUR\n"
        "R-3;Acme;Setup;2025-01-31;2,500.00;EUR\n",
    )

    draft, mapping = drafted(path)

    assert opened(draft) == set()
    assert (
        "# 2 forms: like 1,234.50 on 2 rows (lines 3, 4), like 1.234,50 on 1 row"
        " (line 2)\n" in toml_of(draft, path.name)
    )
    assert [each.lines[0].amount for each in read(path, mapping).documents] == [
        *(1_200_000, 150_000, 250_000),
    ]
    (problem,) = refused(path, mapping.model_copy(update=numbers(thousands=",")))
    assert problem.line == 2
    assert problem.message == (
        "amount '12.000,00' is not a number like 1,234.50: write it so, or say"
        ' thousands = ",",'
        ' also = [{ decimal = ",", thousands = "." }] under [numbers] in a mapping'
    )


def test_what_follows_from_an_open_form_of_numbers_is_drafted(tmp_path: Path) -> None:
    path = sheet(
        tmp_path,
        "Invoice;Customer;Type;Date;Net;Currency\nR-1;A;Invoice;2025-01-31;(2.500,00);BHD\n"
        "R-2;A;Invoice;2025-01-31;1,500.00;BHD\nR-3;A;Invoice;2025-01-31;1,000.00;BHD\n"
        "R-4;A;Invoice;2025-01-31;1,200;BHD\nG-1;A;Credit;2025-01-31;(1,500);BHD\n",
    )

    draft, mapping = drafted(path)
    text = toml_of(draft, path.name)

    assert opened(draft) == {"decimal"}
    assert '# decimal = "."\n# thousands = ","\n# parentheses = true\n' in text
    assert mapping.credit_note is not None
    assert mapping.credit_note.negate
    told = "lines 5, 6 '1,200', '(1,500)' may be of either: write those cells so that"
    assert told in draft.open_entries[0].comment


def test_a_column_whose_field_is_open_is_not_to_be_ignored(tmp_path: Path) -> None:
    """No message says to ignore what an open comment is about."""
    path = sheet(
        tmp_path,
        "Invoice,Customer,Product,Date,From,To,Net,Currency\n"
        "R-1,A,S,05/01/2025,05/01/2025,06/01/2025,1.00,EUR\n",
    )

    draft, mapping = drafted(path)
    (problem,) = refused(path, mapping)
    decided = mapping_with_date(path, draft)
    (second,) = refused(path, decided)

    assert opened(draft) == {"issued_on", "service_from", "service_to"}
    assert "leaves open: issued_on; give it" in problem.message.replace("each", "it")
    assert second.message == (
        "the header has unknown columns: From, To; give each to a field under"
        " [columns], or name it under ignore in the mapping"
    )


def mapping_with_date(path: Path, draft: Draft) -> Mapping:
    """The draft with its first form of the day of issue."""
    text = toml_of(draft, path.name)
    return Mapping.model_validate(
        tomllib.loads(text.replace("# issued_on =", "issued_on =", 1))
    )


def test_where_the_amount_is_open_the_likely_column_tells_the_rest(
    tmp_path: Path,
) -> None:
    path = sheet(
        tmp_path,
        "Invoice;Customer;Type;Date;Worth;Seats;Currency\n"
        "R-1;A;Invoice;2025-01-31;1.500,00;3;EUR\nG-1;A;Credit;2025-01-31;(20,00);1;EUR\n",
    )

    draft, mapping = drafted(path)
    text = toml_of(draft, path.name)

    assert opened(draft) == {"amount"}
    assert "has '1.500,00', '(20,00)'; the rest is by that one" in text
    assert mapping.numbers == Numbers(decimal=",", thousands=".", parentheses=True)
    decided = Mapping.model_validate(
        tomllib.loads(text.replace("# amount =", "amount ="))
    )
    assert [each.lines[0].amount for each in read(path, decided).documents] == [
        *(150_000, 2_000),
    ]


def test_numbers_that_nothing_tells_apart_are_open(tmp_path: Path) -> None:
    text = 'Invoice,Customer,Date,Qty,Price,Currency\n1,A,2025-01-31,1,"1,200",BHD\n'
    path = sheet(tmp_path, text)

    draft, mapping = drafted(path)
    with pytest.raises(Rejected) as raised:
        read(path, mapping)

    assert opened(draft) == {"decimal"}
    (entry,) = draft.open_entries
    assert "'1,200' can be read in several ways" in entry.comment
    assert "'1,200' is not a number like 1234.50" in raised.value.problems[0].message


@pytest.mark.parametrize(
    ("currency", "amount"),
    [("EUR", 120_000), ("JPY", 1_200), ("BHD", None), ("", None)],
)
def test_cents_tell_thousands_where_the_currency_is_known(
    currency: str, amount: int | None, tmp_path: Path
) -> None:
    text = f'Invoice,Customer,Date,Amount,Currency\n1,A,2025-01-31,"1,200",{currency}\n'
    path = sheet(tmp_path, text)

    draft, mapping = drafted(path)

    if amount is None:
        assert "decimal" in opened(draft)
        with pytest.raises(Rejected):
            read(path, mapping)
    else:
        assert read(path, mapping).documents[0].lines[0].amount == amount


def test_what_is_missing_is_open_with_what_it_needs(tmp_path: Path) -> None:
    path = sheet(tmp_path, "Reference,Colour,Sum of it\n1,red,10\n2,blue,20\n")

    draft, mapping = drafted(path)
    with pytest.raises(Rejected) as raised:
        read(path, mapping)

    assert opened(draft) == {
        *("id", "customer.id", "customer.name", "issued_on", "amount", "currency"),
    }
    assert draft.ignored == ["Reference", "Colour", "Sum of it"]
    text = toml_of(draft, path.name)
    assert "\"Colour\",  # 'red', 'blue'" in text
    assert "# OPEN: which column has the number of the document?" in text
    assert "leaves open: id, currency, customer.id, customer" in str(
        raised.value.problems[0]
    )


def test_words_that_nobody_knows_are_open(tmp_path: Path) -> None:
    path = sheet(tmp_path, STRIPE.replace("usd", "USD").replace("void", "on hold"))

    draft, mapping = drafted(path)
    with pytest.raises(Rejected) as raised:
        read(path, mapping)

    assert opened(draft) == {'"on hold"'}
    assert mapping.columns["status"].values == {
        "paid": "FINAL",
        "Draft": "DRAFT",
        "Void": "VOIDED",
    }
    assert "status 'on hold' must be DRAFT" in raised.value.problems[0].message


@pytest.mark.parametrize(
    ("column", "words", "open_words"),
    [
        ("Status", ("Bezahlt", "Offen", "Storniert"), set()),
        ("Status", ("Payée", "Envoyée", "Annulée"), set()),
        ("Status", ("Waiting", "Striked", "Striked"), {'"Waiting"', '"Striked"'}),
        ("Rechnungsstatus", ("Bezahlt", "Offen", "Hm"), {'"Hm"'}),
        ("Type", ("Sale", "Sale", "Return"), {'"Sale"', '"Return"'}),
        ("Recognition method", ("Abo", "Abo", "Abo"), {'"Abo"'}),
    ],
)
def test_words_of_a_column_that_is_known_by_name_are_never_dropped(
    column: str, words: tuple[str, ...], open_words: set[str], tmp_path: Path
) -> None:
    rows = "".join(
        f"R-{at},Acme,Setup,2025-01-31,1.00,EUR,{word}\n"
        for at, word in enumerate(words)
    )
    header = f"Invoice,Customer,Product,Date,Net,Currency,{column}\n"
    path = sheet(tmp_path, header + rows)

    draft, mapping = drafted(path)

    assert opened(draft) == open_words
    assert draft.ignored == []
    if column == "Status" and not open_words:
        statuses = [document.status for document in read(path, mapping).documents]
        assert statuses.count(DocumentStatus.VOIDED) == 1


@pytest.mark.parametrize(
    ("column", "cells", "comment"),
    [
        ("Remarks", ["storniert", ""], "Remarks has 'storniert': is it the status?"),
        ("Remarks", ["sent twice", ""], None),
        ("Status", ["", ""], None),
        ("Status", [f"word {at}" for at in range(31)], "Status has 31 different words"),
    ],
)
def test_a_status_that_a_column_may_have_is_open(
    column: str, cells: list[str], comment: str | None, tmp_path: Path
) -> None:
    rows = "".join(
        f"R-{at},Acme,Setup,2025-01-31,1.00,EUR,{cell}\n"
        for at, cell in enumerate(cells)
    )
    header = f"Invoice,Customer,Product,Date,Net,Currency,{column}\n"
    path = sheet(tmp_path, header + rows)

    draft, mapping = drafted(path)

    assert opened(draft) == (set() if comment is None else {"status"})
    if comment is None:
        assert mapping.defaults["status"] == "FINAL"
    else:
        assert draft.open_entries[0].comment.startswith(comment)
        assert "leaves open: status" in refused(path, mapping)[0].message


@pytest.mark.parametrize("word", ["Total", "TOTALS:", "Summe", "Grand total EUR"])
def test_a_total_with_its_word_in_place_of_a_number_is_open(
    word: str, tmp_path: Path
) -> None:
    header = "Invoice;Date;Customer;Item;From;To;Net;Currency"
    path = sheet(
        tmp_path,
        f"{header}\nA1;05.01.2026;X;Plan;01.01.2026;31.12.2026;1.500,00;EUR\n"
        f"Total-7;13.01.2026;X;Plan;01.01.2026;31.12.2026;950,00;EUR\n"
        f"{word};;;;;;2.450,00;EUR\n",
    )

    draft, _ = drafted(path)
    text = toml_of(draft, path.name)
    decided = "".join(
        line.removeprefix("# ")
        for line in text.partition("# [[leave_out]]")[2].splitlines(keepends=True)
        if "OPEN" not in line
    )
    whole = f"{text.partition('# [[leave_out]]')[0]}[[leave_out]]{decided}"
    reading = read(path, Mapping.model_validate(tomllib.loads(whole)))

    assert draft.notes == []
    (entry,) = draft.open_entries
    assert entry.comment == (
        f"{word!r} in place of a number on line 4: a total? Then leave it out"
    )
    assert (reading.count, reading.left_out) == (2, {word: 1})


def test_rows_without_a_number_are_open(tmp_path: Path) -> None:
    path = sheet(tmp_path, QUICKBOOKS + ',,,,,,,Total,"$1,000.00"\n')

    draft, mapping = drafted(path)
    text = toml_of(draft, path.name)
    lines = text.splitlines()
    at = lines.index("# [[leave_out]]")
    decided = "\n".join(
        line.removeprefix("# ") if number >= at and "OPEN" not in line else line
        for number, line in enumerate(lines)
    )

    assert opened(draft) == {"reason"}
    assert mapping.leave_out == []
    with pytest.raises(Rejected):
        read(path, mapping)
    reading = read(path, Mapping.model_validate(tomllib.loads(decided)))
    assert reading.left_out == {"no number": 1}


def test_a_credit_of_an_invoice_with_several_lines_is_open(tmp_path: Path) -> None:
    header = "No,Date,Type,Customer,Item,Amount,Currency,Applies to\n"
    rows = "1,2025-01-31,Invoice,A,X,10.00,EUR,\n{}2,2025-02-01,Credit,A,X,5.00,EUR,1\n"
    again = "1,2025-01-31,Invoice,A,Y,10.00,EUR,\n"

    path = sheet(tmp_path, header + rows.format(""))
    draft, mapping = drafted(path)
    credit = read(path, mapping).documents[1]
    path = sheet(tmp_path, header + rows.format(again))
    draft_of_several, _ = drafted(path)

    assert opened(draft) == set()
    assert (credit.invoice_id, credit.lines[0].invoice_line_id) == ("1", "1")
    assert opened(draft_of_several) == {"invoice_line_id"}


def test_the_line_of_an_invoice_that_is_not_in_the_file_is_open(tmp_path: Path) -> None:
    header = "No,Date,Type,Customer,Item,Amount,Currency,Applies to\n"
    invoice = "1,2025-01-31,Invoice,A,X,10.00,EUR,\n"

    path = sheet(tmp_path, f"{header}{invoice}2,2025-02-01,Credit,A,X,5.00,EUR,9\n")
    draft, _ = drafted(path)
    path = sheet(tmp_path, header + invoice)
    draft_without_credits, mapping = drafted(path)

    (entry,) = draft.open_entries
    assert entry.key == "invoice_line_id"
    assert entry.comment.startswith(
        "'9' is not in this file: check that it has one line"
    )
    assert opened(draft_without_credits) == set()
    assert mapping.credit_note is None


@pytest.mark.parametrize("cell", ["200,50- €", "(200,50) €", "€ (200,50)", "200,50 €-"])
def test_a_minus_or_parentheses_inside_of_a_sign_are_numbers(
    cell: str, tmp_path: Path
) -> None:
    path = sheet(
        tmp_path,
        "No;Date;Type;Customer;Item;Net\n1;2025-01-31;Invoice;A;X;300,00 €\n"
        f"2;2025-02-01;Credit;A;X;{cell}\n",
    )

    draft, mapping = drafted(path)

    assert (opened(draft), draft.notes) == (set(), [])
    credit = read(path, mapping).documents[1]
    assert (credit.lines[0].amount, credit.currency) == (20_050, "EUR")


def test_what_is_no_number_is_named_with_its_lines(tmp_path: Path) -> None:
    path = sheet(
        tmp_path,
        "No,Date,Customer,Item,Net,Currency\n1,2025-01-31,A,X,3.00,EUR\n"
        "2,2025-01-31,A,X,free,EUR\n",
    )

    draft, _ = drafted(path)

    assert draft.notes == ["Not numbers, and so refused: 'free' on line 3."]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ('{"type": "invoice"}', "JSON Lines"),
        ("A title\n", "'A title' isn't a header of several columns: delete the lines"),
        ("\nList,,\nNo,Date,Net\n1,2,3\n", "'List' isn't a header of several columns"),
        ("sep=;\n", "isn't a header of several columns"),
        ("No,Date\n", "the header has no rows below it"),
        ("PK\x03\x04", "ZIP"),
    ],
)
def test_what_is_no_sheet_has_no_mapping(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(Rejected) as raised:
        read_sample(sheet(tmp_path, text), BYTES_MAX)

    assert words in raised.value.problems[0].message


@pytest.mark.parametrize("mark", ["sep=;", "SEP=;", '"sep=;"', "\nsep=;"])
def test_a_line_that_says_the_separator_is_no_header(mark: str, tmp_path: Path) -> None:
    path = sheet(tmp_path, f"{mark}\n{EUROPEAN}")

    sample = read_sample(path, BYTES_MAX)
    _, mapping = drafted(path)

    assert sample.delimiter == ";"
    assert sample.header[0] == "Rechnungsnummer"
    first = 2 + mark.count("\n") + 1
    assert sample.lines == (first, first + 1, first + 2)
    assert [document.line for document in read(path, mapping).documents] == [
        first,
        first + 2,
    ]


def test_a_title_above_the_header_is_told_at_import(tmp_path: Path) -> None:
    _, mapping = drafted(sheet(tmp_path, EUROPEAN))

    (problem,) = refused(sheet(tmp_path, f"Umsatz 2025\n{EUROPEAN}"), mapping)

    assert problem.line == 1
    assert problem.message.startswith(
        "'Umsatz 2025' isn't a header of several columns: delete the lines above"
    )
    assert "JSON" not in problem.message


names = st.sampled_from(
    [
        *(
            "Invoice No",
            "Date",
            "Type",
            "Status",
            "Customer",
            "Product",
            "Net",
            "Total",
        ),
        *(
            "Start",
            "End",
            "Currency",
            "Applies to",
            "Qty",
            "Unit price",
            "Line",
            "Memo",
        ),
        *(
            "a.b",
            'say "hi"',
            "x\ty",
            "#",
            "",
            "[columns]",
            "id",
            "amount",
            "customer.id",
        ),
    ]
)
texts = st.one_of(
    st.sampled_from(
        [
            *("", "INV-1", "2025-01-31", "01/02/2025", "Invoice", "Credit", "Paid"),
            *("EUR", "€", "1,200.00", "1.200,00", "(5.00)", "-5", "$5", "1", '"', "'"),
        ]
    ),
    st.text(max_size=6),
)


@given(
    st.lists(names, min_size=2, max_size=8).flatmap(
        lambda header: st.tuples(
            st.just(header),
            st.lists(
                st.lists(texts, min_size=len(header), max_size=len(header)),
                min_size=1,
                max_size=6,
            ),
        )
    )
)
def test_each_draft_is_a_mapping(
    tmp_path_factory: pytest.TempPathFactory, table: tuple[list[str], list[list[str]]]
) -> None:
    header, rows = table
    quoted = [
        ",".join('"' + cell.replace('"', '""') + '"' for cell in row)
        for row in (header, *rows)
    ]
    text = "\n".join(quoted).encode(errors="replace").replace(b"\0", b"")
    path = tmp_path_factory.mktemp("sheets") / "sheet.csv"
    path.write_bytes(text)
    try:
        sample = read_sample(path, BYTES_MAX)
    except Rejected:
        return

    draft = draft_of(sample)

    mapping = Mapping.model_validate(tomllib.loads(toml_of(draft, path.name)))
    assert mapping.delimiter == sample.delimiter
    used = {*mapping.used_columns, *mapping.ignore}
    assert used <= {*sample.header}


@pytest.mark.parametrize(
    ("row", "ways"),
    [
        ("1.000;12", """'1.000', '12' can be read in several ways"""),
        ("2;1.250", """'2', '1.250' can be read in several ways"""),
        ("2;1,250", """'2', '1,250' can be read in several ways"""),
    ],
)
def test_thousands_or_decimals_of_quantities_and_prices_are_open(
    row: str, ways: str, tmp_path: Path
) -> None:
    header = "Invoice No;Customer;Product;Date;Qty;Unit price;Currency"
    path = sheet(tmp_path, f"{header}\nA1;X;P;13.02.2025;{row};EUR\n")

    draft = draft_of(read_sample(path, BYTES_MAX))

    (entry,) = draft.open_entries
    assert entry.key == "decimal"
    assert entry.comment.startswith(ways)
    assert "\nor\n" in entry.value


@pytest.mark.parametrize(
    ("currency", "forms"),
    [
        ("EUR", {"decimal": ",", "thousands": "."}),
        ("JPY", {"decimal": ",", "thousands": "."}),
        ("KWD", None),
    ],
)
def test_the_currency_settles_what_dots_are_in_amounts(
    currency: str, forms: dict[str, str] | None, tmp_path: Path
) -> None:
    rows = "A1;X;P;13.02.2025;1.000;{0}\nA2;X;P;14.02.2025;2.500;{0}\n"
    header = "Invoice No;Customer;Product;Date;Net;Currency\n"
    path = sheet(tmp_path, header + rows.format(currency))

    draft, mapping = drafted(path)

    assert opened(draft) == (set() if forms else {"decimal"})
    assert mapping.numbers == Numbers.model_validate(forms or {})


@pytest.mark.parametrize(
    ("day", "form"),
    [
        ("13 May 2025", "%d %b %Y"),
        ("May 13, 2025", "%b %d, %Y"),
        ("13 June 2025", "%d %B %Y"),
    ],
)
def test_names_of_months_are_read_in_one_way(
    day: str, form: str, tmp_path: Path
) -> None:
    header = "Invoice No;Customer;Product;Date;Net;Currency"
    path = sheet(tmp_path, f"{header}\nA1;X;P;{day};10.00;EUR\n")

    draft, mapping = drafted(path)

    assert opened(draft) == set()
    assert mapping.columns["issued_on"].date_format == [form]
