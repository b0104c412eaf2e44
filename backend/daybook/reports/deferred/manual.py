"""Manual journals in the deferred revenue report: a row for each product of a side."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, month_of
from daybook.db.lists import rows_in_lists
from daybook.ledger.amount_conditions import in_force
from daybook.ledger.models import Journal, JournalMovement
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.reports.deferred.families import MANUAL
from daybook.reports.deferred.report_rows import (
    DeferredFamily,
    DeferredRow,
    FamilyKey,
    figures_of,
)
from daybook.reports.documents import documents_by_number
from daybook.reports.revenue import RevenueFilter
from daybook.reports.revenue_sql import (
    CREDIT_PRODUCT,
    DEBIT_PRODUCT,
    STANDALONE,
    is_movement_of_journal,
    total,
    touches_deferred,
    until,
)


async def manual_families(
    session: AsyncSession,
    pin: Pin,
    on: Day,
    revenue_filter: RevenueFilter,
    documents: Sequence[int],
) -> dict[FamilyKey, DeferredFamily]:
    """The rows of manual journals' documents, as far as they touch Deferred."""
    found = await rows_in_lists(
        session, _movements(pin, on), Journal.document_id.in_, documents
    )
    listed = await documents_by_number(session, pin, documents)
    sides: dict[_Key, dict[Role, int]] = defaultdict(lambda: defaultdict(int))
    journals: dict[_Key, int] = {}
    for document, customer, number, debit, credit, *products, amount in found:
        for role, product, signed in zip(
            (debit, credit), products, (amount, -amount), strict=True
        ):
            if revenue_filter.product_id in {None, product}:
                key = document, customer, product
                sides[key][Role(role)] += signed
                journals[key] = min(number, journals.get(key, number))
    rows: dict[int, list[DeferredRow]] = defaultdict(list)
    for key in sorted(sides, key=lambda key: (key[0], journals[key], key[2] or 0)):
        document, customer, product = key
        rows[document].append(
            DeferredRow(
                line=None,
                schedule_id=None,
                journal=journals[key],
                family=None,
                is_credit=False,
                source=STANDALONE,
                document=listed[document],
                customer_id=customer,
                product_id=product,
                method=None,
                service_from=None,
                service_to=None,
                figures=figures_of(*(sides[key][role] for role in Role)),
            )
        )
    return {
        (MANUAL, document): DeferredFamily.of((MANUAL, document), rows[document])
        for document in documents
    }


_Key = tuple[int, int | None, int | None]
"""A document, a customer and the product of a side."""


def _movements(pin: Pin, on: Day) -> Select[*tuple[Any, ...]]:
    its = JournalMovement
    columns = (
        *(Journal.document_id, Journal.customer_id),
        *(its.debit_role, its.credit_role, DEBIT_PRODUCT, CREDIT_PRODUCT),
    )
    return (
        select(*columns[:2], func.min(Journal.number), *columns[2:], total(until(on)))
        .select_from(Journal)
        .join(its, is_movement_of_journal())
        .where(
            *(Journal.ledger_id == pin.ledger_id, Journal.month <= month_of(on)),
            *(its.first_day <= on, in_force(pin.recording), until(on) > 0),
            touches_deferred(),
        )
        .group_by(*columns)
    )
