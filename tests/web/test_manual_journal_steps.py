"""The pages of manual journals under four eyes: what waits, and every step."""

from collections.abc import Iterator

import pytest

from daybook.adjustments.commands import submit
from daybook.db.engine import Database
from daybook_adjusting import ADA, drafted, entered, moment
from daybook_browsing import Site
from daybook_factories import ORGANISATION, invoice, record
from daybook_markup import Element, parse
from daybook_offices import HTMX, NEW, TYPED, Office, Person, office_of
from daybook_services.database import NewDatabase
from daybook_web.kit.formats import MINUS

pytestmark = pytest.mark.either_database

LOCKS = "/settings/locks?currency=USD"
APPROVAL = "/settings/approval"
LIST = "/manual-journals"
ONE = "/manual-journals/1"


@pytest.fixture
def office(new_database: NewDatabase) -> Iterator[Office]:
    """People over one year's invoice, with four eyes on."""
    with office_of(new_database(), invoice()) as people:
        people.bob.post(APPROVAL, form="four-eyes", four_eyes="on")
        yield people


def lock(person: Person, through: str, **typed: str) -> Element:
    """The page that locking through a day leads to, after its page was read."""
    page = person.get(f"/close/lock?currency=USD&through={through}")
    form = page.one("main").one("form", method="post")
    read = {
        field.attributes["name"]: field.attributes.get("value", "")
        for field in form.all("input", type="hidden")
    }
    return person.post("/close/lock?currency=USD", **read, **typed)


def rows(page: Element, heading: str) -> list[str]:
    """The numbers of the journals in a list."""
    frames = page.all("div", aria_labelledby=heading)
    return [cell.text for frame in frames for cell in frame.all("th", scope="row")]


def waiting(person: Person) -> str:
    """What the navigation says of manual journals."""
    return person.get("/journals").one("nav", aria_label="Main").all("a")[3].text


def actions(page: Element) -> list[str]:
    return [button.text for button in page.all("button", name="do")]


def test_the_author_waits_and_the_approver_is_told(office: Office) -> None:
    page = office.ann.post(NEW, do="submit", **TYPED)
    assert page.one(class_="page-status").text == (
        "Submitted: another person approves it."
    )
    assert actions(page) == ["Withdraw it"]

    assert waiting(office.ann) == "Manual journals"
    assert waiting(office.bob) == "Manual journals 1 wait for you"
    assert waiting(office.vic) == "Manual journals"
    bobs = office.bob.get(LIST)
    assert rows(bobs, "mine-heading") == ["MJ-1"]
    anns = office.ann.get(LIST)
    assert "Nothing waits for you." in anns.text
    assert rows(anns, "others-heading") == ["MJ-1"]


def test_an_approver_can_not_approve_their_own_and_reads_why(office: Office) -> None:
    page = office.bob.post(NEW, do="submit", **TYPED)

    assert "Approve and post" not in actions(page)
    refusal = page.one("p", class_="refusal").text
    assert refusal
    assert refusal in office.bob.get(LIST).text
    page = office.bob.post(ONE, 422, do="approve", version="1")
    assert page.one("div", role="alert").text
    assert page.one("span", class_="badge").text == "Submitted"


def test_rejecting_needs_a_reason_and_keeps_it(office: Office) -> None:
    office.ann.post(NEW, do="submit", **TYPED)

    page = office.bob.post(ONE, 422, do="reject", version="1", reason=" ")
    assert page.one(id="problem-reject-reason").text
    page = office.bob.post(ONE, 422, do="reject", version="9", reason="Which one?")
    assert page.one(id="reject-reason").attributes["value"] == "Which one?"
    page = office.bob.post(ONE, do="reject", version="1", reason="Which <one>?")

    assert page.one("span", class_="badge").text == "Rejected"
    assert "Which <one>?" in page.one("ol", class_="steps").text
    assert "Edit" in office.ann.get(ONE).links()


def test_a_rejected_one_is_mended_submitted_and_approved(office: Office) -> None:
    office.ann.post(NEW, do="submit", **TYPED)
    office.bob.post(ONE, do="reject", version="1", reason="Which one?")

    office.ann.post(
        f"{ONE}/edit", do="submit", version="1", **{**TYPED, "narrative": "The first"}
    )
    page = office.bob.get(ONE)
    version = page.all("input", name="version")[0].attributes["value"]
    assert version == "2"
    page = office.bob.post(ONE, do="approve", version=version)

    assert page.one(class_="page-status").text == "Approved and posted."
    steps = [row.text.split()[0] for row in page.one("ol", class_="steps").all("li")]
    assert steps[:6] == [
        *("Saved", "Submitted", "Rejected", "Saved", "Submitted", "Approved"),
    ]
    (link,) = [text for text in page.links() if text.startswith("Journal ")]
    journal = office.bob.get(page.links()[link])
    assert journal.links()["MJ-1"] == ONE
    assert waiting(office.bob) == "Manual journals"


def test_an_approver_approves_what_they_saw(office: Office) -> None:
    office.ann.post(NEW, do="submit", **TYPED)
    office.ann.post(ONE, do="withdraw", version="1")
    other = {**TYPED, "narrative": "Better said"}
    office.ann.post(f"{ONE}/edit", do="submit", version="1", **other)

    page = office.bob.post(ONE, 422, do="approve", version="1")

    assert "version 2 is in force" in page.one("div", role="alert").text
    assert page.one("span", class_="badge").text == "Submitted"


def test_a_lock_that_was_set_meanwhile_refuses_the_approval(office: Office) -> None:
    office.ann.post(NEW, do="submit", **TYPED)
    lock(office.bob, "2025-10-31")

    page = office.bob.get(ONE)
    assert "1 Nov 2025" in page.one("ul", class_="notes").text
    assert page.one("p", class_="refusal").text
    page = office.bob.post(ONE, 422, do="approve", version="1")
    assert page.one("div", role="alert").text
    assert page.one("span", class_="badge").text == "Submitted"


def test_withdrawing_makes_it_a_draft_again(office: Office) -> None:
    office.ann.post(NEW, do="submit", **TYPED)

    page = office.ann.post(ONE, do="withdraw", version="1")

    assert page.one(class_="page-status").text == "Withdrawn: it is a draft again."
    assert actions(page) == ["Submit for approval", "Discard"]
    page = office.ann.post(ONE, do="submit", version="1")
    assert page.one("span", class_="badge").text == "Submitted"


def test_reversing_is_requested_and_approved(office: Office) -> None:
    office.ann.post(NEW, do="submit", **TYPED)
    office.bob.post(ONE, do="approve", version="1")

    open_ = office.ann.get(ONE).one("form", aria_label="Reverse it")
    lock(office.bob, "2025-10-31")
    locked = office.ann.get(ONE).one("form", aria_label="Reverse it")
    assert "Its mirror posts on 31 Oct 2025, its own day." in open_.text
    assert (
        "Its mirror posts on 1 Nov 2025, the first open day: 31 Oct 2025 is locked"
    ) in locked.text
    page = office.ann.post(ONE, 422, do="reverse", version="1", reason="")
    assert page.one(id="problem-reverse-reason").text
    page = office.ann.post(ONE, do="reverse", version="1", reason="Entered twice")
    asked = "ann@example.com asked on"
    assert page.one(class_="page-status").text.startswith(asked)
    for person in (office.ann, office.bob):
        page = person.get(ONE)
        assert "to reverse it; another person decides. Request 1" in page.text
        assert not page.all("input", id="reverse-reason")
    (request,) = office.bob.get(LIST).all("article")
    identity = request.one("input", name="request").attributes["value"]
    page = office.bob.post(LIST, do="approve", request=identity)

    assert page.one(class_="page-status").text == "The change is approved and made."
    page = office.ann.get(ONE)
    assert page.one("span", class_="badge").text == "Reversed"
    did = page.one("section", aria_labelledby="effect-heading").text
    assert "What it did In USD, as the ledger stood when it was posted" in did
    assert f"Deferred Revenue 200.00 {MINUS}250.00 {MINUS}50.00" in did
    assert page.text.count("Journal ") >= 2


def test_a_lock_that_is_moved_back_waits_for_another_person(office: Office) -> None:
    lock(office.bob, "2025-06-30")

    page = lock(office.bob, "2025-05-31", reason="A late invoice")

    status = page.one("p", class_="news", role="status")
    assert status.text.startswith("Requested: nothing changes until another person")
    assert "Locked through 30 Jun 2025" in office.bob.get(LOCKS).text
    (address,) = [link.attributes["href"] for link in status.all("a")]
    assert address.startswith("/manual-journals#request-")
    request = office.eve.get(LIST).one(id=address.partition("#")[2])
    identity = request.one("input", name="request").attributes["value"]
    assert "A late invoice" in request.text
    (change,) = request.one("dl").all("div")
    assert change.text == "Locked through Before: 30 Jun 2025 → After: 31 May 2025"
    (change,) = request.one("dl").all("div")
    assert change.text == "Locked through Before: 30 Jun 2025 → After: 31 May 2025"
    assert [value.text for value in request.one("dl").all("div")] == [
        "Locked through Before: 30 Jun 2025 → After: 31 May 2025"
    ]
    assert waiting(office.eve) == "Manual journals 1 wait for you"
    page = office.eve.post(LIST, do="approve", request=identity)
    assert "Locked through 31 May 2025" in office.bob.get(LOCKS).text


def test_an_approver_sees_everything_that_a_file_changes(office: Office) -> None:
    chart = "".join(f"\\n{code},Sales,Revenue" for code in range(200, 212))
    office.bob.mutate(
        "mutation { importTargetAccounts(input: {integration: XERO,"
        f' text: "Code,Name,Type{chart}"}}) {{ request {{ id }} }} }}'
    )

    (request,) = office.eve.get(LIST).all("article")

    shown, further = [values.all("div") for values in request.all("dl")]
    assert len(shown) == 10
    assert shown[0].text == ("Account 200 in USD Before: none → After: Sales (Revenue)")
    assert request.one("summary").text == "2 further changes"
    assert len(further) == 2


def test_a_request_is_rejected_with_a_reason_or_withdrawn(office: Office) -> None:
    off = {"form": "four-eyes", "four_eyes": "off", "four_eyes_reason": "A small team"}
    page = office.bob.post(APPROVAL, **off)
    assert "bob@example.com asked on" in page.text
    assert not page.all(id="four_eyes_reason")
    (request,) = office.eve.get(LIST).all("article")
    identity = request.one("input", name="request").attributes["value"]

    page = office.eve.post(LIST, 422, do="reject", request=identity, reason=" ")
    assert page.one(id=f"problem-reason-{identity}").text
    page = office.eve.post(LIST, do="reject", request=identity, reason="We are many")
    assert page.one(class_="page-status").text == "The change is rejected."
    assert not page.all("article")

    office.bob.post(APPROVAL, **off)
    (own,) = office.bob.get(LIST).all("article")
    assert [button.text for button in own.all("button")] == ["Withdraw the request"]
    identity = own.one("input", name="request").attributes["value"]
    page = office.bob.post(LIST, do="withdraw", request=identity)
    assert page.one(class_="page-status").text == "The request is withdrawn."


def test_a_mapping_waits_for_another_person(office: Office) -> None:
    page = office.bob.post(
        "/settings/integrations?currency=USD&system=QUICKBOOKS",
        form="mapping",
        role="DEFERRED",
        field_account="Deferred Revenue",
    )

    assert page.one(class_="page-status").text.startswith("Requested: nothing changes")
    assert (
        "Not mapped: 3 accounts with lines in this ledger: Billed, Deferred,"
        in page.text
    )
    assert office.eve.get(LIST).all("article")


def test_the_audit_trail_lists_what_was_done(office: Office) -> None:
    office.ann.post(NEW, do="save", **TYPED)
    better = {**TYPED, "narrative": "Better said", "line_3_account": "BILLED"}
    better |= {"line_3_debit": "5", "line_4_account": "UNBILLED", "line_4_credit": "5"}
    office.ann.post(f"{ONE}/edit", do="submit", version="1", **better)

    frame = office.bob.get("/audit").one("ol", class_="trail").text
    assert "Manual journal saved" in frame and "Wrote manual journal" in frame
    assert "Before: none → After: Go-live was accepted" in frame
    assert "Before: none → After: Dr Billed 5.00" in frame
    assert "Before: none → After: Cr Unbilled 5.00" in frame
    assert "Before: Go-live was accepted → After: Better said" in frame


def test_the_list_filters_and_counts(office: Office) -> None:
    office.ann.post(NEW, do="submit", **TYPED)
    office.ann.post(NEW, do="save", **{**TYPED, "narrative": "Second"})

    page = office.ann.get(LIST)
    assert rows(page, "list-heading") == ["MJ-2", "MJ-1"]
    tabs = page.one("nav", aria_label="By status").links()
    assert list(tabs) == ["Draft 1", "Submitted 1"]
    page = office.ann.get(tabs["Draft 1"])
    assert rows(page, "list-heading") == ["MJ-2"]
    assert not page.all(id="mine-heading")
    assert page.one("a", class_="chip").attributes["href"] == LIST
    for query, found in [
        ("search=second", ["MJ-2"]),
        ("kind=CORRECTION", []),
        ("from=2025-11-01", []),
        ("to=2025-10-31&by=ann@example.com", ["MJ-2", "MJ-1"]),
        ("ledger=USD&status=SUBMITTED", ["MJ-1"]),
    ]:
        page = office.ann.get(f"{LIST}?{query}")
        assert rows(page, "list-heading") == found, query


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=GONE", ""),
        ("kind=GIFT", "kind"),
        ("from=soon", "from"),
        ("from=2025-02-01&to=2025-01-01", "to"),
        ("search=" + "x" * 201, "search"),
    ],
)
def test_wrong_filters_say_what_is_wrong(
    office: Office, query: str, field: str
) -> None:
    page = office.ann.get(f"{LIST}?{query}", 422)

    assert page.one("div", role="alert").text
    if field:
        assert page.one(id=f"problem-{field}").text


def test_pages_of_the_list_and_broken_ones(office: Office) -> None:
    for number in range(51):
        fields = {**TYPED, "narrative": f"Number {number}"}
        office.ann.send(NEW, do="save", **fields)

    page = office.ann.get(LIST)
    assert len(rows(page, "list-heading")) == 50
    page = office.ann.get(page.one("a", rel="next").attributes["href"])
    assert rows(page, "list-heading") == ["MJ-1"]
    page = office.ann.get(page.one("a", rel="prev").attributes["href"])
    assert rows(page, "list-heading")[0] == "MJ-51"
    office.ann.get(f"{LIST}?after=x", 400)
    office.ann.get(f"{LIST}?after=x&before=y", 400)


def test_open_pages_are_told_only_what_is_new(office: Office) -> None:
    office.ann.post(NEW, do="submit", **TYPED)
    page = office.bob.get(LIST)
    news = page.one(id="manual-journals").attributes["hx-get"]
    assert office.bob.ask(news, HTMX).status_code == 204
    journal = office.ann.get(ONE).one(id="manual-journal").attributes["hx-get"]
    assert office.ann.ask(journal, HTMX).status_code == 204

    office.bob.post(ONE, do="reject", version="1", reason="Which one?")

    part = parse(office.bob.ask(news, HTMX).text)
    assert "Nothing waits for you." in part.text
    assert part.one(id="waiting-count").text == ""
    part = parse(office.ann.ask(journal, HTMX).text)
    assert "Which one?" in part.text


def test_incomplete_forms_change_nothing(office: Office) -> None:
    office.ann.post(NEW, do="submit", **TYPED)

    assert office.bob.send(ONE, version="1").status_code == 400
    assert office.bob.send(LIST, do="reverse").status_code == 400
    assert office.bob.send(ONE, do="approve").status_code == 422
    assert office.bob.send(LIST, do="approve", request="x").status_code == 422
    office.bob.get("/manual-journals/9", 404)
    assert office.bob.send("/manual-journals/9", do="approve").status_code == 404
    assert office.bob.get(ONE).one("span", class_="badge").text == "Submitted"


def test_steps_of_who_may_not_take_them_are_refused(office: Office) -> None:
    office.ann.post(NEW, do="submit", **TYPED)

    assert office.vic.send(ONE, do="approve", version="1").status_code == 403
    assert office.ann.send(ONE, do="approve", version="1").status_code == 403
    assert office.vic.send(ONE, do="withdraw", version="1").status_code == 403
    assert not office.vic.get(ONE).all("form", action=ONE)


def test_the_list_tells_when_a_journal_was_written(new_database: NewDatabase) -> None:
    """And not when its last step was made."""
    found = new_database()
    Site(found).run(written_and_posted)
    with office_of(found) as office:
        (row,) = office.vic.get("/manual-journals").one("tbody").all("tr")

    assert row.one("td", class_="who").text.startswith(f"{ADA} 20 Mar")


async def written_and_posted(database: Database) -> None:
    """A journal that was posted a day after it was written."""
    await record(database, invoice())
    draft = await drafted(database, entered(customer="cus_1"), on="2025-03-20")
    await submit(
        *(database, ORGANISATION, draft.number),
        version=draft.version,
        now=moment("2025-03-21"),
        made_by=ADA,
    )
