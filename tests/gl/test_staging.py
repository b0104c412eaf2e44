"""Input checked as a whole: JSON pages and CSV, what is known, what is refused."""

import csv
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from daybook.columnar.engine import engine
from daybook.errors import ProblemCode, Rejected
from daybook.gl.kinds import FORMS, Kind
from daybook.gl.xero.csv_sources import Source
from daybook.gl.xero.mapping import read_mapping
from daybook.gl.xero.staging import Staged, Staging

EXAMPLES = Path(__file__).with_name("xero_examples")


class Desk:
    """Files of a test, and what was staged of them before."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self.known: list[Path] = []

    def page(self, root: str, *documents: Any, name: str = "page.json") -> Source:
        """A page of JSON."""
        return self._file(name, json.dumps({root: documents}))

    def table(self, name: str, *rows: Sequence[str]) -> Source:
        """A CSV file."""
        source = self._file(name, "")
        with source.path.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows(rows)
        return source

    def _file(self, name: str, text: str) -> Source:
        self._count += 1
        path = self._folder / f"{self._count}-{name}"
        path.write_text(text, encoding="utf-8")
        return Source(name, path)

    def stage(
        self,
        kind: Kind,
        *sources: Source,
        mapping: str | None = None,
        currency: str = "CAD",
    ) -> Staged:
        """Stage files, which are known from then on."""
        self._count += 1
        folder = self._folder / f"staged-{self._count}"
        folder.mkdir()
        found = read_mapping(mapping)[kind] if mapping else None
        with engine([self._folder, EXAMPLES], folder / "scratch") as connection:
            staging = Staging(connection, kind, currency, folder)
            staged = staging.stage(sources, self.known, found)
        if staged.path:
            self.known.append(staged.path)
        return staged

    def rows(self, staged: Staged, *columns: str) -> list[tuple[Any, ...]]:
        """Some columns of what was staged."""
        with engine([self._folder], self._folder / "scratch") as connection:
            found = connection.execute(
                f"SELECT {', '.join(columns)} FROM read_parquet(?)",  # noqa: S608
                [str(staged.path)],
            )
            return found.fetchall()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty folder."""
    return Desk(tmp_path)


def journal(number: int, *nets: float, **more: Any) -> Mapping[str, Any]:
    """A journal whose lines have these nets."""
    return {
        "JournalID": f"j-{number}",
        "JournalNumber": number,
        "JournalDate": "2026-10-31",
        "CreatedDateUTC": "2026-10-31T12:00:00",
        "JournalLines": [
            {"JournalLineID": f"l-{at}", "AccountID": f"a-{at}", "NetAmount": net}
            for at, net in enumerate(nets)
        ],
        **more,
    }


def messages(desk: Desk, *sources: Source, **more: Any) -> list[str]:
    """The code and message of each problem of a refused input."""
    with pytest.raises(Rejected) as rejected:
        desk.stage(Kind.JOURNALS, *sources, **more)
    return [f"{its.code.value} {its.message}" for its in rejected.value.problems]


def test_the_example_of_xero(desk: Desk) -> None:
    example = Source("getJournals", EXAMPLES / "getJournals.response200.json")
    staged = desk.stage(Kind.JOURNALS, example, currency="NZD")

    assert (staged.documents, staged.rows, staged.unchanged) == (4, 9, 0)
    assert (staged.first, staged.last) == (1, 30)
    assert desk.rows(staged, "number", "position", "CAST(net AS VARCHAR)")[:2] == [
        (1, 0, "40.00"),
        (1, 1, "-40.00"),
    ]


def test_again_it_brings_nothing(desk: Desk) -> None:
    page = desk.page("Journals", journal(1, 1, -1), journal(2, 2.5, -2.5))
    desk.stage(Kind.JOURNALS, page)
    again = desk.stage(Kind.JOURNALS, page)
    more = desk.stage(
        Kind.JOURNALS, desk.page("Journals", journal(2, 2.5, -2.5), journal(3, 1, -1))
    )

    assert (again.path, again.documents, again.unchanged) == (None, 0, 2)
    assert (more.documents, more.unchanged, more.first, more.last) == (1, 1, 3, 3)


def test_names_may_change_and_lines_may_not(desk: Desk) -> None:
    desk.stage(Kind.JOURNALS, desk.page("Journals", journal(14, 1, -1)))
    renamed = journal(14, 1, -1, Reference="Another")
    changed = journal(14, 2, -2)

    assert desk.stage(Kind.JOURNALS, desk.page("Journals", renamed)).unchanged == 1
    for other in (
        changed,
        journal(14, 1, -1, JournalDate="2026-10-30"),
        journal(14, 1, -1, JournalID="another"),
    ):
        (message,) = messages(desk, desk.page("Journals", other))
        assert message == (
            "CHANGED journal 14 was imported before with other lines: journals never"
            " change"
        )


def test_a_journal_that_does_not_sum_to_zero_refuses_all_of_them(desk: Desk) -> None:
    page = desk.page("Journals", journal(13, 1, -1), journal(14, 1.5, -1.49))

    assert messages(desk, page) == [
        "UNBALANCED journal 14 (j-14) sums to 0.01 and not to 0"
    ]
    assert desk.known == []


def test_a_document_is_on_a_page_once(desk: Desk) -> None:
    """Its lines would be mixed: both sum to 0, and so would the mixture."""
    other = journal(14, 5, -5)
    for number, line in enumerate(other["JournalLines"], 7):
        line["JournalLineID"] = f"l-{number}"
    page = desk.page("Journals", journal(13, 1, -1), journal(14, 10, -10), other)

    assert messages(desk, page) == [
        "DUPLICATE page.json: journal j-14 is on the page twice, at positions 2 and 3"
    ]
    assert desk.known == []


def test_a_journal_has_no_number_of_those_that_are_made(desk: Desk) -> None:
    page = desk.page(
        "Journals", journal(799_999_999, 1, -1), journal(800_000_000, 1, -1)
    )

    (message,) = messages(desk, page)
    assert message == (
        "INVALID_VALUE journal 800000000 (j-800000000) has a number of drafts and"
        " forecasts, from 800,000,000 on"
    )


def test_a_number_is_one_journal_s_and_a_line_is_there_once(desk: Desk) -> None:
    two = [journal(14, 1, -1), journal(14, 2, -2, JournalID="j-15")]
    lines = journal(14, 1, -1, 1, -1)["JournalLines"]
    lines[2]["JournalLineID"] = "l-0"

    assert messages(desk, desk.page("Journals", *two)) == [
        "DUPLICATE journal 14 is the number of two journals"
    ]
    assert messages(desk, desk.page("Journals", journal(14, JournalLines=lines))) == [
        "DUPLICATE journal 14 (j-14) has a line twice"
    ]


def test_journals_are_numbered_from_one(desk: Desk) -> None:
    numbers = (journal(-5, 1, -1), journal(0, 1, -1), journal(1, 1, -1))

    assert sorted(messages(desk, desk.page("Journals", *numbers))) == [
        "INVALID_VALUE journal -5 (j--5) has no number: Xero counts journals from 1",
        "INVALID_VALUE journal 0 (j-0) has no number: Xero counts journals from 1",
    ]


def test_pages_may_overlap(desk: Desk) -> None:
    pages = [
        desk.page("Journals", journal(1, 1, -1), journal(2, 1, -1), name="a.json"),
        desk.page("Journals", journal(2, 1, -1), journal(3, 1, -1), name="b.json"),
    ]
    other = desk.page("Journals", journal(2, 2, -2), name="c.json")

    assert desk.stage(Kind.JOURNALS, *pages).rows == 6
    assert messages(desk, *pages, other) == [
        "CHANGED journal 2 (j-2) is in two files that differ"
    ]


@pytest.mark.parametrize(
    ("currency", "net", "decimals"),
    [("CAD", 1.005, 2), ("JPY", 0.5, 0), ("KWD", 0.0001, 3)],
)
def test_an_amount_has_the_decimals_of_its_currency(
    desk: Desk, currency: str, net: float, decimals: int
) -> None:
    page = desk.page("Journals", journal(1, net, -net))

    assert messages(desk, page, currency=currency) == [
        f"INVALID_VALUE page.json: journal 1 (j-1): NetAmount '{amount}' is not an"
        f" amount in {currency}, which has {decimals} decimals"
        for amount in (net, -net)
    ]


HEADER = (
    "JournalID",
    "JournalNumber",
    "JournalDate",
    "CreatedDateUTC",
    "JournalLineID",
    "AccountID",
    "NetAmount",
    "TrackingCategories",
)
MOMENT = "2026-10-31 12:00:00.5 UTC"


def test_csv_with_xero_s_fields(desk: Desk) -> None:
    tags = '[["c","Region","North, South"]]'
    table = desk.table(
        "journals.csv",
        HEADER,
        ("j-1", "1", "2026-10-31", MOMENT, "l-1", "a", "1.5", tags),
        ("j-2", "2", "2026-10-31", MOMENT, "l-1", "a", "0", ""),
        ("j-1", "1", "2026-10-31", MOMENT, "l-2", "b", "-1.50", ""),
    )
    staged = desk.stage(Kind.JOURNALS, table)

    assert (staged.documents, staged.rows) == (2, 3)
    columns = ("number", "position", "CAST(net AS VARCHAR)", "tracking", "reference")
    assert desk.rows(staged, *columns) == [
        (1, 0, "1.50", tags, ""),
        (1, 1, "-1.50", "[]", ""),
        (2, 0, "0.00", "[]", ""),
    ]


def test_what_is_wrong_in_csv_names_its_line(desk: Desk) -> None:
    table = desk.table(
        "journals.csv",
        HEADER,
        ("j-1", "1", "31/10/2026", MOMENT, "l-1", "a", "1,50", "x"),
        ("j-1", "1", "2026-10-31", "", "l-2", "b", "1e2", ""),
    )
    with pytest.raises(Rejected) as rejected:
        desk.stage(Kind.JOURNALS, table)

    begin = "journals.csv: journal 1 (j-1): "
    assert [(its.line, its.message) for its in rejected.value.problems] == [
        (2, f"{begin}JournalDate '31/10/2026' is not a date such as 2026-10-31"),
        (3, f"{begin}CreatedDateUTC is missing"),
        (
            2,
            f"{begin}NetAmount '1,50' is not an amount in CAD, which has 2 decimals",
        ),
        (3, f"{begin}NetAmount '1e2' is not an amount in CAD, which has 2 decimals"),
        (
            2,
            (
                f"{begin}TrackingCategories 'x' is not a list such as"
                ' [["id","Region","North"]]'
            ),
        ),
    ]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "journals.csv: it is empty: its first row names the columns"),
        ([(*HEADER, "Netto")], "journals.csv: it has an unknown column 'Netto'"),
        (
            [HEADER[2:]],
            "journals.csv: it has no column JournalID, JournalNumber",
        ),
        ([(*HEADER, "AccountID")], "journals.csv: its header has AccountID twice"),
    ],
)
def test_what_is_no_table_of_journals_is_refused(
    desk: Desk, rows: Sequence[Sequence[str]], message: str
) -> None:
    table = desk.table("journals.csv", *rows)

    assert messages(desk, table) == [f"UNREADABLE {message}"]


def test_a_row_of_another_width_is_refused(desk: Desk) -> None:
    table = desk.table("journals.csv", HEADER, ("j-1", "1"))
    ((message),) = messages(desk, table)

    assert message.startswith("UNREADABLE the CSV can't be read: ")


def test_documents_are_kept_as_they_were_read_last(desk: Desk) -> None:
    def account(name: str) -> Mapping[str, str]:
        return {"AccountID": "a", "Name": name, "Type": "BANK"}

    first = desk.stage(Kind.ACCOUNTS, desk.page("Accounts", account("Old")))
    same = desk.stage(Kind.ACCOUNTS, desk.page("Accounts", account("Old")))
    renamed = desk.stage(Kind.ACCOUNTS, desk.page("Accounts", account("New")))
    back = desk.stage(
        Kind.ACCOUNTS,
        desk.page("Accounts", account("Other")),
        desk.page("Accounts", account("Old")),
    )

    assert [its.documents for its in (first, same, renamed, back)] == [1, 0, 1, 1]
    assert desk.rows(back, "name") == [("Old",)]


def test_an_organisation_is_one_of_the_connection_s_currency(desk: Desk) -> None:
    example = Source("getOrganisations", EXAMPLES / "getOrganisations.response200.json")

    with pytest.raises(Rejected) as rejected:
        desk.stage(Kind.ORGANISATION, example, currency="GBP")
    (problem,) = rejected.value.problems
    assert problem.code is ProblemCode.MISMATCH
    assert re.fullmatch(
        r"organisation [0-9a-f-]+ keeps its books in NZD, and this connection is in"
        r" GBP: import it into one in NZD",
        problem.message,
    )
    assert desk.stage(Kind.ORGANISATION, example, currency="NZD").documents == 1


def test_a_draft_without_lines_is_a_row(desk: Desk) -> None:
    source = Source("getInvoices", EXAMPLES / "getInvoices.response200.json")
    staged = desk.stage(Kind.INVOICES, source, currency="NZD")

    assert (staged.documents, staged.rows) == (3, 3)
    assert desk.rows(staged, "number", "position", "amount")[0] == (
        "INV-0001",
        None,
        None,
    )


MAPPING = """
[journals]
files = { header = "h.csv", lines = "l.csv", tracking = "t.csv" }
join = "jid"
line = "lid"
[journals.columns]
JournalID = "jid"
JournalNumber = "no"
JournalDate = "day"
CreatedDateUTC = "made"
JournalLineID = "lid"
AccountID = "account"
NetAmount = "net"
[journals.tracking]
category_id = "category"
option = "option"
"""


def test_files_are_joined_by_a_mapping(desk: Desk) -> None:
    header = desk.table(
        "h.csv",
        ("jid", "no", "day", "made", "more"),
        ("j", "7", "2026-10-31", MOMENT, "?"),
    )
    lines = desk.table(
        "l.csv",
        ("jid", "lid", "account", "net"),
        ("j", "2", "b", "-5"),
        ("j", "1", "a", "5"),
    )
    tags = desk.table(
        "t.csv",
        ("jid", "lid", "category", "option"),
        ("j", "1", "c-2", "Sales"),
        ("j", "1", "c-1", "North"),
    )
    staged = desk.stage(Kind.JOURNALS, lines, tags, header, mapping=MAPPING)

    assert desk.rows(staged, "number", "position", "account_id", "tracking") == [
        (7, 0, "b", "[]"),
        (7, 1, "a", '[["c-2","","Sales"],["c-1","","North"]]'),
    ]
    assert messages(desk, header, mapping=MAPPING) == [
        "MISSING the mapping names 'l.csv', which wasn't given",
        "MISSING the mapping names 't.csv', which wasn't given",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "the mapping isn't TOML: "),
        ("[journal]", "'journal' is no kind of input; did you mean journals?"),
        ("journals = 1", "journals is not a table"),
        ("[journals]", "journals.files names no header file"),
        (
            '[journals]\nfiles = {header = "h"}\nheaders = 1',
            "journals has no setting 'headers'",
        ),
        (
            '[journals]\nfiles = {header = "h", lines = "l"}',
            "journals has several files, and no column to join them",
        ),
        (
            '[journals]\nfiles = {header = "h"}\n[journals.columns]\nJournalNo = "n"',
            "journals has no field 'JournalNo'",
        ),
    ],
)
def test_what_is_wrong_in_a_mapping(text: str, message: str) -> None:
    with pytest.raises(Rejected) as rejected:
        read_mapping(text)

    assert rejected.value.problems[0].message.startswith(message)


def test_no_two_columns_of_a_kind_share_a_header() -> None:
    for form in FORMS.values():
        headers = [column.header for column in form.columns if column.field]
        assert len(headers) == len({*headers})
