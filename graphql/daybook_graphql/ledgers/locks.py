"""What a change of a lock opens or closes, as the schema shows it."""

from collections.abc import Mapping

import strawberry

from daybook.calendar import FIRST_DAY, first_day_of
from daybook.configuration.locking import Lock, MonthShare
from daybook.configuration.locking import LockChange as StoredChange
from daybook.ledger.pins import Pin
from daybook.ledger.rules import AccountNames, Role
from daybook_graphql.kit.scalars import Date, date_or_none
from daybook_graphql.ledgers.accounts import (
    AccountTotal,
    LedgerAccount,
    account_totals,
    accounts_of,
)
from daybook_graphql.ledgers.enums import LockEffect, LockMethod

TOTALS = (
    "What the accounts receive and give on these days. Accounts without either are left"
    " out."
)


@strawberry.type(description="How a ledger's periods are locked.")
class PeriodLock:
    method: LockMethod = strawberry.field(description="What the lock goes by.")
    locked_through: Date | None = strawberry.field(
        description="The last locked day; null if no day is locked, or if each document"
        " has its own."
    )


@strawberry.type(description="The days of one month that a change opens or closes.")
class LockChangeMonth:
    month: Date = strawberry.field(description="The month's first day.")
    first_day: Date = strawberry.field(description="The first of the days.")
    last_day: Date = strawberry.field(description="The last of the days.")
    journal_count: int = strawberry.field(
        description="How many journals have entries on these days."
    )
    totals: list[AccountTotal] = strawberry.field(description=TOTALS)


@strawberry.type(
    description="What a change of a ledger's lock opens or closes: exact, of all that"
    " is recorded, posted and scheduled. Nothing of that is touched by it."
)
class LockChange:
    effect: LockEffect = strawberry.field(description="What it does, on the whole.")
    before: PeriodLock = strawberry.field(description="The lock as it was.")
    after: PeriodLock = strawberry.field(description="The lock as it then is.")
    first_day: Date | None = strawberry.field(
        description="The first day that opens or closes; null where all days through"
        " the last one do, and where each document has its own."
    )
    last_day: Date | None = strawberry.field(
        description="The last day that opens or closes; null where there is none, and"
        " where each document has its own."
    )
    journal_count: int = strawberry.field(
        description="How many journals have entries on these days."
    )
    totals: list[AccountTotal] = strawberry.field(description=TOTALS)
    months: list[LockChangeMonth] = strawberry.field(
        description="The same by month; months without journals are left out."
    )
    needs_confirmation: bool = strawberry.field(
        description="Whether it locks days past the end of the present month, so that"
        " `setLock` takes it with `confirmFuture` only."
    )
    needs_reason: bool = strawberry.field(
        description="Whether it opens days, for any document, so that `setLock` takes"
        " it with a `reason` only."
    )


def lock_change_of(pin: Pin, names: AccountNames, change: StoredChange) -> LockChange:
    """A change of the pinned ledger's lock as the schema shows it."""
    accounts = accounts_of(pin, names)
    first, last = change.days or (FIRST_DAY, None)
    return LockChange(
        effect=LockEffect(change.effect),
        before=_lock_of(change.before),
        after=_lock_of(change.after),
        first_day=None if first == FIRST_DAY else Date(first),
        last_day=date_or_none(last),
        journal_count=change.journals,
        totals=account_totals(accounts, pin.currency, change.pairs),
        months=[_month_of(pin, accounts, change, share) for share in change.months],
        needs_confirmation=change.needs_confirmation,
        needs_reason=change.needs_reason,
    )


def _lock_of(lock: Lock) -> PeriodLock:
    return PeriodLock(
        method=LockMethod(lock.method), locked_through=date_or_none(lock.through)
    )


def _month_of(
    pin: Pin,
    accounts: Mapping[Role, LedgerAccount],
    change: StoredChange,
    share: MonthShare,
) -> LockChangeMonth:
    first, last = change.share_days(share.month)
    return LockChangeMonth(
        month=Date(first_day_of(share.month)),
        first_day=Date(first),
        last_day=Date(last),
        journal_count=share.journals,
        totals=account_totals(accounts, pin.currency, share.pairs),
    )
