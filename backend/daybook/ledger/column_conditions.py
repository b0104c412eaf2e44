"""SQL conditions for manual journals, and for movements of an account or a column."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, literal_column, or_

from daybook.ledger.models import Journal, JournalMovement
from daybook.ledger.roll_forward import OF_CAUSES, Column
from daybook.ledger.rules import Role, SourceKind

CAUSE_OF = {column: cause for cause, column in OF_CAUSES.items()}
"""The columns that a cause decides."""


def touches(role: Role, movement: Any = JournalMovement) -> ColumnElement[bool]:
    """Whether one of a movement's accounts is the given one."""
    return or_(movement.debit_role == int(role), movement.credit_role == int(role))


def is_between(
    role: Role, others: Iterable[Role], movement: Any = JournalMovement
) -> ColumnElement[bool]:
    """Whether a movement is between an account and one of the others."""
    numbers = [int(other) for other in others]
    return or_(
        and_(movement.debit_role == int(role), movement.credit_role.in_(numbers)),
        and_(movement.credit_role == int(role), movement.debit_role.in_(numbers)),
    )


def is_manual(journal: Any = Journal) -> ColumnElement[bool]:
    """Whether a journal is manual, as its index has it: a parameter could be any."""
    condition: ColumnElement[bool] = journal.source == literal_column(
        str(int(SourceKind.STANDALONE))
    )
    return condition


def is_in_column(
    column: Column, movement: Any = JournalMovement
) -> ColumnElement[bool]:
    """Whether a movement of a `Journal` is in a column: `column_of` as SQL."""
    if column is Column.MANUAL:
        return is_manual()
    if column in CAUSE_OF:
        return and_(~is_manual(), movement.cause == int(CAUSE_OF[column]))
    is_billed = touches(Role.BILLED, movement)
    is_recognized = touches(Role.RECOGNIZED, movement)
    is_credit = Journal.source == int(SourceKind.CREDIT_NOTE)
    by_accounts = {
        Column.BILLED: and_(is_billed, ~is_credit),
        Column.CREDIT_NOTES: and_(is_billed, is_credit),
        Column.RECOGNIZED: and_(~is_billed, is_recognized),
        Column.APPLIED: and_(~is_billed, ~is_recognized),
    }
    return and_(~is_manual(), movement.cause.is_(None), by_accounts[column])
