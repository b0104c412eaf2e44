"""The mutations that connect to Xero, fetch what is new there, and disconnect."""

from typing import Annotated

import strawberry

from daybook.addresses import is_site
from daybook.connections.commands import Author
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.gl.live.app import CALLBACK
from daybook.gl.live.connecting import (
    begin_connecting,
    disconnect,
    finish_connecting,
    sync_connection,
)
from daybook.server_address import find_address
from daybook_graphql.context import Context, Info
from daybook_graphql.general_ledger.ids import GlConnectionId
from daybook_graphql.general_ledger.inputs import ERRORS, WHICH, GlConnectionPayload
from daybook_graphql.general_ledger.queries import connection_at
from daybook_graphql.general_ledger.types import GlConnection
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.permissions import ADMINISTER, RECORD, needs
from daybook_graphql.kit.user_errors import UserError, errors_of

argument = strawberry.argument
field = strawberry.field


@strawberry.input(description="A connection to connect to Xero.")
class ConnectGlInput:
    connection_id: strawberry.ID = field(description=WHICH)
    site: str | None = field(
        default=None,
        description="The address of this server as the admin's browser has it, such as"
        " `https://books.example.com`; absent for that of its settings.",
    )


@strawberry.input(description="What an admin comes back with from Xero.")
class FinishConnectGlInput:
    state: str = field(description="The state that they were sent with; it works once.")
    code: str = field(description="Xero's code.")


@strawberry.input(description="A connection to disconnect from Xero.")
class DisconnectGlInput:
    connection_id: strawberry.ID = field(description=WHICH)


@strawberry.input(description="A connection whose news are fetched.")
class SyncGlInput:
    connection_id: strawberry.ID = field(description=WHICH)


@strawberry.type(description="Where an admin goes to connect.")
class ConnectGlPayload:
    address: str | None = field(
        description="An address of Xero, for the admin's browser, which must be signed"
        " in here as the one who asked: Xero leads it back within ten minutes. Null"
        " with any user error."
    )
    user_errors: list[UserError] = field(description=ERRORS)


@strawberry.type(description="What became of a connection that was disconnected.")
class DisconnectGlPayload:
    connection: GlConnection | None = field(
        description="The connection as it is now; null with any user error."
    )
    left_in_xero: str | None = field(
        description="Why Xero couldn't be told, so that Daybook stays among its"
        " connected apps until it is disconnected there, too; null if Xero was told."
    )
    user_errors: list[UserError] = field(description=ERRORS)


@strawberry.type
class GlLiveMutations:
    @strawberry.mutation(
        description="Begin to connect a connection to an organisation in Xero: an admin"
        " allows it there.",
        metadata=needs(ADMINISTER),
    )
    async def connect_gl(
        self, info: Info, input: Annotated[ConnectGlInput, argument(description="It.")]
    ) -> ConnectGlPayload:
        context, number = info.context, _number(input.connection_id)
        try:
            callback = f"{_site(context, input.site)}{CALLBACK}"
            address = await begin_connecting(
                context.database,
                context.settings,
                _author(context),
                number,
                callback,
            )
        except Rejected as rejected:
            return ConnectGlPayload(address=None, user_errors=_errors(rejected))
        return ConnectGlPayload(address=address, user_errors=[])

    @strawberry.mutation(
        description="Connect a connection with what an admin came back with from Xero."
        " What is new there is fetched by `syncGl`.",
        metadata=needs(ADMINISTER),
    )
    async def finish_connect_gl(
        self,
        info: Info,
        input: Annotated[FinishConnectGlInput, argument(description="It.")],
    ) -> GlConnectionPayload:
        context = info.context
        try:
            number = await finish_connecting(
                context.database,
                context.settings,
                _author(context),
                input.state,
                input.code,
            )
        except Rejected as rejected:
            return GlConnectionPayload(connection=None, user_errors=_errors(rejected))
        return await _changed(context, number)

    @strawberry.mutation(
        description="Forget what Xero gave for a connection, end its sync, and"
        " disconnect it in Xero. What came in is kept.",
        metadata=needs(ADMINISTER),
    )
    async def disconnect_gl(
        self,
        info: Info,
        input: Annotated[DisconnectGlInput, argument(description="It.")],
    ) -> DisconnectGlPayload:
        context, number = info.context, _number(input.connection_id)
        try:
            left = await disconnect(
                context.database, context.settings, _author(context), number
            )
        except Rejected as rejected:
            return DisconnectGlPayload(
                connection=None, left_in_xero=None, user_errors=_errors(rejected)
            )
        return DisconnectGlPayload(
            connection=await connection_at(context, number),
            left_in_xero=left,
            user_errors=[],
        )

    @strawberry.mutation(
        description="Fetch what is new from Xero, and refresh the dataset with it: a"
        " server does it, and `GlConnection.live` says how far it is. A sync that is"
        " under way goes on, so it needs no idempotency key.",
        metadata=needs(RECORD),
    )
    async def sync_gl(
        self, info: Info, input: Annotated[SyncGlInput, argument(description="It.")]
    ) -> GlConnectionPayload:
        context, number = info.context, _number(input.connection_id)
        try:
            await sync_connection(
                context.database, context.settings, _author(context), number
            )
        except Rejected as rejected:
            return GlConnectionPayload(connection=None, user_errors=_errors(rejected))
        return await _changed(context, number)


def _site(context: Context, site: str | None) -> str:
    """The address that Xero leads back to; raises Rejected if none is known.

    Where the operator named a public address, it is that.
    """
    found = context.settings.public_url or site or find_address(context.settings)
    if not found:
        message = "say which address the browser has, or set DAYBOOK_PUBLIC_URL"
        raise Rejected([Problem(ProblemCode.MISSING, message, ("site",))])
    if not is_site(found):
        message = "a site is scheme and host alone, such as https://books.example.com"
        raise Rejected([Problem(ProblemCode.INVALID_VALUE, message, ("site",))])
    return found.rstrip("/")


def _author(context: Context) -> Author:
    return Author(context.organisation_id, context.made_by, context.now)


def _number(connection_id: strawberry.ID) -> int:
    return expect(connection_id, GlConnectionId, "input.connectionId").number


async def _changed(context: Context, number: int) -> GlConnectionPayload:
    connection = await connection_at(context, number)
    return GlConnectionPayload(connection=connection, user_errors=[])


def _errors(rejected: Rejected) -> list[UserError]:
    return errors_of(rejected.problems, {"id": "connectionId"})
