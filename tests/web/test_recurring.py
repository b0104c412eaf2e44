"""The pages of recurring manual journals: written, repeated, approved, made, ended."""

from collections.abc import Iterator

import pytest

from daybook_factories import invoice
from daybook_markup import Element, parse
from daybook_offices import HTMX, Office, office_of
from daybook_services.database import NewDatabase

pytestmark = pytest.mark.either_database

LIST = "/manual-journals/recurring"
NEW, ONE = f"{LIST}/new", f"{LIST}/1"
TYPED = {
    "ledger": "USD",
    "kind": "MANUAL_RECOGNITION",
    "day_of_month": "31",
    "first_month": "2026-01",
    "until_month": "2026-12",
    "reverses": "yes",
    "narrative": "Support that isn't invoiced",
    "line_1_account": "UNBILLED",
    "line_1_debit": "25+25",
    "line_2_account": "RECOGNIZED",
    "line_2_credit": "50",
}


@pytest.fixture
def office(new_database: NewDatabase) -> Iterator[Office]:
    """People over one year's invoice, with four eyes on."""
    with office_of(new_database(), invoice()) as people:
        people.bob.post("/settings/approval", form="four-eyes", four_eyes="on")
        yield people


def test_the_overview_s_check_leads_to_what_waits(office: Office) -> None:
    office.ann.post(NEW, do="submit", **TYPED)

    check = office.bob.get("/close?currency=USD&month=2026-01").one(
        id="check-waiting_drafts"
    )

    assert check.links() == {"R-1": f"{ONE}?at=USD.2026-01"}
    assert office.bob.get(check.links()["R-1"]).one("h1").text == "R-1"


def value(page: Element, name: str) -> str:
    return str(page.one("input", id=name).attributes.get("value", ""))


def actions(page: Element) -> list[str]:
    return [button.text for button in page.all("button", name="do")]


def rows(page: Element, heading: str) -> list[str]:
    """The numbers of the journals in a list."""
    frames = page.all("div", aria_labelledby=heading)
    return [cell.text for frame in frames for cell in frame.all("th", scope="row")]


def test_it_is_written_submitted_and_approved(office: Office) -> None:
    page = office.ann.post(NEW, do="submit", **TYPED)

    assert page.one(class_="page-status").text == (
        "Submitted: another person approves it."
    )
    assert page.one("h1").text == "R-1"
    # It is ended once it is withdrawn, rejected or active.
    assert actions(page) == ["Withdraw it"]
    assert "Withdrawing makes it a draft again, to change or to end." in page.text
    assert "31 Jan 2026" in page.text
    assert rows(office.ann.get(LIST), "list-heading") == ["R-1"]
    assert rows(office.bob.get("/manual-journals"), "mine-heading") == ["R-1"]
    assert "1 wait for you" in office.bob.get("/journals").text
    page = office.bob.get(ONE)
    assert actions(page)[:1] == ["Approve it and its journals"]

    page = office.bob.post(f"{ONE}?at=USD.2025-10", do="approve", version="1")

    said = page.one(class_="page-status")
    assert said.text == (
        "Approved: its journals post on their dates. Back to the close of October 2025"
    )
    assert list(said.links().values()) == ["/close?currency=USD&month=2025-10"]
    assert page.one("span", class_="badge").text == "Active"
    assert "1 wait for you" not in office.bob.get("/journals").text


def test_what_it_does_and_what_its_approval_posted_are_said(office: Office) -> None:
    """Each step says what it does; the journal of a date that has passed is linked."""
    begun = {**TYPED, "first_month": "2025-09", "until_month": "2025-11"}
    office.ann.post(NEW, do="submit", **begun)
    page = office.bob.get(ONE)

    effect = page.one("section", aria_labelledby="effect-heading")
    assert effect.one("h2").text == "What it does"
    (*rows_of_effect,) = (row.text for row in effect.one("table").all("tr"))
    assert rows_of_effect == ["Unbilled Revenue +50.00", "Recognized Revenue +50.00"]
    assert [item.text for item in effect.one("ul").all("li")] == [
        "The journal of 30 Sep 2025 posts as soon as it is approved.",
        "Each is taken back on the first day of the next month.",
    ]
    # Bob writes journals, too: he may withdraw what Ann submitted.
    assert actions(page) == ["Approve it and its journals", "Withdraw it", "Reject it"]
    for words in (
        "Approving holds for every journal that this version makes.",
        "Withdrawing makes it a draft again",
        "It goes back to its author with your reason, and makes no journals.",
    ):
        assert words in page.text

    done = office.bob.post(ONE, do="approve", version="1")

    status = done.one(class_="page-status")
    assert status.text == (
        "Approved: its journals post on their dates. MJ-1 of 30 Sep 2025 is posted."
    )
    assert status.links() == {"MJ-1": "/manual-journals/1"}
    assert rows(done, "made-heading") == ["MJ-1"]
    assert actions(done) == ["End it"]
    assert "It makes no more journals, for good." in done.text


def test_what_can_not_be_posted_at_once_waits(office: Office) -> None:
    office.ann.post(NEW, do="submit", **{**TYPED, "first_month": "2025-09"})
    office.bob.post("/close/lock?currency=USD", **lock_of(office, "2025-09-30"))

    done = office.bob.post(ONE, do="approve", version="1")

    assert "MJ-1 of 30 Sep 2025 waits." in done.one(class_="page-status").text


def lock_of(office: Office, through: str) -> dict[str, str]:
    """The form that locks through a day."""
    page = office.bob.get(f"/close/lock?currency=USD&through={through}")
    hidden = page.one("main").one("form", method="post").all("input", type="hidden")
    return {
        field.attributes["name"]: field.attributes.get("value", "") for field in hidden
    }


def test_its_page_asks_for_what_changed_since(office: Office) -> None:
    page = office.ann.post(NEW, do="submit", **TYPED)
    open_page = page.one(id="recurrence").attributes
    assert "ledger-changed from:body" in open_page["hx-trigger"]
    assert office.ann.ask(open_page["hx-get"], HTMX).status_code == 204

    office.bob.post(ONE, do="approve", version="1")

    answer = office.ann.ask(open_page["hx-get"], HTMX)
    assert answer.status_code == 200
    part = parse(answer.text).one(id="recurrence")
    assert part.one("span", class_="badge").text == "Active"
    assert office.ann.ask(part.attributes["hx-get"], HTMX).status_code == 204


def test_an_author_reads_why_they_can_not_approve(office: Office) -> None:
    page = office.bob.post(NEW, do="submit", **TYPED)

    assert page.one("p", class_="refusal").text == (
        "R-1 is your own work: another controller decides about it."
    )
    page = office.bob.post(ONE, 422, do="approve", version="1")
    assert page.one("div", role="alert").text


def test_rejecting_needs_a_reason_and_changing_stops_it(office: Office) -> None:
    office.ann.post(NEW, do="submit", **TYPED)
    page = office.bob.post(ONE, 422, do="reject", version="1", reason=" ")
    assert page.one(id="problem-reject-reason").text
    page = office.bob.post(ONE, do="reject", version="1", reason="Until when?")
    assert "Until when?" in page.one("ol", class_="steps").text

    page = office.ann.get(f"{ONE}/edit")
    assert (value(page, "first_month"), value(page, "line-1-debit")) == (
        "2026-01",
        "50.00",
    )
    office.ann.post(
        f"{ONE}/edit", do="submit", version="1", **{**TYPED, "kind": "ONE_OFF"}
    )
    office.bob.post(ONE, do="approve", version="2")
    page = office.ann.get(f"{ONE}/edit")
    assert "Saving stops it" in page.text
    page = office.ann.post(f"{ONE}/edit", do="save", version="2", **TYPED)
    assert page.one("span", class_="badge").text == "Draft"

    page = office.ann.post(ONE, do="end", version="3", reason="")
    assert page.one("span", class_="badge").text == "Ended"
    assert actions(page) == []


def test_what_is_wrong_is_at_its_field(office: Office) -> None:
    wrong = {**TYPED, "day_of_month": "x", "first_month": "", "line_1_debit": "many"}
    page = office.ann.post(NEW, 422, do="save", **wrong)
    for field in ("day_of_month", "first_month", "line-1-debit"):
        assert page.one(id=f"problem-{field}").text, field
    assert value(page, "line-1-debit") == "many"

    wrong = {**TYPED, "day_of_month": "32", "until_month": "2025-01"}
    page = office.ann.post(NEW, 422, do="save", **wrong)
    for field in ("day_of_month", "until_month"):
        assert page.one(id=f"problem-{field}").text, field


def test_lines_and_dates_follow_what_is_typed(office: Office) -> None:
    page = office.ann.post(NEW, 200, do="add", **TYPED)
    assert len(page.all("input", class_="amount")) == 6
    assert value(page, "line-1-debit") == "50.00"
    assert "28 Feb 2026" in page.text

    answer = office.ann.send(NEW, HTMX, **{**TYPED, "day_of_month": "5"})
    part = parse(answer.text)
    assert "5 Feb 2026" in part.text
    assert part.one(id="lines-debits").text == "50.00"


def test_a_journal_is_repeated(office: Office) -> None:
    journal = {
        "ledger": "USD",
        "kind": "CORRECTION",
        "date": "2026-02-28",
        "reverses_on": "2026-03-01",
        "narrative": "An accrual",
        **{name: text for name, text in TYPED.items() if name.startswith("line")},
    }
    page = office.ann.post("/manual-journals/new", do="save", **journal)
    page = office.ann.get("/manual-journals/1")
    page = office.ann.get(page.links()["Repeat monthly"])
    assert value(page, "day_of_month") == "31"
    assert value(page, "first_month") == "2026-03"
    assert value(page, "narrative") == "An accrual"
    assert "checked" in page.one("input", id="reverses").attributes

    typed = {**journal, "date": "2026-02-10", "reverses_on": ""}
    page = office.ann.post(NEW, 200, do="repeat", **typed)
    assert value(page, "day_of_month") == "10"
    assert value(page, "line-2-credit") == "50.00"


def test_only_those_who_write_have_a_form(office: Office) -> None:
    assert "Not allowed" in office.vic.get(NEW, 403).text
    assert "No journal is made each month yet" in office.vic.get(LIST).text
    assert (
        "There is no recurring manual journal R-7"
        in office.vic.get(f"{LIST}/7", 404).text
    )
