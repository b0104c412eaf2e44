"""Reading uploads."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.ledger.queries import in_lists
from daybook.uploads.models import Upload
from daybook.uploads.rules import UploadId, UploadStatus


async def get_upload(session: AsyncSession, upload_id: UploadId) -> Upload | None:
    """An organisation's upload, or None."""
    return await session.get(Upload, tuple(upload_id))


async def with_files(
    session: AsyncSession, upload_ids: Iterable[UploadId]
) -> set[UploadId]:
    """Those of the uploads that have a row, and a file that is coming or waiting."""
    found: set[UploadId] = set()
    for keys in in_lists(sorted({one.key for one in upload_ids})):
        statement = select(Upload.organisation_id, Upload.key).where(
            Upload.key.in_(keys), Upload.status != int(UploadStatus.SPENT)
        )
        found.update(UploadId(*row) for row in await session.execute(statement))
    return found
