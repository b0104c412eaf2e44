"""The pages of settings: what they show, what their forms change, what they refuse."""

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from daybook_factories import invoice, line
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_markup import Element, parse
from daybook_offices import HTMX, Office, office_of
from daybook_pages import get
from daybook_services.database import NewDatabase

pytestmark = pytest.mark.either_database

KEPT = (
    "Documents that were recorded before keep the method and the settings that they"
    " were recorded with."
)
PAGE = "/settings?currency=USD"
ACCOUNTS = "/settings/accounts?currency=USD"
APPROVAL = "/settings/approval"
LOCKS = "/settings/locks?currency=USD"
USD = encode(LedgerId("USD"))
PLACES = {
    "Recognition and products": "/settings",
    "Period locks": "/settings/locks",
    "Names of accounts": "/settings/accounts",
    "Accounting systems": "/settings/integrations",
    "Connections": "/general-ledger/connections",
    "Name and time zone": "/settings/organisation",
    "Approval": "/settings/approval",
    "Access": "/access",
    "Webhooks": "/settings/webhooks",
    "Mail": "/settings/outbox",
    "Audit trail": "/audit",
    "Activity log": "/activity",
    "Storage": "/settings/storage",
}
"""What the side list leads to, for an admin."""
FOR_ADMINS = {"Access", "Webhooks", "Mail"}
HEADING = '<h2 id="products-heading">Products</h2>'
"""What a part of the page names of the rest."""
DEFAULTS = {
    "method": "USAGE",
    "strategy": "THIRTY_360",
    "breakage": "on",
    "undated_lines": "ACCOUNTING_DATE",
}


@pytest.fixture
def client(client_with: Callable[..., TestClient]) -> TestClient:
    """The application over one invoice."""
    return client_with(invoice())


@pytest.fixture
def office(new_database: NewDatabase) -> Iterator[Office]:
    """People over one invoice."""
    with office_of(new_database(), invoice()) as people:
        yield people


def send(
    client: TestClient, url: str, form: str, status: int = 303, /, **fields: str
) -> Element:
    """What a form leads to: the page again, or the form with what is wrong."""
    answer = client.post(url, data={"form": form, **fields}, follow_redirects=False)
    assert answer.status_code == status, answer.text
    if status != 303:
        return parse(answer.text)
    return get(client, answer.headers["location"])


def changes_of(page: Element) -> list[str]:
    """The details of the latest changes, newest first."""
    table = page.one(id="changes").all("table")
    rows = table[0].one("tbody").all("tr") if table else []
    return [row.one("td", class_="message").text for row in rows]


def accounts_of(page: Element) -> list[list[str]]:
    """The cells of the accounts' table."""
    table = page.one(id="as-set").one("table")
    return [
        [cell.text for cell in (*row.all("th"), *row.all("td"))]
        for row in table.all("tr")[1:]
    ]


def test_each_page_leads_to_all_others_and_says_where_it_is(client: TestClient) -> None:
    seen = {}
    for name, path in PLACES.items():
        page = get(client, f"{path}?currency=USD" if "integ" in path else path)
        side = page.one("nav", id="side-list")
        assert {
            link.text: (link.attributes["href"] or "").partition("?")[0]
            for link in side.all("a")
        } == PLACES
        (here,) = [link for link in side.all("a") if "aria-current" in link.attributes]
        assert (here.text, here.attributes["aria-current"]) == (name, "page")
        (main,) = [
            link.text
            for link in page.one(class_="site-nav").all("a")
            if "aria-current" in link.attributes
        ]
        seen[path] = main
    assert set(seen.values()) == {"Settings"}


def test_pages_for_admins_are_in_nobody_else_s_list(office: Office) -> None:
    for person in (office.ann, office.bob, office.vic):
        links = person.get(PAGE).one("nav", id="side-list").links()
        assert set(links) == set(PLACES) - FOR_ADMINS


def test_defaults_are_saved_and_shown(client: TestClient) -> None:
    page = send(client, PAGE, "defaults", 303, **DEFAULTS)

    assert page.one(class_="page-status").text == f"The settings are saved. {KEPT}"
    chosen = [
        option.text for option in page.all("option") if "selected" in option.attributes
    ]
    assert chosen == ["Usage", "30/360", "Are recognized on their accounting date"]
    (details,) = changes_of(page)
    assert "Undated lines: refused → recognized on the accounting date" in details
    assert "Method: Straight line → Usage" in details


def test_a_products_method_is_set_listed_and_taken_off(client: TestClient) -> None:
    assert "No product has a method of its own" in get(client, PAGE).text

    page = send(client, PAGE, "product", sold="prod_1", sold_method="MILESTONE")

    status = page.one(class_="page-status")
    (kept,) = (
        link
        for link in status.all("a")
        if link.attributes["href"].endswith("#check-other_product_method")
    )
    assert kept.attributes["href"].startswith("/close?currency=USD")
    assert status.text.startswith(f"The product's method is saved. {KEPT}")
    assert kept.text == "See which documents of the month do"
    (row,) = page.one(id="product-methods").all("tr")[1:]
    told = [cell.text for cell in (*row.all("th"), *row.all("td"))]
    assert told == ["Platform", "prod_1", "Milestone"]
    page = send(client, PAGE, "product", sold="prod_1", sold_method="")
    assert "No product has a method of its own" in page.text
    assert len(changes_of(page)) == 2


def test_products_without_a_method_are_a_choice_each(
    client_with: Callable[..., TestClient],
) -> None:
    lines = [
        line(f"{number}", product=f"prod_{number}", product_name=f"P{number}")
        for number in range(1, 11)
    ]
    client = client_with(invoice("inv_1", *lines))

    page = get(client, f"{PAGE}&product=prod_7")

    lacking = page.one(id="products-lacking")
    names = [cell.text for cell in lacking.all("th", scope="row")]
    # By name, as a list of products is; the month's first.
    by_name = ["P1", "P10", "P2", "P3", "P4", "P5", "P6"]
    assert names == ["P7 Invoiced in the month", *by_name]
    assert "2 more" in lacking.text
    suggested = page.one("datalist", id="products-known").all("option")
    assert len(suggested) == 10
    form = lacking.all("form")[0]
    sent = {
        its.attributes["name"]: its.attributes["value"] for its in form.all("input")
    }
    assert (sent["form"], sent["sold"]) == ("product", "prod_7")
    answer = client.post(
        form.attributes["action"], data={**sent, "sold_method": "POINT_IN_TIME"}
    )
    after = parse(answer.text)
    assert "P7" not in after.one(id="products-lacking").text
    assert "P7" in after.one(id="product-methods").text


def test_accounts_are_named_with_their_sub_accounts(client: TestClient) -> None:
    send(client, ACCOUNTS, "account", role="DEFERRED", name="PRA P", product="prod_1")
    page = send(
        client, ACCOUNTS, "account", role="DEFERRED", name="PRA <1>", code="3900"
    )

    assert accounts_of(page) == [
        ["Billed", "–", "Billed Revenue", "–"],
        ["Unbilled", "–", "Unbilled Revenue", "–"],
        ["Deferred", "–", "PRA <1>", "3900"],
        ["Deferred", "product prod_1", "PRA P", "–"],
        ["Recognized", "–", "Recognized Revenue", "–"],
    ]
    assert "PRA <1>" in changes_of(page)[0]


def test_four_eyes_is_turned_on_and_its_end_is_requested(office: Office) -> None:
    page = office.bob.post(APPROVAL, form="four-eyes", four_eyes="on")
    assert page.one(class_="page-status").text.startswith("Four eyes is on")
    assert "turned on by bob@example.com." in page.one(id="as-set").text

    page = office.bob.post(
        APPROVAL, form="four-eyes", four_eyes="off", four_eyes_reason="A small team"
    )

    status = page.one(class_="page-status")
    assert status.text.startswith("Requested: nothing changes until another person")
    assert status.links() == {"Request 1": "/manual-journals#request-1"}
    assert "bob@example.com asked on" in page.one(id="as-set").text
    assert page.all("form", action=APPROVAL) == []


@pytest.mark.parametrize(
    ("form", "fields", "field", "message"),
    [
        (
            "account",
            {"role": "BILLED", "name": "x", "product": "prod_9"},
            *("product", "there is no product with the id 'prod_9'"),
        ),
        (
            "product",
            {"sold": "prod_9", "sold_method": "USAGE"},
            *("sold", "there is no product with the id 'prod_9'"),
        ),
        (
            "account",
            {"role": "BILLED", "name": "", "code": "1"},
            *("name", "the code '1' needs a name beside it"),
        ),
    ],
)
def test_what_is_refused_is_said_in_the_form(
    client: TestClient, form: str, fields: dict[str, str], field: str, message: str
) -> None:
    url = {"account": ACCOUNTS, "product": PAGE}[form]
    page = send(client, url, form, 422, **fields)

    assert message in page.one(id=f"problem-{field}").text
    assert message in page.one("div", role="alert").text
    assert page.one(id=field).attributes["aria-invalid"] == "true"
    for name, text in fields.items():
        if name not in {"role", "sold_method"}:
            assert page.one(id=name).attributes["value"] == text
    assert changes_of(page) == []


def test_an_unticked_box_stays_so_after_a_refusal(client: TestClient) -> None:
    send(client, PAGE, "defaults", 303, **DEFAULTS)
    typed = {**DEFAULTS, "method": "GUESS", "shown_breakage": "on"}
    del typed["breakage"]

    page = send(client, PAGE, "defaults", 422, **typed)

    assert "checked" not in page.one(id="breakage").attributes
    assert page.one(id="problem-method").text


def test_a_form_of_another_web_site_is_refused(client: TestClient) -> None:
    answer = client.post(
        PAGE,
        data={"form": "defaults", **DEFAULTS},
        headers={"Origin": "https://elsewhere.example"},
    )

    assert answer.status_code == 403
    assert changes_of(get(client, PAGE)) == []


def test_what_is_no_form_changes_nothing(client: TestClient) -> None:
    for url in (PAGE, ACCOUNTS, APPROVAL):
        assert client.post(url, data={"form": "other"}).status_code == 400
        assert client.post(url).status_code == 400
    # A form of another page is none of this one.
    assert client.post(PAGE, data={"form": "four-eyes"}).status_code == 400


def test_who_may_not_change_settings_reads_them_without_forms(office: Office) -> None:
    office.bob.post(PAGE, form="defaults", **DEFAULTS)
    for person in (office.ann, office.vic):
        for url in (PAGE, ACCOUNTS, APPROVAL, LOCKS):
            content = person.get(url).one(id="content")
            assert content.all("form") == []
            assert "a controller or an admin" in content.text
        facts = [cell.text for cell in person.get(PAGE).one(id="as-set").all("dd")]
        assert facts == [
            *("Usage", "30/360", "Are recognized on their accounting date"),
            "Is recognized",
        ]
        sent = {
            PAGE: {"form": "defaults", **DEFAULTS},
            ACCOUNTS: {"form": "account", "role": "BILLED", "name": "x"},
            APPROVAL: {"form": "four-eyes", "four_eyes": "on"},
        }
        for url, form in sent.items():
            assert person.send(url, **form).status_code == 403
    assert len(changes_of(office.bob.get(PAGE))) == 1


def test_an_open_form_hears_of_another_person_s_change_and_stays(
    office: Office,
) -> None:
    asks = office.eve.get(PAGE).one(id="as-set").attributes["hx-get"] or ""
    assert asks.startswith(f"{PAGE}&shown=")
    assert office.eve.ask(asks, HTMX).text.count("<form") == 0

    office.bob.post(PAGE, form="defaults", **DEFAULTS)
    office.bob.post(PAGE, form="product", sold="prod_1", sold_method="MILESTONE")
    part = parse(f"{HEADING}{office.eve.ask(asks, HTMX).text}")

    news = part.one("p", class_="news")
    assert news.text.startswith("bob@example.com changed this while the page was open:")
    assert news.links() == {"Load the form again": PAGE}
    assert part.all("form") == []
    # It asks on as the page that it belongs to, and brings the lists along.
    assert part.one(id="as-set").attributes["hx-get"] == asks
    assert "prod_1" in part.one(id="product-methods").text
    assert len(changes_of(part)) == 2
    # One's own changes are no news.
    own = office.bob.ask(asks, HTMX).text
    assert "while the page was open" not in own


def test_readers_see_what_is_set_now(office: Office) -> None:
    asks = office.vic.get(PAGE).one(id="as-set").attributes["hx-get"] or ""
    office.bob.post(PAGE, form="defaults", **DEFAULTS)

    part = parse(f"{HEADING}{office.vic.ask(asks, HTMX).text}")

    assert [cell.text for cell in part.one(id="as-set").all("dd")][:2] == [
        *("Usage", "30/360")
    ]
    assert part.all("p", class_="news") == []


def test_locks_are_listed_and_set_on_the_page_of_the_lock(office: Office) -> None:
    page = office.bob.get(LOCKS)
    assert "No day is locked." in page.text and "The lock was never set." in page.text
    assert page.links()["Preview another lock"] == "/close/lock?currency=USD"

    asks = page.one(id="as-set").attributes["hx-get"] or ""
    office.bob.mutate(
        "mutation { setLock(input: { ledgerId: "
        f'"{USD}", method: CUSTOM_DATE, lockedThrough: "2025-09-30" }}) '
        "{ recording } }"
    )
    part = parse(office.bob.ask(asks, HTMX).text)

    assert part.one(id="as-set").attributes["hx-get"] == asks
    assert "Locked through 30 Sep 2025; the first open day is 1 Oct 2025." in part.text
    (row,) = part.one("tbody").all("tr")
    assert "locked through 30 Sep 2025" in row.text and "No file yet" in row.text
    evidence = row.one("a").attributes["href"] or ""
    assert evidence.endswith("?back=%2Fsettings%2Flocks%3Fcurrency%3DUSD")


def test_what_was_saved_in_former_addresses_is_where_it_is_now(
    client: TestClient,
) -> None:
    for saved, path in (
        ("lock", "/settings/locks"),
        ("account", "/settings/accounts"),
        ("four-eyes", "/settings/approval"),
        ("requested", "/settings/approval"),
    ):
        answer = client.get(f"{PAGE}&saved={saved}")
        assert answer.url.path == path
        assert answer.status_code == 200


def test_a_ledger_that_is_not_there_is_not_set(client: TestClient) -> None:
    for path in ("/settings", "/settings/locks", "/settings/accounts"):
        page = get(client, f"{path}?currency=EUR", 404)
        assert "There is no ledger in “EUR”." in page.text


def test_without_documents_pages_of_a_ledger_say_what_makes_one(
    client_with: Callable[..., TestClient],
) -> None:
    client = client_with()
    for path in ("/settings", "/settings/locks", "/settings/accounts"):
        page = get(client, path)
        assert page.one(id="empty-heading").text == "There is no ledger yet"
        assert "/documents/import" in page.one("section").links().values()
    assert client.get("/settings/integrations").url.path == "/settings"
    assert client.post("/settings", data={"form": "defaults"}).status_code == 404
    assert get(client, APPROVAL).one("h1").text == "Approval"


def test_what_is_saved_during_a_close_leads_to_its_check_and_back(
    client: TestClient,
) -> None:
    data = {"form": "product", "sold": "prod_1", "sold_method": "MILESTONE"}

    saved = client.post(f"{PAGE}&at=USD.2025-10", data=data)

    status = parse(saved.text).one(class_="page-status")
    assert status.text.endswith(
        "See which documents of the month do Back to the close of October 2025"
    )
