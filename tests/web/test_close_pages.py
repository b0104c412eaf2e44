"""The close of a month, and the balances of the general ledger that are entered."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from starlette.testclient import TestClient

from daybook.access.rules import Permission
from daybook.db.engine import Database, open_database
from daybook.exports.formats.xero import XERO
from daybook.settings import Settings
from daybook_factories import invoice
from daybook_filled import filled_at
from daybook_markup import Element, parse
from daybook_offices import office_of
from daybook_pages import HTMX, get
from daybook_people import client_of, key_of
from daybook_posted import days, made, mark
from daybook_report_ledger import fill_report_ledger
from daybook_report_pages import plain, rows_of
from daybook_services.database import NewDatabase
from daybook_site import settings_for
from daybook_web.closing import routes

pytestmark = pytest.mark.either_database

BALANCES = "/close/balances?currency=USD"
TYPED = {
    "form": "enter",
    "on": "2025-09-30",
    "balance_deferred": "3850.00",
    "balance_billed": "14340.00",
    "note": "Trial balance",
}


@pytest.fixture
def client(new_database: NewDatabase) -> Iterator[TestClient]:
    """The application over a ledger of this test's own."""
    url = new_database()

    async def fill() -> None:
        database = Database(url)
        await fill_report_ledger(database)
        await database.close()

    def in_a_thread() -> None:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(anyio.run, fill).result()

    filled_at(url, in_a_thread, "report ledger")
    with client_of(settings_for(url), only_answers=True) as made:
        yield made


def posted(client: TestClient) -> None:
    """Have what is posted through August in Xero, by a file of it."""
    settings: Settings = client.app.state.site.settings  # type: ignore[attr-defined]

    async def post() -> None:
        database = open_database(settings)
        await mark(
            database,
            await made(database, days("2024-01-01", "2025-08-31"), XERO),
            confirm=True,
        )
        await database.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, post).result()


def steps_of(page: Element) -> dict[str, str]:
    """The steps of the checklist, and what they say."""
    return {
        step.one("h3").text: step.one("p").text
        for step in page.all("li", class_="check")
    }


def test_the_close_has_its_steps_checks_and_figures(reports: TestClient) -> None:
    page = get(reports, "/close?currency=USD&month=2025-09")

    assert page.one("h1").text == "Close September 2025"
    steps = steps_of(page)
    assert [*steps] == [
        "Done: Documents are in",
        "Not needed: Methods of products",
        "Not needed: Mapping to accounting systems",
        "Done: No manual journal waits",
        "To do: Lock September 2025",
        "To do: Export and post",
        "Not yet: No balance is entered",
    ]
    steps_of_usd = page.one("h2", id="steps-heading").text
    assert steps_of_usd == "USD, step by step 4 of 7"
    card = page.one(class_="ledger-card")
    assert card.one("span", class_="badge").text == "4 of 7"
    assert card.one("progress").attributes["value"] == "4"
    assert "To do: lock, export and tie-out" in card.text
    # 12,000.00 and 1,200.00 of a year, an accrual of 600.00, and in August neither.
    figures = page.one(class_="close-figures").all("a")
    assert [plain(link.text) for link in figures] == [
        *("1,700.00", "600.00 more than in August 2025 (+54.5%)"),
        *("3,850.00", "-1,100.00 since 31 Aug 2025"),
        *("600.00", "+600.00 since 31 Aug 2025"),
    ]
    checks = [check.text for check in page.one(class_="close-checks").all("p")]
    assert "Service ended, Deferred is not empty None" in checks
    assert "Manual journals that wait None" in checks


def test_each_step_leads_to_the_page_where_it_is_done(reports: TestClient) -> None:
    page = get(reports, "/close?currency=USD&month=2025-09")

    for step in page.all("li", class_="check"):
        (link,) = step.all("a")
        assert reports.get(link.attributes["href"]).status_code == 200
    links = page.one(class_="close-steps").links()
    assert links["Enter balances"] == "/close/balances?currency=USD&on=2025-09-30"
    assert links["Preflight"] == "/exports/new?currency=USD&month=2025-09"


def test_balances_wait_for_the_months_file_once_files_are_posted(
    client: TestClient,
) -> None:
    posted(client)

    page = get(client, "/close?currency=USD&month=2025-09")

    links = page.one(class_="close-steps").links()
    assert links["Post the file first"] == links["Preflight"]
    assert links["Preflight"] == "/exports/new?currency=USD&month=2025-09&format=XERO"
    assert steps_of(page)["Not yet: No balance is entered"] == (
        "Post the file of September 2025 first: balances are compared with what is"
        " posted."
    )


def test_a_month_that_is_posted_twice_leads_to_the_file_to_undo(
    client: TestClient,
) -> None:
    posted(client)
    posted(client)

    page = get(client, "/close?currency=USD&month=2025-08")

    words = steps_of(page)["To do: Posted twice"]
    assert words.startswith(
        "Xero has entries of August 2025 more than once, in file 1 (MJ-0934) and file 2"
    )
    links = page.one(class_="close-steps").links()
    assert links["See file 2"].partition("?")[0] == "/exports/files/2"
    tie_out = get(client, "/reports/tie-out?currency=USD&on=2025-08-31")
    files = {cell.text for cell in tie_out.all("span", class_="whole")}
    assert "File 1" in files


def test_after_a_lock_the_export_has_the_format_that_was_posted_last(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    after_a_lock = "/close?currency=USD&month=2025-09&saved=lock&recording=999"
    said = get(client, after_a_lock).one("p", class_="news", role="status")
    preflight = "/exports/new?currency=USD&month=2025-09"
    assert said.links() == {"Preflight the export": preflight}
    posted(client)

    said = get(client, after_a_lock).one("p", class_="news", role="status")
    assert said.links() == {"Preflight the export for Xero": f"{preflight}&format=XERO"}
    monkeypatch.setattr(routes, "JOURNALS_MAX", 1)
    # The overview of a large ledger, which has no steps yet, leads there too.
    early = get(client, f"{after_a_lock}0").one("p", class_="news", role="status")
    assert early.links() == said.links()


def test_a_large_ledger_shows_its_figures_first(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "JOURNALS_MAX", 1)
    early = get(client, "/close?currency=USD&month=2025-09")

    assert not early.all("li", class_="check")
    assert not early.all("progress")
    # Nothing is said to be done that wasn't looked at.
    assert early.one(class_="ledger-card").text == "USD"
    assert plain(early.one(class_="close-figures").all("a")[0].text) == "1,700.00"
    close = early.one(id="close").attributes
    assert close["hx-trigger"].startswith("load, ")
    # The room of seven steps and seven checks is kept; a screen reader passes it.
    room = early.one(class_="close-steps").one("ol", aria_hidden="true").all("li")
    assert [row.text for row in room] == ["1", "2", "3", "4", "5", "6", "7"]
    checks = early.one(class_="close-checks", aria_hidden="true")
    assert len(checks.all("p")) == 7
    # A browser loads the rest at once; without scripts a link does.
    (link,) = early.one(class_="close-steps").all("a")
    asked = [
        parse(client.get(close["hx-get"], headers=HTMX).text),
        get(client, link.attributes["href"]),
    ]
    for whole in asked:
        assert steps_of(whole)["Not yet: No balance is entered"]
        assert not whole.one(id="close").attributes["hx-trigger"].startswith("load")
    # Once it is known, it is shown at once, until something changes.
    assert steps_of(get(client, "/close?currency=USD&month=2025-09"))
    typed = {**TYPED, "balance_deferred": "3850.00"}
    assert client.post(BALANCES, data=typed).status_code in {200, 303}
    assert not get(client, "/close?currency=USD&month=2025-09").all("progress")


def test_it_begins_with_the_first_month_that_is_not_locked(
    reports: TestClient,
) -> None:
    page = get(reports, "/close")

    # Nothing is locked: the month before the present one.
    assert page.one("h1").text == "Close September 2025"
    steps = page.one(class_="stepper").all("a")
    assert [step.attributes["aria-label"] for step in steps] == [
        *("August 2025", "October 2025")
    ]


def test_the_close_is_loaded_again_once_something_changed(client: TestClient) -> None:
    page = get(client, "/close?currency=USD&month=2025-09")
    url = page.one(id="close").attributes["hx-get"]
    assert client.get(url, headers=HTMX).status_code == 204

    client.post(BALANCES, data=TYPED)

    part = parse(client.get(url, headers=HTMX).text)
    assert part.all("header", class_="site-header") == []
    assert "Done: Everything ties" in steps_of(part)
    assert part.one("h2", id="steps-heading").text == "USD, step by step 5 of 7"
    again = part.one(id="close").attributes["hx-get"]
    assert client.get(again, headers=HTMX).status_code == 204


@pytest.mark.parametrize(
    ("query", "status"),
    [("month=soon", 400), ("currency=EUR", 404), ("currency=%00", 404)],
)
def test_a_wrong_address_is_explained(
    reports: TestClient, query: str, status: int
) -> None:
    page = get(reports, f"/close?{query}", status)

    assert page.one("main").links()["Overview"] == "/close"


def test_the_checklist_is_a_file_too(reports: TestClient) -> None:
    page = get(reports, "/close?currency=USD&month=2025-09")

    for file in page.one(class_="menu-list").all("a"):
        answer = reports.get(file.attributes["href"])
        assert answer.status_code == 200
        assert "close-checklist-USD-2025-09" in answer.headers["content-disposition"]


def test_balances_are_entered_listed_and_tied_out(client: TestClient) -> None:
    answer = client.post(BALANCES, data=TYPED, follow_redirects=False)
    assert answer.status_code == 303

    page = get(client, answer.headers["location"])
    assert page.one(class_="page-status").text == "2 balances entered."
    said = page.one("p", class_="news")
    assert said.text == (
        "All that is entered for 30 Sep 2025 agrees with the ledger. See the tie-out"
    )
    assert said.links()["See the tie-out"] == (
        "/reports/tie-out?currency=USD&on=2025-09-30"
    )
    assert not get(client, BALANCES).all("p", class_="news")
    rows = [row.text for row in page.one("table").one("tbody").all("tr")]
    assert sorted(row.split(" 30 Sep")[0] for row in rows) == [
        *("Billed Revenue", "Deferred Revenue")
    ]
    assert all("Trial balance" in row for row in rows)

    page = get(client, "/reports/tie-out?currency=USD&on=2025-09-30&totals=yes")
    found = rows_of(page, 1)
    assert found["Deferred Revenue"] == [
        *("30 Sep 2025", "3,850.00", "3,850.00", "–", "Agrees")
    ]


def test_a_balance_that_is_wrong_by_a_cent_shows_in_the_tie_out(
    client: TestClient,
) -> None:
    wrong = {**TYPED, "balance_deferred": "3850.01"}
    page = parse(client.post(BALANCES, data=wrong).text)
    assert page.one("p", class_="warning").text.startswith(
        "Of 30 Sep 2025, these differ from the ledger: Deferred Revenue by 0.01."
    )

    page = get(client, "/reports/tie-out?currency=USD&on=2025-09-30&totals=yes")

    assert "Balance differs" in page.one(class_="report").text
    (row,) = [row for row in page.all("tr") if "Balance differs" in row.text]
    assert "Deferred" in row.text
    assert "0.01" in plain(row.text)


def test_the_tie_out_leads_back_to_the_close_that_led_there(
    client: TestClient,
) -> None:
    """And on the tie-out itself nothing leads to where its reader is."""
    client.post(BALANCES, data={**TYPED, "balance_deferred": "3850.01"})
    url = "/reports/tie-out?currency=USD&on=2025-09-30&totals=yes"
    came = {"Referer": f"{client.base_url}/close?currency=USD&month=2025-09"}

    links = parse(client.get(url, headers=came).text).one("main").links()

    back = "/close?currency=USD&month=2025-09"
    assert links["Back to the close of September 2025"] == back
    alone = get(client, url).one("main").links()
    assert "Back to the close of September 2025" not in alone
    assert "Find it in the tie-out" not in alone


def test_balances_of_several_accounts_are_summed_and_old_ones_marked(
    client: TestClient,
) -> None:
    """The general ledger has two accounts for Deferred, 3,000.00 and 850.00."""
    client.post(BALANCES, data={**TYPED, "balance_deferred": "3849.00"})
    refused = client.post(BALANCES, data={**TYPED, "balance_deferred": "3,000.00 + x"})
    assert refused.status_code == 422
    field = parse(refused.text).one(id="balance_deferred")
    assert field.attributes["value"] == "3,000.00 + x"

    several = {**TYPED, "balance_deferred": "3,000.00 + 850.00"}
    page = parse(client.post(BALANCES, data=several).text)

    assert page.one("p", class_="news").text.startswith("All that is entered")
    rows = [
        (row.one("th", scope="row").text, row.one("td", class_="amount").text)
        for row in page.one("tbody").all("tr")
    ]
    assert rows == [
        ("Deferred Revenue", "3,850.00"),
        ("Deferred Revenue Replaced", "3,849.00"),
        ("Billed Revenue", "14,340.00"),
    ]


def test_a_balance_s_field_names_the_accounts_that_it_sums(client: TestClient) -> None:
    where = "/settings/integrations?currency=USD&system=XERO"
    client.post(where, data={"form": "settings", "is_enabled": "on"})
    mapped = {"form": "mapping", "step": "save", "field_type": "Current Liability"}
    for account, product in (("2600", ""), ("2610", "prod_1")):
        its = {"role": "DEFERRED", "product": product, "field_code": account}
        answer = client.post(where, data={**mapped, **its}, follow_redirects=False)
        assert answer.status_code == 303

    fields = get(client, BALANCES).one("form", class_="balances-form")

    labels = {its.attributes["for"]: its.text for its in fields.all("label")}
    assert labels["balance_deferred"] == "Deferred Revenue"
    described = fields.one("input", id="balance_deferred").attributes
    hint = fields.one("p", id=described["aria-describedby"])
    assert hint.text == "Balance on the day: a credit. Xero 2600 + 2610"
    recognized = fields.one("input", id="balance_recognized").attributes
    hint = fields.one("p", id=recognized["aria-describedby"])
    assert hint.text == "Since the first entry: credits less debits"


@pytest.mark.parametrize("ledger", ["", "currency=USD&"], ids=["any", "named"])
def test_a_wrong_cursor_is_explained(client: TestClient, ledger: str) -> None:
    answer = client.get(f"{BALANCES.split('?', maxsplit=1)[0]}?{ledger}after=xx")

    assert answer.status_code == 404
    assert "No balances here" in answer.text


@pytest.mark.parametrize("number", ["²", "9" * 5_000], ids=["superscript", "long"])
def test_numbers_in_the_address_that_no_form_put_there_are_ignored(
    client: TestClient, number: str
) -> None:
    page = get(client, f"{BALANCES}&entered={number}&unchanged=0")

    assert page.one(class_="page-status").text.endswith("entered so far")


def test_a_month_s_end_leads_to_its_balances_and_back(client: TestClient) -> None:
    page = get(client, f"{BALANCES}&on=2025-09-30")
    assert page.one(id="on").attributes["value"] == "2025-09-30"

    form = page.one("form", class_="balances-form")
    answer = client.post(form.attributes["action"], data=TYPED, follow_redirects=False)

    page = get(client, answer.headers["location"])
    september = "/close?currency=USD&month=2025-09"
    assert page.one(class_="back").one("a").attributes["href"] == september
    assert page.one(class_="site-nav").links()["Overview"] == september


def test_balances_are_typed_as_the_general_ledger_shows_them(
    client: TestClient,
) -> None:
    typed = {
        "balance_billed": "14,340.00",
        "balance_deferred": " 3\N{NO-BREAK SPACE}850 ",
        "balance_recognized": "\N{MINUS SIGN}1,204.50",
    }
    client.post(BALANCES, data={**TYPED, **typed})

    rows = get(client, BALANCES).one("tbody").all("tr")
    amounts = [row.one("td", class_="amount").text for row in rows]
    assert sorted(map(plain, amounts)) == ["-1,204.50", "14,340.00", "3,850.00"]


@pytest.mark.parametrize(
    "text", ["1,25", "14,34.00", "1,204,5", "1,200 300", "1 200,300.00"]
)
def test_a_comma_that_separates_no_thousands_is_not_left_out(
    client: TestClient, text: str
) -> None:
    page = client.post(BALANCES, data={**TYPED, "balance_billed": text})

    assert page.status_code == 422
    problem = parse(page.text).one(id="problem-balance_billed").text
    assert problem == f"'{text}' is not a decimal number such as 1234.50"


def test_a_sum_that_is_too_long_is_refused_at_its_field(client: TestClient) -> None:
    """A sum of 100,000 amounts would hold up all others; one of 100 is computed."""
    long = client.post(BALANCES, data={**TYPED, "balance_billed": "1+" * 100_000 + "1"})
    fits = client.post(BALANCES, data={**TYPED, "balance_billed": "1+" * 99 + "1"})

    assert long.status_code == 422
    problem = parse(long.text).one(id="problem-balance_billed").text
    assert problem == "An amount has at most 300 characters."
    assert parse(fits.text).one("tbody").text.count("100.00") == 1


def test_who_may_not_enter_balances_is_told_so_before_the_form_is_read(
    new_database: NewDatabase,
) -> None:
    """So they are told nothing of what is wrong with it."""
    with office_of(new_database(), invoice()) as office:
        answer = office.vic.send(BALANCES, **{**TYPED, "on": "soon"})

    assert answer.status_code == 403


def test_the_same_form_sent_twice_changes_nothing(client: TestClient) -> None:
    client.post(BALANCES, data=TYPED)
    again = client.post(BALANCES, data=TYPED, follow_redirects=False)

    page = get(client, again.headers["location"])

    assert page.one(class_="page-status").text == (
        "No balances entered, 2 stood so already."
    )


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"on": ""}, "on", "Give the day"),
        ({"on": "soon"}, "on", "soon"),
        (
            {"balance_billed": "", "balance_deferred": ""},
            "",
            "Fill in at least one balance.",
        ),
        ({"balance_deferred": "1.2.3"}, "balance_deferred", "1.2.3"),
        ({"balance_deferred": "0.001"}, "balance_deferred", "decimals"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    client: TestClient, changes: dict[str, str], field: str, message: str
) -> None:
    answer = client.post(BALANCES, data={**TYPED, **changes})

    assert answer.status_code == 422
    page = parse(answer.text)
    assert message in page.one(class_="problems").text
    if field:
        shown = page.one("input", id=field)
        assert shown.attributes["aria-invalid"] == "true"
    assert page.one("input", id="note").attributes["value"] == "Trial balance"


def test_a_file_is_imported_whole_or_not_at_all(client: TestClient) -> None:
    lines = ["account,date,balance,label", "DEFERRED,2025-09-30,3850.00,2100"]

    def send(*rows: str, encoding: str = "utf-8") -> Element:
        text = "\n".join(rows).encode(encoding)
        answer = client.post(
            BALANCES,
            data={"form": "import", "note": ""},
            files={"csv": ("balances.csv", text, "text/csv")},
        )
        return parse(answer.text)

    wrong = send(*lines, "CASH,2025-09-30,1.00,")
    assert "CASH" in wrong.one(id="problem-csv").text
    several = send(*lines, "CASH,2025-09-30,1.00,", "CASHH,2025-09-30,1.00,")
    told = several.one(class_="problems").text
    assert "2 times (lines 3, 4): 'CASH', 'CASHH' is no account" in told
    unreadable = send(*lines, "BILLED,2025-09-30,1.00,café", encoding="latin-1")
    assert "isn't text in UTF-8" in unreadable.one(id="problem-csv").text
    assert "1 balance entered." in send(*lines).one(class_="page-status").text


def test_who_may_not_close_sees_the_balances_and_no_form(
    new_database: NewDatabase,
) -> None:
    url, keys = new_database(), list[str]()

    async def fill() -> None:
        database = Database(url)
        await fill_report_ledger(database)
        keys.append(await key_of(database, Permission.READ))
        await database.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, fill).result()
    with client_of(settings_for(url)) as client:
        client.headers["Authorization"] = f"Bearer {keys[0]}"
        page = get(client, BALANCES)
        answer = client.post(BALANCES, data=TYPED)

    assert page.one("main").all("form") == []
    assert "No balance was entered yet." in page.text
    assert answer.status_code == 403


def test_nothing_to_close_leads_to_a_file_for_those_who_may_import(
    client_with: Callable[..., TestClient],
) -> None:
    text = client_with().get("/close").text

    assert "There is nothing to close yet" in text
    assert 'href="/documents/import">Choose a file of invoices</a>' in text
