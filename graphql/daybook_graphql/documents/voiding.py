"""The query `voidPreview`: what voiding a document would do; nothing is saved."""

from collections.abc import Iterable
from typing import Annotated

import strawberry

from daybook.documents.void_preview import VoidAmount as PlannedAmount
from daybook.documents.void_preview import VoidPreview as PlannedVoid
from daybook.documents.void_preview import preview_void
from daybook.errors import Rejected
from daybook_graphql.context import Info
from daybook_graphql.documents.ids import expect_document, kind_of
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.kit.scalars import Date
from daybook_graphql.kit.user_errors import UserError, errors_of
from daybook_graphql.ledgers.accounts import (
    Accounts,
    AccountTotal,
    LedgerAccount,
    account_totals,
    accounts_at,
)

field = strawberry.field


@strawberry.type(
    description="What a void changes between two accounts, on some days of a posting"
    " month: the net of these days."
)
class VoidAmount:
    first_day: Date = field(description="The first posting date.")
    last_day: Date = field(description="The last one; the same if it is one entry.")
    debit: LedgerAccount = field(description="The account that is debited.")
    credit: LedgerAccount = field(description="The account that is credited.")
    amount: Money = field(
        description="Positive in what is posted; negative in what is scheduled where"
        " entries are dropped."
    )


@strawberry.type(description="What voiding a document would do if it were voided now.")
class VoidPreview:
    posted: list[VoidAmount] = field(
        description="What it would post, by month and accounts: the mirror of what was"
        " posted, where days are locked as one entry on the first open day."
    )
    scheduled: list[VoidAmount] = field(
        description="What it would change of the days after today, by month and"
        " accounts: what is dropped, less what is scheduled anew."
    )
    accounts: list[AccountTotal] = field(
        description="What each account receives and gives by all that is posted."
    )
    user_errors: list[UserError] = field(
        description="What stands against the void, as in `voidDocument`."
    )


@strawberry.type
class VoidQueries:
    @strawberry.field(
        description="What voiding an invoice or credit note would post and drop if it"
        " were voided now. Nothing is saved.",
        metadata=needs(READ),
    )
    async def void_preview(
        self,
        info: Info,
        document_id: Annotated[
            strawberry.ID,
            strawberry.argument(description="An invoice or a credit note."),
        ],
    ) -> VoidPreview:
        context = info.context
        id_ = expect_document(document_id, "documentId")
        try:
            async with context.database.reads() as session:
                planned = await preview_void(
                    session,
                    context.organisation_id,
                    kind_of(id_),
                    id_.external_id,
                    now=context.now,
                )
        except Rejected as rejected:
            errors = errors_of(rejected.problems, {"id": "documentId"})
            return VoidPreview(posted=[], scheduled=[], accounts=[], user_errors=errors)
        pin = (await context.pins())[planned.currency]
        return _shown(planned, await accounts_at(context, pin))


def _shown(planned: PlannedVoid, accounts: Accounts) -> VoidPreview:
    currency = planned.currency
    return VoidPreview(
        posted=_amounts(planned.posted, accounts, currency),
        scheduled=_amounts(planned.scheduled, accounts, currency),
        accounts=account_totals(accounts, currency, planned.posted_pairs),
        user_errors=[],
    )


def _amounts(
    amounts: Iterable[PlannedAmount], accounts: Accounts, currency: str
) -> list[VoidAmount]:
    return [
        VoidAmount(
            first_day=Date(each.first_day),
            last_day=Date(each.last_day),
            debit=accounts[each.debit],
            credit=accounts[each.credit],
            amount=money(each.amount, currency),
        )
        for each in amounts
    ]
