"""A ledger's four accounts, and what each receives and gives."""

from collections.abc import Mapping
from typing import Annotated, TypeAlias

import strawberry

from daybook.ledger.pins import Pin
from daybook.ledger.rules import AccountNames, AccountPair, Role, net_change
from daybook.reports.journals.totals import balances
from daybook_graphql.context import Context, Info
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.scalars import Date
from daybook_graphql.ledgers.enums import AccountRole, Direction
from daybook_graphql.ledgers.ids import AccountId
from daybook_graphql.ledgers.loaders import account_names

AsOf = Annotated[
    Date | None,
    strawberry.argument(
        description="As it was known at the end of this day; the present where it is"
        " absent."
    ),
]


@strawberry.type(description="One of a ledger's four accounts.")
class LedgerAccount(Node):
    role: AccountRole = strawberry.field(description="Which of the four.")
    name: str = strawberry.field(description="Its name in reports.")
    normal_balance: Direction = strawberry.field(
        description="The side on which its balance stands."
    )
    pin: strawberry.Private[Pin]

    @strawberry.field(
        description="What stands on its normal side, of all that is posted up to the"
        " as-of day, or today."
    )
    async def balance(self, info: Info, as_of: AsOf = None) -> Money:
        pin = await info.context.pin_at(self.pin, as_of)
        async with info.context.database.pinned_reads() as session:
            found = await balances(session, pin)
        return money(found[Role[self.role.name]], pin.currency)


@strawberry.type(description="What an account receives and gives.")
class AccountTotal:
    account: LedgerAccount = strawberry.field(description="The account.")
    debit: Money = strawberry.field(description="What it receives.")
    credit: Money = strawberry.field(description="What it gives.")
    net: Money = strawberry.field(
        description="What it gains, on its normal side; negative where it loses. Billed"
        " and Unbilled grow by debits, Deferred and Recognized by credits."
    )


Accounts: TypeAlias = Mapping[Role, LedgerAccount]


def accounts_of(pin: Pin, names: AccountNames) -> dict[Role, LedgerAccount]:
    """A ledger's accounts by their roles, in the order of reports."""
    return {
        role: LedgerAccount(
            node_id=AccountId(pin.currency, role),
            role=AccountRole(role),
            name=names.of(role).name,
            normal_balance=(
                Direction.DEBIT if role.is_debit_normal else Direction.CREDIT
            ),
            pin=pin,
        )
        for role in Role
    }


async def accounts_at(context: Context, pin: Pin) -> dict[Role, LedgerAccount]:
    """A ledger's accounts with the names that they had at the pin."""
    return accounts_of(pin, await account_names(context).load(pin))


def account_totals(
    accounts: Accounts,
    currency: str,
    totals: Mapping[AccountPair, int],
) -> list[AccountTotal]:
    """What each account receives and gives; those that do neither are left out."""
    debits, credits_ = dict.fromkeys(Role, 0), dict.fromkeys(Role, 0)
    for (debit, credit), amount in totals.items():
        debits[debit] += amount
        credits_[credit] += amount
    return [
        AccountTotal(
            account=account,
            debit=money(debits[role], currency),
            credit=money(credits_[role], currency),
            net=money(net_change(totals, role), currency),
        )
        for role, account in accounts.items()
        if debits[role] or credits_[role]
    ]
