"""Parts of the dataset: by filters, by pages, by ranges; and as Parquet."""

import csv
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pyarrow.parquet
import pytest

from daybook.connections.commands import Author, remove_connection
from daybook.gl.rules.columns import DatasetColumn as Column
from daybook_datasets import CSV, PARQUET, Datasets, make_datasets
from daybook_factories import ORGANISATION
from daybook_people import NOON

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def datasets(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Datasets:
    """A server with datasets, for tests that only read."""
    return make_datasets(sqlite_template, tmp_path_factory.mktemp("datasets"))


@pytest.fixture(scope="module")
def ask(datasets: Datasets) -> Iterator[Ask]:
    """Asks for a file with these parameters."""
    with datasets.asking() as client:

        def get(address: str = CSV, method: str = "GET", **given: Any) -> Any:
            headers = {**datasets.basic(), **given.pop("headers", {})}
            names = {"first": "from", "last": "to"}
            query = {names.get(name, name): value for name, value in given.items()}
            url = f"{address}?{urlencode(query, doseq=True)}" if query else address
            return client.request(method, url, headers=headers)

        yield get


def lines_of(answer: Any, *columns: Column) -> list[tuple[str, ...]]:
    """Some columns of the lines of a CSV file."""
    header, *rows = csv.reader(StringIO(answer.text, newline=""))
    places = [header.index(column) for column in columns]
    return [tuple(row[place] for place in places) for row in rows]


def pages_of(ask: Ask, address: str, **given: Any) -> Iterator[Any]:
    """The pages of a file, each by the address that the one before names."""
    answer = ask(address, **given)
    yield answer
    while link := answer.headers.get("link"):
        url, _, relation = link.partition(">; ")
        assert relation == 'rel="next"' and url.startswith(f"<{address}?")
        answer = ask(url.removeprefix("<"))
        assert answer.status_code == 200, answer.text
        yield answer


NUMBERS = (Column.CONNECTION_NAME, Column.JOURNAL_NUMBER, Column.ACCOUNT_CODE)
UK_1 = {("UK", "1", "200")}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"connection": "Inc"}, {("Inc", "1", "200"), ("Inc", "1", "")}),
        (
            {"connection": ["inc", "UK"], "account": "200", "last": "2025-09-01"},
            UK_1,
        ),
        ({"first": "2025-09-01", "last": "2025-09-01", "account": "200"}, UK_1),
        ({"search": "ORDER 1", "account": "200"}, UK_1),
        (
            {
                "search": "order 1",
                "account": "200",
                "type": ["actual", "DRAFT INVOICE"],
            },
            UK_1,
        ),
        ({"type": "fx-exposure"}, set()),
        ({"tracking": "Region - North"}, set()),
        ({"contact": "c-1"}, set()),
        ({"account": ["200", "999"], "first": "2025-09-30"}, {("Inc", "1", "200")}),
    ],
    # Not of what is found: a set has another order in each process.
    ids=lambda its: str(its) if isinstance(its, dict) else "",
)
def test_parameters_say_which_lines(
    ask: Ask, given: dict[str, Any], found: set[tuple[str, ...]]
) -> None:
    answer = ask(**given)

    assert answer.status_code == 200
    assert set(lines_of(answer, *NUMBERS)) == found
    assert answer.text.startswith(f"{','.join(Column)}\r\n")


def test_blank_parameters_leave_out_nothing(ask: Ask) -> None:
    blank = dict.fromkeys(("first", "last", "account", "search", "limit", "after"), "")

    assert ask(**blank).content == ask().content
    assert ask(**blank).headers["etag"] == ask().headers["etag"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"form": "1"}, "form: there is no such parameter; did you mean from?"),
        ({"first": "2025-9-1"}, "from: '2025-9-1': not a date YYYY-MM-DD"),
        ({"type": "actuals"}, "type: 'actuals' is none of actual, draft-invoice,"),
        ({"type": "actuals"}, "did you mean actual?"),
        ({"connection": "UX"}, "connection: 'UX' is none of UK, Inc"),
        ({"limit": "0"}, "limit: '0' is no number from 1 to 1,000,000"),
        ({"limit": "1000001"}, "limit: '1000001' is no number from 1 to 1,000,000"),
        ({"limit": "²"}, "limit: '²' is no number"),
        ({"limit": ["1", "2"]}, "limit: it is given more than once"),
        ({"after": "1"}, "after: it comes from the header Link of the page before"),
        ({"after": f"{'0' * 16}.1.1"}, "after: the dataset is another one by now"),
        ({"refresh": "x"}, "refresh: 'x' is not the number of anything"),
    ],
    ids=str,
)
def test_what_is_wrong_is_told(ask: Ask, given: dict[str, Any], words: str) -> None:
    answer = ask(**given)

    assert answer.status_code == 400
    assert words in answer.text


def test_all_that_is_wrong_is_told_at_once(ask: Ask) -> None:
    answer = ask(type="x", limit="x", last="x")

    assert answer.status_code == 400
    assert [line.partition(":")[0] for line in answer.text.splitlines()] == [
        *("type", "to", "limit"),
    ]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 7, 8, 9])
@pytest.mark.parametrize("given", [{}, {"account": "200"}, {"connection": "Inc"}])
def test_pages_join_to_the_whole(ask: Ask, limit: int, given: dict[str, Any]) -> None:
    whole = ask(**given)
    pages = [*pages_of(ask, CSV, limit=limit, **given)]

    header, *rest = whole.text.splitlines(keepends=True)
    assert "link" not in whole.headers
    assert [page.text.splitlines(keepends=True)[0] for page in pages] == (
        [header] * len(pages)
    )
    bodies = [page.text.splitlines(keepends=True)[1:] for page in pages]
    assert [line for body in bodies for line in body] == rest
    assert [len(body) for body in bodies[:-1]] == [limit] * (len(pages) - 1)
    assert 1 <= len(bodies[-1]) <= limit
    assert len({page.headers["etag"] for page in pages}) == len(pages)


def test_a_page_without_lines_has_its_header(ask: Ask) -> None:
    answer = ask(limit=5, first="2030-01-01")

    assert answer.text == f"{','.join(Column)}\r\n"
    assert "link" not in answer.headers


def test_pages_stay_of_the_state_that_they_began_with(
    sqlite_template: Path, tmp_path: Path
) -> None:
    own = make_datasets(sqlite_template, tmp_path)
    with own.asking() as client:
        first = client.get(f"{CSV}?limit=6", headers=own.basic())
        link = first.headers["link"].partition(">")[0].removeprefix("<")
        own.bring(4)
        second = client.get(link, headers=own.basic())
        whole = client.get(CSV, headers=own.basic())
        # Without the state's number, the place is one of another state.
        moved = link.replace("refresh=2&", "")
        refused = client.get(moved, headers=own.basic())

    assert "refresh=2" in link
    assert lines_of(second, *NUMBERS) == [("Inc", "1", "200"), ("Inc", "1", "")]
    assert len(lines_of(whole, *NUMBERS)) == 10
    assert refused.status_code == 400
    assert "the dataset is another one by now" in refused.text


def test_pages_go_on_without_a_connection_that_was_removed(
    sqlite_template: Path, tmp_path: Path
) -> None:
    own = make_datasets(sqlite_template, tmp_path)
    own.bring(4)  # the newest refresh is one in which the other connection still is
    author = Author(ORGANISATION, "a test", NOON + timedelta(days=1))
    own.run(lambda database: remove_connection(database, author, 2))
    with own.asking() as client:

        def ask(address: str, **given: Any) -> Any:
            return client.get(address, headers=own.basic(), params=given or None)

        pages = [*pages_of(ask, CSV, limit=5)]
        whole = ask(CSV)

    assert [len(lines_of(page, *NUMBERS)) for page in pages] == [5, 3]
    assert [line for page in pages for line in lines_of(page, *NUMBERS)] == (
        lines_of(whole, *NUMBERS)
    )
    assert {line[0] for line in lines_of(whole, *NUMBERS)} == {"UK"}


def test_a_head_says_what_a_get_would(ask: Ask) -> None:
    for given in ({}, {"limit": 3}):
        whole, head = ask(**given), ask(method="HEAD", **given)

        assert head.content == b""
        assert dict(head.headers) == dict(whole.headers)
        assert head.headers["content-length"] == str(len(whole.content))
        assert head.headers["accept-ranges"] == "bytes"


def test_a_range_goes_on_only_in_the_same_content(
    sqlite_template: Path, tmp_path: Path
) -> None:
    own = make_datasets(sqlite_template, tmp_path)
    with own.asking() as client:
        whole = client.get(CSV, headers=own.basic())
        going_on = {"Range": "bytes=100-", "If-Range": whole.headers["etag"]}
        rest = client.get(CSV, headers={**own.basic(), **going_on})
        own.bring(4)
        other = client.get(CSV, headers={**own.basic(), **going_on})

    assert (rest.status_code, rest.content) == (206, whole.content[100:])
    assert other.status_code == 200
    assert len(other.content) > len(whole.content)


def test_parquet_has_the_same_lines_with_types(ask: Ask) -> None:
    answer = ask(PARQUET)
    table = pyarrow.parquet.read_table(BytesIO(answer.content))
    text = ask()

    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    assert 'filename="journals.parquet"' in answer.headers["content-disposition"]
    assert table.column_names == [*Column]
    assert str(table.schema.field(Column.NET).type) == "decimal128(18, 2)"
    assert str(table.schema.field(Column.JOURNAL_NUMBER).type) == "int64"
    rows = table.to_pylist()
    assert [(row[Column.NET], row[Column.REFERENCE]) for row in rows] == [
        (Decimal(net), reference.removeprefix("'"))
        for net, reference in lines_of(text, Column.NET, Column.REFERENCE)
    ]


@pytest.mark.parametrize("limit", [1, 3, 6, 8])
def test_pages_of_parquet_join_to_the_whole(ask: Ask, limit: int) -> None:
    tables = [
        pyarrow.parquet.read_table(BytesIO(page.content))
        for page in pages_of(ask, PARQUET, limit=limit)
    ]
    whole = pyarrow.parquet.read_table(BytesIO(ask(PARQUET).content))

    assert pyarrow.concat_tables(tables).equals(whole)
    assert [table.num_rows for table in tables[:-1]] == [limit] * (len(tables) - 1)
