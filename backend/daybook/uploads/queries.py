"""Reading uploads."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.lists import rows_in_lists
from daybook.uploads.models import Upload
from daybook.uploads.rules import UploadId, UploadStatus


async def get_upload(session: AsyncSession, upload_id: UploadId) -> Upload | None:
    """An organisation's upload, or None."""
    return await session.get(Upload, tuple(upload_id))


def waiting(organisation_id: int, now: datetime) -> Select[Upload]:
    """An organisation's uploads that are not imported, those that come now included."""
    return (
        select(Upload)
        .where(
            Upload.organisation_id == organisation_id,
            Upload.status != int(UploadStatus.SPENT),
            Upload.expires_at > now,
        )
        .order_by(Upload.created_at.desc(), Upload.key)
    )


async def with_files(
    session: AsyncSession, upload_ids: Iterable[UploadId]
) -> set[UploadId]:
    """The uploads that have a row and need their file, since they aren't imported."""
    statement = select(Upload.organisation_id, Upload.key).where(
        Upload.status != int(UploadStatus.SPENT)
    )
    keys = (upload_id.key for upload_id in upload_ids)
    rows = await rows_in_lists(session, statement, Upload.key.in_, keys)
    return {UploadId(*row) for row in rows}
