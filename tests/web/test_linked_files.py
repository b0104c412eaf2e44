"""Links to exports' files: made on the page, opened by everybody who has one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, NamedTuple

import anyio
import pytest
from pydantic import SecretStr
from sqlalchemy import URL, update
from starlette.testclient import TestClient

from daybook.access.rules import Permission
from daybook.asgi import create_app
from daybook.clock import now, real_now
from daybook.configuration.commands import set_time_zone
from daybook.db.engine import Database, open_database
from daybook.exports.links import NO_LONGER_KEPT, REVOKED, make_link
from daybook.exports.models import ExportJob
from daybook.jobs.rules import JobStatus
from daybook.settings import Settings
from daybook_factories import ORGANISATION, invoice, pin, record
from daybook_filled import filled
from daybook_graphql.exports.ids import ExportJobId
from daybook_graphql.kit.ids import encode
from daybook_jobs import ask, ended, job_of, rendered
from daybook_markup import parse
from daybook_pages import get
from daybook_people import NOON, client_of, key_of
from daybook_services.database import NewDatabase
from daybook_site import settings_for

pytestmark = pytest.mark.either_database

ORIGIN = "http://127.0.0.1:8000"
PAGE = "/exports/new?currency=USD&month=2025-10"
BROWSER = {"Accept": "text/html"}
FIRST = encode(ExportJobId(1))


class Exported(NamedTuple):
    """An application over one export that is ready, and what its file holds."""

    settings: Settings
    client: TestClient
    content: bytes
    others: ExitStack

    def run(self, work: Callable[[Database], Any]) -> Any:
        """Do something with the database."""

        async def run() -> Any:
            database = open_database(self.settings)
            try:
                return await work(database)
            finally:
                await database.close()

        return anyio.run(run)

    @property
    def job(self) -> ExportJob:
        """The export as it is now."""
        found: ExportJob = self.run(job_of)
        return found

    @property
    def link(self) -> str:
        """A link to its file, as mail has it."""
        return make_link(self.settings, self.job, now(self.settings)).path

    def change(self, **columns: Any) -> None:
        """Change the export's row."""

        async def work(database: Database) -> None:
            async with database.runtime.writes() as session:
                await session.execute(update(ExportJob).values(**columns))

        self.run(work)

    def stranger(self, **settings: Any) -> TestClient:
        """Somebody without a session or a key, maybe at a server of other settings."""
        if settings:
            app = create_app(self.settings.model_copy(update=settings))
            other = TestClient(app, base_url=ORIGIN)
            return self.others.enter_context(other)
        same = TestClient(self.client.app, base_url=ORIGIN)
        same.portal = self.client.portal  # the application has one event loop
        return same


@pytest.fixture
def exported(new_database: NewDatabase) -> Iterator[Exported]:
    """An export of one invoice."""
    url: URL = new_database()
    settings = settings_for(url)

    async def fill() -> bytes:
        database = open_database(settings)
        await filled(database, record, invoice())
        content = await rendered(database, await pin(database))
        await ask(database)
        await database.close()
        return content

    content = anyio.run(fill)
    with client_of(settings) as client, ExitStack() as others:
        found = Exported(settings, client, content, others)
        found.run(ended)
        yield found


def test_a_link_opens_its_file_without_a_sign_in(exported: Exported) -> None:
    job, stranger = exported.job, exported.stranger()

    answer, head = stranger.get(exported.link), stranger.head(exported.link)
    rest = stranger.get(exported.link, headers={"Range": "bytes=10-"})

    assert answer.content == exported.content
    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.headers) == dict(answer.headers)
    assert (rest.status_code, rest.content) == (206, exported.content[10:])
    assert job.file_sha256 is not None
    for name, value in {
        "etag": f'"{job.file_sha256.hex()}"',
        "content-disposition": f'attachment; filename="{job.file_name}"',
        "cache-control": "private, no-store",
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex",
    }.items():
        assert answer.headers[name] == value


def test_a_key_and_a_cookie_make_no_difference(exported: Exported) -> None:
    stranger = exported.stranger()
    headers = {"Authorization": "Bearer nobody", "Cookie": "daybook_session=nobody"}

    assert stranger.get(exported.link, headers=headers).content == exported.content
    assert exported.client.get("/files/x").status_code == 404


@pytest.mark.parametrize(
    ("may", "is_made"),
    [
        (Permission.EXPORT, False),
        (Permission.READ, False),
        (Permission.READ | Permission.EXPORT, True),
    ],
)
def test_only_a_key_that_may_read_the_file_makes_a_link_to_it(
    exported: Exported, may: Permission, *, is_made: bool
) -> None:
    key = exported.run(lambda database: key_of(database, may, now=real_now()))
    headers = {"Authorization": f"Bearer {key}"}
    document = """mutation ($input: CreateExportLinkInput!) {
      createExportLink(input: $input) { link { url } }
    }"""
    request = {"query": document, "variables": {"input": {"id": FIRST}}}

    answer = exported.stranger().post("/graphql", json=request, headers=headers)
    file = f"/exports/1/{exported.job.file_name}"
    itself = exported.stranger().get(file, headers=headers)

    assert (answer.json()["data"] is not None) == is_made
    if Permission.READ not in may:
        assert itself.status_code == 403


@pytest.mark.parametrize("query", ["a=1", "expires=9", "a=1&a=1", "a", "=", "%"])
def test_a_link_takes_no_parameters(exported: Exported, query: str) -> None:
    answer = exported.stranger().get(f"{exported.link}?{query}")

    assert answer.status_code == 400
    assert answer.text == "a link has no parameters: open it as it was sent\n"


def test_what_was_not_signed_is_not_found(exported: Exported) -> None:
    stranger, link = exported.stranger(), exported.link
    text, _, signature = link.partition(".")
    others = Settings(secret=SecretStr("another-secret-0123456789-abcdefghijklmnopqr"))
    foreign = make_link(others, exported.job, NOON).path

    answers = [
        stranger.get(path)
        for path in (
            *(f"{link}x", link[:-1], text, f"{text}.", f"/files/.{signature}"),
            *("/files/x", f"/files/{'x' * 5_000}", "/files/", f"{link}/a.csv"),
            foreign,
        )
    ]

    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert "the link may be cut off" in answers[0].text.lower()
    assert all(exported.content not in answer.content for answer in answers)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"status": int(JobStatus.CANCELLED)}, NO_LONGER_KEPT),
        ({"status": int(JobStatus.EXPIRED)}, NO_LONGER_KEPT),
        ({"status": int(JobStatus.FAILED)}, NO_LONGER_KEPT),
        ({"file_sha256": bytes(32)}, NO_LONGER_KEPT),
        ({"organisation_id": 2}, NO_LONGER_KEPT),
        ({"link_epoch": 1}, REVOKED),
    ],
)
def test_a_link_ends_with_its_export(
    exported: Exported, columns: dict[str, Any], message: str
) -> None:
    link = exported.link
    exported.change(**columns)

    answer = exported.stranger().get(link)

    assert (answer.status_code, answer.text) == (410, f"{message}\n")
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_an_expired_link_says_so_in_words(exported: Exported) -> None:
    link = exported.link

    async def move(database: Database) -> None:
        zone = "America/New_York"
        await set_time_zone(database, ORGANISATION, zone, now=NOON, made_by=None)

    exported.run(move)
    later = NOON + timedelta(days=7)
    stranger = exported.stranger(now=later)

    answer, page = stranger.get(link), stranger.get(link, headers=BROWSER)

    words = "this link expired on 2025-10-22 12:00 UTC: ask for a new one"
    assert (answer.status_code, answer.text) == (410, f"{words}\n")
    assert page.status_code == 410
    assert parse(page.text).one("h1").text == "This link opens nothing any more"
    assert (
        "This link expired on 22 Oct 2025, 08:00 EDT: ask for a new one."
        in parse(page.text).one("main").text
    )
    assert page.headers["cache-control"] == "private, no-store"
    assert page.headers["x-robots-tag"] == "noindex"


def test_one_address_asks_only_so_often(exported: Exported) -> None:
    stranger = exported.stranger(requests_per_minute=2)

    answers = [stranger.get("/files/x") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [404, 404, 429]
    assert int(answers[2].headers["retry-after"]) > 0


def test_the_first_download_of_the_whole_file_is_noted(exported: Exported) -> None:
    stranger, size = exported.stranger(), len(exported.content)
    file = f"/exports/1/{exported.job.file_name}"

    stranger.head(exported.link)
    stranger.get(exported.link, headers={"Range": "bytes=0-99"})
    stranger.get(exported.link, headers={"Range": "bytes=0-9,20-29"})
    stranger.get(exported.link, headers={"If-None-Match": "*"})
    assert exported.job.first_downloaded_at is None

    exported.client.get(file, headers={"Range": f"bytes={size - 1}-"})
    assert exported.job.first_downloaded_at == NOON
    exported.stranger(now=NOON + timedelta(hours=1)).get(exported.link)
    assert exported.job.first_downloaded_at == NOON


def test_the_page_makes_a_link_and_revokes_all(exported: Exported) -> None:
    client = exported.client
    form = get(client, PAGE).one(id="exports").one("form", action="/exports/link")
    data = {"id": form.one("input", name="id").attributes["value"]}

    answer = client.post("/exports/link", data=data)
    page = parse(answer.text)
    link = page.one("input", id="link").attributes["value"]
    opened = exported.stranger().get(link)
    revoking = {
        its.attributes["name"]: its.attributes["value"]
        for its in page.one("main").one("form").all("input")
    }
    revoked = client.post("/exports/link", data=revoking)
    refused = exported.stranger().get(link)
    again = parse(client.post("/exports/link", data=data).text)

    assert (answer.status_code, revoked.status_code) == (200, 200)
    assert answer.headers["cache-control"] == "private, no-store, no-transform"
    assert link.startswith("http://127.0.0.1:8000/files/")
    assert opened.content == exported.content
    assert "until 22 Oct 2025" in page.one(id="link-hint").text
    assert page.one("main").one("h2").text == exported.job.file_name
    assert "No link that was made so far" in parse(revoked.text).text
    assert (refused.status_code, refused.text) == (410, f"{REVOKED}\n")
    new = again.one("input", id="link").attributes["value"]
    assert exported.stranger().get(new).content == exported.content


def test_a_link_begins_with_the_public_address(exported: Exported) -> None:
    public = exported.settings.model_copy(
        update={"public_url": "https://books.example.com"}
    )

    with client_of(public) as client:
        page = parse(client.post("/exports/link", data={"id": FIRST}).text)

    link = page.one("input", id="link").attributes["value"]
    assert link == f"https://books.example.com{exported.link}"


@pytest.mark.parametrize("id_", ["", "x", encode(ExportJobId(9))])
def test_there_is_no_link_to_what_is_not_there(exported: Exported, id_: str) -> None:
    for form in ("", "revoke"):
        answer = exported.client.post("/exports/link", data={"id": id_, "form": form})

        assert answer.status_code == 422
        assert parse(answer.text).one(class_="problems")
        assert "/files/" not in answer.text
