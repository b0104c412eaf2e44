"""The rows of a slice of movements: their columns, and their converted amounts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, select

from daybook.db.engine import ReadSession
from daybook.exports.conversion.contract import Converting
from daybook.exports.conversion.movements import Place
from daybook.exports.file_spec import FileSpec
from daybook.exports.reading.entered import EnteredLine, converted_lines
from daybook.ledger.models import Journal, JournalMovement
from daybook.ledger.rules import Role
from daybook.reports.journals.conditions import MOVEMENT_ORDER, movement_conditions

AMOUNT, SEQ, KEY, SCHEDULE, DOCUMENT, IDS = 2, 6, 7, 11, 12, 4
"""Where columns of the statement are, and how many ids come last."""


class MovementNames(NamedTuple):
    """What movements have in common that refer to the same, between two accounts."""

    sides: tuple[Role, Role, str, str]
    """Both roles, and the names of both accounts."""
    texts: tuple[str | None, ...]
    """A movement's last fields, from its narrative on."""
    product: tuple[str | None, str | None]
    """The product's own id and category."""
    is_special: bool
    """Whether narratives and sides' products aren't in the rows."""
    family_id: int | None = None
    """The schedule's family; None without a schedule."""


def select_rows(spec: FileSpec, *, has_amount: bool) -> Select[*tuple[Any, ...]]:
    """The movements of a slice of journals; their columns are taken by place.

    The first six are fields of an `ExportMovement`, in its order. The last ones, from
    `KEY` on, are all that the other fields depend on.
    """
    return (
        select(
            *(JournalMovement.journal, Journal.month),
            *(JournalMovement.amount, JournalMovement.daily),
            *(JournalMovement.first_day, JournalMovement.last_day),
            JournalMovement.seq,
            *(JournalMovement.method, JournalMovement.recorded_in),
            *(JournalMovement.debit_role, JournalMovement.credit_role),
            *(JournalMovement.schedule_id, Journal.document_id),
            *(Journal.customer_id, Journal.product_id),
        )
        .join_from(
            Journal,
            JournalMovement,
            and_(
                JournalMovement.ledger_id == Journal.ledger_id,
                JournalMovement.journal == Journal.number,
            ),
        )
        .where(
            Journal.ledger_id == spec.pin.ledger_id,
            *movement_conditions(spec.pin, spec.journal_filter, has_amount=has_amount),
        )
        .order_by(*MOVEMENT_ORDER)
    )


async def converted_rows(
    session: ReadSession,
    rows: Sequence[Sequence[Any]],
    named: Sequence[MovementNames],
    conversion: Converting,
) -> tuple[list[Sequence[Any]], list[MovementNames]]:
    """The rows with converted amounts, without those that come to nothing."""
    places = [
        Place(row[0], row[SEQ], names.family_id, row[DOCUMENT])
        for row, names in zip(rows, named, strict=True)
    ]
    amounts = await conversion.amounts(session, places)
    kept_rows: list[Sequence[Any]] = []
    kept_names = []
    for row, names in zip(rows, named, strict=True):
        amount, daily = amounts[row[0], row[SEQ]]
        if amount:
            kept_rows.append((*row[:2], amount, daily, *row[4:]))
            kept_names.append(names)
    return kept_rows, kept_names


def lines_of_rows(
    entered: Mapping[int, list[EnteredLine]],
    rows: Iterable[Sequence[Any]],
    converted: Iterable[Sequence[Any]],
) -> dict[int, list[EnteredLine]]:
    """The lines of manual journals with the amounts of their converted movements."""
    if not entered:
        return {}
    amounts = {
        (row[0], row[SEQ]): row[AMOUNT] for row in converted if row[0] in entered
    }
    shares: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        if row[0] in entered:
            share = (row[AMOUNT], amounts.get((row[0], row[SEQ]), 0))
            shares[row[0]].append(share)
    return {
        number: converted_lines(lines, shares[number])
        for number, lines in entered.items()
    }
