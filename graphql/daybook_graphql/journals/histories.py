"""The recordings of a journal: how each of them left it."""

from collections.abc import Sequence

import strawberry

from daybook.ledger.pins import Pin
from daybook.reports.document_details import ListedVersion
from daybook_graphql.context import Context
from daybook_graphql.documents.versions import document_versions
from daybook_graphql.journals.gains import AccountGains, account_gains
from daybook_graphql.journals.loaders import histories, recordings
from daybook_graphql.kit.scalars import BigInt, DateTime


@strawberry.type(description="A recording that changed a journal, and what it left.")
class JournalRecording:
    number: BigInt = strawberry.field(description="Its number in the ledger.")
    recorded_at: DateTime = strawberry.field(description="When it was.")
    reason: str = strawberry.field(description="Why it was made, for people.")
    made_by: str | None = strawberry.field(
        description="Who made it, by the name of then; null for Daybook itself."
    )
    document_version: int | None = strawberry.field(
        description="The version that the journal's document had then."
    )
    gains: AccountGains = strawberry.field(
        description="What accounts gained by the whole journal, as it left it."
    )


async def recordings_shown(
    context: Context, pin: Pin, journal: int, document: int
) -> list[JournalRecording]:
    """The recordings that changed a journal, the newest first."""
    left = await histories(context).load((pin, journal))
    versions = await document_versions(context).load((pin, document))
    keys = [(pin, its.recording) for its in left]
    stored = await recordings(context).load_many(keys)
    shown = [
        JournalRecording(
            number=BigInt(its.recording),
            recorded_at=DateTime(recording.recorded_at),
            reason=recording.reason,
            made_by=recording.made_by,
            document_version=version_at(versions, its.recording),
            gains=account_gains(its.pairs, pin.currency),
        )
        for its, recording in zip(left, stored, strict=True)
    ]
    return shown[::-1]


def version_at(versions: Sequence[ListedVersion], recording: int) -> int | None:
    """The number of the version that stood after a recording, if there was one."""
    standing = (each.number for each in versions if each.made_in <= recording)
    return next(standing, None)
