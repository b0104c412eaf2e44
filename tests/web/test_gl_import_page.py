"""The import page of the general ledger: sent, looked at, imported or discarded."""

import json
from collections.abc import Iterator

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from daybook.settings import Settings
from daybook_gl_imports import account, journal
from daybook_markup import Element, parse
from daybook_offices import office_of
from daybook_pages import HTMX, get
from daybook_people import client_of
from daybook_services.database import NewDatabase
from daybook_site import settings_for

pytestmark = pytest.mark.either_database

PAGE = "/general-ledger/import"
LIST = "/general-ledger/connections"
JOURNALS = {"Journals": [journal(at, "12.50", "-12.50") for at in (1, 2, 4)]}
ACCOUNTS = {"Accounts": [account(0), account(1)]}
MAPPING = """[accounts]
files = {header = "chart.csv"}
[accounts.columns]
AccountID = "id"
Name = "name"
Type = "type"
"""


@pytest.fixture
def settings(new_database: NewDatabase) -> Settings:
    """Settings of a new database."""
    return settings_for(new_database())


@pytest.fixture
def admin(settings: Settings) -> Iterator[TestClient]:
    """An admin's browser, in an organisation with one connection."""
    with client_of(settings) as made:
        connect(made, "Northwind UK", "GBP")
        yield made


def connect(client: TestClient, name: str, currency: str) -> None:
    fields = {"name": name, "base_currency": currency, "year_end": "12-31"}
    answer = client.post(LIST, data={"form": "add", **fields})
    assert answer.history[0].status_code == 303


def sent(
    client: TestClient, *files: tuple[str, object], mapping: str = "", **fields: str
) -> Response:
    """The answer to the form with some files, whose texts may be given as objects."""
    parts = [
        ("file", (name, its if isinstance(its, str) else json.dumps(its)))
        for name, its in files
    ]
    if mapping:
        parts.append(("mapping", ("map.toml", mapping)))
    chosen = get(client, PAGE).one(id="main").all(name="connection")
    values = {"connection": connection_of(chosen[0]), "kind": "", **fields}
    return client.post(PAGE, data=values, files=parts, follow_redirects=False)


def connection_of(field: Element) -> str:
    """The connection that the form has, as its only one or as the chosen one."""
    if field.tag == "input":
        return field.attributes["value"] or ""
    for option in field.all("option"):
        if "selected" in option.attributes:
            return option.attributes["value"] or ""
    raise AssertionError("none is chosen")


def looked_at(client: TestClient, answer: Response) -> Element:
    """The page of files that were sent."""
    assert answer.status_code == 303, answer.text
    return get(client, answer.headers["location"])


def rows_of(page: Element, id_: str) -> list[list[str]]:
    """The cells of a table's rows."""
    body = page.one("table", id=id_).one("tbody")
    return [
        [cell.text for cell in (*row.all("th"), *row.all("td"))]
        for row in body.all("tr")
    ]


def pressed(client: TestClient, page: Element, label: str) -> Response:
    """The answer to a form of the page, by its button's words."""
    for form in page.one("main").all("form"):
        if form.all("button") and form.all("button")[0].text == label:
            fields = {
                str(its.attributes["name"]): its.attributes.get("value") or ""
                for its in form.all("input")
            }
            action = form.attributes["action"] or ""
            return client.post(action, data=fields, follow_redirects=False)
    raise AssertionError(f"there is no form with {label}")


def test_files_of_several_kinds_are_looked_at_and_imported_once(
    admin: TestClient,
) -> None:
    both = (("j.json", JOURNALS), ("a.json", ACCOUNTS))
    page = looked_at(admin, sent(admin, *both))

    assert page.one("h1").text == "2 files for Northwind UK"
    assert [row[:5] for row in rows_of(page, "kinds")] == [
        ["Accounts", "2", "2", "0", "–"],
        ["Journals", "3", "6", "0", "1–4"],
    ]
    assert "Nothing came in yet." in get(admin, f"{LIST}/1").text
    answer = pressed(admin, page, "Import 5 documents")
    assert (answer.status_code, answer.headers["location"]) == (
        *(303, f"{PAGE}?taken=5&into=1"),
    )
    page = get(admin, answer.headers["location"])
    assert page.one(class_="import-done").text == (
        "5 documents are imported into Northwind UK. Refresh its part of the dataset"
    )
    messages = [its.text for its in page.all(class_="trail-what")]
    assert messages == [
        "3 journals of Northwind UK imported from j.json",
        "2 accounts of Northwind UK imported from a.json",
    ]
    assert not page.all(id="waiting")
    page = looked_at(admin, sent(admin, *both))
    assert [row[1:4] for row in rows_of(page, "kinds")] == [
        ["0", "0", "2"],
        ["0", "0", "3"],
    ]
    assert "There is nothing to import" in page.text
    replaced = page.one("main").one("input", name="replaces").attributes["value"]
    page = looked_at(admin, sent(admin, *both, replaces=str(replaced)))
    assert len(get(admin, PAGE).one(id="waiting").one("tbody").all("tr")) == 2
    discarded = pressed(admin, page, "Discard the files")
    page = get(admin, discarded.headers["location"])
    assert page.one(class_="import-done").text == (
        "2 files are discarded. Nothing was imported."
    )
    assert not page.all(id="waiting")


def test_problems_stand_at_their_rows_and_nothing_comes_in(admin: TestClient) -> None:
    text = "AccountID,Name,Type\na-1,Sales,REVENUE\na-2,,BANK\n"
    wrong = {"Journals": [journal(14, "1.50", "-1.49")]}
    csv = looked_at(admin, sent(admin, ("chart.csv", text), kind="ACCOUNTS"))
    table = csv.one(class_="import-places").one("tbody")
    assert [cell.text for cell in (*table.all("th"), *table.all("td"))] == [
        *("3", "chart.csv: account a-2: Name is missing"),
    ]
    button = csv.one("main").one("button", class_="primary")
    assert button.text == "Import the files"
    assert "disabled" in button.attributes

    files = (("a.json", ACCOUNTS), ("j.json", wrong))
    page = looked_at(admin, sent(admin, *files))
    assert "journal 14 (j-14) sums to 0.01 and not to 0" in page.text
    assert pressed(admin, page, "Import the files").status_code == 422
    assert "Nothing came in yet." in get(admin, f"{LIST}/1").text
    assert len(get(admin, PAGE).one(id="waiting").one("tbody").all("tr")) == 3


def test_another_program_s_files_come_in_by_a_mapping(admin: TestClient) -> None:
    chart = "id,name,type\na-1,Sales,REVENUE\n"
    files = (("chart.csv", chart), ("other.csv", "x\n1\n"))
    page = looked_at(admin, sent(admin, *files, mapping=MAPPING))

    assert rows_of(page, "kinds")[0][:2] == ["Accounts", "1"]
    assert "name them: other.csv" in page.text
    answer = pressed(admin, page, "Import 1 document")
    assert answer.headers["location"] == f"{PAGE}?taken=1&into=1"
    # The mapping isn't kept, either.
    assert not get(admin, PAGE).all(id="waiting")
    unknown = looked_at(admin, sent(admin, ("other.csv", "x\n1\n")))
    assert "a CSV file doesn't say what it has" in unknown.text
    broken = looked_at(admin, sent(admin, ("chart.csv", chart), mapping="["))
    assert "the mapping isn't TOML" in broken.text


def test_what_came_in_meanwhile_is_looked_at_again(admin: TestClient) -> None:
    first = looked_at(admin, sent(admin, ("j.json", JOURNALS)))
    other = looked_at(admin, sent(admin, ("j.json", JOURNALS)))
    assert pressed(admin, other, "Import 3 documents").status_code == 303

    further = {"Journals": [*JOURNALS["Journals"], journal(5, "1", "-1")]}
    late = looked_at(admin, sent(admin, ("k.json", further)))
    answer = pressed(admin, first, "Import 3 documents")

    # All of it is known now, so there was nothing to refuse.
    assert answer.headers["location"] == f"{PAGE}?taken=0&into=1"
    newer = looked_at(
        admin, sent(admin, ("l.json", {"Journals": [journal(6, "2", "-2")]}))
    )
    assert pressed(admin, newer, "Import 1 document").status_code == 303
    answer = pressed(admin, late, "Import 1 document")
    assert answer.status_code == 422
    page = parse(answer.text)
    assert "imported journals on" in page.one(class_="problems").text
    assert pressed(admin, page, "Import 1 document").status_code == 303


def test_files_go_into_the_connection_that_was_chosen(admin: TestClient) -> None:
    connect(admin, "Northwind Inc", "USD")
    chosen = get(admin, f"{PAGE}?into=2").one("select", id="connection")
    inc = connection_of(chosen)
    page = looked_at(admin, sent(admin, ("a.json", ACCOUNTS), connection=inc))
    assert page.one("h1").text == "1 file for Northwind Inc"
    pressed(admin, page, "Import 2 documents")
    assert "Nothing came in yet." in get(admin, f"{LIST}/1").text
    assert "Accounts" in get(admin, f"{LIST}/2").one("table", id="inputs").text


def test_files_that_can_t_be_read_are_told(admin: TestClient) -> None:
    empty = admin.post(PAGE, data={"connection": ""}, files=[("file", ("", ""))])
    assert (empty.status_code, "Choose a file first." in empty.text) == (422, True)
    nothing = sent(admin, ("a.json", ""))
    assert (nothing.status_code, "a.json is empty." in nothing.text) == (422, True)
    gone = admin.get(f"{PAGE}/files?connection=x&upload=upl_none")
    assert (gone.status_code, "are not here" in gone.text) == (404, True)
    none = admin.get(f"{PAGE}/files")
    assert none.status_code == 404
    answer = admin.post(
        PAGE,
        data={"connection": "", "kind": ""},
        files=[("file", ("a.json", json.dumps(ACCOUNTS)))],
        headers=HTMX,
        follow_redirects=False,
    )
    assert answer.headers["HX-Redirect"].startswith(f"{PAGE}/files?")


def test_a_viewer_may_not_import(new_database: NewDatabase) -> None:
    with office_of(new_database()) as office:
        fields = {"name": "Northwind UK", "base_currency": "GBP", "year_end": "12-31"}
        office.bob.post(LIST, 303, form="add", **fields)
        assert office.ann.get(PAGE).one("form", class_="drop")
        links = [its.attributes["href"] for its in office.ann.get(LIST).all("a")]
        assert PAGE in links
        office.vic.get(PAGE, 403)
        office.vic.get(f"{PAGE}/files", 403)
        assert office.vic.send(f"{PAGE}/files").status_code == 403
        assert office.vic.send(f"{PAGE}/files/discard").status_code == 403
