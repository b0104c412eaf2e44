"""The schema's closed sets of values. Values are only ever added."""

from collections.abc import Sequence
from enum import Enum

import strawberry

from daybook.access.rules import Permission as StoredPermission
from daybook.access.rules import Role as StoredRole
from daybook.activity.rules import ActivityKind as StoredActivity
from daybook.configuration.locking import Effect as StoredEffect
from daybook.documents.rules import DocumentStatus as StoredStatus
from daybook.exports.formats import FORMATS
from daybook.jobs.rules import JobStatus
from daybook.ledger.rules import LockMethod as StoredLock
from daybook.ledger.rules import Role
from daybook.ledger.rules import SourceKind as StoredKind
from daybook.ledger.rules import UndatedLines as StoredUndated
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Method, Timing
from daybook.reports.journals.filters import JournalType as StoredType
from daybook.reports.journals.group_keys import Granularity as StoredGranularity
from daybook.reports.journals.group_keys import Grouping

value = strawberry.enum_value


@strawberry.enum(description="A side of an entry.")
class Direction(Enum):
    DEBIT = value("DEBIT", description="The left side.")
    CREDIT = value("CREDIT", description="The right side.")


@strawberry.enum(description="What a user is in an organisation.")
class UserRole(Enum):
    VIEWER = value(StoredRole.VIEWER, description="Reads.")
    ACCOUNTANT = value(
        StoredRole.ACCOUNTANT, description="Takes in documents and makes exports too."
    )
    CONTROLLER = value(
        StoredRole.CONTROLLER, description="Closes periods and changes settings too."
    )
    ADMIN = value(StoredRole.ADMIN, description="Lets people and programs in too.")


@strawberry.enum(description="What somebody may do. Expect more values.")
class Permission(Enum):
    READ = value(
        StoredPermission.READ,
        description="Reports, documents, settings, the audit trail.",
    )
    EXPORT = value(StoredPermission.EXPORT, description="Make and cancel exports.")
    RECORD = value(
        StoredPermission.RECORD,
        description="Take in documents, void them, complete milestones.",
    )
    CLOSE = value(
        StoredPermission.CLOSE,
        description="Lock periods, change settings and names of accounts.",
    )
    ADMINISTER = value(
        StoredPermission.ADMINISTER, description="Users, their roles, and API keys."
    )


@strawberry.enum(description="Which of a ledger's four accounts.")
class AccountRole(Enum):
    BILLED = value(Role.BILLED, description="Invoiced, excluding tax.")
    UNBILLED = value(Role.UNBILLED, description="Earned and not yet invoiced.")
    DEFERRED = value(Role.DEFERRED, description="Invoiced and not yet earned.")
    RECOGNIZED = value(Role.RECOGNIZED, description="Earned: the revenue.")


@strawberry.enum(description="What kind of document a journal comes from.")
class SourceKind(Enum):
    INVOICE = value(StoredKind.INVOICE, description="An invoice.")
    BILLING_SCHEDULE = value(
        StoredKind.BILLING_SCHEDULE, description="A billing schedule that accrues."
    )
    CREDIT_NOTE = value(StoredKind.CREDIT_NOTE, description="A credit note.")
    STANDALONE = value(
        StoredKind.STANDALONE,
        description="A manual journal: no document stands behind.",
    )


KINDS = {int(one.value): one for one in SourceKind}
"""By what is stored. Looked up for each row: an enum's own look-up takes longer."""


@strawberry.enum(description="The order of a list of journals. Expect more values.")
class JournalOrder(Enum):
    NUMBER = value("NUMBER", description="By number: the first made comes first.")
    NUMBER_DESC = value(
        "NUMBER_DESC", description="By number: the last made comes first."
    )


@strawberry.enum(description="Who made a journal.")
class JournalType(Enum):
    SYSTEM = value(StoredType.SYSTEM, description="Daybook, from a document.")
    MANUAL = value(StoredType.MANUAL, description="A person: source `STANDALONE`.")


@strawberry.enum(description="What has become of a document.")
class DocumentStatus(Enum):
    FINAL = value(StoredStatus.FINAL, description="In force.")
    VOIDED = value(StoredStatus.VOIDED, description="Taken back.")
    CANCELLED = value(
        StoredStatus.CANCELLED, description="A billing schedule that ended early."
    )


@strawberry.enum(description="What journals are grouped by, beside month or day.")
class JournalGrouping(Enum):
    CUSTOMER = value(Grouping.CUSTOMER, description="By customer.")
    PRODUCT = value(Grouping.PRODUCT, description="By product.")
    DOCUMENT = value(Grouping.DOCUMENT, description="By document.")


@strawberry.enum(description="Whether figures are of days or of months.")
class Granularity(Enum):
    DAILY = value(StoredGranularity.DAILY, description="Of each day.")
    MONTHLY = value(StoredGranularity.MONTHLY, description="Of each calendar month.")


@strawberry.enum(description="When an amount is earned.")
class RecognitionMethod(Enum):
    STRAIGHT_LINE = value(
        Method.STRAIGHT_LINE, description="Evenly over the service period."
    )
    USAGE = value(Method.USAGE, description="As it was used.")
    POINT_IN_TIME = value(Method.POINT_IN_TIME, description="All of it on one day.")
    MILESTONE = value(Method.MILESTONE, description="When each milestone is completed.")


def method_or_none(number: int | None) -> RecognitionMethod | None:
    """A stored method, if there is one."""
    return None if number is None else RecognitionMethod(Method(number))


@strawberry.enum(description="How a straight-line total goes to calendar months.")
class AllocationStrategy(Enum):
    DAILY_RATE_EVEN_MONTHS = value(
        Strategy.DAILY_RATE_EVEN_MONTHS,
        description="Part-months by the day, the full months equally.",
    )
    CALENDAR_FRACTION = value(
        Strategy.CALENDAR_FRACTION,
        description="By the fraction of each calendar month that is covered.",
    )
    EXACT_DAYS = value(Strategy.EXACT_DAYS, description="Every day the same.")
    EVEN_PERIODS = value(
        Strategy.EVEN_PERIODS, description="Every month the same, however few its days."
    )
    THIRTY_360 = value(Strategy.THIRTY_360, description="Every month has 30 days.")


@strawberry.enum(description="Whether a line is billed before or after its service.")
class BillingTiming(Enum):
    IN_ADVANCE = value(Timing.IN_ADVANCE, description="Before.")
    IN_ARREARS = value(Timing.IN_ARREARS, description="After.")


@strawberry.enum(description="What a ledger's period lock goes by.")
class LockMethod(Enum):
    CUSTOM_DATE = value(
        StoredLock.CUSTOM_DATE, description="One date for the ledger, or none."
    )
    ACCOUNTING_DATE = value(
        StoredLock.ACCOUNTING_DATE,
        description="For each document the day before its accounting date: that date is"
        " its first open day.",
    )


@strawberry.enum(
    description="What becomes of a line without the service period that its method"
    " needs: `STRAIGHT_LINE`, or `USAGE` without days."
)
class UndatedLines(Enum):
    REFUSE = value(StoredUndated.REFUSE, description="It is refused.")
    ACCOUNTING_DATE = value(
        StoredUndated.ACCOUNTING_DATE,
        description="All of it is recognized on its document's accounting date.",
    )


@strawberry.enum(
    description="What a change of a lock does to the days between the old lock and the"
    " new one."
)
class LockEffect(Enum):
    CLOSES = value(StoredEffect.CLOSES, description="It locks days.")
    OPENS = value(StoredEffect.OPENS, description="It unlocks days.")
    NOTHING = value(StoredEffect.NOTHING, description="The lock is as before.")


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


@strawberry.enum(description="What a file is written as.")
class ExportFormat(Enum):
    vars().update(
        {one.name: value(one.number, description=one.description) for one in FORMATS}
    )


@strawberry.enum(description="Where an export stands.")
class ExportStatus(Enum):
    QUEUED = value(JobStatus.QUEUED, description="It waits for its turn.")
    RUNNING = value(JobStatus.RUNNING, description="It is being rendered.")
    READY = value(JobStatus.READY, description="Its file can be fetched.")
    FAILED = value(JobStatus.FAILED, description="It came to nothing.")
    CANCELLED = value(JobStatus.CANCELLED, description="Somebody ended it.")
    EXPIRED = value(JobStatus.EXPIRED, description="Its file was kept long enough.")


@strawberry.enum(description="Whether an entry's date has come.")
class EntryStatus(Enum):
    POSTED = value("POSTED", description="Dated up to the day that was asked for.")
    SCHEDULED = value("SCHEDULED", description="Dated later.")


def stored_kinds(kinds: Sequence[SourceKind] | None) -> tuple[StoredKind, ...] | None:
    """Kinds of documents as they are stored; None stands for all."""
    if kinds is None:
        return None
    return tuple(StoredKind[kind.name] for kind in kinds)
