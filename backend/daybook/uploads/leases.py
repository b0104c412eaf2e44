"""An import's lease of its upload, which keeps other imports from it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

from daybook.clock import real_now
from daybook.db.engine import Store
from daybook.storage.rules import Storage
from daybook.uploads.commands import (
    extend_lease,
    lease_upload,
    release_upload,
    spend_upload,
)
from daybook.uploads.files import remove
from daybook.uploads.rules import BEAT, UploadId


class UploadLease:
    """An upload that an import has; it sets `spent_by` to its recordings in words."""

    def __init__(self) -> None:
        self.spent_by: str | None = None


@asynccontextmanager
async def leased_upload(
    store: Store, storage: Storage, upload_id: UploadId
) -> AsyncIterator[UploadLease]:
    """Lease an upload to one import; raises Rejected if it isn't available.

    If the import sets `spent_by`, the upload is spent; otherwise it waits for another
    import. A killed import keeps it for a minute at most.
    """
    taker = uuid4().hex
    await lease_upload(store, upload_id, taker, now=real_now())
    keeping = asyncio.create_task(_keep(store, upload_id, taker))
    taken = UploadLease()
    try:
        yield taken
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
        if taken.spent_by is None:
            await release_upload(store, upload_id, taker)
    if taken.spent_by is None:
        return
    await spend_upload(store, upload_id, taken.spent_by, now=real_now())
    await asyncio.to_thread(remove, storage, upload_id)


async def _keep(store: Store, upload_id: UploadId, taker: str) -> None:
    while True:
        await asyncio.sleep(BEAT.total_seconds())
        await extend_lease(store, upload_id, taker, now=real_now())
