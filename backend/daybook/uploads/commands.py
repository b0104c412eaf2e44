"""Commands on uploads, each a transaction of the runtime store.

An upload's row exists before its file, so a file without a row can be removed. `now` is
the machine's time.
"""

import secrets
from datetime import datetime

from sqlalchemy import delete, or_, select, update

from daybook.clock import moment_text
from daybook.db.dialects import advisory_lock
from daybook.db.engine import Database, Store, WriteSession
from daybook.db.keyset import has_rows
from daybook.errors import ProblemCode
from daybook.numbers import counted
from daybook.uploads.models import ImportRun, Upload
from daybook.uploads.queries import waiting
from daybook.uploads.rules import (
    LEASE,
    LIFE,
    RECEIVING_LIFE,
    Quota,
    QuotaReached,
    UploadId,
    UploadStatus,
    upload_rejected,
)

QUOTA_LOCK = 0x7570
"""The advisory lock that an organisation's new uploads take turns with (PostgreSQL)."""


async def rename_sender(
    database: Database, organisation_id: int, name: str, erased: str
) -> None:
    """Replace the name of an erased person in uploads."""
    async with database.runtime.writes() as session:
        await session.execute(
            update(Upload)
            .where(Upload.organisation_id == organisation_id, Upload.made_by == name)
            .values(made_by=erased)
        )


async def begin_upload(  # noqa: PLR0913  (whose, how large, and by whom)
    store: Store,
    organisation_id: int,
    *,
    bytes_max: int,
    quota: Quota,
    file_name: str | None = None,
    now: datetime,
    made_by: str,
) -> UploadId:
    """Begin an upload of at most `bytes_max` bytes; raises QuotaReached."""
    upload_id = UploadId(organisation_id, f"upl_{secrets.token_urlsafe(18)}")
    async with store.writes() as session:
        await advisory_lock(session, QUOTA_LOCK, organisation_id)
        await _check_quota(session, organisation_id, bytes_max, quota, now)
        session.add(
            Upload(
                organisation_id=organisation_id,
                key=upload_id.key,
                status=int(UploadStatus.RECEIVING),
                made_by=made_by,
                created_at=now,
                expires_at=now + RECEIVING_LIFE,
                file_name=file_name,
                file_bytes=bytes_max,
            )
        )
    return upload_id


async def finish_upload(
    store: Store, upload_id: UploadId, *, size: int, sha256: bytes, now: datetime
) -> datetime | None:
    """Mark an upload as complete; return its expiry, None if it took too long."""
    async with store.writes() as session:
        upload = await session.get(Upload, tuple(upload_id), with_for_update=True)
        if upload is None:
            return None
        upload.status = int(UploadStatus.READY)
        upload.file_bytes, upload.file_sha256 = size, sha256
        upload.expires_at = now + LIFE
        return upload.expires_at


async def forget_upload(store: Store, upload_id: UploadId, *, now: datetime) -> bool:
    """Delete an upload that isn't being imported; return whether there was one."""
    async with store.writes() as session:
        upload = await session.get(Upload, tuple(upload_id), with_for_update=True)
        if upload is None or upload.status == UploadStatus.SPENT:
            return False
        if _is_taken(upload, now):
            return False
        await session.delete(upload)
        await session.execute(
            delete(ImportRun).where(
                ImportRun.organisation_id == upload_id.organisation_id,
                ImportRun.key == upload_id.key,
            )
        )
    return True


async def lease_upload(
    store: Store, upload_id: UploadId, taker: str, *, now: datetime
) -> None:
    """Reserve an upload for one import, for `LEASE`.

    Raises Rejected if there is none, or another import has or had it.
    """
    async with store.writes() as session:
        found = await session.get(Upload, tuple(upload_id), with_for_update=True)
        upload = check_ready(found, now)
        if _is_taken(upload, now):
            message = "the upload is being imported: wait for that import's end"
            raise upload_rejected(message, ProblemCode.IN_USE)
        upload.taken_by, upload.taken_until = taker, now + LEASE


async def extend_lease(
    store: Store, upload_id: UploadId, taker: str, *, now: datetime
) -> None:
    """Extend the lease of an import that is still reading its upload."""
    async with store.writes() as session:
        upload = await session.get(Upload, tuple(upload_id), with_for_update=True)
        if upload is not None and upload.taken_by == taker:
            upload.taken_until = now + LEASE


async def release_upload(store: Store, upload_id: UploadId, taker: str) -> None:
    """Release an upload to other imports, since this one recorded nothing of it."""
    async with store.writes() as session:
        upload = await session.get(Upload, tuple(upload_id), with_for_update=True)
        if upload is not None and upload.taken_by == taker:
            upload.taken_by = upload.taken_until = None


async def spend_upload(
    store: Store, upload_id: UploadId, words: str, *, now: datetime
) -> None:
    """Mark an upload as imported by the recordings in `words`; its file may go."""
    async with store.writes() as session:
        upload = await session.get(Upload, tuple(upload_id), with_for_update=True)
        if upload is not None:
            upload.status = int(UploadStatus.SPENT)
            upload.spent_at, upload.spent_words = now, words
            upload.taken_by = upload.taken_until = None


async def expire_uploads(store: Store, *, now: datetime) -> list[UploadId]:
    """Delete expired uploads; return the ids of those whose files must go."""
    is_expired = Upload.expires_at <= now
    async with store.reads() as session:
        if not await has_rows(session, is_expired):
            return []
    is_free = or_(Upload.taken_until.is_(None), Upload.taken_until <= now)
    async with store.writes() as session:
        gone = await session.execute(
            delete(Upload)
            .where(is_expired, is_free)
            .returning(Upload.organisation_id, Upload.key)
        )
        found = [UploadId(*row) for row in gone]
        its_upload = select(Upload.key).where(
            Upload.organisation_id == ImportRun.organisation_id,
            Upload.key == ImportRun.key,
        )
        await session.execute(delete(ImportRun).where(~its_upload.exists()))
        return found


def check_ready(upload: Upload | None, now: datetime) -> Upload:
    """Return an upload that may be imported; raises Rejected for any other."""
    if upload is None or upload.status == UploadStatus.RECEIVING:
        raise upload_rejected("there is no such upload: uploads are kept for 24 hours")
    if upload.status == UploadStatus.SPENT:
        message = f"the upload was imported already, by {upload.spent_words}"
        raise upload_rejected(message, ProblemCode.UPLOAD_SPENT)
    if upload.expires_at <= now:
        raise upload_rejected("the upload has expired after 24 hours: send it again")
    return upload


def _is_taken(upload: Upload, now: datetime) -> bool:
    return upload.taken_until is not None and upload.taken_until > now


async def _check_quota(
    session: WriteSession,
    organisation_id: int,
    bytes_max: int,
    quota: Quota,
    now: datetime,
) -> None:
    """Raise QuotaReached if another upload of this size would exceed the quota."""
    uploads = (await session.scalars(waiting(organisation_id, now))).all()
    size = sum(upload.file_bytes for upload in uploads)
    if len(uploads) < quota.uploads_max and size + bytes_max <= quota.bytes_max:
        return
    wait = "upload waits" if len(uploads) == 1 else "uploads wait"
    found = f"{len(uploads):,} {wait} to be imported"
    if len(uploads) < quota.uploads_max:
        found = (
            f"{found}, of {counted(size, 'byte')}, and with this one there would be"
            f" more than {quota.bytes_max:,}"
        )
    way_out = "import or discard some of them first: Import documents lists them"
    if uploads:
        first = min(upload.expires_at for upload in uploads)
        way_out = f"{way_out}, and the next goes by itself at {moment_text(first)}"
    raise QuotaReached(f"{found}: {way_out}")
