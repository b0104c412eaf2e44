"""Files that were sent to the server, as `POST /uploads` leaves them."""

from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.settings import Settings
from daybook.storage.places import uploads_storage
from daybook.uploads.commands import begin_upload, finish_upload
from daybook.uploads.files import ReceivedFile
from daybook.uploads.rules import Quota
from daybook_factories import ORGANISATION

QUOTA = Quota(uploads_max=100, bytes_max=10**9)


async def uploaded(
    database: Database,
    settings: Settings,
    content: bytes,
    name: str | None = None,
    *,
    organisation_id: int = ORGANISATION,
) -> str:
    """The key of a new upload; with a name, as a browser sends it."""
    now = real_now()
    upload_id = await begin_upload(
        *(database.runtime, organisation_id),
        bytes_max=len(content),
        quota=QUOTA,
        file_name=name,
        now=now,
        made_by="ann@example.com",
    )
    file = ReceivedFile(uploads_storage(database, settings), upload_id)
    file.write(content)
    digest = file.publish()
    await finish_upload(
        database.runtime, upload_id, size=len(content), sha256=digest, now=now
    )
    return upload_id.key
