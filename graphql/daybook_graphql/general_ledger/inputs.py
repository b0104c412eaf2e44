"""The inputs and payloads of the mutations that change connections."""

import strawberry

from daybook_graphql.general_ledger.types import GlConnection, GlDatasetSettings
from daybook_graphql.kit.expected import EXPECTED_RECORD
from daybook_graphql.kit.scalars import BigInt, CurrencyCode, Date
from daybook_graphql.kit.user_errors import UserError

ERRORS = "What is wrong with the input; then nothing was changed."
WHICH = "Which connection."
NAME = "Its name: one line of up to 100 characters, of no other connection."
YEAR_END = "The last day of its financial year, `MM-DD`."
PERIOD_LOCK = "The day through which its periods are locked"
YEAR_LOCK = "The day through which even advisers can't post"
TAKES = (
    "The ledgers whose exports you load into it, by currency, of those that there are;"
    " each ledger's go into one connection."
)
BUDGET = "The ID of the budget that counts; null for the overall one."
COUNTS = "Whether drafts and forecasts count against the budget."
ROLE = "null for the one that the chart's own marks say."
field = strawberry.field


@strawberry.input(
    description="The IDs of accounts that forecasts and currency gains post to. What is"
    " absent stays as it is."
)
class GlAccountRolesInput:
    receivable: str | None = field(
        default=strawberry.UNSET, description=f"What customers owe; {ROLE}"
    )
    payable: str | None = field(
        default=strawberry.UNSET, description=f"What is owed to suppliers; {ROLE}"
    )
    tax: str | None = field(
        default=strawberry.UNSET, description=f"Tax on sales and purchases; {ROLE}"
    )
    realised: str | None = field(
        default=strawberry.UNSET, description=f"Realised currency gains; {ROLE}"
    )
    unrealised: str | None = field(
        default=strawberry.UNSET, description=f"Unrealised currency gains; {ROLE}"
    )
    revaluation: str | None = field(
        default=strawberry.UNSET,
        description=f"Gains of bank accounts' revaluation; {ROLE}",
    )


@strawberry.input(description="A connection to add.")
class AddGlConnectionInput:
    name: str = field(description=NAME)
    base_currency: CurrencyCode = field(
        description="The currency of its books; it can't be changed later."
    )
    is_main: bool = field(
        default=False,
        description="Whether it is the main one from now on, as the first one always"
        " is.",
    )
    year_end: str = field(default="12-31", description=YEAR_END)
    period_lock: Date | None = field(default=None, description=f"{PERIOD_LOCK}.")
    year_lock: Date | None = field(default=None, description=f"{YEAR_LOCK}.")
    takes_exports: list[CurrencyCode] = field(default_factory=list, description=TAKES)
    accounts: GlAccountRolesInput | None = field(
        default=None, description="Accounts that synthetic journals post to."
    )
    budget_id: str | None = field(default=None, description=BUDGET)
    counts_forecasts: bool = field(default=False, description=COUNTS)
    idempotency_key: str | None = field(
        default=None,
        description="A key of your own: the same key and input gives what was made the"
        " first time, and with another input an error.",
    )


@strawberry.input(description="What is changed of a connection; what is absent stays.")
class UpdateGlConnectionInput:
    connection_id: strawberry.ID = field(description=WHICH)
    name: str | None = field(default=None, description=NAME)
    year_end: str | None = field(default=None, description=YEAR_END)
    period_lock: Date | None = field(
        default=strawberry.UNSET, description=f"{PERIOD_LOCK}; null for none."
    )
    year_lock: Date | None = field(
        default=strawberry.UNSET, description=f"{YEAR_LOCK}; null for none."
    )
    takes_exports: list[CurrencyCode] | None = field(default=None, description=TAKES)
    accounts: GlAccountRolesInput | None = field(
        default=None, description="Accounts that synthetic journals post to."
    )
    budget_id: str | None = field(default=strawberry.UNSET, description=BUDGET)
    counts_forecasts: bool | None = field(default=None, description=COUNTS)
    expected_audit_record: BigInt | None = field(
        default=None, description=EXPECTED_RECORD
    )


@strawberry.input(description="A connection to remove.")
class RemoveGlConnectionInput:
    connection_id: strawberry.ID = field(description=WHICH)
    expected_audit_record: BigInt | None = field(
        default=None,
        description="The audit trail's last record when you looked: if the connection"
        " was changed since, it isn't removed, and a user error CONFLICT says so.",
    )


@strawberry.input(description="Settings of the dataset; what is absent stays.")
class UpdateGlDatasetInput:
    reporting_currency: CurrencyCode | None = field(
        default=strawberry.UNSET,
        description="The currency in which all connections are valued; null for the"
        " main connection's base currency.",
    )
    main_connection_id: strawberry.ID | None = field(
        default=None,
        description="The connection whose names of accounts stand where codes agree.",
    )
    expected_audit_record: BigInt | None = field(
        default=None, description=EXPECTED_RECORD
    )


@strawberry.type(description="What became of a connection.")
class GlConnectionPayload:
    connection: GlConnection | None = field(
        description="The connection as it is now; null with any user error."
    )
    user_errors: list[UserError] = field(description=ERRORS)


@strawberry.type(description="What became of a connection that was to be removed.")
class RemoveGlConnectionPayload:
    user_errors: list[UserError] = field(description=ERRORS)


@strawberry.type(description="What became of the dataset's settings.")
class GlDatasetPayload:
    dataset: GlDatasetSettings | None = field(
        description="The settings as they are now; null with any user error."
    )
    user_errors: list[UserError] = field(description=ERRORS)
