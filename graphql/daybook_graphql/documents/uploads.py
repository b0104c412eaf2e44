"""The queries `waitingUploads` and `upload`: files that were sent, and their runs."""

import json
from enum import Enum
from typing import Annotated

import strawberry

from daybook.clock import real_now
from daybook.errors import Rejected
from daybook.uploads.commands import check_ready
from daybook.uploads.queries import get_upload, waiting
from daybook.uploads.rules import (
    Stage,
    UploadId,
    UploadStatus,
    Work,
    no_such_upload,
)
from daybook.uploads.runs import RunState, read_run
from daybook_graphql.context import Info
from daybook_graphql.kit.permissions import RECORD, needs
from daybook_graphql.kit.scalars import JSON, BigInt, DateTime
from daybook_graphql.kit.user_errors import UserError, errors_of

field = strawberry.field
value = strawberry.enum_value


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


@strawberry.enum(description="What a page does with an upload.")
class UploadWork(Enum):
    LOOK = value(Work.LOOK, description="It is read and checked; nothing is imported.")
    TAKE = value(Work.TAKE, description="It is imported.")


@strawberry.enum(description="How far a run is.")
class UploadStage(Enum):
    READING = value(Stage.READING, description="It reads lines.")
    CHECKING = value(
        Stage.CHECKING,
        description="It checks documents, and records them if it imports them.",
    )


@strawberry.type(
    description="The last run of an upload that a page began: the file is looked at, or"
    " imported, while its page says how far that is."
)
class UploadRun:
    number: int = field(description="Counts the upload's runs.")
    work: UploadWork = field(description="What it does.")
    stage: UploadStage = field(description="How far it is.")
    done: BigInt = field(description="How many lines or documents are done.")
    total: BigInt = field(description="Of how many; 0 until that is known.")
    is_running: bool = field(
        description="Whether a server is at it. One that isn't, and has no `answer`,"
        " was lost with its server; opening its page begins another."
    )
    follows_lost: bool = field(
        description="Whether a run before it was lost while it imported the file, so"
        " that nobody was told how that ended."
    )
    answer: JSON | None = field(
        description="What it found or did, as the page that began it shows it; null"
        " while it runs, and if it was lost."
    )


@strawberry.type(description="An upload, as its page shows it.")
class UploadState:
    problem: UserError | None = field(
        description="Why it can't be imported: NOT_FOUND or UPLOAD_SPENT; null if it"
        " can."
    )
    run: UploadRun | None = field(
        description="Its last run; null if no page began one."
    )


@strawberry.type
class UploadQueries:
    @strawberry.field(
        description="Whether an upload is there, and how far the page is that looks at"
        " it or imports it.",
        metadata=needs(RECORD),
    )
    async def upload(
        self,
        info: Info,
        upload_id: Annotated[
            strawberry.ID,
            strawberry.argument(description="What `POST /uploads` answered."),
        ],
    ) -> UploadState:
        store, now = info.context.database.runtime, real_now()
        its_id = UploadId(info.context.organisation_id, str(upload_id))
        problem: UserError | None = None
        try:
            if not its_id.can_be:
                raise no_such_upload()
            async with store.reads() as session:
                check_ready(await get_upload(session, its_id), now)
        except Rejected as rejected:
            (problem,) = errors_of(rejected.problems)
        run = await read_run(store, its_id, now=now) if its_id.can_be else None
        return UploadState(problem=problem, run=None if run is None else _run(run))

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


def _run(run: RunState) -> UploadRun:
    return UploadRun(
        number=run.number,
        work=UploadWork(run.work),
        stage=UploadStage(run.stage),
        done=BigInt(run.progress.done),
        total=BigInt(run.progress.total),
        is_running=run.is_running,
        follows_lost=run.follows_lost,
        answer=None if run.answer is None else JSON(json.loads(run.answer)),
    )
