"""Files that take longer than a moment: their pages say how far their runs are.

Where another server has a run, the test is that server: it keeps the run's row.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import anyio
import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.clock import real_now
from daybook.db.engine import Database, Store
from daybook.db.live import Progress
from daybook.uploads.commands import expire_uploads
from daybook.uploads.rules import LIFE, SILENT, Stage, UploadId, Work
from daybook.uploads.runs import RunState, begin_run, end_run, keep_run, read_run
from daybook_people import client_of
from daybook_site import settings_for

pytestmark = pytest.mark.either_database

IMPORT = "/documents/import"
HEADER = (
    "type,id,status,currency,customer.id,customer.name,issued_on,line.id,product.id,"
    "product.name,amount,service_from,service_to\n"
)
ROWS = 700
"""So many that the file is none of the small ones, for which a page waits."""
CONTENT = HEADER + "".join(
    f"invoice,inv_{number},FINAL,USD,cus_{number},Company {number},2025-10-01,1,p,"
    "Platform,310.00,2025-10-01,2025-10-31\n"
    for number in range(ROWS)
)
OTHER = "another server"


@pytest.fixture
def url(database_url: URL) -> URL:
    """A database without documents."""
    return database_url


@pytest.fixture
def client(url: URL, tmp_path: Path) -> Iterator[TestClient]:
    """The application on 15 October 2025 for somebody who may do everything."""
    with client_of(settings_for(url, data=tmp_path)) as made:
        made.follow_redirects = False
        yield made


def sent(client: TestClient) -> tuple[str, UploadId]:
    """The address of a file that was sent, and its upload."""
    files = {"file": ("october.csv", CONTENT.encode(), "text/csv")}
    address: str = client.post(IMPORT, files=files).headers["location"]
    key = address.removeprefix(f"{IMPORT}/").partition("?")[0]
    return address, UploadId(1, key)


def at(url: URL, do: Callable[[Store], Awaitable[Any]]) -> Any:
    """What another server does."""

    async def run() -> Any:
        database = Database(url)
        try:
            return await do(database.runtime)
        finally:
            await database.close()

    return anyio.run(run)


def begun(url: URL, upload_id: UploadId, work: Work, *, silences: int = 0) -> Any:
    """Another server begins a run; one that was silent so often was killed then."""
    now = real_now() - SILENT * silences
    found = at(url, lambda store: begin_run(store, upload_id, work, OTHER, now=now))
    assert found.is_new
    return found.state


def is_at(url: URL, upload_id: UploadId, stage: Stage, progress: Progress) -> None:
    """The other server tells how far its run is."""
    assert at(
        url,
        lambda store: keep_run(
            *(store, upload_id, OTHER, stage, progress), now=real_now()
        ),
    )


def last_run(url: URL, upload_id: UploadId) -> RunState | None:
    """The upload's last run."""
    found: RunState | None = at(
        url, lambda store: read_run(store, upload_id, now=real_now())
    )
    return found


def shown(client: TestClient, address: str) -> str:
    """The page of a run that this server has, once it has ended."""
    answer = client.get(address)
    while "import-run" in answer.text:
        answer = client.get(next_of(answer.text))
    assert answer.status_code == 200
    return str(answer.text)


def next_of(text: str) -> str:
    """The address that a page of a run leads on to."""
    found = re.search(r'href="([^"]*)">Show how far it is', text)
    assert found is not None
    return unescape(found[1])


def fields_of(text: str) -> dict[str, str]:
    """The hidden fields of a preview's form."""
    return dict(re.findall(r'name="(seen|expected)" value="([^"]*)"', text))


def test_a_page_says_how_far_its_file_is(client: TestClient, url: URL) -> None:
    address, upload_id = sent(client)
    begun(url, upload_id, Work.LOOK)

    first = client.get(address)

    assert first.status_code == 200
    assert "Reading the file" in first.text and "One moment" in first.text
    assert "Nothing is imported yet" in first.text
    listens = f'hx-sse:connect="/events?upload={upload_id.key}"'
    assert listens in first.text
    assert 'hx-trigger="upload-changed from:body, every 30s"' in first.text
    following = next_of(first.text)
    assert following.endswith("?name=october.csv&read=1")

    is_at(url, upload_id, Stage.READING, Progress(100_000, 34_000))
    part = client.get(following, headers={"HX-Request": "true"}).text
    assert "34,000 of 100,000 lines" in part and "<html" not in part
    assert '<progress value="34000" max="100000"' in part

    is_at(url, upload_id, Stage.CHECKING, Progress(52_000, 8_000))
    part = client.get(following, headers={"HX-Request": "true"}).text
    assert "Checking its documents" in part and "8,000 of 52,000 documents" in part

    # What it found is shown, whatever was recorded meanwhile.
    answer = json.dumps({"preview": PREVIEW, "mark": 0, "day": 0})
    at(url, lambda store: end_run(store, upload_id, OTHER, answer))
    led = client.get(following, headers={"HX-Request": "true"})
    assert led.headers["hx-redirect"] == following
    assert "Import 17 documents" in client.get(following).text
    # Without the run's number it is read anew.
    assert f"Import {ROWS} documents" in shown(client, address)
    state = last_run(url, upload_id)
    assert state is not None and (state.number, state.work) == (2, Work.LOOK)


PREVIEW = {
    "recorded": [{"kind": "INVOICE", "count": 17}],
    **{key: [] for key in ("revised", "voided", "effects", "notices", "userErrors")},
    **dict.fromkeys(("unchanged", "unknownVoids", "drafts", "journals"), 0),
    **dict.fromkeys(("movements", "noticeCount", "userErrorCount"), 0),
    "auditRecord": "1",
    "faultyLines": [],
}


def test_what_was_read_is_not_read_again(client: TestClient, url: URL) -> None:
    address, upload_id = sent(client)
    shown(client, address)

    for typed in ("", "&total-USD=217%2C000.00"):
        text = shown(client, address + typed)
        assert f"Import {ROWS} documents" in text
    assert "Agrees with the file" in text
    state = last_run(url, upload_id)
    assert state is not None and state.number == 1


def test_what_an_earlier_version_read_is_read_again(
    client: TestClient, url: URL
) -> None:
    address, upload_id = sent(client)
    shown(client, address)
    state = last_run(url, upload_id)
    assert state is not None and state.answer is not None
    kept = json.loads(state.answer)
    for new in ("firstDocuments", "renamingCount", "renamings"):
        del kept["preview"][new]
    begun(url, upload_id, Work.LOOK)
    at(url, lambda store: end_run(store, upload_id, OTHER, json.dumps(kept)))

    asked, again = shown(client, f"{address}&read=2"), shown(client, address)

    told = "An earlier version of Daybook read this file. Check again"
    assert told in asked and "cus_1" not in asked and "Company 1" not in asked
    assert told not in again and "Company 1" in again
    state = last_run(url, upload_id)
    assert state is not None and state.number == 3


@pytest.mark.parametrize("work", Work)
def test_a_run_whose_server_was_killed_is_begun_again(
    client: TestClient, url: URL, work: Work
) -> None:
    address, upload_id = sent(client)
    begun(url, upload_id, work, silences=1)

    text = shown(client, f"{address}&read=1")

    assert f"Import {ROWS} documents" in text
    told = "The server stopped while this file was being imported" in text
    assert told == (work is Work.TAKE)
    assert taken(client, text, address).startswith(f"{IMPORT}?taken={ROWS}&")


def test_a_look_that_is_lost_too_hides_no_loss(client: TestClient, url: URL) -> None:
    address, upload_id = sent(client)
    begun(url, upload_id, Work.TAKE, silences=3)
    begun(url, upload_id, Work.LOOK, silences=1)

    text = shown(client, address)

    assert "The server stopped while this file was being imported" in text


def taken(client: TestClient, text: str, address: str) -> str:
    """Where taking a file leads at last."""
    answer = client.post(address, data=fields_of(text))
    while not answer.headers.get("location", "").startswith(f"{IMPORT}?"):
        following = answer.headers.get("location") or next_of(answer.text)
        answer = client.get(following)
    return str(answer.headers["location"])


def test_a_file_is_taken_while_its_page_says_how_far_it_is(
    client: TestClient, url: URL
) -> None:
    address, upload_id = sent(client)
    form = fields_of(shown(client, address))
    begun(url, upload_id, Work.TAKE)

    # Sent twice: there is one run.
    for _ in range(2):
        answer = client.post(address, data=form)
        assert answer.status_code == 303
        assert answer.headers["location"].endswith("read=2")
    is_at(url, upload_id, Stage.CHECKING, Progress(ROWS, 300))
    text = client.get(answer.headers["location"]).text
    assert "Taking its documents" in text and f"300 of {ROWS} documents" in text
    assert "Being imported" in text and "Discard" not in text

    done = json.dumps({"taken": {"documents": ROWS, "journals": ROWS}})
    at(url, lambda store: end_run(store, upload_id, OTHER, done))
    ended = client.get(answer.headers["location"])
    assert ended.headers["location"] == (
        f"{IMPORT}?taken={ROWS}&journals={ROWS}&name=october.csv"
    )


def test_taking_a_file_ends_what_looks_at_it(client: TestClient, url: URL) -> None:
    address, upload_id = sent(client)
    text = shown(client, address)
    begun(url, upload_id, Work.LOOK)

    assert taken(client, text, address).startswith(f"{IMPORT}?taken={ROWS}&")

    kept = at(
        url,
        lambda store: keep_run(
            *(store, upload_id, OTHER, Stage.READING, Progress()), now=real_now()
        ),
    )
    assert not kept


def test_a_file_that_is_discarded_meanwhile_has_no_run(
    client: TestClient, url: URL
) -> None:
    address, upload_id = sent(client)
    begun(url, upload_id, Work.LOOK)
    assert "import-run" in client.get(address).text

    answer = client.post(address.replace("?", "/discard?"))

    assert answer.status_code == 303
    assert last_run(url, upload_id) is None
    page = client.get(f"{address}&read=1")
    assert page.status_code == 404 and "This file is not here" in page.text
    led = client.get(f"{address}&read=1", headers={"HX-Request": "true"})
    assert led.headers["hx-redirect"] == address


def test_runs_expire_with_their_uploads(client: TestClient, url: URL) -> None:
    address, upload_id = sent(client)
    shown(client, address)

    at(url, lambda store: expire_uploads(store, now=real_now() + LIFE))

    assert last_run(url, upload_id) is None


def test_what_fails_is_told_and_tried_again(client: TestClient, url: URL) -> None:
    address, upload_id = sent(client)
    begun(url, upload_id, Work.LOOK)
    failed = json.dumps({"failed": True})
    at(url, lambda store: end_run(store, upload_id, OTHER, failed))

    answer = client.get(f"{address}&read=1")

    assert answer.status_code == 500
    assert "This file could not be read to its end" in answer.text
    assert f"Import {ROWS} documents" in shown(client, address)


def test_a_server_that_stops_gives_up_its_run(url: URL, tmp_path: Path) -> None:
    with client_of(settings_for(url, data=tmp_path)) as client:
        client.follow_redirects = False
        _, upload_id = sent(client)
        begin = client.app.state.site.tasks.begin  # type: ignore[attr-defined]
        portal: Any = client.portal
        task = portal.call(_begun_by, begin)
        assert not task.done()

    assert task.cancelled()
    assert last_run(url, upload_id) is None


async def _begun_by(begin: Callable[..., asyncio.Task[None]]) -> asyncio.Task[None]:
    return begin(asyncio.sleep(3600))
