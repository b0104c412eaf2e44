"""The inputs and payloads of the mutations that change integrations and mappings."""

import strawberry

from daybook_graphql.approvals.types import REQUEST, ChangeRequest
from daybook_graphql.kit.scalars import Date
from daybook_graphql.kit.user_errors import UserError
from daybook_graphql.ledgers.enums import AccountRole
from daybook_graphql.mapping.enums import DateForm, IntegrationKind, SignPreset

LEDGER = "Of which ledger; absent for all of them."
ERRORS = "What is wrong with the input; then nothing was changed."
SYSTEM = "Which system."


@strawberry.input(
    description="How files for a system are made. What is absent stays as it is."
)
class UpdateIntegrationInput:
    integration: IntegrationKind = strawberry.field(description=SYSTEM)
    ledger_id: strawberry.ID | None = strawberry.field(default=None, description=LEDGER)
    is_enabled: bool | None = strawberry.field(
        default=None, description="Whether it is in use."
    )
    preset: SignPreset | None = strawberry.field(
        default=strawberry.UNSET,
        description="How Xero's amounts get their signs; null for none chosen.",
    )
    date_form: DateForm | None = strawberry.field(
        default=strawberry.UNSET,
        description="How its files write dates; null for the default, which may depend"
        " on the preset.",
    )
    closed_through: Date | None = strawberry.field(
        default=strawberry.UNSET,
        description="The last day that the target has closed; null for none.",
    )
    base_currency: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The ISO 4217 code of the currency in which the target keeps its"
        " books; null if it isn't to be said.",
    )


@strawberry.input(description="A field's value.")
class MappedFieldInput:
    name: str = strawberry.field(description="The field's name.")
    value: str = strawberry.field(description="Its value; empty for none.")


@strawberry.input(
    description="What the lines of an account get in a system; of all its lines, or of"
    " those of a product or of a category."
)
class SetAccountMappingInput:
    integration: IntegrationKind = strawberry.field(description=SYSTEM)
    role: AccountRole = strawberry.field(description="Which account.")
    fields: list[MappedFieldInput] = strawberry.field(
        description="All fields; an empty list ends the mapping. Account type and tax"
        " rate are taken from the imported chart of accounts where they are absent."
    )
    ledger_id: strawberry.ID | None = strawberry.field(default=None, description=LEDGER)
    product_id: strawberry.ID | None = strawberry.field(
        default=None, description="The product whose lines are meant."
    )
    category: str | None = strawberry.field(
        default=None, description="The category of products whose lines are meant."
    )


@strawberry.input(description="Mappings of a CSV file.")
class ImportAccountMappingsInput:
    integration: IntegrationKind = strawberry.field(description=SYSTEM)
    text: str = strawberry.field(
        description="The file's text: columns `currency`, `role`, `product`,"
        " `category`, and those of the system's fields. All of it is set or nothing."
    )


@strawberry.input(description="A target's chart of accounts.")
class ImportTargetAccountsInput:
    integration: IntegrationKind = strawberry.field(
        description="Which system; only Xero's chart can be imported."
    )
    text: str = strawberry.field(
        description="The text of the CSV file that Xero exports."
    )
    ledger_id: strawberry.ID | None = strawberry.field(default=None, description=LEDGER)


@strawberry.type(description="What became of a change of integrations or mappings.")
class MappingPayload:
    changed_count: int = strawberry.field(
        description="How many ledgers, mappings or accounts were changed."
    )
    request: ChangeRequest | None = strawberry.field(description=REQUEST)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)
