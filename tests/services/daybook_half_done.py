"""What somebody left half done at the demo company, so that pages have it to show.

A file that was sent and isn't taken, another with faulty lines, and an export that was
cancelled.
"""

from sqlalchemy import update

from daybook.calendar import month_of, parse_day
from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.demo.late_file import late_file
from daybook.settings import Settings
from daybook.storage.places import uploads_storage
from daybook.uploads.commands import begin_upload, finish_upload
from daybook.uploads.files import ReceivedFile
from daybook.uploads.models import Upload
from daybook.uploads.rules import Quota, UploadId
from daybook_factories import ORGANISATION
from daybook_jobs import ask, cancel

SENT = f"upl_{'sent':_<24}"
FAULTY = f"upl_{'faulty':_<24}"
LATE = late_file(month_of(parse_day("2026-10-01")))
BY = "priya@example.com"


async def leave_half_done(database: Database, settings: Settings) -> None:
    """Leave all of it, as the first upload and export of the company."""
    await _send(database, settings, SENT, LATE)
    await _send(database, settings, FAULTY, LATE.replace("2026-10-15", "2026-02-30"))
    now = settings.now or real_now()
    await ask(database, now=now, requested_by=BY)
    await cancel(database, now=now)


async def _send(database: Database, settings: Settings, key: str, text: str) -> None:
    """Send a file under a key that is known beforehand."""
    content, now = text.encode(), real_now()
    sent = await begin_upload(
        *(database.runtime, ORGANISATION),
        bytes_max=len(content),
        quota=Quota(10, 10**6),
        now=now,
        made_by=BY,
    )
    upload_id = UploadId(ORGANISATION, key)
    async with database.runtime.writes() as session:
        await session.execute(
            update(Upload).where(Upload.key == sent.key).values(key=key)
        )
    file = ReceivedFile(uploads_storage(database, settings), upload_id)
    file.write(content)
    digest = file.publish()
    await finish_upload(
        database.runtime, upload_id, size=len(content), sha256=digest, now=now
    )
