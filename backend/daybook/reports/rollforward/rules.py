"""The columns of a roll-forward, by which journals are filtered, too."""

from daybook.ledger.roll_forward import Column, column_of

__all__ = ["Column", "column_of"]
