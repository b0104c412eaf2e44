"""An export's file as a download: whole, with its hash, and only while it is kept."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from daybook.db.engine import Database
from daybook.jobs.rules import JobStatus
from daybook.settings import Settings
from daybook_factories import invoice, pin, record
from daybook_jobs import NOW, ask, ended, rendered, wait_for
from daybook_people import client_of
from daybook_site import SECRET

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> Settings:
    """Settings of a server of the test's database."""
    url = database.url.set(drivername=database.url.get_backend_name())
    return Settings(
        data=tmp_path,
        database_url=url.render_as_string(hide_password=False),
        now=NOW,
        secret=SECRET,
    )


async def test_a_file_is_fetched_while_it_is_kept(
    database: Database, settings: Settings
) -> None:
    await record(database, invoice())
    expected = await rendered(database, await pin(database))
    job = await ask(database)
    address = f"/exports/1/{job.file_name}"

    with client_of(settings.model_copy(update={"exports_at_once": 0})) as client:
        too_early = client.get(address)
    with client_of(settings) as client:
        job = await ended(database)
        found = client.get(address)
        assert job.file_sha256 is not None
        tag = f'"{job.file_sha256.hex()}"'
        unchanged = client.get(address, headers={"If-None-Match": tag})
        rest = client.get(address, headers={"Range": "bytes=10-"})
        others = [
            client.get(one).status_code
            for one in (
                f"/exports/2/{job.file_name}",
                "/exports/1/other.csv",
                "/exports/1/..%2Fsecret",
                f"/exports/{10**30}/a.csv",
                f"/exports/x/{job.file_name}",
            )
        ]

    assert too_early.status_code == 404
    assert found.content == expected
    assert_headers(found.headers, tag, len(expected), job.file_name)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert (rest.status_code, rest.content) == (206, expected[10:])
    assert others == [404] * 5

    later = settings.model_copy(update={"now": NOW + timedelta(days=7)})
    with client_of(later) as client:
        assert client.get(address).status_code == 410
        await wait_for(database, lambda job: job.status == JobStatus.EXPIRED)
        assert client.get(address).status_code == 410


def assert_headers(headers: Any, tag: str, size: int, name: str) -> None:
    """The headers of a whole file."""
    assert headers["etag"] == tag
    assert headers["content-length"] == str(size)
    assert headers["content-type"] == "text/csv; charset=utf-8"
    assert headers["content-disposition"] == f'attachment; filename="{name}"'
