"""The query `waitingUploads`: files that were sent, and neither taken nor deleted."""

import strawberry

from daybook.clock import real_now
from daybook.uploads.queries import waiting
from daybook.uploads.rules import UploadStatus
from daybook_graphql.context import Info
from daybook_graphql.kit.permissions import RECORD, needs
from daybook_graphql.kit.scalars import BigInt, DateTime

field = strawberry.field


@strawberry.type(description="A file that was sent to `/uploads`, and waits.")
class WaitingUpload:
    upload_id: str = field(
        description="What `importDocuments` takes as its `uploadId`, and what"
        " `DELETE /uploads/ID` deletes."
    )
    file_name: str | None = field(
        description="As the browser told it; null for a program's file."
    )
    bytes: BigInt = field(
        description="Its size; while it comes, the most that it may have."
    )
    sent_at: DateTime = field(description="When it was sent.")
    sent_by: str = field(description="Who sent it.")
    expires_at: DateTime = field(
        description="When it is deleted, if it isn't imported before."
    )
    is_complete: bool = field(description="Whether all of it has come.")


@strawberry.type
class UploadQueries:
    @strawberry.field(
        description="The organisation's files that wait to be imported, the newest"
        " first. There are as many at a time as `DAYBOOK_UPLOADS_MAX` says, and each"
        " waits for 24 hours.",
        metadata=needs(RECORD),
    )
    async def waiting_uploads(self, info: Info) -> list[WaitingUpload]:
        context = info.context
        async with context.database.runtime.reads() as session:
            found = await session.scalars(waiting(context.organisation_id, real_now()))
            return [
                WaitingUpload(
                    upload_id=row.key,
                    file_name=row.file_name,
                    bytes=BigInt(row.file_bytes),
                    sent_at=DateTime(row.created_at),
                    sent_by=row.made_by,
                    expires_at=DateTime(row.expires_at),
                    is_complete=row.status == UploadStatus.READY,
                )
                for row in found
            ]
