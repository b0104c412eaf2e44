"""The tie-out with the general ledger: its types, and reading it."""

import strawberry

from daybook.calendar import Day, Month, first_day_of
from daybook.closing.findings import TieOutFinding as StoredFinding
from daybook.closing.rules import TieOutAccount as StoredAccount
from daybook.closing.rules import TieOutBalance as StoredBalance
from daybook.closing.rules import TieOutMonth as StoredMonth
from daybook.closing.tie_out import tie_out
from daybook.ledger.pins import Pin
from daybook_graphql.closing.balances import EnteredBalance, balance_of
from daybook_graphql.closing.enums import TieOutFindingKind
from daybook_graphql.context import Info
from daybook_graphql.documents.types import Source
from daybook_graphql.execution.selected import Selected
from daybook_graphql.exports.records import ExportRecord, export_record_of
from daybook_graphql.journals.types import Journal
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.scalars import Date
from daybook_graphql.ledgers.accounts import Accounts, LedgerAccount, accounts_at
from daybook_graphql.ledgers.enums import AccountRole
from daybook_graphql.parties.types import Customer, Product
from daybook_graphql.reports.figures import Tie, ties_of
from daybook_graphql.reports.references import Named, Names, read_named

field = strawberry.field

LEDGER = "What the ledger posted."
POSTED = "What the files that are posted in the target have of it."
NOT_EXPORTED = "What lies after the end of the last posted file."
DIFFERENCE = (
    "The rest of `ledger`: what is changed, missing or doubled in posted files."
    " Findings of these kinds sum to it."
)


@strawberry.type(
    description="An account's month: `ledger` = `posted` + `notExported` +"
    " `difference`."
)
class TieOutMonth:
    month: Date = field(description="The month's first day.")
    ledger: Money = field(description=LEDGER)
    posted: Money = field(description=POSTED)
    not_exported: Money = field(description=NOT_EXPORTED)
    difference: Money = field(description=DIFFERENCE)


@strawberry.type(
    description="The balance that was entered for a day, beside what was posted then."
)
class TieOutBalance:
    on: Date = field(description="At the end of which day.")
    balance: Money = field(description="The general ledger's, all labels together.")
    entered: list[EnteredBalance] = field(description="The balance, label by label.")
    posted: Money = field(
        description="What posted files have of the account by then; without a posted"
        " file, what the ledger has."
    )
    difference: Money = field(description="The balance less what was posted.")
    since: Date | None = field(
        description="The first day of the month in which the difference arose, if the"
        " balance of an earlier month tells."
    )


@strawberry.type(
    description="An account up to the tie-out's day, on its normal side, beside the"
    " files that are posted in one target: `ledger` = `posted` + `notExported` +"
    " `difference`."
)
class TieOutAccount:
    account: LedgerAccount = field(description="Which account.")
    target: str = field(
        description="Where the files are posted, such as `XERO`, or `FILES` for formats"
        " of no system; empty while no file is posted."
    )
    ledger: Money = field(description=LEDGER)
    posted: Money = field(description=POSTED)
    not_exported: Money = field(description=NOT_EXPORTED)
    difference: Money = field(description=DIFFERENCE)
    months: list[TieOutMonth] = field(description="The same by month of posting.")
    balances: list[TieOutBalance] = field(
        description="The balances that were entered, beside what was posted."
    )


@strawberry.type(description="A difference, and where it is.")
class TieOutFinding:
    kind: TieOutFindingKind = field(description="What is different.")
    message: str = field(description="What is the case, and what to do, for people.")
    target: str = field(
        description="In which target's files; empty where that has no part in it."
    )
    account: AccountRole | None = field(description="Which account, if it is one.")
    month: Date | None = field(description="The month's first day, if it is one.")
    customer: Customer | None = field(description="Whose, if it is one customer's.")
    product: Product | None = field(description="Of which product, if it is one's.")
    document: Source | None = field(description="Of which document, if it is one's.")
    journal: Journal | None = field(description="In which journal, if it is in one.")
    amount: Money | None = field(
        description="What it adds to the difference of the account and month."
    )
    file: ExportRecord | None = field(description="In which file, if it is in one.")


@strawberry.type(
    description="The ledger beside the files that are posted, and these beside the"
    " balances of the general ledger."
)
class TieOut:
    on: Date = field(description="Up to and including which day.")
    accounts: list[TieOutAccount] = field(
        description="Billed, unbilled, deferred and recognized revenue, for each"
        " target: each takes the whole ledger."
    )
    findings: list[TieOutFinding] = field(
        description="The first 50 of each kind and target."
    )
    finding_count: int = field(description="How many there are in all.")
    ties: list[Tie] = field(description="What else has to agree, and whether it does.")


async def tie_out_of(info: Info, pin: Pin, on: Day, *, with_movements: bool) -> TieOut:
    """The tie-out of a ledger up to a day."""
    context = info.context
    selected = Selected.of(info)
    # Files may be posted meanwhile, and what differs is read in slices.
    async with context.database.reads() as session:
        found = await tie_out(session, pin, on, with_movements=with_movements)
        named = await read_named(
            *(context, session, pin, selected.below("findings")),
            [
                Names(row.customer_id, row.product_id, row.document_id, row.journal)
                for row in found.findings
            ],
        )
    accounts = await accounts_at(context, pin)
    return TieOut(
        on=Date(found.on),
        accounts=[
            _account_of(account, accounts, pin.currency) for account in found.accounts
        ],
        findings=[_finding_of(row, named, pin.currency) for row in found.findings],
        finding_count=found.finding_count,
        ties=ties_of(found.ties, pin.currency),
    )


def _account_of(
    account: StoredAccount, accounts: Accounts, currency: str
) -> TieOutAccount:
    return TieOutAccount(
        account=accounts[account.role],
        target=account.target.upper(),
        ledger=money(account.ledger, currency),
        posted=money(account.posted, currency),
        not_exported=money(account.not_exported, currency),
        difference=money(account.difference, currency),
        months=[_month_of(month, currency) for month in account.months],
        balances=[
            _balance_of(balance, accounts, currency) for balance in account.balances
        ],
    )


def _month_of(month: StoredMonth, currency: str) -> TieOutMonth:
    return TieOutMonth(
        month=_first_day(month.month),
        ledger=money(month.ledger, currency),
        posted=money(month.posted, currency),
        not_exported=money(month.not_exported, currency),
        difference=money(month.difference, currency),
    )


def _balance_of(
    balance: StoredBalance, accounts: Accounts, currency: str
) -> TieOutBalance:
    return TieOutBalance(
        on=Date(balance.on),
        balance=money(balance.balance, currency),
        entered=[balance_of(its, accounts, currency) for its in balance.entered],
        posted=money(balance.posted, currency),
        difference=money(balance.difference, currency),
        since=None if balance.since is None else _first_day(balance.since),
    )


def _finding_of(row: StoredFinding, named: Named, currency: str) -> TieOutFinding:
    return TieOutFinding(
        kind=TieOutFindingKind(row.kind),
        message=row.message,
        target=row.target.upper(),
        account=None if row.role is None else AccountRole(row.role),
        month=None if row.month is None else _first_day(row.month),
        customer=named.customers.get(row.customer_id),
        product=named.products.get(row.product_id),
        document=named.documents.get(row.document_id),
        journal=named.journals.get(row.journal),
        amount=None if row.amount is None else money(row.amount, currency),
        file=None if row.file is None else export_record_of(row.file),
    )


def _first_day(month: Month) -> Date:
    return Date(first_day_of(month))
