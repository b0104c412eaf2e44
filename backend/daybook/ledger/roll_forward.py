"""The columns of a roll-forward of Deferred or Unbilled. Pure."""

from enum import IntEnum

from daybook.ledger.rules import AccountPair, Cause, Role, SourceKind

ROLLED_FORWARD = (Role.DEFERRED, Role.UNBILLED)
"""The accounts that have a roll-forward."""


class Column(IntEnum):
    """Why an account changed; each movement is in exactly one column."""

    BILLED = 1
    RECOGNIZED = 2
    CREDIT_NOTES = 3
    APPLIED = 4
    MANUAL = 5
    VOIDS = 6
    REVISIONS = 7
    BREAKAGE = 8


OF_CAUSES = {
    Cause.VOID: Column.VOIDS,
    Cause.REVISION: Column.REVISIONS,
    Cause.BREAKAGE: Column.BREAKAGE,
}


def column_of(
    pair: AccountPair, source: SourceKind, cause: Cause | None = None
) -> Column:
    """The column of a movement: its source, then its cause, then its accounts decide.

    The column is the same for both accounts that the movement touches.
    """
    if source is SourceKind.STANDALONE:
        return Column.MANUAL
    if cause is not None:
        return OF_CAUSES[cause]
    if Role.BILLED in pair:
        is_credit = source is SourceKind.CREDIT_NOTE
        return Column.CREDIT_NOTES if is_credit else Column.BILLED
    return Column.RECOGNIZED if Role.RECOGNIZED in pair else Column.APPLIED
