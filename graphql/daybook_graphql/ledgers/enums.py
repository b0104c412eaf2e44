"""The closed sets of values of ledgers, their accounts, locks and settings."""

from enum import Enum

import strawberry

from daybook.configuration.locking import Effect as StoredEffect
from daybook.ledger.rules import LockMethod as StoredLock
from daybook.ledger.rules import Role
from daybook.ledger.rules import UndatedLines as StoredUndated
from daybook.recognition.allocation import Strategy

value = strawberry.enum_value


@strawberry.enum(description="A side of an entry.")
class Direction(Enum):
    DEBIT = value("DEBIT", description="The left side.")
    CREDIT = value("CREDIT", description="The right side.")


@strawberry.enum(description="Which of a ledger's four accounts.")
class AccountRole(Enum):
    BILLED = value(Role.BILLED, description="Invoiced, excluding tax.")
    UNBILLED = value(Role.UNBILLED, description="Earned and not yet invoiced.")
    DEFERRED = value(Role.DEFERRED, description="Invoiced and not yet earned.")
    RECOGNIZED = value(Role.RECOGNIZED, description="Earned: the revenue.")


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
