"""The types of ledgers, their accounts and monthly figures."""

from typing import Annotated, Any

import strawberry
from strawberry.types.lazy_type import LazyType

from daybook.calendar import Month, first_day_of, month_of
from daybook.configuration.locking import Lock, lock_of
from daybook.configuration.queries import lock_change
from daybook.configuration.rules import check_lock
from daybook.ledger.pins import Pin
from daybook.ledger.rules import (
    AccountName,
    LedgerSettings,
    Role,
    first_open_day,
    scope_of,
)
from daybook.ledger.rules import LockMethod as StoredLock
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Method
from daybook.reports.journals.totals import recognized_by_month
from daybook_graphql.context import Info
from daybook_graphql.kit.connections import Connection
from daybook_graphql.kit.ids import encode
from daybook_graphql.kit.late import LateFunction
from daybook_graphql.kit.money import DateRangeInput, Money, checked, money
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.paging import After, Before, First, Last, PageArguments
from daybook_graphql.kit.scalars import BigInt, CurrencyCode, Date, date_or_none
from daybook_graphql.ledgers.accounts import LedgerAccount, accounts_at
from daybook_graphql.ledgers.enums import (
    AccountRole,
    AllocationStrategy,
    LockMethod,
    UndatedLines,
)
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.ledgers.loaders import (
    account_names,
    ledger_settings,
    months_with_journals,
)
from daybook_graphql.ledgers.locks import LockChange, lock_change_of
from daybook_graphql.ledgers.recorded_locks import RecordedLock, lock_page
from daybook_graphql.parties.enums import RecognitionMethod
from daybook_graphql.parties.ids import ProductId

checklist_of_month: LateFunction[[Pin, Month], Any] = LateFunction()
"""The checklist of a ledger's month, implemented in `closing/checklist.py`."""

CLOSE_CHECKLIST: LazyType[str, str] = LazyType(
    "CloseChecklist", "daybook_graphql.closing.checklist"
)
MonthArgument = Annotated[Date, strawberry.argument(description="A day of the month.")]


@strawberry.type(description="An amount of one calendar month.")
class MonthAmount:
    month: Date = strawberry.field(description="The month's first day.")
    amount: Money = strawberry.field(description="How much.")


@strawberry.type(
    description="What an account, or its sub-account for a product or a category, is"
    " called."
)
class NamedAccount:
    role: AccountRole = strawberry.field(description="Which account.")
    product_id: strawberry.ID | None = strawberry.field(
        description="The product's id, if this is its sub-account."
    )
    category: str | None = strawberry.field(
        description="The products' category, if this is its sub-account."
    )
    name: str = strawberry.field(description="The name in reports and exports.")
    code: str | None = strawberry.field(
        description="The account's code, if it has one."
    )


@strawberry.type(description="The double-entry revenue subledger of one currency.")
class Ledger(Node):
    name: str = strawberry.field(description="Its name in lists.")
    currency: CurrencyCode = strawberry.field(
        description="The currency of all its amounts."
    )
    pin: strawberry.Private[Pin]

    @strawberry.field(
        description="The number of the recording that it is read at: its last one, or"
        " the last by the as-of day; 0 before the first. What you have read of it, you"
        " have read up to there (`changedAfterRecording`)."
    )
    def recording(self) -> BigInt:
        return BigInt(self.pin.recording)

    @strawberry.field(
        description="Billed, unbilled, deferred and recognized revenue, in this order."
    )
    async def accounts(self, info: Info) -> list[LedgerAccount]:
        return list((await accounts_at(info.context, self.pin)).values())

    @strawberry.field(description="What its period lock goes by.")
    async def lock_method(self, info: Info) -> LockMethod:
        return LockMethod((await self._settings(info)).lock_method)

    @strawberry.field(
        description="The last locked day; null if no day is locked, or if each document"
        " has its own."
    )
    async def locked_through(self, info: Info) -> Date | None:
        return date_or_none((await self._settings(info)).locked_through)

    @strawberry.field(
        description="The day after the last locked one; null where there is none."
    )
    async def first_open_day(self, info: Info) -> Date | None:
        locked_through = (await self._settings(info)).locked_through
        return date_or_none(first_open_day(locked_through))

    @strawberry.field(
        description="How a line is recognized where neither it nor its product says."
    )
    async def default_method(self, info: Info) -> RecognitionMethod:
        return RecognitionMethod(Method((await self._settings(info)).method))

    @strawberry.field(
        description="How a straight-line total goes to months where its line says"
        " nothing."
    )
    async def default_strategy(self, info: Info) -> AllocationStrategy:
        return AllocationStrategy(Strategy((await self._settings(info)).strategy))

    @strawberry.field(
        description="Whether what is left of a credit grant is recognized when it"
        " expires."
    )
    async def recognizes_breakage(self, info: Info) -> bool:
        return (await self._settings(info)).breakage

    @strawberry.field(
        description="What becomes of a line without the service period that its method"
        " needs."
    )
    async def undated_lines(self, info: Info) -> UndatedLines:
        return UndatedLines((await self._settings(info)).undated_lines)

    @strawberry.field(
        description="The names that accounts and sub-accounts were given, by account."
    )
    async def account_names(self, info: Info) -> list[NamedAccount]:
        names = await account_names(info.context).load(self.pin)
        return [
            _named_account(role, scope, named)
            for (role, scope), named in sorted(names.named.items())
        ]

    @strawberry.field(
        description="What changing its lock would open or close; nothing is changed."
        " `setLock` makes the change."
    )
    async def lock_change(
        self,
        info: Info,
        method: Annotated[
            LockMethod,
            strawberry.argument(description="What the lock would go by."),
        ],
        locked_through: Annotated[
            Date | None,
            strawberry.argument(
                description="The last locked day; absent for none. `ACCOUNTING_DATE`"
                " takes none."
            ),
        ] = None,
    ) -> LockChange:
        lock = Lock(StoredLock[method.name], locked_through)
        check_lock(*lock)
        today = await info.context.today()
        now = lock_of(await self._settings(info))
        async with info.context.database.pinned_reads() as session:
            change = await lock_change(session, self.pin, now, lock, today=today)
        names = await account_names(info.context).load(self.pin)
        return lock_change_of(self.pin, names, change)

    @strawberry.field(description="The changes of its lock, newest first.")
    async def locks(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[RecordedLock]:
        page = PageArguments(first=first, after=after, last=last, before=before)
        return await lock_page(info, self.pin, page)

    @strawberry.field(
        description="What is done, and still to be done, to close a month of it.",
        graphql_type=CLOSE_CHECKLIST,
    )
    async def close_checklist(self, month: MonthArgument) -> Any:
        return await checklist_of_month(self.pin, month_of(month))

    async def _settings(self, info: Info) -> LedgerSettings:
        return await ledger_settings(info.context).load(self.pin)

    @strawberry.field(
        description="The first day of the first month that has journals, if any."
    )
    async def first_month(self, info: Info) -> Date | None:
        months = await months_with_journals(info.context).load(self.pin)
        return None if months is None else Date(first_day_of(months[0]))

    @strawberry.field(
        description="The first day of the last month that has journals, if any."
    )
    async def last_month(self, info: Info) -> Date | None:
        months = await months_with_journals(info.context).load(self.pin)
        return None if months is None else Date(first_day_of(months[1]))

    @strawberry.field(
        description="Recognized revenue of every month of a range: credits less debits."
    )
    async def recognized_by_month(
        self,
        info: Info,
        months: Annotated[
            DateRangeInput,
            strawberry.argument(
                description="Each month with a day in this range. An open end is the"
                " ledger's first or last month with journals."
            ),
        ],
    ) -> list[MonthAmount]:
        start, end = checked(months, "months")
        known = await months_with_journals(info.context).load(self.pin)
        if known is None:
            return []
        first = known[0] if start is None else month_of(start)
        last = known[1] if end is None else month_of(end)
        async with info.context.database.pinned_reads() as session:
            amounts = await recognized_by_month(session, self.pin, first, last)
        return [
            month_amount(month, amounts.get(month, 0), self.currency)
            for month in range(first, last + 1)
        ]


def ledger_of(pin: Pin) -> Ledger:
    """A pinned ledger as the schema shows it."""
    return Ledger(
        node_id=LedgerId(pin.currency),
        name=f"{pin.currency} ledger",
        currency=CurrencyCode(pin.currency),
        pin=pin,
    )


def month_amount(month: Month, amount: int, currency: str) -> MonthAmount:
    """An amount in minor units as one of a month."""
    return MonthAmount(month=Date(first_day_of(month)), amount=money(amount, currency))


def _named_account(role: Role, scope: str, named: AccountName) -> NamedAccount:
    product_id, category = scope_of(scope)
    return NamedAccount(
        role=AccountRole(role),
        product_id=None if product_id is None else encode(ProductId(product_id)),
        category=category,
        name=named.name,
        code=named.code,
    )
