"""The mutations `setLock`, `updateSettings`, `setProductMethod`, `renameAccount`."""

from typing import Annotated

import strawberry

from daybook.audit.expecting import EXPECTED
from daybook.configuration.commands import (
    rename_account,
    set_lock,
    set_product_method,
    update_settings,
)
from daybook.errors import Rejected
from daybook.ledger.rules import (
    LockMethod,
    Role,
    UndatedLines,
)
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Method
from daybook_graphql.approvals.queries import requested_instead
from daybook_graphql.context import Context, Info
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.permissions import CLOSE, needs
from daybook_graphql.kit.scalars import BigInt
from daybook_graphql.kit.user_errors import UserError, errors_of
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.ledgers.loaders import account_names
from daybook_graphql.ledgers.locks import lock_change_of
from daybook_graphql.ledgers.types import Ledger, ledger_of
from daybook_graphql.parties.ids import ProductId
from daybook_graphql.parties.scopes import named_scope
from daybook_graphql.settings.types import (
    RenameAccountInput,
    RenameAccountPayload,
    SetLockInput,
    SetLockPayload,
    SetProductMethodInput,
    SetProductMethodPayload,
    UpdateSettingsInput,
    UpdateSettingsPayload,
)

FIELDS = {
    "currency": "ledgerId",
    "scope": "category",
    EXPECTED: "expectedAuditRecord",
}
"""Input fields, by the domain's names for them."""

FIELDS_OF_SETTINGS = {
    "method": "defaultMethod",
    "strategy": "defaultStrategy",
    "breakage": "recognizesBreakage",
}
"""The same for a ledger's settings."""

argument = strawberry.argument


@strawberry.type
class SettingsMutations:
    @strawberry.mutation(
        description="Lock a ledger's periods, forward or back, or unlock them. It acts"
        " on what is recorded from now on: that posts on the first open day at the"
        " earliest. What is set already changes nothing. `Ledger.lockChange` shows what"
        " it would open or close. While four eyes is on, what opens days is only"
        " requested.",
        metadata=needs(CLOSE),
    )
    async def set_lock(
        self,
        info: Info,
        input: Annotated[SetLockInput, argument(description="Which lock.")],
    ) -> SetLockPayload:
        context, currency = info.context, _currency(input.ledger_id)
        try:
            locked = await set_lock(
                context.database,
                context.organisation_id,
                currency,
                method=LockMethod[input.method.name],
                locked_through=input.locked_through,
                reason=input.reason,
                is_confirmed=input.confirm_future,
                expected=input.expected_audit_record,
                now=context.now,
                made_by=context.made_by,
            )
        except Rejected as rejected:
            return SetLockPayload(
                ledger=None,
                change=None,
                recording=None,
                request=await requested_instead(context, rejected),
                user_errors=_errors(rejected),
            )
        ledger = await _ledger(context, currency)
        names = await account_names(context).load(ledger.pin)
        return SetLockPayload(
            ledger=ledger,
            change=lock_change_of(ledger.pin, names, locked.change),
            recording=None if locked.recording is None else BigInt(locked.recording),
            request=None,
            user_errors=[],
        )

    @strawberry.mutation(
        description="Change how a ledger recognizes what documents and products leave"
        " open. It acts on what is recorded from now on.",
        metadata=needs(CLOSE),
    )
    async def update_settings(
        self,
        info: Info,
        input: Annotated[UpdateSettingsInput, argument(description="What to set.")],
    ) -> UpdateSettingsPayload:
        context, currency = info.context, _currency(input.ledger_id)
        method, strategy = input.default_method, input.default_strategy
        undated = input.undated_lines
        try:
            await update_settings(
                context.database,
                context.organisation_id,
                currency,
                method=Method[method.name] if method else None,
                strategy=Strategy[strategy.name] if strategy else None,
                breakage=input.recognizes_breakage,
                undated_lines=UndatedLines[undated.name] if undated else None,
                expected=input.expected_audit_record,
                now=context.now,
                made_by=context.made_by,
            )
        except Rejected as rejected:
            errors = errors_of(rejected.problems, FIELDS | FIELDS_OF_SETTINGS)
            return UpdateSettingsPayload(ledger=None, user_errors=errors)
        return UpdateSettingsPayload(
            ledger=await _ledger(context, currency), user_errors=[]
        )

    @strawberry.mutation(
        description="Set how a product's lines are recognized where they don't say. It"
        " acts on what is recorded from now on.",
        metadata=needs(CLOSE),
    )
    async def set_product_method(
        self,
        info: Info,
        input: Annotated[SetProductMethodInput, argument(description="Which method.")],
    ) -> SetProductMethodPayload:
        context, method = info.context, input.method
        try:
            await set_product_method(
                context.database,
                context.organisation_id,
                expect(input.product_id, ProductId, "input.productId").external_id,
                method=Method[method.name] if method else None,
                expected=input.expected_audit_record,
                now=context.now,
                made_by=context.made_by,
            )
        except Rejected as rejected:
            return SetProductMethodPayload(method=None, user_errors=_errors(rejected))
        return SetProductMethodPayload(method=method, user_errors=[])

    @strawberry.mutation(
        description="Name an account, or its sub-account for a product or a category."
        " Reports and exports as of earlier keep the names that were.",
        metadata=needs(CLOSE),
    )
    async def rename_account(
        self,
        info: Info,
        input: Annotated[RenameAccountInput, argument(description="Which name.")],
    ) -> RenameAccountPayload:
        context, currency = info.context, _currency(input.ledger_id)
        try:
            await rename_account(
                context.database,
                context.organisation_id,
                currency,
                role=Role[input.role.name],
                scope=named_scope(input.product_id, input.category),
                name=input.name,
                code=input.code,
                expected=input.expected_audit_record,
                now=context.now,
                made_by=context.made_by,
            )
        except Rejected as rejected:
            return RenameAccountPayload(ledger=None, user_errors=_errors(rejected))
        return RenameAccountPayload(
            ledger=await _ledger(context, currency), user_errors=[]
        )


def _currency(ledger_id: str) -> str:
    return expect(ledger_id, LedgerId, "input.ledgerId").currency


async def _ledger(context: Context, currency: str) -> Ledger:
    return ledger_of((await context.pins_after_a_write())[currency])


def _errors(rejected: Rejected) -> list[UserError]:
    return errors_of(rejected.problems, FIELDS)
