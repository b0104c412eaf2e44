"""`node` and `nodes`: objects of any type by their ids, read together by type."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import strawberry

from daybook_graphql.access.queries import NODES as ACCESS
from daybook_graphql.adjustments.queries import NODES as ADJUSTMENTS
from daybook_graphql.approvals.queries import NODES as APPROVALS
from daybook_graphql.context import Info
from daybook_graphql.documents.queries import NODES as DOCUMENTS
from daybook_graphql.evidence.queries import NODES as EVIDENCE
from daybook_graphql.execution.node_readers import Found, NodeKind, NodeReader
from daybook_graphql.execution.selected import Selected
from daybook_graphql.exports.queries import NODES as EXPORTS
from daybook_graphql.general_ledger.queries import NODES as GENERAL_LEDGER
from daybook_graphql.general_ledger.refreshes import NODES as GL_REFRESHES
from daybook_graphql.journals.queries import NODES as JOURNALS
from daybook_graphql.kit.errors import ErrorCode, failure
from daybook_graphql.kit.ids import NodeId, decode
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.paging import SIZE_MAX
from daybook_graphql.kit.permissions import READ, check, needs
from daybook_graphql.ledgers.queries import NODES as LEDGERS
from daybook_graphql.mail.queries import NODES as MAIL
from daybook_graphql.parties.queries import NODES as PARTIES
from daybook_graphql.recurring.queries import NODES as RECURRENCES
from daybook_graphql.saved_filters.queries import NODES as SAVED_FILTERS
from daybook_graphql.webhooks.queries import NODES as WEBHOOKS

NODES: Mapping[type[NodeId], NodeKind] = {
    kind.id_type: kind
    for kind in (
        *(*ACCESS, *LEDGERS, *PARTIES, *DOCUMENTS, *JOURNALS, *EXPORTS),
        *(*EVIDENCE, *ADJUSTMENTS, *APPROVALS, *RECURRENCES, *WEBHOOKS),
        *(*MAIL, *SAVED_FILTERS, *GENERAL_LEDGER, *GL_REFRESHES),
    )
}
"""What the features declare, by the types of ids."""


@strawberry.type
class NodeQueries:
    @strawberry.field(
        description="Any object by its id; null if there is none.", metadata=needs(READ)
    )
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],
    ) -> Node | None:
        return (await _load(info, [decode(id)]))[0]

    @strawberry.field(
        description="Objects by their ids, in their order; null where there is none.",
        metadata=needs(READ),
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID],
            strawberry.argument(description=f"Their ids, at most {SIZE_MAX}."),
        ],
    ) -> list[Node | None]:
        if len(ids) > SIZE_MAX:
            message = f"ids: at most {SIZE_MAX} at once, not {len(ids)}"
            raise failure(ErrorCode.TOO_LARGE, message, "ids")
        return await _load(
            info, [decode(text, f"ids.{index}") for index, text in enumerate(ids)]
        )


async def _load(info: Info, ids: Sequence[NodeId]) -> list[Node | None]:
    by_type: dict[type[NodeId], list[Any]] = defaultdict(list)
    for id_ in ids:
        check(info.context.caller, "id", NODES[type(id_)].needs)
        by_type[type(id_)].append(id_)
    reader = NodeReader(
        info.context,
        info.context.organisation_id,
        await info.context.pins(),
        Selected.of(info),
    )
    # By type, since ids of different types are equal where they hold the same.
    found: dict[type[NodeId], Found] = {
        id_type: await NODES[id_type].read(reader, of_type)
        for id_type, of_type in by_type.items()
    }
    return [found[type(id_)].get(id_) for id_ in ids]
