"""The mutations `attachEvidence` and `removeEvidence`."""

import asyncio
from typing import Annotated

import strawberry

from daybook.errors import Rejected
from daybook.evidence.commands import (
    Attached,
    Keeping,
    SentFile,
    attach,
    remove_attachment,
    unknown_attachment,
)
from daybook.evidence.queries import get_attachment
from daybook.evidence.rules import EvidenceSubject
from daybook.evidence.subjects import SUBJECT_TYPES
from daybook.storage.places import evidence_storage, uploads_storage
from daybook.uploads.files import open_file
from daybook.uploads.leases import leased_upload
from daybook.uploads.rules import UploadId, upload_rejected
from daybook_graphql.context import Context, Info
from daybook_graphql.evidence.ids import AttachmentId, expect_subject
from daybook_graphql.evidence.types import Attachment, attachment_of
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.permissions import ADJUST, RECORD, check, needs
from daybook_graphql.kit.user_errors import UserError, errors_of

argument = strawberry.argument
field = strawberry.field

PERMISSIONS = (
    "Evidence of documents needs `RECORD`, of locks `RECORD` and `CLOSE`, and of manual"
    " journals `ADJUST`."
)
FIELDS = {"file": "uploadId"}
"""The fields of the input that the domain has other names for."""


@strawberry.input(description="Which file is evidence, and of what.")
class AttachEvidenceInput:
    subject_id: strawberry.ID = field(
        description="A document, a manual journal, or a `RecordedLock`: a change of a"
        " ledger's lock."
    )
    upload_id: strawberry.ID = field(
        description="The file, which was sent to `POST /uploads`: PDF, PNG, JPEG, CSV"
        " or XLSX by its content, of up to 20 MiB. It is spent then; with user errors"
        " it is left for 24 hours."
    )
    name: str = field(
        description="The file's name, with the suffix of what it is. Folders, control"
        " characters and marks of text direction are left out."
    )
    description: str | None = field(
        default=None, description="What it shows: one line of up to 500 characters."
    )


@strawberry.input(description="Which evidence to remove, and why.")
class RemoveEvidenceInput:
    attachment_id: strawberry.ID = field(description="The attachment.")
    reason: str = field(description="Why: one line of up to 500 characters.")


@strawberry.type(description="An attachment after a mutation.")
class AttachmentPayload:
    attachment: Attachment | None = field(
        description="The attachment as it is now; null with any user error."
    )
    user_errors: list[UserError] = field(
        description="What is wrong with the input; then nothing was changed."
    )


@strawberry.type
class EvidenceMutations:
    @strawberry.mutation(
        description="Attach a file to a document, a manual journal or a lock, as"
        " evidence. If the same content is attached to it already, that attachment"
        f" stays as it is. {PERMISSIONS}",
        metadata=needs(RECORD, ADJUST),
    )
    async def attach_evidence(
        self,
        info: Info,
        input: Annotated[AttachEvidenceInput, argument(description="Which file.")],
    ) -> AttachmentPayload:
        subject = expect_subject(input.subject_id, "input.subjectId")
        _check_permission(info.context, subject, "attachEvidence")
        try:
            attached = await _attach_upload(info.context, subject, input)
        except Rejected as rejected:
            return _refused(rejected)
        return AttachmentPayload(
            attachment=attachment_of(attached.listed), user_errors=[]
        )

    @strawberry.mutation(
        description="Remove evidence, with a reason. Its file is kept and can still be"
        f" got. What is removed already stays as it is. {PERMISSIONS}",
        metadata=needs(RECORD, ADJUST),
    )
    async def remove_evidence(
        self,
        info: Info,
        input: Annotated[RemoveEvidenceInput, argument(description="Which evidence.")],
    ) -> AttachmentPayload:
        context = info.context
        number = expect(input.attachment_id, AttachmentId, "input.attachmentId").number
        async with context.database.reads() as session:
            found = await get_attachment(session, context.organisation_id, number)
        if found is None:
            return _refused(unknown_attachment(number))
        _check_permission(context, found.subject, "removeEvidence")
        try:
            removed = await remove_attachment(
                context.database,
                context.organisation_id,
                number,
                reason=input.reason,
                now=context.now,
                made_by=context.made_by,
            )
        except Rejected as rejected:
            return _refused(rejected)
        return AttachmentPayload(attachment=attachment_of(removed), user_errors=[])


def _check_permission(context: Context, subject: EvidenceSubject, what: str) -> None:
    """Raise FORBIDDEN for callers who may not change what the evidence is of."""
    needed = SUBJECT_TYPES[subject.kind].permission
    check(context.caller, what, needed)


async def _attach_upload(
    context: Context, subject: EvidenceSubject, attach_input: AttachEvidenceInput
) -> Attached:
    """Attach an upload, and spend it; raises Rejected."""
    database, settings = context.database, context.settings
    storage = uploads_storage(database, settings)
    upload_id = UploadId(context.organisation_id, str(attach_input.upload_id))
    if not upload_id.can_be:
        raise upload_rejected(
            "there is no such upload: an id is what the upload answered"
        )
    async with leased_upload(database.runtime, storage, upload_id) as upload:
        try:
            stream = await asyncio.to_thread(open_file, storage, upload_id)
        except FileNotFoundError:
            message = "the upload's file is not here: send it again"
            raise upload_rejected(message) from None
        with stream:
            attached = await attach(
                database,
                Keeping(
                    evidence_storage(database, settings), settings.evidence_bytes_max
                ),
                context.organisation_id,
                subject,
                SentFile(stream, attach_input.name, attach_input.description),
                now=context.now,
                made_by=context.made_by,
            )
        upload.spent_by = f"attachment {attached.listed.attachment.number}"
    return attached


def _refused(rejected: Rejected) -> AttachmentPayload:
    errors = errors_of(rejected.problems, FIELDS)
    return AttachmentPayload(attachment=None, user_errors=errors)
