"""Attaching files and removing them: each command one transaction.

The file is on the disk before its row is committed, so no row lacks its file. What is
attached already, or removed already, changes nothing. Each command raises Rejected for
what can't be done, which is logged, and then nothing is attached or removed.
"""

import asyncio
from datetime import datetime
from typing import BinaryIO, NamedTuple

from daybook.activity.commands import failures_logged
from daybook.activity.rules import ActivityKind, Started
from daybook.audit.rules import Action, Details
from daybook.configuration.changing import SettingChange, setting_change
from daybook.configuration.rules import check_text, checked_reason
from daybook.db.digests import written
from daybook.db.engine import Database
from daybook.db.keyset import next_number
from daybook.errors import ProblemCode, Rejected, check_all
from daybook.evidence.files import IncomingAttachment, ReceivedFile, incoming_file
from daybook.evidence.models import Attachment, RemovedAttachment
from daybook.evidence.queries import (
    ListedAttachment,
    bytes_attached,
    get_attachment,
    same_attachment,
)
from daybook.evidence.rules import (
    DESCRIPTION_MAX,
    EvidenceSubject,
    evidence_refused,
    file_name,
)
from daybook.evidence.subjects import SUBJECT_TYPES, check_subject, words_of
from daybook.ledger.commands import lock_organisation
from daybook.storage.rules import Storage


class SentFile(NamedTuple):
    """A file as it was sent; the stream is at its beginning."""

    stream: BinaryIO
    name: str
    description: str | None = None


class Keeping(NamedTuple):
    """Where evidence is kept, and how many bytes of it an organisation may have."""

    storage: Storage
    bytes_max: int


class Attached(NamedTuple):
    """An attachment; `is_new` if the same file wasn't attached before."""

    listed: ListedAttachment
    is_new: bool


async def attach(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    keeping: Keeping,
    organisation_id: int,
    subject: EvidenceSubject,
    sent: SentFile,
    *,
    now: datetime,
    made_by: str | None,
) -> Attached:
    """Attach a file to something as evidence.

    A file with the same content as one of the subject's stays the one that is attached,
    whatever its name. Raises Rejected for a file that is no evidence (`checking`), for
    an unknown subject, and beyond the organisation's quota.
    """
    started = Started(now)
    logged = failures_logged(
        database,
        organisation_id,
        kind=ActivityKind.EVIDENCE,
        started=started,
        made_by=made_by,
        what="refused",
    )
    async with logged:
        sent = _checked(sent)
        async with incoming_file(
            database.runtime, keeping.storage, organisation_id
        ) as file:
            received = await asyncio.to_thread(file.receive, sent.stream, sent.name)
            async with database.writes() as session:
                change = SettingChange(
                    session,
                    await lock_organisation(session, organisation_id),
                    ActivityKind.EVIDENCE,
                    started,
                    made_by,
                )
                await check_subject(session, organisation_id, subject)
                same = await same_attachment(
                    session, organisation_id, subject, received.sha256
                )
                if same is not None:
                    return Attached(same, is_new=False)
                await _check_quota(change, received.size, keeping.bytes_max)
                await asyncio.to_thread(file.publish)
                attachment = await _add(change, subject, sent, file, received)
            file.is_named = True
    return Attached(ListedAttachment(attachment), is_new=True)


def _checked(sent: SentFile) -> SentFile:
    """A file with the name and description as they are kept; raises Rejected."""
    description = (sent.description or "").strip() or None
    check_all(
        lambda: file_name(sent.name),
        lambda: check_text(description, DESCRIPTION_MAX, "description"),
    )
    return SentFile(sent.stream, file_name(sent.name), description)


async def _check_quota(change: SettingChange, size: int, bytes_max: int) -> None:
    """Raise Rejected if a file of this size would exceed the organisation's quota."""
    kept = await bytes_attached(change.session, change.organisation.id)
    if kept + size > bytes_max:
        message = (
            f"{kept:,} bytes of evidence are kept, and with this file there would be"
            f" more than {bytes_max:,}: ask whoever runs Daybook to raise"
            " DAYBOOK_EVIDENCE_BYTES_MAX"
        )
        raise evidence_refused(message, "file", ProblemCode.TOO_LARGE)


async def _add(
    change: SettingChange,
    subject: EvidenceSubject,
    sent: SentFile,
    file: IncomingAttachment,
    received: ReceivedFile,
) -> Attachment:
    session, organisation = change.session, change.organisation
    is_ours = Attachment.organisation_id == organisation.id
    attachment = Attachment(
        organisation_id=organisation.id,
        number=await next_number(session, Attachment.number, is_ours),
        subject_kind=subject.kind.value,
        subject_id=subject.id,
        file_name=sent.name,
        media_type=received.media_type,
        description=sent.description,
        file_key=file.stored.key,
        file_bytes=received.size,
        file_sha256=received.sha256,
        record=organisation.audit_records + 1,
        attached_at=await change.time(),
        attached_by=change.made_by,
    )
    session.add(attachment)
    await session.flush()
    written(session).changed.add((0, attachment.number, Attachment.__tablename__))
    await _log(change, Action.ATTACH_EVIDENCE, attachment, {}, "attached to")
    return attachment


async def remove_attachment(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    number: int,
    *,
    reason: str,
    now: datetime,
    made_by: str | None,
) -> ListedAttachment:
    """Remove an attachment: it isn't evidence any more, and its file is kept.

    What is removed already stays as it is. Raises Rejected without a reason, and for an
    attachment that doesn't exist.
    """
    changing = setting_change(
        database, organisation_id, ActivityKind.EVIDENCE, now=now, made_by=made_by
    )
    async with changing as change:
        reason = checked_reason(reason)
        listed = await get_attachment(change.session, organisation_id, number)
        if listed is None:
            raise unknown_attachment(number)
        if listed.removed is not None:
            return listed
        removed = RemovedAttachment(
            organisation_id=organisation_id,
            attachment=number,
            reason=reason,
            removed_at=await change.time(),
            removed_by=made_by,
        )
        change.session.add(removed)
        await change.session.flush()
        written(change.session).changed.add((0, number, removed.__tablename__))
        details = {"reason": reason}
        attachment = listed.attachment
        action = Action.REMOVE_EVIDENCE
        await _log(change, action, attachment, details, "removed from")
        return ListedAttachment(attachment, removed)


def unknown_attachment(number: int) -> Rejected:
    """A rejection of a number that no attachment has."""
    message = f"there is no attachment {number}"
    return evidence_refused(message, "attachmentId", ProblemCode.NOT_FOUND)


async def _log(
    change: SettingChange,
    action: Action,
    attachment: Attachment,
    more: Details,
    verb: str,
) -> None:
    """Write the audit record and the line of the activity log."""
    subject = ListedAttachment(attachment).subject
    audited = SUBJECT_TYPES[subject.kind].audited(subject.id)
    described = {"description": attachment.description}
    details: dict[str, object] = {
        "attachment": attachment.number,
        "file": attachment.file_name,
        "mediaType": attachment.media_type,
        "bytes": attachment.file_bytes,
        "sha256": attachment.file_sha256.hex(),
        **(described if attachment.description is not None else {}),
        **audited.details,
        **more,
    }
    because = f": {more['reason']}" if "reason" in more else ""
    await change.log(
        action,
        audited.subject,
        details,
        message=f"{attachment.file_name} {verb} {words_of(subject)}{because}",
    )
