"""The overview: each ledger's progress, what each reader may do, changes, the chart."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

import pytest
from starlette.testclient import TestClient

from daybook.calendar import parse_month
from daybook_factories import invoice, line, terms
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_markup import Element, parse
from daybook_offices import NEW, TYPED, Office, Person, office_of
from daybook_pages import HTMX, get
from daybook_report_pages import plain
from daybook_services.database import NewDatabase
from daybook_web.closing.cards import ledger_card
from daybook_web.closing.figures import month_change
from daybook_web.closing.results import CloseLedger, CloseStep, LastLock, Steps
from daybook_web.kit.results import Money

pytestmark = pytest.mark.either_database

SEPTEMBER = "/close?currency=USD&month=2025-09"
OCTOBER = "/close?currency=USD&month=2025-10"
STEPS = """query { closeChecklist(ledgerId: "%s", month: "2025-09-01") {
  steps { state } } }"""


@pytest.fixture
def office(new_database: NewDatabase) -> Iterator[Office]:
    """People over 1,200.00 of 2025 in dollars and as much in euros, with four eyes."""
    euros = line(its_terms=terms("1200.00", currency="EUR"))
    documents = invoice(), invoice("inv_euro", euros, currency="EUR")
    with office_of(new_database(), *documents) as people:
        people.bob.post("/settings/approval", form="four-eyes", four_eyes="on")
        yield people


def lock_september(person: Person) -> None:
    ledger_id = encode(LedgerId("USD"))
    answer = person.mutate(f"""mutation {{ setLock(input: {{
      ledgerId: "{ledger_id}", method: CUSTOM_DATE, lockedThrough: "2025-09-30"
    }}) {{ userErrors {{ message }} }} }}""")
    assert answer == {"setLock": {"userErrors": []}}


def cards_of(page: Element) -> dict[str, str]:
    """The ledgers, and what their cards say."""
    cards = page.one("nav", aria_label="Ledger").all("a")
    return {card.text.split(maxsplit=1)[0]: card.text for card in cards}


def buttons_of(page: Element) -> dict[str, str]:
    """The buttons of the steps, and where they lead."""
    buttons = page.one("ol").all("a", class_="button")
    return {button.text: button.attributes["href"] for button in buttons}


def neighbours_of(page: Element) -> list[str]:
    """The months beside the one that is shown."""
    links = page.one(class_="stepper").all("a")
    return [link.attributes["aria-label"] for link in links]


def labels_of(page: Element) -> list[str]:
    """What a list of manual journals has, by its labels."""
    rows = page.one("table", class_="manual-rows").one("tbody").all("tr")
    return [row.one("th").text for row in rows]


def titles_of(page: Element) -> list[str]:
    return [title.text for title in page.one("ol").all("h3")]


def test_each_ledger_says_how_far_it_is(office: Office) -> None:
    lock_september(office.bob)

    page = office.bob.get("/close?currency=EUR&month=2025-09")

    assert cards_of(page) == {
        # The import was in January, no balance is entered, and no file is posted.
        "EUR": "EUR 3 of 7 1 to do before the lock",
        "USD": "USD Locked Locked through 30 Sep 2025 by bob@example.com. 3 to do",
    }
    assert page.one(class_="close-header").one("p").text == (
        "Wednesday, 15 October 2025. 1 of 2 ledgers is open."
    )
    for bar in page.one("nav", aria_label="Ledger").all("progress"):
        currency = bar.attributes["aria-label"].partition(":")[0]
        steps = office.bob.mutate(STEPS % encode(LedgerId(currency)))
        states = [step["state"] for step in steps["closeChecklist"]["steps"]]
        assert bar.attributes["max"] == str(len(states)) == "7"
        assert bar.attributes["value"] == str(7 - states.count("DUE"))


def test_a_ledger_of_which_nothing_is_to_be_done_is_closed() -> None:
    """Locked alone isn't enough."""
    step, due = (
        CloseStep("EXPORT", state, 0, "", (), None, None) for state in ("DONE", "DUE")
    )
    october, end = parse_month("2025-10"), date(2025, 10, 31)

    closed, locked = (
        ledger_card(
            CloseLedger("USD", end, None, Steps(steps), LastLock(())),
            "",
            october,
            is_current=True,
        )
        for steps in ((step, step), (step, due))
    )

    assert closed.is_closed
    assert locked.is_locked and not locked.is_closed


def test_it_begins_with_the_ledger_that_is_furthest_behind(office: Office) -> None:
    assert "EUR, step by step" in office.bob.get("/close").text
    lock_september(office.bob)
    behind = office.bob.get("/close")
    ahead = office.bob.get("/close?currency=USD")

    assert "EUR, step by step" in behind.text
    assert behind.one("h1").text == "Close September 2025"
    # September is locked, and over: it is still to be exported, posted and tied out.
    assert "USD, step by step" in ahead.text
    assert ahead.one("h1").text == "Close September 2025"


def test_each_reader_has_the_buttons_of_what_they_may_do(office: Office) -> None:
    office.ann.post(NEW, do="submit", **TYPED)
    here = "?at=USD.2025-10"
    imports = {"Choose a file": f"/documents/import{here}"}
    balances = {"Enter balances": "/close/balances?currency=USD&on=2025-10-31"}
    export = {"Preflight": "/exports/new?currency=USD&month=2025-10"}

    bobs, anns, vics = (
        person.get(OCTOBER) for person in (office.bob, office.ann, office.vic)
    )

    assert "To do: 1 manual journal waits for you" in titles_of(bobs)
    assert buttons_of(bobs) == {
        **imports,
        "Review 1": f"/manual-journals/1{here}",
        **balances,
        "Preview": "/close/lock?currency=USD&month=2025-10",
        **export,
    }
    assert "To do: 1 manual journal waits" in titles_of(anns)
    assert buttons_of(anns) == {
        **imports,
        "See 1": f"/manual-journals/1{here}",
        **export,
    }
    assert "To do: 1 manual journal waits" in titles_of(vics)
    assert buttons_of(vics) == {"See 1": f"/manual-journals/1{here}"}
    # What they may not do they may still look at.
    assert {"Tie-out", "Lock", "Export"} <= set(vics.one("ol").links())


def test_what_waits_in_another_month_or_ledger_is_not_this_one_s(
    office: Office,
) -> None:
    office.ann.post(NEW, do="submit", **TYPED)

    for url in (SEPTEMBER, OCTOBER.replace("USD", "EUR")):
        assert "Done: No manual journal waits" in titles_of(office.bob.get(url))


def test_some_of_what_waits_is_the_readers(office: Office) -> None:
    office.ann.post(NEW, do="submit", **TYPED)
    office.bob.post(NEW, do="submit", **TYPED)
    office.ann.post(NEW, do="save", **TYPED)

    page = office.bob.get(OCTOBER)

    assert "To do: 1 of 3 manual journals waits for you" in titles_of(page)


RECURRING = {
    **TYPED,
    "day_of_month": "31",
    "first_month": "2025-10",
    "until_month": "2026-03",
}


def test_recurring_ones_that_wait_are_told_apart(office: Office) -> None:
    office.ann.post("/manual-journals/recurring/new", do="submit", **RECURRING)
    only = office.bob.get(OCTOBER)
    assert "To do: 1 recurring journal waits for you" in titles_of(only)
    its_page = "/manual-journals/recurring/1?at=USD.2025-10"
    assert buttons_of(only)["Review 1"] == its_page
    office.ann.post(NEW, do="submit", **TYPED)

    bobs, anns = office.bob.get(OCTOBER), office.ann.get(OCTOBER)

    words = "2 manual journals wait"
    assert f"To do: {words} for you, 1 of them recurring" in titles_of(bobs)
    listed = office.bob.get(buttons_of(bobs)["Review 2"])
    assert labels_of(listed) == ["R-1", "MJ-1"]
    assert "1 manual journal, 1 recurring journal" in listed.text
    chips = [chip.text for chip in listed.one("ul", class_="chips").all("a")]
    assert [chip.removeprefix("Remove the filter ")[:-2] for chip in chips] == [
        *("Waits For me", "Ledger USD", "From 1 Oct 2025", "To 31 Oct 2025")
    ]
    assert labels_of(office.ann.get(buttons_of(anns)["See 2"])) == ["R-1", "MJ-1"]
    # The menu counts alike.
    assert "2 wait for you" in bobs.one(class_="site-header").text
    assert f"To do: {words}, 1 of them recurring" in titles_of(anns)


def test_review_leads_to_those_of_this_ledger_and_month_alone(office: Office) -> None:
    """As many as the button says: not what is posted, or of another ledger or month."""
    for changes in ({}, {"ledger": "EUR"}, {"date": "2025-09-30"}, {}):
        office.ann.post(NEW, do="submit", **{**TYPED, **changes})
    office.bob.post(NEW, do="submit", **TYPED)
    office.ann.post(NEW, do="save", **TYPED)
    in_euros = {**RECURRING, "ledger": "EUR"}
    office.ann.post("/manual-journals/recurring/new", do="submit", **in_euros)

    bobs = buttons_of(office.bob.get(OCTOBER))

    assert labels_of(office.bob.get(bobs["Review 2"])) == ["MJ-4", "MJ-1"]
    office.bob.post("/manual-journals/4", do="reject", version="1", reason="Why?")
    vics = buttons_of(office.vic.get(OCTOBER))
    assert labels_of(office.vic.get(vics["See 4"])) == ["MJ-6", "MJ-5", "MJ-4", "MJ-1"]


def test_what_waits_for_nobody_else_is_led_to(office: Office) -> None:
    """A rejected journal by its page; several by their status, ledger and month."""
    office.bob.post("/settings/approval", form="four-eyes", four_eyes="on")
    for number in ("1", "2"):
        office.ann.post(NEW, do="submit", **TYPED)
        rejected = {"do": "reject", "version": "1", "reason": "Of which invoice?"}
        office.bob.post(f"/manual-journals/{number}", **rejected)
        buttons = buttons_of(office.ann.get(OCTOBER))
        if number == "1":
            assert buttons["See 1"] == "/manual-journals/1?at=USD.2025-10"
    office.ann.post(NEW, do="save", **{**TYPED, "date": "2025-11-30"})

    page = office.ann.get(buttons["See 2"])

    rows = page.one("table", class_="manual-rows").one("tbody").all("tr")
    assert [row.one("th").text for row in rows] == ["MJ-2", "MJ-1"]
    # From there a journal is changed and submitted, and the close is led back to.
    journal = office.ann.get(rows[0].one("a").attributes["href"])
    form = office.ann.get(journal.links()["Edit"]).one("main").one("form")
    action = form.attributes["action"]
    done = office.ann.post(action, do="submit", version="1", **TYPED)
    assert done.links()["Back to the close of October 2025"] == OCTOBER


def test_a_journal_that_was_approved_leads_back_to_the_close(office: Office) -> None:
    office.ann.post(NEW, do="submit", **TYPED)
    url = "/manual-journals/1?at=USD.2025-10"

    page = office.bob.post(url, do="approve", version="1")

    links = page.one(class_="page-status").links()
    address = "/close?currency=USD&month=2025-10"
    assert links == {"Back to the close of October 2025": address}
    assert "as the ledger stood when it was posted" in page.text


def test_a_lock_says_what_it_would_close(office: Office) -> None:
    page = office.bob.get(SEPTEMBER)

    (step,) = [
        step
        for step in page.one("ol").all("li")
        if step.one("h3").text == "Not yet: Lock September 2025"
    ]
    # A journal a month.
    assert step.one("p").text == "Closes 9 journals. No day is locked."


def test_a_steady_month_has_changed_by_nothing(office: Office) -> None:
    page = office.vic.get(SEPTEMBER)

    figures = page.one(class_="close-figures").all("a")
    assert [plain(figure.text) for figure in figures] == [
        *("100.00", "As in August 2025"),
        *("300.00", "-100.00 since 31 Aug 2025"),
    ]
    for figure in figures:
        office.vic.get(figure.attributes["href"])


def test_no_month_is_before_the_first(office: Office) -> None:
    page = office.vic.get("/close?currency=USD&month=2000-01")

    assert page.one("h1").text == "Close January 2000"
    assert page.all(class_="close-change") == []
    assert neighbours_of(page) == ["February 2000"]


def test_the_calendar_s_last_month_is_shown_too(office: Office) -> None:
    page = office.bob.get("/close?currency=USD&month=2099-12")

    assert page.one("h1").text == "Close December 2099"
    assert neighbours_of(page) == ["November 2099"]
    assert "Closes" not in page.one("ol").text
    assert office.bob.ask("/close?currency=USD&month=2100-01").status_code == 400


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        ("1700.00", "1100.00", "600.00 more than in August 2025 (+54.5%)"),
        ("41877530.92", "40300128.79", "1,577,402.13 more than in August 2025 (+3.9%)"),
        ("0.00", "100.00", "100.00 less than in August 2025 (-100.0%)"),
        ("-5.00", "-10.00", "5.00 more than in August 2025 (+50.0%)"),
        ("100.00", "0.00", "100.00 more than in August 2025"),
        ("100.04", "100.00", "0.04 more than in August 2025"),
        ("100.05", "100.00", "0.05 more than in August 2025 (+0.1%)"),
        ("1099.00", "100.00", "999.00 more than in August 2025 (+999.0%)"),
        ("1100.00", "100.00", "1,000.00 more than in August 2025"),
        ("7.00", "7.00", "As in August 2025"),
        ("1500", "1200", "300 more than in August 2025 (+25.0%)"),
    ],
)
def test_a_change_is_an_amount_and_a_share(now: str, before: str, words: str) -> None:
    august = parse_month("2025-08")

    assert plain(month_change(Money(now), Money(before), august)) == words


def test_the_chart_is_that_of_the_waterfall(reports: TestClient) -> None:
    page = get(reports, SEPTEMBER)
    chart_url = page.one(id="close-chart").attributes["hx-get"]
    waterfall = page.one(class_="close-later").links()["Waterfall"]

    part = parse(reports.get(chart_url, headers=HTMX).text)

    assert waterfall == "/reports/waterfall?currency=USD&on=2025-09-30"
    its_own = get(reports, f"{waterfall}&totals=yes").one("ol", class_="bars")
    bars = part.one("ol", class_="bars").all("a")
    assert [(bar.text, bar.attributes["href"]) for bar in bars] == [
        (bar.text, bar.attributes["href"]) for bar in its_own.all("a")
    ]
    amounts = [Decimal(bar.text.split()[-2].replace(",", "")) for bar in bars]
    assert sum(amounts) == Decimal("3850.00")
    assert bars[-2].text.endswith("Taken back later 2,000.00 USD")
    # The open milestone of 600.00, less what a manual journal recognized.
    assert part.one("figcaption").text == (
        "3,850.00 deferred on 30 Sep 2025; 2,000.00 taken back later; 550.00"
        " unscheduled"
    )


@pytest.mark.parametrize(
    "query", ["", "?currency=GBP&month=2025-09", "?currency=USD&month=soon"]
)
def test_there_is_no_chart_of_what_there_isn_t(reports: TestClient, query: str) -> None:
    assert reports.get(f"/close/waterfall{query}", headers=HTMX).status_code == 204


def test_the_latest_is_told_with_who_did_it(office: Office) -> None:
    lock_september(office.bob)

    feed = office.vic.get(SEPTEMBER).one(class_="feed").all("li")

    assert feed[0].text.startswith("Lock: USD ledger")
    assert "locked through 30 Sep 2025" in feed[0].text
    assert "bob@example.com, 15 Oct 2025, 12:00 UTC" in feed[0].text


def test_a_refused_form_is_no_news(office: Office) -> None:
    """The activity log keeps it; nothing was changed."""
    lock_september(office.bob)
    ledger_id = encode(LedgerId("USD"))
    office.bob.mutate(f"""mutation {{ setLock(input: {{
      ledgerId: "{ledger_id}", method: CUSTOM_DATE, lockedThrough: "2025-08-31"
    }}) {{ userErrors {{ message }} }} }}""")

    feed = office.vic.get(SEPTEMBER).one(class_="feed").all("li")
    log = office.vic.get("/activity").all("li", class_="trail-row")

    assert "locked through 30 Sep 2025" in feed[0].text
    assert "failed" not in feed[0].text
    assert "moving the lock back needs a reason" in log[0].text


def test_a_reader_who_was_signed_out_stays_on_the_page(office: Office) -> None:
    stranger = Person(office.bob.client, "gone")

    for url in (SEPTEMBER, "/close/waterfall?currency=USD&month=2025-09"):
        assert stranger.ask(url, HTMX).status_code == 204
    assert stranger.ask(SEPTEMBER).status_code == 303


def test_without_a_ledger_there_is_nothing_to_close(
    client_with: Callable[..., TestClient],
) -> None:
    page = get(client_with(), "/close")

    assert page.one("main").one("h2").text == "There is nothing to close yet"
    assert page.one("main").links()["Choose a file of invoices"] == "/documents/import"
    assert page.one("main").all("ol") == []
    assert page.all(id="close-chart") == []
