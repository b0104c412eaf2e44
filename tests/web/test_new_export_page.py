"""The page of a new export: what it shows, and what its button starts."""

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from daybook.db.engine import Database
from daybook.exports.formats.generic import SEQUENCE
from daybook.exports.formats.quickbooks import QUICKBOOKS
from daybook.exports.formats.xero import XERO
from daybook_browsing import Site
from daybook_factories import invoice, line, record, terms
from daybook_graphql.exports.ids import ExportJobId
from daybook_graphql.kit.ids import encode
from daybook_markup import Element, parse
from daybook_pages import HTMX, get
from daybook_people import client_of
from daybook_posted import days, made, mark, undo
from daybook_services.database import NewDatabase

pytestmark = pytest.mark.either_database

PAGE = "/exports/new?currency=USD&month=2025-10"
CANCEL_FIRST = {
    "query": "mutation($id: ID!) { cancelExport(input: {id: $id}) { job { status } } }",
    "variables": {"id": encode(ExportJobId(1))},
}
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def client(client_with: Callable[..., TestClient]) -> TestClient:
    """The application over an invoice of a customer with a dangerous name."""
    return client_with(invoice(customer_name=HOSTILE))


def facts(page: Element) -> list[str]:
    """Lines, files, debits and credits."""
    return [fact.text for fact in page.one(class_="preflight").all("dd")]


def button(page: Element) -> Element:
    """The button that exports."""
    return page.one(class_="preflight").one("button")


def pressed(page: Element, **chosen: str) -> tuple[Element, dict[str, str]]:
    """The form of the button that exports, and what it sends with other choices."""
    form, its = page.one("form", id="file-form"), button(page).attributes
    assert (its["form"], its["name"], its["value"]) == ("file-form", "do", "export")
    typed = {
        field.attributes["name"]: field.attributes.get("value", "")
        for field in form.all("input")
        if field.attributes.get("type", "text") in {"hidden", "text"}
        or "checked" in field.attributes
    }
    for select in form.all("select"):
        (value,) = [
            option.attributes["value"]
            for option in select.all("option")
            if "selected" in option.attributes
        ] or [select.all("option")[0].attributes["value"]]
        typed[select.attributes["name"]] = value
    return form, {**typed, "do": "export", **chosen}


def test_a_file_is_shown_before_it_is_made(client: TestClient) -> None:
    page = get(client, PAGE)

    assert facts(page) == ["30", "1", "48.45 USD", "48.45 USD"]
    assert "Nothing blocks the file" in page.text
    assert button(page).text == "Export the file"
    assert "disabled" not in button(page).attributes
    lines = page.one("pre").text
    assert lines.startswith("Journal Number,Date,Narrative,")
    assert HOSTILE in lines
    assert HOSTILE not in client.get(PAGE).text


def test_the_report_leads_to_it_with_its_filters(client: TestClient) -> None:
    report = get(
        client,
        "/journals?currency=USD&month=2025-10&customer=cus_1&group_by=product"
        "&granularity=daily&include_scheduled=no",
    )

    url = report.one("main").links()["Export"]

    assert url == (
        "/exports/new?currency=USD&month=2025-10&customer=cus_1&group_by=product"
        "&granularity=daily"
    )
    page = get(client, url)
    assert "by-product-filtered.csv" in page.text
    assert page.links()["the report"].startswith("/journals?currency=USD&month=2025-10")


def test_what_blocks_comes_first_with_what_mends_it(client: TestClient) -> None:
    page = get(client, f"{PAGE}&format=XERO")

    findings = page.all("li", class_="finding")
    assert "3 problems block the file" in page.text
    assert "disabled" in button(page).attributes
    links = [finding.links() for finding in findings]
    settings = "/settings/integrations?currency=USD&system=XERO"
    assert links == [
        {"Settings for Xero": settings},
        {
            "Use normal balances": f"{PAGE}&format=XERO&preset=normal-balance",
            "Use the rule of Xero": f"{PAGE}&format=XERO&preset=vendor",
        },
        {"Map 2": f"{settings}#mapping-heading"},
        {"Settings for Xero": settings},
    ]
    assert "Deferred Revenue: 1 journal, 48.45 USD" in page.text
    # Commands of a terminal are told there alone.
    assert "daybook mapping" not in page.text
    assert (
        "Nobody has chosen" not in get(client, f"{PAGE}&format=XERO&preset=vendor").text
    )


def test_options_of_another_format_are_left_out(client: TestClient) -> None:
    page = get(
        client, f"{PAGE}&format=SEQUENCE&preset=vendor&max_rows=1000&convert=yes"
    )

    assert page.one(id="max_rows").attributes["value"] == "1000"
    assert not page.all("select", id="preset")
    assert not page.all("select", id="opens")
    assert button(page).text == "Export the file"


def test_a_beancount_file_may_open_other_accounts(client: TestClient) -> None:
    page = get(client, f"{PAGE}&format=BEANCOUNT&opens=none")

    chosen = page.one("select", id="opens")
    assert [option.attributes["value"] for option in chosen.all("option")] == [
        *("", "all", "none")
    ]
    assert button(page).text == "Export the file"


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("format=BEANCOUNT&opens=some", "opens", "'some' is not one of used, all"),
        ("max_rows=1", "max_rows", "1 rows hold no entry"),
        ("max_rows=many", "max_rows", "'many' is not a number of rows"),
        ("granularity=yearly", "granularity", "neither daily nor monthly"),
        ("format=SAGE", "format", "'SAGE' is not a format"),
        ("customer=nobody", "", "nobody"),
        ("search_for=x", "", "There is no filter"),
    ],
)
def test_problems_are_shown_at_their_fields_and_nothing_is_checked(
    client: TestClient, query: str, field: str, message: str
) -> None:
    page = get(client, f"{PAGE}&{query}", 422)

    assert message in page.one(class_="problems").text
    if field:
        assert message in page.one(id=f"problem-{field}").text
    assert "There is nothing to check until the options are right." in page.text
    assert not page.all("button", class_="primary")


def test_the_button_starts_the_export_once(client: TestClient) -> None:
    form, typed = pressed(get(client, PAGE))

    first, again = (
        client.post(form.attributes["action"], data=typed, follow_redirects=False)
        for _ in range(2)
    )

    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["location"] == f"{PAGE}#exports"
    listed = get(client, PAGE).one(id="exports")
    (row,) = listed.one("table").one("tbody").all("tr")
    assert row.text.startswith("USD 1–31 Oct 2025, Generic CSV, by day Export 1")
    fragment = parse(client.get(PAGE, headers=HTMX).text)
    assert fragment.one(id="exports").one("tbody").all("tr")
    assert not fragment.all("h1")


def test_another_choice_than_was_checked_is_checked_before_it_is_exported(
    client: TestClient,
) -> None:
    form, typed = pressed(get(client, f"{PAGE}&customer=cus_1"), format="BEANCOUNT")

    answer = client.post(form.attributes["action"], data=typed, follow_redirects=False)
    page = parse(answer.text)
    nothing = get(client, PAGE).one(id="exports")
    form, typed = pressed(page)
    done = client.post(form.attributes["action"], data=typed, follow_redirects=False)

    assert answer.status_code == 422
    assert "You chose another file than the one that was checked" in page.text
    assert chosen_format(page) == "BEANCOUNT"
    assert "operating_currency" in page.one("pre").text
    assert "No file was exported here yet." in nothing.text
    address = f"{PAGE}&customer=cus_1&format=BEANCOUNT"
    assert form.attributes["action"] == address
    assert done.headers["location"] == f"{address}#exports"


@pytest.mark.parametrize(
    ("chosen", "address"),
    [
        ({"format": "XLSX"}, f"{PAGE}&format=XLSX"),
        (
            {"granularity": "monthly", "include_scheduled": "yes"},
            f"{PAGE}&include_scheduled=yes&format=SEQUENCE&granularity=monthly",
        ),
        ({"max_rows": "x"}, f"{PAGE}&format=SEQUENCE&max_rows=x"),
    ],
)
def test_checking_leads_to_the_address_of_the_choice(
    client: TestClient, chosen: dict[str, str], address: str
) -> None:
    form, typed = pressed(get(client, PAGE), **chosen)
    check = form.one("button").attributes
    typed[check["name"]] = check["value"]

    answer = client.post(form.attributes["action"], data=typed, follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (303, address)


def test_with_scripts_a_choice_loads_its_check(client: TestClient) -> None:
    form, typed = pressed(get(client, PAGE), format="XLSX")
    loading = {"HX-Request": "true", "HX-Target": "div#new-export"}

    part = parse(
        client.post(
            form.attributes["hx-post"], data={**typed, "do": "check"}, headers=loading
        ).text
    )

    assert form.attributes["hx-trigger"] == "change"
    assert form.attributes["hx-vals"] == '{"do": "check"}'
    assert chosen_format(part) == "XLSX"
    assert button(part).text == "Export the file"
    assert not part.all(id="exports")


def test_a_cancelled_export_is_made_again_once(client: TestClient) -> None:
    client.post(PAGE, data={}, follow_redirects=False)
    cancelled = client.post("/graphql", json=CANCEL_FIRST).json()
    page = get(client, PAGE)
    form = page.one(id="exports").one("tbody").one("form")
    (pressed,) = form.all("button")
    data = {
        "key": form.one("input", name="key").attributes["value"],
        pressed.attributes["name"]: pressed.attributes["value"],
    }

    first, again = (
        client.post(form.attributes["action"], data=data, follow_redirects=False)
        for _ in range(2)
    )

    assert cancelled["data"]["cancelExport"]["job"]["status"] == "CANCELLED"
    assert pressed.text == "Make it again"
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["location"] == f"{PAGE}#exports"
    rows = get(client, PAGE).one(id="exports").one("tbody").all("tr")
    assert len(rows) == 2
    assert "Cancelled" in rows[1].text
    assert "1–31 Oct 2025" in rows[1].text
    assert "from=" not in rows[1].text


def test_an_export_that_is_not_there_is_not_made_again(client: TestClient) -> None:
    unknown = encode(ExportJobId(7))

    answers = [
        client.post(PAGE, data={"retried": text}, follow_redirects=False)
        for text in (unknown, HOSTILE)
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    problems = parse(answers[0].text).one(class_="problems").text
    assert "there is no such export" in problems.casefold()


def test_a_file_that_is_blocked_is_not_started(client: TestClient) -> None:
    answer = client.post(f"{PAGE}&format=XERO", data={}, follow_redirects=False)

    assert answer.status_code == 422
    page = parse(answer.text)
    assert "Xero is not enabled for the USD ledger" in page.one(class_="problems").text
    assert "No file was exported here yet." in page.text


def test_an_address_without_ledger_or_period_gets_both(client: TestClient) -> None:
    answer = client.get("/exports/new?format=XLSX", follow_redirects=False)

    assert answer.status_code == 303
    assert answer.headers["location"] == (
        "/exports/new?currency=USD&month=2025-10&format=XLSX"
    )
    assert client.get("/exports/new?currency=JPY&month=2025-10").status_code == 404


def test_without_journals_the_report_explains(
    client_with: Callable[..., TestClient],
) -> None:
    answer = client_with().get("/exports/new", follow_redirects=False)

    assert answer.headers["location"] == "/journals"


@pytest.fixture
def posted(new_database: NewDatabase) -> Iterator[TestClient]:
    """October's file is posted; after it, an invoice of another year came in."""
    site = Site(new_database())

    async def fill(database: Database) -> None:
        await record(database, invoice())
        await made(database, days("2025-10-01", "2025-10-31"))
        await mark(database, 1, "MJ-1")
        await record(database, invoice("inv_2"), on="2025-10-15")

    site.run(fill)
    with client_of(site.settings, only_answers=True) as client:
        yield client


@pytest.fixture
def posted_in_xero(new_database: NewDatabase) -> Iterator[TestClient]:
    """Files of dollars: posted in Xero, then in QuickBooks; the last isn't posted."""
    site = Site(new_database())

    async def fill(database: Database) -> None:
        await record(database, invoice())
        euros = line(its_terms=terms("90.00", currency="EUR"))
        await record(database, invoice("inv_euro", euros, currency="EUR"))
        october = days("2025-10-01", "2025-10-31")
        for number, file_format in enumerate((QUICKBOOKS, XERO, SEQUENCE), start=1):
            await made(database, october, file_format)
            if file_format is not SEQUENCE:
                await mark(database, number, f"MJ-{number}", confirm=True)

    site.run(fill)
    with client_of(site.settings, only_answers=True) as client:
        yield client


def test_it_begins_with_the_format_of_the_ledgers_last_posted_file(
    posted_in_xero: TestClient,
) -> None:
    began = get(posted_in_xero, PAGE)
    other = get(posted_in_xero, f"{PAGE}&format=QUICKBOOKS")
    euros = get(posted_in_xero, PAGE.replace("USD", "EUR"))
    redirected = posted_in_xero.get(PAGE, follow_redirects=False)

    assert chosen_format(began) == "XERO"
    assert chosen_format(other) == "QUICKBOOKS"
    assert chosen_format(euros) == "SEQUENCE"
    assert redirected.headers["location"] == f"{PAGE}&format=XERO"
    (finding,) = (
        each for each in began.all("li", class_="finding") if "already" in each.text
    )
    # QuickBooks' file 1 is another target's.
    assert finding.links() == {
        "See file 2": "/exports/files/2",
        "Export the difference to file 2": "/exports/new?currency=USD&since=2",
    }
    overview = get(posted_in_xero, "/close?currency=USD&month=2025-11")
    preflight = overview.one("ol").links()["Preflight"]
    assert chosen_format(get(posted_in_xero, preflight)) == "XERO"


def chosen_format(page: Element) -> str:
    (chosen,) = (
        choice.attributes["value"]
        for choice in page.all("input", name="format", type="radio")
        if "checked" in choice.attributes
    )
    return chosen


def test_a_difference_has_what_came_after_a_posted_file(posted: TestClient) -> None:
    whole = get(posted, PAGE)
    page = get(posted, f"{PAGE}&since=1")

    assert facts(whole) == ["60", "1", "96.90 USD", "96.90 USD"]
    # The posted file is of all October, and so is its difference.
    assert facts(page) == ["62", "1", "100.00 USD", "100.00 USD"]
    assert button(page).text == "Export the difference"
    words = "USD all days, Generic CSV, by day, posted 15 Oct 2025, MJ-1"
    choices = [choice.text for choice in whole.one(id="since").all("option")]
    assert choices == ["Everything, not a difference", f"File 1: {words}"]
    assert f"Only what changed since {words}" in page.text
    assert not page.all("input", name="format", type="radio")

    form, typed = pressed(page)
    answer = posted.post(form.attributes["action"], data=typed, follow_redirects=False)

    assert answer.headers["location"] == f"{PAGE}&since=1#exports"
    row = get(posted, "/exports").one("tr", id="export-1")
    assert "Difference to a posted file" in row.text


def test_a_difference_needs_no_period(posted: TestClient) -> None:
    page = get(posted, "/exports/new?currency=USD&since=1")

    assert facts(page) == ["62", "1", "100.00 USD", "100.00 USD"]
    assert page.one(id="since").attributes["name"] == "since"


@pytest.mark.parametrize(
    ("since", "message"),
    [
        ("x", "“x” is not the number of an export record"),
        ("7", "there is no export record 7"),
        ("99999999999999999999", "is not the number of an export record"),
    ],
)
def test_what_is_wrong_with_a_difference_is_said_at_its_field(
    posted: TestClient, since: str, message: str
) -> None:
    page = get(posted, f"{PAGE}&since={since}", 422)

    assert message in page.one(id="problem-since").text


def test_a_file_that_another_goes_on_from_is_no_choice(
    new_database: NewDatabase,
) -> None:
    site = Site(new_database())

    async def fill(database: Database) -> None:
        await record(database, invoice())
        await made(database, days("2025-10-01", "2025-10-31"))
        await mark(database, 1, "MJ-1")
        await record(database, invoice("inv_2"), on="2025-10-15")
        await made(database, days("2025-10-01", "2025-10-31"), since=1)
        await mark(database, 2, "MJ-2", confirm=True)

    site.run(fill)
    with client_of(site.settings, only_answers=True) as client:

        def values() -> list[str]:
            choices = get(client, PAGE).one(id="since").all("option")
            return [choice.attributes["value"] for choice in choices]

        both, refused = values(), get(client, f"{PAGE}&since=1", 422)
        site.run(undo, 2)
        first = values()

    assert both == ["", "2"]
    assert "go on from file 2" in refused.one(id="problem-since").text
    assert first == ["", "1"]
