"""Whether the files of evidence are still what was attached."""

import asyncio

from daybook.audit.rules import Mismatch
from daybook.db.engine import Database
from daybook.evidence.files import wrong_content
from daybook.evidence.queries import (
    AttachmentFilter,
    ListedAttachment,
    find_attachments,
)
from daybook.evidence.subjects import words_of
from daybook.paging import PageRequest
from daybook.storage.rules import Storage

AT_ONCE = 500
"""How many attachments are held in memory at a time."""
EVERY = AttachmentFilter(with_removed=True)


async def check_files(
    database: Database,
    storage: Storage,
    organisation_id: int,
) -> tuple[int, Mismatch | None]:
    """How many files match their attachments, and the first that doesn't.

    Each file is read and hashed, oldest first, also those of removed attachments.
    """
    files, key = 0, None
    while True:
        # The list is newest first, and so this is its last page.
        request = PageRequest(AT_ONCE, key, is_backward=True)
        async with database.reads() as session:
            page = await find_attachments(session, organisation_id, request, EVERY)
        for listed in reversed(page.items):
            problem = await asyncio.to_thread(wrong_content, storage, listed.attachment)
            if problem is not None:
                return files, _mismatch(listed, problem)
            files += 1
        if not page.has_previous:
            return files, None
        key = (page.items[0].attachment.number,)


def _mismatch(listed: ListedAttachment, problem: str) -> Mismatch:
    attachment = listed.attachment
    words = (
        f"attached {attachment.file_name} to {words_of(listed.subject)} (attachment"
        f" {attachment.number}), and the file {problem}"
    )
    return Mismatch(attachment.record, words)
