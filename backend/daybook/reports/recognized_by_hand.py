"""What manual journals recognized of milestones, which recognize all of it once more.

A manual journal changes no schedule (domain rule 9). One that adjusts a journal counts
for the milestones of that journal's document, any other for those of its customer and
product: the open ones first, in the order of recording, then the reached ones.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Select, and_, case, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daybook.adjustments.models import ManualDocument, ManualJournal
from daybook.db.lists import rows_in_lists, scalars_in_lists
from daybook.documents.models import StoredDocument
from daybook.ledger.amount_conditions import in_force
from daybook.ledger.column_conditions import is_between, is_manual
from daybook.ledger.models import Journal, JournalMovement
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.reports.open_milestones import OpenMilestone, select_milestones
from daybook.reports.revenue_sql import (
    CREDIT_PRODUCT,
    DEBIT_PRODUCT,
    STANDALONE,
    is_movement_of_journal,
    net_debit,
)

_AnySelect: TypeAlias = Select[*tuple[Any, ...]]
MilestoneKey: TypeAlias = tuple[int, int]
"""The schedule of a milestone, and its position there."""
_PoolKey: TypeAlias = tuple[int, int | None, int | None]
"""A customer, a product, and the document that was adjusted, if one was."""


class RecognizedPart(NamedTuple):
    """What a manual journal, by its number, recognized, in minor units: more than 0."""

    manual: int
    amount: int


async def recognized_of_documents(
    session: AsyncSession, pin: Pin, documents: Iterable[int]
) -> dict[MilestoneKey, tuple[RecognizedPart, ...]]:
    """`recognized_by_hand` for the customers of documents, by Daybook's numbers."""
    its = StoredDocument
    statement = select(its.customer_id).where(its.ledger_id == pin.ledger_id)
    found = await scalars_in_lists(session, statement, its.id.in_, documents)
    customers = {customer for customer in found if customer is not None}
    return await recognized_by_hand(session, pin, customers)


async def recognized_by_hand(
    session: AsyncSession, pin: Pin, customers: Collection[int]
) -> dict[MilestoneKey, tuple[RecognizedPart, ...]]:
    """What manual journals recognized of customers' milestones, where they did.

    What was undone counts no more; neither does what takes itself back on a later day.
    """
    pools = await _pools(session, pin, customers)
    if not pools:
        return {}
    statement = select_milestones(pin)
    in_customers = StoredDocument.customer_id.in_
    rows = await rows_in_lists(session, statement, in_customers, customers)
    milestones = [OpenMilestone(*row[:-1]) for row in sorted(rows, key=_is_reached)]
    found: dict[MilestoneKey, tuple[RecognizedPart, ...]] = {}
    for its in milestones:
        parts: list[RecognizedPart] = []
        for document_id in (its.document_id, None):
            pool = pools.get((its.customer_id, its.product_id, document_id))
            if pool is not None:
                left = its.amount - sum(part.amount for part in parts)
                parts += pool.take(left)
        if parts:
            found[its.schedule_id, its.position] = tuple(parts)
    return found


def _is_reached(row: Any) -> tuple[bool, int, int]:
    return row[-1] is not None, row[0], row[1]


class _Pool:
    """What some manual journals recognized together: one may give back another's."""

    def __init__(self, nets: Mapping[int, int]) -> None:
        self._left = sum(nets.values())
        self._nets = {manual: net for manual, net in sorted(nets.items()) if net > 0}

    def take(self, wanted: int) -> list[RecognizedPart]:
        """The parts of up to an amount, in the order of the manual journals."""
        parts: list[RecognizedPart] = []
        for manual, net in self._nets.items():
            amount = min(net, self._left, wanted)
            if amount <= 0:
                continue
            parts.append(RecognizedPart(manual, amount))
            self._nets[manual] -= amount
            self._left -= amount
            wanted -= amount
        return parts


async def _pools(
    session: AsyncSession, pin: Pin, customers: Iterable[int]
) -> dict[_PoolKey, _Pool]:
    rows = await rows_in_lists(
        session, _by_manual(pin), Journal.customer_id.in_, customers
    )
    adjusted = {row.document_id: (row.adjusted, row.adjusted_source) for row in rows}
    nets: dict[_PoolKey, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for document_id, customer, product, manual, _, _, net in rows:
        key = customer, product, _adjusted_document(document_id, adjusted)
        nets[key][manual] += net
    return {key: _Pool(its) for key, its in nets.items()}


def _adjusted_document(
    document_id: int, adjusted: Mapping[int, tuple[int | None, int | None]]
) -> int | None:
    """The invoice that is adjusted in the end, through other manual journals too.

    A manual journal adjusts only what was there before it.
    """
    target, source = adjusted[document_id]
    while target is not None and target in adjusted:
        target, source = adjusted[target]
    return None if source == STANDALONE else target


def _by_manual(pin: Pin) -> _AnySelect:
    """Net from Deferred to Recognized by manual journals' documents and products."""
    its, adjusted = JournalMovement, aliased(Journal)
    product = case(
        (its.debit_role == int(Role.DEFERRED), DEBIT_PRODUCT), else_=CREDIT_PRODUCT
    )
    columns = (
        *(Journal.document_id, Journal.customer_id, product.label("product_id")),
        *(ManualDocument.number, adjusted.document_id.label("adjusted")),
        adjusted.source.label("adjusted_source"),
    )
    return (
        select(*columns, net_debit(Role.DEFERRED, its.amount))
        .select_from(Journal)
        .join(its, is_movement_of_journal())
        .join(
            ManualDocument,
            and_(
                ManualDocument.ledger_id == Journal.ledger_id,
                ManualDocument.document_id == Journal.document_id,
            ),
        )
        .join(
            ManualJournal,
            and_(
                ManualJournal.organisation_id == ManualDocument.organisation_id,
                ManualJournal.number == ManualDocument.number,
            ),
        )
        .outerjoin(
            adjusted,
            and_(
                adjusted.ledger_id == ManualJournal.ledger_id,
                adjusted.number == ManualJournal.adjusts,
            ),
        )
        .where(
            *(Journal.ledger_id == pin.ledger_id, is_manual()),
            *(in_force(pin.recording), is_between(Role.DEFERRED, [Role.RECOGNIZED])),
        )
        .group_by(*columns)
    )
