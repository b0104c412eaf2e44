"""The mutations that add, change and remove connections, and change their dataset."""

from typing import Annotated, Any

import strawberry

from daybook.audit.expecting import EXPECTED
from daybook.connections.commands import (
    Author,
    add_connection,
    remove_connection,
    update_connection,
    update_dataset,
)
from daybook.connections.rules import (
    AccountRole,
    ConnectionPatch,
    ConnectionSettings,
    YearEnd,
    connection_refused,
    parse_year_end,
)
from daybook.errors import Rejected, quoted
from daybook.patches import UNSET
from daybook_graphql.context import Context, Info
from daybook_graphql.general_ledger.ids import GlConnectionId
from daybook_graphql.general_ledger.inputs import (
    AddGlConnectionInput,
    GlAccountRolesInput,
    GlConnectionPayload,
    GlDatasetPayload,
    RemoveGlConnectionInput,
    RemoveGlConnectionPayload,
    UpdateGlConnectionInput,
    UpdateGlDatasetInput,
)
from daybook_graphql.general_ledger.queries import connection_at, dataset_of
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.permissions import CLOSE, needs
from daybook_graphql.kit.user_errors import UserError, errors_of

argument = strawberry.argument
FIELDS = {
    "id": "connectionId",
    "budget": "budgetId",
    EXPECTED: "expectedAuditRecord",
}
"""Input fields, by the domain's names for them."""
FIELDS_OF_DATASET = {
    "id": "mainConnectionId",
    "mainConnection": "mainConnectionId",
    EXPECTED: "expectedAuditRecord",
}
"""The same for the dataset's settings."""


@strawberry.type
class GlConnectionMutations:
    @strawberry.mutation(
        description="Add a connection to an organisation in Xero. The first one is the"
        " main one.",
        metadata=needs(CLOSE),
    )
    async def add_gl_connection(
        self,
        info: Info,
        input: Annotated[AddGlConnectionInput, argument(description="Which.")],
    ) -> GlConnectionPayload:
        context = info.context
        try:
            number = await add_connection(
                context.database,
                _author(context),
                ConnectionSettings(
                    input.name,
                    _year_end(input.year_end),
                    input.period_lock,
                    input.year_lock,
                    tuple(input.takes_exports),
                    {role: id_ for role, id_ in _roles(input.accounts).items() if id_},
                    input.budget_id,
                    input.counts_forecasts,
                ),
                base_currency=input.base_currency,
                is_main=input.is_main,
                idempotency_key=input.idempotency_key,
            )
        except Rejected as rejected:
            return GlConnectionPayload(connection=None, user_errors=_errors(rejected))
        connection = await connection_at(context, number)
        return GlConnectionPayload(connection=connection, user_errors=[])

    @strawberry.mutation(
        description="Change a connection's settings. What is so already changes"
        " nothing.",
        metadata=needs(CLOSE),
    )
    async def update_gl_connection(
        self,
        info: Info,
        input: Annotated[UpdateGlConnectionInput, argument(description="What to set.")],
    ) -> GlConnectionPayload:
        context, number = info.context, _number(input.connection_id, "connectionId")
        try:
            await update_connection(
                context.database,
                _author(context),
                number,
                _patch(input),
                expected=input.expected_audit_record,
            )
        except Rejected as rejected:
            return GlConnectionPayload(connection=None, user_errors=_errors(rejected))
        connection = await connection_at(context, number)
        return GlConnectionPayload(connection=connection, user_errors=[])

    @strawberry.mutation(
        description="Remove a connection from the dataset. What came in is kept, for"
        " the audit trail. The main one is removed last.",
        metadata=needs(CLOSE),
    )
    async def remove_gl_connection(
        self,
        info: Info,
        input: Annotated[RemoveGlConnectionInput, argument(description="Which.")],
    ) -> RemoveGlConnectionPayload:
        context, number = info.context, _number(input.connection_id, "connectionId")
        try:
            await remove_connection(
                context.database,
                _author(context),
                number,
                expected=input.expected_audit_record,
            )
        except Rejected as rejected:
            return RemoveGlConnectionPayload(user_errors=_errors(rejected))
        return RemoveGlConnectionPayload(user_errors=[])

    @strawberry.mutation(
        description="Set the dataset's currency, or its main connection. What is so"
        " already changes nothing.",
        metadata=needs(CLOSE),
    )
    async def update_gl_dataset(
        self,
        info: Info,
        input: Annotated[UpdateGlDatasetInput, argument(description="What to set.")],
    ) -> GlDatasetPayload:
        context, main_id = info.context, input.main_connection_id
        currency = input.reporting_currency
        try:
            await update_dataset(
                context.database,
                _author(context),
                reporting=UNSET if currency is strawberry.UNSET else currency,
                main=UNSET if main_id is None else _number(main_id, "mainConnectionId"),
                expected=input.expected_audit_record,
            )
        except Rejected as rejected:
            errors = errors_of(rejected.problems, FIELDS_OF_DATASET)
            return GlDatasetPayload(dataset=None, user_errors=errors)
        return GlDatasetPayload(dataset=await dataset_of(context), user_errors=[])


def _author(context: Context) -> Author:
    return Author(context.organisation_id, context.made_by, context.now)


def _number(connection_id: strawberry.ID, name: str) -> int:
    return expect(connection_id, GlConnectionId, f"input.{name}").number


def _year_end(text: str) -> YearEnd:
    try:
        return parse_year_end(text)
    except ValueError:
        message = f"{quoted(text)} is not a day MM-DD, such as 03-31"
        raise connection_refused(message, "yearEnd") from None


def _roles(accounts: GlAccountRolesInput | None) -> dict[AccountRole, str]:
    """The accounts that are given; the empty ID takes one away."""
    if accounts is None:
        return {}
    return {
        role: getattr(accounts, role.value) or ""
        for role in AccountRole
        if getattr(accounts, role.value) is not strawberry.UNSET
    }


def _patch(input: UpdateGlConnectionInput) -> ConnectionPatch:
    """The changes of the given fields; null is a value of locks and the budget."""
    changes: dict[str, Any] = {"accounts": _roles(input.accounts)}
    for name in ("period_lock", "year_lock", "budget_id"):
        given = getattr(input, name)
        if given is not strawberry.UNSET:
            changes[name] = given
    for name in ("name", "counts_forecasts"):
        given = getattr(input, name)
        if given is not None:
            changes[name] = given
    if input.year_end is not None:
        changes["year_end"] = _year_end(input.year_end)
    if input.takes_exports is not None:
        changes["takes_exports"] = tuple(input.takes_exports)
    return ConnectionPatch(**changes)


def _errors(rejected: Rejected) -> list[UserError]:
    errors = errors_of(rejected.problems, FIELDS)
    for error in errors:  # `accounts.tax` is a field within a field
        error.path = [name for part in error.path for name in part.split(".")]
    return errors
