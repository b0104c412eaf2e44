"""The form of a manual journal: every button, and nothing that was typed is lost."""

from collections.abc import Iterator

import pytest

from daybook_factories import invoice
from daybook_markup import Element, parse
from daybook_offices import HTMX, NEW, TYPED, Office, Person, office_of
from daybook_services.database import NewDatabase
from daybook_web.kit.formats import MINUS

pytestmark = pytest.mark.either_database


@pytest.fixture
def office(new_database: NewDatabase) -> Iterator[Office]:
    """People over one year's invoice of 1,200.00."""
    with office_of(new_database(), invoice()) as people:
        yield people


def value(page: Element, name: str) -> str:
    """What a field holds."""
    field = page.one(id=name)
    if field.tag != "select":
        return field.attributes["value"]
    return next(
        (
            option.attributes["value"]
            for option in field.all("option")
            if "selected" in option.attributes
        ),
        "",
    )


def held(page: Element) -> dict[str, str]:
    """What the form holds of what was typed."""
    names = [name for name in TYPED if name not in {"ledger", "kind", "mode"}]
    form = page.one("form", id="manual-journal")
    fields = {
        name: value(form, name.replace("_", "-") if "line" in name else name)
        for name in names
    }
    (kind,) = [
        radio.attributes["value"]
        for radio in form.all("input", name="kind")
        if "checked" in radio.attributes
    ]
    (ledger,) = form.all("input", name="ledger")
    return {**fields, "kind": kind, "ledger": ledger.attributes["value"]}


def verdict(page: Element) -> str:
    return page.one(id="lines-verdict").text


def test_a_new_one_begins_today_with_two_lines(office: Office) -> None:
    page = office.ann.get(NEW)

    assert page.one("h1").text == "New manual journal"
    assert value(page, "date") == "2025-10-15"
    assert [row.attributes["id"] for row in page.all("select")] == [
        "line-1-account",
        "line-2-account",
    ]
    accounts = [option.text for option in page.one(id="line-1-account").all("option")]
    assert accounts == [
        "Choose…",
        "Billed Revenue",
        "Unbilled Revenue",
        "Deferred Revenue",
        "Recognized Revenue",
    ]
    assert verdict(page) == "No amounts yet"
    assert "Before it can be posted" in page.text


def test_lines_come_and_go_without_losing_what_is_typed(office: Office) -> None:
    page = office.ann.post(NEW, 200, do="add", **TYPED)

    worked_out = {**TYPED, "line_2_credit": "250.00"}
    del worked_out["mode"]
    assert held(page) == worked_out
    assert "autofocus" in page.one(id="line-3-account").attributes
    page = office.ann.post(NEW, 200, do="remove 1", **TYPED)
    assert value(page, "line-1-account") == "RECOGNIZED"
    assert value(page, "line-1-credit") == "250.00"
    assert not page.all(id="line-2-account")
    assert value(page, "narrative") == "Go-live was accepted"


def test_enter_works_out_the_sums_and_goes_on_to_a_new_line(office: Office) -> None:
    page = office.ann.get(NEW)
    first = page.one("form", id="manual-journal").all("button")[0]
    assert first.attributes["value"] == "enter"

    page = office.ann.post(NEW, 200, do="enter", **TYPED)

    assert value(page, "line-2-credit") == "250.00"
    assert "autofocus" in page.one(id="line-3-account").attributes
    half = {**TYPED, "line_2_credit": ""}
    page = office.ann.post(NEW, 200, do="enter", **half)
    assert not page.all(id="line-3-account")


def test_the_difference_goes_into_the_line_without_an_amount(office: Office) -> None:
    page = office.ann.post(NEW, 200, do="figures", **{**TYPED, "line_2_credit": ""})
    assert verdict(page) == "Debits are 250.00 more Put it in line 2"

    page = office.ann.post(NEW, 200, do="put 2", **{**TYPED, "line_2_credit": ""})

    assert value(page, "line-2-credit") == "250.00"
    assert verdict(page) == "Balanced"
    page = office.ann.post(NEW, 200, do="put 3", **{**TYPED, "line_2_credit": "300"})
    assert value(page, "line-3-debit") == "50.00"


def test_the_effect_shows_balances_and_the_months_report(office: Office) -> None:
    page = office.ann.post(NEW, 200, do="figures", **TYPED)

    # 10 of 12 months of 100.00 are recognized by 31 October.
    effect = page.one("section", aria_labelledby="effect-heading").text
    assert "Before Change After Deferred" in effect
    assert f"Deferred Revenue 200.00 {MINUS}250.00 {MINUS}50.00" in effect
    assert "Recognized Revenue 1,000.00 +250.00 1,250.00" in effect
    assert "Recognized before 100.00" in effect
    assert "This journal +250.00" in effect
    assert "Recognized after 350.00" in effect


def test_a_change_swaps_the_figures_and_no_field(office: Office) -> None:
    answer = office.ann.send(
        NEW, HTMX, layout="USD - DIFFERENCE", **{**TYPED, "line_1_debit": "100+50"}
    )

    assert answer.status_code == 200
    part = parse(answer.text)
    assert not part.all("input") and not part.all("select")
    assert part.one(id="line-1-debit-is").text == "= 150.00"
    assert part.one(id="line-2-credit-is").text == "= 250.00"
    assert "Credits are 100.00 more" in part.one(id="lines-verdict").text


def test_another_journal_to_adjust_makes_the_form_again(office: Office) -> None:
    answer = office.ann.send(NEW, HTMX, layout="USD - DIFFERENCE", adjusts="1", **TYPED)

    assert answer.headers["hx-retarget"] == "#manual-journal"
    form = parse(answer.text)
    assert "What becomes of journal 1" in form.text
    assert held(form)["narrative"] == TYPED["narrative"]


def test_a_journals_page_leads_to_the_form_that_adjusts_it(office: Office) -> None:
    links = office.ann.get("/journals/USD/1").links()

    page = office.ann.get(links["Reverse and replace it"])

    assert value(page, "adjusts") == "1"
    assert value(page, "customer") == "cus_1"
    assert "isn\N{RIGHT SINGLE QUOTATION MARK}t changed" in page.text
    assert "Posted by reversing journal 1" in page.text
    page = office.ann.get(links["Reverse it"])
    assert not page.all(id="line-1-account")
    assert not office.vic.get("/journals/USD/1").all(
        "nav", aria_label="Adjust this journal"
    )


def test_lines_survive_a_look_at_the_reversal(office: Office) -> None:
    reversal = {**TYPED, "adjusts": "1", "mode": "REVERSE"}
    page = office.ann.post(NEW, 200, do="figures", **reversal)
    hidden = {
        field.attributes["name"]: field.attributes["value"]
        for field in page.all("input", type="hidden")
        if field.attributes["name"].startswith("line-")
    }

    assert hidden["line-1-debit"] == "250.00"
    assert hidden["line-1-description"] == "Go-live accepted"


def test_a_draft_is_saved_and_goes_on(office: Office) -> None:
    page = office.ann.post(NEW, do="save", **TYPED)

    assert page.one("h1").text == "MJ-1"
    assert "Draft, version 1. Saved." in page.one(class_="page-status").text
    saved = {**TYPED, "line_2_credit": "250.00"}
    del saved["mode"]
    assert held(page) == saved
    page = office.ann.post(
        "/manual-journals/1/edit",
        do="save",
        version="1",
        **{**TYPED, "narrative": "Better said"},
    )
    assert "version 2" in page.one(class_="page-status").text
    assert value(page, "narrative") == "Better said"


def test_a_form_that_is_sent_twice_saves_one_draft(office: Office) -> None:
    for _ in range(2):
        page = office.ann.post(NEW, do="save", key="once", **TYPED)
        assert page.one("h1").text == "MJ-1"

    other = {**TYPED, "narrative": "Another"}
    page = office.ann.post(NEW, 422, do="save", key="once", **other)
    assert held(page)["narrative"] == "Another"
    assert page.one("input", name="key").attributes["value"] != "once"


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("date", "", "the date is missing"),
        ("date", "soon", "“soon” is not a date such as 2026-10-31"),
        ("reverses_on", "never", "“never” is not a date"),
        ("adjusts", "abc", "“abc” is not a journal's number"),
        ("adjusts", "999", ""),
        ("customer", "nobody", ""),
        ("product", "nothing", ""),
        ("line_1_debit", "5o0", "line 1: “5o0” is not an amount"),
        ("line_1_debit", "100/3", "the nearest is 33.33"),
        ("line_1_account", "", "line 1 has no account"),
        ("line_2_credit", "", "line 2 has no amount"),
        ("line_1_credit", "5.00", "line 1 has a debit and a credit"),
        ("line_1_customer", "nobody", ""),
        ("line_2_product", "nothing", ""),
        ("narrative", "x" * 501, ""),
        ("line_1_description", "x" * 201, ""),
    ],
)
def test_what_is_refused_keeps_all_that_was_typed(
    office: Office, field: str, typed: str, says: str
) -> None:
    sent = {**TYPED, field: typed}
    page = office.ann.post(NEW, 422, do="submit", **sent)

    name = field.replace("_", "-") if field.startswith("line") else field
    if name == "line-2-credit":
        name = "line-2-debit"
    problem = page.one(id=f"problem-{name}").text
    assert says in problem
    assert page.one(id=name).attributes["aria-describedby"] == f"problem-{name}"
    worked_out = {**sent, "line_2_credit": "250.00" if sent["line_2_credit"] else ""}
    del worked_out["mode"]
    now = held(page)
    assert now == {key: worked_out[key] for key in now}
    assert "aria-invalid" in page.one(id=name).attributes
    assert office.ann.get("/manual-journals").text.count("MJ-1") == 0


def test_a_name_is_taken_where_one_customer_has_it(office: Office) -> None:
    named = {**TYPED, "customer": "acme", "line_1_customer": "Acme"}
    page = office.ann.post(NEW, do="save", **named)

    assert (value(page, "customer"), value(page, "line-1-customer")) == ("cus_1",) * 2
    other = {**TYPED, "customer": "Acm"}
    page = office.ann.post(NEW, 422, do="save", **other)
    assert page.one(id="problem-customer").text == (
        "'Acm' is neither the id of a customer nor the name of just one: give the id of"
        " a customer that is on a document"
    )


def test_all_problems_of_a_form_are_told_at_once(office: Office) -> None:
    wrong = {
        **TYPED,
        "date": "15.10.2025",
        "narrative": "",
        "customer": "nobody",
        "line_1_debit": "many",
        "line_2_product": "nothing",
    }
    places = ("date", "narrative", "customer", "line-1-debit", "line-2-product")

    def told(do: str) -> list[str]:
        page = office.ann.post(NEW, 422, do=do, **wrong)
        return [name for name in places if page.all(id=f"problem-{name}")]

    assert told("submit") == [*places]
    # A draft may lack its narrative.
    assert told("save") == [name for name in places if name != "narrative"]
    page = office.ann.post(NEW, 422, do="submit", **wrong)
    assert "must balance" not in page.one("div", role="alert").text


def test_posting_without_four_eyes(office: Office) -> None:
    page = office.ann.get(NEW)
    assert "Post" in [button.text for button in page.all("button", name="do")]

    page = office.ann.post(NEW, do="submit", **TYPED)

    assert page.one("h1").text == "MJ-1"
    assert page.one(class_="page-status").text == "Posted."
    assert page.one("span", class_="badge").text == "Posted"


def test_what_cannot_be_posted_is_saved_and_says_so(office: Office) -> None:
    page = office.ann.post(NEW, 422, do="submit", **{**TYPED, "line_2_credit": "200"})

    assert "MJ-1 is saved as a draft" in page.one(class_="page-status").text
    assert held(page)["line_2_credit"] == "200.00"
    form = page.one("form", id="manual-journal")
    assert form.attributes["action"] == "/manual-journals/1/edit"
    version = page.one("input", name="version").attributes["value"]
    page = office.ann.post(
        "/manual-journals/1/edit", do="submit", version=version, **TYPED
    )
    assert page.one(class_="page-status").text == "Posted."


def test_a_version_that_somebody_replaced_keeps_what_was_typed(office: Office) -> None:
    office.ann.post(NEW, do="save", **TYPED)
    edit = "/manual-journals/1/edit"
    office.eve.post(edit, do="save", version="1", **{**TYPED, "narrative": "Eve's"})

    mine = {**TYPED, "narrative": "Ann's"}
    page = office.ann.post(edit, 422, do="save", version="1", **mine)

    alert = page.one("div", role="alert").text
    assert "eve@example.com changed it on" in alert
    assert "version 2 is in force" in alert
    assert held(page)["narrative"] == "Ann's"
    version = page.one("input", name="version").attributes["value"]
    page = office.ann.post(edit, do="save", version=version, **mine)
    assert "version 3" in page.one(class_="page-status").text


def test_the_open_form_is_told_what_others_did(office: Office) -> None:
    office.ann.post(NEW, do="save", **TYPED)
    news = "/manual-journals/1/news?version=1"
    assert office.ann.ask(news, HTMX).status_code == 204

    other = {**TYPED, "narrative": "Eve's"}
    office.eve.post("/manual-journals/1/edit", do="save", version="1", **other)

    answer = office.ann.ask(news, HTMX)
    assert answer.status_code == 200
    part = parse(answer.text)
    assert "eve@example.com changed MJ-1" in part.text
    assert "What you typed stays here" in part.text
    assert not part.all("form")


def test_an_open_form_outlives_its_session(office: Office) -> None:
    out = Person(office.ann.client, "gone")

    for answer in (
        out.send(NEW, HTMX, do="add", **TYPED),
        out.send(NEW, HTMX, **TYPED),
        out.ask("/manual-journals/1/news?version=1", HTMX),
    ):
        assert answer.status_code == 200
        assert "hx-redirect" not in answer.headers
        assert answer.headers["hx-retarget"] == "#manual-journal-news"
        assert "You are signed out." in parse(answer.text).text
    answer = out.send(NEW, do="save", **TYPED)
    assert answer.status_code == 401
    narrative = parse(answer.text).one("input", name="narrative")
    assert narrative.attributes["value"] == "Go-live was accepted"


def test_a_form_that_is_submitted_twice_is_submitted_once(office: Office) -> None:
    for _ in range(2):
        page = office.ann.post(NEW, do="submit", key="once", **TYPED)
        assert page.one("span", class_="badge").text == "Posted"

    assert "MJ-2" not in office.ann.get("/manual-journals").text


def test_sub_accounts_of_products_are_chosen_by_their_names(office: Office) -> None:
    name = {"role": "RECOGNIZED", "name": "Platform revenue", "product": "prod_1"}
    office.bob.post("/settings/accounts?currency=USD", form="account", **name)
    chosen = {**TYPED, "line_2_account": "RECOGNIZED prod_1"}

    page = office.ann.post(NEW, do="save", **chosen)
    assert value(page, "line-2-account") == "RECOGNIZED prod_1"
    assert value(page, "line-2-product") == ""
    options = [option.text for option in page.one(id="line-2-account").all("option")]
    assert options[-2:] == ["Recognized Revenue", "Platform revenue"]
    assert "Platform revenue +250.00" in page.one(id="manual-journal-effect").text
    both = {**chosen, "line_2_product": "other"}
    page = office.ann.post(NEW, 422, do="save", **both)
    assert "its account is that of product prod_1" in page.text


def test_a_draft_is_discarded(office: Office) -> None:
    page = office.ann.post(NEW, do="save", **TYPED)
    assert "Discard" in [button.text for button in page.all("button", name="do")]

    page = office.ann.post(
        "/manual-journals/1/edit", do="discard", version="1", **TYPED
    )

    assert page.one("span", class_="badge").text == "Discarded"
    answer = office.ann.ask("/manual-journals/1/edit")
    assert answer.headers["location"] == "/manual-journals/1"


def test_who_only_reads_gets_no_form(office: Office) -> None:
    assert "Not allowed" in office.vic.get(NEW, 403).text
    assert office.vic.send(NEW, do="save", **TYPED).status_code == 403
    page = office.vic.get("/manual-journals")
    assert "New manual journal" not in page.text


@pytest.mark.parametrize("path", [NEW, "/manual-journals/1/edit", "/manual-journals"])
def test_forms_of_other_sites_are_refused(office: Office, path: str) -> None:
    other = {"Accept": "text/html", "Sec-Fetch-Site": "cross-site"}

    assert office.ann.send(path, other, do="save", **TYPED).status_code == 403


def test_there_is_no_form_of_what_is_not_there(office: Office) -> None:
    office.ann.get("/manual-journals/7/edit", 404)
    office.ann.get(f"{NEW}?ledger=EUR", 404)
    page = office.ann.get(f"{NEW}?adjusts=77&mode=REVERSE")
    assert "There is no journal 77 in USD." in page.text


def test_a_typed_name_is_text_and_nothing_else(office: Office) -> None:
    hostile = '<script>alert("x")</script>'
    page = office.ann.post(NEW, 422, do="submit", **{**TYPED, "line_1_debit": hostile})

    assert value(page, "line-1-debit") == hostile
