"""Pages of JSON as Xero's API returns them."""

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.errors import Rejected
from daybook.gl.kinds import FORMS, Form, Kind
from daybook.gl.xero.pages import Page, read_page

EXAMPLES = Path(__file__).with_name("xero_examples")
ROWS = {
    "getAccounts": (Kind.ACCOUNTS, 2),
    "getBankTransactions": (Kind.BANK_TRANSACTIONS, 3),
    "getBudget": (Kind.BUDGETS, 6),
    "getBudgets": (Kind.BUDGETS, 2),
    "getCreditNotes": (Kind.CREDIT_NOTES, 2),
    "getInvoices": (Kind.INVOICES, 3),
    "getJournal": (Kind.JOURNALS, 2),
    "getJournals": (Kind.JOURNALS, 9),
    "getManualJournals": (Kind.MANUAL_JOURNALS, 3),
    "getOrganisations": (Kind.ORGANISATION, 1),
    "getPayments": (Kind.PAYMENTS, 2),
    "getRepeatingInvoices": (Kind.REPEATING_INVOICES, 1),
    "getTaxRates": (Kind.TAX_RATES, 5),
    "getTrackingCategories": (Kind.TRACKING_CATEGORIES, 2),
}
JOURNAL = {
    "JournalID": "j-14",
    "JournalNumber": 14,
    "JournalDate": "/Date(1539993600000+0000)/",
    "CreatedDateUTC": "/Date(1541176243467+0000)/",
    "JournalLines": [
        {
            "JournalLineID": "l-1",
            "AccountID": "a",
            "NetAmount": 0.1,
            "GrossAmount": 0.1,
        },
        {"JournalLineID": "l-2", "AccountID": "b", "NetAmount": -0.1},
    ],
}


def example(name: str) -> bytes:
    return (EXAMPLES / f"{name}.response200.json").read_bytes()


def rows(page: Page) -> list[dict[str, str]]:
    """Rows by the names of their columns, without what is blank."""
    names = [column.name for column in FORMS[page.kind].columns]
    return [
        {name: text for name, text in zip(names, row, strict=True) if text}
        for row in page.rows
    ]


def page_of(root: str, *documents: Any, **more: Any) -> bytes:
    return json.dumps({root: documents, **more}).encode()


def problems(content: bytes, kind: Kind | None = None) -> list[tuple[str, str]]:
    """The code, and the path and message of each problem."""
    with pytest.raises(Rejected) as rejected:
        read_page(content, kind)
    return [
        (problem.code.value, ".".join([*problem.path, ""]) + f" {problem.message}")
        for problem in rejected.value.problems
    ]


@pytest.mark.parametrize("name", ROWS)
def test_every_example_of_xero_is_read(name: str) -> None:
    page = read_page(example(name))

    assert (page.kind, len(page.rows)) == ROWS[name]
    assert {len(row) for row in page.rows} == {len(FORMS[page.kind].columns)}


def test_the_examples_are_of_every_kind_but_contacts() -> None:
    assert {kind for kind, _ in ROWS.values()} == {*Kind} - {Kind.CONTACTS}


def test_a_journal_s_lines_repeat_what_is_the_journal_s() -> None:
    page = read_page(example("getJournals"), Kind.JOURNALS)
    first, second, *_ = rows(page)

    assert page.made_at == datetime(2019, 3, 11, 20, 13, 34, 210_000, UTC)
    assert first == {
        "journal_id": "1b31feeb-aa23-404c-8c19-24c827c53661",
        "number": "1",
        "day": "2018-10-20",
        "created": "2018-11-02T16:30:43.467",
        "reference": "Red Fish, Blue Fish",
        "source_id": "d4956132-ed94-4dd7-9eaa-aa22dfdf06f2",
        "source_type": "ACCREC",
        "position": "0",
        "line_id": "81e6b1bf-d812-4f87-8dc4-698558ae043e",
        "account_id": "b94495d0-44ab-4199-a1d0-427a4877e100",
        "account_code": "610",
        "account_type": "CURRENT",
        "account_name": "Accounts Receivable",
        "net": "40.0",
        "gross": "40.0",
        "tax": "0.0",
        "tracking": "[]",
    }
    assert (second["number"], second["position"], second["net"]) == ("1", "1", "-40.0")
    assert [row["number"] for row in rows(page)][::2] == ["1", "9", "14", "30", "30"]


def test_a_budget_s_rows_are_its_months() -> None:
    made = rows(read_page(example("getBudget")))

    assert [(row["account_code"], row["month"], row["amount"]) for row in made] == [
        ("200", "2019-08", "1000"),
        ("200", "2019-09", "1050"),
        ("200", "2019-10", "1102"),
        ("420", "2019-08", "500"),
        ("420", "2019-09", "505"),
        ("420", "2019-10", "510"),
    ]
    # The list of budgets has none of their lines.
    assert ["month" in row for row in rows(read_page(example("getBudgets")))] == [
        False,
        False,
    ]


def test_payments_and_tracking_are_lists_in_a_row() -> None:
    paid = rows(read_page(example("getInvoices")))[1]
    budget = rows(read_page(example("getBudget")))[0]

    assert json.loads(paid["payments"]) == [
        ["99ea7f6b-c513-4066-bc27-b7c65dcd76c2", "2018-11-29", "46.0", "1.0"]
    ]
    assert [option for *_, option in json.loads(budget["tracking"])] == [
        "North",
        "Daniel",
    ]


def test_no_number_becomes_a_float() -> None:
    lines = '[{"JournalLineID":"l","AccountID":"a","NetAmount":90071992547409.93}]'
    content = json.dumps({"Journals": [{**JOURNAL, "JournalLines": "LINES"}]})
    page = read_page(content.replace('"LINES"', lines).encode())

    assert rows(page)[0]["net"] == "90071992547409.93"


@pytest.mark.parametrize(
    ("date", "day"),
    [
        ("/Date(1539993600000+0000)/", "2018-10-20"),
        ("/Date(1539993600000)/", "2018-10-20"),
        ("/Date(1539946800000+1300)/", "2018-10-20"),
        ("2018-10-20T00:00:00", "2018-10-20"),
        ("2018-10-20", "2018-10-20"),
    ],
)
def test_dates_of_each_notation(date: str, day: str) -> None:
    page = read_page(page_of("Journals", {**JOURNAL, "JournalDate": date}))

    assert rows(page)[0]["day"] == day


def test_what_is_missing_or_wrong_names_its_document_and_place() -> None:
    line: dict[str, Any] = {"JournalLineID": "l", "AccountID": "a", "NetAmount": "x"}
    wrong = {**JOURNAL, "JournalDate": "tomorrow", "JournalLines": [line]}
    without = {key: value for key, value in JOURNAL.items() if key != "CreatedDateUTC"}
    bare = {**JOURNAL, "JournalNumber": 15, "JournalID": "j-15", "JournalLines": []}

    assert problems(page_of("Journals", JOURNAL, wrong)) == [
        (
            "INVALID_VALUE",
            (
                "Journals.1.JournalDate. journal 14 (j-14): JournalDate 'tomorrow' is"
                " no date such as 2020-02-10T18:42:07.587 or /Date(1552335214210)/"
            ),
        ),
        (
            "INVALID_VALUE",
            (
                "Journals.1.JournalLines.0.NetAmount. journal 14 (j-14): NetAmount 'x'"
                " is not a decimal number such as 1234.50"
            ),
        ),
    ]
    assert problems(page_of("Journals", without))[0] == (
        "MISSING",
        "Journals.0.CreatedDateUTC. journal 14 (j-14): CreatedDateUTC is missing",
    )
    assert ("MISSING", "Journals.0. journal 15 (j-15): has no lines") in problems(
        page_of("Journals", bare)
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "this isn't JSON: Expecting value"),
        (b"\xff", "this isn't JSON: it isn't UTF-8"),
        (b'{"Journals": [NaN]}', "this isn't JSON: NaN is no number"),
        (b"[]", "this isn't a page of Xero's API: it isn't an object"),
        (b"{}", "this isn't a page of Xero's API: it has none of Journals, Accounts"),
        (b'{"Accounts": []}', "this is a page of Accounts, and not of Journals"),
        (b"[" * 100_000, "this isn't JSON"),
    ],
)
def test_what_is_no_page_is_refused(content: bytes, message: str) -> None:
    ((code, words),) = problems(content, Kind.JOURNALS)

    assert code == "UNREADABLE"
    assert words.strip(" .").startswith(message)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *[form.root for form in FORMS.values()],
                    *["JournalLines", "LineItems", "JournalID", "Date", "Payments"],
                    *["BudgetLines", "BudgetBalances", "Options", "Contact"],
                    *["DateTimeUTC", "Total", "Tracking", "JournalNumber"],
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.sampled_from([*FORMS.values()]), JSON, JSON)
def test_any_page_is_read_or_refused(form: Form, documents: Any, made_at: Any) -> None:
    content = json.dumps({form.root: documents, "DateTimeUTC": made_at}).encode()
    # Nothing else may be raised.
    with contextlib.suppress(Rejected):
        page = read_page(content)
        assert all(isinstance(text, str) for row in page.rows for text in row)
