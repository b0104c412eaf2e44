"""The list of exports: its pages and filters, and what its buttons do."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from httpx2 import Response
from sqlalchemy import update
from starlette.testclient import TestClient

from daybook.access.rules import Permission
from daybook.db.engine import Database
from daybook.exports.formats import parse_format
from daybook.exports.models import ExportJob
from daybook.jobs.rules import JobStatus
from daybook_browsing import Site
from daybook_factories import invoice, record
from daybook_graphql.exports.ids import ExportJobId
from daybook_graphql.kit.ids import encode
from daybook_jobs import NOW, ask, job_of
from daybook_markup import Element, parse
from daybook_pages import HTMX, get
from daybook_people import client_of, key_of
from daybook_posted import days, made, mark
from daybook_services.database import NewDatabase

pytestmark = pytest.mark.either_database

HOSTILE = '<script>alert("x")</script>'
READY = {
    "status": int(JobStatus.READY),
    "rows_done": 30,
    "debit_total": 48_45,
    "credit_total": 48_45,
    "file_bytes": 2_048,
    "file_sha256": bytes(range(32)),
    "expires_at": NOW.replace(day=22),
}
"""The columns of an export whose file is there."""
SHA256 = bytes(range(32)).hex()


class Exports(NamedTuple):
    """A database without a worker, and the application over it."""

    site: Site
    client: TestClient

    def ask(self, number: int = 1, **options: Any) -> None:
        """Ask for some exports."""

        async def work(database: Database) -> None:
            for _ in range(number):
                await ask(database, **options)

        self.site.run(work)

    def change(self, number: int, **columns: Any) -> None:
        """Change the row of an export."""

        async def work(database: Database) -> None:
            statement = update(ExportJob).where(ExportJob.number == number)
            async with database.runtime.writes() as session:
                await session.execute(statement.values(**columns))

        self.site.run(work)

    def status(self, number: int) -> JobStatus:
        """Where an export stands."""
        return JobStatus(self.site.run(job_of, number).status)

    def post(self, address: str, **form: str) -> Response:
        """Send a form, without following where it leads."""
        return self.client.post(address, data=form, follow_redirects=False)


@pytest.fixture
def exports(new_database: NewDatabase) -> Iterator[Exports]:
    """An invoice of a year, and no export yet."""
    site = Site(new_database())
    site.run(record, invoice())
    with client_of(site.settings, only_answers=True) as client:
        yield Exports(site, client)


def rows_of(page: Element) -> list[Element]:
    """The rows of the list."""
    return [row for row in page.all("tr") if row.attributes.get("id")]


def numbers_of(page: Element) -> list[int]:
    """The numbers of the exports of a page, in the list's order."""
    return [int(row.attributes["id"].removeprefix("export-")) for row in rows_of(page)]


def id_of(number: int) -> str:
    return encode(ExportJobId(number))


def test_an_empty_list_leads_to_the_first_export(exports: Exports) -> None:
    page = get(exports.client, "/exports")

    assert "No file was exported here yet." in page.text
    assert page.one("main").links()["New export"] == "/exports/new"
    assert not page.all("table")


def test_25_exports_are_on_a_page_newest_first(exports: Exports) -> None:
    exports.ask(27)

    first = get(exports.client, "/exports")
    second = get(exports.client, first.one("a", rel="next").attributes["href"])
    again = get(exports.client, second.one("a", rel="prev").attributes["href"])

    assert first.one(id="exports-heading").text == "All exports 27 exports"
    assert numbers_of(first) == list(range(27, 2, -1))
    assert numbers_of(second) == [2, 1]
    assert numbers_of(again) == numbers_of(first)


def test_a_row_says_what_it_is_of_and_where_it_stands(exports: Exports) -> None:
    exports.ask(4, requested_by=HOSTILE)
    exports.change(1, **READY)
    exports.change(2, status=int(JobStatus.RUNNING), rows_done=62, rows_total=100)
    exports.change(
        *(3,),
        status=int(JobStatus.FAILED),
        failure_code="STORAGE_FAILED",
        failure_message="the disk is full: make room",
    )

    page = get(exports.client, "/exports")

    waiting, failed, running, ready = rows_of(page)
    assert (
        waiting.one("th").text
        == "USD all days, Generic CSV, by day Export 4 · Scheduled entries: Shown"
    )
    assert "Waiting" in waiting.text
    assert "Failed The disk is full: make room." in failed.text
    assert "Making, 62 % 62 of 100 lines" in running.text
    assert running.one("progress").attributes["value"] == "62.0"
    cells = [cell.text for cell in ready.all("td")]
    assert cells[:2] == ["30", "48.45 USD"]
    assert cells[2] == "Ready Kept until 22 Oct 2025, 12:00 UTC"
    assert cells[3] == f"{HOSTILE} 15 Oct 2025, 12:00 UTC"
    checksum = ready.one(class_="checksum")
    assert checksum.attributes["title"] == f"SHA-256 {SHA256}"
    assert checksum.text == "SHA-256 00010203…1e1f"
    assert ready.links()["Download"].startswith("/exports/1/")
    assert HOSTILE not in exports.client.get("/exports").text


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"state": "CANCELLED"}, [2]),
        ({"state": "EXPIRED"}, []),
        ({"format": "XLSX"}, [4]),
        ({"by": "Ada"}, [5]),
        ({"by": "Ad"}, []),
        ({"ledger": "usd"}, [5, 4, 3, 2, 1]),
        ({"ledger": "GBP"}, []),
        ({"state": "QUEUED", "format": "SEQUENCE"}, [5, 3, 1]),
        ({"posted": "yes"}, []),
    ],
)
def test_filters_narrow_the_list(
    exports: Exports, query: dict[str, str], numbers: list[int]
) -> None:
    exports.ask(3)
    exports.ask(file_format=parse_format("XLSX"))
    exports.ask(requested_by="Ada")
    exports.change(2, status=int(JobStatus.CANCELLED))

    page = get(exports.client, f"/exports?{urlencode(query)}")

    assert numbers_of(page) == numbers
    chips = page.one("ul", class_="chips").all("a")
    assert len(chips) == len(query)
    alone = get(exports.client, chips[0].attributes["href"])
    assert len(numbers_of(alone)) >= len(numbers)
    if not numbers:
        assert page.links()["Show all exports"] == "/exports"


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("state=GONE", "state", "There is no choice “GONE”."),
        ("format=SAGE", "format", "There is no choice “SAGE”."),
        ("posted=maybe", "posted", "There is no choice “maybe”."),
        ("ledger=XXQ", "ledger", "“XXQ” is not a currency."),
        ("by=%00", "by", "Nobody has a name with such a character."),
        ("after=x", "", ""),
    ],
)
def test_a_wrong_address_keeps_the_form(
    exports: Exports, query: str, field: str, message: str
) -> None:
    page = get(exports.client, f"/exports?{query}", 422)

    assert message in page.one(class_="problems").text
    if field:
        assert page.one(id=f"problem-{field}").text == message
    assert page.one("form", action="/exports").one("select", id="state")
    assert not rows_of(page)


def test_a_button_cancels_one_export_and_stays_on_its_page(exports: Exports) -> None:
    exports.ask(2)
    address = "/exports?state=QUEUED"
    row = rows_of(get(exports.client, address))[0]
    (button,) = row.all("button")

    answer = exports.post(
        row.one("form").attributes["action"],
        **{button.attributes["name"]: button.attributes["value"]},
    )

    assert button.text == "Cancel"
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{address}#exports"
    assert exports.status(2) is JobStatus.CANCELLED
    assert exports.status(1) is JobStatus.QUEUED
    assert numbers_of(get(exports.client, address)) == [1]


def test_an_export_that_ended_is_made_again_once(exports: Exports) -> None:
    exports.ask()
    exports.change(1, status=int(JobStatus.EXPIRED))
    row = rows_of(get(exports.client, "/exports"))[0]
    key = row.one("input", name="key").attributes["value"]

    for _ in range(2):
        answer = exports.post("/exports", key=key, retried=id_of(1))
        assert answer.status_code == 303

    assert row.one("button").text == "Make it again"
    assert numbers_of(get(exports.client, "/exports")) == [2, 1]


def test_what_cannot_be_done_is_said_above_the_list(exports: Exports) -> None:
    exports.ask()

    waiting = exports.post("/exports", retried=id_of(1))
    nothing = exports.post("/exports", cancel=id_of(9))
    empty = exports.post("/exports", key="x")

    assert waiting.status_code == nothing.status_code == 422
    problems = parse(waiting.text).one(class_="problems").text
    assert "export 1 hasn't ended: wait for it, or cancel it first" in problems
    assert numbers_of(parse(waiting.text)) == [1]
    assert "there is no such export" in parse(nothing.text).one(class_="problems").text
    assert empty.status_code == 400
    assert exports.status(1) is JobStatus.QUEUED


def test_who_may_only_read_sees_the_list_without_buttons(exports: Exports) -> None:
    exports.ask(2)
    exports.change(1, **READY)
    key = exports.site.run(key_of, Permission.READ)
    exports.client.headers["Authorization"] = f"Bearer {key}"

    page = get(exports.client, "/exports")
    answer = exports.post("/exports", cancel=id_of(2))

    main = page.one("main")
    assert numbers_of(page) == [2, 1]
    assert not main.all("form", method="post")
    assert "New export" not in main.links()
    assert main.links()["Download"].startswith("/exports/1/")
    assert answer.status_code == 403
    assert exports.status(2) is JobStatus.QUEUED


def test_the_list_is_live_by_an_event_and_asks_itself_while_one_moves(
    exports: Exports,
) -> None:
    exports.ask()

    moving = parse(exports.client.get("/exports", headers=HTMX).text)
    exports.change(1, **READY)
    unrecorded = parse(exports.client.get("/exports", headers=HTMX).text)
    exports.change(1, status=int(JobStatus.CANCELLED))
    still = parse(exports.client.get("/exports", headers=HTMX).text)

    assert not moving.all("h1")
    for page in (moving, unrecorded, still):
        trigger = page.one(id="exports").attributes["hx-trigger"]
        assert trigger == "exports-changed from:body"
    # A file can be marked as posted once it is recorded: the list waits for that, too.
    for page in (moving, unrecorded):
        asking = page.one("p", role="status").attributes
        assert (asking["hx-trigger"], asking["hx-target"]) == ("every 2s", "#exports")
    assert moving.links()["Show how far it is"] == "/exports"
    assert not still.all("p", role="status")
    assert "Show how far it is" not in still.links()


def test_files_of_commands_have_a_list_of_their_own(exports: Exports) -> None:
    async def work(database: Database) -> None:
        for _ in range(26):
            await made(database, days("2025-01-01", "2025-01-31"))
        await mark(database, 26, HOSTILE)

    exports.site.run(work)

    page = get(exports.client, "/exports")
    rows = page.one(id="files").one("tbody").all("tr")
    older = page.one(id="files").one("a", class_="pager-next").attributes["href"]
    rest = get(exports.client, older).one(id="files").one("tbody").all("tr")

    assert (len(rows), len(rest)) == (25, 1)
    assert rows[0].links() == {"journals.csv": "/exports/files/26"}
    assert f"Posted 15 Oct 2025, {HOSTILE}" in rows[0].text
    assert "10.00 USD" in rows[0].text
    assert rest[0].links() == {"journals.csv": "/exports/files/1"}
    assert not get(exports.client, "/exports?ledger=USD").all(id="files")
