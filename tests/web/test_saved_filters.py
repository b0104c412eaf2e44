"""Saved filters by links and forms alone, on each page that has them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from httpx2 import Response
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from daybook.saved_filters.rules import KEPT, FilteredPage, checked_filter
from daybook_everybody import Everybody, everybody_in
from daybook_markup import Element, parse
from daybook_web.kit.saved import PATH
from daybook_web.saved_filters.pages import PAGES, read_address, words_of

ADDRESSES = {
    "JOURNALS": "/journals?currency=USD&month=2025-05&source=CREDIT_NOTE&voided=yes",
    "DOCUMENTS": "/documents?currency=USD&month=2025-05&kind=CREDIT_NOTE",
    "EXPORTS": "/exports?ledger=USD&state=READY",
    "MANUAL_JOURNALS": "/manual-journals?status=POSTED&from=2025-01-01",
    "DEFERRED_REVENUE": "/reports/deferred-revenue?currency=USD&on=2025-05-31"
    "&open_only=yes",
    "WATERFALL": "/reports/waterfall?currency=USD&on=2025-05-31&apart=yes",
    "COHORTS": "/reports/cohorts?currency=USD&on=2025-05-31&as_of=2025-06-30",
    "ROLL_FORWARD": "/reports/roll-forward?currency=USD&on=2025-05-31&from=2025-01",
    "TIE_OUT": "/reports/tie-out?currency=USD&on=2025-05-31&as_of=2025-06-30",
    "POPULATION": "/reports/population?currency=USD&flags=MANUAL&flags=ROUND",
    "AUDIT_TRAIL": "/audit?action=IMPORT&currency=USD",
    "ACTIVITY": "/activity?kind=IMPORT&failed=no",
}
"""A filtered page of each kind; what is of the moment comes first."""
WORDS = {
    "JOURNALS": "Source: Credit note; Void: Voided",
    "DOCUMENTS": "Kind: Credit notes",
    "EXPORTS": "Ledger: USD; State: Ready",
    "MANUAL_JOURNALS": "Status: Posted; From: 1 Jan 2025",
    "DEFERRED_REVENUE": "Only: Still open",
    "WATERFALL": "Only: Nothing deferred",
    "COHORTS": "As of: 30 Jun 2025",
    "ROLL_FORWARD": "From: January 2025",
    "TIE_OUT": "As of: 30 Jun 2025",
    "POPULATION": "Flag: Manual; Flag: Round amount",
    "AUDIT_TRAIL": "What: Import; Ledger: USD",
    "ACTIVITY": "Activity: Import; Result: Succeeded",
}
"""What the list says each of them filters by, as the page's own chips do."""
LATER = {"currency": "USD", "month": "2025-06", "on": "2025-06-30"}
MOMENT = {*LATER}
"""What is of the moment, on the pages that don't filter by it."""


def moment_of(page: str) -> set[str]:
    return MOMENT - KEPT[FilteredPage[page]]


def test_every_page_with_filters_is_known() -> None:
    assert [*PAGES] == [page.name for page in FilteredPage] == [*ADDRESSES]


@pytest.mark.parametrize("page", ADDRESSES)
def test_a_page_saves_what_the_api_keeps(page: str) -> None:
    """What narrows a page is saved; the ledger, the month and the day are not."""
    address = urlsplit(ADDRESSES[page])

    read = read_address(page, address.query)

    assert read.problems == []
    assert read.kept.path == address.path
    pairs = parse_qsl(address.query)
    assert sorted(read.kept.filter) == sorted(
        pair for pair in pairs if pair[0] not in moment_of(page)
    )
    assert sorted(read.kept.moment) == sorted(
        pair for pair in pairs if pair[0] in moment_of(page)
    )
    checked_filter(FilteredPage[page], "Late", read.kept.query)


@given(st.sampled_from(FilteredPage), st.data())
def test_whatever_a_page_keeps_the_api_takes(
    page: FilteredPage, data: st.DataObject
) -> None:
    """Each parameter is kept by both, whatever its value, and no other is."""
    names = st.sampled_from(
        sorted({*KEPT[page], *MOMENT, "after", "before", "n", "print", "totals"})
    )
    values = st.sampled_from(["yes", "no", "x y", "2025-10-31", "MANUAL", "inv_1&=é"])
    pairs = data.draw(st.lists(st.tuples(names, values), max_size=6))

    query = "&".join(f"{name}={value.replace('&', '%26')}" for name, value in pairs)
    kept = read_address(page.name, query).kept

    assert {name for name, _ in kept.filter} <= KEPT[page]
    assert {name for name, _ in kept.moment} <= moment_of(page.name)
    again = read_address(page.name, kept.whole_query).kept
    assert (again.filter, again.moment) == (kept.filter, kept.moment)


class Reader:
    """Somebody's browser without scripts."""

    def __init__(self, client: TestClient, headers: Mapping[str, str]) -> None:
        self.client = client
        self.headers = dict(headers)

    def get(self, address: str, status: int = 200) -> Element:
        """The page at an address."""
        return self.page_of(self.client.get(address, headers=self.headers), status)

    def send(self, status: int, address: str = PATH, **form: str) -> Element:
        """The page that a form leads to."""
        answer = self.client.post(
            address, data=form, headers=self.headers, follow_redirects=False
        )
        if answer.status_code == 303:
            return self.get(answer.headers["location"], status)
        return self.page_of(answer, status)

    def page_of(self, answer: Response, status: int) -> Element:
        """The page of an answer."""
        assert answer.status_code == status, answer.text
        return parse(answer.text)

    def save(self, page: str, name: str = "Late", **form: str) -> Element:
        """Save what an example is filtered by, as its form sends it."""
        shown = self.get(ADDRESSES[page]).one(id="save-filter").one("form")
        fields = {
            str(field.attributes["name"]): str(field.attributes["value"])
            for field in shown.all("input", type="hidden")
        }
        return self.send(200, **fields, name=name, **form)


@pytest.fixture(scope="module")
def application(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Everybody]:
    """A company with everything in it."""
    with everybody_in(sqlite_template, tmp_path_factory.mktemp("saved")) as made:
        yield made


@pytest.fixture
def ada(application: Everybody) -> Iterator[Reader]:
    """A controller; what she and others see and may change is deleted afterwards."""
    reader = Reader(application.client, application.headers["controller"])
    yield reader
    delete_all(reader)


@pytest.fixture
def vic(application: Everybody) -> Iterator[Reader]:
    """A viewer."""
    reader = Reader(application.client, application.headers["viewer"])
    yield reader
    delete_all(reader)


def delete_all(reader: Reader) -> None:
    for link in reader.get(PATH).all("a"):
        address = link.attributes["href"] or ""
        if "ask=delete" in address:
            reader.send(200, form="delete", filter=query_of(address)["filter"])


def query_of(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


def chips(page: Element) -> dict[str, bool]:
    """The saved filters above a page, and whether each is marked."""
    return {
        chip.text: "aria-current" in chip.attributes
        for chip in page.all("a", class_="saved-chip")
    }


def links(page: Element) -> dict[str, str]:
    return {link.text: link.attributes["href"] or "" for link in page.all("a")}


@pytest.mark.parametrize("page", ADDRESSES)
def test_a_filter_is_saved_and_used(ada: Reader, page: str) -> None:
    shown = ada.save(page)

    assert chips(shown) == {"Late": True}
    assert not shown.all(id="save-filter")
    path, given = urlsplit(ADDRESSES[page]).path, query_of(ADDRESSES[page])
    now = {name: LATER[name] for name in given if name in moment_of(page)}
    plain = ada.get(f"{path}?{urlencode(now)}")
    assert chips(plain) == {"Late": False}
    chip = plain.one("a", class_="saved-chip").attributes["href"] or ""
    assert urlsplit(chip).path == path
    assert query_of(chip) == {**given, **now}
    assert chips(ada.get(chip)) == {"Late": True}


@pytest.mark.parametrize("page", ADDRESSES)
def test_the_list_says_what_a_filter_filters_by(ada: Reader, page: str) -> None:
    ada.save(page)

    (row,) = ada.get(PATH).one("table", class_="saved-table").one("tbody").all("tr")

    assert row.all("td")[0].text == WORDS[page]


def test_a_filter_of_nothing_but_columns_is_named() -> None:
    assert words_of("JOURNALS", "columns=method") == "Columns"


def test_a_report_with_a_problem_has_the_saved_filters_but_saves_nothing(
    ada: Reader,
) -> None:
    ada.save("WATERFALL")

    wrong = ada.get("/reports/waterfall?currency=USD&on=2025-05-32", 422)

    assert "is not a date" in wrong.text
    assert chips(wrong) == {"Late": False}
    assert not wrong.all(id="save-filter")
    unknown = ada.get("/reports/waterfall?currency=USD&product=none", 422)
    assert chips(unknown) == {"Late": False}
    leads = links(unknown)["Late"]
    assert chips(ada.get(leads)) == {"Late": True}


def test_a_private_filter_is_nobody_elses_and_a_shared_one_everybodys(
    ada: Reader, vic: Reader
) -> None:
    ada.save("JOURNALS", "Mine")
    assert chips(vic.get("/journals?currency=USD")) == {}
    ada.save("EXPORTS", "Ours", shared="yes")

    shown = vic.get(ADDRESSES["EXPORTS"])
    assert chips(shown) == {"Ours (shared)": True}
    listed = vic.get(PATH)
    assert "Ours" in listed.text and "Mine" not in listed.text
    assert not [text for text in links(listed) if text.startswith("Delete")]
    assert not vic.get(ADDRESSES["JOURNALS"]).all(id="saved-shared")
    address = next(
        url for text, url in links(ada.get(PATH)).items() if text == "Delete Ours"
    )
    its_id = query_of(address)["filter"]
    vic.get(address, 404)
    vic.send(403, form="delete", filter=its_id)
    vic.send(403, form="rename", filter=its_id, name="Theirs")
    query = urlsplit(ADDRESSES["JOURNALS"]).query
    form = {"form": "save", "page": "JOURNALS", "query": query, "name": "All"}
    vic.send(403, **form, shared="yes")
    assert chips(vic.get(ADDRESSES["EXPORTS"])) == {"Ours (shared)": True}


def test_a_name_that_is_taken_asks_before_it_is_replaced(ada: Reader) -> None:
    ada.save("DOCUMENTS")
    other = "currency=USD&status=VOIDED"
    form = {"form": "save", "page": "DOCUMENTS", "query": other, "name": "Late"}

    question = ada.send(200, **form)

    assert question.one(id="question-heading").text == "Replace the filter “Late”?"
    assert chips(ada.get(ADDRESSES["DOCUMENTS"])) == {"Late": True}
    fields = {
        field.attributes["name"]: field.attributes["value"]
        for field in question.one("section", class_="question").all("input")
    }
    assert {**form, "replaces": "yes"}.items() <= fields.items()
    shown = ada.send(200, **form, replaces="yes")
    assert chips(shown) == {"Late": True}
    assert chips(ada.get(ADDRESSES["DOCUMENTS"])) == {"Late": False}


def test_a_filter_is_renamed_and_deleted(ada: Reader) -> None:
    ada.save("JOURNALS", "Late")
    ada.save("EXPORTS", "Other")
    found = links(ada.get(f"{PATH}?page=JOURNALS&query=currency%3DUSD"))
    assert found["Back to Journals"] == "/journals?currency=USD"

    question = ada.get(found["Rename Late"])
    assert question.one("input", id="name").attributes["value"] == "Late"
    its_id = query_of(found["Rename Late"])["filter"]
    wrong = ada.send(422, form="rename", filter=its_id, name=" ")
    assert "a name is needed" in wrong.text
    answer = ada.send(200, form="rename", filter=its_id, name="Later")
    assert answer.one(class_="page-status").text == "The filter has another name."
    assert "Later" in links(answer)

    asked = ada.get(found["Delete Late"])
    assert asked.one(id="question-heading").text == "Delete the filter “Later”?"
    for _ in range(2):
        answer = ada.send(200, form="delete", filter=its_id)
        assert answer.one(class_="page-status").text == "The filter is deleted."
    assert {"Later", "Other"} & {*links(answer)} == {"Other"}
    ada.get(found["Rename Late"], 404)
    ada.send(404, form="rename", filter=its_id, name="Again")


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"page": "JOURNALS", "query": "source=GIFT", "name": "Late"}, 422),
        ({"page": "JOURNALS", "query": "sauce=MANUAL", "name": "Late"}, 422),
        ({"page": "DOCUMENTS", "query": "kind=GIFT", "name": "Late"}, 422),
        ({"page": "AUDIT_TRAIL", "query": "action=LOK", "name": "Late"}, 422),
        ({"page": "WATERFALL", "query": "as_of=soon", "name": "Late"}, 422),
        ({"page": "JOURNALS", "query": "month=2025-05", "name": "Late"}, 422),
        ({"page": "JOURNALS", "query": "voided=yes", "name": ""}, 422),
        ({"page": "JOURNALS", "query": f"search={'x' * 2_100}", "name": "x"}, 422),
        ({"page": "https://elsewhere.example", "query": "a=b", "name": "Late"}, 400),
        ({"page": "//elsewhere.example", "query": "", "name": "Late"}, 400),
        ({"name": "Late"}, 400),
        ({"form": "other"}, 400),
    ],
)
def test_what_is_no_filter_is_not_saved(
    ada: Reader, form: dict[str, str], status: int
) -> None:
    ada.send(status, **{"form": "save", **form})

    assert "Nothing is saved yet" in ada.get(PATH).text


@pytest.mark.parametrize(
    "address",
    [
        f"{PATH}/chips",
        f"{PATH}/chips?page=https://elsewhere.example",
        f"{PATH}?ask=delete&filter=none",
        f"{PATH}?ask=replace&page=NOWHERE&name=Late",
        f"{PATH}?ask=other",
    ],
)
def test_an_address_that_names_nothing_leads_on(ada: Reader, address: str) -> None:
    assert links(ada.get(address, 404))["Go to the saved filters"] == PATH


def test_the_chips_come_alone(ada: Reader) -> None:
    ada.save("JOURNALS")

    page = ada.get(f"{PATH}/chips?page=JOURNALS&query=currency%3DEUR%26voided%3Dyes")

    (chip,) = page.all("a", class_="saved-chip")
    assert query_of(chip.attributes["href"] or "") == {
        "currency": "EUR",
        "source": "CREDIT_NOTE",
        "voided": "yes",
    }
    assert page.one(id="save-filter")
    assert not page.all("html")


def test_no_chip_leads_to_another_site(ada: Reader) -> None:
    hostile = "currency=%2F%2Felsewhere.example&month=2025-05&voided=yes"

    page = ada.get(f"{PATH}?{urlencode({'page': 'JOURNALS', 'query': hostile})}")

    back = links(page)["Back to Journals"]
    assert urlsplit(back)[:3] == ("", "", "/journals")


def test_a_key_sees_what_is_shared_and_saves_nothing(
    application: Everybody, ada: Reader
) -> None:
    key = Reader(application.client, application.headers["key that may READ"])
    ada.save("JOURNALS", "Mine")
    ada.save("EXPORTS", "Ours", shared="yes")

    assert chips(key.get(ADDRESSES["JOURNALS"])) == {}
    shown = key.get(ADDRESSES["EXPORTS"])
    assert chips(shown) == {"Ours (shared)": True}
    assert not key.get(ADDRESSES["JOURNALS"]).all(id="save-filter")
