"""What lines of the activity log are about."""

from enum import Enum

import strawberry

from daybook.activity.rules import ActivityKind as StoredActivity

value = strawberry.enum_value


@strawberry.enum(description="What a line of the activity log is about.")
class ActivityKind(Enum):
    IMPORT = value(StoredActivity.IMPORT, description="Documents were recorded.")
    VOID = value(StoredActivity.VOID, description="A document was voided.")
    MILESTONE = value(
        StoredActivity.MILESTONE, description="A milestone was completed, or no longer."
    )
    LOCK = value(StoredActivity.LOCK, description="Periods were locked or unlocked.")
    SETTINGS = value(StoredActivity.SETTINGS, description="A setting was changed.")
    EXPORT = value(StoredActivity.EXPORT, description="A file was made.")
    POSTING = value(
        StoredActivity.POSTING, description="A file was marked as posted, or no longer."
    )
    VERIFICATION = value(
        StoredActivity.VERIFICATION, description="The audit trail was verified."
    )
    EVIDENCE = value(
        StoredActivity.EVIDENCE, description="A file was attached, or removed."
    )
    ADJUSTMENT = value(
        StoredActivity.ADJUSTMENT,
        description="A manual journal was saved, submitted, decided, posted or undone.",
    )
    WEBHOOK = value(
        StoredActivity.WEBHOOK, description="A webhook was disabled by Daybook."
    )
    GL_IMPORT = value(
        StoredActivity.GL_IMPORT,
        description="Files of the accounting system's general ledger were imported.",
    )
    GL_REFRESH = value(
        StoredActivity.GL_REFRESH,
        description="A connection's part of the general ledger's dataset was made.",
    )
    GL_SYNC = value(
        StoredActivity.GL_SYNC,
        description="What is new was fetched from the accounting system.",
    )
