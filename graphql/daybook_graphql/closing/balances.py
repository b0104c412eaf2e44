"""Balances of the general ledger that were entered: their types, and pages of them."""

import strawberry

from daybook.closing.queries import count_balances, list_balances
from daybook.closing.rules import EnteredBalance as StoredBalance
from daybook.ledger.pins import Pin
from daybook_graphql.context import Info
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.connections import Connection, connection_of, listed
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.paging import PageArguments, page_request
from daybook_graphql.kit.scalars import BigInt, Date, DateTime
from daybook_graphql.kit.user_errors import UserError
from daybook_graphql.ledgers.accounts import Accounts, LedgerAccount, accounts_at
from daybook_graphql.ledgers.enums import AccountRole

field = strawberry.field


@listed("A balance", "balances", page="A page of entered balances, newest first.")
@strawberry.type(
    description="What the general ledger says that stands on an account: the tie-out"
    " compares posted files with it."
)
class EnteredBalance:
    account: LedgerAccount = field(description="The account of the subledger.")
    on: Date = field(description="At the end of which day.")
    balance: Money = field(description="What stands on the account's normal side.")
    label: str = field(
        description="Which account of the general ledger it is, as it was entered;"
        " empty for all of it."
    )
    note: str = field(description="What was noted with it.")
    by: str | None = field(
        description="Who entered it, as the audit trail names them, if that is known."
    )
    at: DateTime = field(description="When it was entered.")
    is_replaced: bool = field(
        description="Whether a later one of the same account, day and label took its"
        " place."
    )


@strawberry.input(description="A balance of the general ledger.")
class BalanceInput:
    account: AccountRole = field(description="The account of the subledger.")
    on: Date = field(description="At the end of which day.")
    balance: str = field(
        description="What stands on the account's normal side: a decimal string with no"
        " more decimals than the currency has."
    )
    label: str | None = field(
        default=None,
        description="Which account of the general ledger it is, where it has several:"
        " those of one account and day sum up.",
    )


@strawberry.input(description="Balances of the general ledger.")
class EnterBalancesInput:
    ledger_id: strawberry.ID = field(description="Of which ledger.")
    balances: list[BalanceInput] = field(description="Which. All are entered, or none.")
    note: str | None = field(
        default=None, description="Where they are from, in one line."
    )


@strawberry.input(description="A CSV file of balances of the general ledger.")
class ImportBalancesInput:
    ledger_id: strawberry.ID = field(description="Of which ledger.")
    csv: str = field(
        description="The file's text: columns `account` (a role, or an account's name"
        " or code), `date`, `balance`, and `label` where several lines sum up. All of"
        " it is entered, or nothing."
    )
    note: str | None = field(
        default=None, description="Where they are from, in one line."
    )


@strawberry.type(description="What became of balances that were entered.")
class EnterBalancesPayload:
    entered_count: int = field(description="How many were entered.")
    unchanged_count: int = field(description="How many stood so already.")
    recording: BigInt | None = field(
        description="The ledger's recording that has them; null if nothing changed."
    )
    user_errors: list[UserError] = field(
        description="What is wrong with the input; then nothing was entered."
    )


async def balance_page(
    info: Info, pin: Pin, page: PageArguments
) -> Connection[EnteredBalance]:
    """A page of all balances that were entered, newest first."""
    request = page_request(1, **page)
    total = 0
    async with info.context.database.pinned_reads() as session:
        found = await list_balances(session, pin, request)
        if "totalCount" in Selected.of(info):
            total = await count_balances(session, pin)
    accounts = await accounts_at(info.context, pin)
    nodes = [balance_of(balance, accounts, pin.currency) for balance in found.items]
    return connection_of(found, nodes, lambda balance: (balance.number,), total)


def balance_of(
    balance: StoredBalance, accounts: Accounts, currency: str
) -> EnteredBalance:
    """An entered balance as the schema shows it."""
    return EnteredBalance(
        account=accounts[balance.role],
        on=Date(balance.on),
        balance=money(balance.balance, currency),
        label=balance.label,
        note=balance.note,
        by=balance.made_by,
        at=DateTime(balance.made_at),
        is_replaced=balance.is_replaced,
    )
