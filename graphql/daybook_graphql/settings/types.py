"""The inputs and payloads of the mutations that change locks and settings."""

import strawberry

from daybook_graphql.approvals.types import REQUEST, ChangeRequest
from daybook_graphql.kit.expected import EXPECTED_RECORD
from daybook_graphql.kit.scalars import BigInt, Date
from daybook_graphql.kit.user_errors import UserError
from daybook_graphql.ledgers.enums import (
    AccountRole,
    AllocationStrategy,
    LockMethod,
    UndatedLines,
)
from daybook_graphql.ledgers.locks import LockChange
from daybook_graphql.ledgers.types import Ledger
from daybook_graphql.parties.enums import RecognitionMethod

LEDGER = "The ledger as it is now; null with any user error."
ERRORS = "What is wrong with the input; then nothing was changed."


@strawberry.input(description="How a ledger's periods are locked.")
class SetLockInput:
    ledger_id: strawberry.ID = strawberry.field(description="Which ledger.")
    method: LockMethod = strawberry.field(description="What the lock goes by.")
    locked_through: Date | None = strawberry.field(
        default=None,
        description="The last locked day; absent to unlock. `ACCOUNTING_DATE` takes"
        " none.",
    )
    reason: str | None = strawberry.field(
        default=None,
        description="Why, in one line; needed for what opens days: an earlier date or"
        " none, a change from a date to `ACCOUNTING_DATE`, and any change from"
        " `ACCOUNTING_DATE`. From unlocked to `ACCOUNTING_DATE` it needs none. The"
        " audit trail keeps it.",
    )
    confirm_future: bool = strawberry.field(
        default=False,
        description="Whether days past the end of the present month may be locked.",
    )
    expected_audit_record: BigInt | None = strawberry.field(
        default=None,
        description="The audit trail's last record before `lockChange` was read. If"
        " anything was recorded since, nothing is locked, and a user error CONFLICT"
        " says so.",
    )


@strawberry.type(description="What became of a lock.")
class SetLockPayload:
    ledger: Ledger | None = strawberry.field(description=LEDGER)
    change: LockChange | None = strawberry.field(
        description="What it opened or closed; null with any user error."
    )
    recording: BigInt | None = strawberry.field(
        description="The recording that made it so; null where the lock is as before,"
        " and with any user error."
    )
    request: ChangeRequest | None = strawberry.field(description=REQUEST)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.input(description="A ledger's settings. What is absent stays as it is.")
class UpdateSettingsInput:
    ledger_id: strawberry.ID = strawberry.field(description="Which ledger.")
    default_method: RecognitionMethod | None = strawberry.field(
        default=None,
        description="How a line is recognized where neither it nor its product says.",
    )
    default_strategy: AllocationStrategy | None = strawberry.field(
        default=None,
        description="How a straight-line total goes to months where its line says"
        " nothing.",
    )
    recognizes_breakage: bool | None = strawberry.field(
        default=None,
        description="Whether what is left of a credit grant is recognized when it"
        " expires.",
    )
    undated_lines: UndatedLines | None = strawberry.field(
        default=None,
        description="What becomes of a line without the service period that its method"
        " needs.",
    )
    expected_audit_record: BigInt | None = strawberry.field(
        default=None, description=EXPECTED_RECORD
    )


@strawberry.type(description="What became of a ledger's settings.")
class UpdateSettingsPayload:
    ledger: Ledger | None = strawberry.field(description=LEDGER)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.input(description="How a product's lines are recognized.")
class SetProductMethodInput:
    product_id: strawberry.ID = strawberry.field(description="Which product.")
    method: RecognitionMethod | None = strawberry.field(
        default=None,
        description="Where a line doesn't say; absent to leave it to the ledger.",
    )
    expected_audit_record: BigInt | None = strawberry.field(
        default=None, description=EXPECTED_RECORD
    )


@strawberry.type(description="What became of a product's method.")
class SetProductMethodPayload:
    method: RecognitionMethod | None = strawberry.field(
        description="The product's method now; null if it has none of its own, and with"
        " any user error."
    )
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.input(
    description="What an account is called, or its sub-account for a product or for a"
    " category of products."
)
class RenameAccountInput:
    ledger_id: strawberry.ID = strawberry.field(description="Of which ledger.")
    role: AccountRole = strawberry.field(description="Which account.")
    name: str = strawberry.field(
        description="Its name; empty to end a sub-account, or to give an account the"
        " name that it had at first."
    )
    code: str | None = strawberry.field(
        default=None, description="Its code in the general ledger, if it has one."
    )
    product_id: strawberry.ID | None = strawberry.field(
        default=None, description="The product whose sub-account is named."
    )
    category: str | None = strawberry.field(
        default=None, description="The category whose sub-account is named."
    )
    expected_audit_record: BigInt | None = strawberry.field(
        default=None, description=EXPECTED_RECORD
    )


@strawberry.type(description="What became of an account's name.")
class RenameAccountPayload:
    ledger: Ledger | None = strawberry.field(description=LEDGER)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)
