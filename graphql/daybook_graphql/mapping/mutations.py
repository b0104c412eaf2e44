"""The mutations that change integrations, mappings and charts of accounts."""

from collections.abc import Awaitable
from typing import Annotated, Any

import strawberry

from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.mapping.commands import (
    Mapped,
    import_chart,
    update_integration,
)
from daybook.exports.mapping.csv_files import read_mappings, read_xero_chart
from daybook.exports.mapping.forms import DateForm, Integration, Preset
from daybook.exports.mapping.mapping_changes import set_mapping, set_mappings
from daybook.exports.mapping.rules import SettingsPatch
from daybook.ledger.rules import Role
from daybook_graphql.approvals.queries import requested_instead
from daybook_graphql.context import Context, Info
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.permissions import CLOSE, needs
from daybook_graphql.kit.user_errors import errors_of
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.mapping.inputs import (
    ImportAccountMappingsInput,
    ImportTargetAccountsInput,
    MappingPayload,
    SetAccountMappingInput,
    UpdateIntegrationInput,
)
from daybook_graphql.parties.scopes import named_scope

FIELDS = {
    "currency": "ledgerId",
    "date_form": "dateForm",
    "closed_through": "closedThrough",
    "base_currency": "baseCurrency",
    "scope": "category",
}
"""Input fields, by the domain's names for them."""

argument = strawberry.argument


@strawberry.type
class MappingMutations:
    @strawberry.mutation(
        description="Enable or disable a system, or change how its files are made."
        " Exports as of earlier are made as they were.",
        metadata=needs(CLOSE),
    )
    async def update_integration(
        self,
        info: Info,
        input: Annotated[UpdateIntegrationInput, argument(description="What to set.")],
    ) -> MappingPayload:
        context = info.context
        changing = update_integration(
            context.database,
            context.organisation_id,
            _currency(input.ledger_id),
            Integration[input.integration.name],
            _patch(input),
            now=context.now,
            made_by=context.made_by,
        )
        return await _payload(context, changing)

    @strawberry.mutation(
        description="Map an account to one of a system, for all its lines, or for those"
        " of a product or a category. Exports as of earlier keep what they had.",
        metadata=needs(CLOSE),
    )
    async def set_account_mapping(
        self,
        info: Info,
        input: Annotated[SetAccountMappingInput, argument(description="Which.")],
    ) -> MappingPayload:
        context = info.context

        async def work() -> Mapped:
            return await set_mapping(
                context.database,
                context.organisation_id,
                _currency(input.ledger_id),
                Integration[input.integration.name],
                role=Role[input.role.name],
                scope=named_scope(input.product_id, input.category),
                fields={field.name: field.value for field in input.fields},
                now=context.now,
                made_by=context.made_by,
            )

        return await _payload(context, work())

    @strawberry.mutation(
        description="Set the mappings of a CSV file, all or none; others stay.",
        metadata=needs(CLOSE),
    )
    async def import_account_mappings(
        self,
        info: Info,
        input: Annotated[ImportAccountMappingsInput, argument(description="Which.")],
    ) -> MappingPayload:
        context, integration = info.context, Integration[input.integration.name]

        async def work() -> Mapped:
            return await set_mappings(
                context.database,
                context.organisation_id,
                integration,
                read_mappings(integration, input.text),
                now=context.now,
                made_by=context.made_by,
            )

        return await _payload(context, work())

    @strawberry.mutation(
        description="Replace the accounts that mappings can choose from with those of"
        " the target's chart of accounts. Mappings stay as they are.",
        metadata=needs(CLOSE),
    )
    async def import_target_accounts(
        self,
        info: Info,
        input: Annotated[ImportTargetAccountsInput, argument(description="Which.")],
    ) -> MappingPayload:
        context, integration = info.context, Integration[input.integration.name]

        async def work() -> Mapped:
            if integration is not Integration.XERO:
                message = "only Xero's chart of accounts can be imported"
                problem = Problem(ProblemCode.UNSUPPORTED, message, ("integration",))
                raise Rejected([problem])
            return await import_chart(
                context.database,
                context.organisation_id,
                _currency(input.ledger_id),
                integration,
                read_xero_chart(input.text),
                now=context.now,
                made_by=context.made_by,
            )

        return await _payload(context, work())


async def _payload(context: Context, changing: Awaitable[Mapped]) -> MappingPayload:
    """The payload of a change, or what is wrong with it."""
    try:
        mapped = await changing
    except Rejected as rejected:
        return MappingPayload(
            changed_count=0,
            request=await requested_instead(context, rejected),
            user_errors=errors_of(rejected.problems, FIELDS),
        )
    return MappingPayload(changed_count=mapped.changed, request=None, user_errors=[])


def _currency(ledger_id: str | None) -> str | None:
    if ledger_id is None:
        return None
    return expect(ledger_id, LedgerId, "input.ledgerId").currency


def _patch(input: UpdateIntegrationInput) -> SettingsPatch:
    """The changes of the given fields; null is a value, except of `isEnabled`."""
    changes: dict[str, Any] = {}
    if input.is_enabled is not None:
        changes["is_enabled"] = input.is_enabled
    for name, kind in (("preset", Preset), ("date_form", DateForm)):
        given = getattr(input, name)
        if given is not strawberry.UNSET:
            changes[name] = None if given is None else kind[given.name]
    for name in ("closed_through", "base_currency"):
        given = getattr(input, name)
        if given is not strawberry.UNSET:
            changes[name] = given
    return SettingsPatch(**changes)
