"""What manual journals recognized of milestones, which recognize all of it once more.

A manual journal changes no schedule (domain rule 9). One that adjusts a journal counts
for the milestones of that journal's document, any other for those of its customer and
product: those that were open when it was posted first, in the order of recording. So
its part stays with a milestone that is reached later.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Select, and_, case, func, select
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
    milestones = [_Milestone.of(row) for row in sorted(rows, key=lambda row: row[:2])]
    # What names a document comes before what may be of any.
    for key, pool in sorted(pools.items(), key=lambda item: item[0][-1] is None):
        its_milestones = [milestone for milestone in milestones if milestone.is_of(key)]
        for manual in _taking(pool):
            _divide(manual, its_milestones)
    return {
        (its.row.schedule_id, its.row.position): tuple(its.parts)
        for its in milestones
        if its.parts
    }


class _Manual(NamedTuple):
    """What a manual journal recognized net, and the recording that posted it."""

    number: int
    net: int
    recording: int


@dataclass(slots=True)
class _Milestone:
    """A milestone, the recording in which it was reached, and its parts so far."""

    row: OpenMilestone
    reached_in: int | None
    parts: list[RecognizedPart] = field(default_factory=list)

    @classmethod
    def of(cls, row: Sequence[Any]) -> "_Milestone":
        *its, completed_on, completed_in = row
        return cls(OpenMilestone(*its), None if completed_on is None else completed_in)

    def is_of(self, key: _PoolKey) -> bool:
        """Whether the manual journals of a key may count for it."""
        customer, product, document = key
        return (customer, product) == (self.row.customer_id, self.row.product_id) and (
            document in (None, self.row.document_id)
        )

    def was_reached_before(self, recording: int) -> bool:
        """Whether it was no longer open at a recording."""
        return self.reached_in is not None and self.reached_in <= recording

    @property
    def left(self) -> int:
        """What no manual journal recognized."""
        return self.row.amount - sum(part.amount for part in self.parts)


def _taking(pool: Sequence[_Manual]) -> Iterator[_Manual]:
    """What manual journals of a pool recognized, as far as no other gave it back."""
    left = sum(manual.net for manual in pool)
    for manual in sorted(pool):
        net = min(manual.net, left)
        if net > 0:
            left -= net
            yield manual._replace(net=net)


def _divide(manual: _Manual, milestones: Iterable[_Milestone]) -> None:
    """Add what a manual journal recognized to milestones, as far as they go."""
    net = manual.net
    for milestone in sorted(
        milestones, key=lambda its: its.was_reached_before(manual.recording)
    ):
        amount = min(net, milestone.left)
        if amount > 0:
            milestone.parts.append(RecognizedPart(manual.number, amount))
            net -= amount


async def _pools(
    session: AsyncSession, pin: Pin, customers: Iterable[int]
) -> dict[_PoolKey, list[_Manual]]:
    rows = await rows_in_lists(
        session, _by_manual(pin), Journal.customer_id.in_, customers
    )
    adjusted = {row.document_id: (row.adjusted, row.adjusted_source) for row in rows}
    nets: dict[tuple[_PoolKey, int], int] = defaultdict(int)
    recordings: dict[int, int] = {}
    for document_id, customer, product, manual, _, _, net, recording in rows:
        key = customer, product, _adjusted_document(document_id, adjusted)
        nets[key, manual] += net
        recordings[manual] = min(recording, recordings.get(manual, recording))
    pools: dict[_PoolKey, list[_Manual]] = defaultdict(list)
    for (key, manual), net in nets.items():
        pools[key].append(_Manual(manual, net, recordings[manual]))
    return pools


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
    """Net from Deferred to Recognized by manual journals' documents and products.

    The last column is the recording that posted it.
    """
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
        select(
            *columns,
            net_debit(Role.DEFERRED, its.amount),
            func.min(its.recorded_in),
        )
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
