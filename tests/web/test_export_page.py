"""The page of an export, and of a file: its sums, and whether it is posted."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from daybook.access.rules import Permission
from daybook.db.engine import Database
from daybook.exports.models import ExportJob
from daybook.reports.journals.filters import Selection
from daybook.worker import running_jobs
from daybook_browsing import Site
from daybook_factories import invoice, pin, record
from daybook_jobs import ask, job_of, wait_for
from daybook_markup import Element, parse
from daybook_pages import HTMX, get
from daybook_people import client_of, key_of
from daybook_posted import days, made
from daybook_services.database import NewDatabase

pytestmark = pytest.mark.either_database

HOSTILE = '<script>alert("x")</script>'
OCTOBER = "/exports/1"


class Exported(NamedTuple):
    """A database with files, and the application over it, without a worker."""

    site: Site
    client: TestClient

    def job(self, number: int = 1) -> ExportJob:
        """An export as it is now."""
        found: ExportJob = self.site.run(job_of, number)
        return found

    def make(self, number: int) -> None:
        """Make the files of all exports that wait, up to a number."""

        async def work(database: Database) -> None:
            async with running_jobs(database, self.site.settings):
                await wait_for(database, lambda job: job.is_logged, number)

        self.site.run(work)

    def post(self, address: str, form: Element, **typed: str) -> Response:
        """Send a form with what is typed, without following where it leads."""
        hidden = {
            field.attributes["name"]: field.attributes["value"]
            for field in form.all("input", type="hidden")
        }
        return self.client.post(
            address, data={**hidden, **typed}, follow_redirects=False
        )


@pytest.fixture
def exported(new_database: NewDatabase) -> Iterator[Exported]:
    """Two exports of an invoice's October that are ready, which hold the same."""
    site = Site(new_database())

    async def fill(database: Database) -> None:
        await record(database, invoice())
        wanted = days("2025-10-01", "2025-10-31")
        for _ in range(2):
            its = Selection(wanted.posted_from, wanted.posted_to)
            its_pin = await pin(database, on="2025-10-15")
            await ask(database, selection=its, its_pin=its_pin)

    site.run(fill)
    with client_of(site.settings, only_answers=True) as client:
        found = Exported(site, client)
        found.make(2)
        yield found


def form_of(page: Element, does: str) -> Element:
    """The form of the posting that does something."""
    (form,) = [
        form
        for form in page.one("main").all("form")
        for field in form.all("input", name="do")
        if field.attributes["value"] == does
    ]
    return form


def facts_of(page: Element) -> dict[str, str]:
    """What the page says by name."""
    names, texts = page.one("main").all("dt"), page.one("main").all("dd")
    return {name.text: text.text for name, text in zip(names, texts, strict=True)}


def test_the_page_has_the_files_sums_and_its_whole_checksum(
    exported: Exported,
) -> None:
    page, job = get(exported.client, OCTOBER), exported.job()

    assert page.one("h1").text == "File 1"
    assert page.one(class_="page-status").text == (
        "USD 1–31 Oct 2025, Generic CSV, by day"
    )
    facts = facts_of(page)
    assert job.file_sha256 is not None
    assert facts["SHA-256"] == job.file_sha256.hex()
    assert (facts["Lines"], facts["Debits"], facts["Credits"]) == (
        *("30", "48.45 USD", "48.45 USD"),
    )
    assert facts["One line per"] == "journal and day"
    assert facts["Asked for"] == "as export 1, by test, 15 Oct 2025, 12:00 UTC"
    assert facts["As of recording"] == "1"
    sums = page.one("main").one("details").one("tbody").all("tr")
    assert [row.text for row in sums] == [
        "Deferred Revenue 48.45 0.00",
        "Recognized Revenue 0.00 48.45",
    ]
    links = page.one("main").links()
    assert links["Download"] == f"/exports/1/{job.file_name}"
    manifest = exported.client.get(links["Manifest"])
    assert manifest.json()["debits"] == "48.45"
    trail = get(exported.client, links["File 1"])
    assert len(trail.all("li", class_="trail-row")) == 1


def test_a_file_is_marked_as_posted_and_the_list_says_so(exported: Exported) -> None:
    form = form_of(get(exported.client, OCTOBER), "post")

    answer = exported.post(OCTOBER, form, reference="MJ-0935", posted_on="2025-10-14")

    assert answer.status_code == 303
    assert answer.headers["location"] == f"{OCTOBER}?done=posted"
    page = get(exported.client, answer.headers["location"])
    assert page.one(class_="news").text == (
        "File 1 of 48.45 USD is marked as posted as MJ-0935."
        " Back to the close of October 2025"
    )
    panel = page.one("section", aria_labelledby="posting-heading")
    assert "Posted 14 Oct 2025, MJ-0935" in panel.text
    difference = panel.links()["Export the difference"]
    assert difference == "/exports/new?currency=USD&since=1"
    listed = get(exported.client, "/exports?posted=yes").all("tr", id="export-1")
    assert "Posted 14 Oct 2025, MJ-0935" in listed[0].text
    assert not get(exported.client, "/exports?posted=yes").all("tr", id="export-2")
    unposted = get(exported.client, "/exports?posted=no")
    assert unposted.all("tr", id="export-2")
    assert not unposted.all("tr", id="export-1")
    assert (
        unposted.one("main").links()["Mark as posted"] == "/exports/2#posting-heading"
    )


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"reference": " "}, "reference", "give the target's reference"),
        ({"reference": "x" * 201}, "reference", "200 characters"),
        (
            {"reference": "MJ-1", "posted_on": "2025-10-16"},
            "posted_on",
            "16 Oct 2025 is still to come: today is 15 Oct 2025",
        ),
        ({"reference": "MJ-1", "posted_on": "soon"}, "", "soon"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    exported: Exported, typed: dict[str, str], field: str, message: str
) -> None:
    form = form_of(get(exported.client, OCTOBER), "post")

    answer = exported.post(OCTOBER, form, **typed)

    assert answer.status_code == 422
    page = parse(answer.text)
    assert message in page.one(class_="problems").text
    if field:
        assert message in page.one(id=f"problem-{field}").text
    assert page.one(id="reference").attributes["value"] == typed["reference"]
    assert "is not marked as posted" in get(exported.client, OCTOBER).text


def test_entries_that_are_posted_already_are_asked_about(exported: Exported) -> None:
    first, second = (get(exported.client, f"/exports/{number}") for number in (1, 2))
    exported.post(OCTOBER, form_of(first, "post"), reference="MJ-1")

    typed = {"reference": "MJ-2", "posted_on": "2025-10-14"}
    refused = exported.post("/exports/2", form_of(second, "post"), **typed)
    page = parse(refused.text)
    question = page.one("form", class_="posting-question")
    hidden = {
        field.attributes["name"]: field.attributes["value"]
        for field in question.all("input")
    }
    button = question.one("button")
    before = get(exported.client, "/exports/2")
    answer = {button.attributes["name"]: button.attributes["value"]}
    done = exported.client.post(
        question.attributes["action"], data=hidden | answer, follow_redirects=False
    )

    assert not second.all("form", class_="posting-question")
    assert refused.status_code == 422
    assert "File 2: 1 journal has entries in posted files already" in question.text
    assert "journal 10 in file 1 (MJ-1)" in question.text
    assert "file 1 to 48.45 USD" in question.text
    assert button.text == "Mark it as posted all the same"
    assert hidden.items() >= typed.items()
    assert "is not marked as posted" in before.text
    assert done.status_code == 303
    posted = get(exported.client, "/exports/2")
    assert "Posted 14 Oct 2025, MJ-2" in posted.text


def test_a_posting_is_undone_with_a_reason_which_the_page_keeps(
    exported: Exported,
) -> None:
    exported.post(
        OCTOBER, form_of(get(exported.client, OCTOBER), "post"), reference="MJ-1"
    )
    form = form_of(get(exported.client, OCTOBER), "undo")

    refused = exported.post(OCTOBER, form, reason=" ")
    done = exported.post(OCTOBER, form, reason=HOSTILE)
    again = exported.post(OCTOBER, form, reason="once more")

    assert refused.status_code == 422
    assert parse(refused.text).one(id="problem-reason")
    assert done.headers["location"] == f"{OCTOBER}?done=undone"
    page = get(exported.client, OCTOBER)
    assert "is not marked as posted" in page.text
    assert f"12:00 UTC: {HOSTILE}" in page.one("ul", class_="past-postings").text
    assert HOSTILE not in exported.client.get(OCTOBER).text
    assert again.status_code == 422
    assert "is not posted" in parse(again.text).one(class_="problems").text


def test_who_may_not_close_reads_and_changes_nothing(exported: Exported) -> None:
    form = form_of(get(exported.client, OCTOBER), "post")
    key = exported.site.run(key_of, Permission.READ | Permission.EXPORT)
    exported.client.headers["Authorization"] = f"Bearer {key}"

    page = get(exported.client, OCTOBER)
    answer = exported.post(OCTOBER, form, reference="MJ-1")

    assert not page.one("main").all("input", name="do")
    assert "A controller or an admin marks it." in page.text
    assert answer.status_code == 403
    assert "is not marked as posted" in get(exported.client, OCTOBER).text


def test_an_export_is_cancelled_and_made_again_on_its_page(exported: Exported) -> None:
    exported.site.run(ask)
    page = get(exported.client, "/exports/3")
    cancel = page.one("button", id="cancel-3")
    waiting = parse(exported.client.get("/exports/3", headers=HTMX).text)

    cancelled = exported.client.post(
        "/exports/3",
        data={"cancel": cancel.attributes["value"]},
        follow_redirects=False,
    )
    after = get(exported.client, "/exports/3")
    again = exported.client.post(
        "/exports/3",
        data={"retried": after.one("button", id="retried-3").attributes["value"]},
        follow_redirects=False,
    )

    assert waiting.one("h1", hx_swap_oob="innerHTML").text == "Export 3"
    asking = waiting.one("p", role="status").attributes
    assert (asking["hx-trigger"], asking["hx-target"]) == ("every 2s", "#export")
    assert cancelled.headers["location"] == "/exports/3?done=cancelled"
    assert "hx-trigger" not in after.one(id="export").attributes
    assert "It made no file." in after.text
    assert again.headers["location"] == "/exports#exports"
    assert "Waiting" in get(exported.client, "/exports/4").text


def test_a_file_of_a_command_has_a_page_and_is_marked_there(
    exported: Exported,
) -> None:
    async def work(database: Database) -> None:
        await made(database, days("2025-01-01", "2025-01-31"))

    exported.site.run(work)
    address = "/exports/files/3"
    page = get(exported.client, address)

    answer = exported.post(address, form_of(page, "post"), reference="MJ-7")

    assert page.one("h1").text == "File 3"
    facts = facts_of(page)
    assert (facts["Lines"], facts["Debits"], facts["Size"]) == (
        *("2", "10.00 USD", "9 bytes"),
    )
    assert facts["Made"].startswith("Ada, ")
    assert "whoever ran the command has the file" in page.text
    assert "Download" not in page.one("main").links()
    assert answer.headers["location"] == f"{address}?done=posted"
    assert "Posted 15 Oct 2025, MJ-7" in get(exported.client, address).text
    trail = get(exported.client, "/audit?kind=EXPORT&id=3")
    assert address in trail.one("main").links().values()


@pytest.mark.parametrize("number", ["9", "0", "99999999999999999999999"])
def test_there_is_no_page_of_what_is_not_there(exported: Exported, number: str) -> None:
    for path in (f"/exports/{number}", f"/exports/files/{number}"):
        page = get(exported.client, path, 404)
        assert page.one("main").links()["Go to the exports"] == "/exports"


def test_an_incomplete_form_changes_nothing(exported: Exported) -> None:
    answer = exported.client.post(OCTOBER, data={"do": "everything"})

    assert answer.status_code == 400
    assert "Nothing was changed" in parse(answer.text).one("h1").text
