"""Reading nodes by their ids, a type at a time, for `node` and `nodes`.

Each feature lists its `NodeKind`s as `NODES` beside its queries.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple, TypeAlias

from daybook.access.rules import Permission
from daybook.db.engine import ReadSession
from daybook.ledger.pins import Pin
from daybook_graphql.context import Context
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.ids import NodeId
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.permissions import READ

Found: TypeAlias = dict[NodeId, Node]


class NodeReader(NamedTuple):
    """The sources that the nodes of one field are read from.

    Each type opens a session of its own, and holds none while it awaits a loader, which
    opens another: all could wait for the last connection.
    """

    context: Context
    organisation_id: int
    pins: Mapping[str, Pin]
    selected: Selected

    def reads(self) -> AbstractAsyncContextManager[ReadSession]:
        """A session that reads by pins."""
        return self.context.database.pinned_reads()

    def by_ledger(self, ids: Sequence[Any]) -> Iterator[tuple[Pin, list[Any]]]:
        """The ids that have a currency, by the ledgers that there are."""
        for currency, pin in self.pins.items():
            of_ledger = [id_ for id_ in ids if id_.currency == currency]
            if of_ledger:
                yield pin, of_ledger


class NodeKind(NamedTuple):
    """A type of nodes: its ids, what reads them, and the permission they need."""

    id_type: type[NodeId]
    read: Callable[[NodeReader, Any], Awaitable[Found]]
    needs: Permission = READ
