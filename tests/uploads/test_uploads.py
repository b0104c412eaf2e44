"""Uploads' rows and files: quota, taking, expiry, and what killed programs leave."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.settings import Settings
from daybook.storage.places import uploads_storage
from daybook.storage.rules import Storage
from daybook.uploads.commands import (
    begin_upload,
    expire_uploads,
    extend_lease,
    finish_upload,
    forget_upload,
    lease_upload,
    release_upload,
    spend_upload,
)
from daybook.uploads.files import ReceivedFile, open_file, stored
from daybook.uploads.queries import get_upload
from daybook.uploads.rules import LEASE, LIFE, Quota, QuotaReached, UploadId
from daybook.worker import running_jobs

pytestmark = pytest.mark.anyio

NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
QUOTA = Quota(uploads_max=3, bytes_max=100)


async def begun(
    database: Database, organisation: int = 1, size: int = 10, now: datetime = NOW
) -> UploadId:
    """An upload that is on the way."""
    return await begin_upload(
        database.runtime,
        organisation,
        bytes_max=size,
        quota=QUOTA,
        now=now,
        made_by="test",
    )


async def ready(database: Database, organisation: int = 1) -> UploadId:
    """An upload that waits."""
    upload_id = await begun(database, organisation)
    await finish_upload(database.runtime, upload_id, size=10, sha256=b"x", now=NOW)
    return upload_id


async def refused_code(database: Database, upload_id: UploadId, **at: datetime) -> str:
    """Why an import can't have an upload."""
    with pytest.raises(Rejected) as refused:
        await lease_upload(database.runtime, upload_id, "other", **{"now": NOW, **at})
    return refused.value.problems[0].code.value


async def test_an_organisation_has_its_quota(database: Database) -> None:
    spent = await ready(database)
    await spend_upload(database.runtime, spent, "recording 1 of USD", now=NOW)
    forgotten = await ready(database)
    assert await forget_upload(database.runtime, forgotten, now=NOW)
    first = await begun(database, size=60)
    with pytest.raises(QuotaReached, match=r"^1 upload waits .*, of 60 bytes"):
        await begun(database, size=41)
    await begun(database, size=40)
    await finish_upload(database.runtime, first, size=10, sha256=b"x", now=NOW)
    await begun(database, size=50)
    with pytest.raises(QuotaReached) as reached:
        await begun(database, size=0)
    assert str(reached.value) == (
        "3 uploads wait to be imported: import or discard some of them first: Import"
        " documents lists them, and the next goes by itself at 2025-06-15 13:00:00 UTC"
    )
    await begun(database, 2, size=100)

    later = NOW + LIFE
    assert len(await expire_uploads(database.runtime, now=later)) == 5
    await begun(database, size=100, now=later)


async def test_many_at_once_stay_within_the_quota(database: Database) -> None:
    found = await asyncio.gather(
        *(begun(database) for _ in range(8)), return_exceptions=True
    )

    assert sum(isinstance(one, UploadId) for one in found) == 3


async def test_one_import_has_an_upload_at_a_time(database: Database) -> None:
    store, upload_id = database.runtime, await ready(database)
    found = await asyncio.gather(
        *(lease_upload(store, upload_id, str(number), now=NOW) for number in range(5)),
        return_exceptions=True,
    )
    winner = str(found.index(None))

    assert found.count(None) == 1
    assert not await forget_upload(store, upload_id, now=NOW)
    await extend_lease(store, upload_id, winner, now=NOW + LEASE / 2)
    assert await refused_code(database, upload_id, now=NOW + LEASE) == "IN_USE"
    await release_upload(store, upload_id, "other")
    assert await refused_code(database, upload_id) == "IN_USE"
    await release_upload(store, upload_id, winner)
    await lease_upload(store, upload_id, "killed", now=NOW)
    await lease_upload(store, upload_id, "next", now=NOW + LEASE)
    await spend_upload(store, upload_id, "recording 7 of USD", now=NOW)
    assert await refused_code(database, upload_id) == ProblemCode.UPLOAD_SPENT


async def test_what_is_not_there_is_not_found(database: Database) -> None:
    upload_id, coming = await ready(database), await begun(database)

    for one, now in (
        (UploadId(2, upload_id.key), NOW),
        (UploadId(1, "upl_none"), NOW),
        (coming, NOW),
        (upload_id, NOW + LIFE),
    ):
        assert await refused_code(database, one, now=now) == ProblemCode.NOT_FOUND


async def test_an_upload_that_is_being_imported_does_not_expire(
    database: Database,
) -> None:
    upload_id = await ready(database)
    late = NOW + LIFE - timedelta(seconds=1)
    await lease_upload(database.runtime, upload_id, "one", now=late)

    assert await expire_uploads(database.runtime, now=NOW + LIFE) == []
    assert await expire_uploads(database.runtime, now=late + LEASE) == [upload_id]


async def test_the_sweep_leaves_nothing_that_nobody_will_ask_for(
    database: Database, settings: Settings
) -> None:
    storage = uploads_storage(database, settings)
    waiting, coming, spent = (
        await ready(database),
        await begun(database),
        await ready(database),
    )
    expired = await begun(database, 2)
    await spend_upload(database.runtime, spent, "", now=NOW)
    async with database.runtime.writes() as session:
        for one in (waiting, coming, spent):
            row = await get_upload(session, one)
            assert row is not None
            row.expires_at = datetime.now(UTC) + LIFE
    for one in (waiting, spent, expired, UploadId(1, "upl_litter")):
        write(storage, one).publish()
    parts = [write(storage, one) for one in (coming, UploadId(3, "upl_killed"))]
    async with running_jobs(database, settings), asyncio.timeout(60):
        while set(stored(storage)) != {waiting, coming}:  # noqa: ASYNC110  (files)
            await asyncio.sleep(0.1)
    for part in parts:
        part.close()

    with open_file(storage, waiting) as stream:
        assert stream.read() == b"0123456789"
    async with database.runtime.reads() as session:
        assert await get_upload(session, spent) is not None
        assert await get_upload(session, expired) is None


def write(storage: Storage, upload_id: UploadId) -> ReceivedFile:
    writing = ReceivedFile(storage, upload_id)
    writing.write(b"0123456789")
    return writing
