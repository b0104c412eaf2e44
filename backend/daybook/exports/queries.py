"""Reading movements for an export: in report order, in slices, in constant memory."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from sqlalchemy import ColumnElement, and_, func
from sqlalchemy.orm import aliased

from daybook.calendar import Day
from daybook.db.engine import Database
from daybook.documents.models import StoredDocument
from daybook.exports.rules import ExportMovement
from daybook.ledger.filters import JournalFilter, Pin
from daybook.ledger.models import Customer, Journal, JournalMovement, Product
from daybook.ledger.narratives import Subject, journal_narrative, narrative
from daybook.ledger.queries import in_lists
from daybook.ledger.rules import Movement, Role, SourceKind, cut
from daybook.recognition.models import Schedule
from daybook.reports.queries import (
    MOVEMENT_ORDER,
    PageRequest,
    journal_numbers,
    select_movements,
)

SLICE = 2_000
"""How many journals one short read transaction takes."""

_Parent = aliased(StoredDocument)


async def stream_movements(
    database: Database, pin: Pin, wanted: JournalFilter
) -> AsyncIterator[list[ExportMovement]]:
    """The selected movements, cut to the selected days, by journal and place in it.

    Each slice is a transaction of its own: rows are those of the pinned recording, so
    a long export holds nothing up and still is of one moment.
    """
    statement = _statement(pin, wanted).order_by(*MOVEMENT_ORDER)
    first, last = wanted.first_day(), wanted.last_day(pin)
    number = 0
    while True:
        slice_wanted = PageRequest(SLICE, (number + 1,))
        async with database.reads() as session:
            numbers = await journal_numbers(session, pin, wanted, slice_wanted)
            if not numbers:
                return
            connection = await session.connection()  # rows, without the entities' cost
            rows: list[Any] = []
            for ours in _conditions(numbers):
                rows += (await connection.execute(statement.where(ours))).all()
        yield [one for row in rows if (one := _export_movement(row, first, last))]
        number = numbers[-1]


def _conditions(numbers: list[int]) -> Iterator[ColumnElement[bool]]:
    """Conditions that name exactly these journals, in their order."""
    if numbers[-1] - numbers[0] + 1 == len(numbers):
        # None is left out, as when all is exported: a range is read faster.
        yield JournalMovement.journal.between(numbers[0], numbers[-1])
    else:
        for some in in_lists(numbers):
            yield JournalMovement.journal.in_(some)


async def count_movements(database: Database, pin: Pin, wanted: JournalFilter) -> int:
    """How many movements an export renders: what its progress is measured by."""
    async with database.reads() as session:
        count = await session.scalar(select_movements(pin, wanted, func.count()))
        return count or 0


def _statement(pin: Pin, wanted: JournalFilter) -> Any:
    one = JournalMovement
    return select_movements(
        pin,
        wanted,
        one.journal,
        Journal.month,
        one.debit_role,
        one.credit_role,
        one.amount,
        one.daily,
        one.first_day,
        one.last_day,
        Product.name,
        Customer.external_id,
        Customer.legal_name,
        StoredDocument.kind,
        StoredDocument.external_id,
        StoredDocument.number,
        _Parent.external_id,
        _Parent.number,
        Schedule.first_day,
        Schedule.last_day,
        Schedule.recognized_on,
    ).outerjoin(
        _Parent,
        and_(
            _Parent.ledger_id == StoredDocument.ledger_id,
            _Parent.id == StoredDocument.parent_id,
        ),
    )


def _export_movement(row: Any, first: Day, last: Day) -> ExportMovement | None:
    # fmt: off
    (
        journal, month, debit_role, credit_role, amount, daily, first_day,
        last_day, product, customer_id, customer_name, kind, document_id, number,
        parent_id, parent_number, service_from, service_to, recognized_on,
    ) = row
    # fmt: on
    debit, credit = _ROLES[debit_role], _ROLES[credit_role]
    if first_day < first or last_day > last:
        one = Movement(debit, credit, amount, daily, first_day, last_day)
        piece = cut(one, first, last)
        if piece is None:
            return None
        _, _, amount, daily, first_day, last_day = piece
    if recognized_on is not None:
        service_from = service_to = recognized_on
    subject = Subject(product, number, service_from, service_to)
    is_invoice = kind == _INVOICE
    return ExportMovement(
        journal,
        month,
        debit,
        credit,
        amount,
        daily,
        first_day,
        last_day,
        narrative(debit, credit, subject),
        journal_narrative(product, month, number),
        product,
        customer_id,
        customer_name,
        document_id if is_invoice else parent_id or "",
        number if is_invoice else parent_number or "",
    )


# Looked up for each row: an enum's own look-ups would take a tenth of the export.
_ROLES = {int(role): role for role in Role}
_INVOICE = int(SourceKind.INVOICE)
