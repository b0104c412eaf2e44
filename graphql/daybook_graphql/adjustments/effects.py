"""What posting a manual journal does, as the schema shows it."""

import strawberry

from daybook.adjustments.effects import AccountEffect, Effect, RoleEffect
from daybook.calendar import Day, first_day_of, month_of
from daybook.ledger.pins import Pin
from daybook.ledger.rules import first_open_day
from daybook_graphql.adjustments.lines import product_shown
from daybook_graphql.adjustments.loaders import LedgerKey, posted_exports
from daybook_graphql.context import Context, Info
from daybook_graphql.exports.records import ExportRecord, export_record_of
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.scalars import Date, date_or_none
from daybook_graphql.ledgers.accounts import Accounts, LedgerAccount, accounts_at
from daybook_graphql.ledgers.loaders import ledger_settings
from daybook_graphql.parties.types import Product

field = strawberry.field
SIDE = "On its normal side; negative where that falls."


@strawberry.type(description="What a manual journal does to one of the accounts.")
class ManualJournalBalance:
    account: LedgerAccount = field(description="Which account.")
    before: Money = field(
        description="Its balance on the effect's day without the journal."
    )
    change: Money = field(description=f"What the journal changes. {SIDE}")
    after: Money = field(description="Its balance on that day with the journal.")


@strawberry.type(
    description="What a manual journal does to an account's sub-account: to the lines"
    " of one product, or of none."
)
class ManualJournalChange:
    account: LedgerAccount = field(description="Which account.")
    name: str = field(description="The sub-account's name, or else the account's.")
    product: Product | None = field(description="The product; null for none.")
    change: Money = field(description=f"What the journal changes. {SIDE}")


@strawberry.type(
    description="What a manual journal does to its ledger on its date. What takes it"
    " back later isn't in it."
)
class ManualJournalEffect:
    date: Date = field(description="The day of the balances: the journal's date.")
    balances: list[ManualJournalBalance] = field(
        description="The accounts that have lines, by account."
    )
    changes: list[ManualJournalChange] = field(
        description="The same by sub-account, for amounts that move within an account."
    )
    month: Date = field(description="The first day of the date's month.")
    recognized_before: Money = field(
        description="The ledger's recognized revenue of that month without the journal,"
        " scheduled days included."
    )
    recognized_change: Money = field(description="What the journal changes of it.")
    recognized_after: Money = field(description="The same with the journal.")
    pin: strawberry.Private[Pin]

    @field(
        description="The first day on which a manual journal can be dated; null if"
        " every day is open."
    )
    async def first_open_day(self, info: Info) -> Date | None:
        settings = await ledger_settings(info.context).load(self.pin)
        return date_or_none(first_open_day(settings.locked_through))

    @field(
        description="The posted files whose period has its date: what is posted there"
        " now is in the next difference of each."
    )
    async def posted_exports(self, info: Info) -> list[ExportRecord]:
        key = LedgerKey(self.pin, self.date)
        found = await posted_exports(info.context).load(key)
        return [export_record_of(listed) for listed in found]


async def effect_shown(
    context: Context, pin: Pin, day: Day, effect: Effect, *, is_posted: bool = False
) -> ManualJournalEffect:
    """An effect as the schema shows it.

    The ledger's balances have the journal in them already if it is posted.
    """
    accounts = await accounts_at(context, pin)
    currency = pin.currency
    before, after = _before_and_after(effect.recognized, is_posted=is_posted)
    return ManualJournalEffect(
        date=Date(day),
        balances=[
            _balance(accounts, role, currency, is_posted=is_posted)
            for role in effect.roles
        ],
        changes=[_change(accounts, account, currency) for account in effect.accounts],
        month=Date(first_day_of(month_of(day))),
        recognized_before=money(before, currency),
        recognized_change=money(effect.recognized.change, currency),
        recognized_after=money(after, currency),
        pin=pin,
    )


def _balance(
    accounts: Accounts, role: RoleEffect, currency: str, *, is_posted: bool
) -> ManualJournalBalance:
    before, after = _before_and_after(role, is_posted=is_posted)
    return ManualJournalBalance(
        account=accounts[role.role],
        before=money(before, currency),
        change=money(role.change, currency),
        after=money(after, currency),
    )


def _before_and_after(role: RoleEffect, *, is_posted: bool) -> tuple[int, int]:
    if is_posted:
        return role.before - role.change, role.before
    return role.before, role.after


def _change(
    accounts: Accounts, account: AccountEffect, currency: str
) -> ManualJournalChange:
    return ManualJournalChange(
        account=accounts[account.role],
        name=account.name.name,
        product=product_shown(account.product),
        change=money(account.change, currency),
    )
