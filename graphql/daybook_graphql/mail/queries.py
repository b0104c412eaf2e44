"""The queries `mailMessages` and `mailPreferences`, and messages by their ids."""

from collections.abc import Sequence

import strawberry

from daybook.access.mail_preferences import mail_preferences_of
from daybook.mail.models import MailMessage as StoredMessage
from daybook.mail.queries import count_messages, find_messages, messages_by_number
from daybook.mail.recipients import addresses_in
from daybook_graphql.context import Context, Info
from daybook_graphql.execution.node_readers import Found, NodeKind, NodeReader
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.connections import Connection, connection_of
from daybook_graphql.kit.paging import After, Before, First, Last, page_request
from daybook_graphql.kit.permissions import ADMINISTER, READ, needs
from daybook_graphql.mail.ids import MailMessageId
from daybook_graphql.mail.types import (
    MailMessage,
    MailPreferences,
    message_of,
    preferences_of,
)


@strawberry.type
class MailQueries:
    @strawberry.field(
        description="The organisation's messages by mail, newest first.",
        metadata=needs(ADMINISTER),
    )
    async def mail_messages(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[MailMessage]:
        request = page_request(1, first=first, after=after, last=last, before=before)
        organisation_id = info.context.organisation_id
        async with info.context.database.runtime.reads() as session:
            page = await find_messages(session, organisation_id, request)
            total = 0
            if "totalCount" in Selected.of(info):
                total = await count_messages(session, organisation_id)
        nodes = await shown(info.context, page.items)
        return connection_of(page, nodes, lambda row: (row.number,), total)

    @strawberry.field(
        description="Which mail you want; null for an API key, which gets none.",
        metadata=needs(READ),
    )
    async def mail_preferences(self, info: Info) -> MailPreferences | None:
        user_id = info.context.caller.user_id
        if user_id is None:
            return None
        return preferences_of(await mail_preferences_of(info.context.database, user_id))


async def shown(context: Context, rows: Sequence[StoredMessage]) -> list[MailMessage]:
    """Stored messages as the schema shows them, with the members' addresses."""
    user_ids = {row.user_id for row in rows}
    addresses = await addresses_in(context.database, context.organisation_id, user_ids)
    return [message_of(row, addresses.get(row.user_id)) for row in rows]


async def _read_messages(reader: NodeReader, ids: Sequence[MailMessageId]) -> Found:
    numbers = {id_.number for id_ in ids}
    async with reader.context.database.runtime.reads() as session:
        rows = await messages_by_number(session, reader.organisation_id, numbers)
    nodes = await shown(reader.context, rows)
    return {MailMessageId(node.number): node for node in nodes}


NODES = (NodeKind(MailMessageId, _read_messages, ADMINISTER),)
