"""The lines of manual journals as somebody entered them.

Movements hold the same amounts in pairs of accounts. A line has the amounts of the
movements that it was paired into, also in another currency: so lines balance, and their
sums by account are those of the movements.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, case, func, select

from daybook.adjustments.models import (
    ManualDocument,
    ManualLine,
    ManualStep,
    ManualVersion,
)
from daybook.adjustments.rules import Part
from daybook.db.engine import ReadSession
from daybook.db.lists import rows_in_lists
from daybook.documents.models import StoredDocument
from daybook.exports.mapping.rules import LineSubject
from daybook.exports.reading.sides import account_key, subject_of
from daybook.exports.rules import Accounts, ExportLine, ExportMovement
from daybook.ledger.models import Journal
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.reports.journals.conditions import (
    has_movements,
    journal_conditions,
    with_names,
    with_search,
)
from daybook.reports.journals.entered import is_entered, is_step, is_version
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.groups import GroupParty, products_by_number
from daybook.reports.journals.narratives import entered_text


class EnteredLine(NamedTuple):
    """A line of a manual journal's document: as entered, or its mirror.

    `product` is the one that it has, its own or the header's.
    """

    role: Role
    is_debit: bool
    amount: int
    description: str
    product: GroupParty | None


Shares = Sequence[tuple[int, int]]
"""The amounts of a journal's movements in their order, and what these come to."""


async def entered_lines(
    session: ReadSession, pin: Pin, documents: Mapping[int, int]
) -> dict[int, list[EnteredLine]]:
    """The lines of manual journals, by the journal's number in the ledger.

    `documents` are their documents. A journal that nobody entered is absent.
    """
    line = ManualLine
    statement = select_lines(
        pin,
        *(ManualDocument.document_id, ManualDocument.number, ManualDocument.part),
        *(line.role, line.is_debit, line.amount, line.description),
        _own_or_header(line.product_id, ManualVersion.product_id),
    ).order_by(ManualDocument.document_id, line.position)
    document_in = ManualDocument.document_id.in_
    rows = await rows_in_lists(session, statement, document_in, documents.values())
    products = await products_by_number(
        session, pin, {row[-1] for row in rows if row[-1] is not None}
    )
    found: dict[int, list[EnteredLine]] = defaultdict(list)
    for document_id, number, part_number, role, is_debit, *rest in rows:
        amount, description, product_id = rest
        part = Part(part_number)
        found[document_id].append(
            EnteredLine(
                Role(role),
                is_debit is not part.is_mirror,
                amount,
                entered_text(number, part, description) if description else "",
                products.get(product_id),
            )
        )
    return {
        journal: found[document_id]
        for journal, document_id in documents.items()
        if document_id in found
    }


def select_lines(pin: Pin, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Columns of the lines of manual journals' documents: those of its customer."""
    document, line = ManualDocument, ManualLine
    stored = StoredDocument
    customer_id = _own_or_header(line.customer_id, ManualVersion.customer_id)
    return (
        select(*columns)
        .select_from(document)
        .join(
            stored,
            and_(
                stored.ledger_id == document.ledger_id,
                stored.id == document.document_id,
            ),
        )
        .join(ManualStep, is_step(document.organisation_id, document.step))
        .join(ManualVersion, is_version(ManualStep))
        .join(
            line,
            and_(
                line.organisation_id == ManualVersion.organisation_id,
                line.step == ManualVersion.step,
                customer_id.is_not_distinct_from(stored.customer_id),
            ),
        )
        .where(document.ledger_id == pin.ledger_id)
    )


async def count_lines(
    session: ReadSession, pin: Pin, journal_filter: JournalFilter
) -> int:
    """How many lines the selected manual journals have."""
    selected = select(Journal.document_id).where(
        is_entered(pin),
        *journal_conditions(pin, journal_filter),
        has_movements(pin, journal_filter),
    )
    if journal_filter.search:
        selected = with_search(with_names(selected, pin), pin, journal_filter)
    statement = select_lines(pin, func.count()).where(
        ManualDocument.document_id.in_(selected)
    )
    return await session.scalar(statement) or 0


def _own_or_header(own: Any, header: Any) -> Any:
    """What a line has: its own, or the header's unless it mirrors another journal."""
    return case((ManualLine.is_mirror, own), else_=func.coalesce(own, header))


def converted_lines(lines: Iterable[EnteredLine], shares: Shares) -> list[EnteredLine]:
    """The lines with what their movements come to; none that comes to nothing.

    Debits and credits were paired into movements in their order, so each takes the next
    movements until its amount is reached.
    """
    movements = {True: iter(shares), False: iter(shares)}
    found = []
    for line in lines:
        left, amount = line.amount, 0
        while left > 0:
            share, converted = next(movements[line.is_debit])
            left -= share
            amount += converted
        assert left == 0, "a movement is of one debit and one credit"
        if amount:
            found.append(line._replace(amount=amount))
    return found


def export_lines(
    lines: Iterable[EnteredLine], movement: ExportMovement, accounts: Accounts
) -> list[ExportLine]:
    """The lines with their accounts, in the order of the file.

    `movement` is any of the journal's: it names the customer and the journal's product.
    """
    customer = LineSubject("", "", "", movement.customer_id, movement.customer_name)
    found = []
    for line in lines:
        product = line.product
        name = "" if product is None else product.name
        found.append(
            ExportLine(
                line.is_debit,
                line.role,
                accounts[account_key(line.role, product, None, None)],
                line.amount,
                accounts.target(line.role, subject_of(product, customer)),
                line.description,
                "" if name == movement.product_name else name,
            )
        )
    return found
